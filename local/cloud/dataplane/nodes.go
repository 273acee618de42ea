package dataplane

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/vpc"
)

// describeNodes are the network interfaces of load balancers as EC2 tells them, one for each of their subnets, ordered by
// id.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html and
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
func describeNodes(s *declared.Snapshot) []networkInterface {
	var all []networkInterface
	for arn, lb := range s.LoadBalancers {
		for _, zone := range lb.AvailabilityZones {
			if i, err := vpc.Node(s, arn, aws.ToString(zone.SubnetId), lb.SecurityGroups); err == nil {
				all = append(all, describeNode(s, lb, i))
			}
		}
	}
	slices.SortFunc(all, func(a, b networkInterface) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

func describeNode(s *declared.Snapshot, lb declared.LoadBalancer, node vpc.Interface) networkInterface {
	arn, subnet := aws.ToString(lb.LoadBalancerArn), s.Subnets[node.SubnetID]
	sum := sha256.Sum256([]byte(arn + " " + node.SubnetID))
	id := hex.EncodeToString(sum[:])
	kind, owner, interfaceType := "app", "amazon-elb", "interface"
	if lb.Type == elbtypes.LoadBalancerTypeEnumNetwork {
		kind, owner, interfaceType = "net", "amazon-aws", "network_load_balancer"
	}
	i := networkInterface{
		ID: "eni-0" + id[:16], MAC: "0a:" + id[0:2] + ":" + id[2:4] + ":" + id[4:6] + ":" + id[6:8] + ":" + id[8:10],
		Description: "ELB " + kind + "/" + aws.ToString(lb.LoadBalancerName) + "/" + arn[strings.LastIndexByte(arn, '/')+1:],
		OwnerID:     account, InterfaceType: interfaceType, Status: "in-use", RequesterID: owner, RequesterManaged: true,
		SubnetID: node.SubnetID, VPCID: aws.ToString(subnet.VpcId), AvailabilityZone: aws.ToString(subnet.AvailabilityZone),
		PrivateIP: node.Address.String(), PrivateDNSName: privateName(node.Address, s.Region),
		Attachment: &attached{
			AttachTime: aws.ToTime(lb.CreatedTime).UTC().Format(time.RFC3339), ID: "ela-attach-0" + id[:16], DeviceIndex: 1, InstanceOwnerID: owner, Status: "attached",
		},
	}
	for _, groupID := range node.GroupIDs {
		i.Groups = append(i.Groups, group{groupID, aws.ToString(s.SecurityGroups[groupID].GroupName)})
	}
	i.PrivateIPs = []privateIP{{nil, true, i.PrivateDNSName, i.PrivateIP}}
	return i
}

package dataplane

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/ecs"
)

// networkInterface is an item of DescribeNetworkInterfaces, as far as it is filtered by or known of those that
// moto has not:
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html
type networkInterface struct {
	XMLName          xml.Name     `xml:"item"`
	Association      *association `xml:"association"`
	Attachment       *attached    `xml:"attachment"`
	AvailabilityZone string       `xml:"availabilityZone"`
	Description      string       `xml:"description"`
	Groups           []group      `xml:"groupSet>item"`
	InterfaceType    string       `xml:"interfaceType"`
	MAC              string       `xml:"macAddress"`
	ID               string       `xml:"networkInterfaceId"`
	OwnerID          string       `xml:"ownerId"`
	PrivateDNSName   string       `xml:"privateDnsName,omitempty"`
	PrivateIP        string       `xml:"privateIpAddress"`
	PrivateIPs       []privateIP  `xml:"privateIpAddressesSet>item"`
	RequesterID      string       `xml:"requesterId,omitempty"`
	RequesterManaged bool         `xml:"requesterManaged"`
	SourceDestCheck  bool         `xml:"sourceDestCheck"`
	Status           string       `xml:"status"`
	SubnetID         string       `xml:"subnetId"`
	Tags             []tag        `xml:"tagSet>item"`
	VPCID            string       `xml:"vpcId"`
	// Told is all that moto tells of its own; empty for those that moto knows nothing of.
	Told string `xml:",innerxml"`
}

type association struct {
	IPOwnerID string `xml:"ipOwnerId"`
	PublicIP  string `xml:"publicIp"`
}

type attached struct {
	AttachTime          string `xml:"attachTime"`
	ID                  string `xml:"attachmentId"`
	DeleteOnTermination bool   `xml:"deleteOnTermination"`
	DeviceIndex         int    `xml:"deviceIndex"`
	InstanceID          string `xml:"instanceId,omitempty"`
	InstanceOwnerID     string `xml:"instanceOwnerId,omitempty"`
	NetworkCardIndex    int    `xml:"networkCardIndex"`
	Status              string `xml:"status"`
}

type group struct {
	ID   string `xml:"groupId"`
	Name string `xml:"groupName"`
}

type privateIP struct {
	Association    *association `xml:"association"`
	Primary        bool         `xml:"primary"`
	PrivateDNSName string       `xml:"privateDnsName,omitempty"`
	PrivateIP      string       `xml:"privateIpAddress"`
}

type tag struct {
	Key   string `xml:"key"`
	Value string `xml:"value"`
}

// networkInterfaces answers DescribeNetworkInterfaces with moto's interfaces and those of load balancers and tasks, which
// moto knows nothing of. It filters by itself, so that a filter means the same for all of them. There is one page.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html
func (r *region) networkInterfaces(ctx context.Context, input []byte) ([]byte, error) {
	form, err := url.ParseQuery(string(input))
	if err != nil {
		return nil, invalidParameter("the form can't be read: %s", err)
	}
	if form.Get("DryRun") == "true" {
		return nil, nil // moto says that it would have succeeded
	}
	wanted, err := interfaceFilters(form)
	if err != nil {
		return nil, err
	}
	everything := url.Values{"Action": {"DescribeNetworkInterfaces"}, "Version": {form.Get("Version")}}
	text, status, err := r.moto(ctx, "ec2", http.MethodPost, "/", []byte(everything.Encode()))
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("moto answers %d: %.200s", status, text)
	}
	if err != nil {
		return nil, fmt.Errorf("network interfaces: %w", err)
	}
	var known struct {
		Items []networkInterface `xml:"networkInterfaceSet>item"`
	}
	if err := xml.Unmarshal(text, &known); err != nil {
		return nil, fmt.Errorf("network interfaces: moto's answer: %w", err)
	}
	// A load balancer that was deleted before the call has no interface left.
	if err := r.settle(ctx); err != nil {
		return nil, err
	}
	ids := numbered(form, "NetworkInterfaceId")
	missing := slices.Clone(ids)
	chosen := func(i networkInterface) bool {
		missing = slices.DeleteFunc(missing, func(id string) bool { return id == i.ID })
		return (len(ids) == 0 || slices.Contains(ids, i.ID)) && wanted(i)
	}
	now := r.watcher.Current()
	var items bytes.Buffer
	for _, one := range known.Items {
		if nat := natOf(now, one.ID); nat != nil {
			if nat.State == ec2types.NatGatewayStateDeleted {
				continue // AWS deletes it with the gateway, moto keeps it
			}
			one.become("interfaceType", &one.InterfaceType, "nat_gateway")
			one.become("description", &one.Description, "Interface for NAT Gateway "+aws.ToString(nat.NatGatewayId))
			one.become("status", &one.Status, "in-use")
		}
		if chosen(one) {
			items.WriteString("<item>" + one.Told + "</item>")
		}
	}
	made := describeNodes(now)
	for _, a := range r.scheduler.Attachments() {
		made = append(made, describeAttachment(now, a))
	}
	for _, one := range made {
		if chosen(one) {
			if err := xml.NewEncoder(&items).Encode(one); err != nil {
				return nil, fmt.Errorf("network interface %s: %w", one.ID, err)
			}
		}
	}
	if len(missing) > 0 {
		return nil, &smithy.GenericAPIError{Code: "InvalidNetworkInterfaceID.NotFound", Message: fmt.Sprintf("The networkInterface ID '%s' does not exist", missing[0])}
	}
	return fmt.Appendf(nil, `<DescribeNetworkInterfacesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>00000000-0000-0000-0000-000000000000</requestId>`+
		`<networkInterfaceSet>%s</networkInterfaceSet></DescribeNetworkInterfacesResponse>`, items.Bytes()), nil
}

// natOf is the NAT gateway that an interface is of; nil where it is of none.
// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html
func natOf(s *declared.Snapshot, id string) *ec2types.NatGateway {
	for _, nat := range s.NatGateways {
		for _, address := range nat.NatGatewayAddresses {
			if aws.ToString(address.NetworkInterfaceId) == id {
				return &nat
			}
		}
	}
	return nil
}

// become corrects a text of what moto tells, both as it is filtered by and as it is answered.
func (i *networkInterface) become(element string, field *string, value string) {
	*field = value
	i.Told = regexp.MustCompile("<"+element+">[^<]*</"+element+">|<"+element+"/>").ReplaceAllLiteralString(i.Told, "<"+element+">"+value+"</"+element+">")
}

// account is the one account of the local cloud; it is moto's.
const account = "123456789012"

// describeAttachment is the network interface of a task as EC2 tells it. Its public address has no DNS name: outside
// the local cloud the name would be somebody else's.
func describeAttachment(s *declared.Snapshot, a ecs.Attachment) networkInterface {
	subnet := s.Subnets[a.Interface.SubnetID]
	i := networkInterface{
		ID: a.InterfaceID, MAC: a.MAC, Description: a.ARN, OwnerID: account, InterfaceType: "interface", Status: "in-use",
		RequesterManaged: true, SourceDestCheck: true,
		SubnetID: a.Interface.SubnetID, VPCID: aws.ToString(subnet.VpcId), AvailabilityZone: aws.ToString(subnet.AvailabilityZone),
		PrivateIP: a.Interface.Address.String(), PrivateDNSName: privateName(a.Interface.Address, s.Region),
		Attachment: &attached{
			AttachTime: a.At.UTC().Format(time.RFC3339), ID: strings.Replace(a.InterfaceID, "eni-", "eni-attach-", 1), DeviceIndex: 1, Status: "attached",
		},
	}
	if a.Interface.PublicAddress.IsValid() {
		i.Association = &association{IPOwnerID: "amazon", PublicIP: a.Interface.PublicAddress.String()}
	}
	for _, id := range a.Interface.GroupIDs {
		i.Groups = append(i.Groups, group{id, aws.ToString(s.SecurityGroups[id].GroupName)})
	}
	i.PrivateIPs = []privateIP{{i.Association, true, i.PrivateDNSName, i.PrivateIP}}
	return i
}

// privateName is the name of a private address in its VPC,
// https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html
func privateName(address netip.Addr, region string) string {
	domain := region + ".compute"
	if region == "us-east-1" {
		domain = "ec2"
	}
	return "ip-" + strings.ReplaceAll(address.String(), ".", "-") + "." + domain + ".internal"
}

// numbered returns the values of NAME.1, NAME.2 and so on of a form.
func numbered(form url.Values, name string) []string {
	var values []string
	for n := 1; form.Has(fmt.Sprintf("%s.%d", name, n)); n++ {
		values = append(values, form.Get(fmt.Sprintf("%s.%d", name, n)))
	}
	return values
}

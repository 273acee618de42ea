package leftovers

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// vpcs finds VPCs, security groups, and the network interfaces that are in either: AWS makes those, without tags.
func (f *finder) vpcs(ctx context.Context) ([]Item, error) {
	vpcs, errVPCs := collect(ctx, ec2.NewDescribeVpcsPaginator(f.EC2, &ec2.DescribeVpcsInput{Filters: f.filters()}),
		func(p *ec2.DescribeVpcsOutput) []types.Vpc { return p.Vpcs })
	groups, errGroups := collect(ctx, ec2.NewDescribeSecurityGroupsPaginator(f.EC2, &ec2.DescribeSecurityGroupsInput{Filters: f.filters()}),
		func(p *ec2.DescribeSecurityGroupsOutput) []types.SecurityGroup { return p.SecurityGroups })

	var items []Item
	var vpcIDs, groupIDs []string
	for _, v := range vpcs {
		vpcIDs = append(vpcIDs, aws.ToString(v.VpcId))
		items = append(items, ec2Item(vpc, aws.ToString(v.VpcId), v.Tags, "delete-vpc --vpc-id"))
	}
	for _, g := range groups {
		if aws.ToString(g.GroupName) == "default" {
			continue // every VPC has one, which ends with the VPC
		}
		groupIDs = append(groupIDs, aws.ToString(g.GroupId))
	}
	interfaces, errInterfaces := f.interfaces(ctx, vpcIDs, groupIDs)
	for _, g := range groups {
		if !slices.Contains(groupIDs, aws.ToString(g.GroupId)) {
			continue
		}
		item := ec2Item(securityGroup, aws.ToString(g.GroupId), g.Tags, "delete-security-group --group-id")
		item.Name, item.Why = aws.ToString(g.GroupName), usedBy(item.ID, interfaces)
		items = append(items, item)
	}
	for _, n := range interfaces {
		items = append(items, interfaceItem(n))
	}
	return items, errors.Join(errVPCs, errGroups, errInterfaces)
}

// interfaces are those in the VPCs or the security groups, each once.
func (f *finder) interfaces(ctx context.Context, vpcIDs, groupIDs []string) ([]types.NetworkInterface, error) {
	var all []types.NetworkInterface
	for _, filter := range []types.Filter{
		{Name: aws.String("vpc-id"), Values: vpcIDs},
		{Name: aws.String("group-id"), Values: groupIDs},
	} {
		if len(filter.Values) == 0 {
			continue
		}
		found, err := collect(ctx, ec2.NewDescribeNetworkInterfacesPaginator(f.EC2, &ec2.DescribeNetworkInterfacesInput{Filters: []types.Filter{filter}}),
			func(p *ec2.DescribeNetworkInterfacesOutput) []types.NetworkInterface { return p.NetworkInterfaces })
		all = append(all, found...)
		if err != nil {
			return nil, err
		}
	}
	id := func(n types.NetworkInterface) string { return aws.ToString(n.NetworkInterfaceId) }
	slices.SortFunc(all, func(a, b types.NetworkInterface) int { return cmp.Compare(id(a), id(b)) })
	return slices.CompactFunc(all, func(a, b types.NetworkInterface) bool { return id(a) == id(b) }), nil
}

func interfaceItem(n types.NetworkInterface) Item {
	item := ec2Item(networkInterface, aws.ToString(n.NetworkInterfaceId), n.TagSet, "delete-network-interface --network-interface-id")
	if d := aws.ToString(n.Description); d != "" {
		item.Why = "it is described as: " + d
	}
	if aws.ToBool(n.RequesterManaged) {
		item.Why = strings.TrimSuffix("AWS made it, and deletes it with what it is for: "+aws.ToString(n.Description), ": ")
		item.Delete = ""
	}
	return item
}

// usedBy tells which network interfaces keep a security group from being deleted.
func usedBy(groupID string, interfaces []types.NetworkInterface) string {
	var users []string
	for _, n := range interfaces {
		for _, g := range n.Groups {
			if aws.ToString(g.GroupId) == groupID {
				users = append(users, aws.ToString(n.NetworkInterfaceId))
			}
		}
	}
	switch len(users) {
	case 0:
		return ""
	case 1:
		return "network interface " + users[0] + " uses it"
	default:
		return "network interfaces " + strings.Join(users, ", ") + " use it"
	}
}

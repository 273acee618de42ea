package leftovers

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

const beingDeleted = "it is being deleted; look again in some minutes"

// filters pick what has the stack's tags.
func (f *finder) filters() []types.Filter {
	return []types.Filter{
		{Name: aws.String("tag:project"), Values: []string{f.stack.Tags["project"]}},
		{Name: aws.String("tag:stack"), Values: []string{f.stack.Tags["stack"]}},
	}
}

func ec2Tags(tags []types.Tag) map[string]string {
	return tagMap(tags, func(t types.Tag) (key, value *string) { return t.Key, t.Value })
}

// ec2Item is an item of EC2, whose resources have their name in a tag.
func ec2Item(kind, id string, tags []types.Tag, command string) Item {
	return Item{Kind: kind, ID: id, Name: ec2Tags(tags)["Name"], Delete: fmt.Sprintf("aws ec2 %s %s", command, id)}
}

func (f *finder) natGateways(ctx context.Context) ([]Item, error) {
	all, err := collect(ctx, ec2.NewDescribeNatGatewaysPaginator(f.EC2, &ec2.DescribeNatGatewaysInput{Filter: f.filters()}),
		func(p *ec2.DescribeNatGatewaysOutput) []types.NatGateway { return p.NatGateways })
	var items []Item
	for _, g := range all {
		if !f.owns(ec2Tags(g.Tags)) { // moto doesn't filter these by their tags
			continue
		}
		item := ec2Item(natGateway, aws.ToString(g.NatGatewayId), g.Tags, "delete-nat-gateway --nat-gateway-id")
		switch g.State {
		case types.NatGatewayStateDeleted:
			continue
		case types.NatGatewayStateDeleting:
			item.Costs, item.Why, item.Delete = hourly(natGatewayHour), beingDeleted, ""
		case types.NatGatewayStateFailed:
			// https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html
			item.Why = "it could not be made; AWS deletes it within an hour or so"
		default:
			item.Costs = hourly(natGatewayHour)
		}
		items = append(items, item)
	}
	return items, err
}

func (f *finder) vpcEndpoints(ctx context.Context) ([]Item, error) {
	all, err := collect(ctx, ec2.NewDescribeVpcEndpointsPaginator(f.EC2, &ec2.DescribeVpcEndpointsInput{Filters: f.filters()}),
		func(p *ec2.DescribeVpcEndpointsOutput) []types.VpcEndpoint { return p.VpcEndpoints })
	var items []Item
	for _, e := range all {
		item := ec2Item(vpcEndpoint, aws.ToString(e.VpcEndpointId), e.Tags, "delete-vpc-endpoints --vpc-endpoint-ids")
		if e.VpcEndpointType == types.VpcEndpointTypeInterface {
			item.Costs = hourly(float64(max(1, len(e.SubnetIds))) * endpointZoneHour)
		}
		switch strings.ToLower(string(e.State)) { // AWS answers in lower case, the SDK's constants begin with a capital
		case "deleted":
			continue
		case "deleting":
			item.Why, item.Delete = beingDeleted, ""
		}
		items = append(items, item)
	}
	return items, err
}

func (f *finder) addresses(ctx context.Context) ([]Item, error) {
	answer, err := f.EC2.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{Filters: f.filters()}) // has no pages
	if err != nil {
		return nil, err
	}
	var items []Item
	for _, a := range answer.Addresses {
		item := ec2Item(elasticIP, aws.ToString(a.AllocationId), a.Tags, "release-address --allocation-id")
		item.Costs = hourly(publicIPv4Hour)
		if a.NetworkInterfaceId != nil {
			item.Why = "network interface " + *a.NetworkInterfaceId + " uses it"
		}
		items = append(items, item)
	}
	return items, nil
}

func (f *finder) flowLogs(ctx context.Context) ([]Item, error) {
	all, err := collect(ctx, ec2.NewDescribeFlowLogsPaginator(f.EC2, &ec2.DescribeFlowLogsInput{Filter: f.filters()}),
		func(p *ec2.DescribeFlowLogsOutput) []types.FlowLog { return p.FlowLogs })
	var items []Item
	for _, l := range all {
		items = append(items, ec2Item(flowLog, aws.ToString(l.FlowLogId), l.Tags, "delete-flow-logs --flow-log-ids"))
	}
	return items, err
}

func (f *finder) subnets(ctx context.Context) ([]Item, error) {
	all, err := collect(ctx, ec2.NewDescribeSubnetsPaginator(f.EC2, &ec2.DescribeSubnetsInput{Filters: f.filters()}),
		func(p *ec2.DescribeSubnetsOutput) []types.Subnet { return p.Subnets })
	var items []Item
	for _, s := range all {
		items = append(items, ec2Item(subnet, aws.ToString(s.SubnetId), s.Tags, "delete-subnet --subnet-id"))
	}
	return items, err
}

func (f *finder) routeTables(ctx context.Context) ([]Item, error) {
	all, err := collect(ctx, ec2.NewDescribeRouteTablesPaginator(f.EC2, &ec2.DescribeRouteTablesInput{Filters: f.filters()}),
		func(p *ec2.DescribeRouteTablesOutput) []types.RouteTable { return p.RouteTables })
	var items []Item
	for _, t := range all {
		items = append(items, ec2Item(routeTable, aws.ToString(t.RouteTableId), t.Tags, "delete-route-table --route-table-id"))
	}
	return items, err
}

func (f *finder) internetGateways(ctx context.Context) ([]Item, error) {
	all, err := collect(ctx, ec2.NewDescribeInternetGatewaysPaginator(f.EC2, &ec2.DescribeInternetGatewaysInput{Filters: f.filters()}),
		func(p *ec2.DescribeInternetGatewaysOutput) []types.InternetGateway { return p.InternetGateways })
	var items []Item
	for _, g := range all {
		id := aws.ToString(g.InternetGatewayId)
		item := ec2Item(internetGateway, id, g.Tags, "delete-internet-gateway --internet-gateway-id")
		for _, a := range g.Attachments { // one that is attached can't be deleted
			item.Delete = fmt.Sprintf("aws ec2 detach-internet-gateway --internet-gateway-id %s --vpc-id %s && %s", id, aws.ToString(a.VpcId), item.Delete)
		}
		items = append(items, item)
	}
	return items, err
}

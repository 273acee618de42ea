package leftovers

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// tagged are a stack's tags and a name.
func (d *deployment) tagged(of types.ResourceType, name string) []types.TagSpecification {
	tags := each(d.tags, func(k, v *string) types.Tag { return types.Tag{Key: k, Value: v} })
	return []types.TagSpecification{{ResourceType: of, Tags: append(tags, types.Tag{Key: aws.String("Name"), Value: &name})}}
}

func (d *deployment) network() {
	client := ec2.NewFromConfig(d.config)
	d.vpcID = *call(d.t, client.CreateVpc, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16"), TagSpecifications: d.tagged("vpc", d.prefix)}).Vpc.VpcId
	d.add("VPC", d.vpcID, d.prefix, "", "", "ec2 delete-vpc --vpc-id "+d.vpcID)
	newSubnet := func(name, block, zone string) string {
		id := *call(d.t, client.CreateSubnet, &ec2.CreateSubnetInput{VpcId: &d.vpcID, CidrBlock: &block, AvailabilityZone: &zone,
			TagSpecifications: d.tagged("subnet", name)}).Subnet.SubnetId
		d.add("subnet", id, name, "", "", "ec2 delete-subnet --subnet-id "+id)
		return id
	}
	d.publicSubnet = newSubnet(d.prefix+"-public-1", "10.0.0.0/24", "us-east-1a")
	d.privateSubnet = newSubnet(d.prefix+"-private-1", "10.0.1.0/24", "us-east-1b")
	table := *call(d.t, client.CreateRouteTable, &ec2.CreateRouteTableInput{VpcId: &d.vpcID, TagSpecifications: d.tagged("route-table", d.prefix)}).RouteTable.RouteTableId
	d.add("route table", table, d.prefix, "", "", "ec2 delete-route-table --route-table-id "+table)
	d.groupID = *call(d.t, client.CreateSecurityGroup, &ec2.CreateSecurityGroupInput{VpcId: &d.vpcID, GroupName: aws.String(d.prefix + "-service-1234567"),
		Description: aws.String("of the tests"), TagSpecifications: d.tagged("security-group", "")}).GroupId
	call(d.t, client.CreateNetworkInterface, &ec2.CreateNetworkInterfaceInput{SubnetId: &d.privateSubnet, Groups: []string{d.groupID}, Description: aws.String("by hand")})
	log := call(d.t, client.CreateFlowLogs, &ec2.CreateFlowLogsInput{ResourceIds: []string{d.vpcID}, ResourceType: types.FlowLogsResourceTypeVpc, TrafficType: types.TrafficTypeReject,
		LogDestinationType: types.LogDestinationTypeCloudWatchLogs, LogGroupName: aws.String(d.prefix + "-flow-1234567"),
		DeliverLogsPermissionArn: aws.String("arn:aws:iam::123456789012:role/flow"), TagSpecifications: d.tagged("vpc-flow-log", "")}).FlowLogIds[0]
	d.add("flow log", log, "", "", "", "ec2 delete-flow-logs --flow-log-ids "+log)

	// The default group has the tags too, since the stack empties it.
	groups := call(d.t, client.DescribeSecurityGroups, &ec2.DescribeSecurityGroupsInput{Filters: []types.Filter{
		{Name: aws.String("vpc-id"), Values: []string{d.vpcID}}, {Name: aws.String("group-name"), Values: []string{"default"}}}}).SecurityGroups
	if len(d.tags) > 0 {
		call(d.t, client.CreateTags, &ec2.CreateTagsInput{Resources: []string{*groups[0].GroupId}, Tags: d.tagged("", "")[0].Tags})
	}
}

func (d *deployment) gateways() {
	client := ec2.NewFromConfig(d.config)
	d.internetGateway = *call(d.t, client.CreateInternetGateway, &ec2.CreateInternetGatewayInput{TagSpecifications: d.tagged("internet-gateway", d.prefix)}).InternetGateway.InternetGatewayId
	call(d.t, client.AttachInternetGateway, &ec2.AttachInternetGatewayInput{InternetGatewayId: &d.internetGateway, VpcId: &d.vpcID})
	d.add("internet gateway", d.internetGateway, d.prefix, "", "",
		"ec2 detach-internet-gateway --internet-gateway-id "+d.internetGateway+" --vpc-id "+d.vpcID, "ec2 delete-internet-gateway --internet-gateway-id "+d.internetGateway)

	newNATGateway := func(connectivity types.ConnectivityType, address *string) (id string) {
		return *call(d.t, client.CreateNatGateway, &ec2.CreateNatGatewayInput{SubnetId: &d.publicSubnet, ConnectivityType: connectivity, AllocationId: address,
			TagSpecifications: d.tagged("natgateway", d.prefix+"-1")}).NatGateway.NatGatewayId
	}
	gone := newNATGateway(types.ConnectivityTypePrivate, nil)
	call(d.t, client.DeleteNatGateway, &ec2.DeleteNatGatewayInput{NatGatewayId: &gone})
	d.natAddressID = *call(d.t, client.AllocateAddress, &ec2.AllocateAddressInput{Domain: types.DomainTypeVpc, TagSpecifications: d.tagged("elastic-ip", "")}).AllocationId
	d.natGateway = newNATGateway(types.ConnectivityTypePublic, &d.natAddressID)
	d.natInterface = *call(d.t, client.DescribeAddresses, &ec2.DescribeAddressesInput{AllocationIds: []string{d.natAddressID}}).Addresses[0].NetworkInterfaceId
	d.add("NAT gateway", d.natGateway, d.prefix+"-1", "0.045 USD an hour", "", "ec2 delete-nat-gateway --nat-gateway-id "+d.natGateway)
	d.add("elastic IP address", d.natAddressID, "", "0.005 USD an hour", "network interface "+d.natInterface+" uses it", "ec2 release-address --allocation-id "+d.natAddressID)

	newEndpoint := func(typ types.VpcEndpointType, service, costs string, subnets []string) string {
		id := *call(d.t, client.CreateVpcEndpoint, &ec2.CreateVpcEndpointInput{VpcId: &d.vpcID, ServiceName: aws.String("com.amazonaws.us-east-1." + service),
			VpcEndpointType: typ, SubnetIds: subnets, TagSpecifications: d.tagged("vpc-endpoint", "")}).VpcEndpoint.VpcEndpointId
		return id
	}
	for _, e := range []struct {
		typ            types.VpcEndpointType
		service, costs string
		subnets        []string
	}{
		{types.VpcEndpointTypeGateway, "s3", "", nil},
		{types.VpcEndpointTypeInterface, "logs", "0.02 USD an hour", []string{d.publicSubnet, d.privateSubnet}},
	} {
		gone, id := newEndpoint(e.typ, e.service, e.costs, e.subnets), newEndpoint(e.typ, e.service, e.costs, e.subnets)
		call(d.t, client.DeleteVpcEndpoints, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{gone}})
		d.add("VPC endpoint", id, "", e.costs, "", "ec2 delete-vpc-endpoints --vpc-endpoint-ids "+id)
	}
}

// interfaces are what Find should tell of the network interfaces, which AWS and moto make by themselves, and of the
// security group that some of them use.
func (d *deployment) interfaces() {
	client := ec2.NewFromConfig(d.config)
	var users []string
	for _, n := range call(d.t, client.DescribeNetworkInterfaces, &ec2.DescribeNetworkInterfacesInput{}).NetworkInterfaces {
		if *n.VpcId != d.vpcID {
			continue
		}
		id, why := *n.NetworkInterfaceId, ""
		if text := aws.ToString(n.Description); text != "" {
			why = "it is described as: " + text
		}
		for _, g := range n.Groups {
			if *g.GroupId == d.groupID {
				users = append(users, id)
			}
		}
		d.add("network interface", id, "", "", why, "ec2 delete-network-interface --network-interface-id "+id)
	}
	d.add("security group", d.groupID, d.prefix+"-service-1234567", "", "network interface "+strings.Join(users, ", ")+" uses it", "ec2 delete-security-group --group-id "+d.groupID)
}

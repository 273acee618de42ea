package vpc

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"sallyport/local/cloud/declared"
)

// What stack declares: link -> balancer:80 -> service:3000, in two private subnets of vpc-1, with a NAT gateway in a
// public one. Beside it vpc-2, with the main route table alone.
var (
	link     = Interface{Address: netip.MustParseAddr("10.0.1.9"), SubnetID: "subnet-1", GroupIDs: []string{"sg-link"}}
	balancer = Interface{Address: netip.MustParseAddr("10.0.2.20"), SubnetID: "subnet-2", GroupIDs: []string{"sg-balancer"}}
	service  = Interface{Address: netip.MustParseAddr("10.0.1.30"), SubnetID: "subnet-1", GroupIDs: []string{"sg-service"}}
)

func stack() *declared.Snapshot {
	return &declared.Snapshot{Region: "us-east-1", VPC: declared.VPC{
		Subnets: map[string]ec2types.Subnet{
			"subnet-1":      subnet("vpc-1", "10.0.1.0/24"),
			"subnet-2":      subnet("vpc-1", "10.0.2.0/24"),
			"subnet-public": subnet("vpc-1", "10.0.3.0/24"),
			"subnet-other":  subnet("vpc-2", "10.0.1.0/24"),
		},
		SecurityGroups: map[string]ec2types.SecurityGroup{
			"sg-link":     securityGroup("vpc-1", "sallyport-link", nil, permissions(tcp(80, 80, member("sg-balancer")))),
			"sg-balancer": securityGroup("vpc-1", "sallyport-balancer", permissions(tcp(80, 80, member("sg-link"))), permissions(tcp(3000, 3000, member("sg-service")))),
			"sg-service":  securityGroup("vpc-1", "sallyport-service", permissions(tcp(3000, 3000, member("sg-balancer"))), permissions(tcp(443, 443, cidr("0.0.0.0/0")))),
			"sg-default":  securityGroup("vpc-1", "default", nil, nil),
			"sg-other":    securityGroup("vpc-2", "default", permissions(everything("0.0.0.0/0")), permissions(everything("0.0.0.0/0"))),
		},
		RouteTables: map[string]ec2types.RouteTable{
			"rtb-main":    routeTable("vpc-1", "rtb-main", "", nil),
			"rtb-private": routeTable("vpc-1", "rtb-private", "subnet-1", &ec2types.Route{NatGatewayId: aws.String("nat-1")}),
			"rtb-public":  routeTable("vpc-1", "rtb-public", "subnet-public", &ec2types.Route{GatewayId: aws.String("igw-1")}),
			"rtb-other":   routeTable("vpc-2", "rtb-other", "", nil),
		},
		InternetGateways: map[string]ec2types.InternetGateway{
			// The state is the one that DescribeInternetGateways has, not one of the SDK's constants.
			"igw-1": {Attachments: []ec2types.InternetGatewayAttachment{{VpcId: aws.String("vpc-1"), State: "available"}}},
		},
		NatGateways: map[string]ec2types.NatGateway{
			"nat-1": {SubnetId: aws.String("subnet-public"), VpcId: aws.String("vpc-1"), State: ec2types.NatGatewayStateAvailable},
		},
		VpcEndpoints: map[string]ec2types.VpcEndpoint{},
		PrefixLists: map[string]ec2types.PrefixList{
			"pl-s3": {PrefixListId: aws.String("pl-s3"), PrefixListName: aws.String("com.amazonaws.us-east-1.s3")},
		},
	}}
}

func networkOf(s *declared.Snapshot) *Network {
	return &Network{Declared: func() *declared.Snapshot { return s }}
}

func subnet(vpcID, cidrBlock string) ec2types.Subnet {
	return ec2types.Subnet{VpcId: &vpcID, CidrBlock: &cidrBlock}
}

func securityGroup(vpcID, name string, in, out []ec2types.IpPermission) ec2types.SecurityGroup {
	return ec2types.SecurityGroup{VpcId: &vpcID, GroupName: &name, IpPermissions: in, IpPermissionsEgress: out}
}

// routeTable has the local route and a default one to the target. Without a subnet it is the VPC's main one.
func routeTable(vpcID, id, subnetID string, target *ec2types.Route) ec2types.RouteTable {
	t := ec2types.RouteTable{
		VpcId:        &vpcID,
		RouteTableId: &id,
		Associations: []ec2types.RouteTableAssociation{{Main: aws.Bool(subnetID == "")}},
		Routes:       []ec2types.Route{{DestinationCidrBlock: aws.String("10.0.0.0/16"), GatewayId: aws.String("local")}},
	}
	if subnetID != "" {
		t.Associations[0].SubnetId = &subnetID
	}
	if target != nil {
		route := *target
		route.DestinationCidrBlock = aws.String("0.0.0.0/0")
		t.Routes = append(t.Routes, route)
	}
	return t
}

func permissions(p ...ec2types.IpPermission) []ec2types.IpPermission { return p }

// tcp permits ports with the peers of other permissions.
func tcp(first, last int32, peer ec2types.IpPermission) ec2types.IpPermission {
	peer.IpProtocol, peer.FromPort, peer.ToPort = aws.String("tcp"), &first, &last
	return peer
}

func everything(block string) ec2types.IpPermission {
	p := cidr(block)
	p.IpProtocol = aws.String("-1")
	return p
}

func member(id string) ec2types.IpPermission {
	return ec2types.IpPermission{UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: &id}}}
}

func cidr(block string) ec2types.IpPermission {
	return ec2types.IpPermission{IpRanges: []ec2types.IpRange{{CidrIp: &block}}}
}

func prefixList(id string) ec2types.IpPermission {
	return ec2types.IpPermission{PrefixListIds: []ec2types.PrefixListId{{PrefixListId: &id}}}
}

func setIngress(s *declared.Snapshot, id string, p ...ec2types.IpPermission) {
	g := s.SecurityGroups[id]
	g.IpPermissions = p
	s.SecurityGroups[id] = g
}

func setEgress(s *declared.Snapshot, id string, p ...ec2types.IpPermission) {
	g := s.SecurityGroups[id]
	g.IpPermissionsEgress = p
	s.SecurityGroups[id] = g
}

// mustBe fails unless the error is Blocked for this reason. No reason stands for no error.
func mustBe(t *testing.T, err error, reason string) {
	t.Helper()
	if reason == "" {
		if err != nil {
			t.Errorf("want it to pass, got: %v", err)
		}
		return
	}
	b, ok := errors.AsType[*Blocked](err)
	if !ok {
		t.Fatalf("want *Blocked, got %T: %v", err, err)
	}
	if b.Reason != reason {
		t.Errorf("reason\n got: %s\nwant: %s", b.Reason, reason)
	}
}

package vpc

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"sallyport/local/cloud/declared"
)

func interfaceEndpoint(s *declared.Snapshot, service string, change func(*ec2types.VpcEndpoint)) {
	e := ec2types.VpcEndpoint{
		VpcEndpointId:     aws.String("vpce-1"),
		VpcEndpointType:   ec2types.VpcEndpointTypeInterface,
		VpcId:             aws.String("vpc-1"),
		ServiceName:       aws.String("com.amazonaws.us-east-1." + service),
		State:             "available", // as DescribeVpcEndpoints has it; the SDK's constant is "Available"
		PrivateDnsEnabled: aws.Bool(true),
		SubnetIds:         []string{"subnet-2"},
		Groups:            []ec2types.SecurityGroupIdentifier{{GroupId: aws.String("sg-endpoint")}},
	}
	if change != nil {
		change(&e)
	}
	s.SecurityGroups["sg-endpoint"] = securityGroup("vpc-1", "endpoint", permissions(tcp(443, 443, cidr("10.0.1.0/24"))), nil)
	s.VpcEndpoints["vpce-1"] = e
}

func gatewayEndpoint(s *declared.Snapshot, routeTableID string) {
	s.VpcEndpoints["vpce-s3"] = ec2types.VpcEndpoint{
		VpcEndpointId:     aws.String("vpce-s3"),
		VpcEndpointType:   ec2types.VpcEndpointTypeGateway,
		VpcId:             aws.String("vpc-1"),
		ServiceName:       aws.String("com.amazonaws.us-east-1.s3"),
		State:             ec2types.StateAvailable,
		PrivateDnsEnabled: aws.Bool(true), // moto says so
		RouteTableIds:     []string{routeTableID},
	}
}

func noNAT(s *declared.Snapshot) {
	s.RouteTables["rtb-private"] = routeTable("vpc-1", "rtb-private", "subnet-1", nil)
}

func changeNAT(change func(*ec2types.NatGateway)) func(*declared.Snapshot) {
	return func(s *declared.Snapshot) {
		nat := s.NatGateways["nat-1"]
		change(&nat)
		s.NatGateways["nat-1"] = nat
	}
}

const (
	viaNAT    = "the default route of subnet subnet-1 (route table rtb-private) leads to NAT gateway nat-1, "
	noRoute   = "subnet subnet-1 has no route to the internet (route table rtb-private)"
	noAPIs    = " and there is no VPC endpoint for ecr.api. Add a route to a working NAT gateway, or such an endpoint."
	noAPIRule = "security group sg-service (sallyport-service) has no egress rule for TCP port 443 to ecr.api. Add one to 0.0.0.0/0."
	natToNo   = "whose subnet subnet-public has no default route to an internet gateway of vpc-1 (route table rtb-public)"
)

// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html and .../VPC_Route_Tables.html
func TestReachesByRoutes(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*declared.Snapshot)
		reason string
	}{
		{"a default route to a NAT gateway leads there", nil, ""},
		{"without a default route there is no way", noNAT, noRoute + noAPIs},
		{"a subnet without an association has the VPC's main route table", func(s *declared.Snapshot) {
			delete(s.RouteTables, "rtb-private")
		}, "subnet subnet-1 has no route to the internet (route table rtb-main)" + noAPIs},
		{"the main route table may have the default route", func(s *declared.Snapshot) {
			delete(s.RouteTables, "rtb-private")
			s.RouteTables["rtb-main"] = routeTable("vpc-1", "rtb-main", "", &ec2types.Route{NatGatewayId: aws.String("nat-1")})
		}, ""},
		{"a VPC without a main route table", func(s *declared.Snapshot) {
			delete(s.RouteTables, "rtb-private")
			delete(s.RouteTables, "rtb-main")
		}, "subnet subnet-1 has no route table, and vpc-1 has no main one. Associate one."},
		{"an internet gateway is no way for private addresses", func(s *declared.Snapshot) {
			s.RouteTables["rtb-private"] = routeTable("vpc-1", "rtb-private", "subnet-1", &ec2types.Route{GatewayId: aws.String("igw-1")})
		}, "the default route of subnet subnet-1 (route table rtb-private) leads to internet gateway igw-1, which serves public addresses alone" + noAPIs},
		{"a transit gateway is no way", func(s *declared.Snapshot) {
			s.RouteTables["rtb-private"] = routeTable("vpc-1", "rtb-private", "subnet-1", &ec2types.Route{TransitGatewayId: aws.String("tgw-1")})
		}, "the default route of subnet subnet-1 (route table rtb-private) leads to neither a NAT gateway nor an internet gateway" + noAPIs},
		{"a blackhole is no way", func(s *declared.Snapshot) {
			s.RouteTables["rtb-private"] = routeTable("vpc-1", "rtb-private", "subnet-1",
				&ec2types.Route{NatGatewayId: aws.String("nat-1"), State: ec2types.RouteStateBlackhole})
		}, "the default route of subnet subnet-1 (route table rtb-private) leads nowhere: it is a blackhole" + noAPIs},
		{"a NAT gateway that is gone", func(s *declared.Snapshot) { delete(s.NatGateways, "nat-1") },
			viaNAT + "which does not exist" + noAPIs},
		{"a NAT gateway that is not there yet",
			changeNAT(func(n *ec2types.NatGateway) { n.State = ec2types.NatGatewayStatePending }),
			viaNAT + "which is pending" + noAPIs},
		{"a private NAT gateway does not lead to the internet",
			changeNAT(func(n *ec2types.NatGateway) { n.ConnectivityType = ec2types.ConnectivityTypePrivate }),
			viaNAT + "which is private and has no public address" + noAPIs},
		{"a NAT gateway in a subnet without a way out", func(s *declared.Snapshot) {
			s.RouteTables["rtb-public"] = routeTable("vpc-1", "rtb-public", "subnet-public", nil)
		}, viaNAT + natToNo + noAPIs},
		{"a NAT gateway behind itself", func(s *declared.Snapshot) {
			s.RouteTables["rtb-public"] = routeTable("vpc-1", "rtb-public", "subnet-public", &ec2types.Route{NatGatewayId: aws.String("nat-1")})
		}, viaNAT + natToNo + noAPIs},
		{"an internet gateway that is not attached to the VPC", func(s *declared.Snapshot) {
			s.InternetGateways["igw-1"] = ec2types.InternetGateway{}
		}, viaNAT + natToNo + noAPIs},
		{"an egress rule for other addresses of the VPC is none for the internet", func(s *declared.Snapshot) {
			setEgress(s, "sg-service", tcp(443, 443, cidr("10.0.0.0/16")))
		}, noAPIRule},
		{"an egress rule for some public addresses may be the one", func(s *declared.Snapshot) {
			setEgress(s, "sg-service", tcp(443, 443, cidr("52.0.0.0/8")))
		}, ""},
		{"an egress rule for another port", func(s *declared.Snapshot) {
			setEgress(s, "sg-service", tcp(80, 80, cidr("0.0.0.0/0")))
		}, noAPIRule},
		{"an egress rule for the prefix list of another service", func(s *declared.Snapshot) {
			setEgress(s, "sg-service", tcp(443, 443, prefixList("pl-s3")))
		}, noAPIRule},
		{"a group that does not exist is named", func(s *declared.Snapshot) { delete(s.SecurityGroups, "sg-service") },
			"security group sg-service of 10.0.1.30 does not exist. Declare it, or use one that does."},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := stack()
			if c.change != nil {
				c.change(s)
			}
			mustBe(t, networkOf(s).Reaches(service, "ecr.api"), c.reason)
		})
	}
}

// https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html
func TestReachesByInterfaceEndpoint(t *testing.T) {
	s := stack()
	interfaceEndpoint(s, "ecr.api", nil)
	node, err := Node(s, "vpce-1", "subnet-2", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		endpoint func(*ec2types.VpcEndpoint)
		change   func(*declared.Snapshot)
		reason   string
	}{
		{"it needs no route out of the VPC", nil, noNAT, ""},
		{"an egress rule to its group is enough", nil, func(s *declared.Snapshot) {
			noNAT(s)
			setEgress(s, "sg-service", tcp(443, 443, member("sg-endpoint")))
		}, ""},
		{"its group must let the task in, and a NAT gateway is no way around it", nil, func(s *declared.Snapshot) {
			setIngress(s, "sg-endpoint")
		}, "ecr.api is behind VPC endpoint vpce-1: security group sg-endpoint (endpoint) has no ingress rule for TCP port 443 " +
			"from sg-service (sallyport-service). Add one, with a group or an address range of 10.0.1.30 as its source."},
		{"the task's group must let it out", nil, func(s *declared.Snapshot) {
			setEgress(s, "sg-service")
		}, "ecr.api is behind VPC endpoint vpce-1: security group sg-service (sallyport-service) has no egress rule for TCP port 443 " +
			"to sg-endpoint (endpoint). Add one, with a group or an address range of " + node.Address.String() + " as its destination."},
		{"one of its subnets that is reached is enough",
			func(e *ec2types.VpcEndpoint) { e.SubnetIds = []string{"subnet-1", "subnet-2"} },
			func(s *declared.Snapshot) {
				noNAT(s)
				setEgress(s, "sg-service", tcp(443, 443, cidr("10.0.2.0/24")))
			}, ""},
		{"without groups it is in the default one", func(e *ec2types.VpcEndpoint) { e.Groups = nil }, func(s *declared.Snapshot) {
			noNAT(s)
			setIngress(s, "sg-default", tcp(443, 443, member("sg-service")))
		}, ""},
		{"without subnets it is nowhere", func(e *ec2types.VpcEndpoint) { e.SubnetIds = nil }, noNAT,
			"ecr.api is behind VPC endpoint vpce-1: it is in no subnet. Give it one."},
		{"without private DNS it is not used",
			func(e *ec2types.VpcEndpoint) { e.PrivateDnsEnabled = aws.Bool(false) }, noNAT,
			noRoute + " and VPC endpoint vpce-1 for ecr.api has no private DNS in the VPC. Add a route to a working NAT gateway, or such an endpoint."},
		{"while it is pending it is not used",
			func(e *ec2types.VpcEndpoint) { e.State = "pending" }, noNAT,
			noRoute + " and VPC endpoint vpce-1 for ecr.api is pending. Add a route to a working NAT gateway, or such an endpoint."},
		{"one of another VPC is not used",
			func(e *ec2types.VpcEndpoint) { e.VpcId = aws.String("vpc-2") }, noNAT, noRoute + noAPIs},
		{"one of another Region is not used",
			func(e *ec2types.VpcEndpoint) { e.ServiceName = aws.String("com.amazonaws.eu-west-1.ecr.api") }, noNAT, noRoute + noAPIs},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := stack()
			interfaceEndpoint(s, "ecr.api", c.endpoint)
			c.change(s)
			mustBe(t, networkOf(s).Reaches(service, "ecr.api"), c.reason)
		})
	}
}

// https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
func TestReachesByGatewayEndpoint(t *testing.T) {
	prepared := func(routeTableID string) *declared.Snapshot {
		s := stack()
		noNAT(s)
		gatewayEndpoint(s, routeTableID)
		return s
	}
	t.Run("an egress rule to the service's prefix list is enough", func(t *testing.T) {
		s := prepared("rtb-private")
		setEgress(s, "sg-service", tcp(443, 443, prefixList("pl-s3")))
		mustBe(t, networkOf(s).Reaches(service, "s3"), "")
	})
	t.Run("an egress rule to everywhere is enough", func(t *testing.T) {
		mustBe(t, networkOf(prepared("rtb-private")).Reaches(service, "s3"), "")
	})
	t.Run("without an egress rule there is no way", func(t *testing.T) {
		s := prepared("rtb-private")
		setEgress(s, "sg-service", tcp(443, 443, cidr("10.0.0.0/16")))
		mustBe(t, networkOf(s).Reaches(service, "s3"), "security group sg-service (sallyport-service) has no egress rule "+
			"for TCP port 443 to s3. Add one to 0.0.0.0/0 or prefix list pl-s3.")
	})
	t.Run("it is for the subnets of its route tables", func(t *testing.T) {
		mustBe(t, networkOf(prepared("rtb-main")).Reaches(service, "s3"), noRoute+
			" and VPC endpoint vpce-s3 for s3 is not associated with rtb-private. Add a route to a working NAT gateway, or such an endpoint.")
	})
	t.Run("it is for no other service", func(t *testing.T) {
		mustBe(t, networkOf(prepared("rtb-private")).Reaches(service, "ecr.api"), noRoute+noAPIs)
	})
	t.Run("the prefix list is enough by way of a NAT gateway too", func(t *testing.T) {
		s := stack()
		setEgress(s, "sg-service", tcp(443, 443, prefixList("pl-s3")))
		mustBe(t, networkOf(s).Reaches(service, "s3"), "")
	})
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html
	t.Run("an interface endpoint for inbound resolvers alone leaves the VPC's requests to it", func(t *testing.T) {
		s := prepared("rtb-private")
		interfaceEndpoint(s, "s3", func(e *ec2types.VpcEndpoint) {
			e.DnsOptions = &ec2types.DnsOptions{PrivateDnsOnlyForInboundResolverEndpoint: aws.Bool(true)}
		})
		setIngress(s, "sg-endpoint")
		mustBe(t, networkOf(s).Reaches(service, "s3"), "")
	})
}

func TestWay(t *testing.T) {
	for _, c := range []struct {
		name    string
		service string
		change  func(*declared.Snapshot)
		want    string
	}{
		{"by an interface endpoint", "ecr.api", func(s *declared.Snapshot) { interfaceEndpoint(s, "ecr.api", nil) }, "vpce-1"},
		{"by a gateway endpoint, which comes before the NAT gateway", "s3", func(s *declared.Snapshot) { gatewayEndpoint(s, "rtb-private") }, "vpce-s3"},
		{"by the internet where the gateway endpoint serves other subnets", "s3", func(s *declared.Snapshot) { gatewayEndpoint(s, "rtb-public") }, ""},
		{"by the internet", "logs", func(*declared.Snapshot) {}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := stack()
			c.change(s)
			way, err := networkOf(s).Way(service, c.service)
			if id := way; err != nil || (id == nil) != (c.want == "") || id != nil && aws.ToString(id.VpcEndpointId) != c.want {
				t.Errorf("got %+v and %v", way, err)
			}
		})
	}
}

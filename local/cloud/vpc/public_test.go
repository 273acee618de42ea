package vpc

import (
	"net/netip"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"sallyport/local/cloud/declared"
)

// The gateway must be attached, the subnet's table have a route to it, and the interface a public address:
// https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html
func TestReachesWithAPublicAddress(t *testing.T) {
	public := service
	public.PublicAddress = netip.MustParseAddr("203.0.113.1")
	viaInternetGateway := func(s *declared.Snapshot) {
		s.RouteTables["rtb-private"] = routeTable("vpc-1", "rtb-private", "subnet-1", &ec2types.Route{GatewayId: aws.String("igw-1")})
	}
	for _, c := range []struct {
		name   string
		change func(*declared.Snapshot)
		reason string
	}{
		{"a default route to an internet gateway leads out", viaInternetGateway, ""},
		{"one that is not attached to the VPC leads nowhere", func(s *declared.Snapshot) {
			viaInternetGateway(s)
			s.InternetGateways["igw-1"] = ec2types.InternetGateway{}
		}, "the default route of subnet subnet-1 (route table rtb-private) leads to internet gateway igw-1, which is not attached to vpc-1" + noAPIs},
		{"without a default route the address is of no use", noNAT, noRoute + noAPIs},
		{"a NAT gateway leads out as before", nil, ""},
		{"the groups still need an egress rule", func(s *declared.Snapshot) {
			viaInternetGateway(s)
			setEgress(s, "sg-service", tcp(443, 443, cidr("10.0.0.0/16")))
		}, noAPIRule},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := stack()
			if c.change != nil {
				c.change(s)
			}
			mustBe(t, networkOf(s).Reaches(public, "ecr.api"), c.reason)
		})
	}
}

func TestPublicAddresses(t *testing.T) {
	n := &Network{}
	var last netip.Addr
	taken := map[netip.Addr]bool{}
	for range 256 {
		address, err := n.AllocatePublic()
		if err != nil || taken[address] || !publicBlock.Contains(address) {
			t.Fatalf("%s after %d others: %v", address, len(taken), err)
		}
		taken[address], last = true, address
	}
	t.Run("when all are taken there is none", func(t *testing.T) {
		if address, err := n.AllocatePublic(); err == nil {
			t.Error(address)
		}
	})
	t.Run("one that is given back is handed out again", func(t *testing.T) {
		for _, want := range []string{"203.0.113.7", "203.0.113.3"} {
			n.ReleasePublic(netip.MustParseAddr(want))
			if address, err := n.AllocatePublic(); err != nil || address.String() != want {
				t.Errorf("%s, %v, want %s", address, err, want)
			}
		}
	})
	t.Run("the first ones are known, and one is not used again at once", func(t *testing.T) {
		n := &Network{}
		for _, want := range []string{"203.0.113.1", "203.0.113.2"} {
			if address, err := n.AllocatePublic(); err != nil || address.String() != want {
				t.Errorf("%s, %v, want %s", address, err, want)
			}
			n.ReleasePublic(netip.MustParseAddr(want))
		}
	})
	if last != publicBlock.Addr() {
		t.Errorf("the last one is %s", last)
	}
}

package settings

import (
	"errors"
	"fmt"
	"math/bits"
	"net/netip"
)

// private are the ranges that are never routed on the internet: RFC 1918, and RFC 6598's shared space, which AWS takes
// for a VPC as well and which large companies turn to when their 10.0.0.0/8 is used up.
var private = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("100.64.0.0/10"),
}

func checkCIDR(cidr string) error {
	p, err := netip.ParsePrefix(cidr)
	if err != nil || !p.Addr().Is4() {
		return errors.New("it is not an IPv4 network in CIDR notation, such as 10.0.0.0/16")
	}
	if p.Masked() != p {
		return fmt.Errorf("it is an address inside the network %s", p.Masked())
	}
	if p.Bits() < 16 {
		return errors.New("it is larger than a VPC can be")
	}
	if p.Bits() > 28 {
		return errors.New("it is smaller than a VPC can be")
	}
	for _, r := range private {
		if r.Contains(p.Addr()) {
			return nil
		}
	}
	return errors.New("it is not private: someone on the internet may own these addresses")
}

// subnet is the prefix length of every subnet: the VPC is cut into a power of two of zones,
// each of them into a public and a private half.
func (n Network) subnet() int {
	return netip.MustParsePrefix(n.CIDR).Bits() + bits.Len(uint(n.Zones-1)) + 1
}

const (
	smallestSubnet = 26 // an ALB asks for a /27 of its own
	reserved       = 5  // addresses that AWS keeps in each subnet
	balancer       = 8  // free addresses that an ALB asks for in each subnet
	link           = 1  // the VPC link's network interface in each subnet
)

// checkRoom finds out whether the subnets are large enough for what goes into them.
func checkRoom(s *Settings) *problem {
	subnet := s.Network.subnet()
	if subnet > smallestSubnet {
		return &problem{key: "network.cidr", wrong: fmt.Sprintf("cut for a network.zones of %d, it leaves each subnet a /%d", s.Network.Zones, subnet)}
	}
	// An interface endpoint has an address in each subnet.
	tasks := s.Network.Zones * (1<<(32-subnet) - reserved - balancer - link - len(s.Endpoints()))
	key, count := "app.count", s.App.Count
	if s.Scaling.Max > count {
		key, count = "scaling.max", s.Scaling.Max
	}
	if 2*count > tasks {
		return &problem{
			key:     key,
			wrong:   fmt.Sprintf("the private subnets of %s have %d addresses for tasks, and a deployment needs two for each", s.Network.CIDR, tasks),
			allowed: fmt.Sprintf("1 to %d with this network.cidr", min(tasks/2, 500)),
		}
	}
	return nil
}

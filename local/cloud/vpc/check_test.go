package vpc

import (
	"net/netip"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"sallyport/local/cloud/declared"
)

const (
	noEgress = "security group sg-link (sallyport-link) has no egress rule for TCP port 80 to sg-balancer (sallyport-balancer). " +
		"Add one, with a group or an address range of 10.0.2.20 as its destination."
	noIngress = "security group sg-balancer (sallyport-balancer) has no ingress rule for TCP port 80 from sg-link (sallyport-link). " +
		"Add one, with a group or an address range of 10.0.1.9 as its source."
)

// The rules are those of https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html, where a row names
// no other page.
func TestCheck(t *testing.T) {
	with := func(change func(*ec2types.IpPermission)) ec2types.IpPermission {
		p := tcp(80, 80, member("sg-link"))
		change(&p)
		return p
	}
	for _, c := range []struct {
		name   string
		change func(*declared.Snapshot)
		reason string // empty: it passes
	}{
		{"a rule on each side lets a connection through", nil, ""},
		{"without ingress rules nothing comes in",
			func(s *declared.Snapshot) { setIngress(s, "sg-balancer") }, noIngress},
		{"without egress rules nothing goes out",
			func(s *declared.Snapshot) { setEgress(s, "sg-link") }, noEgress},
		{"the answer needs no rule", // .../vpc-security-groups.html
			func(s *declared.Snapshot) { setEgress(s, "sg-balancer"); setIngress(s, "sg-link") }, ""},
		{"an ingress rule for another port doesn't count",
			func(s *declared.Snapshot) { setIngress(s, "sg-balancer", tcp(81, 443, member("sg-link"))) }, noIngress},
		{"a range of ports includes its first",
			func(s *declared.Snapshot) { setIngress(s, "sg-balancer", tcp(80, 90, member("sg-link"))) }, ""},
		{"a range of ports includes its last",
			func(s *declared.Snapshot) { setIngress(s, "sg-balancer", tcp(1, 80, member("sg-link"))) }, ""},
		{"a range of ports ends",
			func(s *declared.Snapshot) { setIngress(s, "sg-balancer", tcp(1, 79, member("sg-link"))) }, noIngress},
		{"a rule for another group doesn't count",
			func(s *declared.Snapshot) { setIngress(s, "sg-balancer", tcp(80, 80, member("sg-service"))) }, noIngress},
		{"a rule that references its own group is for members of it",
			func(s *declared.Snapshot) { setIngress(s, "sg-balancer", tcp(80, 80, member("sg-balancer"))) }, noIngress},
		{"a rule for a range of addresses",
			func(s *declared.Snapshot) { setIngress(s, "sg-balancer", tcp(80, 80, cidr("10.0.1.0/24"))) }, ""},
		{"a rule for one address",
			func(s *declared.Snapshot) { setEgress(s, "sg-link", tcp(80, 80, cidr("10.0.2.20/32"))) }, ""},
		{"a rule for a range without the address",
			func(s *declared.Snapshot) { setIngress(s, "sg-balancer", tcp(80, 80, cidr("10.0.2.0/24"))) }, noIngress},
		{"a rule for IPv6 doesn't count",
			func(s *declared.Snapshot) {
				setIngress(s, "sg-balancer", with(func(p *ec2types.IpPermission) {
					p.UserIdGroupPairs, p.Ipv6Ranges = nil, []ec2types.Ipv6Range{{CidrIpv6: aws.String("::/0")}}
				}))
			}, noIngress},
		{"a prefix list whose addresses are not known doesn't count",
			func(s *declared.Snapshot) { setEgress(s, "sg-link", tcp(80, 80, prefixList("pl-s3"))) }, noEgress},
		{"a prefix list whose addresses are known counts", // .../managed-prefix-lists.html
			func(s *declared.Snapshot) {
				s.PrefixLists["pl-own"] = ec2types.PrefixList{Cidrs: []string{"192.0.2.0/24", "10.0.2.0/24"}}
				setEgress(s, "sg-link", tcp(80, 80, prefixList("pl-own")))
			}, ""},
		{"protocol 6 is TCP", // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
			func(s *declared.Snapshot) {
				setIngress(s, "sg-balancer", with(func(p *ec2types.IpPermission) { p.IpProtocol = aws.String("6") }))
			}, ""},
		{"protocol -1 is every protocol and every port", // API_IpPermission.html
			func(s *declared.Snapshot) {
				setIngress(s, "sg-balancer", with(func(p *ec2types.IpPermission) {
					p.IpProtocol, p.FromPort, p.ToPort = aws.String("-1"), aws.Int32(22), aws.Int32(22)
				}))
			}, ""},
		{"UDP is not TCP",
			func(s *declared.Snapshot) {
				setIngress(s, "sg-balancer", with(func(p *ec2types.IpPermission) { p.IpProtocol = aws.String("udp") }))
			}, noIngress},
		{"a group that does not exist is named",
			func(s *declared.Snapshot) { delete(s.SecurityGroups, "sg-balancer") },
			"security group sg-balancer of 10.0.2.20 does not exist. Declare it, or use one that does."},
		{"a subnet that does not exist is named",
			func(s *declared.Snapshot) { delete(s.Subnets, "subnet-1") },
			"subnet subnet-1 of 10.0.1.9 does not exist. Declare it, or use one that does."},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := stack()
			if c.change != nil {
				c.change(s)
			}
			mustBe(t, networkOf(s).Check(link, balancer, 80), c.reason)
		})
	}
}

func TestCheckOfGroups(t *testing.T) {
	t.Run("the rules of all groups of an interface count together", func(t *testing.T) {
		n := networkOf(stack())
		from, to := link, balancer
		from.GroupIDs = []string{"sg-service", "sg-link"}
		to.GroupIDs = []string{"sg-service", "sg-balancer"}
		mustBe(t, n.Check(from, to, 80), "")
		mustBe(t, n.Check(from, to, 81), "none of the security groups sg-service (sallyport-service), sg-link (sallyport-link) has an egress rule "+
			"for TCP port 81 to sg-service (sallyport-service) or sg-balancer (sallyport-balancer). "+
			"Add one, with a group or an address range of 10.0.2.20 as its destination.")
	})
	t.Run("members of a group reach each other when it references itself", func(t *testing.T) {
		s := stack()
		setIngress(s, "sg-service", tcp(3000, 3000, member("sg-service")))
		setEgress(s, "sg-service", tcp(3000, 3000, member("sg-service")))
		other := service
		other.Address = netip.MustParseAddr("10.0.1.31")
		mustBe(t, networkOf(s).Check(service, other, 3000), "")
	})
	// https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html
	t.Run("an interface without groups is in the default group of its VPC", func(t *testing.T) {
		s := stack()
		from := link
		from.GroupIDs = nil
		mustBe(t, networkOf(s).Check(from, balancer, 80), "security group sg-default (default) has no egress rule for TCP port 80 "+
			"to sg-balancer (sallyport-balancer). Add one, with a group or an address range of 10.0.2.20 as its destination.")
		s = stack()
		setEgress(s, "sg-default", everything("0.0.0.0/0"))
		setIngress(s, "sg-balancer", tcp(80, 80, member("sg-default")))
		mustBe(t, networkOf(s).Check(from, balancer, 80), "")
	})
	t.Run("an interface without groups in a VPC without a default one", func(t *testing.T) {
		s := stack()
		delete(s.SecurityGroups, "sg-default")
		from := link
		from.GroupIDs = nil
		mustBe(t, networkOf(s).Check(from, balancer, 80), "10.0.1.9 has no security group, and vpc-1 has no default one. Give it one.")
	})
}

func TestCheckOfVPCs(t *testing.T) {
	other := Interface{Address: netip.MustParseAddr("10.0.1.5"), SubnetID: "subnet-other"}
	t.Run("interfaces of different VPCs don't reach each other", func(t *testing.T) {
		s := stack()
		setEgress(s, "sg-link", everything("0.0.0.0/0"))
		mustBe(t, networkOf(s).Check(link, other, 80), "10.0.1.9 is in vpc-1 and 10.0.1.5 in vpc-2: "+
			"interfaces of different VPCs don't reach each other. Put both into one VPC.")
	})
	t.Run("nothing is declared yet", func(t *testing.T) {
		mustBe(t, networkOf(nil).Check(link, balancer, 80),
			"subnet subnet-1 of 10.0.1.9 does not exist. Declare it, or use one that does.")
	})
}

func TestCheckFollowsWhatIsDeclared(t *testing.T) {
	s := stack()
	n := &Network{Declared: func() *declared.Snapshot { return s }}
	mustBe(t, n.Check(link, balancer, 80), "")
	s = stack()
	setIngress(s, "sg-balancer")
	mustBe(t, n.Check(link, balancer, 80), noIngress)
	s = stack()
	mustBe(t, n.Check(link, balancer, 80), "")
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html
func TestCheckOfAnInterfaceWithoutGroups(t *testing.T) {
	open := balancer
	open.GroupIDs, open.NoGroups = nil, true
	t.Run("no rule of its own judges what comes in and goes out", func(t *testing.T) {
		s := stack()
		setEgress(s, "sg-link", tcp(80, 80, cidr("10.0.2.20/32")))
		setIngress(s, "sg-service", tcp(3000, 3000, cidr("10.0.2.20/32")))
		mustBe(t, networkOf(s).Check(link, open, 80), "")
		mustBe(t, networkOf(s).Check(open, service, 3000), "")
		mustBe(t, networkOf(s).Admits(open, 80), "")
	})
	t.Run("the other side's rules do, and can name its address alone", func(t *testing.T) {
		mustBe(t, networkOf(stack()).Check(link, open, 80), "security group sg-link (sallyport-link) has no egress rule for TCP port 80 to 10.0.2.20. "+
			"Add one, with an address range of 10.0.2.20 as its destination.")
		mustBe(t, networkOf(stack()).Check(open, service, 3000), "security group sg-service (sallyport-service) has no ingress rule for TCP port 3000 from 10.0.2.20. "+
			"Add one, with an address range of 10.0.2.20 as its source.")
	})
	t.Run("it is in its VPC alone all the same", func(t *testing.T) {
		other := open
		other.SubnetID = "subnet-other"
		mustBe(t, networkOf(stack()).Check(other, open, 80), "10.0.2.20 is in vpc-2 and 10.0.2.20 in vpc-1: interfaces of different VPCs don't reach each other. Put both into one VPC.")
	})
}

func TestAdmits(t *testing.T) {
	const lack = "security group sg-balancer (sallyport-balancer) has no ingress rule for TCP port 80 from 0.0.0.0/0"
	for _, c := range []struct {
		about  string
		rule   ec2types.IpPermission
		reason string
	}{
		{"a rule for all addresses", tcp(80, 80, cidr("0.0.0.0/0")), ""},
		{"one for all protocols", everything("0.0.0.0/0"), ""},
		{"one for more ports", tcp(1, 100, cidr("0.0.0.0/0")), ""},
		{"one for half of the addresses is not enough", tcp(80, 80, cidr("0.0.0.0/1")), lack},
		{"nor is one for a group", tcp(80, 80, member("sg-link")), lack},
		{"nor one for another port", tcp(443, 443, cidr("0.0.0.0/0")), lack},
	} {
		t.Run(c.about, func(t *testing.T) {
			s := stack()
			setIngress(s, "sg-balancer", c.rule)
			mustBe(t, networkOf(s).Admits(balancer, 80), c.reason)
		})
	}
	t.Run("a group that does not exist", func(t *testing.T) {
		s := stack()
		delete(s.SecurityGroups, "sg-balancer")
		mustBe(t, networkOf(s).Admits(balancer, 80), "security group sg-balancer of 10.0.2.20 does not exist. Declare it, or use one that does.")
	})
}

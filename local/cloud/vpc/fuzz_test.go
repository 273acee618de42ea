package vpc

import (
	"net"
	"net/netip"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"sallyport/local/cloud/declared"
)

// FuzzCheck compares Check with a plain reading of the rules. It shows that both agree, not that AWS does.
func FuzzCheck(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1, 2, 1, 0, 80, 80, 2, 1, 1, 0, 80, 80, 1, 2, 0, 1, 3, 2, 0, 2, 9})
	f.Add([]byte{2, 3, 255, 1, 0, 200, 7, 7, 7, 3, 0, 1, 90, 4, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
	f.Fuzz(func(t *testing.T, data []byte) {
		c := choices(data)
		s := randomRules(&c)
		from, to := randomInterface(&c), randomInterface(&c)
		port := c.of(4) + 79
		err := networkOf(s).Check(from, to, port)
		if _, ok := err.(*Blocked); err != nil && !ok {
			t.Fatalf("not *Blocked: %v", err)
		}
		if want := naivelyAllowed(s, from, to, port); want != (err == nil) {
			t.Errorf("want allowed %v, got: %v\nfrom %v\nto %v port %d", want, err, from, to, port)
		}
	})
}

// choices makes decisions of random bytes.
type choices []byte

func (c *choices) of(n int) int {
	if len(*c) == 0 {
		return 0
	}
	b := int((*c)[0])
	*c = (*c)[1:]
	return b % n
}

func pick[T any](c *choices, options ...T) T { return options[c.of(len(options))] }

func randomRules(c *choices) *declared.Snapshot {
	s := stack()
	s.SecurityGroups = map[string]ec2types.SecurityGroup{}
	s.PrefixLists["pl-own"] = ec2types.PrefixList{Cidrs: []string{"10.0.1.0/30", "nonsense"}}
	for _, id := range []string{"sg-1", "sg-2", "sg-3"} {
		name := pick(c, "web", "default", "")
		if id != "sg-1" && name == "default" { // a VPC has one
			name = "app"
		}
		s.SecurityGroups[id] = securityGroup("vpc-1", name, randomPermissions(c), randomPermissions(c))
	}
	return s
}

func randomPermissions(c *choices) []ec2types.IpPermission {
	var all []ec2types.IpPermission
	for range c.of(4) {
		p := ec2types.IpPermission{IpProtocol: pick(c, aws.String("tcp"), aws.String("6"), aws.String("-1"), aws.String("udp"), nil)}
		p.FromPort = pick(c, aws.Int32(80), aws.Int32(-1), aws.Int32(0), aws.Int32(82), nil)
		p.ToPort = pick(c, aws.Int32(81), aws.Int32(80), aws.Int32(65535), aws.Int32(-1), nil)
		for range c.of(3) {
			switch c.of(4) {
			case 0:
				p.UserIdGroupPairs = append(p.UserIdGroupPairs, member(pick(c, "sg-1", "sg-2", "sg-3", "sg-none", "")).UserIdGroupPairs...)
			case 1:
				p.IpRanges = append(p.IpRanges, cidr(pick(c, "10.0.1.0/24", "10.0.1.1/31", "0.0.0.0/0", "10.0.2.2/32", "::/0", "", "10.0.1.0")).IpRanges...)
			case 2:
				p.PrefixListIds = append(p.PrefixListIds, prefixList(pick(c, "pl-own", "pl-s3", "pl-none")).PrefixListIds...)
			case 3:
				p.Ipv6Ranges = append(p.Ipv6Ranges, ec2types.Ipv6Range{CidrIpv6: aws.String("::/0")})
			}
		}
		all = append(all, p)
	}
	return all
}

func randomInterface(c *choices) Interface {
	i := Interface{
		Address:  pick(c, netip.MustParseAddr("10.0.1.1"), netip.MustParseAddr("10.0.2.2"), netip.MustParseAddr("::ffff:10.0.1.3"), netip.Addr{}),
		SubnetID: pick(c, "subnet-1", "subnet-2", "subnet-1", "subnet-other", "subnet-none"),
	}
	for range c.of(3) {
		i.GroupIDs = append(i.GroupIDs, pick(c, "sg-1", "sg-2", "sg-3", "sg-none"))
	}
	return i
}

func naivelyAllowed(s *declared.Snapshot, from, to Interface, port int) bool {
	a, b := s.Subnets[from.SubnetID], s.Subnets[to.SubnetID]
	if a.VpcId == nil || b.VpcId == nil || *a.VpcId != *b.VpcId {
		return false
	}
	fromGroups, toGroups := naiveGroups(s, from, *a.VpcId), naiveGroups(s, to, *b.VpcId)
	if len(fromGroups) == 0 || len(toGroups) == 0 {
		return false
	}
	for _, g := range append(fromGroups, toGroups...) {
		if _, ok := s.SecurityGroups[g]; !ok {
			return false
		}
	}
	out, in := false, false
	for _, g := range fromGroups {
		for _, p := range s.SecurityGroups[g].IpPermissionsEgress {
			out = out || naivelyPermits(s, p, port, to.Address, toGroups)
		}
	}
	for _, g := range toGroups {
		for _, p := range s.SecurityGroups[g].IpPermissions {
			in = in || naivelyPermits(s, p, port, from.Address, fromGroups)
		}
	}
	return out && in
}

func naiveGroups(s *declared.Snapshot, i Interface, vpcID string) []string {
	if len(i.GroupIDs) > 0 {
		return append([]string(nil), i.GroupIDs...)
	}
	for id, g := range s.SecurityGroups {
		if *g.GroupName == "default" && *g.VpcId == vpcID {
			return []string{id}
		}
	}
	return nil
}

func naivelyPermits(s *declared.Snapshot, p ec2types.IpPermission, port int, peer netip.Addr, peerGroups []string) bool {
	if p.IpProtocol == nil || *p.IpProtocol == "udp" {
		return false
	}
	if *p.IpProtocol != "-1" && (p.FromPort == nil || p.ToPort == nil || int32(port) < *p.FromPort || int32(port) > *p.ToPort) {
		return false
	}
	for _, pair := range p.UserIdGroupPairs {
		for _, g := range peerGroups {
			if *pair.GroupId == g {
				return true
			}
		}
	}
	var blocks []string
	for _, r := range p.IpRanges {
		blocks = append(blocks, *r.CidrIp)
	}
	for _, list := range p.PrefixListIds {
		blocks = append(blocks, s.PrefixLists[*list.PrefixListId].Cidrs...)
	}
	for _, block := range blocks {
		_, network, err := net.ParseCIDR(block)
		if err == nil && peer.IsValid() && network.Contains(net.ParseIP(peer.Unmap().String())) {
			return true
		}
	}
	return false
}

package vpc

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"sallyport/local/cloud/declared"
)

// ruleSet is what Check needs of a snapshot, ready for use: Check runs for each request.
type ruleSet struct {
	snapshot *declared.Snapshot
	vpcs     map[string]string // by subnet
	groups   map[string]*group
	defaults map[string][]string // by VPC: its default group
}

type group struct {
	id, name string
	rules    [2][]rule // by direction
}

type direction int

const (
	ingress direction = iota
	egress
)

func (d direction) String() string { return [...]string{"ingress", "egress"}[d] }

// label is how AWS's console shows a group.
func (g *group) label() string {
	if g.name == "" {
		return g.id
	}
	return g.id + " (" + g.name + ")"
}

// rule is what one permission says about TCP.
type rule struct {
	firstPort, lastPort int
	prefixes            []netip.Prefix
	groups              []string
	prefixLists         []string
}

var nothingDeclared declared.Snapshot

// current returns the rules of what is declared now.
func (n *Network) current() *ruleSet {
	s := n.Declared()
	if s == nil {
		s = &nothingDeclared
	}
	if r := n.rules.Load(); r != nil && r.snapshot == s {
		return r
	}
	r := newRuleSet(s)
	n.rules.Store(r)
	return r
}

func newRuleSet(s *declared.Snapshot) *ruleSet {
	r := &ruleSet{
		snapshot: s,
		vpcs:     make(map[string]string, len(s.Subnets)),
		groups:   make(map[string]*group, len(s.SecurityGroups)),
		defaults: make(map[string][]string),
	}
	for id, subnet := range s.Subnets {
		r.vpcs[id] = aws.ToString(subnet.VpcId)
	}
	for id, g := range s.SecurityGroups {
		name := aws.ToString(g.GroupName)
		r.groups[id] = &group{
			id:   id,
			name: name,
			rules: [2][]rule{
				ingress: newRules(s, g.IpPermissions),
				egress:  newRules(s, g.IpPermissionsEgress),
			},
		}
		if name == "default" { // no other group of a VPC may be named so
			r.defaults[aws.ToString(g.VpcId)] = []string{id}
		}
	}
	return r
}

func newRules(s *declared.Snapshot, permissions []ec2types.IpPermission) []rule {
	var rules []rule
	for _, p := range permissions {
		r, ok := newRule(p)
		if !ok {
			continue
		}
		for _, cidr := range p.IpRanges {
			r.addPrefix(aws.ToString(cidr.CidrIp))
		}
		for _, pair := range p.UserIdGroupPairs {
			r.groups = append(r.groups, aws.ToString(pair.GroupId))
		}
		for _, list := range p.PrefixListIds {
			id := aws.ToString(list.PrefixListId)
			r.prefixLists = append(r.prefixLists, id)
			for _, cidr := range s.PrefixLists[id].Cidrs {
				r.addPrefix(cidr)
			}
		}
		rules = append(rules, r)
	}
	return rules
}

// newRule returns the ports of a permission that is about TCP, and false for any other. -1 is all protocols, and then
// ports don't count (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html).
func newRule(p ec2types.IpPermission) (rule, bool) {
	switch strings.ToLower(aws.ToString(p.IpProtocol)) {
	case "-1":
		return rule{firstPort: 0, lastPort: 65535}, true
	case "tcp", "6":
		if p.FromPort == nil || p.ToPort == nil { // AWS takes no such rule
			return rule{}, false
		}
		return rule{firstPort: int(*p.FromPort), lastPort: int(*p.ToPort)}, true
	}
	return rule{}, false
}

func (r *rule) addPrefix(cidr string) {
	if prefix, err := netip.ParsePrefix(cidr); err == nil && prefix.Addr().Is4() {
		r.prefixes = append(r.prefixes, prefix)
	}
}

// allows tells whether the rule is about a port and a peer with this address and in these groups.
func (r *rule) allows(port int, address netip.Addr, groups []string) bool {
	if port < r.firstPort || port > r.lastPort {
		return false
	}
	for _, prefix := range r.prefixes {
		if prefix.Contains(address) {
			return true
		}
	}
	for _, id := range r.groups {
		if slices.Contains(groups, id) {
			return true
		}
	}
	return false
}

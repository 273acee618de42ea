package vpc

import (
	"fmt"
	"net/netip"
	"strings"
)

// Check returns nil when a TCP connection from one interface to a port of another passes, and *Blocked when not.
//
// Within a VPC the local route of each route table leads from every subnet to every other. So security groups decide:
// the rules of all groups of an interface count together, one egress rule of the source must allow the connection,
// and one ingress rule of the destination.
func (n *Network) Check(from, to Interface, port int) error {
	return n.current().check(from, to, port)
}

func (r *ruleSet) check(from, to Interface, port int) error {
	source, err := r.side(from)
	if err != nil {
		return err
	}
	destination, err := r.side(to)
	if err != nil {
		return err
	}
	if source.vpcID != destination.vpcID {
		return blocked("%s is in %s and %s in %s: interfaces of different VPCs don't reach each other. Put both into one VPC.",
			source.address, source.vpcID, destination.address, destination.vpcID)
	}
	if !r.any(source.groups, egress, func(rule *rule) bool {
		return rule.allows(port, destination.address, destination.groups)
	}) {
		return blocked("%s for TCP port %d to %s. Add one, with a group or an address range of %s as its destination.",
			r.lack(source.groups, egress), port, r.labels(destination.groups, " or "), destination.address)
	}
	if !r.any(destination.groups, ingress, func(rule *rule) bool {
		return rule.allows(port, source.address, source.groups)
	}) {
		return blocked("%s for TCP port %d from %s. Add one, with a group or an address range of %s as its source.",
			r.lack(destination.groups, ingress), port, r.labels(source.groups, " or "), source.address)
	}
	return nil
}

// side is one end of a connection, with what is declared about it.
type side struct {
	address netip.Addr
	vpcID   string
	groups  []string // all of them exist, and there is one at least
}

func (r *ruleSet) side(i Interface) (side, error) {
	s := side{address: i.Address.Unmap(), groups: i.GroupIDs}
	var ok bool
	if s.vpcID, ok = r.vpcs[i.SubnetID]; !ok {
		return s, blocked("subnet %s of %s does not exist. Declare it, or use one that does.", i.SubnetID, s.address)
	}
	if len(s.groups) == 0 {
		if s.groups, ok = r.defaults[s.vpcID]; !ok {
			return s, blocked("%s has no security group, and %s has no default one. Give it one.", s.address, s.vpcID)
		}
	}
	for _, id := range s.groups {
		if r.groups[id] == nil {
			return s, blocked("security group %s of %s does not exist. Declare it, or use one that does.", id, s.address)
		}
	}
	return s, nil
}

// any tells whether a rule of these groups is as asked.
func (r *ruleSet) any(groups []string, d direction, asked func(*rule) bool) bool {
	for _, id := range groups {
		rules := r.groups[id].rules[d]
		for i := range rules {
			if asked(&rules[i]) {
				return true
			}
		}
	}
	return false
}

// lack begins the sentence about a missing rule.
func (r *ruleSet) lack(groups []string, d direction) string {
	if len(groups) == 1 {
		return fmt.Sprintf("security group %s has no %s rule", r.labels(groups, ""), d)
	}
	return fmt.Sprintf("none of the security groups %s has an %s rule", r.labels(groups, ", "), d)
}

func (r *ruleSet) labels(groups []string, separator string) string {
	labels := make([]string, len(groups))
	for i, id := range groups {
		labels[i] = r.groups[id].label()
	}
	return strings.Join(labels, separator)
}

func blocked(format string, args ...any) *Blocked {
	return &Blocked{Reason: fmt.Sprintf(format, args...)}
}

package vpc

import (
	"fmt"
	"net/netip"
	"slices"
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
	if !source.open && !r.any(source.groups, egress, func(rule *rule) bool {
		return rule.allows(port, destination.address, destination.groups)
	}) {
		return blocked("%s for TCP port %d to %s. Add one, with %s as its destination.",
			r.lack(source.groups, egress), port, r.peer(destination), destination.named())
	}
	if !destination.open && !r.any(destination.groups, ingress, func(rule *rule) bool {
		return rule.allows(port, source.address, source.groups)
	}) {
		return blocked("%s for TCP port %d from %s. Add one, with %s as its source.",
			r.lack(destination.groups, ingress), port, r.peer(source), source.named())
	}
	return nil
}

// Admits returns nil when an interface's security groups let in TCP connections to a port from every IPv4 address, and
// *Blocked when not: it judges a connection whose source is not known.
func (n *Network) Admits(to Interface, port int) error {
	r := n.current()
	destination, err := r.side(to)
	if err != nil {
		return err
	}
	if !destination.open && !r.any(destination.groups, ingress, func(rule *rule) bool {
		return rule.firstPort <= port && port <= rule.lastPort && slices.ContainsFunc(rule.prefixes, func(p netip.Prefix) bool { return p.Bits() == 0 })
	}) {
		return blocked("%s for TCP port %d from 0.0.0.0/0", r.lack(destination.groups, ingress), port)
	}
	return nil
}

// side is one end of a connection, with what is declared about it.
type side struct {
	address netip.Addr
	vpcID   string
	groups  []string // all of them exist, and there is one at least, but for an open side
	open    bool     // no group guards it
}

func (r *ruleSet) side(i Interface) (side, error) {
	s := side{address: i.Address.Unmap(), groups: i.GroupIDs}
	var ok bool
	if s.vpcID, ok = r.vpcs[i.SubnetID]; !ok {
		return s, blocked("subnet %s of %s does not exist. Declare it, or use one that does.", i.SubnetID, s.address)
	}
	if i.NoGroups {
		s.groups, s.open = nil, true
		return s, nil
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

// peer names the other end of a connection, as a rule about it may.
func (r *ruleSet) peer(s side) string {
	if s.open {
		return s.address.String()
	}
	return r.labels(s.groups, " or ")
}

// named says what a rule about a side may name.
func (s side) named() string {
	if s.open {
		return fmt.Sprintf("an address range of %s", s.address)
	}
	return fmt.Sprintf("a group or an address range of %s", s.address)
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

// Package vpc is the network of the local cloud: it knows the network interfaces of tasks, load balancers and VPC
// links, and lets a connection through only where security groups and routes do.
//
// Its rules are those of
//
//   - https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html and .../security-group-rules.html
//   - https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html and .../vpc-nat-gateway.html
//   - https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html and .../gateway-endpoints.html
//   - https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
//
// Security groups are stateful: whoever may ask gets the answer, without a rule for it. A change of rules counts from
// the next Check on; connections that are open stay open.
//
// Not modelled: custom network ACLs (the default one allows everything), IPv6, VPC peering, transit gateways, NAT
// instances and regional NAT gateways, routes more specific than the local or the default one, and a VPC's DNS attributes,
// which are taken to be on. What the policies of endpoints say is the business of who asks; see Way.
package vpc

import (
	"maps"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"

	"sallyport/local/cloud/declared"
)

// Interface is a network interface: of a task, of a load balancer's node or of a VPC link.
type Interface struct {
	// Address is its private IPv4 address in the subnet.
	Address  netip.Addr
	SubnetID string
	// GroupIDs are its security groups. Without any it is in the VPC's default group
	// (https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html).
	GroupIDs []string
	// NoGroups is true of an interface that no security group guards, not even the default one: that of a Network Load
	// Balancer that was made without groups
	// (https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html).
	NoGroups bool
	// PublicAddress is its public IPv4 address, of a task that asks for one. It is not valid where there is none.
	PublicAddress netip.Addr
}

// Blocked is the error of a connection that a declared thing keeps from coming about. On AWS such a connection is not
// refused: it times out.
type Blocked struct {
	// Reason names what blocks and what to do, in plain words, on one line.
	Reason string
}

func (b *Blocked) Error() string { return b.Reason }

// Network connects the interfaces of one Region. Its methods may be called from everywhere at once. It must not be
// copied.
type Network struct {
	// Declared returns what is declared now. It is called for each Check, so it must be cheap; what is made of a
	// snapshot is kept until it returns another one. Required.
	Declared func() *declared.Snapshot

	rules atomic.Pointer[ruleSet]

	mu       sync.RWMutex
	attached map[netip.Addr][]attachment // of all VPCs: few have the same address
	reserved map[reservation]struct{}
	cursor   uint64
	public   map[netip.Addr]struct{} // that are taken
	// lastPublic is the public address that was handed out last.
	lastPublic netip.Addr
}

// attachment remembers the subnet and not its VPC, so that an interface may be attached before a snapshot has its
// subnet.
type attachment struct {
	Interface
	ports map[int]netip.AddrPort
}

// Attach adds an interface. ports says where each of its ports is reached on this machine: a loopback address. An
// interface that has the address in the subnet already is replaced.
func (n *Network) Attach(i Interface, ports map[int]netip.AddrPort) {
	i.Address = i.Address.Unmap()
	i.GroupIDs = slices.Clone(i.GroupIDs)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.detach(i)
	if n.attached == nil {
		n.attached = make(map[netip.Addr][]attachment)
	}
	n.attached[i.Address] = append(n.attached[i.Address], attachment{i, maps.Clone(ports)})
}

// Detach takes an interface away. It may be gone already.
func (n *Network) Detach(i Interface) {
	i.Address = i.Address.Unmap()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.detach(i)
}

// detach leaves the old list as it is: a lookup may be reading it.
func (n *Network) detach(i Interface) {
	var rest []attachment
	for _, a := range n.attached[i.Address] {
		if a.SubnetID != i.SubnetID {
			rest = append(rest, a)
		}
	}
	if rest == nil {
		delete(n.attached, i.Address)
		return
	}
	n.attached[i.Address] = rest
}

// Interface returns the attached interface that has an address in the VPC of a subnet.
func (n *Network) Interface(subnetID string, address netip.Addr) (Interface, bool) {
	a, ok := n.lookup(n.current(), subnetID, address.Unmap())
	return a.Interface, ok
}

func (n *Network) lookup(r *ruleSet, subnetID string, address netip.Addr) (attachment, bool) {
	n.mu.RLock()
	candidates := n.attached[address]
	n.mu.RUnlock()
	vpcID, declared := r.vpcs[subnetID]
	for _, a := range candidates {
		other, ok := r.vpcs[a.SubnetID]
		if a.SubnetID == subnetID || declared && ok && other == vpcID {
			return a, true
		}
	}
	return attachment{}, false
}

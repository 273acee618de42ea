package vpc

import (
	"fmt"
	"net/netip"
)

// publicBlock is where the public addresses of tasks are from. It is set aside for documentation, so that no host of the
// internet has one of them (https://www.rfc-editor.org/rfc/rfc5737).
var publicBlock = netip.MustParsePrefix("203.0.113.0/24")

// AllocatePublic returns a public address for a task, that no other task of the Region has. Nothing listens there, and
// nothing outside reaches the task by it: it only lets the task out by an internet gateway. Addresses go round, so that
// one is not used again at once. The error is that all of them are taken.
func (n *Network) AllocatePublic() (netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.lastPublic.IsValid() {
		n.lastPublic = publicBlock.Addr()
	}
	if n.public == nil {
		n.public = make(map[netip.Addr]struct{})
	}
	for range 1 << (32 - publicBlock.Bits()) {
		if n.lastPublic = n.lastPublic.Next(); !publicBlock.Contains(n.lastPublic) {
			n.lastPublic = publicBlock.Addr()
		}
		if _, taken := n.public[n.lastPublic]; !taken {
			n.public[n.lastPublic] = struct{}{}
			return n.lastPublic, nil
		}
	}
	return netip.Addr{}, fmt.Errorf("the local cloud has no public address left: all of %s are taken. Run fewer tasks with a public address", publicBlock)
}

// ReleasePublic gives back an address that AllocatePublic returned. It may be free already.
func (n *Network) ReleasePublic(address netip.Addr) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.public, address)
}

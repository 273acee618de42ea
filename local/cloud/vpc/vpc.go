// Package vpc is the network of the local cloud: it knows the network interfaces of tasks, load balancers and VPC
// links, and lets a connection through only where security groups and routes do.
package vpc

import (
	"context"
	"errors"
	"net"
	"net/netip"

	"sallyport/local/cloud/declared"
)

// Interface is a network interface: of a task, of a load balancer's node or of a VPC link.
type Interface struct {
	// Address is its private address in the subnet.
	Address  netip.Addr
	SubnetID string
	GroupIDs []string
}

// Blocked is the error of a connection that a declared thing keeps from coming about. On AWS such a connection is not
// refused: it times out.
type Blocked struct {
	// Reason names what blocks and what to do, in plain words.
	Reason string
}

func (b *Blocked) Error() string { return b.Reason }

// Network connects the interfaces of one Region. Its methods may be called from everywhere at once.
type Network struct {
	// Declared returns what is declared now.
	Declared func() *declared.Snapshot
}

var errTODO = errors.New("TODO")

// Attach adds an interface. ports says where each of its ports is reached on this machine.
func (n *Network) Attach(i Interface, ports map[int]netip.AddrPort) {}

// Detach takes an interface away.
func (n *Network) Detach(i Interface) {}

// Interface returns the attached interface that has an address in the VPC of a subnet.
func (n *Network) Interface(subnetID string, address netip.Addr) (Interface, bool) { return Interface{}, false }

// Check returns nil when a TCP connection from one interface to a port of another passes, and *Blocked when not.
func (n *Network) Check(from, to Interface, port int) error { return errTODO }

// Dial connects to an address of the VPC that from is in. An address that nobody has is *Blocked, as on AWS where
// nobody answers; a port that nobody listens on is refused.
func (n *Network) Dial(ctx context.Context, from Interface, to netip.AddrPort) (net.Conn, error) {
	return nil, errTODO
}

// Reaches returns nil when an interface reaches the API of an AWS service, named as in its VPC endpoint ("ecr.api",
// "ecr.dkr", "s3", "logs", "secretsmanager", "ssm"), by port 443, and *Blocked when not.
func (n *Network) Reaches(from Interface, service string) error { return errTODO }

// Node returns the interface that a load balancer or a VPC link has in a subnet. Its address is made from the name
// (the ARN or id) and always the same.
func Node(s *declared.Snapshot, name, subnetID string, groupIDs []string) (Interface, error) {
	return Interface{}, errTODO
}

package vpc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"net/netip"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sallyport/local/cloud/declared"
)

// ErrSubnetFull is EC2's error for a subnet without a free address
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html).
//
//lint:ignore ST1005 these are EC2's words
var ErrSubnetFull = errors.New("InsufficientFreeAddressesInSubnet: " +
	"The specified subnet does not have enough free addresses to satisfy the request.")

// AWS reserves the first four addresses of a subnet and the last one
// (https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html).
const (
	reservedFirst = 4
	reservedAll   = 5
)

// subnetHosts are the addresses of a subnet that interfaces may have.
type subnetHosts struct {
	first uint32
	count uint64
}

func newSubnetHosts(s *declared.Snapshot, subnetID string) (subnetHosts, error) {
	subnet, ok := s.Subnets[subnetID]
	if !ok {
		return subnetHosts{}, fmt.Errorf("InvalidSubnetID.NotFound: The subnet ID '%s' does not exist", subnetID)
	}
	cidr := aws.ToString(subnet.CidrBlock)
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil || !prefix.Addr().Is4() {
		return subnetHosts{}, fmt.Errorf("subnet %s: its CIDR block %q is not an IPv4 network", subnetID, cidr)
	}
	size := uint64(1) << (32 - prefix.Bits())
	if size <= reservedAll {
		return subnetHosts{}, fmt.Errorf("subnet %s (%s): %w", subnetID, cidr, ErrSubnetFull)
	}
	base := prefix.Masked().Addr().As4()
	return subnetHosts{binary.BigEndian.Uint32(base[:]) + reservedFirst, size - reservedAll}, nil
}

// forTasks is how many of the addresses go to tasks first: one half. Nodes are in the other: their addresses follow
// from their names, so there is no list of those that are taken.
func (h subnetHosts) forTasks() uint64 { return h.count / 2 }

func (h subnetHosts) at(i uint64) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], h.first+uint32(i))
	return netip.AddrFrom4(b)
}

// Node returns the interface that a load balancer or a VPC link has in a subnet. Its address is made from the name
// (the ARN or id) and always the same. Two nodes of a subnet may have the same address, which is rare and does no harm:
// they are told apart by their groups.
func Node(s *declared.Snapshot, name, subnetID string, groupIDs []string) (Interface, error) {
	hosts, err := newSubnetHosts(s, subnetID)
	if err != nil {
		return Interface{}, fmt.Errorf("address of %s: %w", name, err)
	}
	hash := fnv.New64a()
	hash.Write([]byte(name))
	tasks := hosts.forTasks()
	return Interface{Address: hosts.at(tasks + hash.Sum64()%(hosts.count-tasks)), SubnetID: subnetID, GroupIDs: groupIDs}, nil
}

type reservation struct {
	subnetID string
	address  netip.Addr
}

// Allocate returns an address of the subnet for a task: one that no attached interface has and that was not handed out
// before, or was released since. Addresses go round, so that one is not used again at once. The error of a subnet
// without a free one is ErrSubnetFull.
func (n *Network) Allocate(s *declared.Snapshot, subnetID string) (netip.Addr, error) {
	hosts, err := newSubnetHosts(s, subnetID)
	if err != nil {
		return netip.Addr{}, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	tasks := hosts.forTasks()
	for range tasks {
		i := n.cursor % tasks
		n.cursor++
		if address := hosts.at(i); n.reserve(subnetID, address) {
			return address, nil
		}
	}
	for i := tasks; i < hosts.count; i++ {
		if address := hosts.at(i); n.reserve(subnetID, address) {
			return address, nil
		}
	}
	return netip.Addr{}, fmt.Errorf("subnet %s (%s): %w", subnetID, aws.ToString(s.Subnets[subnetID].CidrBlock), ErrSubnetFull)
}

// Release gives back an address that Allocate returned. It may be free already.
func (n *Network) Release(subnetID string, address netip.Addr) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.reserved, reservation{subnetID, address.Unmap()})
}

func (n *Network) reserve(subnetID string, address netip.Addr) bool {
	key := reservation{subnetID, address}
	if _, taken := n.reserved[key]; taken {
		return false
	}
	for _, a := range n.attached[address] {
		if a.SubnetID == subnetID {
			return false
		}
	}
	if n.reserved == nil {
		n.reserved = make(map[reservation]struct{})
	}
	n.reserved[key] = struct{}{}
	return true
}

package subnets

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// block is an aligned range of IPv4 addresses, as npm's netmask package models
// it: the official plugin computes with that package, and where it is peculiar
// (first and last leave out the network and broadcast address, the end of the
// address space wraps round) the allocation depends on it.
type block struct {
	base uint32
	bits int
}

func newBlock(address uint32, bits int) (block, error) {
	if bits > 32 {
		return block{}, Refusef("Invalid mask for ip4: %d", bits)
	}
	return block{base: address & mask(bits), bits: bits}, nil
}

func parseBlock(cidr string) (block, error) {
	address, bits, err := parseCIDR(cidr)
	if err != nil {
		return block{}, err
	}
	return newBlock(address, bits)
}

// parseCIDR keeps the address as written: only a block is aligned.
func parseCIDR(cidr string) (address uint32, bits int, err error) {
	host, suffix, found := strings.Cut(cidr, "/")
	ip, err := netip.ParseAddr(host)
	if err != nil || !ip.Is4() {
		return 0, 0, Refusef("Invalid net address: %s", host)
	}
	bits = 32
	if found {
		if bits, err = strconv.Atoi(suffix); err != nil || bits < 0 {
			return 0, 0, Refusef("Invalid mask for ip4: %s", suffix)
		}
	}
	octets := ip.As4()
	return binary.BigEndian.Uint32(octets[:]), bits, nil
}

func mask(bits int) uint32 { return ^uint32(0) << (32 - bits) }

func address(a uint32) string {
	var octets [4]byte
	binary.BigEndian.PutUint32(octets[:], a)
	return netip.AddrFrom4(octets).String()
}

// size is 2^32 for bits 0, which is why it is not a uint32.
func size(bits int) uint64 { return 1 << (32 - bits) }

func (b block) first() uint32 {
	if b.bits > 30 {
		return b.base
	}
	return b.base + 1
}

func (b block) last() uint32 {
	end := b.base | ^mask(b.bits)
	if b.bits > 30 {
		return end
	}
	return end - 1
}

func (b block) next() block { return block{base: b.base + uint32(size(b.bits)), bits: b.bits} }

func (b block) contains(a uint32) bool { return a&mask(b.bits) == b.base }

func (b block) overlaps(other block) bool { return b.contains(other.base) || other.contains(b.base) }

// after is the first block of the given size behind b. The official plugin
// steps from b's last host, not from its end; for a /31 or /32 behind a larger
// block that lands inside b, and the overlap check then refuses the layout.
func (b block) after(bits int) (block, error) {
	same, err := newBlock(b.last(), bits)
	if err != nil {
		return block{}, err
	}
	return same.next(), nil
}

func (b block) String() string { return fmt.Sprintf("%s/%d", address(b.base), b.bits) }

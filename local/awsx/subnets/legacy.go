package subnets

import (
	"fmt"
)

// span is an address with a prefix length that need not be aligned to it:
// Legacy computes on from the VPC's address as it was written.
type span struct {
	address uint64
	bits    int
}

func (s span) start() uint64  { return s.address &^ (size(s.bits) - 1) }
func (s span) end() uint64    { return s.start() + size(s.bits) - 1 }
func (s span) String() string { return fmt.Sprintf("%s/%d", address(uint32(s.address)), s.bits) }

func (s span) overlaps(other span) bool { return s.start() <= other.end() && other.start() <= s.end() }

// subnet is the nth span that is newBits longer in prefix, counted from s.
func (s span) subnet(newBits, n int) (span, error) {
	bits := s.bits + newBits
	if bits > 32 {
		return span{}, Refusef("Requested %d new bits, but only %d are available.", newBits, 32-s.bits)
	}
	return span{address: s.address + size(bits)*uint64(n), bits: bits}, nil
}

// after is the next aligned span of the given size.
func (s span) after(bits int) span {
	return span{address: span{address: s.end(), bits: bits}.end() + 1, bits: bits}
}

// The types in Legacy's order, each with the prefix length that an unsized
// subnet has at least.
var legacyOrder = []struct {
	subnetType string
	atLeast    int
}{{Private, 19}, {Public, 20}, {Isolated, 24}}

func allocateLegacy(r Request, specs []Spec) ([]Subnet, error) {
	address, bits, err := parseCIDR(r.CIDRBlock)
	if err != nil || bits > 32 {
		return nil, Refused("Invalid IPv4 address.")
	}
	vpc := span{address: uint64(address), bits: bits}
	zones := make([]span, len(r.Zones))
	for z := range zones {
		if zones[z], err = vpc.subnet(newBits(len(zones)), z); err != nil {
			return nil, err
		}
	}
	if specs == nil {
		return legacyDefaults(r, zones)
	}
	var planned []Subnet
	for z := range zones {
		inZone, err := legacyZone(r, zones[z], z, specs)
		if err != nil {
			return nil, err
		}
		planned = append(planned, inZone...)
	}
	return planned, nil
}

func legacyZone(r Request, zone span, z int, specs []Spec) ([]Subnet, error) {
	share := 1
	if len(specs) == 1 {
		share = 0
	}
	var planned []Subnet
	previous := span{address: zone.start() - 1, bits: 32}
	var last *span
	for _, kind := range legacyOrder {
		// Every subnet of a type is counted from the same place: behind the
		// last subnet of the types before it.
		anchor := last
		nth := 0
		for i, s := range specs {
			if s.Type != kind.subnetType {
				continue
			}
			bits := s.CIDRMask
			if bits == 0 {
				bits = max(zone.bits+share, kind.atLeast)
			}
			from, fromBits := zone, zone.bits
			if anchor != nil {
				behind, err := anchor.subnet(0, 1)
				if err != nil {
					return nil, err
				}
				from, fromBits = behind, anchor.bits
			}
			next, err := from.subnet(bits-fromBits, nth)
			if err != nil {
				return nil, err
			}
			if previous.overlaps(next) {
				next = previous.after(bits)
			}
			planned = append(planned, Subnet{
				Name: subnetName(r.VPCName, s, z), Type: s.Type, Zone: r.Zones[z], CIDRBlock: next.String(), Spec: i,
			})
			previous, last = next, &next
			nth++
		}
	}
	return planned, nil
}

// legacyDefaults is half of each zone private and a quarter public; all private
// subnets come before all public ones.
func legacyDefaults(r Request, zones []span) ([]Subnet, error) {
	var private, public []Subnet
	for z, zone := range zones {
		half, err := zone.subnet(1, 0)
		if err != nil {
			return nil, err
		}
		behind, err := half.subnet(0, 1)
		if err != nil {
			return nil, err
		}
		quarter, err := behind.subnet(1, 0)
		if err != nil {
			return nil, err
		}
		plan := func(subnetType string, s span) Subnet {
			return Subnet{Name: subnetName(r.VPCName, Spec{Type: subnetType}, z), Type: subnetType, Zone: r.Zones[z], CIDRBlock: s.String(), Spec: -1}
		}
		private = append(private, plan(Private, half))
		public = append(public, plan(Public, quarter))
	}
	return append(private, public...), nil
}

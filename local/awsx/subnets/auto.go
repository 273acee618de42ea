package subnets

import (
	"math/bits"
)

// allocateAuto gives each zone an equal, aligned range and fills it from the
// start, in the order of the specs; a larger subnet behind a smaller one is
// aligned upwards, which may leave a gap.
func allocateAuto(r Request, specs []Spec) ([]Subnet, error) {
	vpc, err := parseBlock(r.CIDRBlock)
	if err != nil {
		return nil, err
	}
	zoneBits := r.ZoneMask
	if zoneBits == 0 {
		zoneBits = vpc.bits + newBits(len(r.Zones))
	}
	defaulted := specs == nil
	if defaulted {
		if specs, err = defaultSpecs(zoneBits); err != nil {
			return nil, err
		}
	}
	if len(specs) == 0 {
		return nil, Refused("No subnets specified")
	}
	zone, err := newBlock(vpc.base, zoneBits)
	if err != nil {
		return nil, err
	}

	subnetBits := make([]int, len(specs))
	var needed uint64
	for i, s := range specs {
		subnetBits[i] = s.CIDRMask
		if s.CIDRMask == 0 {
			subnetBits[i] = zoneBits + newBits(len(specs))
		}
		if _, err := newBlock(vpc.base, subnetBits[i]); err != nil {
			return nil, err
		}
		needed += size(subnetBits[i])
	}
	if available := size(zoneBits); needed > available {
		return nil, Refusef("Subnets are too large for VPC. VPC has %d addresses, but subnets require %d addresses.",
			available, needed)
	}

	var planned []Subnet
	for z, zoneName := range r.Zones {
		var current block
		for i, s := range specs {
			if i == 0 {
				current, err = newBlock(zone.base, subnetBits[i])
			} else {
				current, err = current.after(subnetBits[i])
			}
			if err != nil {
				return nil, err
			}
			subnet := Subnet{Name: subnetName(r.VPCName, s, z), Type: s.Type, Zone: zoneName, CIDRBlock: current.String(), Spec: i}
			if defaulted {
				subnet.Spec = -1
			}
			planned = append(planned, subnet)
		}
		zone = zone.next()
	}
	return planned, nil
}

// defaultSpecs is a private subnet of half a zone's range and a public one of a
// quarter, but of no more than a /16 even where the zone has more.
func defaultSpecs(zoneBits int) ([]Spec, error) {
	if zoneBits > 26 {
		return nil, Refusef("Automatic subnet creation requires a VPC with at least /26 available per AZ, "+
			"but only /%d is available.If you do need very small subnets, please specify them explicitly.", zoneBits)
	}
	largest := max(zoneBits, 16)
	return []Spec{{Type: Private, CIDRMask: largest + 1}, {Type: Public, CIDRMask: largest + 2}}, nil
}

// newBits is how many bits it takes to number n things.
func newBits(n int) int {
	if n == 0 {
		return 0
	}
	return bits.Len(uint(n - 1))
}

func allocateExplicit(r Request, specs []Spec) []Subnet {
	var planned []Subnet
	for z, zoneName := range r.Zones {
		for i, s := range specs {
			planned = append(planned, Subnet{
				Name: subnetName(r.VPCName, s, z), Type: s.Type, Zone: zoneName, CIDRBlock: s.CIDRBlocks[z], Spec: i,
			})
		}
	}
	return planned
}

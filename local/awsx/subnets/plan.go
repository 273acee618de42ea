// Package subnets divides a VPC's CIDR block into subnets exactly as
// awsx:ec2:Vpc of the official awsx plugin 2.22.0 does, its error texts
// included, so that a stack keeps its addresses whichever plugin runs it.
package subnets

import "strings"

// The types of a subnet. Unused reserves addresses and makes no subnet.
const (
	Public   = "Public"
	Private  = "Private"
	Isolated = "Isolated"
	Unused   = "Unused"
)

// The strategies of allocation: Auto divides each zone's range in the order of
// the specs; Exact does the same and refuses gaps; Legacy places private before
// public before isolated subnets.
const (
	Auto   = "Auto"
	Exact  = "Exact"
	Legacy = "Legacy"
)

// Spec describes one subnet of every zone. Zero values mean "not given".
type Spec struct {
	Type       string
	Name       string   // default: the type in lower case
	CIDRMask   int      // prefix length, 1 to 32
	Size       int      // number of addresses, a power of two
	CIDRBlocks []string // one a zone; given for all specs or for none
}

// Request is what decides a VPC's subnets.
type Request struct {
	VPCName   string
	CIDRBlock string
	Zones     []string
	// ZoneMask is the prefix length of one zone's range; 0 divides the VPC
	// evenly, by the next power of two of the number of zones.
	ZoneMask    int
	Strategy    string // Auto, Exact or Legacy
	NATGateways string // None, Single or OnePerAz
	Specs       []Spec // nil: a private and a public subnet a zone
}

// Subnet is one planned subnet.
type Subnet struct {
	Name      string
	Type      string
	Zone      string
	CIDRBlock string
	Spec      int // index into Request.Specs; -1 where the specs are the default ones
}

// Plan is the outcome: the subnets, zone by zone in the order of allocation,
// Unused ones included, and the layout of one zone as specs for Auto.
type Plan struct {
	Subnets []Subnet
	Layout  []Spec
}

// Decide plans the subnets, or says why the request cannot be met, in the words
// of the official plugin.
func Decide(r Request) (Plan, error) {
	specs, explicit, err := normalize(r.Specs, len(r.Zones))
	if err != nil {
		return Plan{}, err
	}
	var planned []Subnet
	switch {
	// Without specs, the official plugin takes Exact for Legacy.
	case r.Strategy == Legacy, specs == nil && r.Strategy != Auto:
		planned, err = allocateLegacy(r, specs)
	case explicit:
		planned = allocateExplicit(r, specs)
	default:
		planned, err = allocateAuto(r, specs)
	}
	if err != nil {
		return Plan{}, err
	}
	layout := specs
	if r.Strategy == Legacy || specs == nil {
		if layout, err = layoutOf(planned, len(r.Zones)); err != nil {
			return Plan{}, err
		}
	}
	if err := check(r, planned); err != nil {
		return Plan{}, err
	}
	return Plan{Subnets: planned, Layout: layout}, nil
}

// subnetName is vpc-private-1: the spec's name or type and the zone's number.
func subnetName(vpc string, s Spec, zone int) string {
	name := s.Name
	if name == "" {
		name = strings.ToLower(s.Type)
	}
	return vpc + "-" + name + "-" + itoa(zone+1)
}

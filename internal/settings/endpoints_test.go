package settings

import (
	"slices"
	"testing"
)

func TestEndpoints(t *testing.T) {
	endpoints := func(change func(*Settings)) *Settings {
		s := &Settings{Network: Network{Egress: EgressEndpoints}}
		if change != nil {
			change(s)
		}
		return s
	}
	for _, c := range []struct {
		name string
		s    *Settings
		want []string
	}{
		{"a task needs ECR's two endpoints and that of the logs", endpoints(nil), []string{"ecr.api", "ecr.dkr", "logs"}},
		{"by a NAT gateway a task reaches everything", endpoints(func(s *Settings) { s.Network.Egress = EgressNAT }), nil},
		{"none is none", endpoints(func(s *Settings) { s.Network.Egress = EgressNone }), nil},
		{"a VPC of others gets none", endpoints(func(s *Settings) { s.Network.VpcID = "vpc-1" }), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.s.Endpoints(); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestEndpointsTakeAddresses(t *testing.T) {
	s := &Settings{Network: Network{CIDR: "10.0.0.0/24", Zones: 2}, App: App{Count: 50}}
	if p := checkRoom(s); p != nil {
		t.Errorf("without endpoints, two subnets of 64 addresses less 14 each have no room for a deployment of 50 tasks: %s", p.wrong)
	}
	s.Network.Egress = EgressEndpoints
	if p := checkRoom(s); p == nil {
		t.Error("three endpoints take no address")
	}
}

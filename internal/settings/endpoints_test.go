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

package awsx

import (
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/status"
)

func refusal(t *testing.T, e *engine, typ string, args map[string]any) string {
	t.Helper()
	_, err := e.construct(t, &pulumirpc.ConstructRequest{Type: typ, Name: "net", Inputs: properties(t, args)})
	if err == nil {
		t.Fatal("it was accepted")
	}
	return status.Convert(err).Message()
}

const (
	standIn = "Sallyport's stand-in for awsx 2.22.0 cannot do what is asked:\n - "
	advice  = "\nChange the argument, or run the stack with the official plugin"
)

func TestArgumentsThatAreNotCoveredAreNamedAllAtOnceAndNothingIsRegistered(t *testing.T) {
	e := newEngine(false)
	got := refusal(t, e, Token, usual(map[string]any{
		"vpcEndpointSpecs":  []any{map[string]any{"serviceName": "s3"}},
		"ipv6SubnetsPlease": true,
		"subnetStrategy":    "Guess",
		"subnetSpecs":       []any{map[string]any{"type": "Dmz", "cidrMask": 0}},
	}))
	equal(t, "error", got, standIn+
		"ipv6SubnetsPlease: this argument is not covered\n - "+
		"vpcEndpointSpecs: this argument is not covered\n - "+
		"subnetStrategy: \"Guess\" is not covered; use Auto, Exact or Legacy\n - "+
		"subnetSpecs[0].type: \"Dmz\" is not covered; use Public, Private, Isolated, Unused\n - "+
		"subnetSpecs[0].cidrMask: 0 is not covered; a prefix length is 1 to 32"+advice)
	equal(t, "registered", len(e.registered), 0)
}

func TestAnArgumentOfASubnetSpecThatIsNotCoveredIsNamed(t *testing.T) {
	got := refusal(t, newEngine(false), Token, usual(map[string]any{
		"natGateways": map[string]any{"strategy": "None", "kind": "regional"},
		"subnetSpecs": []any{map[string]any{"type": "Public", "assignIpv6AddressOnCreation": true}},
	}))
	equal(t, "error", got, standIn+
		"natGateways.kind: this argument is not covered\n - "+
		"subnetSpecs[0].assignIpv6AddressOnCreation: this argument is not covered"+advice)
}

func TestAnyOtherComponentIsRefused(t *testing.T) {
	got := refusal(t, newEngine(false), "awsx:ecs:FargateService", nil)
	equal(t, "error", got, standIn+"awsx:ecs:FargateService: the stand-in makes awsx:ec2:Vpc alone"+advice)
}

func TestWhatTheOfficialPluginRefusesIsRefusedInItsWords(t *testing.T) {
	for _, c := range []struct {
		name string
		args map[string]any
		want string
	}{
		{
			"zones by name and by number",
			map[string]any{"numberOfAvailabilityZones": 2},
			"Only one of [availabilityZoneNames] and [numberOfAvailabilityZones] can be specified",
		},
		{
			"an IPAM pool without a size",
			map[string]any{"ipv4IpamPoolId": "ipam-pool-1", "cidrBlock": nil},
			"If 'ipv4IpamPoolId' is specified, 'ipv4NetmaskLength' or 'cidrBlock' must also be specified.",
		},
		{
			"an IPAM pool with a size and a block",
			map[string]any{"ipv4IpamPoolId": "ipam-pool-1", "ipv4NetmaskLength": 16},
			"Only one of 'cidrBlock', 'ipv4NetmaskLength' is allowed.",
		},
		{
			"Elastic IPs without NAT gateways",
			map[string]any{"natGateways": map[string]any{"strategy": "None", "elasticIpAllocationIds": []any{"a"}}},
			"Elastic IP allocation IDs cannot be specified when NAT Gateway strategy is 'None'.",
		},
		{
			"two Elastic IPs for one NAT gateway",
			map[string]any{"natGateways": map[string]any{"strategy": "Single", "elasticIpAllocationIds": []any{"a", "b"}}},
			"Exactly one Elastic IP may be specified when NAT Gateway strategy is 'Single'.",
		},
		{
			"one Elastic IP for two zones",
			map[string]any{"natGateways": map[string]any{"strategy": "OnePerAz", "elasticIpAllocationIds": []any{"a"}}},
			"The number of Elastic IPs, if specified, must match the number of availability zones for the VPC (2) " +
				"when NAT Gateway strategy is 'OnePerAz'",
		},
		{
			"an unknown NAT gateway strategy",
			map[string]any{"natGateways": map[string]any{"strategy": "Regional"}},
			"Unknown NatGatewayStrategy 'Regional'",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEngine(false)
			args := usual(c.args)
			for name, value := range c.args {
				if value == nil {
					delete(args, name)
				}
			}
			equal(t, "error", refusal(t, e, Token, args), c.want)
			equal(t, "registered: the component alone", len(e.registered), 1)
		})
	}
}

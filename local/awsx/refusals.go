package awsx

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"

	"sallyport/local/awsx/subnets"
)

// The arguments that the stand-in covers: of the component those that shape it
// and those that pass through to the VPC, and of the nested ones all of 2.22.0.
var (
	shaping = []string{
		"availabilityZoneCidrMask", "availabilityZoneNames", "cidrBlock", "natGateways",
		"numberOfAvailabilityZones", "subnetSpecs", "subnetStrategy", "tags",
	}
	passing = []string{
		"assignGeneratedIpv6CidrBlock", "enableDnsHostnames", "enableDnsSupport", "enableNetworkAddressUsageMetrics",
		"instanceTenancy", "ipv4IpamPoolId", "ipv4NetmaskLength", "ipv6CidrBlock", "ipv6CidrBlockNetworkBorderGroup",
		"ipv6IpamPoolId", "ipv6NetmaskLength",
	}
	ofNATGateways = []string{"elasticIpAllocationIds", "strategy"}
	ofSubnetSpec  = []string{"cidrBlocks", "cidrMask", "name", "size", "tags", "type"}
)

// unknownNames finds arguments that the stand-in has never heard of, nested
// ones too: reading into a struct would drop them silently.
func unknownNames(ctx *pulumi.Context, given pulumi.Map) (problems []string, err error) {
	find := func(prefix string, value any, covered []string) {
		named, _ := value.(map[string]any)
		for name := range named {
			if !slices.Contains(covered, name) {
				problems = append(problems, prefix+name+": this argument is not covered")
			}
		}
	}
	values := map[string]any{}
	for name, input := range given {
		result, err := internals.UnsafeAwaitOutput(ctx.Context(), input.(pulumi.Output))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		values[name] = result.Value
	}
	find("", values, slices.Concat(shaping, passing))
	find("natGateways.", values["natGateways"], ofNATGateways)
	specs, _ := values["subnetSpecs"].([]any)
	for i, spec := range specs {
		find(fmt.Sprintf("subnetSpecs[%d].", i), spec, ofSubnetSpec)
	}
	slices.Sort(problems)
	return problems, nil
}

func (a *vpcArgs) uncovered() (problems []string) {
	problem := func(format string, values ...any) {
		problems = append(problems, fmt.Sprintf(format, values...))
	}
	if a.CIDRBlock != nil && *a.CIDRBlock == "" {
		problem("cidrBlock: an empty value is not covered; leave it out for 10.0.0.0/16")
	}
	if a.AvailabilityZoneNames != nil && len(a.AvailabilityZoneNames) == 0 ||
		a.NumberOfAvailabilityZones != nil && *a.NumberOfAvailabilityZones < 1 {
		problem("availabilityZoneNames, numberOfAvailabilityZones: a VPC without zones is not covered")
	}
	if m := a.AvailabilityZoneCIDRMask; m != nil && *m < 1 {
		problem("availabilityZoneCidrMask: %d is not covered; a prefix length is 1 to 32", *m)
	}
	if s := a.SubnetStrategy; s != nil && !slices.Contains([]string{subnets.Auto, subnets.Exact, subnets.Legacy}, *s) {
		problem("subnetStrategy: %q is not covered; use Auto, Exact or Legacy", *s)
	}
	for i, spec := range a.SubnetSpecs {
		types := []string{subnets.Public, subnets.Private, subnets.Isolated, subnets.Unused}
		if !slices.Contains(types, spec.Type) {
			problem("subnetSpecs[%d].type: %q is not covered; use %s", i, spec.Type, strings.Join(types, ", "))
		}
		if spec.Name != nil && *spec.Name == "" {
			problem("subnetSpecs[%d].name: an empty name is not covered; leave it out for the type's", i)
		}
		if spec.CIDRMask != nil && *spec.CIDRMask < 1 {
			problem("subnetSpecs[%d].cidrMask: %d is not covered; a prefix length is 1 to 32", i, *spec.CIDRMask)
		}
		if spec.Size != nil && *spec.Size < 1 {
			problem("subnetSpecs[%d].size: %d is not covered; a size is a power of two", i, *spec.Size)
		}
	}
	return problems
}

// refuse is for what only the stand-in says no to, so it names the stand-in.
func refuse(problems ...string) error {
	return errors.New(Name + " cannot do what is asked:\n - " + strings.Join(problems, "\n - ") +
		"\nChange the argument, or run the stack with the official plugin")
}

// check is what the official plugin refuses before it looks up zones.
func (a *vpcArgs) check() error {
	_, pool := a.passed["ipv4IpamPoolId"]
	_, length := a.passed["ipv4NetmaskLength"]
	if pool && a.CIDRBlock != nil && length {
		return subnets.Refused("Only one of 'cidrBlock', 'ipv4NetmaskLength' is allowed.")
	}
	if pool && a.CIDRBlock == nil && !length {
		return subnets.Refused("If 'ipv4IpamPoolId' is specified, 'ipv4NetmaskLength' or 'cidrBlock' must also be specified.")
	}
	if a.AvailabilityZoneNames != nil && a.NumberOfAvailabilityZones != nil {
		return subnets.Refused("Only one of [availabilityZoneNames] and [numberOfAvailabilityZones] can be specified")
	}
	return nil
}

// checkNATGateways is what the official plugin refuses once it knows the zones.
func (a *vpcArgs) checkNATGateways(zones int) error {
	strategy, addresses := a.natStrategy(), len(a.NATGateways.ElasticIPAllocationIDs)
	switch strings.ToLower(strategy) {
	case "none":
		if addresses > 0 {
			return subnets.Refusef("Elastic IP allocation IDs cannot be specified when NAT Gateway strategy is '%s'.", strategy)
		}
	case "single":
		if addresses > 1 {
			return subnets.Refusef("Exactly one Elastic IP may be specified when NAT Gateway strategy is '%s'.", strategy)
		}
	case "oneperaz":
		if addresses > 0 && addresses != zones {
			return subnets.Refusef("The number of Elastic IPs, if specified, must match the number of availability zones "+
				"for the VPC (%d) when NAT Gateway strategy is '%s'", zones, strategy)
		}
	default:
		return subnets.Refusef("Unknown NatGatewayStrategy '%s'", strategy)
	}
	return nil
}

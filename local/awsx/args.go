package awsx

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"

	"sallyport/local/awsx/subnets"
)

// vpcArgs are the arguments that shape the component. Tags may hold outputs;
// everything else must be plain, as with the official plugin.
type vpcArgs struct {
	AvailabilityZoneCIDRMask  *int                  `pulumi:"availabilityZoneCidrMask"`
	AvailabilityZoneNames     []string              `pulumi:"availabilityZoneNames"`
	CIDRBlock                 *string               `pulumi:"cidrBlock"`
	NATGateways               natGateways           `pulumi:"natGateways"`
	NumberOfAvailabilityZones *int                  `pulumi:"numberOfAvailabilityZones"`
	SubnetSpecs               []subnetSpec          `pulumi:"subnetSpecs"`
	SubnetStrategy            *string               `pulumi:"subnetStrategy"`
	Tags                      pulumi.StringMapInput `pulumi:"tags"`

	// passed are the arguments that only pass through to the aws:ec2/vpc:Vpc.
	passed pulumi.Map
}

type natGateways struct {
	ElasticIPAllocationIDs []pulumi.StringInput `pulumi:"elasticIpAllocationIds"`
	Strategy               *string              `pulumi:"strategy"`
}

type subnetSpec struct {
	CIDRBlocks []string              `pulumi:"cidrBlocks"`
	CIDRMask   *int                  `pulumi:"cidrMask"`
	Name       *string               `pulumi:"name"`
	Size       *int                  `pulumi:"size"`
	Tags       pulumi.StringMapInput `pulumi:"tags"`
	Type       string                `pulumi:"type"`
}

var shaping = []string{
	"availabilityZoneCidrMask", "availabilityZoneNames", "cidrBlock", "natGateways",
	"numberOfAvailabilityZones", "subnetSpecs", "subnetStrategy", "tags",
}

var passing = []string{
	"assignGeneratedIpv6CidrBlock", "enableDnsHostnames", "enableDnsSupport", "enableNetworkAddressUsageMetrics",
	"instanceTenancy", "ipv4IpamPoolId", "ipv4NetmaskLength", "ipv6CidrBlock", "ipv6CidrBlockNetworkBorderGroup",
	"ipv6IpamPoolId", "ipv6NetmaskLength",
}

// parse reads the arguments and refuses, all at once, those that the stand-in
// does not cover: better no VPC than one that differs from the official one.
func parse(inputs provider.ConstructInputs) (*vpcArgs, error) {
	given, err := inputs.Map()
	if err != nil {
		return nil, refuse(err.Error())
	}
	args := &vpcArgs{passed: pulumi.Map{}}
	var problems []string
	for name, value := range given {
		switch {
		case slices.Contains(passing, name):
			args.passed[name] = value
		case !slices.Contains(shaping, name):
			problems = append(problems, name+": this argument is not covered")
		}
	}
	slices.Sort(problems)
	if err := inputs.CopyTo(args); err != nil {
		return nil, refuse(append(problems, err.Error())...)
	}
	_, pool := given["ipv4IpamPoolId"]
	if _, length := given["ipv4NetmaskLength"]; pool && length && args.CIDRBlock == nil {
		problems = append(problems, "ipv4NetmaskLength: a CIDR block allocated by IPAM is not covered; give cidrBlock")
	}
	problems = append(problems, args.uncovered()...)
	if len(problems) > 0 {
		return nil, refuse(problems...)
	}
	return args, nil
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
		return errors.New("Only one of 'cidrBlock', 'ipv4NetmaskLength' is allowed.")
	}
	if pool && a.CIDRBlock == nil && !length {
		return errors.New("If 'ipv4IpamPoolId' is specified, 'ipv4NetmaskLength' or 'cidrBlock' must also be specified.")
	}
	if a.AvailabilityZoneNames != nil && a.NumberOfAvailabilityZones != nil {
		return errors.New("Only one of [availabilityZoneNames] and [numberOfAvailabilityZones] can be specified")
	}
	return nil
}

// checkNATGateways is what the official plugin refuses once it knows the zones.
func (a *vpcArgs) checkNATGateways(zones int) error {
	strategy, addresses := a.natStrategy(), len(a.NATGateways.ElasticIPAllocationIDs)
	switch strings.ToLower(strategy) {
	case "none":
		if addresses > 0 {
			return fmt.Errorf("Elastic IP allocation IDs cannot be specified when NAT Gateway strategy is '%s'.", strategy)
		}
	case "single":
		if addresses > 1 {
			return fmt.Errorf("Exactly one Elastic IP may be specified when NAT Gateway strategy is '%s'.", strategy)
		}
	case "oneperaz":
		if addresses > 0 && addresses != zones {
			return fmt.Errorf("The number of Elastic IPs, if specified, must match the number of availability zones "+
				"for the VPC (%d) when NAT Gateway strategy is '%s'", zones, strategy)
		}
	default:
		return fmt.Errorf("Unknown NatGatewayStrategy '%s'", strategy)
	}
	return nil
}

func (a *vpcArgs) cidrBlock() string   { return or(a.CIDRBlock, "10.0.0.0/16") }
func (a *vpcArgs) strategy() string    { return or(a.SubnetStrategy, subnets.Legacy) }
func (a *vpcArgs) natStrategy() string { return or(a.NATGateways.Strategy, "OnePerAz") }

func or[T any](given *T, otherwise T) T {
	if given == nil {
		return otherwise
	}
	return *given
}

// request asks for the subnets of the VPC with this name in these zones.
func (a *vpcArgs) request(name string, zones []string) subnets.Request {
	r := subnets.Request{
		VPCName: name, CIDRBlock: a.cidrBlock(), Zones: zones, ZoneMask: or(a.AvailabilityZoneCIDRMask, 0),
		Strategy: a.strategy(), NATGateways: a.natStrategy(),
	}
	if a.SubnetSpecs != nil {
		r.Specs = make([]subnets.Spec, len(a.SubnetSpecs))
	}
	for i, s := range a.SubnetSpecs {
		r.Specs[i] = subnets.Spec{
			Type: s.Type, Name: or(s.Name, ""), CIDRMask: or(s.CIDRMask, 0), Size: or(s.Size, 0), CIDRBlocks: s.CIDRBlocks,
		}
	}
	return r
}

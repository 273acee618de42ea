package awsx

import (
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

// parse reads the arguments and refuses, all at once, those that the stand-in
// does not cover: better no VPC than one that differs from the official one.
func parse(ctx *pulumi.Context, inputs provider.ConstructInputs) (*vpcArgs, error) {
	given, err := inputs.Map()
	if err != nil {
		return nil, refuse(err.Error())
	}
	args := &vpcArgs{passed: pulumi.Map{}}
	problems, err := unknownNames(ctx, given)
	if err != nil {
		return nil, err
	}
	for _, name := range passing {
		if value, ok := given[name]; ok {
			args.passed[name] = value
		}
	}
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

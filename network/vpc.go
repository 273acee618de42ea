package network

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	awsx "github.com/pulumi/pulumi-awsx/sdk/v2/go/awsx/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const vpcType = "sallyport:network:Vpc"

// VpcArgs are the arguments of NewVpc; all are required.
type VpcArgs struct {
	// Region is needed to name the S3 endpoint's service.
	Region string
	// CIDR of the VPC, divided evenly between the zones.
	CIDR string
	// Zones are the names of the Availability Zones to use. A load balancer needs two or more.
	Zones []string
}

// Vpc is a VPC with one public and one private subnet in each zone, each with a route table of its own.
//
// The public subnets give no public addresses: they hold NAT gateways alone. The private ones have no way out but a
// free gateway endpoint for S3, which carries the layers of an ECR image; see Egress for the rest. The default
// security group is emptied, so that a resource which is given none reaches nothing.
type Vpc struct {
	pulumi.ResourceState

	VpcID pulumi.StringOutput
	// PublicSubnetIDs has one subnet a zone, in the order of the zones.
	PublicSubnetIDs pulumi.StringArrayOutput
	// PrivateSubnetIDs has one subnet a zone, in the order of the zones.
	PrivateSubnetIDs pulumi.StringArrayOutput
	// PrivateRouteTableIDs has one route table a zone, in the order of the zones.
	PrivateRouteTableIDs pulumi.StringArrayOutput
	// S3PrefixListID stands for the addresses of S3 in a security group rule.
	S3PrefixListID pulumi.StringOutput
}

// NewVpc makes a Vpc. It costs nothing by itself.
func NewVpc(ctx *pulumi.Context, name string, args *VpcArgs, opts ...pulumi.ResourceOption) (*Vpc, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("vpc %s: %w", name, err)
	}
	c := &Vpc{}
	if err := ctx.RegisterComponentResource(vpcType, name, c, opts...); err != nil {
		return nil, fmt.Errorf("vpc %s: %w", name, err)
	}
	if err := c.build(ctx, name, args); err != nil {
		return nil, fmt.Errorf("vpc %s: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{
		"vpcId":                c.VpcID,
		"publicSubnetIds":      c.PublicSubnetIDs,
		"privateSubnetIds":     c.PrivateSubnetIDs,
		"privateRouteTableIds": c.PrivateRouteTableIDs,
		"s3PrefixListId":       c.S3PrefixListID,
	})
}

func (a *VpcArgs) validate() error {
	var problems []error
	if a.Region == "" {
		problems = append(problems, errors.New("missing Region"))
	}
	if a.CIDR == "" {
		problems = append(problems, errors.New("missing CIDR"))
	}
	if len(a.Zones) < 2 {
		problems = append(problems, fmt.Errorf("invalid Zones: %d given, a load balancer needs two or more", len(a.Zones)))
	}
	return errors.Join(problems...)
}

func (c *Vpc) build(ctx *pulumi.Context, name string, args *VpcArgs) error {
	strategy := awsx.SubnetAllocationStrategyAuto
	vpc, err := awsx.NewVpc(ctx, name, &awsx.VpcArgs{
		CidrBlock:             &args.CIDR,
		AvailabilityZoneNames: args.Zones,
		EnableDnsHostnames:    pulumi.Bool(true),
		EnableDnsSupport:      pulumi.Bool(true),
		// Every output of the awsx component waits for all of its children. With NAT gateways among them, the load
		// balancer and the VPC link would start minutes later than they can; Egress makes them instead.
		NatGateways:    &awsx.NatGatewayConfigurationArgs{Strategy: awsx.NatGatewayStrategyNone},
		SubnetStrategy: &strategy,
		SubnetSpecs:    []awsx.SubnetSpecArgs{{Type: awsx.SubnetTypePublic}, {Type: awsx.SubnetTypePrivate}},
	}, pulumi.Parent(c), pulumi.Transforms([]pulumi.ResourceTransform{noPublicIPOnLaunch}))
	if err != nil {
		return fmt.Errorf("network: %w", err)
	}
	c.VpcID = vpc.VpcId
	c.PublicSubnetIDs = vpc.PublicSubnetIds
	c.PrivateSubnetIDs = vpc.PrivateSubnetIds
	c.PrivateRouteTableIDs = privateRouteTableIDs(vpc, len(args.Zones))

	if _, err := ec2.NewDefaultSecurityGroup(ctx, name, &ec2.DefaultSecurityGroupArgs{
		VpcId:   c.VpcID,
		Ingress: ec2.DefaultSecurityGroupIngressArray{},
		Egress:  ec2.DefaultSecurityGroupEgressArray{},
	}, pulumi.Parent(c)); err != nil {
		return fmt.Errorf("default security group: %w", err)
	}

	s3, err := ec2.NewVpcEndpoint(ctx, name+"-s3", &ec2.VpcEndpointArgs{
		VpcId:           c.VpcID,
		ServiceName:     pulumi.Sprintf("com.amazonaws.%s.s3", args.Region),
		VpcEndpointType: pulumi.String("Gateway"),
		RouteTableIds:   c.PrivateRouteTableIDs,
	}, pulumi.Parent(c))
	if err != nil {
		return fmt.Errorf("S3 endpoint: %w", err)
	}
	c.S3PrefixListID = s3.PrefixListId
	return nil
}

// noPublicIPOnLaunch turns off what awsx turns on for public subnets. It runs in the engine: the children of a
// remote component never pass through this program, so a client-side transformation would not see them.
func noPublicIPOnLaunch(_ context.Context, args *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
	if args.Type != "aws:ec2/subnet:Subnet" {
		return nil
	}
	args.Props["mapPublicIpOnLaunch"] = pulumi.Bool(false)
	return &pulumi.ResourceTransformResult{Props: args.Props, Opts: args.Opts}
}

// privateRouteTableIDs picks every second route table: awsx lists them by zone, public before private. It has no
// list of their ids, and the length of its list of route tables is known in a preview, when the ids are not.
func privateRouteTableIDs(vpc *awsx.Vpc, zones int) pulumi.StringArrayOutput {
	ids := make(pulumi.StringArray, zones)
	for i := range ids {
		ids[i] = vpc.RouteTables.Index(pulumi.Int(2*i + 1)).ApplyT(func(t *ec2.RouteTable) pulumi.StringOutput {
			return t.ID().ToStringOutput()
		}).(pulumi.StringOutput)
	}
	return ids.ToStringArrayOutput()
}

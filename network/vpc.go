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

// VpcArgs are the arguments of NewVpc; all but TablePolicy are required.
type VpcArgs struct {
	// Region is needed to name the endpoints' services.
	Region string
	// CIDR of the VPC, divided evenly between the zones.
	CIDR string
	// Zones are the names of the Availability Zones to use. A load balancer needs two or more.
	Zones []string
	// TablePolicy is a JSON document that says what may be asked of DynamoDB from inside the VPC, through a gateway
	// endpoint. Optional: without it there is no such endpoint.
	TablePolicy pulumi.StringInput
}

// Vpc is a VPC with one public and one private subnet in each zone, each with a route table of its own.
//
// The public subnets give no public addresses: they hold NAT gateways alone. The private ones have no way out but a
// free gateway endpoint for S3, which carries the layers of an ECR image, and with TablePolicy another one for DynamoDB;
// see Egress for the rest. The default security group is emptied, so that a resource which is given none reaches nothing.
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
	// DynamoDBPrefixListID stands for DynamoDB's, handed out once there is a way to them. It is set with TablePolicy alone.
	DynamoDBPrefixListID pulumi.StringOutput
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
	outputs := pulumi.Map{
		"vpcId":                c.VpcID,
		"publicSubnetIds":      c.PublicSubnetIDs,
		"privateSubnetIds":     c.PrivateSubnetIDs,
		"privateRouteTableIds": c.PrivateRouteTableIDs,
		"s3PrefixListId":       c.S3PrefixListID,
	}
	if args.TablePolicy != nil {
		outputs["dynamodbPrefixListId"] = c.DynamoDBPrefixListID
	}
	return c, ctx.RegisterResourceOutputs(c, outputs)
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

	if c.S3PrefixListID, err = c.newGatewayEndpoint(ctx, name, args.Region, "s3", nil); err != nil || args.TablePolicy == nil {
		return err
	}
	c.DynamoDBPrefixListID, err = c.newGatewayEndpoint(ctx, name, args.Region, "dynamodb", args.TablePolicy.ToStringOutput().ToStringPtrOutput())
	return err
}

// newGatewayEndpoint leads from the private subnets to one service, for free, and returns what stands for its addresses.
func (c *Vpc) newGatewayEndpoint(ctx *pulumi.Context, name, region, service string, policy pulumi.StringPtrInput) (pulumi.StringOutput, error) {
	endpoint, err := ec2.NewVpcEndpoint(ctx, name+"-"+service, &ec2.VpcEndpointArgs{
		VpcId:           c.VpcID,
		ServiceName:     pulumi.Sprintf("com.amazonaws.%s.%s", region, service),
		VpcEndpointType: pulumi.String("Gateway"),
		RouteTableIds:   c.PrivateRouteTableIDs,
		Policy:          policy,
	}, pulumi.Parent(c))
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("endpoint for %s: %w", service, err)
	}
	return endpoint.PrefixListId, nil
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

package network

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const egressType = "sallyport:network:Egress"

// EgressMode is the way out of the private subnets.
type EgressMode string

const (
	// EgressNAT is one NAT gateway in the first zone, for all zones. When its zone fails, so does the way out.
	EgressNAT EgressMode = "nat"
	// EgressNATPerZone is one NAT gateway in each zone: no zone depends on another.
	EgressNATPerZone EgressMode = "nat-per-zone"
	// EgressEndpoints and EgressNone are no way out: what the tasks need must come through VPC endpoints, see Endpoints.
	EgressEndpoints EgressMode = "endpoints"
	EgressNone      EgressMode = "none"
)

// EgressArgs are the arguments of NewEgress; all are required. The three lists have one entry a zone.
type EgressArgs struct {
	Mode EgressMode
	// Zones is the length of the lists, which a preview doesn't know.
	Zones                int
	PublicSubnetIDs      pulumi.StringArrayInput
	PrivateSubnetIDs     pulumi.StringArrayInput
	PrivateRouteTableIDs pulumi.StringArrayInput
}

// Egress is the way out of the private subnets: NAT gateways in the public ones and default routes to them.
//
// A NAT gateway takes minutes to start, so nothing waits for it but the tasks, which pull their image through it.
// It costs about 33 USD a month plus 0.045 USD a GB, and its address 3.65 USD (us-east-1,
// https://aws.amazon.com/vpc/pricing/).
type Egress struct {
	pulumi.ResourceState

	// SubnetIDs are the private subnets, handed out once their default routes exist.
	SubnetIDs pulumi.StringArrayOutput
}

// NewEgress makes an Egress.
func NewEgress(ctx *pulumi.Context, name string, args *EgressArgs, opts ...pulumi.ResourceOption) (*Egress, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("egress %s: %w", name, err)
	}
	c := &Egress{}
	if err := ctx.RegisterComponentResource(egressType, name, c, opts...); err != nil {
		return nil, fmt.Errorf("egress %s: %w", name, err)
	}
	if err := c.build(ctx, name, args); err != nil {
		return nil, fmt.Errorf("egress %s: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"subnetIds": c.SubnetIDs})
}

func (a *EgressArgs) validate() error {
	var problems []error
	switch a.Mode {
	case EgressNAT, EgressNATPerZone, EgressEndpoints, EgressNone:
	default:
		problems = append(problems, fmt.Errorf("invalid Mode %q: must be nat, nat-per-zone, endpoints or none", a.Mode))
	}
	if a.Zones < 1 {
		problems = append(problems, fmt.Errorf("invalid Zones %d: must be at least 1", a.Zones))
	}
	if a.PublicSubnetIDs == nil || a.PrivateSubnetIDs == nil || a.PrivateRouteTableIDs == nil {
		problems = append(problems, errors.New("missing PublicSubnetIDs, PrivateSubnetIDs or PrivateRouteTableIDs"))
	}
	return errors.Join(problems...)
}

func (c *Egress) build(ctx *pulumi.Context, name string, args *EgressArgs) error {
	gateways := make([]*ec2.NatGateway, args.gateways())
	for i := range gateways {
		gateway, err := c.newGateway(ctx, fmt.Sprintf("%s-%d", name, i+1),
			args.PublicSubnetIDs.ToStringArrayOutput().Index(pulumi.Int(i)))
		if err != nil {
			return fmt.Errorf("NAT gateway %d: %w", i+1, err)
		}
		gateways[i] = gateway
	}

	var routes []pulumi.Resource
	for i := 0; i < args.Zones && len(gateways) > 0; i++ {
		route, err := ec2.NewRoute(ctx, fmt.Sprintf("%s-%d", name, i+1), &ec2.RouteArgs{
			RouteTableId:         args.PrivateRouteTableIDs.ToStringArrayOutput().Index(pulumi.Int(i)),
			DestinationCidrBlock: pulumi.String("0.0.0.0/0"),
			NatGatewayId:         gateways[i%len(gateways)].ID(),
		}, pulumi.Parent(c))
		if err != nil {
			return fmt.Errorf("default route %d: %w", i+1, err)
		}
		routes = append(routes, route)
	}
	c.SubnetIDs = pulumi.OutputWithDependencies(ctx.Context(),
		args.PrivateSubnetIDs.ToStringArrayOutput(), routes...).(pulumi.StringArrayOutput)
	return nil
}

func (c *Egress) newGateway(ctx *pulumi.Context, name string, subnet pulumi.StringInput) (*ec2.NatGateway, error) {
	address, err := ec2.NewEip(ctx, name, &ec2.EipArgs{Domain: pulumi.String("vpc")}, pulumi.Parent(c))
	if err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	return ec2.NewNatGateway(ctx, name, &ec2.NatGatewayArgs{
		AllocationId: address.ID(),
		SubnetId:     subnet,
	}, pulumi.Parent(c))
}

func (a *EgressArgs) gateways() int {
	switch a.Mode {
	case EgressNATPerZone:
		return a.Zones
	case EgressNAT:
		return 1
	default:
		return 0
	}
}

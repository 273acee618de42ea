package network

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const endpointsType = "sallyport:network:Endpoints"

// Endpoint is an interface endpoint for one AWS service.
type Endpoint struct {
	// Service as in its full name, com.amazonaws.REGION.SERVICE, such as ecr.api.
	Service string
	// Policy is a JSON document that says what may be asked of the service through the endpoint. Empty is AWS's own,
	// which allows everything.
	Policy string
}

// EndpointsArgs are the arguments of NewEndpoints; all are required.
type EndpointsArgs struct {
	Region string
	VpcID  pulumi.StringInput
	// SubnetIDs are where the endpoints have their addresses, one subnet a zone.
	SubnetIDs pulumi.StringArrayInput
	// SecurityGroupID must let HTTPS in from who uses the endpoints.
	SecurityGroupID pulumi.StringInput
	Endpoints       []Endpoint
}

// Endpoints are interface endpoints, by which a VPC without a way out reaches AWS services. Each service's usual name
// means its endpoint within the VPC (private DNS), so that nothing has to be told.
//
// An endpoint takes minutes to start; nothing waits for it but who uses SubnetIDs. It costs about 7 USD a month and zone
// plus 0.01 USD a GB (us-east-1, https://aws.amazon.com/privatelink/pricing/).
type Endpoints struct {
	pulumi.ResourceState

	// SubnetIDs are the given subnets, handed out once all of the endpoints are there.
	SubnetIDs pulumi.StringArrayOutput
}

// NewEndpoints makes Endpoints.
func NewEndpoints(ctx *pulumi.Context, name string, args *EndpointsArgs, opts ...pulumi.ResourceOption) (*Endpoints, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("endpoints %s: %w", name, err)
	}
	c := &Endpoints{}
	if err := ctx.RegisterComponentResource(endpointsType, name, c, opts...); err != nil {
		return nil, fmt.Errorf("endpoints %s: %w", name, err)
	}
	if err := c.build(ctx, name, args); err != nil {
		return nil, fmt.Errorf("endpoints %s: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"subnetIds": c.SubnetIDs})
}

func (a *EndpointsArgs) validate() error {
	var problems []error
	if a.Region == "" {
		problems = append(problems, errors.New("missing Region"))
	}
	if a.VpcID == nil || a.SubnetIDs == nil || a.SecurityGroupID == nil {
		problems = append(problems, errors.New("missing VpcID, SubnetIDs or SecurityGroupID"))
	}
	if len(a.Endpoints) == 0 {
		problems = append(problems, errors.New("missing Endpoints"))
	}
	for i, endpoint := range a.Endpoints {
		same := func(other Endpoint) bool { return other.Service == endpoint.Service }
		if endpoint.Service == "" || slices.ContainsFunc(a.Endpoints[:i], same) {
			problems = append(problems, fmt.Errorf("invalid Service %q of endpoint %d: must be one that no other has", endpoint.Service, i+1))
		}
	}
	return errors.Join(problems...)
}

func (c *Endpoints) build(ctx *pulumi.Context, name string, args *EndpointsArgs) error {
	endpoints := make([]pulumi.Resource, len(args.Endpoints))
	for i, endpoint := range args.Endpoints {
		var policy pulumi.StringPtrInput
		if endpoint.Policy != "" {
			policy = pulumi.String(endpoint.Policy)
		}
		made, err := ec2.NewVpcEndpoint(ctx, name+"-"+strings.ReplaceAll(endpoint.Service, ".", "-"), &ec2.VpcEndpointArgs{
			VpcId:             args.VpcID,
			ServiceName:       pulumi.Sprintf("com.amazonaws.%s.%s", args.Region, endpoint.Service),
			VpcEndpointType:   pulumi.String("Interface"),
			SubnetIds:         args.SubnetIDs,
			SecurityGroupIds:  pulumi.StringArray{args.SecurityGroupID},
			PrivateDnsEnabled: pulumi.Bool(true),
			Policy:            policy,
		}, pulumi.Parent(c))
		if err != nil {
			return fmt.Errorf("endpoint for %s: %w", endpoint.Service, err)
		}
		endpoints[i] = made
	}
	c.SubnetIDs = pulumi.OutputWithDependencies(ctx.Context(),
		args.SubnetIDs.ToStringArrayOutput(), endpoints...).(pulumi.StringArrayOutput)
	return nil
}

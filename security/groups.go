package security

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const groupsType = "sallyport:security:Groups"

// GroupsArgs are the arguments of NewGroups; all but Internet, Endpoints, PrivateLink, SharedLinkGroupID and
// DynamoDBPrefixListID are required.
type GroupsArgs struct {
	VpcID pulumi.StringInput
	// VpcCIDR is the IPv4 range of the VPC. With Internet or Endpoints it is not needed.
	VpcCIDR string
	// ListenerPort is the balancer's, ContainerPort the tasks'.
	ListenerPort, ContainerPort int
	// Internet lets the tasks open HTTPS connections to anywhere. Endpoints lets them reach, besides S3 and DynamoDB, interface
	// endpoints that are in EndpointsGroupID, and nothing else. With neither of them they reach S3 and, inside the VPC,
	// the interface endpoints that someone adds.
	Internet, Endpoints bool
	// SharedLinkGroupID is the group of a VPC link that others use too: it gets a rule for this balancer beside what it
	// has. Empty for a group of its own.
	SharedLinkGroupID string
	// PrivateLink says that the balancer's clients come by PrivateLink, which AWS lets past the balancer's group: then no
	// group may talk to it, and there is none of a VPC link.
	PrivateLink bool
	// S3PrefixListID stands for the addresses of S3.
	S3PrefixListID pulumi.StringInput
	// DynamoDBPrefixListID stands for those of DynamoDB, where the tasks have a table.
	DynamoDBPrefixListID pulumi.StringInput
}

// Groups are three security groups in a chain: the VPC link may talk to the balancer, the balancer to the service,
// and nobody else to any of them. With PrivateLink they are two: nobody may talk to the balancer. A source is always a group, never an address range.
//
// Each rule is a resource of its own, so that changing one replaces no group. A group is handed out once its rules
// exist.
type Groups struct {
	pulumi.ResourceState

	// LinkGroupID is not set with PrivateLink.
	LinkGroupID     pulumi.StringOutput
	BalancerGroupID pulumi.StringOutput
	ServiceGroupID  pulumi.StringOutput
	// EndpointsGroupID is for interface endpoints, which the service alone may talk to. It is set with Endpoints alone.
	EndpointsGroupID pulumi.StringOutput
}

// NewGroups makes Groups.
func NewGroups(ctx *pulumi.Context, name string, args *GroupsArgs, opts ...pulumi.ResourceOption) (*Groups, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("security groups %s: %w", name, err)
	}
	c := &Groups{}
	if err := ctx.RegisterComponentResource(groupsType, name, c, opts...); err != nil {
		return nil, fmt.Errorf("security groups %s: %w", name, err)
	}
	if err := c.build(ctx, name, args); err != nil {
		return nil, fmt.Errorf("security groups %s: %w", name, err)
	}
	outputs := pulumi.Map{"balancerGroupId": c.BalancerGroupID, "serviceGroupId": c.ServiceGroupID}
	if !args.PrivateLink {
		outputs["linkGroupId"] = c.LinkGroupID
	}
	if args.Endpoints {
		outputs["endpointsGroupId"] = c.EndpointsGroupID
	}
	return c, ctx.RegisterResourceOutputs(c, outputs)
}

func (a *GroupsArgs) validate() error {
	var problems []error
	if a.VpcID == nil || a.S3PrefixListID == nil {
		problems = append(problems, errors.New("missing VpcID or S3PrefixListID"))
	}
	if a.PrivateLink && a.SharedLinkGroupID != "" {
		problems = append(problems, errors.New("both PrivateLink and SharedLinkGroupID: must be one of them at most"))
	}
	if a.Internet && a.Endpoints {
		problems = append(problems, errors.New("both Internet and Endpoints: must be one of them at most"))
	}
	if prefix, err := netip.ParsePrefix(a.VpcCIDR); !a.Internet && !a.Endpoints && (err != nil || !prefix.Addr().Is4()) {
		problems = append(problems, fmt.Errorf("invalid VpcCIDR %q: must be an IPv4 network such as 10.0.0.0/16", a.VpcCIDR))
	}
	if a.ListenerPort < 1 || a.ListenerPort > 65535 {
		problems = append(problems, fmt.Errorf("invalid ListenerPort %d: must be 1 to 65535", a.ListenerPort))
	}
	if a.ContainerPort < 1 || a.ContainerPort > 65535 {
		problems = append(problems, fmt.Errorf("invalid ContainerPort %d: must be 1 to 65535", a.ContainerPort))
	}
	return errors.Join(problems...)
}

func (c *Groups) build(ctx *pulumi.Context, name string, args *GroupsArgs) error {
	balancer, err := c.newGroup(ctx, name+"-balancer", "Load balancer of "+name, args.VpcID)
	if err != nil {
		return err
	}
	service, err := c.newGroup(ctx, name+"-service", "Tasks of "+name, args.VpcID)
	if err != nil {
		return err
	}

	var linkRules []pulumi.Resource
	if !args.PrivateLink {
		if linkRules, err = c.newLink(ctx, name, args, balancer); err != nil {
			return err
		}
	}
	balancerRules, err := c.newHop(ctx, name+"-balancer-to-service", "Load balancer to tasks", balancer, service, args.ContainerPort)
	if err != nil {
		return err
	}
	serviceRules, err := c.newServiceEgress(ctx, name, args, service)
	if err != nil {
		return err
	}

	c.BalancerGroupID = ready(ctx, balancer, linkRules, balancerRules)
	c.ServiceGroupID = ready(ctx, service, balancerRules, serviceRules)
	return nil
}

// ready hands a group out once its rules exist.
func ready(ctx *pulumi.Context, group pulumi.StringOutput, rules ...[]pulumi.Resource) pulumi.StringOutput {
	return pulumi.OutputWithDependencies(ctx.Context(), group, slices.Concat(rules...)...).(pulumi.StringOutput)
}

// newLink opens the way from the VPC link's group to the balancer's.
func (c *Groups) newLink(ctx *pulumi.Context, name string, args *GroupsArgs, balancer pulumi.StringOutput) ([]pulumi.Resource, error) {
	link, err := c.linkGroup(ctx, name, args)
	if err != nil {
		return nil, err
	}
	rules, err := c.newHop(ctx, name+"-link-to-balancer", "VPC link to load balancer", link, balancer, args.ListenerPort)
	if err != nil {
		return nil, err
	}
	c.LinkGroupID = ready(ctx, link, rules)
	return rules, nil
}

func (c *Groups) linkGroup(ctx *pulumi.Context, name string, args *GroupsArgs) (pulumi.StringOutput, error) {
	if args.SharedLinkGroupID != "" {
		return pulumi.String(args.SharedLinkGroupID).ToStringOutput(), nil
	}
	return c.newGroup(ctx, name+"-link", "VPC link of "+name, args.VpcID)
}

func (c *Groups) newGroup(ctx *pulumi.Context, name, description string, vpcID pulumi.StringInput) (pulumi.StringOutput, error) {
	group, err := ec2.NewSecurityGroup(ctx, name, &ec2.SecurityGroupArgs{
		VpcId:       vpcID.ToStringOutput().ToStringPtrOutput(),
		Description: pulumi.String(description),
	}, pulumi.Parent(c))
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("group %s: %w", name, err)
	}
	return group.ID().ToStringOutput(), nil
}

// newHop opens one TCP port from one group to another, on both sides.
func (c *Groups) newHop(ctx *pulumi.Context, name, description string, from, to pulumi.StringOutput, port int) ([]pulumi.Resource, error) {
	egress, err := vpc.NewSecurityGroupEgressRule(ctx, name, &vpc.SecurityGroupEgressRuleArgs{
		SecurityGroupId:           from,
		ReferencedSecurityGroupId: to.ToStringPtrOutput(),
		Description:               pulumi.String(description),
		IpProtocol:                pulumi.String("tcp"),
		FromPort:                  pulumi.Int(port),
		ToPort:                    pulumi.Int(port),
	}, pulumi.Parent(c))
	if err != nil {
		return nil, fmt.Errorf("egress rule %s: %w", name, err)
	}
	ingress, err := vpc.NewSecurityGroupIngressRule(ctx, name, &vpc.SecurityGroupIngressRuleArgs{
		SecurityGroupId:           to,
		ReferencedSecurityGroupId: from.ToStringPtrOutput(),
		Description:               pulumi.String(description),
		IpProtocol:                pulumi.String("tcp"),
		FromPort:                  pulumi.Int(port),
		ToPort:                    pulumi.Int(port),
	}, pulumi.Parent(c))
	if err != nil {
		return nil, fmt.Errorf("ingress rule %s: %w", name, err)
	}
	return []pulumi.Resource{egress, ingress}, nil
}

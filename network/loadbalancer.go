package network

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const loadBalancerType = "sallyport:network:LoadBalancer"

// LoadBalancerArgs are the arguments of NewLoadBalancer; all but CertificateARN, WebACLARN and Protected are required.
type LoadBalancerArgs struct {
	VpcID pulumi.StringInput
	// SubnetIDs are the private subnets to listen in, in two zones or more.
	SubnetIDs       pulumi.StringArrayInput
	SecurityGroupID pulumi.StringInput
	ListenerPort    int
	ContainerPort   int
	// HealthPath must answer 200 when a task can serve.
	HealthPath string
	// IdleTimeout in seconds. Longer than the gateway's timeout, so that the gateway gives up first, and shorter
	// than the app's keep-alive, or the app closes a connection that the balancer is about to use.
	IdleTimeout int
	// DeregistrationDelay in seconds: how long a task that is going away may finish its requests.
	DeregistrationDelay int
	// CertificateARN makes the listener speak HTTPS, with TLS 1.2 or 1.3; empty for plain HTTP.
	CertificateARN string
	// WebACLARN is a web ACL of AWS WAF that sees every request first; empty for none.
	WebACLARN string
	// Protected makes AWS and Pulumi refuse to delete the balancer.
	Protected bool
}

// LoadBalancer is an internal Application Load Balancer with one listener that forwards everything to one target group
// of addresses, which get plain HTTP. It costs about 16 USD a month (us-east-1,
// https://aws.amazon.com/elasticloadbalancing/pricing/).
type LoadBalancer struct {
	pulumi.ResourceState

	LoadBalancerARN pulumi.StringOutput
	// ListenerARN is handed out once the web ACL, if there is one, looks at requests.
	ListenerARN pulumi.StringOutput
	// TargetGroupARN is handed out once the listener exists: ECS refuses a target group without a balancer.
	TargetGroupARN pulumi.StringOutput
	// RequestMetric names both to CloudWatch, as app/NAME/ID/targetgroup/NAME/ID. It is handed out as TargetGroupARN is.
	RequestMetric pulumi.StringOutput
}

// NewLoadBalancer makes a LoadBalancer.
func NewLoadBalancer(ctx *pulumi.Context, name string, args *LoadBalancerArgs, opts ...pulumi.ResourceOption) (*LoadBalancer, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("load balancer %s: %w", name, err)
	}
	c := &LoadBalancer{}
	if err := ctx.RegisterComponentResource(loadBalancerType, name, c, opts...); err != nil {
		return nil, fmt.Errorf("load balancer %s: %w", name, err)
	}
	if err := c.build(ctx, name, args); err != nil {
		return nil, fmt.Errorf("load balancer %s: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{
		"loadBalancerArn": c.LoadBalancerARN,
		"listenerArn":     c.ListenerARN,
		"targetGroupArn":  c.TargetGroupARN,
		"requestMetric":   c.RequestMetric,
	})
}

func (a *LoadBalancerArgs) validate() error {
	var problems []error
	if a.VpcID == nil || a.SubnetIDs == nil || a.SecurityGroupID == nil {
		problems = append(problems, errors.New("missing VpcID, SubnetIDs or SecurityGroupID"))
	}
	if a.ListenerPort < 1 || a.ListenerPort > 65535 {
		problems = append(problems, fmt.Errorf("invalid ListenerPort %d: must be 1 to 65535", a.ListenerPort))
	}
	if a.ContainerPort < 1 || a.ContainerPort > 65535 {
		problems = append(problems, fmt.Errorf("invalid ContainerPort %d: must be 1 to 65535", a.ContainerPort))
	}
	if len(a.HealthPath) == 0 || a.HealthPath[0] != '/' {
		problems = append(problems, fmt.Errorf("invalid HealthPath %q: must begin with /", a.HealthPath))
	}
	if a.IdleTimeout < 1 || a.IdleTimeout > 4000 {
		problems = append(problems, fmt.Errorf("invalid IdleTimeout %d: must be 1 to 4000 seconds", a.IdleTimeout))
	}
	if a.DeregistrationDelay < 0 || a.DeregistrationDelay > 3600 {
		problems = append(problems, fmt.Errorf("invalid DeregistrationDelay %d: must be 0 to 3600 seconds", a.DeregistrationDelay))
	}
	return errors.Join(problems...)
}

func (c *LoadBalancer) build(ctx *pulumi.Context, name string, args *LoadBalancerArgs) error {
	balancer, err := lb.NewLoadBalancer(ctx, name, &lb.LoadBalancerArgs{
		LoadBalancerType:         pulumi.String("application"),
		Internal:                 pulumi.Bool(true),
		Subnets:                  args.SubnetIDs,
		SecurityGroups:           pulumi.StringArray{args.SecurityGroupID},
		IdleTimeout:              pulumi.Int(args.IdleTimeout),
		DropInvalidHeaderFields:  pulumi.Bool(true),
		DesyncMitigationMode:     pulumi.String("defensive"),
		EnableDeletionProtection: pulumi.Bool(args.Protected),
	}, pulumi.Parent(c), pulumi.Protect(args.Protected))
	if err != nil {
		return fmt.Errorf("balancer: %w", err)
	}
	target, err := lb.NewTargetGroup(ctx, name, &lb.TargetGroupArgs{
		VpcId:               args.VpcID,
		TargetType:          pulumi.String("ip"),
		Protocol:            pulumi.String("HTTP"),
		Port:                pulumi.Int(args.ContainerPort),
		DeregistrationDelay: pulumi.Int(args.DeregistrationDelay),
		// A new task counts as healthy after 20 seconds instead of AWS's 150 (five checks, 30 seconds apart), which
		// every deployment waits for; https://nathanpeck.com/speeding-up-amazon-ecs-container-deployments/
		HealthCheck: &lb.TargetGroupHealthCheckArgs{
			Enabled:            pulumi.Bool(true),
			Protocol:           pulumi.String("HTTP"),
			Port:               pulumi.String("traffic-port"),
			Path:               pulumi.String(args.HealthPath),
			Matcher:            pulumi.String("200"),
			Interval:           pulumi.Int(10),
			Timeout:            pulumi.Int(5),
			HealthyThreshold:   pulumi.Int(2),
			UnhealthyThreshold: pulumi.Int(3),
		},
	}, pulumi.Parent(c))
	if err != nil {
		return fmt.Errorf("target group: %w", err)
	}
	listenerArgs := &lb.ListenerArgs{
		LoadBalancerArn: balancer.Arn,
		Protocol:        pulumi.String("HTTP"),
		Port:            pulumi.Int(args.ListenerPort),
		DefaultActions: lb.ListenerDefaultActionArray{lb.ListenerDefaultActionArgs{
			Type:           pulumi.String("forward"),
			TargetGroupArn: target.Arn,
		}},
	}
	if args.CertificateARN != "" {
		listenerArgs.Protocol = pulumi.String("HTTPS")
		listenerArgs.CertificateArn = pulumi.String(args.CertificateARN)
		// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
		listenerArgs.SslPolicy = pulumi.String("ELBSecurityPolicy-TLS13-1-2-2021-06")
	}
	// A listener that goes back to HTTP keeps its TLS policy in the provider's state, and AWS refuses that:
	// https://github.com/hashicorp/terraform-provider-aws/issues/1851
	listener, err := lb.NewListener(ctx, name, listenerArgs, pulumi.Parent(c), pulumi.ReplaceOnChanges([]string{"protocol"}))
	if err != nil {
		return fmt.Errorf("listener: %w", err)
	}
	c.LoadBalancerARN = balancer.Arn
	c.ListenerARN = listener.Arn
	if args.WebACLARN != "" {
		// Deleting an association goes by the balancer alone, so an old one that is deleted last takes the new web ACL with
		// it: https://github.com/pulumi/pulumi-aws/issues/4782
		association, err := newWebACLAssociation(ctx, name, args.WebACLARN, balancer.Arn, pulumi.Parent(c), pulumi.DeleteBeforeReplace(true))
		if err != nil {
			return fmt.Errorf("web ACL: %w", err)
		}
		c.ListenerARN = pulumi.OutputWithDependencies(ctx.Context(), listener.Arn, association).(pulumi.StringOutput)
	}
	c.TargetGroupARN = pulumi.OutputWithDependencies(ctx.Context(), target.Arn, listener).(pulumi.StringOutput)
	c.RequestMetric = pulumi.OutputWithDependencies(ctx.Context(),
		pulumi.Sprintf("%s/%s", balancer.ArnSuffix, target.ArnSuffix), listener).(pulumi.StringOutput)
	return nil
}

// newWebACLAssociation registers by its token what package wafv2 has a type for: to compile that package takes minutes
// (https://github.com/pulumi/pulumi-aws/issues/1117).
func newWebACLAssociation(ctx *pulumi.Context, name, webACL string, resource pulumi.StringInput, opts ...pulumi.ResourceOption) (pulumi.Resource, error) {
	association := &pulumi.CustomResourceState{}
	return association, ctx.RegisterResource("aws:wafv2/webAclAssociation:WebAclAssociation", name, pulumi.Map{
		"resourceArn": resource,
		"webAclArn":   pulumi.String(webACL),
	}, association, opts...)
}

package network

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const networkLoadBalancerType = "sallyport:network:NetworkLoadBalancer"

// NetworkLoadBalancerArgs are the arguments of NewNetworkLoadBalancer; all but CertificateARN and Protected are required.
type NetworkLoadBalancerArgs struct {
	VpcID pulumi.StringInput
	// SubnetIDs are the private subnets to listen in, in two zones or more.
	SubnetIDs       pulumi.StringArrayInput
	SecurityGroupID pulumi.StringInput
	ListenerPort    int
	ContainerPort   int
	// HealthPath must answer 200 when a task can serve.
	HealthPath string
	// DeregistrationDelay in seconds: how long a task that is going away may finish its requests.
	DeregistrationDelay int
	// CertificateARN makes the listener speak TLS 1.2 or 1.3; empty for plain TCP.
	CertificateARN string
	// Protected makes AWS and Pulumi refuse to delete the balancer.
	Protected bool
}

// NetworkLoadBalancer is an internal Network Load Balancer with one listener that passes every connection on to one
// target group of addresses, which get plain TCP. It costs about 16 USD a month (us-east-1,
// https://aws.amazon.com/elasticloadbalancing/pricing/).
//
// What comes in by PrivateLink, as a REST API's VPC link does, AWS lets past the security group. So a group without a rule
// to let anyone in leaves the link as the only way.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html
type NetworkLoadBalancer struct {
	pulumi.ResourceState

	// LoadBalancerARN is what a VPC link leads to, handed out once the listener exists.
	LoadBalancerARN pulumi.StringOutput
	ListenerARN     pulumi.StringOutput
	// TargetGroupARN is handed out once the listener exists: ECS refuses a target group without a balancer.
	TargetGroupARN pulumi.StringOutput
	// DNSName leads to the balancer inside the VPC.
	DNSName pulumi.StringOutput
}

// NewNetworkLoadBalancer makes a NetworkLoadBalancer.
func NewNetworkLoadBalancer(ctx *pulumi.Context, name string, args *NetworkLoadBalancerArgs, opts ...pulumi.ResourceOption) (*NetworkLoadBalancer, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("network load balancer %s: %w", name, err)
	}
	c := &NetworkLoadBalancer{}
	if err := ctx.RegisterComponentResource(networkLoadBalancerType, name, c, opts...); err != nil {
		return nil, fmt.Errorf("network load balancer %s: %w", name, err)
	}
	if err := c.build(ctx, name, args); err != nil {
		return nil, fmt.Errorf("network load balancer %s: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{
		"loadBalancerArn": c.LoadBalancerARN,
		"listenerArn":     c.ListenerARN,
		"targetGroupArn":  c.TargetGroupARN,
		"dnsName":         c.DNSName,
	})
}

func (a *NetworkLoadBalancerArgs) validate() error {
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
	if a.DeregistrationDelay < 0 || a.DeregistrationDelay > 3600 {
		problems = append(problems, fmt.Errorf("invalid DeregistrationDelay %d: must be 0 to 3600 seconds", a.DeregistrationDelay))
	}
	return errors.Join(problems...)
}

func (c *NetworkLoadBalancer) build(ctx *pulumi.Context, name string, args *NetworkLoadBalancerArgs) error {
	balancer, err := lb.NewLoadBalancer(ctx, name, &lb.LoadBalancerArgs{
		LoadBalancerType: pulumi.String("network"),
		Internal:         pulumi.Bool(true),
		Subnets:          args.SubnetIDs,
		SecurityGroups:   pulumi.StringArray{args.SecurityGroupID},
		EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: pulumi.String("off"),
		// The VPC link is in every zone, and a zone may have no task: without this its connections would fail.
		EnableCrossZoneLoadBalancing: pulumi.Bool(true),
		EnableDeletionProtection:     pulumi.Bool(args.Protected),
	}, pulumi.Parent(c), pulumi.Protect(args.Protected))
	if err != nil {
		return fmt.Errorf("balancer: %w", err)
	}
	target, err := lb.NewTargetGroup(ctx, name, &lb.TargetGroupArgs{
		VpcId:      args.VpcID,
		TargetType: pulumi.String("ip"),
		Protocol:   pulumi.String("TCP"),
		Port:       pulumi.Int(args.ContainerPort),
		// By PrivateLink no other address than the balancer's ever arrives; off is AWS's default for addresses and TCP.
		// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html
		PreserveClientIp:    pulumi.String("false"),
		DeregistrationDelay: pulumi.Int(args.DeregistrationDelay),
		// As often as the Application Load Balancer's, for the same reason.
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
		Protocol:        pulumi.String("TCP"),
		Port:            pulumi.Int(args.ListenerPort),
		DefaultActions: lb.ListenerDefaultActionArray{lb.ListenerDefaultActionArgs{
			Type:           pulumi.String("forward"),
			TargetGroupArn: target.Arn,
		}},
	}
	if args.CertificateARN != "" {
		listenerArgs.Protocol = pulumi.String("TLS")
		listenerArgs.CertificateArn = pulumi.String(args.CertificateARN)
		// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/describe-ssl-policies.html
		listenerArgs.SslPolicy = pulumi.String("ELBSecurityPolicy-TLS13-1-2-2021-06")
	}
	// As the Application Load Balancer's listener, which says why.
	listener, err := lb.NewListener(ctx, name, listenerArgs, pulumi.Parent(c), pulumi.ReplaceOnChanges([]string{"protocol"}))
	if err != nil {
		return fmt.Errorf("listener: %w", err)
	}
	ready := func(output pulumi.StringOutput) pulumi.StringOutput {
		return pulumi.OutputWithDependencies(ctx.Context(), output, listener).(pulumi.StringOutput)
	}
	c.LoadBalancerARN = ready(balancer.Arn)
	c.ListenerARN = listener.Arn
	c.TargetGroupARN = ready(target.Arn)
	c.DNSName = balancer.DnsName
	return nil
}

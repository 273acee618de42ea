package monitoring

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const keepWarmType = "sallyport:monitoring:KeepWarm"

// KeepWarmArgs are the arguments of NewKeepWarm; all are required.
type KeepWarmArgs struct {
	// RoleARN allows EventBridge to call the API destination whose name begins with Destination's.
	RoleARN pulumi.StringInput
	// URL is the stack's public one, and Path a cheap one that goes through the VPC link.
	URL  pulumi.StringInput
	Path string
}

// KeepWarm asks for one path of the public URL once a day. A VPC link that carries no traffic for 60 days becomes
// inactive, and the first requests after that fail
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vpc-links.html).
// EventBridge asks, without any code: 0.20 USD a million requests, the secret of the connection included
// (https://aws.amazon.com/eventbridge/pricing/). A health check of Route 53 would be 0.50 USD a month and more, and
// come from all over the world every 30 seconds; a CloudWatch canary has code.
type KeepWarm struct {
	pulumi.ResourceState
}

// Destination begins the name of the API destination of the KeepWarm with a name.
func Destination(name string) string { return name + "-keep-warm" }

// NewKeepWarm makes a KeepWarm.
func NewKeepWarm(ctx *pulumi.Context, name string, args *KeepWarmArgs, opts ...pulumi.ResourceOption) (*KeepWarm, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("keep-warm %s: %w", name, err)
	}
	c := &KeepWarm{}
	if err := ctx.RegisterComponentResource(keepWarmType, name, c, opts...); err != nil {
		return nil, fmt.Errorf("keep-warm %s: %w", name, err)
	}
	if err := c.build(ctx, Destination(name), args); err != nil {
		return nil, fmt.Errorf("keep-warm %s: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{})
}

func (a *KeepWarmArgs) validate() error {
	var problems []error
	if a.RoleARN == nil || a.URL == nil {
		problems = append(problems, errors.New("missing RoleARN or URL"))
	}
	if !strings.HasPrefix(a.Path, "/") {
		problems = append(problems, fmt.Errorf("invalid Path %q: must begin with /", a.Path))
	}
	return errors.Join(problems...)
}

func (c *KeepWarm) build(ctx *pulumi.Context, name string, args *KeepWarmArgs) error {
	// A connection must authorize somehow. The header is no secret: it tells the app's log who asks.
	connection, err := cloudwatch.NewEventConnection(ctx, name, &cloudwatch.EventConnectionArgs{
		Description:       pulumi.String("Nothing secret: the header only says who asks"),
		AuthorizationType: pulumi.String("API_KEY"),
		AuthParameters: cloudwatch.EventConnectionAuthParametersArgs{
			ApiKey: cloudwatch.EventConnectionAuthParametersApiKeyArgs{
				Key: pulumi.String("X-Keep-Warm"), Value: pulumi.String("true"),
			},
		},
	}, pulumi.Parent(c))
	if err != nil {
		return fmt.Errorf("connection: %w", err)
	}
	destination, err := cloudwatch.NewEventApiDestination(ctx, name, &cloudwatch.EventApiDestinationArgs{
		Description:                  pulumi.String("Keeps the VPC link from becoming inactive"),
		ConnectionArn:                connection.Arn,
		HttpMethod:                   pulumi.String("GET"),
		InvocationEndpoint:           pulumi.Sprintf("%s%s", args.URL, args.Path),
		InvocationRateLimitPerSecond: pulumi.Int(1),
	}, pulumi.Parent(c))
	if err != nil {
		return fmt.Errorf("destination: %w", err)
	}
	rule, err := cloudwatch.NewEventRule(ctx, name, &cloudwatch.EventRuleArgs{
		Description:        pulumi.String("Keeps the VPC link from becoming inactive"),
		ScheduleExpression: pulumi.String("rate(1 day)"),
	}, pulumi.Parent(c))
	if err != nil {
		return fmt.Errorf("rule: %w", err)
	}
	if _, err := cloudwatch.NewEventTarget(ctx, name, &cloudwatch.EventTargetArgs{
		Rule:    rule.Name,
		Arn:     destination.Arn,
		RoleArn: args.RoleARN.ToStringOutput().ToStringPtrOutput(),
		Input:   pulumi.String("{}"),
		// The next day asks again; without this, a bad answer is asked for 185 times.
		RetryPolicy: cloudwatch.EventTargetRetryPolicyArgs{
			MaximumEventAgeInSeconds: pulumi.Int(3600),
			MaximumRetryAttempts:     pulumi.Int(3),
		},
	}, pulumi.Parent(c)); err != nil {
		return fmt.Errorf("target: %w", err)
	}
	return nil
}

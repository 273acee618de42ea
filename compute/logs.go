// Package compute is what runs: the image, the service that runs it on Fargate, and its log.
package compute

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const logsType = "sallyport:compute:Logs"

// LogsArgs are the arguments of NewLogs.
type LogsArgs struct {
	// Retention in days, one of the values that CloudWatch Logs knows. Required: the default would be for ever.
	Retention int
	// Protected makes Pulumi refuse to delete the log.
	Protected bool
}

// Logs is the log group that the tasks write to. It is made before the service and outlives it.
// It costs 0.50 USD a GB taken in (us-east-1, https://aws.amazon.com/cloudwatch/pricing/).
type Logs struct {
	pulumi.ResourceState

	GroupName pulumi.StringOutput
	GroupARN  pulumi.StringOutput
}

// NewLogs makes Logs.
func NewLogs(ctx *pulumi.Context, name string, args *LogsArgs, opts ...pulumi.ResourceOption) (*Logs, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("logs %s: %w", name, err)
	}
	c := &Logs{}
	if err := ctx.RegisterComponentResource(logsType, name, c, opts...); err != nil {
		return nil, fmt.Errorf("logs %s: %w", name, err)
	}
	if err := c.build(ctx, name, args); err != nil {
		return nil, fmt.Errorf("logs %s: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"groupName": c.GroupName, "groupArn": c.GroupARN})
}

func (a *LogsArgs) validate() error {
	if a.Retention < 1 {
		return fmt.Errorf("invalid Retention %d: must be at least 1 day", a.Retention)
	}
	return nil
}

func (c *Logs) build(ctx *pulumi.Context, name string, args *LogsArgs) error {
	group, err := cloudwatch.NewLogGroup(ctx, name+"-app", &cloudwatch.LogGroupArgs{
		RetentionInDays: pulumi.Int(args.Retention),
	}, pulumi.Parent(c), pulumi.Protect(args.Protected))
	if err != nil {
		return fmt.Errorf("log group: %w", err)
	}
	c.GroupName = group.Name
	c.GroupARN = group.Arn
	return nil
}

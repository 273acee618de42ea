package security

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const flowLogType = "sallyport:security:FlowLog"

// FlowLogArgs are the arguments of NewFlowLog; all but Protected are required.
type FlowLogArgs struct {
	Region string
	VpcID  pulumi.StringInput
	// Traffic to record: REJECT, ACCEPT or ALL.
	Traffic string
	// Retention of the log in days.
	Retention int
	// Protected makes Pulumi refuse to delete the log.
	Protected bool
}

// FlowLog records the traffic of a VPC in a log group of its own, with a role of its own.
// It costs 0.50 USD a GB (us-east-1, https://aws.amazon.com/cloudwatch/pricing/), next to nothing for REJECT.
type FlowLog struct {
	pulumi.ResourceState

	LogGroupName pulumi.StringOutput
}

// NewFlowLog makes a FlowLog.
func NewFlowLog(ctx *pulumi.Context, name string, args *FlowLogArgs, opts ...pulumi.ResourceOption) (*FlowLog, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("flow log %s: %w", name, err)
	}
	c := &FlowLog{}
	if err := ctx.RegisterComponentResource(flowLogType, name, c, opts...); err != nil {
		return nil, fmt.Errorf("flow log %s: %w", name, err)
	}
	if err := c.build(ctx, name, args); err != nil {
		return nil, fmt.Errorf("flow log %s: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"logGroupName": c.LogGroupName})
}

func (a *FlowLogArgs) validate() error {
	var problems []error
	if a.Region == "" {
		problems = append(problems, errors.New("missing Region"))
	}
	if a.VpcID == nil {
		problems = append(problems, errors.New("missing VpcID"))
	}
	if !slices.Contains([]string{"REJECT", "ACCEPT", "ALL"}, a.Traffic) {
		problems = append(problems, fmt.Errorf("invalid Traffic %q: must be REJECT, ACCEPT or ALL", a.Traffic))
	}
	if a.Retention < 1 {
		problems = append(problems, fmt.Errorf("invalid Retention %d: must be at least 1 day", a.Retention))
	}
	return errors.Join(problems...)
}

func (c *FlowLog) build(ctx *pulumi.Context, name string, args *FlowLogArgs) error {
	group, err := cloudwatch.NewLogGroup(ctx, name+"-flow", &cloudwatch.LogGroupArgs{
		RetentionInDays: pulumi.Int(args.Retention),
	}, pulumi.Parent(c), pulumi.Protect(args.Protected))
	if err != nil {
		return fmt.Errorf("log group: %w", err)
	}
	// https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
	role, err := newRole(ctx, c, name+"-flow", "Writes the flow log of "+name, trustee{
		service: "vpc-flow-logs.amazonaws.com",
		source:  "ec2:" + args.Region + ":%s:vpc-flow-log/*",
	})
	if err != nil {
		return fmt.Errorf("role: %w", err)
	}
	document := group.Arn.ApplyT(func(arn string) (string, error) {
		return flowLogPolicy(arn).JSON()
	}).(pulumi.StringOutput)
	roleARN, err := grant(ctx, c, name+"-flow", "Write the flow log of "+name, role, document)
	if err != nil {
		return fmt.Errorf("role: %w", err)
	}
	// Other traffic is another flow log, and a second one of a VPC that goes to the same log group is refused.
	if _, err := ec2.NewFlowLog(ctx, name, &ec2.FlowLogArgs{
		VpcId:              args.VpcID.ToStringOutput().ToStringPtrOutput(),
		TrafficType:        pulumi.String(args.Traffic),
		LogDestinationType: pulumi.String("cloud-watch-logs"),
		LogDestination:     group.Arn,
		IamRoleArn:         roleARN,
	}, pulumi.Parent(c), pulumi.DeleteBeforeReplace(true)); err != nil {
		return fmt.Errorf("flow log: %w", err)
	}
	c.LogGroupName = group.Name
	return nil
}

// flowLogPolicy is AWS's policy for flow logs without logs:CreateLogGroup, and for one log group instead of all: the
// service writes late, and a group that it made anew after a destroy would be kept, and paid for, for ever.
func flowLogPolicy(logGroupARN string) Document {
	return allow(Statement{
		Sid:      "Log",
		Action:   []string{"logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogGroups", "logs:DescribeLogStreams"},
		Resource: []string{logGroupARN, logGroupARN + ":*"},
	})
}

package security

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const gatewayLogsRoleType = "sallyport:security:GatewayLogsRole"

// GatewayLogsRoleArgs are the arguments of NewGatewayLogsRole; all are required.
type GatewayLogsRoleArgs struct {
	Region string
}

// GatewayLogsRole is the role by which API Gateway writes the logs of all REST APIs of an account in one Region. It is kept
// when the stack is deleted: once the account's settings name it, other APIs write their logs by it.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
type GatewayLogsRole struct {
	pulumi.ResourceState

	// RoleARN is handed out once its policy is attached.
	RoleARN pulumi.StringOutput
}

// NewGatewayLogsRole makes a GatewayLogsRole.
func NewGatewayLogsRole(ctx *pulumi.Context, name string, args *GatewayLogsRoleArgs, opts ...pulumi.ResourceOption) (*GatewayLogsRole, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("gateway logs role %s: %w", name, err)
	}
	c := &GatewayLogsRole{}
	if err := ctx.RegisterComponentResource(gatewayLogsRoleType, name, c, opts...); err != nil {
		return nil, fmt.Errorf("gateway logs role %s: %w", name, err)
	}
	if err := c.build(ctx, name, args); err != nil {
		return nil, fmt.Errorf("gateway logs role %s: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"roleArn": c.RoleARN})
}

func (a *GatewayLogsRoleArgs) validate() error {
	if a.Region == "" {
		return errors.New("missing Region")
	}
	return nil
}

func (c *GatewayLogsRole) build(ctx *pulumi.Context, name string, args *GatewayLogsRoleArgs) error {
	keep := pulumi.RetainOnDelete(true)
	role, err := newRole(ctx, c, name+"-gateway-logs", "Writes the logs of the account's REST APIs in "+args.Region, trustee{
		service: "apigateway.amazonaws.com",
	}, keep)
	if err != nil {
		return fmt.Errorf("role: %w", err)
	}
	document := ownDocument(ctx, c, func(id identity) Document { return gatewayLogsPolicy(id, args.Region) })
	c.RoleARN, err = grant(ctx, c, name+"-gateway-logs", "Write the logs of REST APIs in "+args.Region, role, document, keep)
	return err
}

// gatewayLogsPolicy has the actions that API Gateway insists on before it takes the role, on the log groups of one account
// and Region instead of all: it writes those of every REST API there.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonAPIGatewayPushToCloudWatchLogs.html
func gatewayLogsPolicy(id identity, region string) Document {
	return allow(Statement{
		Sid: "Log",
		Action: []string{
			"logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams",
			"logs:PutLogEvents", "logs:GetLogEvents", "logs:FilterLogEvents",
		},
		Resource: []string{fmt.Sprintf("arn:%s:logs:%s:%s:log-group:*", id.partition, region, id.account)},
	})
}

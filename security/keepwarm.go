package security

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const keepWarmRoleType = "sallyport:security:KeepWarmRole"

// KeepWarmRoleArgs are the arguments of NewKeepWarmRole; all are required.
type KeepWarmRoleArgs struct {
	Region string
	// Destination begins the name of the API destination that EventBridge may call; Pulumi appends to it.
	Destination string
}

// KeepWarmRole is the role by which a rule of EventBridge calls an API destination.
type KeepWarmRole struct {
	pulumi.ResourceState

	// RoleARN is handed out once its policy is attached.
	RoleARN pulumi.StringOutput
}

// NewKeepWarmRole makes a KeepWarmRole.
func NewKeepWarmRole(ctx *pulumi.Context, name string, args *KeepWarmRoleArgs, opts ...pulumi.ResourceOption) (*KeepWarmRole, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("keep-warm role %s: %w", name, err)
	}
	c := &KeepWarmRole{}
	if err := ctx.RegisterComponentResource(keepWarmRoleType, name, c, opts...); err != nil {
		return nil, fmt.Errorf("keep-warm role %s: %w", name, err)
	}
	if err := c.build(ctx, name, args); err != nil {
		return nil, fmt.Errorf("keep-warm role %s: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"roleArn": c.RoleARN})
}

func (a *KeepWarmRoleArgs) validate() error {
	if a.Region == "" || a.Destination == "" {
		return errors.New("missing Region or Destination")
	}
	return nil
}

func (c *KeepWarmRole) build(ctx *pulumi.Context, name string, args *KeepWarmRoleArgs) error {
	role, err := newRole(ctx, c, name+"-keep-warm", "Asks for one page of "+name+" once a day", trustee{
		service: "events.amazonaws.com",
		source:  "events:" + args.Region + ":%s:rule/*",
	})
	if err != nil {
		return fmt.Errorf("role: %w", err)
	}
	document := ownDocument(ctx, c, func(id identity) Document { return keepWarmPolicy(id, args.Region, args.Destination) })
	c.RoleARN, err = grant(ctx, c, name+"-keep-warm", "Call the API destination "+args.Destination, role, document)
	return err
}

// keepWarmPolicy allows to call one API destination: after what is known of its name come Pulumi's digits, and an id of
// AWS's.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
func keepWarmPolicy(id identity, region, destination string) Document {
	return allow(Statement{
		Sid:      "Call",
		Action:   []string{"events:InvokeApiDestination"},
		Resource: []string{fmt.Sprintf("arn:%s:events:%s:%s:api-destination/%s-*", id.partition, region, id.account, destination)},
	})
}

package security

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const rolesType = "sallyport:security:Roles"

// RolesArgs are the arguments of NewRoles; Region, RepositoryARN and LogGroupARN are required.
type RolesArgs struct {
	Region string
	// RepositoryARN is the one repository of ECR that the tasks' image is pulled from; an empty text where it comes from
	// another registry.
	RepositoryARN pulumi.StringInput
	// LogGroupARN is the one log group that the tasks' output goes to.
	LogGroupARN pulumi.StringInput
	// Secrets that ECS reads for the tasks: ARNs of Secrets Manager secrets, with or without
	// :json-key:version-stage:version-id, and of SSM parameters.
	Secrets []string
	// SecretsKeyARN is the customer-managed KMS key that Secrets are encrypted with; empty for AWS's own keys.
	SecretsKeyARN string
	// Exec lets the tasks open the channels that ECS Exec needs.
	Exec bool
	// TableARN is the one table of DynamoDB that the app keeps its items in; nil for none.
	TableARN pulumi.StringInput
}

// Roles are the two roles of an ECS task, which are never the same: ECS starts the task with the execution role, and
// the app runs with the task role.
type Roles struct {
	pulumi.ResourceState

	// ExecutionRoleARN is handed out once its policy is attached: a task that starts earlier can't pull its image.
	ExecutionRoleARN pulumi.StringOutput
	// TaskRoleARN is a role without any permission, but for those of Exec and of TableARN: with one of them, it is handed out
	// once they are attached.
	TaskRoleARN pulumi.StringOutput
}

// NewRoles makes Roles.
func NewRoles(ctx *pulumi.Context, name string, args *RolesArgs, opts ...pulumi.ResourceOption) (*Roles, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("roles %s: %w", name, err)
	}
	c := &Roles{}
	if err := ctx.RegisterComponentResource(rolesType, name, c, opts...); err != nil {
		return nil, fmt.Errorf("roles %s: %w", name, err)
	}
	if err := c.build(ctx, name, args); err != nil {
		return nil, fmt.Errorf("roles %s: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{
		"executionRoleArn": c.ExecutionRoleARN,
		"taskRoleArn":      c.TaskRoleARN,
	})
}

func (a *RolesArgs) validate() error {
	var problems []error
	if a.Region == "" {
		problems = append(problems, errors.New("missing Region"))
	}
	if a.RepositoryARN == nil {
		problems = append(problems, errors.New("missing RepositoryARN"))
	}
	if a.LogGroupARN == nil {
		problems = append(problems, errors.New("missing LogGroupARN"))
	}
	if _, err := readSecrets(a.Secrets, a.SecretsKeyARN); err != nil {
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

func (c *Roles) build(ctx *pulumi.Context, name string, args *RolesArgs) error {
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
	tasks := trustee{service: "ecs-tasks.amazonaws.com", source: "ecs:" + args.Region + ":%s:*"}

	execution, err := newRole(ctx, c, name+"-execution", "Starts the tasks of "+name, tasks)
	if err != nil {
		return fmt.Errorf("execution role: %w", err)
	}
	reading, err := readSecrets(args.Secrets, args.SecretsKeyARN)
	if err != nil {
		return fmt.Errorf("execution role: %w", err)
	}
	document := pulumi.All(args.RepositoryARN, args.LogGroupARN).ApplyT(func(v []any) (string, error) {
		return executionPolicy(v[0].(string), v[1].(string), reading...).JSON()
	}).(pulumi.StringOutput)
	c.ExecutionRoleARN, err = grant(ctx, c, name+"-execution",
		"Pull the image of "+name+" and write its log", execution, document)
	if err != nil {
		return fmt.Errorf("execution role: %w", err)
	}

	task, err := newRole(ctx, c, name+"-task", "The app of "+name+" runs with it", tasks)
	if err != nil {
		return fmt.Errorf("task role: %w", err)
	}
	c.TaskRoleARN = task.Arn
	if !args.Exec && args.TableARN == nil {
		return nil
	}
	tableARN := args.TableARN
	if tableARN == nil {
		tableARN = pulumi.String("")
	}
	document = tableARN.ToStringOutput().ApplyT(func(tableARN string) (string, error) {
		return taskPolicy(args.Exec, tableARN).JSON()
	}).(pulumi.StringOutput)
	// The description is the same whatever is allowed: AWS changes none, so that another one replaces the policy.
	c.TaskRoleARN, err = grant(ctx, c, name+"-task", "What the app of "+name+" may do", task, document)
	if err != nil {
		return fmt.Errorf("task role: %w", err)
	}
	return nil
}

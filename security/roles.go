package security

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const rolesType = "sallyport:security:Roles"

// RolesArgs are the arguments of NewRoles; all are required.
type RolesArgs struct {
	Region string
	// RepositoryARN is the one repository that the tasks' image is pulled from.
	RepositoryARN pulumi.StringInput
	// LogGroupARN is the one log group that the tasks' output goes to.
	LogGroupARN pulumi.StringInput
}

// Roles are the two roles of an ECS task, which are never the same: ECS starts the task with the execution role, and
// the app runs with the task role.
type Roles struct {
	pulumi.ResourceState

	// ExecutionRoleARN is handed out once its policy is attached: a task that starts earlier can't pull its image.
	ExecutionRoleARN pulumi.StringOutput
	// TaskRoleARN is a role without any permission.
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
	return errors.Join(problems...)
}

func (c *Roles) build(ctx *pulumi.Context, name string, args *RolesArgs) error {
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
	tasks := trustee{service: "ecs-tasks.amazonaws.com", source: "ecs:" + args.Region + ":%s:*"}

	execution, err := newRole(ctx, c, name+"-execution", "Starts the tasks of "+name, tasks)
	if err != nil {
		return fmt.Errorf("execution role: %w", err)
	}
	document := pulumi.All(args.RepositoryARN, args.LogGroupARN).ApplyT(func(v []any) (string, error) {
		return executionPolicy(v[0].(string), v[1].(string)).JSON()
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
	return nil
}

// executionPolicy allows to pull from one repository and to write to one log group. It may not make a log group: one
// that comes back after a destroy would stand in the way of the next deployment.
func executionPolicy(repositoryARN, logGroupARN string) Document {
	return allow(
		Statement{
			// The only wildcard: this action takes no resource.
			Sid:      "Login",
			Action:   []string{"ecr:GetAuthorizationToken"},
			Resource: []string{"*"},
		},
		Statement{
			Sid:      "Pull",
			Action:   []string{"ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"},
			Resource: []string{repositoryARN},
		},
		Statement{
			Sid:      "Log",
			Action:   []string{"logs:CreateLogStream", "logs:PutLogEvents"},
			Resource: []string{logGroupARN + ":*"},
		},
	)
}

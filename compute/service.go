package compute

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const serviceType = "sallyport:compute:Service"

// platforms maps the architectures of Fargate to those of Docker.
var platforms = map[string]string{"X86_64": "linux/amd64", "ARM64": "linux/arm64"}

// ServiceArgs are the arguments of NewService; all are required but Cluster, ContainerInsights, Environment, Exec,
// Alarms, AlarmRollback, Scaled, Secrets, SpotPercent, OnDemandBase, WaitForSteadyState and WritablePaths.
type ServiceArgs struct {
	Region string
	// Image by digest. A new digest is a new revision of the task definition, and so a deployment.
	Image        pulumi.StringInput
	Architecture string // X86_64 or ARM64
	CPU          int    // CPU units, 1024 are one vCPU
	Memory       int    // MiB
	Count        int    // tasks
	// Scaled leaves the count of a service that exists to others: Count is what it starts with.
	Scaled bool
	// SpotPercent of the tasks beyond OnDemandBase run on Fargate Spot, which may stop each after a warning of two
	// minutes: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
	// 0 is none, and turning it on or off replaces the service. 100 takes an OnDemandBase of 0. Another's Cluster must
	// have the capacity providers FARGATE and FARGATE_SPOT.
	SpotPercent, OnDemandBase int
	Port                      int
	// KeepAlive, in seconds, is how long the app keeps an idle connection open: longer than the balancer does.
	KeepAlive int
	// StopTimeout in seconds from SIGTERM to SIGKILL: longer than DeregistrationDelay, at most 120.
	StopTimeout int
	// HealthGrace in seconds: failing health checks don't count until a task is this old.
	HealthGrace int
	// DeregistrationDelay of the target group, in seconds: deleting the service takes at least as long.
	DeregistrationDelay int
	// User that the app runs as, UID:GID and not root.
	User string
	// WritablePaths are the only folders that the app can write to. Their content goes with the task. The image must
	// declare each as a VOLUME owned by User: Fargate takes owner and mode from there, else the folder is root's.
	WritablePaths []string
	// Environment of the app, beside HOSTNAME, PORT, KEEP_ALIVE_TIMEOUT and, with TableName, TABLE_NAME. Never a secret: the task definition shows it.
	Environment map[string]string
	// Secrets are variables by name, each with the ARN of a Secrets Manager secret (which may go on with
	// :json-key:version-stage:version-id) or of an SSM parameter. ExecutionRoleARN must be allowed to read them.
	Secrets map[string]string
	// Exec turns ECS Exec on, which needs ssmmessages of TaskRoleARN and makes the root file system writable. What is
	// done in a session is not logged; that it was opened is in CloudTrail.
	Exec bool
	// WaitForSteadyState makes a deployment last until the new tasks have taken over.
	WaitForSteadyState bool
	// DeploymentTimeout in seconds: a deployment that has not become steady by then fails.
	DeploymentTimeout int
	// Cluster to share. Without it the service has one of its own.
	Cluster *Cluster
	// ContainerInsights collects metrics of each task in a cluster of its own, for about 3 to 8 USD a month.
	ContainerInsights bool
	// Alarms are the names of CloudWatch alarms, nil for none. With AlarmRollback, one that begins to ring during a
	// deployment has it rolled back, and must be switched off in an update of its own before Alarms is nil again.
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
	Alarms        pulumi.StringArrayInput
	AlarmRollback bool
	// SubnetIDs are private subnets that have the way out that the tasks need.
	SubnetIDs        pulumi.StringArrayInput
	SecurityGroupID  pulumi.StringInput
	TargetGroupARN   pulumi.StringInput
	ExecutionRoleARN pulumi.StringInput
	TaskRoleARN      pulumi.StringInput
	LogGroupName     pulumi.StringInput
	// TableName is that of the table which the app keeps its items in, and which TaskRoleARN may use. Optional.
	TableName pulumi.StringInput
}

// Service runs the app on Fargate: a cluster, a task definition and a service that keeps Count tasks behind a target
// group. Deployments start new tasks before old ones go, and one that fails is rolled back by ECS.
// A task of 0.25 vCPU and 0.5 GB costs about 9 USD a month (us-east-1, https://aws.amazon.com/fargate/pricing/).
type Service struct {
	pulumi.ResourceState

	ClusterName pulumi.StringOutput
	// ServiceName is handed out once the service runs this very task definition: it is an error when ECS has rolled the
	// deployment back.
	ServiceName pulumi.StringOutput

	listens pulumi.BoolOutput // whether alarms roll a deployment back; an error where they do and are not to
}

// NewService makes a Service.
func NewService(ctx *pulumi.Context, name string, args *ServiceArgs, opts ...pulumi.ResourceOption) (*Service, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("service %s: %w", name, err)
	}
	c := &Service{}
	if err := ctx.RegisterComponentResource(serviceType, name, c, opts...); err != nil {
		return nil, fmt.Errorf("service %s: %w", name, err)
	}
	if err := c.build(ctx, name, args); err != nil {
		return nil, fmt.Errorf("service %s: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"clusterName": c.ClusterName, "serviceName": c.ServiceName, "alarmsRollBack": c.listens})
}

func (a *ServiceArgs) validate() error {
	var problems []error
	check := func(ok bool, format string, values ...any) {
		if !ok {
			problems = append(problems, fmt.Errorf(format, values...))
		}
	}
	check(a.Region != "", "missing Region")
	check(platforms[a.Architecture] != "", "invalid Architecture %q: must be X86_64 or ARM64", a.Architecture)
	check(a.CPU >= 256 && a.Memory >= 512, "invalid CPU %d or Memory %d: must be at least 256 units and 512 MiB", a.CPU, a.Memory)
	check(a.Count >= 0, "invalid Count %d: must not be negative", a.Count)
	check(a.SpotPercent >= 0 && a.SpotPercent <= 100, "invalid SpotPercent %d: must be 0 to 100 percent", a.SpotPercent)
	check(a.OnDemandBase >= 0 && (a.SpotPercent < 100 || a.OnDemandBase == 0), "invalid OnDemandBase %d: must not be negative, and 0 where SpotPercent is 100", a.OnDemandBase)
	check(a.Port >= 1 && a.Port <= 65535, "invalid Port %d: must be 1 to 65535", a.Port)
	check(a.KeepAlive >= 1, "invalid KeepAlive %d: must be at least 1 second", a.KeepAlive)
	check(a.StopTimeout > a.DeregistrationDelay && a.StopTimeout <= 120,
		"invalid StopTimeout %d: must be longer than DeregistrationDelay (%d) and at most 120 seconds", a.StopTimeout, a.DeregistrationDelay)
	check(a.DeploymentTimeout >= 1, "invalid DeploymentTimeout %d: must be at least 1 second", a.DeploymentTimeout)
	check(a.HealthGrace >= 0, "invalid HealthGrace %d: must not be negative", a.HealthGrace)
	check(a.User != "", "missing User")
	named := container{environment: a.Environment, secrets: a.Secrets}
	if a.TableName != nil {
		named.tableName = "known later"
	}
	if err := named.checkVariables(); err != nil {
		problems = append(problems, err)
	}
	check(a.Image != nil && a.SubnetIDs != nil && a.SecurityGroupID != nil && a.TargetGroupARN != nil &&
		a.ExecutionRoleARN != nil && a.TaskRoleARN != nil && a.LogGroupName != nil,
		"missing Image, SubnetIDs, SecurityGroupID, TargetGroupARN, ExecutionRoleARN, TaskRoleARN or LogGroupName")
	return errors.Join(problems...)
}

func (c *Service) build(ctx *pulumi.Context, name string, args *ServiceArgs) error {
	clusterARN, err := c.cluster(ctx, name, args)
	if err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	task, err := c.newTaskDefinition(ctx, name, args)
	if err != nil {
		return fmt.Errorf("task definition: %w", err)
	}
	alarms, leaveAlarms := args.alarms()
	serviceArgs := &ecs.ServiceArgs{
		Cluster:         clusterARN,
		TaskDefinition:  task.Arn,
		PlatformVersion: pulumi.String("LATEST"),
		DesiredCount:    pulumi.Int(args.Count),

		DeploymentMinimumHealthyPercent: pulumi.Int(100),
		DeploymentMaximumPercent:        pulumi.Int(200),
		DeploymentCircuitBreaker: &ecs.ServiceDeploymentCircuitBreakerArgs{
			Enable:   pulumi.Bool(true),
			Rollback: pulumi.Bool(true),
		},
		Alarms:                        alarms,
		HealthCheckGracePeriodSeconds: pulumi.Int(args.HealthGrace),
		WaitForSteadyState:            pulumi.Bool(args.WaitForSteadyState),
		AvailabilityZoneRebalancing:   pulumi.String("ENABLED"),

		NetworkConfiguration: &ecs.ServiceNetworkConfigurationArgs{
			Subnets:        args.SubnetIDs,
			SecurityGroups: pulumi.StringArray{args.SecurityGroupID},
			AssignPublicIp: pulumi.Bool(false),
		},
		LoadBalancers: ecs.ServiceLoadBalancerArray{&ecs.ServiceLoadBalancerArgs{
			TargetGroupArn: args.TargetGroupARN.ToStringOutput().ToStringPtrOutput(),
			ContainerName:  pulumi.String(containerName),
			ContainerPort:  pulumi.Int(args.Port),
		}},

		EnableExecuteCommand: pulumi.Bool(args.Exec),
		EnableEcsManagedTags: pulumi.Bool(true),
		PropagateTags:        pulumi.String("SERVICE"),
	}
	first, err := c.runOn(ctx, name, args, serviceArgs)
	if err != nil {
		return err
	}
	service, err := ecs.NewService(ctx, name, serviceArgs, args.options(c, first, leaveAlarms)...)
	if err != nil {
		return fmt.Errorf("service: %w", err)
	}
	c.ServiceName = pulumi.All(service.Name, service.TaskDefinition, task.Arn, c.ClusterName).ApplyT(func(v []any) (string, error) {
		running, _ := v[1].(*string)
		return v[0].(string), rolledBack(v[0].(string), v[3].(string), running, v[2].(string))
	}).(pulumi.StringOutput)
	// Not part of the name: a preview doesn't know the alarms of a service that has none, and the name is known.
	c.listens = service.Alarms.ApplyT(func(alarms *ecs.ServiceAlarms) (bool, error) {
		return alarms != nil && alarms.Enable, args.stillListens(alarms)
	}).(pulumi.BoolOutput)
	return nil
}

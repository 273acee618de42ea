package compute

import (
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func (c *Service) newTaskDefinition(ctx *pulumi.Context, name string, args *ServiceArgs) (*ecs.TaskDefinition, error) {
	tableName := args.TableName
	if tableName == nil {
		tableName = pulumi.String("")
	}
	definitions := pulumi.All(args.Image, args.LogGroupName, tableName).ApplyT(func(v []any) (string, error) {
		return container{
			image:         v[0].(string),
			port:          args.Port,
			keepAlive:     args.KeepAlive,
			stopTimeout:   args.StopTimeout,
			user:          args.User,
			writablePaths: args.WritablePaths,
			environment:   args.Environment,
			secrets:       args.Secrets,
			exec:          args.Exec,
			logGroup:      v[1].(string),
			region:        args.Region,
			tableName:     v[2].(string),
		}.definitions()
	}).(pulumi.StringOutput)
	volumes := make(ecs.TaskDefinitionVolumeArray, len(args.WritablePaths))
	for i := range volumes {
		volumes[i] = &ecs.TaskDefinitionVolumeArgs{Name: pulumi.String(volumeName(i))}
	}
	taskArgs := &ecs.TaskDefinitionArgs{
		Family:                  pulumi.String(name),
		RequiresCompatibilities: pulumi.StringArray{pulumi.String("FARGATE")},
		NetworkMode:             pulumi.String("awsvpc"),
		RuntimePlatform: &ecs.TaskDefinitionRuntimePlatformArgs{
			OperatingSystemFamily: pulumi.String("LINUX"),
			CpuArchitecture:       pulumi.String(args.Architecture),
		},
		Cpu:                  pulumi.String(strconv.Itoa(args.CPU)),
		Memory:               pulumi.String(strconv.Itoa(args.Memory)),
		ExecutionRoleArn:     args.ExecutionRoleARN.ToStringOutput().ToStringPtrOutput(),
		TaskRoleArn:          args.TaskRoleARN.ToStringOutput().ToStringPtrOutput(),
		Volumes:              volumes,
		ContainerDefinitions: definitions,
	}
	if args.AlarmRollback || !args.WaitForSteadyState {
		taskArgs.SkipDestroy = pulumi.Bool(true)
		taskArgs.Tags = pulumi.ToStringMap(kept)
	}
	return ecs.NewTaskDefinition(ctx, name, taskArgs, pulumi.Parent(c))
}

// kept tells whoever cleans up that a revision is still registered by choice. Once an update is over, Pulumi deregisters
// the revision of before, and no service can be brought to one that is deregistered:
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deregister-task-definition-v2.html
// So where ECS may still be deploying by then, or watching alarms while it
// bakes (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html), it must stay.
var kept = map[string]string{"kept-for": "rollback"}

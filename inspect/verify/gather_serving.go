package verify

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func (g *gatherer) service(ctx context.Context, f *Facts) error {
	answer, err := g.ECS.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &g.out.ClusterName, Services: []string{g.out.ServiceName}})
	if err != nil {
		return noun("ECS service", found(err))
	}
	if len(answer.Services) > 0 {
		f.Service = &answer.Services[0]
	}
	return nil
}

// describedTasks is how many DescribeTasks takes:
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html
const describedTasks = 100

// tasks are those that ECS means to run, and those on their way out. It lists the latter among those that have stopped,
// which it remembers for an hour or so.
func (g *gatherer) tasks(ctx context.Context, f *Facts) error {
	var arns []string
	for _, desired := range []ecstypes.DesiredStatus{ecstypes.DesiredStatusRunning, ecstypes.DesiredStatusStopped} {
		list := ecs.NewListTasksPaginator(g.ECS, &ecs.ListTasksInput{
			Cluster: &g.out.ClusterName, ServiceName: &g.out.ServiceName, DesiredStatus: desired,
		})
		for list.HasMorePages() {
			page, err := list.NextPage(ctx)
			if err != nil {
				return noun("list of tasks", found(err))
			}
			arns = append(arns, page.TaskArns...)
		}
	}
	// A task that is told to stop between the two lists is in both.
	slices.Sort(arns)
	for chunk := range slices.Chunk(slices.Compact(arns), describedTasks) {
		answer, err := g.ECS.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &g.out.ClusterName, Tasks: chunk})
		if err != nil {
			return noun("tasks", found(err))
		}
		for _, task := range answer.Tasks {
			if aws.ToString(task.LastStatus) != "STOPPED" {
				f.Tasks = append(f.Tasks, task)
			}
		}
	}
	return nil
}

func (g *gatherer) definitions(ctx context.Context, f *Facts) error {
	f.Definitions = map[string]ecstypes.TaskDefinition{}
	var arns []string
	if f.Service != nil {
		arns = append(arns, aws.ToString(f.Service.TaskDefinition))
		for _, deployment := range f.Service.Deployments {
			arns = append(arns, aws.ToString(deployment.TaskDefinition))
		}
	}
	for _, task := range f.Tasks {
		arns = append(arns, aws.ToString(task.TaskDefinitionArn))
	}
	slices.Sort(arns)
	for _, arn := range slices.Compact(arns) {
		if arn == "" {
			continue
		}
		answer, err := g.ECS.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: &arn})
		// That is how ECS says that there is none: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTaskDefinition.html
		var none *ecstypes.ClientException
		if errors.As(err, &none) {
			continue
		}
		if err != nil {
			return noun("task definition", err)
		}
		if answer.TaskDefinition != nil {
			f.Definitions[arn] = *answer.TaskDefinition
		}
	}
	return nil
}

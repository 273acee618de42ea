package leftovers

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// How many a call takes: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Operations.html
const (
	clustersAtOnce = 100
	servicesAtOnce = 10
	tasksAtOnce    = 100
)

func ecsTags(tags []types.Tag) map[string]string {
	return tagMap(tags, func(t types.Tag) (key, value *string) { return t.Key, t.Value })
}

// clusters finds ECS clusters, and the services and tasks in them.
func (f *finder) clusters(ctx context.Context) ([]Item, error) {
	arns, err := collect(ctx, ecs.NewListClustersPaginator(f.ECS, &ecs.ListClustersInput{}),
		func(p *ecs.ListClustersOutput) []string { return p.ClusterArns })
	if err != nil {
		return nil, err
	}
	var items []Item
	var failed []error
	for some := range slices.Chunk(arns, clustersAtOnce) {
		answer, err := f.ECS.DescribeClusters(ctx, &ecs.DescribeClustersInput{Clusters: some, Include: []types.ClusterField{types.ClusterFieldTags}})
		if err != nil {
			failed = append(failed, err)
			continue
		}
		for _, c := range answer.Clusters {
			// A deleted cluster may be shown for a while:
			// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteCluster.html
			if !f.owns(ecsTags(c.Tags)) || aws.ToString(c.Status) == "INACTIVE" {
				continue
			}
			arn := aws.ToString(c.ClusterArn)
			items = append(items, Item{Kind: ecsCluster, ID: arn, Name: aws.ToString(c.ClusterName), Delete: "aws ecs delete-cluster --cluster " + arn})
			services, err := f.services(ctx, arn)
			tasks, err2 := f.tasks(ctx, arn)
			items = slices.Concat(items, services, tasks)
			failed = append(failed, err, err2)
		}
	}
	return items, errors.Join(failed...)
}

func (f *finder) services(ctx context.Context, cluster string) ([]Item, error) {
	arns, err := collect(ctx, ecs.NewListServicesPaginator(f.ECS, &ecs.ListServicesInput{Cluster: &cluster}),
		func(p *ecs.ListServicesOutput) []string { return p.ServiceArns })
	if err != nil {
		return nil, err
	}
	var items []Item
	for some := range slices.Chunk(arns, servicesAtOnce) {
		answer, err := f.ECS.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &cluster, Services: some})
		if err != nil {
			return items, err
		}
		for _, s := range answer.Services {
			arn := aws.ToString(s.ServiceArn)
			item := Item{Kind: ecsService, ID: arn, Name: aws.ToString(s.ServiceName),
				Delete: "aws ecs delete-service --force --cluster " + cluster + " --service " + arn}
			if s.DesiredCount > 0 || s.RunningCount > 0 {
				item.Costs = "by its tasks"
			}
			switch aws.ToString(s.Status) {
			case "INACTIVE":
				continue
			case "DRAINING":
				item.Why, item.Delete = "it is stopping its tasks; look again in some minutes", ""
			}
			items = append(items, item)
		}
	}
	return items, nil
}

// tasks finds those that run or are stopping, those of a service that is draining included, which is not listed any more:
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteService.html
func (f *finder) tasks(ctx context.Context, cluster string) ([]Item, error) {
	var arns []string
	for _, desired := range []types.DesiredStatus{types.DesiredStatusRunning, types.DesiredStatusStopped} {
		some, err := collect(ctx, ecs.NewListTasksPaginator(f.ECS, &ecs.ListTasksInput{Cluster: &cluster, DesiredStatus: desired}),
			func(p *ecs.ListTasksOutput) []string { return p.TaskArns })
		if err != nil {
			return nil, err
		}
		arns = append(arns, some...)
	}
	slices.Sort(arns)
	arns = slices.Compact(arns) // one may have been told to stop between the lists
	var items []Item
	for some := range slices.Chunk(arns, tasksAtOnce) {
		answer, err := f.ECS.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &cluster, Tasks: some})
		if err != nil {
			return items, err
		}
		for _, t := range answer.Tasks {
			if status := aws.ToString(t.LastStatus); status != "STOPPED" && status != "DELETED" {
				items = append(items, taskItem(cluster, t))
			}
		}
	}
	return items, nil
}

func taskItem(cluster string, t types.Task) Item {
	arn := aws.ToString(t.TaskArn)
	item := Item{Kind: ecsTask, ID: arn, Delete: "aws ecs stop-task --cluster " + cluster + " --task " + arn}
	if t.LaunchType == types.LaunchTypeFargate {
		item.Costs = taskHour(aws.ToString(t.Cpu), aws.ToString(t.Memory), slices.ContainsFunc(t.Attributes, func(a types.Attribute) bool {
			return aws.ToString(a.Name) == "ecs.cpu-architecture" && aws.ToString(a.Value) == "arm64"
		}))
	}
	service, ofService := strings.CutPrefix(aws.ToString(t.Group), "service:")
	switch {
	case aws.ToString(t.DesiredStatus) == "STOPPED":
		item.Why, item.Delete = "it is stopping; look again in some minutes", ""
	case ofService:
		item.Why, item.Delete = "service "+service+" would start another in its place: delete the service", ""
	}
	return item
}

// taskDefinitions finds the revisions that are still registered. One that was deregistered is shown for ever, until it
// is deleted: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeregisterTaskDefinition.html
func (f *finder) taskDefinitions(ctx context.Context) ([]Item, error) {
	arns, err := collect(ctx, ecs.NewListTaskDefinitionsPaginator(f.ECS, &ecs.ListTaskDefinitionsInput{
		FamilyPrefix: &f.stack.Prefix, Status: types.TaskDefinitionStatusActive, // of exactly this family
	}), func(p *ecs.ListTaskDefinitionsOutput) []string { return p.TaskDefinitionArns })
	if err != nil {
		return nil, err
	}
	var items []Item
	for _, arn := range arns {
		answer, err := f.ECS.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{
			TaskDefinition: &arn, Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags}})
		if err != nil {
			return items, err
		}
		tags := ecsTags(answer.Tags)
		if !f.owns(tags) {
			continue
		}
		item := Item{Kind: taskDefinition, ID: arn, Name: arn[strings.LastIndex(arn, "/")+1:],
			Delete: "aws ecs deregister-task-definition --task-definition " + arn}
		if tags["kept-for"] == "rollback" {
			item.Kept, item.Why = true, "ECS could have gone back to it, as alarms.rollback or app.waitForSteadyState asks"
		}
		items = append(items, item)
	}
	return items, nil
}

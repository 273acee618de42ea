package why

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"sallyport/inspect/api"
	"sallyport/inspect/stack"
)

// pageSize is how many services one call of DescribeServices takes,
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html
const pageSize = 10

// describable is how many tasks one call of DescribeTasks takes,
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html
const describable = 100

func gather(ctx context.Context, clients *api.Clients, s *stack.Stack) (*facts, error) {
	f := &facts{resources: len(s.Resources)}
	cluster, name := located(s)
	f.cluster = lastPart(&cluster)
	var err error
	switch {
	case name != "":
		if f.service, err = describeService(ctx, clients.ECS, cluster, name); f.service == nil {
			f.gone = lastPart(&name)
		}
	case cluster != "":
		f.service, err = findService(ctx, clients.ECS, cluster, s.Prefix)
		f.unlisted = f.service != nil
	}
	if err != nil {
		return nil, fmt.Errorf("service of stack %s: %w", s.Name, err)
	}
	f.wanted = newest(s, f.service)
	f.try("the VPC link", f.gatherLink(ctx, clients, s))
	f.try("API Gateway's settings of the account", f.gatherLogsRole(ctx, clients, s))
	if f.service == nil {
		return f, nil
	}
	if arn := aws.ToString(f.service.ClusterArn); arn != "" {
		cluster, f.cluster = arn, lastPart(&arn)
	}
	f.try("the tasks that stopped", f.gatherStopped(ctx, clients, cluster))
	f.try("the health of the targets", f.gatherTargets(ctx, clients))
	f.try("what the tasks logged", f.gatherLogs(ctx, clients))
	return f, nil
}

// try keeps what can't be asked for: the rest of the report is of use without it.
func (f *facts) try(what string, err error) {
	if err != nil {
		f.unknown = append(f.unknown, fmt.Sprintf("AWS does not tell about %s: %v", what, err))
	}
}

// located returns the cluster and the service of the state, by ARN, as far as there are any.
func located(s *stack.Stack) (cluster, service string) {
	if clusters := s.OfType("aws:ecs/cluster:Cluster"); len(clusters) > 0 {
		cluster = clusters[0].ID
	}
	if services := s.OfType("aws:ecs/service:Service"); len(services) > 0 {
		service = services[0].ID
		if of, _ := services[0].Outputs["cluster"].(string); of != "" {
			cluster = of
		}
	}
	return cluster, service
}

// describeService returns nil where AWS has no such service, or one that has been deleted.
func describeService(ctx context.Context, client *ecs.Client, cluster, service string) (*ecstypes.Service, error) {
	in := &ecs.DescribeServicesInput{Services: []string{service}}
	if cluster != "" {
		in.Cluster = &cluster
	}
	out, err := client.DescribeServices(ctx, in)
	var noCluster *ecstypes.ClusterNotFoundException
	switch {
	case errors.As(err, &noCluster):
		return nil, nil
	case err != nil:
		return nil, err
	case len(out.Services) == 0 || aws.ToString(out.Services[0].Status) == "INACTIVE":
		return nil, nil
	}
	return &out.Services[0], nil
}

// findService looks for the service of a cluster that Pulumi was stopped from noting down.
func findService(ctx context.Context, client *ecs.Client, cluster, prefix string) (*ecstypes.Service, error) {
	out, err := client.ListServices(ctx, &ecs.ListServicesInput{Cluster: &cluster, MaxResults: aws.Int32(pageSize)})
	var noCluster *ecstypes.ClusterNotFoundException
	if errors.As(err, &noCluster) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	arns := slices.Clone(out.ServiceArns)
	slices.SortStableFunc(arns, func(a, b string) int { // the stack's own before others
		return rank(strings.HasPrefix(lastPart(&a), prefix)) - rank(strings.HasPrefix(lastPart(&b), prefix))
	})
	for _, arn := range arns {
		if service, err := describeService(ctx, client, cluster, arn); err != nil || service != nil {
			return service, err
		}
	}
	return nil, nil
}

func rank(first bool) int {
	if first {
		return 0
	}
	return 1
}

// newest is the latest revision in the state: of the service's family, or of any where it has no such. The order of the
// state does not tell, since the revision that is replaced may come last.
func newest(s *stack.Stack, service *ecstypes.Service) string {
	family := ""
	if service != nil {
		family, _, _ = strings.Cut(lastPart(service.TaskDefinition), ":")
	}
	best, bestNumber := "", 0
	for _, r := range s.OfType("aws:ecs/taskDefinition:TaskDefinition") {
		arn, _ := r.Outputs["arn"].(string)
		revision := lastPart(&arn)
		of, text, _ := strings.Cut(revision, ":")
		number, err := strconv.Atoi(text)
		if err == nil && number > bestNumber && (family == "" || of == family) {
			best, bestNumber = revision, number
		}
	}
	return best
}

func (f *facts) gatherStopped(ctx context.Context, clients *api.Clients, cluster string) error {
	pages := ecs.NewListTasksPaginator(clients.ECS, &ecs.ListTasksInput{
		Cluster: &cluster, ServiceName: f.service.ServiceName, DesiredStatus: ecstypes.DesiredStatusStopped,
		MaxResults: aws.Int32(describable),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		if len(page.TaskArns) == 0 {
			continue
		}
		out, err := clients.ECS.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &cluster, Tasks: page.TaskArns})
		if err != nil {
			return err
		}
		f.stopped = append(f.stopped, out.Tasks...)
	}
	slices.SortStableFunc(f.stopped, func(a, b ecstypes.Task) int { return endedAt(b).Compare(endedAt(a)) })
	return nil
}

func (f *facts) gatherTargets(ctx context.Context, clients *api.Clients) error {
	for _, b := range f.service.LoadBalancers {
		arn := aws.ToString(b.TargetGroupArn)
		if arn == "" {
			continue
		}
		groups, err := clients.ELB.DescribeTargetGroups(ctx, &elasticloadbalancingv2.DescribeTargetGroupsInput{TargetGroupArns: []string{arn}})
		if err != nil {
			return err
		}
		health, err := clients.ELB.DescribeTargetHealth(ctx, &elasticloadbalancingv2.DescribeTargetHealthInput{TargetGroupArn: &arn})
		if err != nil {
			return err
		}
		if len(groups.TargetGroups) > 0 {
			f.group = &groups.TargetGroups[0]
		}
		f.targets = append(f.targets, health.TargetHealthDescriptions...)
	}
	return nil
}

// lastPart is what follows the last slash of an ARN: the name of a service, the id of a task, FAMILY:NUMBER.
func lastPart(arn *string) string {
	text := aws.ToString(arn)
	return text[strings.LastIndex(text, "/")+1:]
}

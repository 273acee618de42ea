package monitoring

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const taskAlarmsType = "sallyport:monitoring:TaskAlarms"

// TaskAlarmsArgs are the arguments of NewTaskAlarms; all are required but Network, Count and
// ContainerInsights.
type TaskAlarmsArgs struct {
	ClusterName pulumi.StringInput
	ServiceName pulumi.StringInput
	// Network is set where the load balancer is a Network Load Balancer.
	Network bool
	// LoadBalancerARN and TargetGroupARN tell how many tasks are healthy, where there are no Container Insights.
	LoadBalancerARN pulumi.StringInput
	TargetGroupARN  pulumi.StringInput
	// TopicARN is the SNS topic that is told.
	TopicARN pulumi.StringInput
	// Count is the fewest tasks that the service is to have. Without Container Insights, 0 makes no alarm on it.
	Count int
	// ContainerInsights is set where the cluster has them: then ECS itself says how many tasks are desired.
	ContainerInsights bool
}

// TaskAlarms watch the tasks of a service: CPU and memory, and that as many run as should.
// They cost 0.10 USD a month for each of their metrics, 3 or 4 (us-east-1, https://aws.amazon.com/cloudwatch/pricing/).
type TaskAlarms struct {
	pulumi.ResourceState

	ARNs pulumi.StringArrayOutput
}

// NewTaskAlarms makes TaskAlarms.
func NewTaskAlarms(ctx *pulumi.Context, name string, args *TaskAlarmsArgs, opts ...pulumi.ResourceOption) (*TaskAlarms, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("task alarms %s: %w", name, err)
	}
	c := &TaskAlarms{}
	if err := ctx.RegisterComponentResource(taskAlarmsType, name, c, opts...); err != nil {
		return nil, fmt.Errorf("task alarms %s: %w", name, err)
	}
	if err := c.build(ctx, name, args); err != nil {
		return nil, fmt.Errorf("task alarms %s: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"arns": c.ARNs})
}

func (a *TaskAlarmsArgs) validate() error {
	var problems []error
	if a.ClusterName == nil || a.ServiceName == nil || a.LoadBalancerARN == nil || a.TargetGroupARN == nil || a.TopicARN == nil {
		problems = append(problems, errors.New("missing ClusterName, ServiceName, LoadBalancerARN, TargetGroupARN or TopicARN"))
	}
	if a.Count < 0 {
		problems = append(problems, fmt.Errorf("invalid Count %d: must not be negative", a.Count))
	}
	return errors.Join(problems...)
}

func (c *TaskAlarms) build(ctx *pulumi.Context, name string, args *TaskAlarmsArgs) error {
	_, arns, err := registerAll(ctx, c, name, args.TopicARN, args.alarms())
	c.ARNs = arns
	return err
}

// CPU and memory ring where AWS recommends it; AWS's words are in
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html
const (
	fullPercent = 90
	taskMinutes = 5
)

func (a *TaskAlarmsArgs) alarms() []alarm {
	service := pulumi.StringMap{"ClusterName": a.ClusterName, "ServiceName": a.ServiceName}
	full := func(suffix, what, name string) alarm {
		return alarm{
			suffix: suffix, description: fmt.Sprintf("The tasks use more than %d %% of their %s", fullPercent, what),
			metrics:    []metric{{namespace: serviceNamespace, name: name, stat: "Average", dimensions: service}},
			comparison: above, threshold: fullPercent, minutes: taskMinutes, missing: "notBreaching",
		}
	}
	alarms := []alarm{full("cpu", "CPU", "CPUUtilization"), full("memory", "memory", "MemoryUtilization")}
	switch {
	case a.ContainerInsights:
		alarms = append(alarms, alarm{
			suffix: "running-tasks", description: "Fewer tasks run than the service is to have",
			metrics: []metric{
				{id: "desired", namespace: insightsNamespace, name: "DesiredTaskCount", stat: "Average", dimensions: service},
				{id: "running", namespace: insightsNamespace, name: "RunningTaskCount", stat: "Average", dimensions: service},
			},
			expression: "desired - running",
			comparison: above, threshold: 0, minutes: taskMinutes, missing: "notBreaching",
		})
	case a.Count > 0:
		alarms = append(alarms, alarm{
			suffix: "running-tasks", description: fmt.Sprintf("Fewer than %d tasks are healthy", a.Count),
			metrics: []metric{{namespace: wayOf(a.Network).balancer, name: "HealthyHostCount", stat: "Minimum", dimensions: pulumi.StringMap{
				"LoadBalancer": resourceNameOutput(a.LoadBalancerARN), "TargetGroup": resourceNameOutput(a.TargetGroupARN),
			}}},
			// A target group that no task is registered with reports nothing: that is when it must ring.
			comparison: below, threshold: float64(a.Count), minutes: taskMinutes, missing: "breaching",
		})
	}
	return alarms
}

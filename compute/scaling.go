package compute

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/appautoscaling"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const scalingType = "sallyport:compute:Scaling"

// After tasks were added, others may be after one minute, about what a task needs to serve; after tasks were taken away,
// others may be after AWS's five: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TargetTrackingScalingPolicyConfiguration.html
const (
	scaleOutCooldown = 60  // seconds
	scaleInCooldown  = 300 // seconds
)

// ScalingArgs are the arguments of NewScaling.
type ScalingArgs struct {
	ClusterName pulumi.StringInput // required
	ServiceName pulumi.StringInput // required
	// Min and Max tasks, at least 1. They are the same where only Park and Wake change the count.
	Min, Max int
	// TargetCPU and TargetMemory in percent, averages over all tasks, and TargetRequests a minute for each task are what
	// the count keeps; 0: not used.
	TargetCPU, TargetMemory, TargetRequests int
	// RequestMetric is required for TargetRequests: app/NAME/ID/targetgroup/NAME/ID of balancer and target group.
	RequestMetric pulumi.StringInput
	// Park and Wake are cron(…) expressions in the IANA time zone Timezone: all tasks stop at the one and start at the
	// other. All or none of the three.
	Park, Wake, Timezone string
}

// Scaling changes the count of a service's tasks by load and by time. It needs a Service that is Scaled. AWS makes two
// alarms for each of TargetCPU, TargetMemory and TargetRequests, which cost 0.10 USD a month each (us-east-1,
// https://aws.amazon.com/cloudwatch/pricing/).
type Scaling struct {
	pulumi.ResourceState
}

// NewScaling makes a Scaling.
func NewScaling(ctx *pulumi.Context, name string, args *ScalingArgs, opts ...pulumi.ResourceOption) (*Scaling, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("scaling %s: %w", name, err)
	}
	c := &Scaling{}
	if err := ctx.RegisterComponentResource(scalingType, name, c, opts...); err != nil {
		return nil, fmt.Errorf("scaling %s: %w", name, err)
	}
	if err := c.build(ctx, name, args); err != nil {
		return nil, fmt.Errorf("scaling %s: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{})
}

func (a *ScalingArgs) validate() error {
	var problems []error
	check := func(ok bool, format string, values ...any) {
		if !ok {
			problems = append(problems, fmt.Errorf(format, values...))
		}
	}
	check(a.ClusterName != nil && a.ServiceName != nil, "missing ClusterName or ServiceName")
	check(a.Min >= 1 && a.Max >= a.Min, "invalid Min %d or Max %d: must be at least 1, and Max no less than Min", a.Min, a.Max)
	check(a.TargetCPU >= 0 && a.TargetCPU <= 100 && a.TargetMemory >= 0 && a.TargetMemory <= 100, "invalid TargetCPU %d or TargetMemory %d: must be 0 to 100 percent", a.TargetCPU, a.TargetMemory)
	check(a.TargetRequests >= 0, "invalid TargetRequests %d: must not be negative", a.TargetRequests)
	check(a.TargetRequests == 0 || a.RequestMetric != nil, "missing RequestMetric, which TargetRequests needs")
	all := a.Park != "" && a.Wake != "" && a.Timezone != ""
	none := a.Park == "" && a.Wake == ""
	check(all || none, "invalid Park %q, Wake %q and Timezone %q: all or none must be set", a.Park, a.Wake, a.Timezone)
	return errors.Join(problems...)
}

func (c *Scaling) build(ctx *pulumi.Context, name string, args *ScalingArgs) error {
	target, err := appautoscaling.NewTarget(ctx, name, &appautoscaling.TargetArgs{
		ServiceNamespace:  pulumi.String("ecs"),
		ScalableDimension: pulumi.String("ecs:service:DesiredCount"),
		ResourceId:        pulumi.Sprintf("service/%s/%s", args.ClusterName, args.ServiceName),
		MinCapacity:       pulumi.Int(args.Min),
		MaxCapacity:       pulumi.Int(args.Max),
	}, pulumi.Parent(c))
	if err != nil {
		return fmt.Errorf("target: %w", err)
	}
	// AWS refuses changes of one target that come at once, and the provider doesn't repeat them
	// (https://github.com/hashicorp/terraform-provider-aws/issues/17915), so each waits for the one before.
	var before []pulumi.Resource
	for _, p := range []struct {
		suffix, metric string
		value          int
		label          pulumi.StringPtrInput
	}{
		{suffix: "cpu", metric: "ECSServiceAverageCPUUtilization", value: args.TargetCPU},
		{suffix: "memory", metric: "ECSServiceAverageMemoryUtilization", value: args.TargetMemory},
		{suffix: "requests", metric: "ALBRequestCountPerTarget", value: args.TargetRequests, label: optional(args.RequestMetric)},
	} {
		if p.value == 0 {
			continue
		}
		policy, err := appautoscaling.NewPolicy(ctx, name+"-"+p.suffix, &appautoscaling.PolicyArgs{
			PolicyType:        pulumi.String("TargetTrackingScaling"),
			ServiceNamespace:  target.ServiceNamespace,
			ScalableDimension: target.ScalableDimension,
			ResourceId:        target.ResourceId,
			TargetTrackingScalingPolicyConfiguration: &appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs{
				TargetValue:      pulumi.Float64(p.value),
				ScaleOutCooldown: pulumi.Int(scaleOutCooldown),
				ScaleInCooldown:  pulumi.Int(scaleInCooldown),
				PredefinedMetricSpecification: &appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs{
					PredefinedMetricType: pulumi.String(p.metric),
					ResourceLabel:        p.label,
				},
			},
		}, pulumi.Parent(c), pulumi.DependsOn(before))
		if err != nil {
			return fmt.Errorf("policy of %s: %w", p.suffix, err)
		}
		before = []pulumi.Resource{policy}
	}
	if args.Park == "" {
		return nil
	}
	for _, a := range []struct {
		suffix, schedule string
		min, max         int
	}{{"park", args.Park, 0, 0}, {"wake", args.Wake, args.Min, args.Max}} {
		action, err := appautoscaling.NewScheduledAction(ctx, name+"-"+a.suffix, &appautoscaling.ScheduledActionArgs{
			ServiceNamespace:  target.ServiceNamespace,
			ScalableDimension: target.ScalableDimension,
			ResourceId:        target.ResourceId,
			Schedule:          pulumi.String(a.schedule),
			Timezone:          pulumi.String(args.Timezone),
			ScalableTargetAction: &appautoscaling.ScheduledActionScalableTargetActionArgs{
				MinCapacity: pulumi.Int(a.min),
				MaxCapacity: pulumi.Int(a.max),
			},
		}, pulumi.Parent(c), pulumi.DependsOn(before))
		if err != nil {
			return fmt.Errorf("%s: %w", a.suffix, err)
		}
		before = []pulumi.Resource{action}
	}
	return nil
}

// optional is an input that may be left out.
func optional(s pulumi.StringInput) pulumi.StringPtrInput {
	if s == nil {
		return nil
	}
	return s.ToStringOutput().ToStringPtrOutput()
}

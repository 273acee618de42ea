package compute_test

import (
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/compute"
	"sallyport/internal/record"
)

func TestScaling(t *testing.T) {
	const (
		targetType = "aws:appautoscaling/target:Target"
		policyType = "aws:appautoscaling/policy:Policy"
		actionType = "aws:appautoscaling/scheduledAction:ScheduledAction"
	)
	scale := func(change func(*compute.ScalingArgs)) *record.Recording {
		args := &compute.ScalingArgs{
			ClusterName: pulumi.String("c"), ServiceName: pulumi.String("s"), Min: 2, Max: 8, TargetCPU: 61, TargetMemory: 72, TargetRequests: 500,
			RequestMetric: pulumi.String("app/a/1/targetgroup/t/2"),
			Park:          "cron(0 20 ? * MON-FRI *)", Wake: "cron(0 7 ? * MON-FRI *)", Timezone: "Europe/Berlin",
		}
		change(args)
		return record.MustRun(t, func(ctx *pulumi.Context) error {
			_, err := compute.NewScaling(ctx, "web", args)
			return err
		})
	}
	rec := scale(func(*compute.ScalingArgs) {})

	t.Run("the target is the service's desired count", func(t *testing.T) {
		for path, want := range map[string]any{
			"serviceNamespace": "ecs", "scalableDimension": "ecs:service:DesiredCount", "resourceId": "service/c/s",
			"minCapacity": 2.0, "maxCapacity": 8.0, "roleArn": nil, "suspendedState": nil,
		} {
			record.Equal(t, rec.Get(t, targetType, "web"), path, want)
		}
	})
	t.Run("each metric has a policy that adds tasks after a minute and takes them away after five", func(t *testing.T) {
		const tracking = "targetTrackingScalingPolicyConfiguration."
		for name, want := range map[string]struct {
			metric string
			value  float64
			label  any
		}{
			"web-cpu":      {"ECSServiceAverageCPUUtilization", 61, nil},
			"web-memory":   {"ECSServiceAverageMemoryUtilization", 72, nil},
			"web-requests": {"ALBRequestCountPerTarget", 500, "app/a/1/targetgroup/t/2"},
		} {
			for path, want := range map[string]any{
				"policyType": "TargetTrackingScaling", "serviceNamespace": "ecs", "scalableDimension": "ecs:service:DesiredCount",
				"resourceId": "service/c/s", tracking + "targetValue": want.value, tracking + "scaleOutCooldown": 60.0,
				tracking + "scaleInCooldown": 300.0, tracking + "disableScaleIn": nil,
				tracking + "predefinedMetricSpecification.predefinedMetricType": want.metric,
				tracking + "predefinedMetricSpecification.resourceLabel":        want.label,
			} {
				record.Equal(t, rec.Get(t, policyType, name), path, want)
			}
		}
	})
	t.Run("a metric that is not asked for has none", func(t *testing.T) {
		rec := scale(func(a *compute.ScalingArgs) { a.TargetCPU, a.TargetRequests, a.RequestMetric = 0, 0, nil })
		if policies := rec.OfType(policyType); len(policies) != 1 || policies[0].Name != "web-memory" {
			t.Errorf("policies are %v", policies)
		}
	})
	t.Run("parking lets no task run, and waking gives the limits back", func(t *testing.T) {
		for name, want := range map[string]struct {
			schedule string
			min, max float64
		}{"web-park": {"cron(0 20 ? * MON-FRI *)", 0, 0}, "web-wake": {"cron(0 7 ? * MON-FRI *)", 2, 8}} {
			for path, want := range map[string]any{
				"serviceNamespace": "ecs", "scalableDimension": "ecs:service:DesiredCount", "resourceId": "service/c/s",
				"schedule": want.schedule, "timezone": "Europe/Berlin",
				"scalableTargetAction.minCapacity": want.min, "scalableTargetAction.maxCapacity": want.max,
			} {
				record.Equal(t, rec.Get(t, actionType, name), path, want)
			}
		}
	})
	t.Run("policies and schedules come after their target and one after the other, since AWS takes one change at a time", func(t *testing.T) {
		order := []string{policyType + "::web-cpu", policyType + "::web-memory", policyType + "::web-requests", actionType + "::web-park", actionType + "::web-wake"}
		all := append(rec.OfType(policyType), rec.OfType(actionType)...)
		if len(all) != len(order) {
			t.Errorf("there are %v", all)
		}
		for _, r := range all {
			want := []string{targetType + "::web"}
			if i := slices.Index(order, r.String()); i > 0 {
				want = append([]string{order[i-1]}, want...)
			}
			slices.Sort(want)
			if !slices.Equal(r.DependsOn, want) {
				t.Errorf("%s waits for %v, not for %v", r, r.DependsOn, want)
			}
		}
	})
	t.Run("without a schedule nothing is parked", func(t *testing.T) {
		rec := scale(func(a *compute.ScalingArgs) { a.Park, a.Wake = "", "" })
		if actions := rec.OfType(actionType); len(actions) > 0 {
			t.Errorf("there are %v", actions)
		}
	})
	t.Run("wrong arguments are refused together", func(t *testing.T) {
		record.Refused(t, func(ctx *pulumi.Context) error {
			_, err := compute.NewScaling(ctx, "web", &compute.ScalingArgs{Max: -1, TargetCPU: 101, TargetMemory: -1, TargetRequests: -1, Park: "cron()"})
			return err
		}, "scaling web: ", "missing ClusterName", "invalid Min 0 or Max -1", "invalid TargetCPU 101 or TargetMemory -1", "invalid TargetRequests -1",
			"missing RequestMetric", `invalid Park "cron()", Wake "" and Timezone ""`)
	})
}

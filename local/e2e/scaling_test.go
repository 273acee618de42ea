package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// scalableTarget is what DescribeScalableTargets tells.
type scalableTarget struct {
	ScalableTargetARN, ScalableDimension, ResourceId string
	MinCapacity, MaxCapacity                         int
}

func scalableTargets(t *testing.T) []scalableTarget {
	t.Helper()
	return ask[struct{ ScalableTargets []scalableTarget }](t, "application-autoscaling", "DescribeScalableTargets",
		map[string]any{"ServiceNamespace": "ecs"}).ScalableTargets
}

func scalingAndSpot(t *testing.T) {
	deployed(t)
	t.Run("on", scaledAndSpread)
	t.Run("turned off, there is a new service with app.count tasks by launch type", func(t *testing.T) {
		run(t, "up")
		runOn(t, outputs(t), "")
		if found := scalableTargets(t); len(found) > 0 {
			t.Errorf("targets are left: %+v", found)
		}
	})
}

// scaledAndSpread changes the count as Application Auto Scaling would. Each up ends only where verify finds nothing wrong.
func scaledAndSpread(t *testing.T) {
	for key, value := range map[string]any{
		"app.healthGrace": 120, // three tasks start together, on a machine that may be busy
		"app.count":       2, "app.spotPercent": 50, "scaling.max": 4, "scaling.targetCpu": 55, "scaling.targetMemory": 70, "scaling.targetRequests": 600,
		"scaling.park": "cron(0 20 ? * MON-FRI *)", "scaling.wake": "cron(0 7 ? * MON-FRI *)", "scaling.timezone": "Europe/Berlin",
	} {
		set(t, key, value)
	}
	run(t, "up")
	exported := outputs(t)
	target := map[string]any{"ServiceNamespace": "ecs", "ResourceId": "service/" + exported["clusterName"] + "/" + exported["serviceName"]}

	t.Run("the service may be scaled from app.count to scaling.max", func(t *testing.T) {
		found := scalableTargets(t)
		if len(found) != 1 || found[0].MinCapacity != 2 || found[0].MaxCapacity != 4 ||
			found[0].ScalableDimension != "ecs:service:DesiredCount" || found[0].ResourceId != target["ResourceId"] {
			t.Fatalf("targets %+v, want one of %s", found, target["ResourceId"])
		}
		tags := ask[struct{ Tags map[string]string }](t, "application-autoscaling", "ListTagsForResource",
			map[string]any{"ResourceARN": found[0].ScalableTargetARN}).Tags
		if want := map[string]string{"managed-by": "pulumi", "project": "sallyport", "stack": "local"}; !maps.Equal(tags, want) {
			t.Errorf("its tags are %v", tags)
		}
	})
	t.Run("it follows CPU, memory and the requests to its own target group", func(t *testing.T) {
		type configuration struct {
			TargetValue                       float64
			ScaleInCooldown, ScaleOutCooldown int
			PredefinedMetricSpecification     struct{ PredefinedMetricType, ResourceLabel string }
		}
		var got []string
		for _, p := range ask[struct {
			ScalingPolicies []struct {
				PolicyType                               string
				TargetTrackingScalingPolicyConfiguration configuration
			}
		}](t, "application-autoscaling", "DescribeScalingPolicies", target).ScalingPolicies {
			got = append(got, fmt.Sprintf("%s %+v", p.PolicyType, p.TargetTrackingScalingPolicyConfiguration))
		}
		_, balancer, _ := strings.Cut(exported["loadBalancerArn"], ":loadbalancer/")
		group := exported["targetGroupArn"][strings.Index(exported["targetGroupArn"], "targetgroup/"):]
		want := []string{
			"TargetTrackingScaling {TargetValue:55 ScaleInCooldown:300 ScaleOutCooldown:60 PredefinedMetricSpecification:{PredefinedMetricType:ECSServiceAverageCPUUtilization ResourceLabel:}}",
			"TargetTrackingScaling {TargetValue:600 ScaleInCooldown:300 ScaleOutCooldown:60 PredefinedMetricSpecification:{PredefinedMetricType:ALBRequestCountPerTarget ResourceLabel:" + balancer + "/" + group + "}}",
			"TargetTrackingScaling {TargetValue:70 ScaleInCooldown:300 ScaleOutCooldown:60 PredefinedMetricSpecification:{PredefinedMetricType:ECSServiceAverageMemoryUtilization ResourceLabel:}}",
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
	t.Run("it is parked and woken", func(t *testing.T) {
		var got []string
		for _, a := range ask[struct {
			ScheduledActions []struct {
				Schedule, Timezone   string
				ScalableTargetAction struct{ MinCapacity, MaxCapacity int }
			}
		}](t, "application-autoscaling", "DescribeScheduledActions", target).ScheduledActions {
			got = append(got, fmt.Sprintf("%s %s %+v", a.Schedule, a.Timezone, a.ScalableTargetAction))
		}
		want := []string{
			"cron(0 20 ? * MON-FRI *) Europe/Berlin {MinCapacity:0 MaxCapacity:0}",
			"cron(0 7 ? * MON-FRI *) Europe/Berlin {MinCapacity:2 MaxCapacity:4}",
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("got %q", got)
		}
	})
	t.Run("the base runs on demand, and the share on Spot", func(t *testing.T) { runOn(t, exported, "FARGATE", "FARGATE_SPOT") })
	t.Run("a preview that reads the cloud anew finds nothing to change", func(t *testing.T) {
		run(t, "preview", "--", "--refresh", "--expect-no-changes")
	})
	t.Run("a count that was scaled survives a deployment, also one that reads the cloud anew", func(t *testing.T) {
		ask[map[string]any](t, "ecs", "UpdateService", map[string]any{
			"cluster": exported["clusterName"], "service": exported["serviceName"], "desiredCount": 3})
		edit(t, "webapp/app/page.tsx", func(page string) string { return page + "\n// A version for three tasks.\n" })
		for _, args := range [][]string{{"up"}, {"up", "--", "--refresh"}} {
			run(t, args...)
			if now := outputs(t); now["serviceName"] != exported["serviceName"] {
				t.Fatalf("the service was %s, and is %s", exported["serviceName"], now["serviceName"])
			}
			runOn(t, exported, "FARGATE", "FARGATE", "FARGATE_SPOT")
		}
		serves(t, outputs(t))
	})
	t.Run("another share is an update", func(t *testing.T) {
		set(t, "app.spotPercent", 99)
		run(t, "up")
		if now := outputs(t)["serviceName"]; now != exported["serviceName"] {
			t.Errorf("the service was %s, and is %s", exported["serviceName"], now)
		}
		runOn(t, exported, "FARGATE", "FARGATE_SPOT", "FARGATE_SPOT")
	})
	t.Run("parked, it can be deployed, and stays parked", func(t *testing.T) {
		ask[map[string]any](t, "ecs", "UpdateService", map[string]any{
			"cluster": exported["clusterName"], "service": exported["serviceName"], "desiredCount": 0})
		run(t, "up", "-verify=false") // nothing answers
		runOn(t, exported)
	})
}

// runOn checks what the running tasks of the service run on, sorted.
func runOn(t *testing.T, exported map[string]string, want ...string) {
	t.Helper()
	var got []string
	eventually(t, fmt.Sprintf("%d tasks run", len(want)), func() bool {
		got = nil
		for _, one := range tasksOf(t, exported, "RUNNING") {
			if one.LastStatus == "RUNNING" {
				got = append(got, one.CapacityProviderName)
			}
		}
		return len(got) == len(want)
	})
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("tasks run on %q, want %q", got, want)
	}
}

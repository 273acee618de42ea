package main

import (
	"slices"
	"testing"

	"sallyport/internal/record"
)

func TestScaling(t *testing.T) {
	scaled := run(t, map[string]any{"aws:region": "us-east-1", "sallyport:scaling.max": "4"}, record.Options{})
	parked := run(t, map[string]any{
		"aws:region": "us-east-1", "sallyport:app.count": "2",
		"sallyport:scaling.park": "cron(0 20 ? * MON-FRI *)", "sallyport:scaling.wake": "cron(0 7 ? * MON-FRI *)",
	}, record.Options{})
	spot := run(t, map[string]any{"aws:region": "us-east-1", "sallyport:scaling.max": "4", "sallyport:app.spotPercent": "75"}, record.Options{})

	t.Run("a maximum alone scales by CPU, at 60 percent", func(t *testing.T) {
		policies := scaled.OfType(scalingPolicy)
		if len(policies) != 1 || policies[0].Name != "sallyport-dev-cpu" {
			t.Fatalf("policies are %v", policies)
		}
		record.Equal(t, policies[0], "targetTrackingScalingPolicyConfiguration.targetValue", 60.0)
	})
	t.Run("a schedule alone scales by nothing else", func(t *testing.T) {
		none(t, parked, scalingPolicy)
		target := one(t, parked, "aws:appautoscaling/target:Target")
		record.Equal(t, target, "minCapacity", 2.0)
		record.Equal(t, target, "maxCapacity", 2.0)
		if actions := parked.OfType(scheduledAction); len(actions) != 2 {
			t.Errorf("actions are %v", actions)
		}
	})
	t.Run("either leaves the count to others, and neither does not", func(t *testing.T) {
		for name, want := range map[*record.Recording]bool{scaled: true, parked: true, byDefault(t): false} {
			if got := one(t, name, "aws:ecs/service:Service").IgnoreChanges; slices.Contains(got, "desiredCount") != want {
				t.Errorf("ignored are %v, the count among them: want %v", got, want)
			}
		}
	})
	t.Run("it adds these to the default stack and nothing else", func(t *testing.T) {
		before := byDefault(t).Names()
		var added []string
		for _, name := range spot.Names() {
			if !slices.Contains(before, name) {
				added = append(added, name)
			}
		}
		want := []string{
			"aws:appautoscaling/policy:Policy::sallyport-dev-cpu < sallyport:compute:Scaling::sallyport-dev",
			"aws:appautoscaling/target:Target::sallyport-dev < sallyport:compute:Scaling::sallyport-dev",
			"aws:ecs/clusterCapacityProviders:ClusterCapacityProviders::sallyport-dev < sallyport:compute:Service::sallyport-dev",
			"sallyport:compute:Scaling::sallyport-dev < pulumi:pulumi:Stack::sallyport-dev",
		}
		if !slices.Equal(added, want) || len(spot.Names()) != len(before)+len(want) {
			t.Errorf("added are %q", added)
		}
	})
	t.Run("the stack is as private and as secure as without it", func(t *testing.T) {
		for _, c := range slices.Concat(privacy, oneEntry, loadBalancerAndAPI, containerAndImage, rolesAndLogs) {
			t.Run(c.name, func(t *testing.T) { c.check(t, spot) })
		}
	})
}

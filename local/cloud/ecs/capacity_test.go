package ecs

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"
)

const associate = `{"cluster":"c","capacityProviders":["FARGATE","FARGATE_SPOT"],"defaultCapacityProviderStrategy":[]}`

// createSpread makes a service whose tasks run by a strategy, in a cluster that has both capacity providers.
func (w *world) createSpread(desired int, strategy string) {
	w.t.Helper()
	w.must("PutClusterCapacityProviders", associate)
	w.must("CreateService", `{"cluster":"c","serviceName":"app","taskDefinition":"app:1","desiredCount":%d,"capacityProviderStrategy":[%s],
		"networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-a","subnet-b"],"securityGroups":["sg-1"]}}}`, desired, strategy)
	w.wait(time.Minute)
}

func (w *world) spread() map[string]int {
	w.t.Helper()
	counts := map[string]int{}
	for _, task := range w.tasks("RUNNING") {
		if task.LaunchType != "FARGATE" {
			w.t.Errorf("the launch type of a task is %q", task.LaunchType)
		}
		counts[task.CapacityProviderName]++
	}
	return counts
}

func shares(base, onDemand, spot int) string {
	return fmt.Sprintf(`{"capacityProvider":"FARGATE_SPOT","weight":%d,"base":0},{"capacityProvider":"FARGATE","weight":%d,"base":%d}`, spot, onDemand, base)
}

// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
func TestCapacityProviders(t *testing.T) {
	for _, c := range []struct {
		name           string
		desired        int
		strategy       string
		onDemand, spot int
	}{
		{"the base comes first", 1, shares(1, 1, 99), 1, 0},
		{"the base may be all there is", 3, shares(5, 1, 99), 3, 0},
		{"what is beyond the base is divided by weight", 9, shares(1, 25, 75), 3, 6},
		{"weights are of each other, not of a hundred", 10, shares(0, 1, 4), 2, 8},
		{"of equal shares the one with fewer tasks is next", 2, shares(1, 50, 50), 1, 1},
		{"in whichever order they are given", 2, `{"capacityProvider":"FARGATE","weight":50,"base":1},{"capacityProvider":"FARGATE_SPOT","weight":50}`, 1, 1},
		{"a provider without weight gets nothing", 4, shares(0, 0, 1), 0, 4},
		{"one provider gets all", 2, `{"capacityProvider":"FARGATE_SPOT","weight":100}`, 0, 2},
	} {
		inWorld(t, c.name, func(t *testing.T, w *world) {
			w.createSpread(c.desired, c.strategy)
			want := map[string]int{"FARGATE": c.onDemand, "FARGATE_SPOT": c.spot}
			maps.DeleteFunc(want, func(_ string, n int) bool { return n == 0 })
			if got := w.spread(); !maps.Equal(got, want) {
				t.Errorf("%v, want %v", got, want)
			}
		})
	}
	inWorld(t, "a task that ends is replaced on the provider that lacks it", func(t *testing.T, w *world) {
		w.createSpread(4, shares(1, 1, 2))
		before := w.spread()
		w.kill(0)
		w.wait(time.Minute)
		if after := w.spread(); !maps.Equal(before, after) {
			t.Errorf("%v, and then %v", before, after)
		}
	})
	inWorld(t, "service and deployment tell the strategy in place of a launch type", func(t *testing.T, w *world) {
		w.createSpread(1, shares(1, 1, 2))
		service := w.must("DescribeServices", `{"cluster":"c","services":["app"]}`)["services"].([]any)[0].(map[string]any)
		for _, object := range []map[string]any{service, service["deployments"].([]any)[0].(map[string]any)} {
			if got := fmt.Sprint(object["capacityProviderStrategy"]); object["launchType"] != nil ||
				got != "[map[base:0 capacityProvider:FARGATE_SPOT weight:2] map[base:1 capacityProvider:FARGATE weight:1]]" {
				t.Errorf("%s, %v", got, object["launchType"])
			}
		}
	})
	inWorld(t, "a service with a launch type tells no strategy, and its tasks no provider", func(t *testing.T, w *world) {
		w.createPlain(1, 1, "")
		w.wait(time.Minute)
		service := w.must("DescribeServices", `{"cluster":"c","services":["app"]}`)["services"].([]any)[0].(map[string]any)
		if got := w.spread(); service["launchType"] != "FARGATE" || service["capacityProviderStrategy"] != nil || !maps.Equal(got, map[string]int{"": 1}) {
			t.Errorf("%v, %v", service, got)
		}
	})
	// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
	inWorld(t, "another strategy needs a new deployment, which carries it out", func(t *testing.T, w *world) {
		w.createSpread(3, shares(1, 50, 50))
		update := `{"cluster":"c","service":"app","capacityProviderStrategy":[` + shares(0, 1, 99) + `]%s}`
		if _, err := w.call("UpdateService", fmt.Sprintf(update, "")); err == nil || !strings.Contains(err.Error(), "you must force a new deployment") {
			t.Errorf("without one: %v", err)
		}
		w.must("UpdateService", update, `,"forceNewDeployment":true`)
		w.wait(2 * time.Minute)
		if got := w.spread(); !maps.Equal(got, map[string]int{"FARGATE_SPOT": 3}) {
			t.Errorf("now %v", got)
		}
	})
	inWorld(t, "an update that gives the strategy again needs none", func(t *testing.T, w *world) {
		w.createSpread(1, shares(1, 50, 50))
		w.update(`"desiredCount":2,"capacityProviderStrategy":[` + shares(1, 50, 50) + `]`)
		w.wait(time.Minute)
		if got := len(w.describe().Deployments); got != 1 {
			t.Errorf("%d deployments", got)
		}
	})
	// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PutClusterCapacityProviders.html
	inWorld(t, "a provider that a service uses stays with the cluster until the service is gone", func(t *testing.T, w *world) {
		w.createSpread(1, shares(1, 50, 50))
		const none = `{"cluster":"c","capacityProviders":[],"defaultCapacityProviderStrategy":[]}`
		if _, err := w.call("PutClusterCapacityProviders", none); code(err) != "ResourceInUseException" {
			t.Errorf("in use: %v", err)
		}
		w.must("DeleteService", `{"cluster":"c","service":"app","force":true}`)
		w.wait(time.Minute)
		w.must("PutClusterCapacityProviders", none)
		if _, err := w.call("CreateService", `{"cluster":"c","serviceName":"b","taskDefinition":"app:1","capacityProviderStrategy":[{"capacityProvider":"FARGATE","weight":1}],
			"networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-a"],"securityGroups":["sg-1"]}}}`); code(err) != "InvalidParameterException" {
			t.Errorf("and then: %v", err)
		}
	})
}

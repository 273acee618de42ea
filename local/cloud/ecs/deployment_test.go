package ecs

import (
	"slices"
	"testing"
	"time"
)

// The fake runtime and target groups of these tests do what they are told; that Docker and the balancer do is tested
// where they are put together.

// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html, the texts:
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
func TestRollingDeployment(t *testing.T) {
	inWorld(t, "the first deployment is complete when its tasks are healthy", func(t *testing.T, w *world) {
		w.create(1, 2, "")
		w.wait(5 * time.Second)
		if d := w.describe(); d.steady() || d.RunningCount != 0 || d.PendingCount != 2 || d.Deployments[0].RolloutState != "IN_PROGRESS" {
			t.Errorf("before they are healthy: %+v", d)
		}
		w.wait(5 * time.Second)
		d := w.describe()
		if !d.steady() || d.RunningCount != 2 || d.PendingCount != 0 || d.Deployments[0].RolloutState != "COMPLETED" ||
			d.Deployments[0].RolloutStateReason != "ECS deployment "+d.Deployments[0].ID+" completed." {
			t.Errorf("%+v", d)
		}
		want := []string{
			"(service app) has started 2 tasks: (task #) (task #).",
			"(service app) registered 1 targets in (target-group " + groupARN + ")",
			"(service app) registered 1 targets in (target-group " + groupARN + ")",
			"(service app) (deployment ecs-svc/#) deployment completed.",
			"(service app) has reached a steady state.",
		}
		if got := w.events(); !slices.Equal(got, want) {
			t.Errorf("events %q, want %q", got, want)
		}
	})
	for _, c := range []struct {
		name        string
		desired     int
		percent     string
		least, most int
	}{
		{"100/200, one task", 1, `"minimumHealthyPercent":100,"maximumPercent":200`, 1, 2},
		{"100/200, three tasks", 3, `"minimumHealthyPercent":100,"maximumPercent":200`, 3, 6},
		{"50/100, three tasks", 3, `"minimumHealthyPercent":50,"maximumPercent":100`, 2, 3},
		{"100/150, two tasks", 2, `"minimumHealthyPercent":100,"maximumPercent":150`, 2, 3},
	} {
		inWorld(t, "a redeploy keeps to its percentages: "+c.name, func(t *testing.T, w *world) {
			w.create(1, c.desired, `,"deploymentConfiguration":{`+c.percent+`}`)
			w.wait(10 * time.Second)
			w.update(`"taskDefinition":"app:2"`)
			if d := w.describe(); d.steady() || !slices.Equal(d.revisions(), []string{"app:2", "app:1"}) {
				t.Errorf("right after the update: %+v", d)
			}
			least, most := c.desired, 0
			w.sample(3*time.Minute, func(d described) {
				least = min(least, d.RunningCount)
				most = max(most, len(w.tasks("RUNNING")))
			})
			if least != c.least || most != c.most {
				t.Errorf("%d to %d tasks, want %d to %d", least, most, c.least, c.most)
			}
			if d := w.describe(); !d.steady() || !slices.Equal(d.revisions(), []string{"app:2"}) || d.Deployments[0].RolloutState != "COMPLETED" {
				t.Errorf("in the end: %+v", d)
			}
		})
	}
	inWorld(t, "an old task leaves its target group, and only when it is drained it is stopped", func(t *testing.T, w *world) {
		w.create(1, 1, "")
		w.wait(10 * time.Second)
		w.past()
		w.update(`"taskDefinition":"app:2"`)
		w.wait(12 * time.Second)
		if old := w.tasks("STOPPED"); len(old) != 1 || old[0].LastStatus != "DEACTIVATING" {
			t.Errorf("while it drains: %+v", old)
		}
		if past := w.past(); !slices.Equal(past, []string{"run app:2", "deregister"}) {
			t.Errorf("while it drains: %q", past)
		}
		w.wait(time.Minute)
		if past := w.past(); !slices.Equal(past, []string{"stop app:1"}) {
			t.Errorf("after it: %q", past)
		}
		old := w.tasks("STOPPED")[0]
		if old.LastStatus != "STOPPED" || old.StopCode != "ServiceSchedulerInitiated" || old.StoppedReason != "Scaling activity initiated by (deployment "+old.StartedBy+")" {
			t.Errorf("%+v", old)
		}
		events := w.events()
		if got, want := events[len(events)-7:], []string{
			"(service app) has started 1 tasks: (task #).",
			"(service app) registered 1 targets in (target-group " + groupARN + ")",
			"(service app) has stopped 1 running tasks: (task #).",
			"(service app) deregistered 1 targets in (target-group " + groupARN + ")",
			"(service app, taskSet ecs-svc/#) has begun draining connections on 1 tasks.",
			"(service app) (deployment ecs-svc/#) deployment completed.",
			"(service app) has reached a steady state.",
		}; !slices.Equal(got, want) {
			t.Errorf("events %q, want %q", got, want)
		}
	})
	inWorld(t, "a deployment that is replaced before it is complete goes, and so do its tasks", func(t *testing.T, w *world) {
		w.create(1, 1, "")
		w.wait(10 * time.Second)
		w.update(`"taskDefinition":"app:2"`)
		w.wait(1500 * time.Millisecond)
		w.update(`"taskDefinition":"app:3"`)
		w.wait(time.Minute)
		if d := w.describe(); !d.steady() || !slices.Equal(d.revisions(), []string{"app:3"}) {
			t.Errorf("%+v", d)
		}
	})
	inWorld(t, "forceNewDeployment replaces tasks that are up to date, and the same task definition alone does not", func(t *testing.T, w *world) {
		w.create(1, 1, "")
		w.wait(10 * time.Second)
		first := w.describe().Deployments[0].ID
		w.update(`"taskDefinition":"app:1"`)
		if got := w.describe().Deployments; len(got) != 1 || got[0].ID != first {
			t.Errorf("the same task definition: %+v", got)
		}
		w.update(`"forceNewDeployment":true`)
		w.wait(time.Minute)
		if d := w.describe(); !d.steady() || d.Deployments[0].ID == first {
			t.Errorf("by force: %+v", d)
		}
	})
	inWorld(t, "a deployment that its percentages leave no way says so", func(t *testing.T, w *world) {
		w.create(1, 1, `,"deploymentConfiguration":{"minimumHealthyPercent":100,"maximumPercent":100}`)
		w.wait(10 * time.Second)
		w.update(`"taskDefinition":"app:2"`)
		w.wait(time.Minute)
		events := w.events()
		if got := events[len(events)-1]; got != "(service app) was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again." {
			t.Error(got)
		}
	})
	// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html: 40 seconds
	inWorld(t, "without any health check a task counts as healthy when it has run for 40 seconds", func(t *testing.T, w *world) {
		w.createPlain(1, 1, "")
		w.wait(40 * time.Second)
		if d := w.describe(); d.RunningCount != 1 || d.Deployments[0].RolloutState != "IN_PROGRESS" {
			t.Errorf("after 40 seconds less the start: %+v", d)
		}
		w.wait(3 * time.Second)
		if d := w.describe(); d.Deployments[0].RolloutState != "COMPLETED" {
			t.Errorf("%+v", d)
		}
	})
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages.html
	inWorld(t, "a service that stays steady says so every six hours", func(t *testing.T, w *world) {
		w.create(1, 1, "")
		w.wait(13 * time.Hour)
		n := 0
		for _, e := range w.events() {
			if e == "(service app) has reached a steady state." {
				n++
			}
		}
		if n != 3 {
			t.Errorf("%d times", n)
		}
	})
}

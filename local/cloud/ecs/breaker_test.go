package ecs

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
func TestCircuitBreaker(t *testing.T) {
	for desired, want := range map[int]int{1: 3, 6: 3, 7: 4, 25: 13, 400: 200, 800: 200} {
		if got := breakerThreshold(desired); got != want {
			t.Errorf("%d desired tasks: the threshold is %d, want %d", desired, got, want)
		}
	}
	for name, bad := range map[string]behaviour{
		"crashes at its start":                 {startTakes: time.Second, exitsAfter: time.Second},
		"can't pull its image":                 {startTakes: time.Second, startFails: errors.New("CannotPullContainerError: not found")},
		"fails the health check of its target": {startTakes: time.Second, unhealthyAfter: 5 * time.Second},
	} {
		inWorld(t, "a deployment whose task "+name+" is rolled back after three tasks, and the old one serves all the while", func(t *testing.T, w *world) {
			w.create(1, 1, breakerOn+`,"healthCheckGracePeriodSeconds":10`)
			w.wait(10 * time.Second)
			w.behave("app:2", bad)
			w.update(`"taskDefinition":"app:2"`)
			failed := w.describe().Deployments[0].ID
			w.sample(3*time.Minute, func(d described) {
				if d.RunningCount < 1 {
					t.Fatalf("no task serves: %+v", d)
				}
			})
			d := w.describe()
			if !d.steady() || !slices.Equal(d.revisions(), []string{"app:1"}) || d.Deployments[0].RolloutState != "COMPLETED" || shortName(d.TaskDefinition, "") != "app:1" {
				t.Errorf("in the end: %+v", d)
			}
			events := w.events()
			i := slices.Index(events, "(service app) (deployment ecs-svc/#) deployment failed: tasks failed to start.")
			if i < 0 || events[i+1] != "(service app) rolling back to deployment ecs-svc/#." {
				t.Errorf("events %q", events)
			}
			bad := 0
			for _, task := range w.tasks("STOPPED") {
				if shortName(task.TaskDefinitionArn, "") == "app:2" {
					bad++
				}
			}
			if bad != 3 && bad != 4 {
				t.Errorf("%d bad tasks", bad)
			}
			status := w.scheduler.Status()[0]
			if f := status.Failure; f == nil || f.Deployment != failed || shortName(f.TaskDefinition, "") != "app:2" || shortName(f.RolledBackTo, "") != "app:1" || f.LastTask.Reason == "" {
				t.Errorf("status %+v", status.Failure)
			}
		})
	}
	inWorld(t, "the failed deployment is seen beside the one that takes it back", func(t *testing.T, w *world) {
		w.create(1, 1, breakerOn)
		w.wait(10 * time.Second)
		w.behave("app:2", behaviour{startTakes: time.Second, unhealthyAfter: time.Second, stopTakes: 5 * time.Second})
		w.update(`"taskDefinition":"app:2"`)
		seen := false
		w.sample(time.Minute, func(d described) {
			if slices.Equal(d.revisions(), []string{"app:1", "app:2", "app:1"}) {
				seen = true
				p, f := d.Deployments[0], d.Deployments[1]
				if p.RolloutState != "IN_PROGRESS" || p.RolloutStateReason != "ECS deployment circuit breaker: rolling back to deploymentId "+d.Deployments[2].ID+"." ||
					f.RolloutState != "FAILED" || f.RolloutStateReason != "ECS deployment circuit breaker: tasks failed to start." || f.FailedTasks != 3 {
					t.Fatalf("%+v", d.Deployments)
				}
			}
		})
		if !seen {
			t.Error("it is not")
		}
	})
	inWorld(t, "a first deployment has nothing to go back to: it fails and starts nothing more", func(t *testing.T, w *world) {
		w.behave("app:1", behaviour{startTakes: time.Second, exitsAfter: time.Second})
		w.create(1, 1, breakerOn)
		w.wait(time.Minute)
		d := w.describe()
		if d.steady() || d.Deployments[0].RolloutState != "FAILED" || d.Deployments[0].FailedTasks != 3 || len(w.tasks("RUNNING")) != 0 || len(w.tasks("STOPPED")) != 3 {
			t.Errorf("%+v", d)
		}
		w.wait(50 * time.Minute)
		if n := len(w.tasks("STOPPED")); n != 3 {
			t.Errorf("%d tasks were started", n)
		}
		w.update(`"taskDefinition":"app:2"`)
		w.wait(time.Minute)
		if d := w.describe(); !d.steady() || !slices.Equal(d.revisions(), []string{"app:2"}) || w.scheduler.Status()[0].Failure != nil {
			t.Errorf("after a good one: %+v", d)
		}
	})
	inWorld(t, "without rollback the failed deployment stays, and so do the tasks of the one before", func(t *testing.T, w *world) {
		w.create(1, 2, `,"deploymentConfiguration":{"deploymentCircuitBreaker":{"enable":true,"rollback":false}}`)
		w.wait(10 * time.Second)
		w.behave("app:2", behaviour{startTakes: time.Second, exitsAfter: time.Second})
		w.update(`"taskDefinition":"app:2"`)
		w.wait(5 * time.Minute)
		if d := w.describe(); d.steady() || d.Deployments[0].RolloutState != "FAILED" || d.RunningCount != 2 || !slices.Equal(d.revisions(), []string{"app:2", "app:1"}) {
			t.Errorf("%+v", d)
		}
	})
	inWorld(t, "a task that becomes healthy sets the count of failures back to none", func(t *testing.T, w *world) {
		w.behave("app:1", behaviour{startTakes: time.Second, startFails: errors.New("CannotPullContainerError: the engine is away")})
		w.create(1, 1, breakerOn)
		w.wait(5 * time.Second)
		if d := w.describe(); d.Deployments[0].FailedTasks != 2 {
			t.Errorf("%+v", d)
		}
		w.behave("app:1", good)
		w.wait(time.Minute)
		if d := w.describe(); !d.steady() || d.Deployments[0].FailedTasks != 0 {
			t.Errorf("%+v", d)
		}
	})
	// "the deployment is not eligible for another rollback until it reaches a COMPLETED state"
	inWorld(t, "a rollback that fails itself is not rolled back", func(t *testing.T, w *world) {
		w.create(1, 1, breakerOn)
		w.wait(10 * time.Second)
		w.behave("app:2", behaviour{startTakes: time.Second, exitsAfter: time.Second})
		w.behave("app:1", behaviour{startTakes: time.Second, exitsAfter: time.Second})
		w.update(`"taskDefinition":"app:2"`)
		w.wait(10 * time.Minute)
		d := w.describe()
		if d.Deployments[0].RolloutState != "FAILED" || shortName(d.TaskDefinition, "") != "app:1" || len(w.tasks("STOPPED")) != 6 {
			t.Errorf("%+v, %d tasks", d, len(w.tasks("STOPPED")))
		}
	})
}

// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-throttle-logic.html: up to 27 minutes
func TestThrottle(t *testing.T) {
	inWorld(t, "tries to start tasks come less and less often, and never less than every 27 minutes", func(t *testing.T, w *world) {
		w.behave("app:1", behaviour{startTakes: time.Second, startFails: errors.New("CannotPullContainerError: not found")})
		w.create(1, 1, "")
		count := func(d time.Duration) int {
			w.past()
			w.wait(d)
			return len(w.past())
		}
		if n := count(time.Minute); n != 5 { // after 0, 2, 4, 8 and 16 seconds, and each takes one
			t.Errorf("%d tries in the first minute", n)
		}
		count(4 * time.Hour)
		if n := count(9 * 27 * time.Minute); n != 8 && n != 9 {
			t.Errorf("%d tries in nine times 27 minutes", n)
		}
		if !slices.Contains(w.events(), "(service app) was unable to place a task. Reason: CannotPullContainerError: not found") {
			t.Errorf("%q", w.events())
		}
		w.update(`"taskDefinition":"app:2"`)
		w.wait(10 * time.Second)
		if d := w.describe(); !d.steady() {
			t.Errorf("a new deployment does not start at once: %+v", d)
		}
	})
	inWorld(t, "the service says once that it can't start tasks consistently", func(t *testing.T, w *world) {
		w.behave("app:1", behaviour{startTakes: time.Second, startFails: errors.New("CannotPullContainerError: not found")})
		w.create(1, 1, "")
		w.wait(time.Hour)
		n := 0
		for _, e := range w.events() {
			if e == "(service app) is unable to consistently start tasks successfully. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide." {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d times", n)
		}
	})
}

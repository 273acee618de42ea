package ecs

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html, the reasons:
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
func TestTask(t *testing.T) {
	inWorld(t, "its statuses are those of ECS, in order", func(t *testing.T, w *world) {
		w.create(1, 1, "")
		w.wait(time.Millisecond)
		id := w.tasks("RUNNING")[0].TaskArn
		var seen []string
		look := func() {
			for _, task := range append(w.tasks("RUNNING"), w.tasks("STOPPED")...) {
				if task.TaskArn == id && (len(seen) == 0 || seen[len(seen)-1] != task.LastStatus) {
					seen = append(seen, task.LastStatus)
				}
			}
		}
		w.sample(20*time.Second, func(described) { look() })
		w.update(`"desiredCount":0`)
		w.sample(30*time.Second, func(described) { look() })
		// PROVISIONING and DEPROVISIONING are over at once here.
		if want := []string{"PENDING", "ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING", "STOPPED"}; !slices.Equal(seen, want) {
			t.Errorf("%q, want %q", seen, want)
		}
	})
	inWorld(t, "a killed container is replaced at once", func(t *testing.T, w *world) {
		w.create(1, 2, "")
		w.wait(10 * time.Second)
		w.kill(0)
		w.wait(time.Millisecond)
		if n := len(w.tasks("RUNNING")); n != 2 {
			t.Errorf("%d tasks are meant to run", n)
		}
		w.wait(30 * time.Second)
		dead := w.tasks("STOPPED")[0]
		if dead.StopCode != "EssentialContainerExited" || dead.StoppedReason != "Essential container in task exited" ||
			dead.Containers[0].LastStatus != "STOPPED" || dead.Containers[0].ExitCode == nil || *dead.Containers[0].ExitCode != 137 {
			t.Errorf("%+v", dead)
		}
		if d := w.describe(); !d.steady() || d.Deployments[0].FailedTasks != 0 {
			t.Errorf("%+v", d)
		}
	})
	inWorld(t, "StopTask stops it, drained, and the service replaces it", func(t *testing.T, w *world) {
		w.create(1, 1, "")
		w.wait(10 * time.Second)
		id := shortName(w.tasks("RUNNING")[0].TaskArn, "")
		w.must("StopTask", `{"cluster":"c","task":%q}`, id)
		w.wait(time.Minute)
		stopped := w.tasks("STOPPED")[0]
		if stopped.StopCode != "UserInitiated" || stopped.StoppedReason != "Task stopped by user" || !w.describe().steady() {
			t.Errorf("%+v", stopped)
		}
		if _, err := w.call("StopTask", `{"cluster":"c","task":"0"}`); err == nil || !strings.Contains(err.Error(), "The referenced task was not found.") {
			t.Errorf("a task that is not there: %v", err)
		}
	})
	inWorld(t, "one that does not start keeps the reason", func(t *testing.T, w *world) {
		const reason = "ResourceInitializationError: unable to pull secrets or registry auth"
		w.behave("app:1", behaviour{startTakes: time.Second, startFails: errors.New(reason)})
		w.create(1, 1, "")
		w.wait(2 * time.Second)
		failed := w.tasks("STOPPED")[0]
		if failed.StopCode != "TaskFailedToStart" || failed.StoppedReason != reason || failed.LastStatus != "STOPPED" {
			t.Errorf("%+v", failed)
		}
		if s := w.scheduler.Status()[0].Stopped; len(s) != 1 || s[0].Reason != reason {
			t.Errorf("status %+v", s)
		}
	})
	inWorld(t, "a Docker engine that is away fails no deployment, and is not waited for longer than 15 seconds", func(t *testing.T, w *world) {
		w.behave("app:1", behaviour{startFails: fmt.Errorf("%w (the Docker engine is away)", ErrNoCapacity)})
		w.create(1, 3, breakerOn)
		w.wait(time.Hour)
		if d := w.describe(); d.Deployments[0].RolloutState != "IN_PROGRESS" || d.Deployments[0].FailedTasks != 0 {
			t.Errorf("%+v", d)
		}
		w.behave("app:1", good)
		w.wait(capacityMaximum + 10*time.Second)
		if d := w.describe(); !d.steady() || d.Deployments[0].RolloutState != "COMPLETED" {
			t.Errorf("%+v", d)
		}
		const event = "(service app) was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone. (the Docker engine is away)"
		if !slices.Contains(w.events(), event) {
			t.Errorf("%q", w.events())
		}
	})
	inWorld(t, "one that is to stop before it runs is cut short", func(t *testing.T, w *world) {
		w.behave("app:1", behaviour{startTakes: time.Hour})
		w.create(1, 1, "")
		w.wait(time.Minute)
		w.update(`"desiredCount":0`)
		w.wait(time.Second)
		if s := w.tasks("STOPPED"); len(s) != 1 || s[0].LastStatus != "STOPPED" || s[0].StopCode != "ServiceSchedulerInitiated" || w.describe().Deployments[0].FailedTasks != 0 {
			t.Errorf("%+v", s)
		}
	})
	inWorld(t, "tasks are spread over the zones of the subnets", func(t *testing.T, w *world) {
		w.create(1, 4, "")
		w.wait(time.Second)
		zones := map[string]int{}
		for _, task := range w.tasks("RUNNING") {
			zones[task.AvailabilityZone]++
		}
		if zones["us-east-1a"] != 2 || zones["us-east-1b"] != 2 {
			t.Errorf("%v", zones)
		}
	})
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html
	inWorld(t, "it has the tags that its service says", func(t *testing.T, w *world) {
		w.create(1, 1, `,"propagateTags":"SERVICE","enableECSManagedTags":true,"tags":[{"key":"a","value":"1"}]`)
		w.wait(time.Second)
		if got, want := w.tasks("RUNNING")[0].Tags, []tag{{"aws:ecs:clusterName", "c"}, {"aws:ecs:serviceName", "app"}, {"a", "1"}}; !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		w.must("TagResource", `{"resourceArn":%q,"tags":[{"key":"a","value":"2"}]}`, serviceARN)
		w.update(`"forceNewDeployment":true`)
		w.wait(time.Second)
		if got := w.tasks("RUNNING")[0].Tags[2]; got != (tag{"a", "2"}) {
			t.Errorf("after a change: %v", got)
		}
		w.update(`"forceNewDeployment":true,"propagateTags":"TASK_DEFINITION","enableECSManagedTags":false`)
		w.wait(time.Second)
		if got := w.tasks("RUNNING")[0].Tags; !slices.Equal(got, []tag{{"of", "definition"}}) {
			t.Errorf("from the task definition: %v", got)
		}
	})
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
	inWorld(t, "it is open to ECS Exec when its service was at its start", func(t *testing.T, w *world) {
		w.create(1, 1, "")
		w.wait(time.Second)
		w.update(`"enableExecuteCommand":true`)
		w.wait(time.Second)
		if w.tasks("RUNNING")[0].EnableExecuteCommand {
			t.Error("it is, without a new task")
		}
		w.update(`"forceNewDeployment":true`)
		w.wait(time.Second)
		if !w.tasks("RUNNING")[0].EnableExecuteCommand {
			t.Error("a new task is not")
		}
	})
	// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html: stopped tasks for about an hour
	inWorld(t, "an ended one is there for an hour, and no more than a hundred are", func(t *testing.T, w *world) {
		w.create(1, 1, "")
		for range 120 {
			w.wait(20 * time.Second)
			w.kill(0)
		}
		w.wait(20 * time.Second)
		if n := len(w.tasks("STOPPED")); n != 100 {
			t.Errorf("%d tasks", n)
		}
		w.wait(2 * time.Hour)
		if n := len(w.tasks("STOPPED")); n != 0 {
			t.Errorf("%d tasks two hours later", n)
		}
	})
	inWorld(t, "Stop stops all tasks without draining them, and lets no service be made", func(t *testing.T, w *world) {
		w.delay = time.Hour
		w.create(1, 3, "")
		w.wait(10 * time.Second)
		w.scheduler.Stop()
		w.wait(5 * time.Second)
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.running) > 0 || len(w.scheduler.Status()) > 0 {
			t.Errorf("%v", w.running)
		}
		answer := fmt.Appendf(nil, `{"service":{"serviceArn":%q,"clusterArn":%q}}`, serviceARN, clusterARN)
		if _, err := w.scheduler.After(t.Context(), "CreateService", []byte(`{"serviceName":"app"}`), answer); code(err) != "ServerException" {
			t.Errorf("a service that moto has just made: %v", err)
		}
	})
}

// Time is real: the race detector is to see what goes on at once.
func TestACallThatIsMadeAgainAtOnce(t *testing.T) {
	w := &world{t: t, behaviours: map[string]behaviour{}, addresses: map[netip.Addr]bool{}, next: netip.MustParseAddr("10.0.0.4"),
		running: map[string]*fakeRunning{}, registered: map[netip.AddrPort]*fakeTarget{}, revisions: map[netip.Addr]string{}}
	w.scheduler = &Scheduler{Runtime: w, Network: w, Targets: w, Definitions: w, Declared: w.declared, Log: slog.New(slog.DiscardHandler)}
	defer w.scheduler.Close(t.Context())
	w.create(1, 0, "")
	answer := fmt.Appendf(nil, `{"service":{"serviceArn":%q,"clusterArn":%q}}`, serviceARN, clusterARN)
	var calls sync.WaitGroup
	for range 50 {
		calls.Go(func() { w.create(1, 0, "") })
		calls.Go(func() {
			if _, err := w.scheduler.After(t.Context(), "UpdateService", []byte(`{"service":"app"}`), answer); err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
}

// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html (healthCheckGracePeriodSeconds),
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-unhealthy-event-messages.html
func TestHealth(t *testing.T) {
	inWorld(t, "an unhealthy target is ignored during the grace period", func(t *testing.T, w *world) {
		w.behave("app:1", behaviour{startTakes: time.Second, unhealthyAfter: time.Second})
		w.create(1, 1, `,"healthCheckGracePeriodSeconds":60`)
		w.wait(60 * time.Second)
		if n := len(w.tasks("STOPPED")) + len(w.tasks("RUNNING")); n != 1 {
			t.Errorf("%d tasks", n)
		}
		w.wait(2 * time.Second)
		if n := len(w.tasks("RUNNING")); n != 2 {
			t.Errorf("after it, %d tasks: the replacement does not start", n)
		}
		w.wait(2 * time.Minute)
		stopped := w.tasks("STOPPED")[0]
		if stopped.StopCode != "ServiceSchedulerInitiated" || stopped.StoppedReason != "Task failed ELB health checks in (target-group "+groupARN+")" {
			t.Errorf("%+v", stopped)
		}
		if want := "(service app) (task #) (port 3000) is unhealthy in (target-group " + groupARN + ") due to (reason Health checks failed with these codes: [500])"; !slices.Contains(w.events(), want) {
			t.Errorf("events %q, want %q", w.events(), want)
		}
		if s := w.scheduler.Status()[0].Stopped[0]; s.Explanation != "in plain words" {
			t.Errorf("%+v", s)
		}
	})
	inWorld(t, "a task that was healthy and no longer is gets a replacement first", func(t *testing.T, w *world) {
		w.behave("app:1", behaviour{startTakes: time.Second, healthyAfter: time.Second, unhealthyAfter: 30 * time.Second, stopTakes: time.Second})
		w.create(1, 1, "")
		w.wait(10 * time.Second)
		least := 9
		w.sample(2*time.Minute, func(d described) { least = min(least, d.RunningCount) })
		if least != 1 || len(w.tasks("STOPPED")) < 3 {
			t.Errorf("%d run, %d were replaced", least, len(w.tasks("STOPPED")))
		}
	})
	inWorld(t, "a container that fails its health check has its task stopped", func(t *testing.T, w *world) {
		w.behave("app:1", behaviour{startTakes: time.Second, container: func(age time.Duration) string {
			if age < 10*time.Second {
				return "UNKNOWN"
			}
			return "UNHEALTHY"
		}})
		w.createPlain(1, 1, `,"deploymentConfiguration":{"maximumPercent":100,"deploymentCircuitBreaker":{"enable":true,"rollback":true}}`)
		w.wait(10 * time.Second)
		if d := w.describe(); d.RunningCount != 1 || d.Deployments[0].RolloutState != "IN_PROGRESS" {
			t.Errorf("%+v", d)
		}
		w.wait(time.Minute)
		stopped := w.tasks("STOPPED")[0]
		if stopped.StoppedReason != "Task failed container health checks" || stopped.HealthStatus != "UNHEALTHY" || w.describe().Deployments[0].RolloutState != "FAILED" {
			t.Errorf("%+v", stopped)
		}
	})
	inWorld(t, "with a health check of a container and a target, both must be healthy", func(t *testing.T, w *world) {
		w.behave("app:1", behaviour{startTakes: time.Second, healthyAfter: time.Second, container: func(age time.Duration) string {
			if age < 10*time.Second {
				return "UNKNOWN"
			}
			return "HEALTHY"
		}})
		w.create(1, 1, "")
		w.wait(10 * time.Second)
		if d := w.describe(); d.RunningCount != 0 {
			t.Errorf("%+v", d)
		}
		w.wait(3 * time.Second)
		if d := w.describe(); !d.steady() {
			t.Errorf("%+v", d)
		}
	})
}

package ecs

import (
	"errors"
	"slices"
	"testing"
	"time"
)

const alarmsOn = `,"deploymentConfiguration":{"alarms":{"alarmNames":["errors","hosts"],"enable":true,"rollback":true}}`

// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
func TestDeploymentAlarms(t *testing.T) {
	inWorld(t, "an alarm that begins to ring in a deployment rolls it back, and the old tasks serve all the while", func(t *testing.T, w *world) {
		w.create(1, 1, alarmsOn)
		w.wait(10 * time.Second)
		w.behave("app:2", behaviour{startTakes: time.Second, healthyAfter: time.Minute, stopTakes: time.Second})
		w.update(`"taskDefinition":"app:2"`)
		w.wait(5 * time.Second)
		failed := w.describe().Deployments[0].ID
		w.ring("errors", "another")
		w.sample(2*time.Minute, func(d described) {
			if d.RunningCount < 1 {
				t.Fatalf("no task serves: %+v", d)
			}
		})
		d := w.describe()
		if !d.steady() || !slices.Equal(d.revisions(), []string{"app:1"}) || d.Deployments[0].RolloutState != "COMPLETED" {
			t.Errorf("in the end: %+v", d)
		}
		events := w.events()
		i := slices.Index(events, "(service app) (deployment ecs-svc/#) deployment failed: alarm detected.")
		if i < 0 || events[i+1] != "(service app) rolling back to deployment ecs-svc/#." {
			t.Errorf("events %q", events)
		}
		f := w.scheduler.Status()[0].Failure
		if f == nil || f.Deployment != failed || f.Reason != "ECS deployment alarms: errors in the state ALARM." || shortName(f.RolledBackTo, "") != "app:1" || f.LastTask.ID != "" {
			t.Errorf("the failure is %+v", f)
		}
	})
	inWorld(t, "an alarm that rings from the start is of no account", func(t *testing.T, w *world) {
		w.create(1, 1, alarmsOn)
		w.wait(10 * time.Second)
		w.ring("hosts")
		w.update(`"taskDefinition":"app:2"`)
		w.wait(time.Minute)
		if d := w.describe(); !d.steady() || !slices.Equal(d.revisions(), []string{"app:2"}) {
			t.Errorf("%+v", d)
		}
	})
	inWorld(t, "an alarm that rings outside a deployment changes nothing", func(t *testing.T, w *world) {
		w.create(1, 1, alarmsOn)
		w.wait(10 * time.Second)
		w.ring("errors")
		w.wait(time.Minute)
		if d := w.describe(); !d.steady() || w.scheduler.Status()[0].Failure != nil {
			t.Errorf("%+v", d)
		}
	})
	for name, how := range map[string]string{
		"without rollback the deployment fails and stays": `{"alarmNames":["errors"],"enable":true,"rollback":false}`,
		"alarms that are not enabled are not heard":       `{"alarmNames":["errors"],"enable":false,"rollback":true}`,
	} {
		inWorld(t, name, func(t *testing.T, w *world) {
			w.create(1, 1, `,"deploymentConfiguration":{"alarms":`+how+`}`)
			w.wait(10 * time.Second)
			w.behave("app:2", behaviour{startTakes: time.Second, healthyAfter: 20 * time.Second, stopTakes: time.Second})
			w.update(`"taskDefinition":"app:2"`)
			w.wait(5 * time.Second)
			w.ring("errors")
			w.wait(time.Minute)
			d, failed := w.describe(), name == "without rollback the deployment fails and stays"
			if got := d.Deployments[0].RolloutState == "FAILED"; got != failed || d.RunningCount != 1 {
				t.Errorf("%+v", d)
			}
		})
	}
	inWorld(t, "while CloudWatch can't be asked, a deployment goes on", func(t *testing.T, w *world) {
		w.noAlarms = errors.New("moto is starting")
		w.create(1, 1, alarmsOn)
		w.wait(10 * time.Second)
		w.ring("errors")
		w.update(`"taskDefinition":"app:2"`)
		w.wait(time.Minute)
		if d := w.describe(); !d.steady() || !slices.Equal(d.revisions(), []string{"app:2"}) {
			t.Errorf("%+v", d)
		}
	})
	inWorld(t, "the service tells the alarms that it was given", func(t *testing.T, w *world) {
		w.create(1, 1, alarmsOn)
		w.wait(10 * time.Second)
		a := w.scheduler.services[serviceARN].settings.alarms
		if a == nil || !slices.Equal(a.AlarmNames, []string{"errors", "hosts"}) || !a.Enable || !a.Rollback {
			t.Errorf("got %+v", a)
		}
	})
}

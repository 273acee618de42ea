package ecs

import (
	"context"
	"time"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// sight is what the tasks of a service and their targets are like.
type sight struct {
	containers map[*task][]Container
	targets    map[string][]elbtypes.TargetHealthDescription // by target group
	// ringing are the alarms that ring in the deployment of; listened is set where that is known.
	of       *deployment
	ringing  []string
	listened bool
}

// look asks how tasks and targets are, without the lock: the answers may take a while.
func (v *service) look() sight {
	running := map[*task]Running{}
	seen := sight{containers: map[*task][]Container{}, targets: map[string][]elbtypes.TargetHealthDescription{}}
	v.scheduler.mu.Lock()
	for _, t := range v.tasks {
		if t.running == nil || t.desired == "STOPPED" {
			continue
		}
		running[t] = t.running
		for _, b := range t.deployment.revision.loadBalancers {
			seen.targets[b.TargetGroupARN] = nil
		}
	}
	alarms := v.listening()
	seen.of = v.primary()
	v.scheduler.mu.Unlock()
	if len(alarms) > 0 {
		seen.ring(v, alarms)
	}
	for t, r := range running {
		seen.containers[t] = r.Containers()
	}
	for group := range seen.targets {
		seen.targets[group] = v.scheduler.Targets.Health(group)
	}
	return seen
}

// ring asks for the alarms. What can't be told now is asked again.
func (s *sight) ring(v *service, names []string) {
	ctx, cancel := context.WithTimeout(v.ctx, alarmsLimit)
	defer cancel()
	ringing, err := v.scheduler.Alarms.Ringing(ctx, names)
	if err != nil {
		v.scheduler.Log.Debug("the alarms of a deployment can't be told", "service", v.name, "error", err)
		return
	}
	s.ringing, s.listened = ringing, true
}

// alarmsLimit is how long a look at the alarms may take.
const alarmsLimit = 5 * time.Second

// check brings what is known of a task up to date. The lock is held.
func (v *service) check(t *task, seen sight) {
	containers, ok := seen.containers[t]
	if !ok || t.desired == "STOPPED" {
		return
	}
	t.containers = containers
	c := checks{
		running:   t.status == "RUNNING",
		container: containerHealth(t.deployment.revision.definition, t.containers),
		age:       time.Since(t.ready),
		grace:     v.settings.grace,
	}
	for _, one := range t.targets() {
		health, known := stateOf(seen.targets[one.group], one.at)
		c.targets = append(c.targets, targetCheck{one, health, known})
	}
	t.condition, t.cause = assess(c)
	if t.condition != healthy {
		return
	}
	if t.status == "ACTIVATING" {
		t.startedAt = time.Now()
		v.set(t, "RUNNING")
	}
	if !t.wasHealthy {
		t.wasHealthy = true
		v.taskHealthy(t)
	}
}

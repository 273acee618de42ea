package ecs

import (
	"context"
	"net/netip"
	"time"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// drainLimit is the longest wait for a deregistered target: the longest deregistration delay that there is, and some.
const drainLimit = time.Hour + time.Minute

// stopLimit is the longest wait for a task to stop: the longest stop timeout on Fargate is 120 seconds,
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
const stopLimit = 3 * time.Minute

// drainPoll is how often it is looked whether a target is gone.
const drainPoll = 500 * time.Millisecond

// leave takes a task out of its target groups, waits until no request is on its way to it, and stops it. One whose
// containers are dead has nothing to wait for.
func (v *service) leave(t *task, running Running, registered []target, alive bool) {
	s := v.scheduler
	if len(registered) > 0 {
		s.mu.Lock()
		v.set(t, "DEACTIVATING")
		s.mu.Unlock()
		for _, one := range registered {
			if err := s.Targets.Deregister(one.group, one.at); err != nil {
				s.Log.Warn("a target can't be deregistered", "task", t.id, "target group", one.group, "error", err)
			}
			s.mu.Lock()
			v.event("deregistered 1 targets in (target-group %s)", one.group)
			s.mu.Unlock()
		}
		s.mu.Lock()
		v.eventOf(", taskSet "+t.deployment.id, "has begun draining connections on 1 tasks.")
		s.mu.Unlock()
		if alive {
			v.drain(t, running, registered)
		}
	}
	s.mu.Lock()
	v.set(t, "STOPPING")
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	if err := running.Stop(ctx); err != nil {
		s.Log.Error("a task can't be stopped", "task", t.id, "error", err)
	}
	containers := running.Containers()
	s.mu.Lock()
	t.containers = containers
	t.executionStopped = time.Now()
	v.set(t, "DEPROVISIONING")
	s.mu.Unlock()
}

// drain waits until the targets have outlived their deregistration delay, or the container or the service is gone.
func (v *service) drain(t *task, running Running, registered []target) {
	poll, limit := time.NewTicker(drainPoll), time.NewTimer(drainLimit)
	defer poll.Stop()
	defer limit.Stop()
	for {
		left := false
		for _, one := range registered {
			_, known := stateOf(v.scheduler.Targets.Health(one.group), one.at)
			left = left || known
		}
		if !left {
			return
		}
		select {
		case <-poll.C:
		case <-running.Exited():
			return
		case <-v.ctx.Done():
			return
		case <-limit.C:
			v.scheduler.Log.Warn("a target does not finish draining", "task", t.id)
			return
		}
	}
}

// stateOf finds the health of a target, and whether it is known.
func stateOf(all []elbtypes.TargetHealthDescription, at netip.AddrPort) (elbtypes.TargetHealth, bool) {
	for _, d := range all {
		if d.Target != nil && deref(d.Target.Id) == at.Addr().String() && deref(d.Target.Port) == int32(at.Port()) && d.TargetHealth != nil {
			return *d.TargetHealth, true
		}
	}
	return elbtypes.TargetHealth{}, false
}

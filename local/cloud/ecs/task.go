package ecs

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"sallyport/local/cloud/vpc"
)

// task is one task of a service. All but what is set when it is made is guarded by the Scheduler's lock.
type task struct {
	id         string
	arn        string
	attachment string // id
	zone       string
	deployment *deployment
	provider   string // capacity provider, empty where the service has a launch type
	tags       []tag
	// executeCommand is what the service said when the task was made: it can't be turned on for one that is there,
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
	executeCommand bool
	// life ends when the task is to stop; halt ends it.
	life context.Context
	halt context.CancelFunc

	network    vpc.Interface
	status     string // lastStatus
	desired    string // desiredStatus
	version    int
	condition  condition
	wasHealthy bool
	cause      failedCheck // why it is unhealthy
	// explanation is why its target is unhealthy, in plain words.
	explanation string
	running     Running
	containers  []Container

	created, pullStarted, pullStopped, connected, ready, startedAt time.Time
	stopping, executionStopped, stopped                            time.Time
	stopCode, stoppedReason                                        string
}

// target is what a task is in a target group.
type target struct {
	group string // ARN
	at    netip.AddrPort
}

// targets returns what the task is in each target group of its revision.
func (t *task) targets() []target {
	var all []target
	for _, b := range t.deployment.revision.loadBalancers {
		all = append(all, target{b.TargetGroupARN, netip.AddrPortFrom(t.network.Address, uint16(b.ContainerPort))})
	}
	return all
}

// set changes the last status of a task and wakes its service. The lock is held.
func (v *service) set(t *task, status string) {
	t.status = status
	t.version++
	v.poke()
}

// end asks a task to stop. The first reason stays. The lock is held.
func (v *service) end(t *task, code, reason string) {
	if t.desired == "STOPPED" {
		return
	}
	t.desired, t.stopCode, t.stoppedReason, t.stopping = "STOPPED", code, reason, time.Now()
	t.version++
	t.halt()
	v.poke()
}

// run brings a task from its provisioning to its end, along
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
func (v *service) run(t *task) {
	s := v.scheduler
	defer v.gone(t)
	attached, err := s.allocate(t)
	s.mu.Lock()
	if err != nil {
		v.failToStart(t, fmt.Errorf("ResourceInitializationError: %w", err))
		s.mu.Unlock()
		return
	}
	defer s.release(attached)
	t.network = attached
	t.pullStarted = time.Now()
	t.connected = t.pullStarted
	v.set(t, "PENDING")
	s.mu.Unlock()

	running, err := s.Runtime.Run(t.life, Task{ID: t.id, ARN: t.arn, ClusterName: v.clusterName, ServiceName: v.name,
		Definition: t.deployment.revision.definition, Interface: t.network})
	if err != nil {
		s.mu.Lock()
		v.failToStart(t, err)
		s.mu.Unlock()
		return
	}
	registered, err := v.register(t)
	v.started(t, running, len(registered) > 0, err)

	alive := true
	select {
	case <-t.life.Done():
	case exit := <-running.Exited():
		alive = false
		v.exited(t, exit, running.Containers())
	}
	v.leave(t, running, registered, alive)
}

// started notes that the containers of a task run, and that it could be registered where err is nil.
func (v *service) started(t *task, running Running, registered bool, err error) {
	containers := running.Containers()
	v.scheduler.mu.Lock()
	defer v.scheduler.mu.Unlock()
	t.running, t.containers = running, containers
	t.ready = time.Now()
	t.pullStopped = t.ready
	switch {
	case err != nil:
		v.failToStart(t, fmt.Errorf("ResourceInitializationError: %w", err))
	case registered:
		v.set(t, "ACTIVATING")
	default:
		t.startedAt = t.ready
		v.set(t, "RUNNING")
	}
}

// failToStart notes why a task did not come to run, unless it was to stop anyway. The lock is held.
func (v *service) failToStart(t *task, reason error) {
	if t.desired == "STOPPED" || v.ctx.Err() != nil {
		return
	}
	v.end(t, "TaskFailedToStart", reason.Error())
	v.event("was unable to place a task. Reason: %s", reason)
	if errors.Is(reason, ErrNoCapacity) {
		t.deployment.postpone(capacityMaximum)
	} else {
		v.taskFailed(t, true)
	}
}

// exited notes that an essential container has exited.
func (v *service) exited(t *task, exit Exit, containers []Container) {
	v.scheduler.mu.Lock()
	defer v.scheduler.mu.Unlock()
	v.scheduler.Log.Info("container exited", "task", t.id, "container", exit.Container, "code", exit.Code, "reason", exit.Reason)
	if t.desired == "STOPPED" {
		return
	}
	t.containers = containers
	v.end(t, "EssentialContainerExited", "Essential container in task exited")
	if !t.wasHealthy {
		v.taskFailed(t, true)
	}
}

// register makes the task a target. It returns what has been registered, also when there is an error.
func (v *service) register(t *task) (registered []target, err error) {
	for _, one := range t.targets() {
		if err := v.scheduler.Targets.Register(one.group, t.network.SubnetID, one.at); err != nil {
			return registered, err
		}
		registered = append(registered, one)
		v.scheduler.mu.Lock()
		v.event("registered 1 targets in (target-group %s)", one.group)
		v.scheduler.mu.Unlock()
	}
	return registered, nil
}

// gone ends a task's life; it can still be described.
func (v *service) gone(t *task) {
	v.scheduler.mu.Lock()
	defer v.scheduler.mu.Unlock()
	t.halt()
	t.stopped = time.Now()
	v.set(t, "STOPPED")
	v.bury(t)
}

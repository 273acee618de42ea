package ecs

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"sallyport/local/cloud/vpc"
)

// tick is how often a service looks at the health of its tasks.
const tick = time.Second

// stoppedLimit is how many ended tasks of a service can be described.
const stoppedLimit = 100

// service is one service. What is not set when it is made is guarded by the Scheduler's lock.
type service struct {
	scheduler                          *Scheduler
	arn, name, clusterARN, clusterName string
	clientToken                        string
	created                            time.Time
	// ctx ends when the service is forgotten: its tasks stop.
	ctx    context.Context
	cancel context.CancelFunc
	wake   chan struct{}

	shell       map[string]any // moto's
	settings    settings
	status      string        // ACTIVE, DRAINING or INACTIVE
	inactive    time.Time     // since when
	deployments []*deployment // the newest, which is PRIMARY, first
	completed   *deployment   // the last that was, which a failed one goes back to
	failure     *DeploymentFailure
	tasks       []*task // that are not STOPPED, oldest first
	ended       []*task // that are, oldest first
	events      []event // newest first
	steady      bool
	steadyAt    time.Time
}

// poke makes the service look at itself soon.
func (v *service) poke() {
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

// loop keeps the service at its desired count until it is forgotten.
func (v *service) loop() {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		v.reconcile()
		select {
		case <-v.ctx.Done():
			return
		case <-v.wake:
		case <-ticker.C:
		}
	}
}

// reconcile looks at the health of all tasks and does what plan says.
func (v *service) reconcile() {
	seen := v.look()
	s := v.scheduler
	s.mu.Lock()
	defer s.mu.Unlock()
	if v.ctx.Err() != nil {
		return
	}
	v.expire()
	if v.status == "INACTIVE" {
		return
	}
	for _, t := range v.tasks {
		v.check(t, seen)
	}
	v.heed(seen)
	v.act(plan(v.situation()))
	if v.status == "ACTIVE" {
		v.settle()
	}
	if v.status == "DRAINING" && len(v.tasks) == 0 {
		v.status, v.inactive, v.deployments = "INACTIVE", time.Now(), v.deployments[:1]
	}
}

// situation is what plan decides upon. The lock is held.
func (v *service) situation() situation {
	d := v.primary()
	s := situation{
		desired:        v.settings.desired,
		minimumPercent: v.settings.minimumPercent,
		maximumPercent: v.settings.maximumPercent,
		halted:         d.state == "FAILED",
		throttled:      time.Now().Before(d.nextStart),
	}
	for _, t := range v.tasks {
		if t.desired == "RUNNING" {
			s.members = append(s.members, member{t.id, t.zone, t.deployment == d, t.condition})
		}
	}
	return s
}

// act does what was decided. The lock is held.
func (v *service) act(d decision) {
	primary, state := v.primary(), v.primary().state
	if d.stuck && !primary.stuck {
		primary.stuck = true
		v.event("was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.")
	}
	var stopped []*task
	for _, t := range v.tasks {
		switch {
		case slices.Contains(d.stop, t.id):
			v.end(t, "ServiceSchedulerInitiated", fmt.Sprintf("Scaling activity initiated by (deployment %s)", t.deployment.id))
			stopped = append(stopped, t)
		case slices.Contains(d.unhealthy, t.id):
			v.endUnhealthy(t)
			stopped = append(stopped, t)
		}
	}
	if len(stopped) > 0 {
		v.event("has stopped %d running tasks: %s.", len(stopped), listed(stopped))
	}
	if v.primary() != primary || primary.state != state {
		v.poke() // it has failed just now: what was decided is of no use
		return
	}
	if d.start == 0 {
		return
	}
	var started []*task
	for range d.start {
		started = append(started, v.start())
	}
	v.event("has started %d tasks: %s.", len(started), listed(started))
}

// endUnhealthy stops a task because it fails its health checks. The lock is held.
func (v *service) endUnhealthy(t *task) {
	if t.cause.group == "" {
		v.event("(task %s) failed container health checks.", t.id)
		v.end(t, "ServiceSchedulerInitiated", "Task failed container health checks")
	} else {
		t.explanation = v.scheduler.Targets.Explanation(t.cause.group, netip.AddrPortFrom(t.network.Address, uint16(t.cause.port)))
		v.event("(task %s) (port %d) is unhealthy in (target-group %s) due to (reason %s)", t.id, t.cause.port, t.cause.group, t.cause.reason)
		v.end(t, "ServiceSchedulerInitiated", fmt.Sprintf("Task failed ELB health checks in (target-group %s)", t.cause.group))
	}
	v.taskFailed(t, false)
}

// start makes a task of the primary deployment and sets it going. The lock is held.
func (v *service) start() *task {
	d := v.primary()
	zone := func(subnet string) string {
		if declared := v.scheduler.Declared(); declared != nil {
			return deref(declared.Subnets[subnet].AvailabilityZone)
		}
		return ""
	}
	var taken []string
	providers := map[string]int{}
	for _, t := range v.tasks {
		if t.deployment == d && t.desired == "RUNNING" {
			taken = append(taken, t.network.SubnetID)
			providers[t.provider]++
		}
	}
	subnet := place(d.revision.network.Subnets, zone, taken)
	t := &task{
		id: newID(), attachment: newUUID(), zone: zone(subnet), deployment: d, provider: d.revision.provider(providers),
		network: vpc.Interface{SubnetID: subnet, GroupIDs: d.revision.network.SecurityGroups},
		status:  "PROVISIONING", desired: "RUNNING", version: 1, created: time.Now(),
		tags: v.taskTags(d.revision), executeCommand: v.settings.executeCommand,
	}
	t.arn = arnOf(v.clusterARN, "task", v.clusterName+"/"+t.id)
	t.life, t.halt = context.WithCancel(v.ctx)
	v.tasks = append(v.tasks, t)
	v.scheduler.work.Go(func() { v.run(t) })
	return t
}

// bury moves a task to the ended ones. The lock is held.
func (v *service) bury(t *task) {
	v.tasks = slices.DeleteFunc(v.tasks, func(other *task) bool { return other == t })
	t.running = nil
	v.ended = append(v.ended, t)
	v.ended = slices.Delete(v.ended, 0, max(0, len(v.ended)-stoppedLimit))
}

// expire forgets what has ended long ago. The lock is held.
func (v *service) expire() {
	v.ended = slices.DeleteFunc(v.ended, func(t *task) bool { return time.Since(t.stopped) >= kept })
	if v.status == "INACTIVE" && time.Since(v.inactive) >= kept {
		if v.scheduler.services[v.arn] == v {
			delete(v.scheduler.services, v.arn)
		}
		v.cancel()
	}
}

// counts returns how many tasks of a deployment, or of all when it is nil, are running and on their way there. The lock
// is held.
func (v *service) counts(d *deployment) (running, pending, desired int) {
	for _, t := range v.tasks {
		if d != nil && t.deployment != d {
			continue
		}
		if t.desired == "RUNNING" {
			desired++
		}
		switch t.status {
		case "RUNNING":
			running++
		case "PROVISIONING", "PENDING", "ACTIVATING":
			pending++
		}
	}
	return running, pending, desired
}

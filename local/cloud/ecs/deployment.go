package ecs

import (
	"fmt"
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// The thresholds of the deployment circuit breaker,
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
const (
	breakerMinimum = 3
	breakerMaximum = 200
)

// Between tries to start tasks a service waits longer and longer, up to 27 minutes,
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-throttle-logic.html
// AWS does not say where it begins.
const (
	throttleMinimum = 2 * time.Second
	throttleMaximum = 27 * time.Minute
	// capacityMaximum is the longest wait for a Runtime that starts no task at all: it can be back at any time.
	capacityMaximum = 15 * time.Second
)

// impairedAfter is how many tasks have to fail before the service says that it can't start tasks consistently.
const impairedAfter = 3

// revision is what the tasks of a deployment are made from.
type revision struct {
	definition      *ecstypes.TaskDefinition
	definitionTags  []tag
	network         network
	loadBalancers   []loadBalancer
	platformVersion string
	strategy        []share // empty for the launch type FARGATE
}

// deployment is one try to run a revision.
type deployment struct {
	id               string
	revision         revision
	created, updated time.Time
	state            string // IN_PROGRESS, COMPLETED or FAILED
	reason           string

	heard bool // alarms were asked once
	deaf  bool // one rang from the start

	failed    int // tasks since the last one that was healthy
	throttle  time.Duration
	nextStart time.Time
	impaired  bool // it has been said
	stuck     bool // it has been said
}

func newDeployment(r revision) *deployment {
	now := time.Now()
	d := &deployment{id: newDeploymentID(), revision: r, created: now, updated: now, state: "IN_PROGRESS"}
	d.reason = "ECS deployment " + d.id + " in progress."
	return d
}

func (d *deployment) definitionARN() string { return deref(d.revision.definition.TaskDefinitionArn) }

// primary returns the deployment that the service is to have. The lock is held.
func (v *service) primary() *deployment { return v.deployments[0] }

// deploy makes a revision the primary deployment. What is there stays until it has been replaced. The lock is held.
func (v *service) deploy(r revision) *deployment {
	d := newDeployment(r)
	v.deployments = append([]*deployment{d}, v.deployments...)
	v.steady = false
	return d
}

// breakerThreshold is how many failed tasks make a deployment fail: half of the desired ones, rounded up, 3 to 200.
func breakerThreshold(desired int) int {
	return min(max((desired+1)/2, breakerMinimum), breakerMaximum)
}

// taskFailed counts a task that has failed to start or to become healthy. toStart is set for one that has not run for
// long enough to be checked. The lock is held.
func (v *service) taskFailed(t *task, toStart bool) {
	d := t.deployment
	d.failed++
	if toStart {
		d.postpone(throttleMaximum)
	}
	if toStart && d.failed >= impairedAfter && !d.impaired {
		d.impaired = true
		v.event("is unable to consistently start tasks successfully. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.")
	}
	if d == v.primary() && d.state == "IN_PROGRESS" && v.status == "ACTIVE" && v.settings.breaker.Enable && d.failed >= breakerThreshold(v.settings.desired) {
		v.fail(d, cause{
			event: "tasks failed to start.", reason: breakerPrefix + "tasks failed to start.",
			prefix: breakerPrefix, rollback: v.settings.breaker.Rollback, last: t,
		})
	}
}

// postpone makes the next start wait twice as long as the one before. The lock is held.
func (d *deployment) postpone(longest time.Duration) {
	if now := time.Now(); !now.Before(d.nextStart) { // tasks that were started together fail together
		d.throttle = min(max(2*d.throttle, throttleMinimum), longest)
		d.nextStart = now.Add(d.throttle)
	}
}

// taskHealthy is told when a task has become healthy: what failed before no longer counts. The lock is held.
func (v *service) taskHealthy(t *task) {
	d := t.deployment
	d.failed, d.throttle, d.nextStart, d.impaired = 0, 0, time.Time{}, false
}

// breakerPrefix begins what the circuit breaker says.
const breakerPrefix = "ECS deployment circuit breaker: "

// cause is why a deployment has failed.
type cause struct {
	event, reason string // the event's words, and the deployment's
	prefix        string // of what is said of the rollback
	rollback      bool
	last          *task // the one that failed last, nil where it was not tasks
}

// fail ends a deployment, and goes back to the last one that was completed where the service says so. Without one
// nothing is started any more. The lock is held.
func (v *service) fail(d *deployment, why cause) {
	d.state, d.updated = "FAILED", time.Now()
	d.reason = why.reason
	v.event("(deployment %s) deployment failed: %s", d.id, why.event)
	v.failure = &DeploymentFailure{
		Deployment: d.id, TaskDefinition: d.definitionARN(), Reason: d.reason, At: d.updated,
	}
	if why.last != nil {
		v.failure.LastTask = stoppedTask(why.last)
	}
	target := v.completed
	if !why.rollback || target == nil {
		return
	}
	v.completed = nil // it may be gone back to again once it is completed again
	back := v.deploy(target.revision)
	back.reason = fmt.Sprintf("%srolling back to deploymentId %s.", why.prefix, target.id)
	v.event("rolling back to deployment %s.", target.id)
	v.failure.RolledBackTo = back.definitionARN()
}

// settle completes the primary deployment, drops those that have no task left and says when the service is steady. The
// lock is held.
func (v *service) settle() {
	now := time.Now()
	alive := map[*deployment]int{}
	ready := 0
	for _, t := range v.tasks {
		alive[t.deployment]++
		if t.deployment == v.primary() && t.condition == healthy && t.desired == "RUNNING" {
			ready++
		}
	}
	d := v.primary()
	rest := v.deployments[:1]
	for _, old := range v.deployments[1:] {
		if alive[old] > 0 {
			rest = append(rest, old)
		}
	}
	clear(v.deployments[len(rest):])
	v.deployments = rest
	reached := len(rest) == 1 && ready == v.settings.desired && alive[d] == ready
	if reached && d.state == "IN_PROGRESS" {
		d.state, d.updated, d.reason = "COMPLETED", now, "ECS deployment "+d.id+" completed."
		v.event("(deployment %s) deployment completed.", d.id)
	}
	if d.state == "COMPLETED" {
		v.completed = d
	}
	reached = reached && d.state == "COMPLETED"
	if reached && (!v.steady || now.Sub(v.steadyAt) >= steadyEvery) {
		v.event("has reached a steady state.")
		v.steadyAt = now
	}
	v.steady = reached
}

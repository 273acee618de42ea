package why

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// rollbackSlack is how long before or after the primary deployment's start the event of the rollback may come.
const rollbackSlack = time.Minute

// primary is the deployment that the service is to have. An empty one stands for none.
func (f *facts) primary() ecstypes.Deployment {
	for _, d := range f.service.Deployments {
		if aws.ToString(d.Status) == "PRIMARY" {
			return d
		}
	}
	return ecstypes.Deployment{TaskDefinition: f.service.TaskDefinition}
}

// blamed is the revision that the report is about: the newest of the state, else one whose deployment failed, else what
// the service runs.
func (f *facts) blamed() string {
	if f.wanted != "" {
		return f.wanted
	}
	for _, d := range f.service.Deployments {
		if d.RolloutState == ecstypes.DeploymentRolloutStateFailed {
			return lastPart(d.TaskDefinition)
		}
	}
	return lastPart(f.primary().TaskDefinition)
}

// rolledBack tells whether a revision that does not run has been tried: a revision that only was registered has no
// deployment, no task and no event.
func (f *facts) rolledBack(revision string) bool {
	for _, d := range f.service.Deployments {
		if lastPart(d.TaskDefinition) == revision {
			return true
		}
	}
	return len(f.failed(revision)) > 0 || f.rollback() >= 0
}

// rollback is the index of the event that began the primary deployment as a rollback, or -1.
func (f *facts) rollback() int {
	began := aws.ToTime(f.primary().CreatedAt)
	return slices.IndexFunc(f.service.Events, func(e ecstypes.ServiceEvent) bool {
		return strings.Contains(aws.ToString(e.Message), "rolling back to") &&
			aws.ToTime(e.CreatedAt).Sub(began).Abs() < rollbackSlack
	})
}

// primaryFailed tells whether the deployment of the revision in question has failed.
func (f *facts) primaryFailed() bool {
	revision, primary := f.blamed(), f.primary()
	return primary.RolloutState == ecstypes.DeploymentRolloutStateFailed || lastPart(primary.TaskDefinition) != revision && f.rolledBack(revision)
}

// short tells whether the revision that the service is to run has too few tasks.
func (f *facts) short() bool {
	primary := f.primary()
	return lastPart(primary.TaskDefinition) == f.blamed() && primary.RunningCount < f.service.DesiredCount
}

// failed are the tasks of a revision that were not asked to stop, the latest first.
func (f *facts) failed(revision string) []ecstypes.Task {
	var failed []ecstypes.Task
	for _, t := range f.stopped {
		if lastPart(t.TaskDefinitionArn) == revision && !asked(t) {
			failed = append(failed, t)
		}
	}
	return failed
}

// events are those of the deployment in question, the newest first: since the service was last steady, and those that
// led to a rollback rather than those after it.
func (f *facts) events() []ecstypes.ServiceEvent {
	events := f.service.Events
	if at := f.rollback(); at >= 0 {
		events = events[at:]
	} else if !f.short() && !f.primaryFailed() {
		return events
	}
	end := slices.IndexFunc(events, func(e ecstypes.ServiceEvent) bool {
		return strings.HasSuffix(aws.ToString(e.Message), "has reached a steady state.")
	})
	if end >= 0 {
		events = events[:end]
	}
	return events
}

// unhealthy is why a task's target was unhealthy, by the events of the service; empty where none tells:
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-unhealthy-event-messages.html
func (f *facts) unhealthy(task string) string {
	for _, e := range f.service.Events {
		message := aws.ToString(e.Message)
		if reason, ok := unhealthyReason(message); ok && strings.Contains(message, "(task "+task+")") {
			return reason
		}
	}
	return ""
}

func unhealthyReason(message string) (string, bool) {
	_, reason, ok := strings.Cut(message, "due to (reason ")
	return strings.TrimSuffix(strings.TrimSuffix(reason, "."), ")"), ok
}

// check is the health check of the target group, with AWS's defaults:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
func (f *facts) check() healthCheck {
	g := cmp.Or(f.group, &elbtypes.TargetGroup{})
	c := healthCheck{path: cmp.Or(aws.ToString(g.HealthCheckPath), "/"), matcher: "200", seconds: cmp.Or(aws.ToInt32(g.HealthCheckTimeoutSeconds), 5), port: fmt.Sprint(aws.ToInt32(g.Port))}
	switch g.Protocol {
	case elbtypes.ProtocolEnumTcp, elbtypes.ProtocolEnumTls, elbtypes.ProtocolEnumUdp, elbtypes.ProtocolEnumTcpUdp:
		c.network = true
	}
	if g.Matcher != nil {
		c.matcher = cmp.Or(aws.ToString(g.Matcher.HttpCode), c.matcher)
	}
	for _, b := range f.service.LoadBalancers {
		if b.ContainerPort != nil {
			c.port = fmt.Sprint(*b.ContainerPort)
		}
	}
	return c
}

func describeTarget(t elbtypes.TargetHealthDescription) Target {
	var out Target
	if t.Target != nil {
		out.Address = aws.ToString(t.Target.Id)
		if t.Target.Port != nil {
			out.Address = net.JoinHostPort(out.Address, strconv.Itoa(int(*t.Target.Port)))
		}
	}
	if h := t.TargetHealth; h != nil {
		out.State, out.Reason, out.Description = string(h.State), string(h.Reason), aws.ToString(h.Description)
	}
	return out
}

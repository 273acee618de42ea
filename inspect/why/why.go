package why

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"sallyport/inspect/api"
	"sallyport/inspect/stack"
)

// Explain asks AWS what became of the service of a stack. It needs only what the stack's state has: exports are lost
// after an update that failed. It is an error only when AWS does not tell about the service; what else can't be asked
// for is said in the summary.
func Explain(ctx context.Context, clients *api.Clients, s *stack.Stack) (*Report, error) {
	f, err := gather(ctx, clients, s)
	if err != nil {
		return nil, err
	}
	return f.report(), nil
}

// facts are what AWS and Pulumi's state say, as far as it is judged.
type facts struct {
	resources int    // in the state
	cluster   string // name; empty where the state has none
	service   *ecstypes.Service
	// gone is the name of a service that the state has and AWS has not.
	gone string
	// unlisted is true where AWS has the service and the state has not.
	unlisted bool
	// wanted is the newest revision in the state, FAMILY:NUMBER; empty where it has none.
	wanted  string
	stopped []ecstypes.Task // the latest first
	// log is the end of the log of the task logged (ARN), the latest that failed and came to log something.
	logged  string
	log     []string
	group   *elbtypes.TargetGroup
	targets []elbtypes.TargetHealthDescription
	link    *vpcLink // nil where the state has none
	// noLogsRole is true where the state has a REST API and API Gateway no role to write its logs with.
	noLogsRole bool
	// unknown says what AWS did not tell, as sentences without a full stop.
	unknown []string
}

// The longest lists in a Report.
const (
	maxTasks  = 5
	maxEvents = 10
)

func (f *facts) report() *Report {
	v := f.judge()
	r := &Report{Cluster: f.cluster, Broken: v.broken, Summary: append(v.summary, f.unknown...), Advice: v.advice}
	for _, t := range f.targets {
		r.Targets = append(r.Targets, describeTarget(t))
	}
	if f.service == nil {
		return r
	}
	r.Service = aws.ToString(f.service.ServiceName)
	for _, t := range f.failed(f.blamed()) {
		if len(r.Tasks) < maxTasks {
			r.Tasks = append(r.Tasks, f.describeTask(t))
		}
	}
	for _, d := range f.service.Deployments {
		r.Deployments = append(r.Deployments, Deployment{
			Revision: lastPart(d.TaskDefinition), Status: aws.ToString(d.Status), RolloutState: string(d.RolloutState),
			Reason: aws.ToString(d.RolloutStateReason), Desired: d.DesiredCount, Running: d.RunningCount, Failed: d.FailedTasks,
		})
	}
	for _, e := range f.events() {
		if len(r.Events) < maxEvents {
			r.Events = append(r.Events, Event{aws.ToTime(e.CreatedAt), aws.ToString(e.Message)})
		}
	}
	return r
}

func (f *facts) describeTask(t ecstypes.Task) StoppedTask {
	out := StoppedTask{
		ID: lastPart(t.TaskArn), Revision: lastPart(t.TaskDefinitionArn), StoppedAt: aws.ToTime(t.StoppedAt),
		Code: string(t.StopCode), Reason: aws.ToString(t.StoppedReason),
	}
	if aws.ToString(t.TaskArn) == f.logged {
		out.Log = f.log
	}
	for _, c := range t.Containers {
		out.Containers = append(out.Containers, Container{aws.ToString(c.Name), c.ExitCode, aws.ToString(c.Reason)})
	}
	return out
}

// endedAt is when a task ended, which one that is still stopping does now.
func endedAt(t ecstypes.Task) time.Time {
	for _, at := range []*time.Time{t.StoppedAt, t.StoppingAt, t.CreatedAt} {
		if at != nil {
			return *at
		}
	}
	return time.Time{}
}

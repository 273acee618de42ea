package why

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// verdict is what is made of the facts.
type verdict struct {
	broken          bool
	summary, advice []string
	// well is what can be said of a service that runs as it should; it comes first only where nothing else is wrong.
	well    string
	healthy int // targets
}

// pulumiKnows is what to do where AWS has nothing to tell.
const pulumiKnows = "read what Pulumi said when it failed: it names the resource and the reason"

func (v *verdict) say(format string, a ...any) {
	v.summary = append(v.summary, fmt.Sprintf(format, a...))
}

// blame says what is wrong. The same advice is given once.
func (v *verdict) blame(says, todo string) {
	v.broken = true
	v.summary = append(v.summary, says)
	if todo != "" && !slices.Contains(v.advice, todo) {
		v.advice = append(v.advice, todo)
	}
}

// judge asks nothing more.
func (f *facts) judge() verdict {
	v := &verdict{}
	if f.service == nil {
		f.judgeMissing(v)
		f.judgeGateway(v)
		return *v
	}
	f.judgeDeployment(v)
	f.judgeTasks(v)
	f.judgeTargets(v)
	f.judgeGateway(v)
	if f.unlisted {
		v.blame(fmt.Sprintf("Pulumi's state does not have the service %s: the update was stopped while it was made", aws.ToString(f.service.ServiceName)),
			"if the next update says that the service exists already, delete it or import it (pulumi import)")
	}
	if v.broken && v.well != "" {
		v.say("%s", v.well)
	}
	if !v.broken {
		if v.healthy > 0 {
			v.well += fmt.Sprintf(", targets that are healthy: %d", v.healthy)
		}
		v.summary = append([]string{"AWS sees nothing wrong: " + v.well}, v.summary...)
		v.advice = append(v.advice, "if an update failed, "+pulumiKnows)
	}
	return *v
}

func (f *facts) judgeMissing(v *verdict) {
	switch {
	case f.resources == 0:
		v.blame("nothing is deployed: the stack has no resources", "make up deploys it; where that failed, "+pulumiKnows)
	case f.gone != "":
		v.blame(fmt.Sprintf("the service %s is gone: Pulumi's state has it, and AWS does not", f.gone),
			"pulumi refresh notes what is gone, and another update makes it again")
	case f.cluster != "":
		v.blame(fmt.Sprintf("there is no service yet: the cluster %s is empty, so no task was ever started", f.cluster), pulumiKnows)
	default:
		v.blame("there is no service yet: the update failed before it made the cluster", pulumiKnows)
	}
}

// judgeDeployment says what became of the revision that should run. It is always broken while the revision is not
// deployed.
func (f *facts) judgeDeployment(v *verdict) {
	if status := aws.ToString(f.service.Status); status == "DRAINING" {
		v.blame("the service is being deleted: its tasks are stopping", "")
		return
	}
	primary, revision := f.primary(), f.blamed()
	running := lastPart(primary.TaskDefinition)
	tasks := fmt.Sprintf("%d of %d tasks of %s", f.service.RunningCount, f.service.DesiredCount, running)
	done := primary.RolloutState == ecstypes.DeploymentRolloutStateCompleted || primary.RolloutState == ""
	switch {
	case revision != running && f.rolledBack(revision) && done:
		v.blame(fmt.Sprintf("the deployment of %s failed and was rolled back to %s", revision, running), "")
	case revision != running && f.rolledBack(revision):
		v.blame(fmt.Sprintf("the deployment of %s failed and is being rolled back to %s", revision, running), "")
	case revision != running:
		v.blame(fmt.Sprintf("the service runs %s, and was not brought to run %s", running, revision), pulumiKnows)
	case primary.RolloutState == ecstypes.DeploymentRolloutStateFailed:
		v.blame(fmt.Sprintf("the deployment of %s failed, and ECS had no earlier one to go back to", running), "")
		v.say("%s run", tasks)
	case !done:
		v.blame(fmt.Sprintf("the deployment of %s is not finished: %d of %d tasks run, %d are starting, %d have failed",
			running, primary.RunningCount, primary.DesiredCount, primary.PendingCount, primary.FailedTasks), "")
		if primary.FailedTasks == 0 {
			v.advice = append(v.advice, "give it a few minutes, and ask again")
		}
	case f.service.DesiredCount == 0:
		v.well = "the service is told to run no tasks (app.count)"
	case f.service.RunningCount < f.service.DesiredCount:
		v.blame(fmt.Sprintf("%s run: the deployment succeeded, and tasks have stopped since", tasks), "")
	default:
		v.well = tasks + " run, the deployment has completed"
	}
}

// judgeTasks says why tasks of the revision stopped, and without any why none came to be.
func (f *facts) judgeTasks(v *verdict) {
	revision := f.blamed()
	failed := f.failed(revision)
	var causes []cause
	count := map[cause]int{}
	for _, t := range failed {
		c := causeOf(t, f.unhealthy(lastPart(t.TaskArn)), f.check(), f.logOf(t))
		if count[c]++; count[c] == 1 {
			causes = append(causes, c)
		}
	}
	// A task of a healthy service may have stopped long ago.
	well := !v.broken
	for _, c := range causes {
		says := fmt.Sprintf("%s of %s stopped: %s", number(count[c], "task"), revision, c.says)
		if well {
			v.say("since then all is well, but in the last hour %s", says)
			continue
		}
		v.blame(says, c.todo)
	}
	if len(causes) == 0 && (f.primaryFailed() || f.short()) {
		f.judgeEvents(v, revision)
	}
}

// judgeEvents says what the events do of a revision whose tasks AWS has none of any more.
func (f *facts) judgeEvents(v *verdict, revision string) {
	for _, e := range f.events() {
		message := aws.ToString(e.Message)
		c, ok := match(patterns, message)
		if !ok {
			c, ok = match(placement, message)
		}
		if !ok && strings.Contains(message, "unable to place a task") {
			_, reason, _ := strings.Cut(message, "Reason: ")
			c, ok = cause{says: "AWS says: " + firstLine(reason)}, reason != ""
		}
		if ok {
			v.blame(fmt.Sprintf("tasks of %s can't be started: %s", revision, c.says), c.todo)
			return
		}
		if reason, ok := unhealthyReason(message); ok {
			c := causeOfHealth("", reason, f.check())
			v.blame(fmt.Sprintf("tasks of %s were replaced, since %s", revision, c.says), c.todo)
			return
		}
	}
	if f.primaryFailed() {
		v.say("AWS no longer tells why tasks of %s stopped: it forgets them after an hour", revision)
		v.advice = append(v.advice, "look at what they logged (make logs), or update again and ask within the hour")
	}
}

func number(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

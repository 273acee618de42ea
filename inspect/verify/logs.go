package verify

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

func judgeAppLog(f *Facts) Finding {
	tasks := f.running()
	if len(tasks) == 0 {
		return noTask
	}
	var problems []problem
	var last time.Time
	for _, t := range tasks {
		at := f.LoggedBy[aws.ToString(t.TaskArn)]
		if at.IsZero() {
			problems = append(problems, problem{fmt.Sprintf("task %s has logged nothing to %s", tail(t.TaskArn), f.Outputs.LogGroupName),
				"Have the app log a line when it starts. If it does, its execution role may not write to this log group, or the task definition names another one.", true})
		}
		if at.After(last) {
			last = at
		}
	}
	return verdict(problems, fmt.Sprintf("%s logged to %s, the last line at %s", count(len(tasks), "task"), f.Outputs.LogGroupName, last.UTC().Format(time.TimeOnly+" MST")))
}

func judgeAccessLog(f *Facts) Finding {
	var problems []problem
	for _, l := range f.stageLogs() {
		if l.destination == "" {
			problems = append(problems, problem{what: fmt.Sprintf("stage %s has no access log", l.stage), todo: redeploy})
		}
	}
	var found int
	for _, a := range f.Answers {
		if a.Status == 0 {
			continue // never arrived, so nothing can be logged of it
		}
		ok := slices.ContainsFunc(append(slices.Clone(a.Earlier), a.RequestID), func(id string) bool {
			_, logged := f.Access[id]
			return logged
		})
		switch {
		case a.RequestID == "":
			problems = append(problems, problem{fmt.Sprintf("the answer to %s has no request id", a.Probe),
				fmt.Sprintf("An API Gateway answers with the header %s: something else answers at this URL.", f.Outputs.requestIDHeader()), true})
		case !ok:
			problems = append(problems, problem{fmt.Sprintf("%s (%s) is not in the access log", a.Probe, a.RequestID),
				"Lines take up to some minutes. If they stay away, look that the stage's access log has a destination that exists.", true})
		default:
			found++
		}
	}
	if f.Outputs.Probes != nil && len(f.Outputs.Probes) == 0 {
		return verdict(problems, "there is one; no request was sent, since the stack has no probes")
	}
	if found == 0 && len(problems) == 0 {
		return later("no request was answered, so none can be in the access log", "See the checks of the requests.")
	}
	return verdict(problems, fmt.Sprintf("%s found by request id", count(found, "line")))
}

func judgeOverhead(f *Facts) Finding {
	var problems []problem
	var overheads []int
	for _, a := range f.Answers {
		line, ok := f.Access[a.RequestID]
		if !ok || a.Status != 200 { // of a request that came not so far the line has no numbers
			continue
		}
		whole, wholeOK := milliseconds(line.ResponseLatency)
		behind, behindOK := milliseconds(line.IntegrationLatency)
		if !wholeOK || !behindOK {
			problems = append(problems, problem{
				what: fmt.Sprintf("the line of %s has responseLatency %q and integrationLatency %q", a.Probe, line.ResponseLatency, line.IntegrationLatency),
				todo: "The access log's format must have both in milliseconds, as $context.responseLatency and $context.integrationLatency:" + formats(f.stageLogs()) + " " + redeploy,
			})
			continue
		}
		overheads = append(overheads, whole-behind)
	}
	if len(overheads) == 0 && len(problems) == 0 {
		return later("not measured: no line of an answered request has arrived in the access log", "See the check access-log and those of the requests.")
	}
	return verdict(problems, median(overheads))
}

// milliseconds reads a latency; a variable without a value is a hyphen in the log.
func milliseconds(text string) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 0
}

func median(list []int) string {
	if len(list) == 0 {
		return ""
	}
	slices.Sort(list)
	n := len(list)
	middle := float64(list[(n-1)/2]+list[n/2]) / 2
	return fmt.Sprintf("median %g ms, largest %d ms, of %s (response latency minus integration latency)", middle, list[n-1], count(n, "request"))
}

func formats(logs []stageLog) string {
	var text string
	for _, l := range logs {
		if l.destination != "" {
			text += fmt.Sprintf(" stage %s has %s.", l.stage, oneLine(l.format))
		}
	}
	return text
}

package e2e

import (
	"strings"
	"testing"
)

// task is what DescribeTasks tells.
type task struct {
	TaskArn, LastStatus, StopCode, StoppedReason, AvailabilityZone, CapacityProviderName string
	StoppingAt                                                                           float64
	Containers                                                                           []struct {
		RuntimeID string
		ExitCode  *int
	}
	Attachments []struct {
		Details []struct{ Name, Value string }
	}
}

// detail is a detail of the task's network interface, empty where there is none.
func (t task) detail(name string) string {
	for _, attachment := range t.Attachments {
		for _, d := range attachment.Details {
			if d.Name == name {
				return d.Value
			}
		}
	}
	return ""
}

// hostname is what the app shows as its task.
func (t task) hostname() string {
	return "ip-" + strings.ReplaceAll(t.detail("privateIPv4Address"), ".", "-") + ".ec2.internal"
}

// tasksOf are the tasks of the exported service that are meant to be RUNNING, or STOPPED.
func tasksOf(t *testing.T, exported map[string]string, desired string) []task {
	t.Helper()
	list := ask[struct{ TaskArns []string }](t, "ecs", "ListTasks", map[string]any{
		"cluster": exported["clusterName"], "serviceName": exported["serviceName"], "desiredStatus": desired})
	if len(list.TaskArns) == 0 {
		return nil
	}
	return ask[struct{ Tasks []task }](t, "ecs", "DescribeTasks", map[string]any{
		"cluster": exported["clusterName"], "tasks": list.TaskArns}).Tasks
}

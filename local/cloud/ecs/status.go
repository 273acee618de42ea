package ecs

import (
	"cmp"
	"slices"
	"time"
)

// ServiceStatus tells how a service is, for people.
type ServiceStatus struct {
	Cluster string `json:"cluster"`
	Service string `json:"service"`
	Status  string `json:"status"` // ACTIVE, DRAINING or INACTIVE
	Desired int    `json:"desired"`
	Running int    `json:"running"`
	Pending int    `json:"pending"`
	// Deployment is the primary one, with the task definition that it runs.
	Deployment         string `json:"deployment"`
	TaskDefinition     string `json:"taskDefinition"`
	RolloutState       string `json:"rolloutState"`
	RolloutStateReason string `json:"rolloutStateReason"`
	FailedTasks        int    `json:"failedTasks"`
	// Failure is the last deployment that failed, also when it was rolled back. It stays until the service is given
	// another deployment.
	Failure *DeploymentFailure `json:"failure,omitempty"`
	// Stopped are the tasks that ended last and were not asked to by the scheduler or a user, the latest first.
	Stopped []StoppedTask `json:"stopped,omitempty"`
	Events  []string      `json:"events,omitempty"` // the latest first
}

// DeploymentFailure is a deployment that the circuit breaker or an alarm has ended.
type DeploymentFailure struct {
	Deployment     string      `json:"deployment"`
	TaskDefinition string      `json:"taskDefinition"`
	Reason         string      `json:"reason"`
	LastTask       StoppedTask `json:"lastTask"`               // empty where an alarm has ended it
	RolledBackTo   string      `json:"rolledBackTo,omitempty"` // task definition
	At             time.Time   `json:"at"`
}

// StoppedTask is a task that ended, and why.
type StoppedTask struct {
	ID             string `json:"id"`
	TaskDefinition string `json:"taskDefinition"`
	StopCode       string `json:"stopCode"`
	Reason         string `json:"reason"`
	// Explanation says in plain words why its target was unhealthy.
	Explanation string             `json:"explanation,omitempty"`
	Containers  []StoppedContainer `json:"containers,omitempty"`
}

// StoppedContainer is how a container ended.
type StoppedContainer struct {
	Name     string `json:"name"`
	ExitCode *int   `json:"exitCode,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

// The longest lists in a ServiceStatus.
const (
	statusTasks  = 5
	statusEvents = 10
)

// Status tells how each service is, ordered by cluster and name.
func (s *Scheduler) Status() []ServiceStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []ServiceStatus{}
	for _, v := range s.services {
		d := v.primary()
		running, pending, _ := v.counts(nil)
		status := ServiceStatus{
			Cluster: v.clusterName, Service: v.name, Status: v.status,
			Desired: v.settings.desired, Running: running, Pending: pending,
			Deployment: d.id, TaskDefinition: d.definitionARN(), RolloutState: d.state, RolloutStateReason: d.reason,
			FailedTasks: d.failed, Failure: v.failure,
		}
		for _, t := range slices.Backward(v.ended) {
			asked := t.stopCode == "UserInitiated" || t.stopCode == "ServiceSchedulerInitiated" && t.condition != unhealthy
			if len(status.Stopped) < statusTasks && !asked {
				status.Stopped = append(status.Stopped, stoppedTask(t))
			}
		}
		for _, e := range v.events[:min(len(v.events), statusEvents)] {
			status.Events = append(status.Events, e.Message)
		}
		all = append(all, status)
	}
	slices.SortFunc(all, func(a, b ServiceStatus) int {
		return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Service, b.Service))
	})
	return all
}

func stoppedTask(t *task) StoppedTask {
	out := StoppedTask{ID: t.id, TaskDefinition: t.deployment.definitionARN(), StopCode: t.stopCode, Reason: t.stoppedReason, Explanation: t.explanation}
	for _, c := range t.containers {
		out.Containers = append(out.Containers, StoppedContainer{c.Name, c.ExitCode, c.Reason})
	}
	return out
}

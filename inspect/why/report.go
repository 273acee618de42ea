// Package why tells in plain words what broke a deployment: from what AWS says of the service, its tasks, their
// containers and logs, and the targets of the load balancer.
package why

import "time"

// Report is what was found out.
type Report struct {
	// Service and Cluster are names; empty where AWS has none.
	Service string `json:"service,omitempty"`
	Cluster string `json:"cluster,omitempty"`
	// Broken is false where AWS says that all is well.
	Broken bool `json:"broken"`
	// Summary is what happened, the verdict first, as sentences without a full stop. Never empty.
	Summary []string `json:"summary"`
	// Tasks are those of the failing revision that stopped by themselves, the latest first. AWS remembers them for an
	// hour or so: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-errors.html
	Tasks []StoppedTask `json:"tasks,omitempty"`
	// Targets are those of the load balancer.
	Targets []Target `json:"targets,omitempty"`
	// Deployments are those that the service has now, the primary one first.
	Deployments []Deployment `json:"deployments,omitempty"`
	// Events are the service's latest, the newest first.
	Events []Event `json:"events,omitempty"`
	// Advice is what to do next, as sentences without a full stop.
	Advice []string `json:"advice,omitempty"`
}

// StoppedTask is a task that ran, or was to run.
type StoppedTask struct {
	ID       string `json:"id"`
	Revision string `json:"revision"` // FAMILY:NUMBER
	// StoppedAt is zero while the task is still stopping.
	StoppedAt  time.Time   `json:"stoppedAt,omitzero"`
	Code       string      `json:"code,omitempty"` // AWS's stopCode, such as EssentialContainerExited
	Reason     string      `json:"reason"`         // AWS's stoppedReason
	Containers []Container `json:"containers,omitempty"`
	// Log is the last that its container logged, the latest line last. Of the latest task with a log alone.
	Log []string `json:"log,omitempty"`
}

// Container is one of a stopped task.
type Container struct {
	Name string `json:"name"`
	// ExitCode is nil where the container never ran.
	ExitCode *int32 `json:"exitCode,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

// Target is an address that the load balancer sends requests to.
type Target struct {
	Address     string `json:"address"`               // IP:PORT
	State       string `json:"state"`                 // such as unhealthy
	Reason      string `json:"reason,omitempty"`      // such as Target.ResponseCodeMismatch
	Description string `json:"description,omitempty"` // AWS's words for the reason
}

// Deployment is a rollout of one revision.
type Deployment struct {
	Revision     string `json:"revision"`     // FAMILY:NUMBER
	Status       string `json:"status"`       // PRIMARY, ACTIVE or INACTIVE
	RolloutState string `json:"rolloutState"` // COMPLETED, FAILED or IN_PROGRESS
	Reason       string `json:"reason,omitempty"`
	Desired      int32  `json:"desired"`
	Running      int32  `json:"running"`
	Failed       int32  `json:"failed"` // tasks that failed to start or to stay
}

// Event is a line of the service's events.
type Event struct {
	At      time.Time `json:"at"`
	Message string    `json:"message"`
}

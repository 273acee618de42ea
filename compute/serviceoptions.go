package compute

import (
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// options of the service: what it waits for and how long its steps may take, and what an update leaves to others.
func (a *ServiceArgs) options(parent pulumi.Resource, first []pulumi.Resource, leaveAlarms pulumi.ResourceOption) []pulumi.ResourceOption {
	options := []pulumi.ResourceOption{pulumi.Parent(parent), pulumi.DependsOn(first), pulumi.Timeouts(&pulumi.CustomTimeouts{
		Create: a.deploymentTimeout().String(),
		Update: a.deploymentTimeout().String(),
		Delete: a.deleteTimeout().String(),
	})}
	if leaveAlarms != nil {
		options = append(options, leaveAlarms)
	}
	if a.Scaled {
		options = append(options, pulumi.IgnoreChanges([]string{"desiredCount"}))
	}
	return options
}

func (a *ServiceArgs) deploymentTimeout() time.Duration {
	return time.Duration(a.DeploymentTimeout) * time.Second
}

// deleteTimeout is the provider's own 20 minutes on top of what the tasks may take to drain and stop. With less, a
// destroy gives up while the service is still draining.
func (a *ServiceArgs) deleteTimeout() time.Duration {
	return 20*time.Minute + time.Duration(a.DeregistrationDelay+a.StopTimeout)*time.Second
}

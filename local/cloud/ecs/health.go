package ecs

import (
	"slices"
	"strings"
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// unchecked is how long a task without any health check has to run to count as healthy,
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
const unchecked = 40 * time.Second

// failedCheck is the health check that a task fails: of a target group, or of a container where that is empty.
type failedCheck struct {
	group  string // ARN
	port   int
	reason string
}

// checks is what is known of a task's health.
type checks struct {
	running bool // its last status is RUNNING
	targets []targetCheck
	// container is the health of all essential containers with a health check, empty without any.
	container string
	age       time.Duration // since its containers run
	grace     time.Duration
}

type targetCheck struct {
	target
	health elbtypes.TargetHealth
	known  bool
}

// assess says what a task counts for, by
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html and, for the grace period,
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
func assess(c checks) (condition, failedCheck) {
	late := c.age >= c.grace
	fine := c.container == "" || c.container == "HEALTHY"
	if c.container == "UNHEALTHY" && late {
		return unhealthy, failedCheck{}
	}
	for _, t := range c.targets {
		fine = fine && t.known && t.health.State == elbtypes.TargetHealthStateEnumHealthy
		if late && t.known && fails(t.health) {
			return unhealthy, failedCheck{t.group, int(t.at.Port()), deref(t.health.Description)}
		}
	}
	if len(c.targets) == 0 && c.container == "" {
		fine = c.age >= unchecked
	}
	switch {
	case fine:
		return healthy, failedCheck{}
	case c.running:
		return waiting, failedCheck{}
	}
	return starting, failedCheck{}
}

// fails reports whether a target's health is reason to replace its task. A target that gets no traffic because no
// listener forwards to its group is not the task's fault; one in a zone that its load balancer doesn't have is.
func fails(h elbtypes.TargetHealth) bool {
	return h.State == elbtypes.TargetHealthStateEnumUnhealthy ||
		h.State == elbtypes.TargetHealthStateEnumUnused && strings.Contains(deref(h.Description), "Availability Zone")
}

// containerHealth is the health of a task by its essential containers that have a health check: UNHEALTHY when one is,
// HEALTHY when all are, else UNKNOWN, and empty when none has a check,
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/healthcheck.html
func containerHealth(definition *ecstypes.TaskDefinition, containers []Container) string {
	health := ""
	for _, d := range definition.ContainerDefinitions {
		if d.HealthCheck == nil || d.Essential != nil && !*d.Essential {
			continue
		}
		one := "UNKNOWN"
		if i := slices.IndexFunc(containers, func(c Container) bool { return c.Name == deref(d.Name) }); i >= 0 && containers[i].Health != "" {
			one = containers[i].Health
		}
		switch {
		case one == "UNHEALTHY" || health == "UNHEALTHY":
			health = "UNHEALTHY"
		case one == "UNKNOWN" || health == "UNKNOWN":
			health = "UNKNOWN"
		default:
			health = one
		}
	}
	return health
}

package ecs

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// tag is a tag as ECS has it.
type tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// network is an awsvpcConfiguration.
type network struct {
	Subnets        []string `json:"subnets"`
	SecurityGroups []string `json:"securityGroups"`
	AssignPublicIP string   `json:"assignPublicIp"`
}

type loadBalancer struct {
	TargetGroupARN string `json:"targetGroupArn"`
	ContainerName  string `json:"containerName"`
	ContainerPort  int    `json:"containerPort"`
}

type breaker struct {
	Enable   bool `json:"enable"`
	Rollback bool `json:"rollback"`
}

// settings are what a service has apart from its revisions.
type settings struct {
	desired                        int
	minimumPercent, maximumPercent int
	breaker                        breaker
	alarms                         *deploymentAlarms // nil when they were never given
	grace                          time.Duration
	managedTags, executeCommand    bool
	propagateTags                  string
	rebalancing                    string // empty when it was never given
	tags                           []tag
}

// The defaults are AWS's, https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
var defaults = settings{minimumPercent: 100, maximumPercent: 200, propagateTags: "NONE"}

// input is what CreateService and UpdateService take, as far as it is obeyed.
type input struct {
	Cluster                  string
	Service                  string // UpdateService
	ServiceName              string // CreateService
	ClientToken              string
	TaskDefinition           string
	DesiredCount             *int
	LaunchType               string
	CapacityProviderStrategy *[]share
	CapacityProviders        []string // of a cluster
	PlatformVersion          string
	SchedulingStrategy       string
	ForceNewDeployment       bool
	LoadBalancers            *[]loadBalancer
	NetworkConfiguration     *struct {
		AwsvpcConfiguration *network
	}
	DeploymentConfiguration *struct {
		MinimumHealthyPercent    *int
		MaximumPercent           *int
		DeploymentCircuitBreaker *breaker
		Alarms                   *deploymentAlarms
	}
	HealthCheckGracePeriodSeconds *int
	EnableECSManagedTags          *bool
	EnableExecuteCommand          *bool
	PropagateTags                 string
	AvailabilityZoneRebalancing   string
	Tags                          []tag
}

func readInput(body []byte) (in input, err error) {
	if err := json.Unmarshal(body, &in); err != nil {
		return in, refusal("SerializationException", "the input can't be read: %s", err)
	}
	return in, nil
}

// change returns the settings with what the input names.
func (s settings) change(in input) settings {
	set(&s.desired, in.DesiredCount)
	if d := in.DeploymentConfiguration; d != nil {
		set(&s.minimumPercent, d.MinimumHealthyPercent)
		set(&s.maximumPercent, d.MaximumPercent)
		set(&s.breaker, d.DeploymentCircuitBreaker)
		if d.Alarms != nil {
			s.alarms = d.Alarms
		}
	}
	if in.HealthCheckGracePeriodSeconds != nil {
		s.grace = time.Duration(*in.HealthCheckGracePeriodSeconds) * time.Second
	}
	set(&s.managedTags, in.EnableECSManagedTags)
	set(&s.executeCommand, in.EnableExecuteCommand)
	if in.PropagateTags != "" {
		s.propagateTags = in.PropagateTags
	}
	if in.AvailabilityZoneRebalancing != "" {
		s.rebalancing = in.AvailabilityZoneRebalancing
	}
	return s
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// change returns the revision with what the input names, and whether that is a change.
func (s *Scheduler) change(ctx context.Context, r revision, in input) (revision, bool, error) {
	changed := r
	if in.TaskDefinition != "" {
		out, err := s.Definitions.DescribeTaskDefinition(ctx, in.TaskDefinition)
		if err != nil {
			return r, false, err
		}
		changed.definition, changed.definitionTags = out.TaskDefinition, nil
		for _, t := range out.Tags {
			changed.definitionTags = append(changed.definitionTags, tag{deref(t.Key), deref(t.Value)})
		}
	}
	if in.NetworkConfiguration != nil && in.NetworkConfiguration.AwsvpcConfiguration != nil {
		changed.network = *in.NetworkConfiguration.AwsvpcConfiguration
		if changed.network.AssignPublicIP == "" {
			changed.network.AssignPublicIP = "DISABLED"
		}
	}
	if in.LoadBalancers != nil {
		changed.loadBalancers = *in.LoadBalancers
	}
	if in.CapacityProviderStrategy != nil {
		changed.strategy = *in.CapacityProviderStrategy
	}
	if in.PlatformVersion != "" {
		changed.platformVersion = in.PlatformVersion
	}
	return changed, !same(r, changed), nil
}

// same reports whether two revisions make the same tasks. Another strategy alone starts no deployment.
func same(a, b revision) bool {
	arn := func(r revision) string {
		if r.definition == nil {
			return ""
		}
		return deref(r.definition.TaskDefinitionArn)
	}
	sorted := func(s []string) []string { return slices.Sorted(slices.Values(s)) }
	return arn(a) == arn(b) && a.platformVersion == b.platformVersion && a.network.AssignPublicIP == b.network.AssignPublicIP &&
		slices.Equal(sorted(a.network.Subnets), sorted(b.network.Subnets)) &&
		slices.Equal(sorted(a.network.SecurityGroups), sorted(b.network.SecurityGroups)) &&
		(len(a.loadBalancers)+len(b.loadBalancers) == 0 || reflect.DeepEqual(a.loadBalancers, b.loadBalancers))
}

// taskTags are the tags of a new task, https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html
// The lock is held.
func (v *service) taskTags(r revision) []tag {
	var tags []tag
	if v.settings.managedTags {
		tags = append(tags, tag{"aws:ecs:clusterName", v.clusterName}, tag{"aws:ecs:serviceName", v.name})
	}
	switch v.settings.propagateTags {
	case "SERVICE":
		tags = append(tags, v.settings.tags...)
	case "TASK_DEFINITION":
		tags = append(tags, r.definitionTags...)
	}
	return tags
}

// hasPort reports whether a container of a task definition is there, and whether it has a port.
func hasPort(d *ecstypes.TaskDefinition, container string, port int) (there, open bool) {
	for _, c := range d.ContainerDefinitions {
		if deref(c.Name) != container {
			continue
		}
		there = true
		for _, p := range c.PortMappings {
			open = open || int(deref(p.ContainerPort)) == port
		}
	}
	return there, open
}

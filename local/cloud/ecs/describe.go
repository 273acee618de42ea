package ecs

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// complete puts into moto's answer what the service really is. The lock is held.
func (v *service) complete(object map[string]any) {
	running, pending, _ := v.counts(nil)
	s, d := v.settings, v.primary()
	object["status"] = v.status
	object["desiredCount"], object["runningCount"], object["pendingCount"] = s.desired, running, pending
	object["taskDefinition"] = d.definitionARN()
	object["loadBalancers"] = slices.Concat([]loadBalancer{}, d.revision.loadBalancers)
	object["networkConfiguration"] = map[string]any{"awsvpcConfiguration": d.revision.network}
	object["platformVersion"], object["platformFamily"] = d.revision.platformVersion, "Linux"
	object["schedulingStrategy"] = "REPLICA"
	d.revision.describeCapacity(object)
	configuration := map[string]any{
		"deploymentCircuitBreaker": s.breaker,
		"maximumPercent":           s.maximumPercent,
		"minimumHealthyPercent":    s.minimumPercent,
	}
	if s.alarms != nil {
		configuration["alarms"] = s.alarms
	}
	object["deploymentConfiguration"] = configuration
	object["healthCheckGracePeriodSeconds"] = int(s.grace / time.Second)
	object["enableECSManagedTags"], object["enableExecuteCommand"] = s.managedTags, s.executeCommand
	object["propagateTags"] = s.propagateTags
	if s.rebalancing != "" {
		object["availabilityZoneRebalancing"] = s.rebalancing
	}
	object["createdAt"] = epoch(v.created)
	object["events"] = slices.Concat([]event{}, v.events)
	deployments := []map[string]any{}
	if v.status != "INACTIVE" {
		for i := range v.deployments {
			deployments = append(deployments, v.describeDeployment(i))
		}
	}
	object["deployments"] = deployments
}

func (v *service) describeDeployment(i int) map[string]any {
	d := v.deployments[i]
	running, pending, desired := v.counts(d)
	status := "ACTIVE"
	if i == 0 {
		status, desired = "PRIMARY", v.settings.desired
	}
	object := map[string]any{
		"id": d.id, "status": status, "taskDefinition": d.definitionARN(),
		"desiredCount": desired, "runningCount": running, "pendingCount": pending, "failedTasks": d.failed,
		"createdAt": epoch(d.created), "updatedAt": epoch(d.updated),
		"platformVersion": platformVersion, "platformFamily": "Linux",
		"networkConfiguration": map[string]any{"awsvpcConfiguration": d.revision.network},
		"rolloutState":         d.state, "rolloutStateReason": d.reason,
	}
	d.revision.describeCapacity(object)
	return object
}

// platformVersion is what LATEST stands for,
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/platform-fargate.html
const platformVersion = "1.4.0"

// describeTask is a task as DescribeTasks has it. The lock is held.
func (v *service) describeTask(t *task, withTags bool) map[string]any {
	definition := t.deployment.revision.definition
	health := containerHealth(definition, t.containers)
	if health == "" {
		health = "UNKNOWN"
	}
	object := map[string]any{
		"taskArn": t.arn, "clusterArn": v.clusterARN, "taskDefinitionArn": t.deployment.definitionARN(),
		"group": "service:" + v.name, "startedBy": t.deployment.id, "version": t.version,
		"lastStatus": t.status, "desiredStatus": t.desired, "healthStatus": health,
		"launchType": "FARGATE", "platformVersion": platformVersion, "platformFamily": "Linux",
		"cpu": deref(definition.Cpu), "memory": deref(definition.Memory),
		"availabilityZone": t.zone, "enableExecuteCommand": t.executeCommand,
		"attributes":       []map[string]any{{"name": "ecs.cpu-architecture", "value": architecture(definition)}},
		"attachments":      []map[string]any{t.describeAttachment()},
		"containers":       v.describeContainers(t),
		"overrides":        map[string]any{"containerOverrides": []any{}, "inferenceAcceleratorOverrides": []any{}},
		"ephemeralStorage": map[string]any{"sizeInGiB": ephemeralStorage(definition)},
		"tags":             []tag{},
	}
	if withTags {
		object["tags"] = slices.Concat([]tag{}, t.tags)
	}
	if t.provider != "" {
		object["capacityProviderName"] = t.provider
	}
	put(object, "createdAt", t.created)
	put(object, "pullStartedAt", t.pullStarted)
	put(object, "pullStoppedAt", t.pullStopped)
	put(object, "startedAt", t.startedAt)
	put(object, "stoppingAt", t.stopping)
	put(object, "executionStoppedAt", t.executionStopped)
	put(object, "stoppedAt", t.stopped)
	if !t.connected.IsZero() {
		object["connectivity"], object["connectivityAt"] = "CONNECTED", epoch(t.connected)
	}
	if t.stopCode != "" {
		object["stopCode"], object["stoppedReason"] = t.stopCode, t.stoppedReason
	}
	return object
}

func (v *service) describeContainers(t *task) []map[string]any {
	all := []map[string]any{}
	for i, d := range t.deployment.revision.definition.ContainerDefinitions {
		object := map[string]any{
			"containerArn": arnOf(v.clusterARN, "container", v.clusterName+"/"+t.id+"/"+containerID(t, i)), "taskArn": t.arn,
			"name": deref(d.Name), "image": deref(d.Image), "cpu": strconv.Itoa(int(d.Cpu)),
			"lastStatus": "PENDING", "healthStatus": "UNKNOWN",
			"networkBindings": []any{}, "networkInterfaces": []any{},
		}
		if t.status == "STOPPED" {
			object["lastStatus"] = "STOPPED"
		}
		if d.Memory != nil {
			object["memory"] = strconv.Itoa(int(*d.Memory))
		}
		if t.network.Address.IsValid() {
			object["networkInterfaces"] = []map[string]string{{"attachmentId": t.attachment, "privateIpv4Address": t.network.Address.String()}}
		}
		for _, c := range t.containers {
			if c.Name == deref(d.Name) {
				c.describe(object, d.HealthCheck != nil)
			}
		}
		all = append(all, object)
	}
	return all
}

// containerID makes the id of a task's i-th container from the task's, so that it stays.
func containerID(t *task, i int) string {
	return fmt.Sprintf("%s%02x", t.attachment[:len(t.attachment)-2], i)
}

func (c Container) describe(object map[string]any, checked bool) {
	object["lastStatus"] = c.Status
	for name, value := range map[string]string{"reason": c.Reason, "imageDigest": c.ImageDigest, "runtimeId": c.RuntimeID} {
		if value != "" {
			object[name] = value
		}
	}
	if c.ExitCode != nil {
		object["exitCode"] = *c.ExitCode
	}
	if checked && c.Health != "" {
		object["healthStatus"] = c.Health
	}
}

// ephemeralStorage is the size of a task's disk in GiB: 20 unless the task definition says more. Nothing limits it here.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-storage.html
func ephemeralStorage(d *ecstypes.TaskDefinition) int32 {
	if d.EphemeralStorage != nil {
		return d.EphemeralStorage.SizeInGiB
	}
	return 20
}

// architecture is how a task names the processor that it is for.
func architecture(d *ecstypes.TaskDefinition) string {
	if d.RuntimePlatform != nil && d.RuntimePlatform.CpuArchitecture == ecstypes.CPUArchitectureArm64 {
		return "arm64"
	}
	return "x86_64"
}

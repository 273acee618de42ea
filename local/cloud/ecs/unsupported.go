package ecs

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
)

// unsupportedActions are the calls that the local cloud refuses, and what to do instead.
var unsupportedActions = map[string]string{
	"RunTask":                       "tasks run in services only; make a service, or run the image with `docker run`.",
	"StartTask":                     "it is for container instances, and all tasks run on Fargate.",
	"ExecuteCommand":                "use `docker exec` with the container of the task.",
	"CreateTaskSet":                 "only the deployment controller ECS is there.",
	"UpdateTaskSet":                 "only the deployment controller ECS is there.",
	"DeleteTaskSet":                 "only the deployment controller ECS is there.",
	"UpdateServicePrimaryTaskSet":   "only the deployment controller ECS is there.",
	"CreateCapacityProvider":        "all tasks run on Fargate; use FARGATE or FARGATE_SPOT.",
	"UpdateCapacityProvider":        "all tasks run on Fargate; use FARGATE or FARGATE_SPOT.",
	"RegisterContainerInstance":     "all tasks run on Fargate, which has no container instances.",
	"UpdateContainerInstancesState": "all tasks run on Fargate, which has no container instances.",
	"UpdateTaskProtection":          "a task is stopped when its deployment or the desired count says so.",
	"GetTaskProtection":             "a task is stopped when its deployment or the desired count says so.",
	"ListServiceDeployments":        "DescribeServices tells a service's deployments and events.",
	"DescribeServiceDeployments":    "DescribeServices tells a service's deployments and events.",
	"DescribeServiceRevisions":      "DescribeServices tells a service's deployments and events.",
	"StopServiceDeployment":         "call UpdateService with the task definition to go back to.",
	"ContinueServiceDeployment":     "only rolling deployments are there.",
	"CreateExpressGatewayService":   "make a service behind a load balancer.",
	"UpdateExpressGatewayService":   "make a service behind a load balancer.",
	"CreateDaemon":                  "all tasks run on Fargate, which has no daemons.",
	"CreateGateway":                 "make a load balancer.",
}

// unsupportedService are the parts of a service that the local cloud refuses, and why.
var unsupportedService = map[string]string{
	"serviceConnectConfiguration": "there is no Service Connect; use a load balancer.",
	"serviceRegistries":           "there is no service discovery; use a load balancer.",
	"vpcLatticeConfigurations":    "there is no VPC Lattice; use a load balancer.",
	"volumeConfigurations":        "there are no EBS volumes; use a plain volume of the task definition.",
	"placementConstraints":        "Fargate has none.",
	"placementStrategy":           "Fargate has none.",
	"gatewayConnectors":           "there are no ECS gateways; use a load balancer.",
	"monitoring":                  "there are no service metrics.",
	"role":                        "a service in awsvpc network mode uses the service-linked role.",
}

// unsupportedDeployment are the parts of a deployment configuration that the local cloud refuses, and why.
var unsupportedDeployment = map[string]string{
	"bakeTimeInMinutes":    "only rolling deployments are there.",
	"canaryConfiguration":  "only rolling deployments are there.",
	"linearConfiguration":  "only rolling deployments are there.",
	"lifecycleHooks":       "only rolling deployments without hooks are there.",
	"earlySuccessCriteria": "a deployment is complete when all its tasks are healthy.",
}

// given returns the names of an object's members that say something, in order.
func given(object map[string]any) []string {
	var names []string
	for name, value := range object {
		if says(value) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// says reports whether a value is more than nothing, false, zero or empty.
func says(value any) bool {
	switch value := value.(type) {
	case nil:
		return false
	case []any:
		return len(value) > 0
	case map[string]any:
		return len(given(value)) > 0
	case float64:
		return value != 0
	}
	return !reflect.ValueOf(value).IsZero()
}

// refuseGiven refuses an object with a member that is in the table.
func refuseGiven(code, of string, object any, table map[string]string) error {
	members, _ := object.(map[string]any)
	for _, name := range given(members) {
		if reason, ok := table[name]; ok {
			return refusal(code, "%s%s is not there in the local cloud: %s", of, name, reason)
		}
	}
	return nil
}

func readObject(body []byte) (map[string]any, error) {
	var object map[string]any
	if err := json.Unmarshal(body, &object); err != nil {
		return nil, refusal("SerializationException", "the input can't be read: %s", err)
	}
	return object, nil
}

// checkService refuses what a service can't have here, and what AWS refuses for one on Fargate.
func checkService(body []byte, in input, create bool) error {
	object, err := readObject(body)
	if err != nil {
		return err
	}
	if err := refuseGiven("InvalidParameterException", "", object, unsupportedService); err != nil {
		return err
	}
	configuration, _ := object["deploymentConfiguration"].(map[string]any)
	if err := refuseGiven("InvalidParameterException", "deploymentConfiguration.", configuration, unsupportedDeployment); err != nil {
		return err
	}
	if strategy, ok := configuration["strategy"]; ok && says(strategy) && strategy != "ROLLING" {
		return invalid("The deployment strategy %v is not there in the local cloud: only ROLLING is.", strategy)
	}
	circuit, _ := configuration["deploymentCircuitBreaker"].(map[string]any)
	if reset, ok := circuit["resetOnHealthyTask"].(bool); says(circuit["thresholdConfiguration"]) || ok && !reset {
		return invalid("The local cloud's circuit breaker has AWS's default threshold, and resets with each healthy task: leave out thresholdConfiguration and resetOnHealthyTask.")
	}
	if controller, _ := object["deploymentController"].(map[string]any); says(controller["type"]) && controller["type"] != "ECS" {
		return invalid("The deployment controller %v is not there in the local cloud: only ECS is.", controller["type"])
	}
	strategy := deref(in.CapacityProviderStrategy)
	if err := checkStrategy(strategy); err != nil {
		return err
	}
	if in.LaunchType != "" && len(strategy) > 0 {
		return invalid("Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.")
	}
	if create && in.LaunchType != "FARGATE" && len(strategy) == 0 {
		return invalid("The launch type is %q, and the local cloud runs all tasks on Fargate: set launchType to FARGATE, or a capacityProviderStrategy.", in.LaunchType)
	}
	if create && in.TaskDefinition == "" {
		return invalid("TaskDefinition can not be blank.")
	}
	if !slices.Contains([]string{"", "LATEST", platformVersion}, in.PlatformVersion) {
		return invalid("The platform version %s is not there in the local cloud: set LATEST or %s.", in.PlatformVersion, platformVersion)
	}
	if !slices.Contains([]string{"", "REPLICA"}, in.SchedulingStrategy) {
		return invalid("The scheduling strategy %s is not supported by Fargate: set REPLICA.", in.SchedulingStrategy)
	}
	return checkServiceValues(in, create)
}

// desiredMaximum is AWS's quota of tasks per service,
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html
const desiredMaximum = 5000

func checkServiceValues(in input, create bool) error {
	if n := deref(in.DesiredCount); n < 0 || n > desiredMaximum {
		return invalid("desiredCount %d must be 0 to %d.", n, desiredMaximum)
	}
	if n := deref(in.HealthCheckGracePeriodSeconds); n < 0 || n > math.MaxInt32 {
		return invalid("healthCheckGracePeriodSeconds %d must be 0 to %d.", n, math.MaxInt32)
	}
	if create && deref(in.HealthCheckGracePeriodSeconds) > 0 && len(deref(in.LoadBalancers)) == 0 {
		return invalid("Health check grace period is only valid for services configured to use load balancers.")
	}
	if d := in.DeploymentConfiguration; d != nil {
		if p := d.MinimumHealthyPercent; p != nil && (*p < 0 || *p > 100) {
			return invalid("minimumHealthyPercent %d must be 0 to 100.", *p)
		}
		if p := d.MaximumPercent; p != nil && (*p < 100 || *p > math.MaxInt32) {
			return invalid("maximumPercent %d must be at least 100.", *p)
		}
	}
	n := in.NetworkConfiguration
	switch {
	case n == nil && !create:
		return nil
	case n == nil || n.AwsvpcConfiguration == nil:
		return invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
	case len(n.AwsvpcConfiguration.Subnets) == 0:
		return invalid("subnets can not be empty.")
	case n.AwsvpcConfiguration.SecurityGroups == nil:
		return invalid("The local cloud needs networkConfiguration.awsvpcConfiguration.securityGroups: name the group of the tasks.")
	case !slices.Contains([]string{"", "ENABLED", "DISABLED"}, n.AwsvpcConfiguration.AssignPublicIP):
		return invalid("assignPublicIp %s must be ENABLED or DISABLED.", n.AwsvpcConfiguration.AssignPublicIP)
	}
	return nil
}

// checkRevision refuses what AWS refuses of a service's task definition and target groups.
func (s *Scheduler) checkRevision(r revision) error {
	if r.definition.Status == "INACTIVE" {
		return refusal("ClientException", "TaskDefinition is inactive")
	}
	for _, b := range r.loadBalancers {
		there, open := hasPort(r.definition, b.ContainerName, b.ContainerPort)
		switch {
		case b.TargetGroupARN == "":
			return invalid("The local cloud has no Classic Load Balancer: name a target group.")
		case !there:
			return invalid("The container %s does not exist in the task definition.", b.ContainerName)
		case !open:
			return invalid("The container %s did not have a container port %d defined.", b.ContainerName, b.ContainerPort)
		}
		if known := s.Declared(); known != nil && !forwarded(known, b.TargetGroupARN) {
			return invalid("The target group with targetGroupArn %s does not have an associated load balancer.", b.TargetGroupARN)
		}
	}
	return nil
}

func checkCluster(body []byte) error {
	object, err := readObject(body)
	if err != nil {
		return err
	}
	in, err := readInput(body)
	if err != nil {
		return err
	}
	if err := checkProviders(in.CapacityProviders...); err != nil {
		return err
	}
	return refuseGiven("InvalidParameterException", "", object, map[string]string{
		"defaultCapacityProviderStrategy": "give each service its capacityProviderStrategy.",
		"serviceConnectDefaults":          "there is no Service Connect; use a load balancer.",
	})
}

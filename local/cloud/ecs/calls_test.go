package ecs

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// moto answers a call as moto does, as far as it matters here.
func (w *world) moto(action string, in map[string]any) map[string]any {
	name, _ := in["serviceName"].(string)
	if name == "" {
		given, _ := in["service"].(string)
		name = shortName(given, "")
	}
	describe := func(arn, status string) map[string]any {
		return map[string]any{"serviceArn": arn, "serviceName": shortName(arn, ""), "clusterArn": clusterARN, "status": status,
			"runningCount": 7, "deployments": []any{}, "events": []any{}, "createdBy": "moto", "createdAt": json.Number("1.5e9")}
	}
	arn := strings.TrimSuffix(serviceARN, "app") + name
	switch action {
	case "CreateService":
		w.services = append(slices.DeleteFunc(w.services, func(s string) bool { return s == arn }), arn)
		return map[string]any{"service": describe(arn, "ACTIVE")}
	case "UpdateService":
		return map[string]any{"service": describe(arn, "ACTIVE")}
	case "DeleteService":
		return map[string]any{"service": describe(arn, "INACTIVE")}
	case "ListServices":
		return map[string]any{"serviceArns": w.services}
	case "DescribeServices":
		all := []any{}
		for _, one := range in["services"].([]any) {
			all = append(all, describe(strings.TrimSuffix(serviceARN, "app")+shortName(one.(string), ""), "ACTIVE"))
		}
		return map[string]any{"services": all, "failures": []any{}}
	case "CreateCluster", "PutClusterCapacityProviders":
		return map[string]any{"cluster": map[string]any{"clusterArn": clusterARN, "clusterName": "c"}}
	case "DescribeClusters":
		return map[string]any{"clusters": []any{map[string]any{"clusterArn": clusterARN, "runningTasksCount": 9}}}
	}
	return map[string]any{}
}

// call makes a call of the API as its front does.
func (w *world) call(action, input string) (map[string]any, error) {
	w.t.Helper()
	answer, err := w.scheduler.Before(w.t.Context(), action, []byte(input))
	if err != nil {
		return nil, err
	}
	if answer == nil {
		var in map[string]any
		if err := json.Unmarshal([]byte(input), &in); err != nil {
			w.t.Fatal(err)
		}
		shell, err := json.Marshal(w.moto(action, in))
		if err != nil {
			w.t.Fatal(err)
		}
		if answer, err = w.scheduler.After(w.t.Context(), action, []byte(input), shell); err != nil {
			return nil, err
		}
	}
	var out map[string]any
	if err := json.Unmarshal(answer, &out); err != nil {
		w.t.Fatal(err)
	}
	return out, nil
}

func (w *world) must(action, input string, args ...any) map[string]any {
	w.t.Helper()
	out, err := w.call(action, fmt.Sprintf(input, args...))
	if err != nil {
		w.t.Fatalf("%s: %v", action, err)
	}
	return out
}

// create makes the service of most tests, behind a load balancer, with more of the input.
func (w *world) create(revision, desired int, more string) {
	w.t.Helper()
	w.must("CreateService", `{"cluster":"c","serviceName":"app","clientToken":"1","taskDefinition":"app:%d","desiredCount":%d,"launchType":"FARGATE",
		"networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-a","subnet-b"],"securityGroups":["sg-1"]}},
		"loadBalancers":[{"targetGroupArn":"`+groupARN+`","containerName":"app","containerPort":3000}]%s}`, revision, desired, more)
}

// createPlain makes a service without a load balancer.
func (w *world) createPlain(revision, desired int, more string) {
	w.t.Helper()
	w.must("CreateService", `{"cluster":"c","serviceName":"app","taskDefinition":"app:%d","desiredCount":%d,"launchType":"FARGATE",
		"networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-a","subnet-b"],"securityGroups":["sg-1"]}}%s}`, revision, desired, more)
}

const breakerOn = `,"deploymentConfiguration":{"deploymentCircuitBreaker":{"enable":true,"rollback":true}}`

func (w *world) update(more string) {
	w.t.Helper()
	w.must("UpdateService", `{"cluster":"c","service":"app",%s}`, more)
}

// described is a service as DescribeServices has it, as far as tests look at it.
type described struct {
	Status                                   string
	DesiredCount, RunningCount, PendingCount int
	TaskDefinition                           string
	Deployments                              []struct {
		ID, Status, TaskDefinition                            string
		DesiredCount, RunningCount, PendingCount, FailedTasks int
		RolloutState, RolloutStateReason                      string
	}
	Events []struct{ Message string }
}

// steady is what terraform-provider-aws 5.100.0 takes for a steady state.
func (d described) steady() bool { return len(d.Deployments) == 1 && d.DesiredCount == d.RunningCount }

// revisions are the primary deployment's and the others' family:revision.
func (d described) revisions() (all []string) {
	for _, one := range d.Deployments {
		all = append(all, shortName(one.TaskDefinition, ""))
	}
	return all
}

func (w *world) describe() (d described) {
	w.t.Helper()
	out := w.must("DescribeServices", `{"cluster":"c","services":["app"]}`)
	remarshal(w.t, out["services"].([]any)[0], &d)
	return d
}

// taskSeen is a task as DescribeTasks has it.
type taskSeen struct {
	TaskArn, LastStatus, DesiredStatus, StopCode, StoppedReason, StartedBy, AvailabilityZone, TaskDefinitionArn, HealthStatus, LaunchType, CapacityProviderName string
	EnableExecuteCommand                                                                                                                                        bool
	Containers                                                                                                                                                  []struct {
		LastStatus string
		ExitCode   *int
	}
	Tags []tag
}

func (w *world) tasks(status string) (all []taskSeen) {
	w.t.Helper()
	arns := w.must("ListTasks", `{"cluster":"c","desiredStatus":%q}`, status)["taskArns"].([]any)
	if len(arns) == 0 {
		return nil
	}
	list, _ := json.Marshal(arns)
	remarshal(w.t, w.must("DescribeTasks", `{"cluster":"c","tasks":%s,"include":["TAGS"]}`, list)["tasks"], &all)
	return all
}

func remarshal(t *testing.T, from, to any) {
	t.Helper()
	text, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(text, to)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// events are the service's messages, the oldest first, with ids taken out.
func (w *world) events() (all []string) {
	for _, e := range slices.Backward(w.describe().Events) {
		all = append(all, ids.ReplaceAllString(e.Message, "#"))
	}
	return all
}

var ids = regexp.MustCompile(`\b([0-9a-f]{32}|[0-9]{17,20})\b`)

// kill ends the containers of the i-th running task.
func (w *world) kill(i int) {
	w.t.Helper()
	id := shortName(w.tasks("RUNNING")[i].TaskArn, "")
	w.mu.Lock()
	r := w.running[id]
	w.mu.Unlock()
	r.die(137)
}

// sample looks at the service ten times a second.
func (w *world) sample(d time.Duration, look func(described)) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		w.wait(100 * time.Millisecond)
		look(w.describe())
	}
}

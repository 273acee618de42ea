package ecs

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"
)

// code returns the code of a refusal.
func code(err error) string {
	var known smithy.APIError
	if errors.As(err, &known) {
		return known.ErrorCode()
	}
	return ""
}

// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html
func TestDescribeServices(t *testing.T) {
	inWorld(t, "a service is told with all that it was given, and what of moto's answer is not ours stays", func(t *testing.T, w *world) {
		w.create(1, 2, breakerOn[:len(breakerOn)-1]+`,"minimumHealthyPercent":50,"maximumPercent":150},"healthCheckGracePeriodSeconds":60,
			"enableECSManagedTags":true,"propagateTags":"SERVICE","availabilityZoneRebalancing":"ENABLED","platformVersion":"LATEST"`)
		w.wait(10 * time.Second)
		got := w.must("DescribeServices", `{"cluster":"c","services":["app"]}`)["services"].([]any)[0].(map[string]any)
		deployment := got["deployments"].([]any)[0].(map[string]any)
		for name, id := range map[string]any{"id": deployment["id"], "createdAt": deployment["createdAt"], "updatedAt": deployment["updatedAt"]} {
			if id == nil {
				t.Errorf("no %s", name)
			}
			delete(deployment, name)
		}
		if n := len(got["events"].([]any)); n != 5 {
			t.Errorf("%d events", n)
		}
		delete(got, "events")
		delete(got, "createdAt")
		text, _ := encode(got)
		const network = `{"awsvpcConfiguration":{"assignPublicIp":"DISABLED","securityGroups":["sg-1"],"subnets":["subnet-a","subnet-b"]}}`
		const definition = `"arn:aws:ecs:us-east-1:123456789012:task-definition/app:1"`
		want := `{"availabilityZoneRebalancing":"ENABLED","clusterArn":"` + clusterARN + `","createdBy":"moto",` +
			`"deploymentConfiguration":{"deploymentCircuitBreaker":{"enable":true,"rollback":true},"maximumPercent":150,"minimumHealthyPercent":50},` +
			`"deployments":[{"desiredCount":2,"failedTasks":0,"launchType":"FARGATE","networkConfiguration":` + network + `,"pendingCount":0,` +
			`"platformFamily":"Linux","platformVersion":"1.4.0","rolloutState":"COMPLETED","rolloutStateReason":` + quoted(deployment["rolloutStateReason"]) + `,` +
			`"runningCount":2,"status":"PRIMARY","taskDefinition":` + definition + `}],"desiredCount":2,"enableECSManagedTags":true,"enableExecuteCommand":false,` +
			`"healthCheckGracePeriodSeconds":60,"launchType":"FARGATE","loadBalancers":[{"containerName":"app","containerPort":3000,"targetGroupArn":"` + groupARN + `"}],` +
			`"networkConfiguration":` + network + `,"pendingCount":0,"platformFamily":"Linux","platformVersion":"LATEST","propagateTags":"SERVICE","runningCount":2,` +
			`"schedulingStrategy":"REPLICA","serviceArn":"` + serviceARN + `","serviceName":"app","status":"ACTIVE","taskDefinition":` + definition + `}`
		if string(text) != want {
			t.Errorf("\n%s, want\n%s", text, want)
		}
	})
	inWorld(t, "an update changes what it names alone, and AWS's defaults stand for the rest", func(t *testing.T, w *world) {
		w.create(1, 0, "")
		w.update(`"healthCheckGracePeriodSeconds":30,"deploymentConfiguration":{"maximumPercent":150}`)
		w.update(`"deploymentConfiguration":{"minimumHealthyPercent":50}`)
		got := w.must("DescribeServices", `{"cluster":"c","services":["app"]}`)["services"].([]any)[0].(map[string]any)
		text, _ := encode([]any{got["healthCheckGracePeriodSeconds"], got["deploymentConfiguration"], got["propagateTags"]})
		if want := `[30,{"deploymentCircuitBreaker":{"enable":false,"rollback":false},"maximumPercent":150,"minimumHealthyPercent":50},"NONE"]`; string(text) != want {
			t.Errorf("%s, want %s", text, want)
		}
	})
	inWorld(t, "moto's numbers come out as they went in", func(t *testing.T, w *world) {
		got, err := w.scheduler.After(t.Context(), "DescribeServices", []byte(`{}`), []byte(`{"services":[{"serviceArn":"x","createdAt":1763164800.10}],"failures":[]}`))
		if want := `{"failures":[],"services":[{"createdAt":1763164800.10,"serviceArn":"x"}]}`; err != nil || string(got) != want {
			t.Errorf("%s, %v, want %s", got, err, want)
		}
		if got, err := w.scheduler.After(t.Context(), "ListTaskDefinitions", nil, []byte(`<any>`)); err != nil || string(got) != `<any>` {
			t.Errorf("an answer that does not concern it: %s, %v", got, err)
		}
		if _, err := w.scheduler.After(t.Context(), "DescribeServices", []byte(`{}`), []byte(`<html>`)); err == nil {
			t.Error("an answer that is not JSON is no error")
		}
	})
}

func quoted(v any) string {
	text, _ := encode(v)
	return string(text)
}

// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteService.html and API_DeleteCluster.html
func TestDelete(t *testing.T) {
	inWorld(t, "a deleted service is DRAINING until its last task is gone, then INACTIVE, and an hour later unknown", func(t *testing.T, w *world) {
		w.create(1, 2, "")
		w.wait(10 * time.Second)
		out := w.must("DeleteService", `{"cluster":"c","service":"app","force":true}`)["service"].(map[string]any)
		if out["status"] != "DRAINING" || out["desiredCount"] != 0.0 {
			t.Errorf("%v", out)
		}
		for action, want := range map[string]string{"UpdateService": "ServiceNotActiveException", "DeleteCluster": "ClusterContainsServicesException"} {
			if _, err := w.call(action, `{"cluster":"c","service":"app"}`); code(err) != want {
				t.Errorf("%s while it drains: %v", action, err)
			}
		}
		w.wait(9 * time.Second)
		if d := w.describe(); d.Status != "DRAINING" {
			t.Errorf("while its targets drain: %+v", d)
		}
		w.wait(5 * time.Second)
		if d := w.describe(); d.Status != "INACTIVE" || d.RunningCount != 0 || len(d.Deployments) != 0 {
			t.Errorf("after it: %+v", d)
		}
		if arns := w.must("ListServices", `{"cluster":"c"}`)["serviceArns"].([]any); len(arns) != 0 {
			t.Errorf("it is still listed: %v", arns)
		}
		w.must("DeleteCluster", `{"cluster":"c"}`)
		if len(w.tasks("STOPPED")) != 2 {
			t.Error("its tasks can't be described")
		}
		w.wait(time.Hour)
		if n := len(w.scheduler.Status()); n != 0 {
			t.Errorf("%d services an hour later", n)
		}
	})
	inWorld(t, "a service of the same name can be made when the old one is INACTIVE, and not before", func(t *testing.T, w *world) {
		w.create(1, 1, "")
		w.wait(10 * time.Second)
		w.must("DeleteService", `{"cluster":"c","service":"app","force":true}`)
		_, err := w.call("CreateService", `{"cluster":"c","serviceName":"app","taskDefinition":"app:1","launchType":"FARGATE","networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-a"],"securityGroups":[]}}}`)
		if code(err) != "InvalidParameterException" || !strings.Contains(err.Error(), "Unable to Start a service that is still Draining.") {
			t.Errorf("%v", err)
		}
		w.wait(time.Minute)
		w.create(2, 1, "")
		w.wait(10 * time.Second)
		if d := w.describe(); !d.steady() || d.revisions()[0] != "app:2" || w.events()[0] != "(service app) has started 1 tasks: (task #)." {
			t.Errorf("%+v", d)
		}
		w.wait(2 * time.Hour)
		if d := w.describe(); !d.steady() {
			t.Errorf("later: %+v", d)
		}
	})
}

// A caller whose answer was lost calls again with the same token,
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html
func TestCreateServiceAgain(t *testing.T) {
	inWorld(t, "with the same token it is the same service, with another one it is refused", func(t *testing.T, w *world) {
		w.create(1, 1, "")
		w.wait(10 * time.Second)
		w.create(1, 1, "")
		if d := w.describe(); !d.steady() || len(w.tasks("RUNNING")) != 1 {
			t.Errorf("%+v", d)
		}
		_, err := w.call("CreateService", `{"cluster":"c","serviceName":"app","clientToken":"2","taskDefinition":"app:1","launchType":"FARGATE","networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-a"],"securityGroups":[]}}}`)
		if code(err) != "InvalidParameterException" || !strings.Contains(err.Error(), "Creation of service was not idempotent.") {
			t.Errorf("%v", err)
		}
	})
}

// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTasks.html and API_DescribeTasks.html
func TestTasksAPI(t *testing.T) {
	inWorld(t, "tasks are listed by their service, family, deployment and desired status", func(t *testing.T, w *world) {
		w.create(1, 2, "")
		w.wait(10 * time.Second)
		by := w.tasks("RUNNING")[0].StartedBy
		for filter, want := range map[string]int{
			`"cluster":"c"`: 2, `"cluster":"` + clusterARN + `"`: 2, `"cluster":"other"`: 0,
			`"cluster":"c","serviceName":"app"`: 2, `"cluster":"c","serviceName":"` + serviceARN + `"`: 2,
			`"cluster":"c","family":"app"`: 2, `"cluster":"c","family":"other"`: 0, `"cluster":"c","desiredStatus":"STOPPED"`: 0,
			`"cluster":"c","startedBy":"` + by + `"`: 2, `"cluster":"c","startedBy":"x"`: 0, `"cluster":"c","launchType":"EC2"`: 0,
			`"cluster":"c","containerInstance":"i"`: 0,
		} {
			if got := w.must("ListTasks", `{%s}`, filter)["taskArns"].([]any); len(got) != want {
				t.Errorf("%s: %v, want %d", filter, got, want)
			}
		}
		if _, err := w.call("ListTasks", `{"cluster":"c","serviceName":"other"}`); code(err) != "ServiceNotFoundException" {
			t.Errorf("an unknown service: %v", err)
		}
		counts := w.must("DescribeClusters", `{"clusters":["c"]}`)["clusters"].([]any)[0].(map[string]any)
		if counts["runningTasksCount"] != 2.0 || counts["activeServicesCount"] != 1.0 || counts["pendingTasksCount"] != 0.0 {
			t.Errorf("%v", counts)
		}
	})
	inWorld(t, "a task is described with its private address and no public one", func(t *testing.T, w *world) {
		w.create(1, 1, "")
		w.wait(10 * time.Second)
		arn := w.tasks("RUNNING")[0].TaskArn
		out := w.must("DescribeTasks", `{"cluster":"c","tasks":[%q,"other"]}`, arn)
		if text := quoted(out["failures"]); text != `[{"arn":"other","reason":"MISSING"}]` {
			t.Errorf("failures %s", text)
		}
		task := out["tasks"].([]any)[0].(map[string]any)
		id := shortName(arn, "")
		attachment := task["attachments"].([]any)[0].(map[string]any)
		mac := "0a:" + id[0:2] + ":" + id[2:4] + ":" + id[4:6] + ":" + id[6:8] + ":" + id[8:10]
		if got, want := quoted(attachment["details"]), `[{"name":"subnetId","value":"subnet-a"},{"name":"networkInterfaceId","value":"eni-0`+id[:16]+`"},{"name":"macAddress","value":"`+mac+`"},{"name":"privateIPv4Address","value":"10.0.0.5"}]`; got != want {
			t.Errorf("attachment %s, want %s", got, want)
		}
		if attachment["status"] != "ATTACHED" || attachment["type"] != "ElasticNetworkInterface" {
			t.Errorf("%v", attachment)
		}
		container := task["containers"].([]any)[0].(map[string]any)
		delete(container, "containerArn")
		if got, want := quoted(container), `{"cpu":"0","healthStatus":"UNKNOWN","image":"image","imageDigest":"sha256:0","lastStatus":"RUNNING","name":"app","networkBindings":[],`+
			`"networkInterfaces":[{"attachmentId":`+quoted(attachment["id"])+`,"privateIpv4Address":"10.0.0.5"}],"runtimeId":"1","taskArn":"`+arn+`"}`; got != want {
			t.Errorf("container %s, want %s", got, want)
		}
		for name, want := range map[string]any{
			"group": "service:app", "launchType": "FARGATE", "platformVersion": "1.4.0", "connectivity": "CONNECTED", "availabilityZone": "us-east-1a",
			"clusterArn": clusterARN, "cpu": "256", "memory": "512", "lastStatus": "RUNNING", "desiredStatus": "RUNNING", "stopCode": nil,
			// The bubble's time begins at 2000-01-01. It was asked at once, pulled and started for a second, and healthy after five.
			"createdAt": 946684800.0, "pullStoppedAt": 946684801.0, "startedAt": 946684806.0,
		} {
			if task[name] != want {
				t.Errorf("%s is %v, want %v", name, task[name], want)
			}
		}
	})
}

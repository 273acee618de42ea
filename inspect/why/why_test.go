package why_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sallyport/inspect/api"
	"sallyport/inspect/stack"
	"sallyport/inspect/why"
)

// The answers here are written after AWS's API reference. They show what is asked for and what is made of the answers;
// they don't prove that AWS answers so.

const (
	arn        = "arn:aws:ecs:us-east-1:123456789012:"
	clusterARN = arn + "cluster/web-1"
	serviceARN = arn + "service/web-1/web-2"
	groupARN   = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123456789abcdef"
)

// cloud answers each call with what is written for it, under the call's name or under the name and a part of the
// request (of several the first in order), and notes the calls. A call that is not written down is refused.
type cloud struct {
	answers map[string]string
	calls   []string
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	call := r.Method + " " + r.URL.Path
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		call = target[strings.LastIndex(target, ".")+1:]
	} else if _, action, ok := strings.Cut(string(body), "Action="); ok {
		call, _, _ = strings.Cut(action, "&")
	}
	c.calls = append(c.calls, call)
	answer := c.answers[call]
	for _, name := range slices.Sorted(maps.Keys(c.answers)) {
		of, part, ok := strings.Cut(name, " with ")
		if ok && of == call && strings.Contains(string(body), part) {
			answer = c.answers[name]
			break
		}
	}
	if answer == "" {
		answer = `{"__type": "AccessDeniedException", "message": "you may not"}`
	}
	if strings.Contains(answer, `"__type"`) {
		w.WriteHeader(http.StatusBadRequest)
	}
	_, _ = io.WriteString(w, answer)
}

// explain runs Explain against a cloud that gives the answers.
func explain(t *testing.T, answers map[string]string, resources ...stack.Resource) (*why.Report, []string, error) {
	t.Helper()
	c := &cloud{answers: answers}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_MAX_ATTEMPTS": "1",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_PROFILE": "",
	} {
		t.Setenv(name, value)
	}
	clients, err := api.New(t.Context(), "us-east-1", "")
	if err != nil {
		t.Fatal(err)
	}
	report, err := why.Explain(t.Context(), clients, &stack.Stack{Name: "dev", Project: "sallyport", Prefix: "web", Region: "us-east-1", Resources: resources})
	return report, c.calls, err
}

var (
	vpc     = stack.Resource{Type: "aws:ec2/vpc:Vpc", ID: "vpc-1"}
	cluster = stack.Resource{Type: "aws:ecs/cluster:Cluster", ID: clusterARN}
	service = stack.Resource{Type: "aws:ecs/service:Service", ID: serviceARN, Outputs: map[string]any{"cluster": clusterARN}}
	link    = stack.Resource{Type: "aws:apigatewayv2/vpcLink:VpcLink", ID: "link1"}
)

func definition(revision string) stack.Resource {
	return stack.Resource{Type: "aws:ecs/taskDefinition:TaskDefinition", ID: "web", Outputs: map[string]any{"arn": arn + "task-definition/" + revision}}
}

// rolledBack is what AWS says of web:7 that ended with exit code 3, twice, and of web:6 that runs again.
func rolledBack() map[string]string {
	task := func(id, revision, code, reason string, at, exit int) string {
		return fmt.Sprintf(`{"taskArn": %q, "taskDefinitionArn": %q, "stopCode": %q, "stoppedReason": %q, "stoppedAt": %d,
			"containers": [{"name": "app", "exitCode": %d}]}`, arn+"task/web-1/"+id, arn+"task-definition/"+revision, code, reason, at, exit)
	}
	return map[string]string{
		"DescribeServices with " + serviceARN: `{"services": [{"serviceName": "web-2", "serviceArn": "` + serviceARN + `", "clusterArn": "` + clusterARN + `", "status": "ACTIVE",
			"desiredCount": 1, "runningCount": 1, "taskDefinition": "` + arn + `task-definition/web:6",
			"loadBalancers": [{"targetGroupArn": "` + groupARN + `", "containerName": "app", "containerPort": 3000}],
			"deployments": [{"id": "ecs-svc/9", "status": "PRIMARY", "taskDefinition": "` + arn + `task-definition/web:6", "rolloutState": "COMPLETED",
				"rolloutStateReason": "ECS deployment ecs-svc/9 completed.", "desiredCount": 1, "runningCount": 1, "failedTasks": 0, "createdAt": 1000}],
			"events": [
				{"createdAt": 1030, "message": "(service web-2) has reached a steady state."},
				{"createdAt": 1000, "message": "(service web-2) rolling back to deployment ecs-svc/6."},
				{"createdAt": 999, "message": "(service web-2) (deployment ecs-svc/7) deployment failed: tasks failed to start."},
				{"createdAt": 100, "message": "(service web-2) has reached a steady state."},
				{"createdAt": 99, "message": "(service web-2) (deployment ecs-svc/6) deployment completed."}]}]}`,
		`ListTasks with "nextToken":"more"`: `{"taskArns": ["b", "c"]}`,
		"ListTasks with STOPPED":            `{"taskArns": ["a"], "nextToken": "more"}`,
		`DescribeTasks with "a"`:            `{"tasks": [` + task("aaaa", "web:7", "EssentialContainerExited", "Essential container in task exited", 900, 3) + `]}`,
		`DescribeTasks with "b"`: `{"tasks": [` + task("bbbb", "web:7", "EssentialContainerExited", "Essential container in task exited", 950, 3) + `,` +
			task("cccc", "web:6", "ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/6)", 960, 143) + `]}`,
		"DescribeTaskDefinition with web:7": `{"taskDefinition": {"containerDefinitions": [{"name": "app", "logConfiguration": {"logDriver": "awslogs",
			"options": {"awslogs-group": "group1", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "prefix1"}}}]}}`,
		"GetLogEvents with prefix1/app/bbbb": `{"__type": "ResourceNotFoundException", "message": "The specified log stream does not exist."}`,
		"GetLogEvents with prefix1/app/aaaa": `{"events": [{"message": "starting"}, {"message": "the database is away\n"}]}`,
		"DescribeTargetGroups": `<DescribeTargetGroupsResponse><DescribeTargetGroupsResult><TargetGroups><member><HealthCheckPath>/api/health</HealthCheckPath></member></TargetGroups>
			</DescribeTargetGroupsResult></DescribeTargetGroupsResponse>`,
		"DescribeTargetHealth": `<DescribeTargetHealthResponse><DescribeTargetHealthResult><TargetHealthDescriptions><member>
			<Target><Id>10.0.1.7</Id><Port>3000</Port></Target><TargetHealth><State>healthy</State></TargetHealth></member></TargetHealthDescriptions>
			</DescribeTargetHealthResult></DescribeTargetHealthResponse>`,
		"GET /v2/vpclinks/link1": `{"vpcLinkId": "link1", "vpcLinkStatus": "AVAILABLE"}`,
	}
}

func TestExplain(t *testing.T) {
	t.Run("a rollback that has completed is explained, with the log of the last task that has one", func(t *testing.T) {
		// The revision that is replaced comes last in the state of an update that failed.
		got, _, err := explain(t, rolledBack(), vpc, link, cluster, definition("web:7"), service, definition("web:6"))
		if err != nil {
			t.Fatal(err)
		}
		container := []why.Container{{Name: "app", ExitCode: aws.Int32(3)}}
		stopped := func(id string, at int64, log ...string) why.StoppedTask {
			return why.StoppedTask{ID: id, Revision: "web:7", StoppedAt: time.Unix(at, 0).UTC(), Code: "EssentialContainerExited",
				Reason: "Essential container in task exited", Containers: container, Log: log}
		}
		want := &why.Report{
			Service: "web-2", Cluster: "web-1", Broken: true,
			Summary: []string{"the deployment of web:7 failed and was rolled back to web:6", "2 tasks of web:7 stopped: the app ended with an error (exit code 3)"},
			Tasks:   []why.StoppedTask{stopped("bbbb", 950), stopped("aaaa", 900, "starting", "the database is away")},
			Targets: []why.Target{{Address: "10.0.1.7:3000", State: "healthy"}},
			Deployments: []why.Deployment{{Revision: "web:6", Status: "PRIMARY", RolloutState: "COMPLETED",
				Reason: "ECS deployment ecs-svc/9 completed.", Desired: 1, Running: 1}},
			Events: []why.Event{
				{At: time.Unix(1000, 0).UTC(), Message: "(service web-2) rolling back to deployment ecs-svc/6."},
				{At: time.Unix(999, 0).UTC(), Message: "(service web-2) (deployment ecs-svc/7) deployment failed: tasks failed to start."},
			},
			Advice: []string{"read what it logged last"},
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got\n%+v\nwant\n%+v", got, want)
		}
	})
	t.Run("a service that the state does not have is found in the cluster", func(t *testing.T) {
		answers := rolledBack()
		answers["ListServices with "+clusterARN] = `{"serviceArns": ["` + arn + `service/web-1/else", "` + serviceARN + `"]}`
		got, _, err := explain(t, answers, vpc, cluster, definition("web:7"))
		if err != nil {
			t.Fatal(err)
		}
		want := "Pulumi's state does not have the service web-2: the update was stopped while it was made"
		if got.Service != "web-2" || !slices.Contains(got.Summary, want) {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("a cluster without a service is told", func(t *testing.T) {
		got, _, err := explain(t, map[string]string{"ListServices": `{"serviceArns": []}`}, vpc, cluster)
		want := []string{"there is no service yet: the cluster web-1 is empty, so no task was ever started"}
		if err != nil || !slices.Equal(got.Summary, want) || got.Cluster != "web-1" || !got.Broken {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("a state without a cluster is told, and AWS is not asked", func(t *testing.T) {
		got, calls, err := explain(t, nil, vpc)
		if err != nil || got.Summary[0] != "there is no service yet: the update failed before it made the cluster" || len(calls) != 0 {
			t.Errorf("got %+v, %v, after %q", got, err, calls)
		}
	})
	for name, answer := range map[string]string{
		"a service that is missing":          `{"services": [], "failures": [{"arn": "x", "reason": "MISSING"}]}`,
		"a service that has been deleted":    `{"services": [{"serviceName": "web-2", "status": "INACTIVE"}]}`,
		"a service whose cluster is missing": `{"__type": "ClusterNotFoundException", "message": "Cluster not found."}`,
	} {
		t.Run(name+" is gone", func(t *testing.T) {
			got, _, err := explain(t, map[string]string{"DescribeServices": answer}, vpc, cluster, service)
			if err != nil || got.Summary[0] != "the service web-2 is gone: Pulumi's state has it, and AWS does not" {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	t.Run("what may not be asked for is said, and the rest is told", func(t *testing.T) {
		answers := rolledBack()
		delete(answers, "DescribeTargetHealth")
		delete(answers, "GetLogEvents with prefix1/app/bbbb")
		got, _, err := explain(t, answers, vpc, cluster, definition("web:7"), service)
		if err != nil || got.Summary[0] != "the deployment of web:7 failed and was rolled back to web:6" || len(got.Summary) != 4 ||
			!strings.HasPrefix(got.Summary[2], "AWS does not tell about the health of the targets: ") ||
			!strings.HasPrefix(got.Summary[3], "AWS does not tell about what the tasks logged: ") {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("a service that may not be asked for is an error", func(t *testing.T) {
		_, _, err := explain(t, nil, vpc, cluster, service)
		if err == nil || !strings.HasPrefix(err.Error(), "service of stack dev: ") || !strings.Contains(err.Error(), "you may not") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a VPC link that AWS does not have is told", func(t *testing.T) {
		got, _, err := explain(t, map[string]string{"GET /v2/vpclinks/link1": `{"__type": "NotFoundException", "message": "Unable to find it"}`}, vpc, link)
		if err != nil || len(got.Summary) != 2 || got.Summary[1] != "the VPC link of the HTTP API is gone: Pulumi's state has it, and AWS does not" {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("of a REST API it asks for the link and for the account's role for logs", func(t *testing.T) {
		door := []stack.Resource{vpc, {Type: "aws:apigateway/vpcLink:VpcLink", ID: "link1"}, {Type: "aws:apigateway/restApi:RestApi", ID: "abc"}}
		answers := map[string]string{"GET /vpclinks/link1": `{"id": "link1", "status": "FAILED", "statusMessage": "No balancer."}`, "GET /account": `{"throttleSettings": {}}`}
		got, calls, err := explain(t, answers, door...)
		if err != nil || !slices.Equal(calls, []string{"GET /vpclinks/link1", "GET /account"}) || len(got.Summary) != 3 ||
			got.Summary[1] != "the VPC link of the REST API is FAILED: No balancer" || !strings.HasPrefix(got.Summary[2], "API Gateway has no role to write the logs of REST APIs with") {
			t.Errorf("got %+v, %v after %q", got, err, calls)
		}
		answers = map[string]string{"GET /vpclinks/link1": `{"__type": "NotFoundException", "message": "Invalid"}`, "GET /account": `{"cloudwatchRoleArn": "arn:role"}`}
		if got, _, err := explain(t, answers, door...); err != nil || len(got.Summary) != 2 || got.Summary[1] != "the VPC link of the REST API is gone: Pulumi's state has it, and AWS does not" {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

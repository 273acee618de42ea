package leftovers

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"sallyport/inspect/api"
	"sallyport/inspect/stack"
)

// answers are JSON by the operation of a call.
type answers map[string]string

func (a answers) RoundTrip(request *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(request.Header.Get("X-Amz-Target"), ".")
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	if strings.Contains(string(body), `"desiredStatus":"STOPPED"`) {
		operation += " STOPPED"
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: request, Body: io.NopCloser(strings.NewReader(a[operation]))}, nil
}

func TestTasksAndServices(t *testing.T) {
	clients := api.NewFromConfig(aws.Config{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""), BaseEndpoint: aws.String("http://127.0.0.1:1"),
		HTTPClient: &http.Client{Transport: answers{
			"ListTasks":         `{"taskArns":["t/run","t/service","t/arm","t/leaving"]}`,
			"ListTasks STOPPED": `{"taskArns":["t/leaving","t/stopped"]}`,
			"DescribeTasks": `{"tasks":[
				{"taskArn":"t/run","group":"family:web-dev","cpu":"256","memory":"512","launchType":"FARGATE","desiredStatus":"RUNNING","lastStatus":"RUNNING"},
				{"taskArn":"t/service","group":"service:web-dev-1","cpu":"256","memory":"512","launchType":"FARGATE","desiredStatus":"RUNNING","lastStatus":"PENDING"},
				{"taskArn":"t/arm","cpu":"256","memory":"512","launchType":"FARGATE","desiredStatus":"RUNNING","lastStatus":"RUNNING","attributes":[{"name":"ecs.cpu-architecture","value":"arm64"}]},
				{"taskArn":"t/leaving","group":"service:web-dev-1","cpu":"256","memory":"512","launchType":"FARGATE","desiredStatus":"STOPPED","lastStatus":"DEPROVISIONING"},
				{"taskArn":"t/stopped","cpu":"256","memory":"512","launchType":"FARGATE","desiredStatus":"STOPPED","lastStatus":"STOPPED"},
				{}]}`,
			"ListServices": `{"serviceArns":["s/on","s/off","s/draining","s/gone"]}`,
			"DescribeServices": `{"services":[
				{"serviceArn":"s/on","serviceName":"on","status":"ACTIVE","desiredCount":1},
				{"serviceArn":"s/off","serviceName":"off","status":"ACTIVE"},
				{"serviceArn":"s/draining","serviceName":"draining","status":"DRAINING","runningCount":1},
				{"serviceArn":"s/gone","serviceName":"gone","status":"INACTIVE"}]}`,
		}}})
	f := &finder{clients, newStack("dev", "web-dev")}
	t.Run("tasks that have not stopped cost by their size, and one of a service is ended with that", func(t *testing.T) {
		got, err := f.tasks(t.Context(), "c")
		if err != nil {
			t.Fatal(err)
		}
		compare(t, got, []Item{
			{"ECS task", "t/run", "", "0.0123 USD an hour", "", "aws ecs stop-task --cluster c --task t/run", false},
			{"ECS task", "t/service", "", "0.0123 USD an hour", "service web-dev-1 would start another in its place: delete the service", "", false},
			{"ECS task", "t/arm", "", "0.0099 USD an hour", "", "aws ecs stop-task --cluster c --task t/arm", false},
			{"ECS task", "t/leaving", "", "0.0123 USD an hour", "it is stopping; look again in some minutes", "", false},
			{"ECS task", "", "", "", "", "aws ecs stop-task --cluster c --task ", false},
		})
	})
	t.Run("services cost by their tasks, and one that is inactive is gone", func(t *testing.T) {
		got, err := f.services(t.Context(), "c")
		if err != nil {
			t.Fatal(err)
		}
		compare(t, got, []Item{
			{"ECS service", "s/on", "on", "by its tasks", "", "aws ecs delete-service --force --cluster c --service s/on", false},
			{"ECS service", "s/off", "off", "", "", "aws ecs delete-service --force --cluster c --service s/off", false},
			{"ECS service", "s/draining", "draining", "by its tasks", "it is stopping its tasks; look again in some minutes", "", false},
		})
	})
}

func TestNetworkInterfaces(t *testing.T) {
	group := func(ids ...string) (all []types.GroupIdentifier) {
		for _, id := range ids {
			all = append(all, types.GroupIdentifier{GroupId: &id})
		}
		return all
	}
	interfaces := []types.NetworkInterface{
		{NetworkInterfaceId: aws.String("eni-1"), RequesterManaged: aws.Bool(true), Description: aws.String("ELB app/web/1"), Groups: group("sg-1", "sg-2")},
		{NetworkInterfaceId: aws.String("eni-2"), RequesterManaged: aws.Bool(true), Groups: group("sg-1")},
		{NetworkInterfaceId: aws.String("eni-3"), Description: aws.String("mine")},
		{},
	}
	t.Run("one that AWS made is not to be deleted by hand", func(t *testing.T) {
		var got []Item
		for _, n := range interfaces {
			got = append(got, interfaceItem(n))
		}
		compare(t, got, []Item{
			{"network interface", "eni-1", "", "", "AWS made it, and deletes it with what it is for: ELB app/web/1", "", false},
			{"network interface", "eni-2", "", "", "AWS made it, and deletes it with what it is for", "", false},
			{"network interface", "eni-3", "", "", "it is described as: mine", "aws ec2 delete-network-interface --network-interface-id eni-3", false},
			{"network interface", "", "", "", "", "aws ec2 delete-network-interface --network-interface-id ", false},
		})
	})
	t.Run("a security group is kept by those that use it", func(t *testing.T) {
		for id, want := range map[string]string{
			"sg-1": "network interfaces eni-1, eni-2 use it",
			"sg-2": "network interface eni-1 uses it",
			"sg-3": "",
		} {
			if got := usedBy(id, interfaces); got != want {
				t.Errorf("%s: %q, not %q", id, got, want)
			}
		}
	})
}

func TestComplete(t *testing.T) {
	s := newStack("dev", "web-dev")
	s.Profile = "work"
	s.Resources = []stack.Resource{{ID: "vpc-1"}, {ID: "web-dev", Outputs: map[string]any{"arn": "arn:task-definition/web-dev:2"}}}
	items := []Item{
		{Kind: vpc, ID: "vpc-1", Delete: "aws ec2 delete-vpc --vpc-id vpc-1"},
		{Kind: taskDefinition, ID: "arn:task-definition/web-dev:2", Why: "because", Delete: "aws ecs x"},
		{Kind: internetGateway, ID: "igw-1", Delete: "aws a && aws b"},
		{Kind: networkInterface, ID: "eni-1"},
	}
	(&finder{nil, s}).complete(items)
	t.Run("what Pulumi has in its state is left to Pulumi, and each command names region and profile", func(t *testing.T) {
		compare(t, items, []Item{
			{Kind: vpc, ID: "vpc-1", Why: "the stack still has it: destroy the stack"},
			{Kind: taskDefinition, ID: "arn:task-definition/web-dev:2", Why: "because; the stack still has it: destroy the stack"},
			{Kind: internetGateway, ID: "igw-1", Delete: "aws a --region us-east-1 --profile work && aws b --region us-east-1 --profile work"},
			{Kind: networkInterface, ID: "eni-1"},
		})
	})
}

package ecs

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/moto/mototest"
)

func eventually(t *testing.T, what string, true func() bool) {
	t.Helper()
	for range 600 {
		if true() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("not in 30 seconds: %s", what)
}

// frontOf stands for the front of the local cloud: calls go by the Scheduler to moto and back.
func frontOf(t *testing.T, s *Scheduler, moto string) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		input, _ := io.ReadAll(r.Body)
		_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		answer, err := s.Before(r.Context(), action, input)
		if err == nil && answer == nil {
			on, _ := http.NewRequestWithContext(r.Context(), http.MethodPost, "http://"+moto, bytes.NewReader(input))
			on.Header = r.Header.Clone()
			var response *http.Response
			if response, err = http.DefaultClient.Do(on); err == nil {
				answer, _ = io.ReadAll(response.Body)
				_ = response.Body.Close()
				if response.StatusCode != http.StatusOK {
					w.WriteHeader(response.StatusCode)
				} else {
					answer, err = s.After(r.Context(), action, input, answer)
				}
			}
		}
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			answer, _ = encode(map[string]string{"__type": code(err), "message": err.Error()})
		}
		_, _ = w.Write(answer)
	}))
	t.Cleanup(server.Close)
	return server
}

type motoDefinitions struct{ *ecs.Client }

func (d motoDefinitions) DescribeTaskDefinition(ctx context.Context, name string) (*ecs.DescribeTaskDefinitionOutput, error) {
	return d.Client.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: &name, Include: []ecstypes.TaskDefinitionField{"TAGS"}})
}

// What is said to moto and by it is real here; the containers are not.
func TestThroughMoto(t *testing.T) {
	upstream := mototest.Start(t)
	address, _ := upstream()
	config, err := declared.Config(upstream, "us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	subnets, err := ec2.NewFromConfig(config).DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})
	if err != nil {
		t.Fatal(err)
	}
	groups, err := ec2.NewFromConfig(config).DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{})
	if err != nil {
		t.Fatal(err)
	}
	fast := behaviour{container: func(time.Duration) string { return "HEALTHY" }}
	w := &world{t: t, behaviours: map[string]behaviour{"app:1": fast, "app:2": fast}, addresses: map[netip.Addr]bool{}, next: netip.MustParseAddr("10.0.0.4"),
		running: map[string]*fakeRunning{}, registered: map[netip.AddrPort]*fakeTarget{}, revisions: map[netip.Addr]string{}}
	s := &Scheduler{Runtime: w, Network: w, Targets: w, Definitions: motoDefinitions{ecs.NewFromConfig(config)}, Declared: w.declared, Log: slog.New(slog.DiscardHandler)}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	client := ecs.NewFromConfig(config, func(o *ecs.Options) { o.BaseEndpoint = new(frontOf(t, s, address).URL) })

	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	define := func() {
		must(client.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
			Family: new("app"), NetworkMode: "awsvpc", RequiresCompatibilities: []ecstypes.Compatibility{"FARGATE"}, Cpu: new("256"), Memory: new("512"),
			ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: new("app"), Image: new("image"), HealthCheck: &ecstypes.HealthCheck{Command: []string{"CMD", "true"}}}},
		}))
	}
	describe := func() ecstypes.Service {
		t.Helper()
		out, err := client.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: new("c"), Services: []string{"app"}, Include: []ecstypes.ServiceField{"TAGS"}})
		if err != nil || len(out.Services) != 1 {
			t.Fatal(out, err)
		}
		return out.Services[0]
	}
	steady := func() bool {
		d := describe()
		return len(d.Deployments) == 1 && d.RunningCount == d.DesiredCount && d.Deployments[0].RolloutState == ecstypes.DeploymentRolloutStateCompleted
	}

	must(client.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: new("c")}))
	define()
	must(client.CreateService(ctx, &ecs.CreateServiceInput{
		Cluster: new("c"), ServiceName: new("app"), TaskDefinition: new("app"), DesiredCount: new(int32(2)), LaunchType: "FARGATE",
		NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{
			Subnets: []string{*subnets.Subnets[0].SubnetId}, SecurityGroups: []string{*groups.SecurityGroups[0].GroupId},
		}},
		Tags: []ecstypes.Tag{{Key: new("a"), Value: new("b")}},
	}))
	eventually(t, "the service is steady", steady)
	if d := describe(); shortName(*d.TaskDefinition, "") != "app:1" || len(d.Tags) != 1 || d.CreatedAt == nil || len(d.Events) == 0 || d.Events[0].CreatedAt == nil ||
		d.DeploymentConfiguration.DeploymentCircuitBreaker == nil {
		t.Errorf("%+v", d)
	}
	list, err := client.ListTasks(ctx, &ecs.ListTasksInput{Cluster: new("c"), ServiceName: new("app")})
	if err != nil || len(list.TaskArns) != 2 {
		t.Fatal(list, err)
	}
	tasks, err := client.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: new("c"), Tasks: list.TaskArns})
	if err != nil || len(tasks.Tasks) != 2 || tasks.Tasks[0].StartedAt == nil || tasks.Tasks[0].HealthStatus != "HEALTHY" || len(tasks.Tasks[0].Attachments) != 1 {
		t.Errorf("%+v, %v", tasks, err)
	}
	if _, err := client.ListTasks(ctx, &ecs.ListTasksInput{Cluster: new("other")}); code(err) != "ClusterNotFoundException" {
		t.Errorf("tasks of a cluster that is not there: %v", err)
	}

	define()
	must(client.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: new("c"), Service: new("app"), TaskDefinition: new("app:2")}))
	eventually(t, "the new revision has taken over", func() bool { return steady() && shortName(*describe().TaskDefinition, "") == "app:2" })
	must(client.StopTask(ctx, &ecs.StopTaskInput{Cluster: new("c"), Task: &firstTasks(t, client).TaskArns[0]}))
	eventually(t, "the stopped task is replaced", steady)

	if _, err := client.DeleteService(ctx, &ecs.DeleteServiceInput{Cluster: new("c"), Service: new("app")}); code(err) != "InvalidParameterException" {
		t.Errorf("a service with tasks is deleted without force: %v", err)
	}
	must(client.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: new("c"), Service: new("app"), DesiredCount: new(int32(0))}))
	must(client.DeleteService(ctx, &ecs.DeleteServiceInput{Cluster: new("c"), Service: new("app")}))
	eventually(t, "the service is INACTIVE", func() bool { return *describe().Status == "INACTIVE" })
	must(client.DeleteCluster(ctx, &ecs.DeleteClusterInput{Cluster: new("c")}))
	if _, err := client.RunTask(ctx, &ecs.RunTaskInput{TaskDefinition: new("app")}); code(err) != "ClientException" {
		t.Errorf("RunTask: %v", err)
	}
}

func firstTasks(t *testing.T, client *ecs.Client) *ecs.ListTasksOutput {
	t.Helper()
	list, err := client.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: new("c")})
	if err != nil || len(list.TaskArns) == 0 {
		t.Fatal(list, err)
	}
	return list
}

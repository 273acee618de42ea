package fargate

import (
	"context"
	"encoding/json"
	"net/netip"
	"testing"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/moby/moby/client"

	"sallyport/local/cloud/vpc"
)

// The engine of this test is a fake one: what a real one makes of the requests is shown by TestRealEngine.
func TestContainerRequests(t *testing.T) {
	engine := newFakeEngine(t)
	a := &around{groups: []string{"/web"}, secrets: map[string]string{"/db": "secret"}}
	runtime := a.runtime(t, engine.Client)
	runtime.Owner = "/cloud"
	runtime.API = func(context.Context, *client.Client) (API, error) {
		return API{URL: "http://host.docker.internal:4711", Host: "host.docker.internal:host-gateway"}, nil
	}
	task := aTask(
		ecstypes.ContainerDefinition{
			Name: new("sidecar"), Essential: new(false), Memory: new(int32(64)), Cpu: 128,
			MountPoints: []ecstypes.MountPoint{{SourceVolume: new("data"), ContainerPath: new("/shared"), ReadOnly: new(true)}},
		},
		ecstypes.ContainerDefinition{
			Name: new("app"), User: new("10001"), ReadonlyRootFilesystem: new(true), StopTimeout: new(int32(45)),
			EntryPoint: []string{"/server"}, Command: []string{"serve"}, WorkingDirectory: new("/app"),
			PortMappings: []ecstypes.PortMapping{{ContainerPort: new(int32(8080)), Protocol: ecstypes.TransportProtocolTcp}},
			Environment:  []ecstypes.KeyValuePair{{Name: new("PORT"), Value: new("8080")}, {Name: new("AWS_ENDPOINT_URL"), Value: new("http://theirs")}},
			Secrets:      []ecstypes.Secret{{Name: new("DB"), ValueFrom: new("/db")}},
			MountPoints:  []ecstypes.MountPoint{{SourceVolume: new("data"), ContainerPath: new("/data/")}},
			DockerLabels: map[string]string{"team": "web"},
			LinuxParameters: &ecstypes.LinuxParameters{
				InitProcessEnabled: new(true), Capabilities: &ecstypes.KernelCapabilities{Drop: []string{"ALL"}},
			},
			Ulimits:          []ecstypes.Ulimit{{Name: ecstypes.UlimitNameNofile, SoftLimit: 10, HardLimit: 20}},
			HealthCheck:      &ecstypes.HealthCheck{Command: []string{"CMD-SHELL", "true"}, Interval: new(int32(10))},
			LogConfiguration: awslogs("/web"),
		},
	)
	task.AccessKey = "ASIA1"
	task.Definition.Volumes = []ecstypes.Volume{{Name: new("data")}}
	running, err := runtime.Run(t.Context(), task)
	if err != nil {
		t.Fatal(err)
	}
	if err := running.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}

	// The app is essential, so it comes first and has the network.
	want := []string{`{
		"Image": "127.0.0.1:4567/web@` + digestOfWeb + `", "User": "10001", "Hostname": "ip-10-0-1-5.ec2.internal",
		"Entrypoint": ["/server"], "Cmd": ["serve"], "WorkingDir": "/app", "StopTimeout": 45,
		"ExposedPorts": {"8080/tcp": {}},
		"Env": ["AWS_ACCESS_KEY_ID=ASIA1", "AWS_DEFAULT_REGION=us-east-1", "AWS_ENDPOINT_URL=http://theirs", "AWS_EXECUTION_ENV=AWS_ECS_FARGATE",
			"AWS_REGION=us-east-1", "AWS_SECRET_ACCESS_KEY=none", "DB=secret", "HOSTNAME=ip-10-0-1-5.ec2.internal", "PORT=8080"],
		"Healthcheck": {"Test": ["CMD-SHELL", "true"], "Interval": 10000000000, "Timeout": 5000000000, "Retries": 3},
		"Labels": {
			"com.amazonaws.ecs.cluster": "main", "com.amazonaws.ecs.container-name": "app",
			"com.amazonaws.ecs.task-arn": "arn:aws:ecs:us-east-1:123456789012:task/main/0123456789abcdef",
			"com.amazonaws.ecs.task-definition-family": "web", "com.amazonaws.ecs.task-definition-version": "7",
			"sallyport.owner": "/cloud", "sallyport.service": "web", "sallyport.task": "0123456789abcdef",
			"sallyport.zone": "us-east-1a", "team": "web"
		},
		"HostConfig": {
			"NetworkMode": "bridge", "ExtraHosts": ["host.docker.internal:host-gateway"], "ReadonlyRootfs": true, "Init": true, "CapDrop": ["ALL"],
			"PortBindings": {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}]},
			"LogConfig": {"Type": "json-file", "Config": {"max-file": "2", "max-size": "10m"}},
			"NanoCpus": 250000000, "Memory": 536870912, "MemorySwap": 536870912,
			"Ulimits": [{"Name": "nofile", "Soft": 10, "Hard": 20}],
			"Mounts": [{"Type": "volume", "Source": "sallyport-0123456789abcdef-data", "Target": "/data",
				"VolumeOptions": {"Labels": {"sallyport.owner": "/cloud", "sallyport.task": "0123456789abcdef"}}}]
		}
	}`, `{
		"Image": "127.0.0.1:4567/web@` + digestOfWeb + `", "StopTimeout": 30,
		"Env": ["AWS_ACCESS_KEY_ID=ASIA1", "AWS_DEFAULT_REGION=us-east-1", "AWS_ENDPOINT_URL=http://host.docker.internal:4711",
			"AWS_EXECUTION_ENV=AWS_ECS_FARGATE", "AWS_REGION=us-east-1", "AWS_SECRET_ACCESS_KEY=none", "HOSTNAME=ip-10-0-1-5.ec2.internal"],
		"Healthcheck": {"Test": ["NONE"]},
		"Labels": {
			"com.amazonaws.ecs.cluster": "main", "com.amazonaws.ecs.container-name": "sidecar",
			"com.amazonaws.ecs.task-arn": "arn:aws:ecs:us-east-1:123456789012:task/main/0123456789abcdef",
			"com.amazonaws.ecs.task-definition-family": "web", "com.amazonaws.ecs.task-definition-version": "7",
			"sallyport.owner": "/cloud", "sallyport.service": "web", "sallyport.task": "0123456789abcdef",
			"sallyport.zone": "us-east-1a"
		},
		"HostConfig": {
			"NetworkMode": "container:app", "Init": false,
			"LogConfig": {"Type": "json-file", "Config": {"max-file": "2", "max-size": "10m"}},
			"CpuShares": 128, "NanoCpus": 250000000, "Memory": 67108864, "MemorySwap": 67108864,
			"Mounts": [{"Type": "volume", "Source": "sallyport-0123456789abcdef-data", "Target": "/shared", "ReadOnly": true,
				"VolumeOptions": {"NoCopy": true, "Labels": {"sallyport.owner": "/cloud", "sallyport.task": "0123456789abcdef"}}}]
		}
	}`}
	if len(engine.made) != len(want) {
		t.Fatalf("%d containers were made", len(engine.made))
	}
	for i := range want {
		if got, want := given(t, engine.made[i]), given(t, []byte(want[i])); got != want {
			t.Errorf("the request is\n%s\nwant\n%s", got, want)
		}
	}
	if got, want := a.streams, "us-east-1 /web app/app/0123456789abcdef"; len(got) != 1 || got[0] != want {
		t.Errorf("the log streams are %q, want %q", got, want)
	}
}

// given is JSON without the fields that are empty, which is how the engine takes them.
func given(t *testing.T, text []byte) string {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	host := v["HostConfig"].(map[string]any)
	empty := func(m map[string]any) {
		for k, field := range m {
			switch f := field.(type) {
			case nil:
				delete(m, k)
			case string:
				if f == "" {
					delete(m, k)
				}
			case float64:
				if f == 0 {
					delete(m, k)
				}
			case bool:
				if !f && k != "Init" {
					delete(m, k)
				}
			case []any:
				if len(f) == 0 || k == "ConsoleSize" {
					delete(m, k)
				}
			case map[string]any:
				if len(f) == 0 || k == "RestartPolicy" {
					delete(m, k)
				}
			}
		}
	}
	empty(v)
	empty(host)
	out, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html
func TestHostname(t *testing.T) {
	for region, want := range map[string]string{
		"us-east-1": "ip-10-0-1-5.ec2.internal",
		"eu-west-1": "ip-10-0-1-5.eu-west-1.compute.internal",
	} {
		task := Task{Region: region, Interface: vpc.Interface{Address: netip.MustParseAddr("10.0.1.5")}}
		if got := hostname(task); got != want {
			t.Errorf("a task in %s is called %s, want %s", region, got, want)
		}
	}
}

// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html
func TestAmount(t *testing.T) {
	for text, want := range map[string]int64{
		"256": 256, "1024": 1024, "1 vCPU": 1024, ".25 vcpu": 256, "0.5GB": 512, "2 GB": 2048, "": 0, "much": 0,
	} {
		if got := amount(text); got != want {
			t.Errorf("%q is %d, want %d", text, got, want)
		}
	}
}

func TestLimits(t *testing.T) {
	b := blueprint{task: aTask(), processors: 1}
	b.task.Definition.Cpu, b.task.Definition.Memory = new("4096"), new("8192")
	t.Run("a task has no more processors than the engine, which would refuse", func(t *testing.T) {
		if got := b.resources(ecstypes.ContainerDefinition{}).NanoCPUs; got != 1e9 {
			t.Errorf("%d", got)
		}
	})
	t.Run("a container has no more memory than its task", func(t *testing.T) {
		if got := b.resources(ecstypes.ContainerDefinition{Memory: new(int32(9000))}).Memory; got != 8192<<20 {
			t.Errorf("%d", got)
		}
	})
}

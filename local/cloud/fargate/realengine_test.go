package fargate

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/moby/moby/api/pkg/authconfig"
	registrytypes "github.com/moby/moby/api/types/registry"
	"github.com/moby/moby/client"

	"sallyport/local/engine/enginetest"
)

// TestRealEngine runs tasks on this machine's engine, from images in a registry that stands for the test. It leaves
// neither containers nor volumes nor images behind.
func TestRealEngine(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test needs a Docker engine")
	}
	docker := enginetest.Start(t).Client()
	info, err := docker.Info(t.Context(), client.InfoOptions{})
	if err != nil {
		t.Fatal(err)
	}
	arch := architecture(info.Info.Architecture)
	host := startRegistry(t)
	image := push(t, host, arch, arch)
	other := push(t, host, map[string]string{"amd64": "arm64", "arm64": "amd64"}[arch], arch)

	a := &around{groups: []string{"/web"}, secrets: map[string]string{"/db": "secret"}}
	runtime := a.runtime(t, docker)
	runtime.Auth = func(string) string {
		auth, _ := authconfig.Encode(registrytypes.AuthConfig{Username: "AWS", Password: "token"})
		return auth
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if err := Sweep(ctx, docker, runtime.Owner); err != nil {
			t.Error(err)
		}
		for _, i := range []string{image, other} {
			_, _ = docker.ImageRemove(ctx, i, client.ImageRemoveOptions{Force: true})
		}
	})

	n := 0
	task := func(app ecstypes.ContainerDefinition, more ...ecstypes.ContainerDefinition) Task {
		n++
		app.Name = new("app")
		for _, c := range append([]*ecstypes.ContainerDefinition{&app}, pointers(more)...) {
			if c.Image == nil {
				c.Image = &image
			}
		}
		if app.PortMappings == nil {
			app.PortMappings = []ecstypes.PortMapping{{ContainerPort: new(int32(8080))}}
		}
		app.LogConfiguration = awslogs("/web")
		task := aTask(append([]ecstypes.ContainerDefinition{app}, more...)...)
		task.ID = fmt.Sprintf("test%d%d", os.Getpid(), n)
		task.Definition.Volumes = []ecstypes.Volume{{Name: new("data")}, {Name: new("other")}}
		if arch == "arm64" {
			task.Definition.RuntimePlatform = &ecstypes.RuntimePlatform{CpuArchitecture: ecstypes.CPUArchitectureArm64}
		}
		return task
	}
	run := func(t *testing.T, task Task) *Running {
		t.Helper()
		r, err := runtime.Run(t.Context(), task)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = r.Stop(context.WithoutCancel(t.Context())) })
		return r
	}
	get := func(t *testing.T, path string) string {
		t.Helper()
		text, err := fetch(a.ports()[8080], path)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}

	t.Run("a hardened task", func(t *testing.T) {
		r := run(t, task(ecstypes.ContainerDefinition{
			User: new("10001:10001"), ReadonlyRootFilesystem: new(true),
			LinuxParameters: &ecstypes.LinuxParameters{
				InitProcessEnabled: new(true), Capabilities: &ecstypes.KernelCapabilities{Drop: []string{"ALL"}},
			},
			MountPoints: []ecstypes.MountPoint{
				{SourceVolume: new("data"), ContainerPath: new("/data")},
				{SourceVolume: new("other"), ContainerPath: new("/other")},
			},
			Environment: []ecstypes.KeyValuePair{{Name: new("IMAGE"), Value: new("from-definition")}},
			Ulimits:     []ecstypes.Ulimit{{Name: ecstypes.UlimitNameNofile, SoftLimit: 512, HardLimit: 512}},
			Secrets:     []ecstypes.Secret{{Name: new("DB"), ValueFrom: new("/db")}},
			HealthCheck: &ecstypes.HealthCheck{Command: []string{"CMD", "/server", "check"}, Interval: new(int32(1))},
		}))
		for path, want := range map[string]string{
			"/env?name=DB":       "secret",
			"/env?name=IMAGE":    "from-definition",
			"/env?name=ONLY":     "from-image",
			"/env?name=HOSTNAME": "ip-10-0-1-5.ec2.internal", // over what the image says
			"/host":              "ip-10-0-1-5.ec2.internal",
			"/user":              "10001:10001",
			"/files":             "512",
			"/write?path=/file":  "open /file: read-only file system",
			// VOLUME in the image: its owner.
			"/write?path=/data/new": "<nil>",
			// Not declared with VOLUME, though the image gives it to the user: root's and empty.
			"/write?path=/other/file": "open /other/file: permission denied",
		} {
			if got := get(t, path); got != want {
				t.Errorf("%s: %s, want %s", path, got, want)
			}
		}
		found, err := docker.ContainerInspect(t.Context(), *r.Containers(t.Context())[0].RuntimeId, client.ContainerInspectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for port, bindings := range found.Container.NetworkSettings.Ports {
			for _, b := range bindings {
				if b.HostIP != netip.MustParseAddr("127.0.0.1") {
					t.Errorf("port %s is open on %s, want loopback alone", port, b.HostIP)
				}
			}
		}
		healthy := func() bool { return r.Containers(t.Context())[0].HealthStatus == ecstypes.HealthStatusHealthy }
		eventually(t, "the container is healthy", healthy)
		if err := r.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		// In whichever order: standard error is a stream of its own.
		lines := slices.Sorted(slices.Values(a.logged()))
		if !slices.Equal(lines, []string{"listening", "terminated", strings.Repeat("x", 40000)}) {
			t.Errorf("the lines are %.200q", lines)
		}
		if c := r.Containers(t.Context())[0]; *c.ExitCode != 3 {
			t.Errorf("the exit code after SIGTERM is %d, want 3", *c.ExitCode)
		}
		if time.Since(a.times[0]) > time.Minute {
			t.Errorf("the first line is of %v", a.times[0])
		}
	})
	t.Run("what the image puts on a volume is there", func(t *testing.T) {
		run(t, task(ecstypes.ContainerDefinition{
			MountPoints: []ecstypes.MountPoint{{SourceVolume: new("data"), ContainerPath: new("/data"), ReadOnly: new(true)}},
		}))
		if got := get(t, "/read?path=/data/file"); got != "content <nil>" {
			t.Errorf("%s", got)
		}
		if got := get(t, "/write?path=/data/file"); got != "open /data/file: read-only file system" {
			t.Errorf("%s", got)
		}
	})
	t.Run("containers of a task share its network", func(t *testing.T) {
		r := run(t, task(
			ecstypes.ContainerDefinition{Command: []string{"idle"}},
			ecstypes.ContainerDefinition{Name: new("web"), Essential: new(false)},
		))
		if got := get(t, "/user"); got != "0:0" {
			t.Errorf("%s", got)
		}
		_ = r.Stop(t.Context())
	})
	t.Run("a container that ignores SIGTERM is killed after its stopTimeout", func(t *testing.T) {
		r := run(t, task(ecstypes.ContainerDefinition{Command: []string{"ignore"}, StopTimeout: new(int32(2))}))
		get(t, "/user")
		began := time.Now()
		_ = r.Stop(t.Context())
		if took := time.Since(began); took < 2*time.Second || took > 20*time.Second {
			t.Errorf("it took %v", took)
		}
		if e := <-r.Exited(); *e.Code != 137 || e.Reason != "" {
			t.Errorf("%+v", e)
		}
	})
	t.Run("a container that crashes ends its task with its code, and its last words are logged", func(t *testing.T) {
		r := run(t, task(ecstypes.ContainerDefinition{Command: []string{"exit", "7"}}))
		if e := <-r.Exited(); *e.Code != 7 || !e.Essential || e.Reason != "" {
			t.Errorf("%+v", e)
		}
		if _, more := <-r.Exited(); more {
			t.Error("another end")
		}
		if lines := a.logged(); lines[len(lines)-1] != "exiting" {
			t.Errorf("the last line is %q", lines[len(lines)-1])
		}
	})
	t.Run("a container that takes more memory than its task has is killed, and says so", func(t *testing.T) {
		big := task(ecstypes.ContainerDefinition{})
		big.Definition.Memory = new("64")
		r := run(t, big)
		get(t, "/user")
		go func() { _, _ = fetch(a.ports()[8080], "/eat") }()
		if e := <-r.Exited(); *e.Code != 137 || e.Reason != "OutOfMemoryError: Container killed due to memory usage" {
			t.Errorf("%+v, code %d", e, *e.Code)
		}
	})
	t.Run("an image for another platform is refused", func(t *testing.T) {
		_, err := runtime.Run(t.Context(), task(ecstypes.ContainerDefinition{Image: &other}))
		if err == nil || !strings.Contains(err.Error(), "CannotPullContainerError: pull image manifest has been retried 1 time(s): "+
			"image Manifest does not contain descriptor matching platform 'linux/"+arch+"'") {
			t.Errorf("%v", err)
		}
	})
	t.Run("an image that is not there is refused", func(t *testing.T) {
		_, err := runtime.Run(t.Context(), task(ecstypes.ContainerDefinition{Image: new(host + "/web@" + digestOfWeb)}))
		want := "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref " + host + "/web@" + digestOfWeb
		if err == nil || !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), "manifest unknown") {
			t.Errorf("%v", err)
		}
	})
	t.Run("a program that is not in the image is an error of the start", func(t *testing.T) {
		_, err := runtime.Run(t.Context(), task(ecstypes.ContainerDefinition{EntryPoint: []string{"/none"}}))
		if err == nil || !strings.HasPrefix(err.Error(), "CannotStartContainerError: ") || !strings.Contains(err.Error(), `exec: "/none"`) {
			t.Errorf("%v", err)
		}
		if c, v := left(t, docker, runtime.Owner); c+v != 0 {
			t.Errorf("%d containers and %d volumes are left", c, v)
		}
	})
	t.Run("a sweep ends and removes all that a cloud has", func(t *testing.T) {
		r := run(t, task(ecstypes.ContainerDefinition{
			MountPoints: []ecstypes.MountPoint{{SourceVolume: new("data"), ContainerPath: new("/data")}},
		}))
		if c, v := left(t, docker, runtime.Owner); c != 1 || v != 1 {
			t.Fatalf("%d containers and %d volumes, want one of each", c, v)
		}
		if err := Sweep(t.Context(), docker, runtime.Owner+"/another"); err != nil {
			t.Fatal(err)
		}
		if c, _ := left(t, docker, runtime.Owner); c != 1 {
			t.Fatal("another cloud's sweep took it")
		}
		if err := Sweep(t.Context(), docker, runtime.Owner); err != nil {
			t.Fatal(err)
		}
		if c, v := left(t, docker, runtime.Owner); c+v != 0 {
			t.Errorf("%d containers and %d volumes are left", c, v)
		}
		for range r.Exited() { // the task notices
		}
	})
}

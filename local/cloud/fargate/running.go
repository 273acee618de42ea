package fargate

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"sync"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// Exit is the end of one container.
type Exit struct {
	Container string
	Essential bool
	// Code is nil when it is not known: the engine went away.
	Code *int32
	// Reason is what ECS shows as the container's reason, mostly nothing.
	Reason string
}

// Running is a task that has started. Its methods may be called from everywhere at once.
type Running struct {
	runtime *Runtime
	task    Task
	docker  *client.Client
	// containers are those of the task. The first one is essential and has the network of all.
	containers []*running
	ports      map[int]netip.AddrPort
	// foreign tells that this machine's processor is not the one that the task definition names.
	foreign string

	exits    chan Exit
	stopOnce sync.Once
	over     chan struct{}
}

// running is one container of a task.
type running struct {
	definition ecstypes.ContainerDefinition
	id         string
	image      image
	// giveUp ends the wait for a container that does not end.
	giveUp context.CancelFunc
	// ended is closed at the container's end, logged when its last line was taken.
	ended, logged chan struct{}

	mu   sync.Mutex
	exit *Exit
}

func newRunning(r *Runtime, t Task, docker *client.Client) *Running {
	n := len(t.Definition.ContainerDefinitions)
	return &Running{
		runtime: r, task: t, docker: docker, ports: map[int]netip.AddrPort{},
		exits: make(chan Exit, n), over: make(chan struct{}),
	}
}

// Exited gives the end of each container, and is closed when the task is over and nothing of it is left. It need not be
// read. The end of an essential container stops the others.
func (r *Running) Exited() <-chan Exit { return r.exits }

// start makes and starts the containers.
func (r *Running) start(ctx context.Context, images map[string]image, secrets map[string]map[string]string) error {
	info, err := call(ctx, func(ctx context.Context) (client.SystemInfoResult, error) {
		return r.docker.Info(ctx, client.InfoOptions{})
	})
	if err != nil {
		return fmt.Errorf("CannotCreateContainerError: %w", err)
	}
	if a := platformOf(r.task.Definition).Architecture; a != architecture(info.Info.Architecture) {
		r.foreign = fmt.Sprintf("the image is for %s and this machine's engine is %s: is emulation set up?", a, info.Info.Architecture)
	}
	var api API
	if r.runtime.API != nil {
		if api, err = r.runtime.API(ctx, r.docker); err != nil {
			r.runtime.Log.Warn("tasks don't reach the AWS API", "task", r.task.ID, "error", err)
		}
	}
	for _, c := range networkFirst(r.task.Definition.ContainerDefinitions) {
		b := blueprint{
			task: r.task, api: api, owner: r.runtime.Owner, image: images[value(c.Image)], secrets: secrets[value(c.Name)],
			processors: info.Info.NCPU,
		}
		if len(r.containers) > 0 {
			b.network = r.containers[0].id
		}
		if err := r.startOne(ctx, b, c); err != nil {
			return err
		}
	}
	return r.findPorts(ctx)
}

func (r *Running) startOne(ctx context.Context, b blueprint, c ecstypes.ContainerDefinition) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("CannotCreateContainerError: %w", err)
	}
	// Not ended by ctx: the engine would make the container nevertheless, after it was looked for in vain to be removed.
	created, err := call(context.WithoutCancel(ctx), func(ctx context.Context) (client.ContainerCreateResult, error) {
		return r.docker.ContainerCreate(ctx, b.options(c))
	})
	if err != nil {
		return fmt.Errorf("CannotCreateContainerError: %w", err)
	}
	one := &running{definition: c, id: created.ID, image: b.image, ended: make(chan struct{}), logged: make(chan struct{})}
	r.containers = append(r.containers, one)
	_, err = call(ctx, func(ctx context.Context) (client.ContainerStartResult, error) {
		return r.docker.ContainerStart(ctx, one.id, client.ContainerStartOptions{})
	})
	if err != nil {
		return fmt.Errorf("CannotStartContainerError: %w", err)
	}
	return nil
}

// findPorts asks where the engine opened the task's ports.
func (r *Running) findPorts(ctx context.Context) error {
	found, err := call(ctx, func(ctx context.Context) (client.ContainerInspectResult, error) {
		return r.docker.ContainerInspect(ctx, r.containers[0].id, client.ContainerInspectOptions{})
	})
	if err != nil {
		return fmt.Errorf("CannotInspectContainerError: %w", err)
	}
	if found.Container.NetworkSettings == nil {
		return nil
	}
	for port, bindings := range found.Container.NetworkSettings.Ports {
		for _, b := range bindings {
			if n, err := strconv.ParseUint(b.HostPort, 10, 16); err == nil && b.HostIP.IsLoopback() {
				r.ports[int(port.Num())] = netip.AddrPortFrom(b.HostIP, uint16(n))
			}
		}
	}
	return nil
}

// Containers is the state of the containers as DescribeTasks shows it, without the fields that are the task's. The
// runtime id is the engine's container id. Health is asked for now; it is UNKNOWN without a health check, as on ECS.
func (r *Running) Containers(ctx context.Context) []ecstypes.Container {
	var list []ecstypes.Container
	for _, one := range r.containers {
		c := ecstypes.Container{
			Name: one.definition.Name, Image: one.definition.Image, ImageDigest: new(one.image.digest), RuntimeId: &one.id,
			LastStatus: new("RUNNING"), HealthStatus: ecstypes.HealthStatusUnknown,
		}
		one.mu.Lock()
		exit := one.exit
		one.mu.Unlock()
		if exit != nil {
			c.LastStatus, c.ExitCode = new("STOPPED"), exit.Code
			if exit.Reason != "" {
				c.Reason = &exit.Reason
			}
		} else if one.definition.HealthCheck != nil {
			c.HealthStatus = r.health(ctx, one)
		}
		list = append(list, c)
	}
	return list
}

func (r *Running) health(ctx context.Context, one *running) ecstypes.HealthStatus {
	found, err := call(ctx, func(ctx context.Context) (client.ContainerInspectResult, error) {
		return r.docker.ContainerInspect(ctx, one.id, client.ContainerInspectOptions{})
	})
	if err == nil && found.Container.State != nil && found.Container.State.Health != nil {
		switch found.Container.State.Health.Status {
		case container.Healthy:
			return ecstypes.HealthStatusHealthy
		case container.Unhealthy:
			return ecstypes.HealthStatusUnhealthy
		}
	}
	return ecstypes.HealthStatusUnknown
}

// networkFirst puts an essential container first: it has the network of all, and its end is that of the task.
func networkFirst(all []ecstypes.ContainerDefinition) []ecstypes.ContainerDefinition {
	for i, c := range all {
		if essential(c) {
			return append(append([]ecstypes.ContainerDefinition{c}, all[:i]...), all[i+1:]...)
		}
	}
	return all
}

// architecture is Go's name for what an engine reports.
func architecture(uname string) string {
	return strings.NewReplacer("x86_64", "amd64", "aarch64", "arm64").Replace(uname)
}

// call bounds one call of the engine.
func call[T any](ctx context.Context, f func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	result, err := f(ctx)
	if err != nil {
		err = fmt.Errorf("the Docker engine: %w", err)
	}
	return result, err
}

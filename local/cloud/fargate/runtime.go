// Package fargate runs ECS tasks as AWS Fargate does: the containers of a task are containers of this machine's Docker
// engine, reached on loopback ports only. A task that could not start on Fargate does not start here, with the same
// words.
package fargate

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/moby/moby/client"

	"sallyport/local/cloud/vpc"
)

// Runtime runs tasks. All exported fields but API are required. Its methods may be called from everywhere at once.
type Runtime struct {
	// Engine returns a client of the Docker engine, or why there is none. The client stays the caller's and must not be
	// closed while tasks run.
	Engine func(context.Context) (*client.Client, error)
	// API returns where an engine's containers reach the AWS API. Without it, or where it fails, they are told nothing of it.
	API func(context.Context, *client.Client) (API, error)
	// Owner names the cloud that tasks belong to: its folder. Sweep removes what carries this name.
	Owner string
	// Auth returns the credentials for an image's registry as the engine takes them (base64 of JSON), or "" for an image
	// that is not in the cloud's own registry, which stands for ECR.
	Auth    func(image string) string
	Network Network
	Logs    Logs
	// Secrets returns what the valueFrom of a container's secret names, see ReadSecret.
	Secrets func(ctx context.Context, region, valueFrom string) (string, error)
	Log     *slog.Logger

	mu   sync.Mutex
	left []*Running // what the engine did not remove
}

// API is where containers reach the AWS API.
type API struct {
	// URL of the API.
	URL string
	// Host is NAME:ADDRESS where the URL's name is one that the containers are to be told; empty for one that they know.
	Host string
}

// NoEngineError is the error of a task that did not start because no Docker engine answers, and not by a fault of its own.
type NoEngineError struct{ error }

// Unwrap returns what failed.
func (e NoEngineError) Unwrap() error { return e.error }

// Network is where the interfaces of tasks are attached.
type Network interface {
	// Reaches returns why an interface does not reach an AWS service, named as in its VPC endpoint, or nil. The name of
	// another host stands for the internet.
	Reaches(from vpc.Interface, service string) error
	Attach(i vpc.Interface, ports map[int]netip.AddrPort)
	Detach(i vpc.Interface)
}

// Logs is CloudWatch Logs.
type Logs interface {
	// Exists tells whether there is such a log group.
	Exists(ctx context.Context, region, group string) (bool, error)
	Stream(region, group, stream string) LogStream
}

// LogStream takes the lines of one log stream. Put must not block.
type LogStream interface {
	Put(at time.Time, line string)
}

// Task is what is to be run, and where.
type Task struct {
	// ARN and ID name the task; the ID is the last part of the ARN.
	ARN, ID string
	// Cluster and Service are names. Service is empty for a task of its own.
	Cluster, Service string
	Definition       ecstypes.TaskDefinition
	// Interface is the task's network interface.
	Interface vpc.Interface
	// AccessKey is that of the task's role; empty without one.
	AccessKey    string
	Region, Zone string
}

// Deadlines of what is asked of the engine. None of them is AWS's.
const (
	// callTimeout bounds each call but a pull. Making a container copies what its volumes start with.
	callTimeout = time.Minute
	pullTimeout = 10 * time.Minute
	// drainTimeout bounds the wait for the last lines of a container that has ended.
	drainTimeout = 10 * time.Second
)

// Run starts a task and returns when its containers run, its ports are open and its interface is attached. ctx bounds
// the start alone: the task runs until its end or Stop.
//
// The error of a task that does not start is what ECS shows as its stopped reason, the stop code being
// TaskFailedToStart: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html. Nothing
// of such a task is left. It is a NoEngineError where there is no engine, also when that went away meanwhile.
func (r *Runtime) Run(ctx context.Context, t Task) (*Running, error) {
	running, err := r.run(ctx, t)
	if err == nil || ctx.Err() != nil {
		return running, err
	}
	if _, away := r.Engine(ctx); away != nil {
		return nil, NoEngineError{err}
	}
	return nil, err
}

func (r *Runtime) run(ctx context.Context, t Task) (*Running, error) {
	if err := Supported(t.Definition); err != nil {
		return nil, err
	}
	secrets, err := r.initialize(ctx, t)
	if err != nil {
		return nil, err
	}
	if err := r.reachImages(t); err != nil {
		return nil, err
	}
	docker, err := r.Engine(ctx)
	if err != nil {
		return nil, fmt.Errorf("CannotPullContainerError: %w", err)
	}
	go r.removeLeft()
	running := newRunning(r, t, docker)
	images, err := r.pull(ctx, docker, t)
	if err != nil {
		return nil, err
	}
	if err := running.start(ctx, images, secrets); err != nil {
		running.remove()
		return nil, err
	}
	r.Network.Attach(t.Interface, running.ports)
	running.watch()
	return running, nil
}

// removeLeft removes what an engine that went away, and is there again, has kept of tasks.
func (r *Runtime) removeLeft() {
	r.mu.Lock()
	left := r.left
	r.left = nil
	r.mu.Unlock()
	for _, running := range left {
		running.remove()
	}
}

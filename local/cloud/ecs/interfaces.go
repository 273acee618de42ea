package ecs

import (
	"context"
	"errors"
	"net/netip"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"sallyport/local/cloud/vpc"
)

// Runtime runs tasks.
type Runtime interface {
	// Run starts all containers of a task: it pulls their images first, so it may take long. When it fails or ctx ends
	// before the containers run, nothing of the task is left. The error becomes the stopped reason of the task, so it
	// reads as one of AWS: "CannotPullContainerError: …" or "ResourceInitializationError: …",
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
	// With ErrNoCapacity in it, nothing is wrong with the task.
	// Once Run has returned, ctx has no meaning for the task.
	Run(ctx context.Context, task Task) (Running, error)
}

// ErrNoCapacity is in the error of a Runtime that can start no task at all for the time being. It is ECS's reason,
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
//
//lint:ignore ST1005 these are ECS's words
var ErrNoCapacity = errors.New("Capacity is unavailable at this time. Please try again later or in a different availability zone.")

// Task is what a Runtime runs.
type Task struct {
	ID          string // 32 hexadecimal digits
	ARN         string
	ClusterName string
	ServiceName string
	Definition  *ecstypes.TaskDefinition
	// Interface is the task's network interface. The Runtime attaches it, since it knows where the ports are, and
	// detaches it.
	Interface vpc.Interface
}

// Running is a task whose containers have been started. Its methods may be called from everywhere at once.
type Running interface {
	// Exited delivers when an essential container has exited. One delivery is enough.
	Exited() <-chan Exit
	// Containers returns the state of each container. It is asked once a second.
	Containers() []Container
	// Stop ends all containers, SIGTERM and after the stop timeout SIGKILL, and returns when nothing of the task is left.
	// ctx bounds the wait alone.
	Stop(ctx context.Context) error
}

// Exit is the end of an essential container.
type Exit struct {
	Container string
	Code      int
	Reason    string // such as "OutOfMemoryError: Container killed due to memory usage", or empty
}

// Container is the state of one container of a task.
type Container struct {
	Name        string
	Status      string // PENDING, RUNNING or STOPPED
	ExitCode    *int   // nil while it runs
	Reason      string
	ImageDigest string // sha256:…
	RuntimeID   string
	// Health is HEALTHY, UNHEALTHY or UNKNOWN, the last also where the task definition has no health check.
	Health string
}

// Network gives tasks their addresses; see vpc.Network.
type Network interface {
	Allocate(subnetID string) (netip.Addr, error)
	Release(subnetID string, address netip.Addr)
	AllocatePublic() (netip.Addr, error)
	ReleasePublic(address netip.Addr)
}

// Targets holds the targets of target groups; see balancer.
type Targets interface {
	Register(targetGroupARN, subnetID string, targets ...netip.AddrPort) error
	// Deregister starts the deregistration delay; a target that has outlived it is no longer in Health.
	Deregister(targetGroupARN string, targets ...netip.AddrPort) error
	Health(targetGroupARN string) []elbtypes.TargetHealthDescription
	// Explanation says in plain words why a target's last health check failed, or is empty.
	Explanation(targetGroupARN string, target netip.AddrPort) string
}

// Definitions returns the task definition with an ARN, a family:revision or a family, with its tags. Its error is what
// the caller of CreateService or UpdateService gets.
type Definitions interface {
	DescribeTaskDefinition(ctx context.Context, name string) (*ecs.DescribeTaskDefinitionOutput, error)
}

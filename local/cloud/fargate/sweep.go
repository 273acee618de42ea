package fargate

import (
	"context"
	"errors"
	"fmt"
	"strings"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/client"
)

// ownerLabel marks what the tasks of a cloud have in the engine.
const ownerLabel = "sallyport.owner"

// Sweep removes all containers and volumes of the cloud that owner names, such as those of a daemon that was killed. Tasks
// that run are ended without a SIGTERM.
func Sweep(ctx context.Context, docker *client.Client, owner string) error {
	filters := client.Filters{}.Add("label", ownerLabel+"="+owner)
	containers, err := call(ctx, func(ctx context.Context) (client.ContainerListResult, error) {
		return docker.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: filters})
	})
	if err != nil {
		return fmt.Errorf("containers left over: %w", err)
	}
	var failed []error
	for _, c := range containers.Items {
		if err := removeContainer(ctx, docker, c.ID); err != nil {
			failed = append(failed, err)
		}
	}
	volumes, err := call(ctx, func(ctx context.Context) (client.VolumeListResult, error) {
		return docker.VolumeList(ctx, client.VolumeListOptions{Filters: filters})
	})
	if err != nil {
		return fmt.Errorf("volumes left over: %w", errors.Join(append(failed, err)...))
	}
	for _, v := range volumes.Items {
		if err := removeVolume(ctx, docker, v.Name); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// removeContainer removes a container with the volumes that have no name. One that is gone is no error.
func removeContainer(ctx context.Context, docker *client.Client, id string) error {
	_, err := call(ctx, func(ctx context.Context) (client.ContainerRemoveResult, error) {
		return docker.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	})
	// In progress: a task that ends and Sweep may meet.
	if err == nil || cerrdefs.IsNotFound(err) || strings.Contains(err.Error(), "is already in progress") {
		return nil
	}
	return fmt.Errorf("container %s: %w", id, err)
}

func removeVolume(ctx context.Context, docker *client.Client, name string) error {
	_, err := call(ctx, func(ctx context.Context) (client.VolumeRemoveResult, error) {
		return docker.VolumeRemove(ctx, name, client.VolumeRemoveOptions{Force: true})
	})
	if err == nil || cerrdefs.IsNotFound(err) {
		return nil
	}
	return fmt.Errorf("volume %s: %w", name, err)
}

package fargate

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// watch begins to see the task through to its end.
func (r *Running) watch() {
	ends := make(chan *running, len(r.containers))
	for _, one := range r.containers {
		waiting, giveUp := context.WithCancel(context.Background())
		one.giveUp = giveUp
		go r.follow(one)
		go func() {
			defer giveUp()
			exit := r.wait(waiting, one)
			one.mu.Lock()
			one.exit = &exit
			one.mu.Unlock()
			close(one.ended)
			ends <- one
		}()
	}
	go r.finish(ends)
}

// finish returns when the task is over.
func (r *Running) finish(ends <-chan *running) {
	for range r.containers {
		one := <-ends
		if one == r.containers[0] {
			// The engine may give the ports to another container now. The interface stays until all is over, so that whoever
			// still asks is refused, as by a task on AWS whose app has ended, and not lost.
			r.runtime.Network.Attach(r.task.Interface, nil)
		}
		r.exits <- *one.exit
		if one.exit.Essential {
			r.stop()
		}
	}
	for _, one := range r.containers {
		<-one.logged
	}
	r.remove()
	r.runtime.Network.Detach(r.task.Interface)
	close(r.exits)
	close(r.over)
}

// wait returns how a container ended, or that nobody knows.
func (r *Running) wait(ctx context.Context, one *running) Exit {
	exit := Exit{Container: value(one.definition.Name), Essential: essential(one.definition)}
	waited := r.docker.ContainerWait(ctx, one.id, client.ContainerWaitOptions{Condition: container.WaitConditionNotRunning})
	select {
	case err := <-waited.Error:
		exit.Reason = fmt.Sprintf("the Docker engine no longer tells how the container is: %v", err)
		r.runtime.Log.Warn("a task is given up", "task", r.task.ID, "container", exit.Container, "error", err)
		return exit
	case result := <-waited.Result:
		exit.Code = new(int32(result.StatusCode))
	}
	if *exit.Code == 0 {
		return exit
	}
	found, err := call(context.Background(), func(ctx context.Context) (client.ContainerInspectResult, error) {
		return r.docker.ContainerInspect(ctx, one.id, client.ContainerInspectOptions{})
	})
	switch {
	case err == nil && found.Container.State != nil && found.Container.State.OOMKilled:
		exit.Reason = "OutOfMemoryError: Container killed due to memory usage"
	case r.foreign != "":
		exit.Reason = r.foreign
	}
	return exit
}

// Stop ends the task and returns when nothing of it is left: SIGTERM (or the image's STOPSIGNAL) to all containers at
// once, and SIGKILL to those that run on after their stopTimeout. ctx bounds the wait alone; the stop goes on after it.
func (r *Running) Stop(ctx context.Context) error {
	r.stop()
	select {
	case <-r.over:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("task %s is still stopping: %w", r.task.ID, ctx.Err())
	}
}

func (r *Running) stop() {
	r.stopOnce.Do(func() {
		for _, one := range r.containers {
			go r.stopOne(one)
		}
	})
}

func (r *Running) stopOne(one *running) {
	select {
	case <-one.ended:
		return
	default:
	}
	timeout := stopTimeout(one.definition)
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(timeout)*time.Second+callTimeout)
	defer cancel()
	if _, err := r.docker.ContainerStop(ctx, one.id, client.ContainerStopOptions{Timeout: &timeout}); err != nil {
		r.runtime.Log.Warn("a container is not stopped by the Docker engine", "task", r.task.ID, "container",
			value(one.definition.Name), "error", err)
	}
	select {
	case <-one.ended:
	case <-time.After(drainTimeout):
		one.giveUp()
	}
}

// remove takes away all that the task has in the engine, by name: the engine may have made a container and not come to
// say so. What can't be removed now is tried again when the next task starts, and is left to Sweep else.
func (r *Running) remove() {
	var all sync.WaitGroup
	definition := r.task.Definition
	failed := make([]error, len(definition.ContainerDefinitions))
	for i, c := range definition.ContainerDefinitions {
		all.Go(func() { failed[i] = removeContainer(context.Background(), r.docker, containerName(r.task, c)) })
	}
	all.Wait()
	for _, v := range definition.Volumes {
		failed = append(failed, removeVolume(context.Background(), r.docker, volumeName(r.task, value(v.Name))))
	}
	if err := errors.Join(failed...); err != nil {
		r.runtime.Log.Warn("something is left of a task", "task", r.task.ID, "error", err)
		r.runtime.mu.Lock()
		defer r.runtime.mu.Unlock()
		r.runtime.left = append(r.runtime.left, r)
	}
}

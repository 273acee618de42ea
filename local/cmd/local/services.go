package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"sallyport/local/cloud"
	"sallyport/local/cloud/ecs"
)

// watching tells what becomes of the tasks while the CLI waits for them: the provider says nothing until they are
// steady, and when they never are, not why.
type watching struct {
	config cloud.Config
	cancel context.CancelFunc
	ended  chan struct{}
	seen   map[string]bool // tasks, failed deployments and refused calls that are known already
}

// watchInterval is short against the start of a task, which takes seconds.
const watchInterval = time.Second

// watchServices begins to tell about tasks that stop or are refused what they ask of AWS, and deployments that fail.
func watchServices(config cloud.Config) *watching {
	ctx, cancel := context.WithCancel(context.Background())
	w := &watching{config: config, cancel: cancel, ended: make(chan struct{}), seen: map[string]bool{}}
	w.tell(ctx, func(string) {}) // of what was before
	go func() {
		defer close(w.ended)
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(watchInterval):
				w.tell(ctx, func(line string) { sayf("%s", line) })
			}
		}
	}()
	return w
}

// end tells what happened last, and no more.
func (w *watching) end() {
	w.cancel()
	<-w.ended
	w.tell(context.Background(), func(line string) { sayf("%s", line) })
}

// tell passes on what is new.
func (w *watching) tell(ctx context.Context, line func(string)) {
	running, err := cloud.Inspect(ctx, w.config)
	if err != nil {
		return
	}
	for _, call := range running.Refused {
		if text := fmt.Sprintf("task %s asked for %s in vain: %s", short(call.Task), call.Call, call.Reason); !w.seen[text] {
			w.seen[text] = true
			line(strings.TrimPrefix("service "+call.Service+": ", "service : ") + text)
		}
	}
	for _, service := range running.Services {
		for i := len(service.Stopped) - 1; i >= 0; i-- { // the latest comes first
			stopped := service.Stopped[i]
			if !w.seen[stopped.ID] {
				w.seen[stopped.ID] = true
				line(fmt.Sprintf("service %s: task %s (%s) stopped: %s", service.Service, short(stopped.ID), revision(stopped.TaskDefinition), describe(stopped)))
			}
		}
		if f := service.Failure; f != nil && !w.seen[f.Deployment] {
			w.seen[f.Deployment] = true
			text := fmt.Sprintf("service %s: the deployment of %s failed: %s", service.Service, revision(f.TaskDefinition), f.Reason)
			if f.RolledBackTo == "" {
				// The provider is not told, and goes on waiting.
				text += " There is nothing to go back to, so this update will fail: Ctrl-C ends the wait."
			}
			line(text)
		}
	}
}

// describe is why a task stopped, on one line.
func describe(stopped ecs.StoppedTask) string {
	parts := []string{stopped.Reason}
	if stopped.Explanation != "" {
		parts = append(parts, stopped.Explanation)
	}
	for _, c := range stopped.Containers {
		if c.ExitCode != nil {
			parts = append(parts, fmt.Sprintf("container %s: exit code %d", c.Name, *c.ExitCode))
		}
		if c.Reason != "" {
			parts = append(parts, fmt.Sprintf("container %s: %s", c.Name, c.Reason))
		}
	}
	return strings.Join(parts, "; ")
}

// short is the first part of a task's id, as people tell tasks apart.
func short(id string) string { return id[:min(8, len(id))] }

// revision is FAMILY:REVISION of a task definition's ARN.
func revision(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

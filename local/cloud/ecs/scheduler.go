// Package ecs is the service scheduler of Amazon ECS for tasks on Fargate, and ECS's API for services and tasks. moto
// keeps clusters, task definitions and a shell of each service; a Scheduler owns what runs.
//
// Its rules are those of
//
//   - https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
//   - https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
//   - https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
//   - https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-throttle-logic.html
//   - https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
//
// It differs from ECS in this: a task behind a load balancer is ACTIVATING, and so pending, until its target is healthy.
// So a service that has its tasks running serves.
package ecs

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"sallyport/local/cloud/declared"
)

// Scheduler keeps the services of one Region at their desired count. Its methods may be called from everywhere at
// once. All exported fields are needed, and must not change once it is used.
type Scheduler struct {
	Runtime     Runtime
	Network     Network
	Targets     Targets
	Definitions Definitions
	Alarms      Alarms
	// Declared returns what is declared now; subnets are looked up in it for their Availability Zone, and target
	// groups for a listener.
	Declared func() *declared.Snapshot
	Log      *slog.Logger

	mu       sync.Mutex
	services map[string]*service // by ARN
	// providers are the capacity providers of clusters, by name.
	providers map[string][]string
	closed    bool
	work      sync.WaitGroup // a goroutine for each service, and one for each task
}

// kept is how long an ended task or service can be described, as on AWS:
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html
const kept = time.Hour

// Stop forgets every service and stops their tasks without draining. It does not wait for them to be gone; Close does.
// No service can be made any more.
func (s *Scheduler) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range s.services {
		v.cancel()
	}
	s.services, s.providers, s.closed = nil, nil, true
}

// Close is Stop, and waits until all tasks are gone or ctx ends.
func (s *Scheduler) Close(ctx context.Context) error {
	s.Stop()
	gone := make(chan struct{})
	go func() {
		s.work.Wait()
		close(gone)
	}()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// add makes the service known and starts its loop. The lock is held.
func (s *Scheduler) add(v *service) {
	if s.services == nil {
		s.services = map[string]*service{}
	}
	if old := s.services[v.arn]; old != nil {
		old.cancel() // it has been INACTIVE, else the call was refused
	}
	s.services[v.arn] = v
	s.work.Go(v.loop)
}

// find returns the service with a name or ARN in a cluster with a name or ARN. The lock is held.
func (s *Scheduler) find(cluster, name string) *service {
	cluster, name = shortName(cluster, "default"), shortName(name, "")
	for _, v := range s.services {
		if v.clusterName == cluster && v.name == name {
			return v
		}
	}
	return nil
}

package ecs

import (
	"context"
	"maps"
	"slices"
	"time"
)

// Before is shown a call of ECS's API before moto sees it. An answer is the caller's, and moto sees nothing of the
// call; an error, a smithy.APIError, refuses it.
func (s *Scheduler) Before(ctx context.Context, action string, input []byte) (answer []byte, err error) {
	if reason, ok := unsupportedActions[action]; ok {
		return nil, refusal("ClientException", "%s is not there in the local cloud: %s", action, reason)
	}
	switch action {
	case "CreateService":
		return s.beforeCreate(ctx, input)
	case "UpdateService":
		return nil, s.beforeUpdate(ctx, input)
	case "RegisterTaskDefinition":
		return nil, checkDefinition(input)
	case "CreateCluster":
		return nil, checkCluster(input)
	case "PutClusterCapacityProviders":
		return nil, s.checkPut(input)
	case "DeleteCluster":
		return nil, s.beforeDeleteCluster(input)
	case "StopTask":
		return s.stopTask(input)
	}
	return nil, nil
}

// After is shown moto's answer to a call that succeeded, and returns the caller's.
func (s *Scheduler) After(ctx context.Context, action string, input, answer []byte) ([]byte, error) {
	var handle func(context.Context, []byte, map[string]any) error
	switch action {
	case "CreateService":
		handle = s.afterCreate
	case "UpdateService":
		handle = s.afterUpdate
	case "DeleteService":
		handle = s.afterDelete
	case "DescribeServices":
		handle = s.afterDescribe
	case "ListServices":
		handle = s.afterList
	case "CreateCluster", "PutClusterCapacityProviders":
		handle = s.afterPut
	case "DescribeClusters":
		handle = s.afterDescribeClusters
	case "ListTasks":
		handle = s.listTasks
	case "DescribeTasks":
		handle = s.describeTasks
	case "TagResource", "UntagResource":
		handle = s.afterTag
	default:
		return answer, nil
	}
	var object map[string]any
	if err := decode(answer, &object); err != nil {
		return nil, refusal("ServerException", "moto's answer to %s can't be read: %s", action, err)
	}
	if err := handle(ctx, input, object); err != nil {
		return nil, err
	}
	return encode(object)
}

// beforeCreate refuses what can't be done, and answers a call that is made again because its answer was lost.
func (s *Scheduler) beforeCreate(ctx context.Context, body []byte) ([]byte, error) {
	in, err := readInput(body)
	if err != nil {
		return nil, err
	}
	if err := checkService(body, in, true); err != nil {
		return nil, err
	}
	s.mu.Lock()
	if err := s.checkAssociated(in.Cluster, deref(in.CapacityProviderStrategy)); err != nil {
		s.mu.Unlock()
		return nil, err
	}
	old := s.find(in.Cluster, in.ServiceName)
	if old != nil && old.status != "INACTIVE" {
		defer s.mu.Unlock()
		switch {
		case old.status == "DRAINING":
			return nil, invalid("Unable to Start a service that is still Draining.")
		case in.ClientToken == "" || in.ClientToken != old.clientToken:
			return nil, invalid("Creation of service was not idempotent.")
		}
		old.complete(old.shell)
		return encode(map[string]any{"service": old.shell})
	}
	s.mu.Unlock()
	r, _, err := s.change(ctx, revision{}, in)
	if err != nil {
		return nil, err
	}
	return nil, s.checkRevision(r)
}

func (s *Scheduler) beforeUpdate(ctx context.Context, body []byte) error {
	in, err := readInput(body)
	if err != nil {
		return err
	}
	if err := checkService(body, in, false); err != nil {
		return err
	}
	s.mu.Lock()
	v := s.find(in.Cluster, in.Service)
	if v == nil {
		s.mu.Unlock()
		return nil // moto says that it is not there
	}
	status, r := v.status, v.primary().revision
	err = s.checkAssociated(in.Cluster, deref(in.CapacityProviderStrategy))
	s.mu.Unlock()
	if err != nil {
		return err
	}
	if status != "ACTIVE" {
		return refusal("ServiceNotActiveException", "Service was not ACTIVE.")
	}
	if in.CapacityProviderStrategy != nil && !in.ForceNewDeployment && !slices.Equal(*in.CapacityProviderStrategy, r.strategy) {
		return invalid("When switching from launch type to capacity provider strategy on an existing service, or making a change to a capacity provider strategy on a service that is already using one, you must force a new deployment.")
	}
	r, changed, err := s.change(ctx, r, in)
	if err != nil || !changed {
		return err
	}
	return s.checkRevision(r)
}

// service returns the service that an answer is about, with the answer's object.
func (s *Scheduler) service(answer map[string]any) (*service, map[string]any) {
	object, _ := answer["service"].(map[string]any)
	arn, _ := object["serviceArn"].(string)
	return s.services[arn], object
}

func (s *Scheduler) afterCreate(ctx context.Context, body []byte, answer map[string]any) error {
	in, err := readInput(body)
	if err != nil {
		return err
	}
	r, _, err := s.change(ctx, revision{platformVersion: "LATEST"}, in)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return refusal("ServerException", "The local cloud stops, or has lost its content: run the command again.")
	}
	v, object := s.service(answer)
	if v == nil || v.status == "INACTIVE" {
		arn, _ := object["serviceArn"].(string)
		cluster, _ := object["clusterArn"].(string)
		v = &service{
			scheduler: s, arn: arn, name: in.ServiceName, clusterARN: cluster, clusterName: shortName(cluster, "default"),
			clientToken: in.ClientToken, created: time.Now(), wake: make(chan struct{}, 1), status: "ACTIVE", settings: defaults.change(in),
		}
		v.ctx, v.cancel = context.WithCancel(context.Background())
		v.settings.tags = in.Tags
		v.deploy(r)
		s.add(v)
	}
	v.shell = maps.Clone(object) // the answer is encoded without the lock
	v.complete(object)
	return nil
}

func (s *Scheduler) afterUpdate(ctx context.Context, body []byte, answer map[string]any) error {
	in, err := readInput(body)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v, object := s.service(answer)
	if v == nil {
		return nil
	}
	before := v.primary().revision
	s.mu.Unlock()
	r, changed, err := s.change(ctx, before, in)
	s.mu.Lock()
	if err != nil {
		return err
	}
	v.shell = maps.Clone(object)
	v.settings = v.settings.change(in)
	if v.status == "ACTIVE" && (changed || in.ForceNewDeployment) {
		v.deploy(r)
		v.failure = nil
	}
	v.poke()
	v.complete(object)
	return nil
}

// afterDelete lets the tasks of a service go; it is DRAINING until the last one has, and then INACTIVE,
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteService.html
func (s *Scheduler) afterDelete(_ context.Context, _ []byte, answer map[string]any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, object := s.service(answer)
	if v == nil {
		return nil
	}
	if v.status == "ACTIVE" {
		v.status = "DRAINING"
		v.settings.desired = 0
		v.poke()
	}
	v.complete(object)
	return nil
}

func (s *Scheduler) afterDescribe(_ context.Context, _ []byte, answer map[string]any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, _ := answer["services"].([]any)
	for _, one := range all {
		if v, object := s.service(map[string]any{"service": one}); v != nil {
			v.complete(object)
		}
	}
	return nil
}

// afterList leaves out what moto remembers of services that are gone.
func (s *Scheduler) afterList(_ context.Context, _ []byte, answer map[string]any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	arns, _ := answer["serviceArns"].([]any)
	answer["serviceArns"] = slices.DeleteFunc(arns, func(arn any) bool {
		name, _ := arn.(string)
		v := s.services[name]
		return v == nil || v.status == "INACTIVE"
	})
	return nil
}

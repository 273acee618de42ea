package ecs

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
)

// tasksInput is what the calls about tasks and tags take, as far as it is obeyed.
type tasksInput struct {
	Cluster           string
	ServiceName       string
	Family            string
	StartedBy         string
	DesiredStatus     string
	LaunchType        string
	ContainerInstance string
	Task              string
	Tasks             []string
	Include           []string
	Reason            string
	ResourceArn       string
	Tags              []tag
	TagKeys           []string
}

func readTasksInput(body []byte) (in tasksInput, err error) {
	if err := json.Unmarshal(body, &in); err != nil {
		return in, refusal("SerializationException", "the input can't be read: %s", err)
	}
	return in, nil
}

// all returns the tasks of a service, the ended ones too. The lock is held.
func (v *service) all() []*task { return slices.Concat(v.tasks, v.ended) }

// inCluster returns the services of a cluster, with those that are gone and may have tasks to describe. The lock is
// held.
func (s *Scheduler) inCluster(cluster string) []*service {
	var found []*service
	for _, v := range s.services {
		if v.clusterName == shortName(cluster, "default") {
			found = append(found, v)
		}
	}
	slices.SortFunc(found, func(a, b *service) int { return strings.Compare(a.arn, b.arn) })
	return found
}

// listTasks answers ListTasks, whose default is the tasks that are meant to run,
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTasks.html
func (s *Scheduler) listTasks(_ context.Context, body []byte, answer map[string]any) error {
	in, err := readTasksInput(body)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.ServiceName != "" && s.find(in.Cluster, in.ServiceName) == nil {
		return refusal("ServiceNotFoundException", "Service not found.")
	}
	arns := []string{}
	for _, v := range s.inCluster(in.Cluster) {
		for _, t := range v.all() {
			family := deref(t.deployment.revision.definition.Family)
			if t.desired == cmp.Or(in.DesiredStatus, "RUNNING") && in.ContainerInstance == "" &&
				cmp.Or(in.LaunchType, "FARGATE") == "FARGATE" &&
				(in.ServiceName == "" || v.name == shortName(in.ServiceName, "")) &&
				(in.Family == "" || in.Family == family) && (in.StartedBy == "" || in.StartedBy == t.deployment.id) {
				arns = append(arns, t.arn)
			}
		}
	}
	clear(answer)
	answer["taskArns"] = arns
	return nil
}

// describeTasks answers DescribeTasks. A task can be described for an hour after its end.
func (s *Scheduler) describeTasks(_ context.Context, body []byte, answer map[string]any) error {
	in, err := readTasksInput(body)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	tasks, failures := []map[string]any{}, []map[string]any{}
	for _, name := range in.Tasks {
		v, t := s.task(in.Cluster, name)
		if t == nil {
			missing := map[string]any{"arn": name, "reason": "MISSING"}
			failures = append(failures, missing)
			continue
		}
		tasks = append(tasks, v.describeTask(t, slices.Contains(in.Include, "TAGS")))
	}
	clear(answer)
	answer["tasks"], answer["failures"] = tasks, failures
	return nil
}

// task finds a task of a cluster by its id or ARN. The lock is held.
func (s *Scheduler) task(cluster, name string) (*service, *task) {
	for _, v := range s.inCluster(cluster) {
		for _, t := range v.all() {
			if t.id == shortName(name, "") {
				return v, t
			}
		}
	}
	return nil, nil
}

// stopTask answers StopTask. The service replaces the task.
func (s *Scheduler) stopTask(body []byte) ([]byte, error) {
	in, err := readTasksInput(body)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v, t := s.task(in.Cluster, in.Task)
	if t == nil {
		return nil, invalid("The referenced task was not found.")
	}
	v.end(t, "UserInitiated", cmp.Or(in.Reason, "Task stopped by user"))
	return encode(map[string]any{"task": v.describeTask(t, false)})
}

// afterTag keeps the tags that tasks to come get from their service.
func (s *Scheduler) afterTag(_ context.Context, body []byte, _ map[string]any) error {
	in, err := readTasksInput(body)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.services[in.ResourceArn]
	if v == nil {
		return nil
	}
	replaced := func(t tag) bool {
		return slices.Contains(in.TagKeys, t.Key) || slices.ContainsFunc(in.Tags, func(n tag) bool { return n.Key == t.Key })
	}
	v.settings.tags = append(slices.DeleteFunc(slices.Clone(v.settings.tags), replaced), in.Tags...)
	return nil
}

package ecs

import "context"

func (s *Scheduler) afterDescribeClusters(_ context.Context, _ []byte, answer map[string]any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, _ := answer["clusters"].([]any)
	for _, one := range all {
		object, _ := one.(map[string]any)
		services, running, pending := 0, 0, 0
		for _, v := range s.services {
			if v.clusterARN != object["clusterArn"] {
				continue
			}
			if v.status == "ACTIVE" {
				services++
			}
			r, p, _ := v.counts(nil)
			running, pending = running+r, pending+p
		}
		if object != nil {
			object["activeServicesCount"], object["runningTasksCount"], object["pendingTasksCount"] = services, running, pending
		}
	}
	return nil
}

func (s *Scheduler) beforeDeleteCluster(body []byte) error {
	in, err := readInput(body)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range s.services {
		if v.clusterName != shortName(in.Cluster, "default") {
			continue
		}
		if v.status != "INACTIVE" {
			return refusal("ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.")
		}
		if len(v.tasks) > 0 {
			return refusal("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")
		}
	}
	return nil
}

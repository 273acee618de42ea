package ecs

import (
	"context"
	"slices"
)

// The capacity providers of Fargate: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
// Here both run a task in the same way, and no Spot task is ever interrupted.
var capacityProviders = []string{"FARGATE", "FARGATE_SPOT"}

// share is a capacity provider's part of a service's tasks, a CapacityProviderStrategyItem.
type share struct {
	CapacityProvider string `json:"capacityProvider"`
	Weight           int    `json:"weight"`
	Base             int    `json:"base"`
}

// The limits of a strategy, https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
const (
	weightMaximum = 1000
	baseMaximum   = 100000
)

func checkStrategy(strategy []share) error {
	weight, bases := 0, 0
	for i, one := range strategy {
		if err := checkProviders(one.CapacityProvider); err != nil {
			return err
		}
		if one.Weight < 0 || one.Weight > weightMaximum || one.Base < 0 || one.Base > baseMaximum {
			return invalid("The weight %d of %s must be 0 to %d, and its base %d 0 to %d.", one.Weight, one.CapacityProvider, weightMaximum, one.Base, baseMaximum)
		}
		if slices.ContainsFunc(strategy[:i], func(other share) bool { return other.CapacityProvider == one.CapacityProvider }) {
			return invalid("The capacity provider %s is in the strategy twice.", one.CapacityProvider)
		}
		weight += one.Weight
		if one.Base > 0 {
			bases++
		}
	}
	switch {
	case len(strategy) > 0 && weight == 0:
		return invalid("At least one capacity provider of the strategy must have a weight greater than 0.")
	case bases > 1:
		return invalid("Only one capacity provider of the strategy can have a base.")
	}
	return nil
}

func checkProviders(names ...string) error {
	for _, name := range names {
		if !slices.Contains(capacityProviders, name) {
			return invalid("The capacity provider %q is not there in the local cloud: all tasks run on Fargate; use FARGATE or FARGATE_SPOT.", name)
		}
	}
	return nil
}

// checkAssociated refuses a strategy with a provider that the cluster doesn't have. The lock is held.
func (s *Scheduler) checkAssociated(cluster string, strategy []share) error {
	for _, one := range strategy {
		if !slices.Contains(s.providers[shortName(cluster, "default")], one.CapacityProvider) {
			return invalid("The capacity provider %s is not associated with the cluster. Associate it with PutClusterCapacityProviders and try again.", one.CapacityProvider)
		}
	}
	return nil
}

// checkPut refuses to take away from a cluster what one of its services runs on.
func (s *Scheduler) checkPut(body []byte) error {
	in, err := readInput(body)
	if err != nil {
		return err
	}
	if err := checkCluster(body); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range s.services {
		if v.clusterName != shortName(in.Cluster, "default") || v.status == "INACTIVE" {
			continue
		}
		for _, one := range v.primary().revision.strategy {
			if !slices.Contains(in.CapacityProviders, one.CapacityProvider) {
				return refusal("ResourceInUseException", "The capacity provider %s is in use by the service %s and cannot be removed.", one.CapacityProvider, v.name)
			}
		}
	}
	return nil
}

// afterPut keeps the capacity providers of a cluster that was made or changed.
func (s *Scheduler) afterPut(_ context.Context, body []byte, answer map[string]any) error {
	in, err := readInput(body)
	if err != nil || in.CapacityProviders == nil {
		return err
	}
	cluster, _ := answer["cluster"].(map[string]any)
	name, _ := cluster["clusterName"].(string)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.providers == nil {
		s.providers = map[string][]string{}
	}
	s.providers[name] = in.CapacityProviders
	return nil
}

// provider chooses what the next task of a revision runs on, given how many run on each already: first the base is filled,
// then the one that is farthest below its share of the rest, and of two such the one with fewer tasks, since a strategy
// has no order. It is empty where the service has no strategy.
func (r revision) provider(taken map[string]int) string {
	best, least := "", 0.0
	for _, one := range r.strategy {
		if taken[one.CapacityProvider] < one.Base {
			return one.CapacityProvider
		}
		// Without weight it is infinite.
		load := float64(taken[one.CapacityProvider]-one.Base+1) / float64(one.Weight)
		if best == "" || load < least || load == least && taken[one.CapacityProvider] < taken[best] {
			best, least = one.CapacityProvider, load
		}
	}
	return best
}

// describeCapacity puts what a service or deployment runs on into its description: AWS tells one of the two.
func (r revision) describeCapacity(object map[string]any) {
	if len(r.strategy) == 0 {
		object["launchType"] = "FARGATE"
		return
	}
	delete(object, "launchType") // moto's
	object["capacityProviderStrategy"] = r.strategy
}

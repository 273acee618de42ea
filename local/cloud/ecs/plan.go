package ecs

import "slices"

// condition is what a task that is meant to run counts for.
type condition int

const (
	// starting is a task that has not reached RUNNING.
	starting condition = iota
	// waiting is a task that is RUNNING and not, or not yet, known to be healthy.
	waiting
	healthy
	// unhealthy is a task that fails its health checks, after the grace period.
	unhealthy
)

// startLimit is how many tasks of a service start at the same time: a machine of one's own is no Region.
const startLimit = 10

// member is a task that is meant to run, as plan sees it.
type member struct {
	id        string
	zone      string
	primary   bool // of the primary deployment
	condition condition
}

// situation is all that plan decides upon.
type situation struct {
	desired        int
	minimumPercent int
	maximumPercent int
	// halted is set when the primary deployment has failed: nothing is started for it any more.
	halted bool
	// throttled is set while a start has to wait because others have failed.
	throttled bool
	// members are the tasks that are meant to run, oldest first.
	members []member
}

// decision is what has to be done now.
type decision struct {
	start     int      // tasks of the primary deployment
	stop      []string // ids of tasks that are not needed
	unhealthy []string // ids of tasks to stop because they fail their health checks
	// stuck is set when minimum and maximum percent let the deployment do nothing.
	stuck bool
}

// bounds are the fewest healthy tasks, rounded up, and the most tasks that are meant to run, rounded down,
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
func (s situation) bounds() (lower, upper int) {
	return (s.desired*s.minimumPercent + 99) / 100, s.desired * s.maximumPercent / 100
}

// plan decides what brings a service nearer to its desired count of healthy tasks of the primary deployment. Tasks that
// are being stopped count for nothing: maximumPercent limits those that are pending or running.
func plan(s situation) decision {
	var d decision
	lower, upper := s.bounds()
	var current, old, spare []member // wanted ones of the primary deployment; healthy ones of others; all that serve nobody
	for _, m := range s.members {
		switch {
		case m.primary && m.condition != unhealthy:
			current = append(current, m)
		case m.primary:
			spare = append(spare, m)
		case m.condition == starting:
			d.stop = append(d.stop, m.id) // superseded before it ran
		case m.condition == healthy:
			old = append(old, m)
		default:
			spare = append(spare, m)
		}
	}
	for len(current) > s.desired {
		i := scaleIn(current)
		d.stop = append(d.stop, current[i].id)
		current = slices.Delete(current, i, i+1)
	}
	ready := len(old) + countOf(current, healthy)

	// A replacement comes before what it replaces goes: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_services.html
	needed := s.desired - len(current)
	if s.halted {
		needed = 0
		spare = slices.DeleteFunc(spare, func(m member) bool { return m.primary && d.end(m) })
	}
	slices.Reverse(spare) // of the same worth, the newest is kept
	slices.SortStableFunc(spare, func(a, b member) int { return b.worth() - a.worth() })
	keep := min(max(s.desired-ready, 0), len(spare))
	room := upper - len(current) - len(old) - keep
	if keep > 0 && needed > 0 && room <= 0 {
		keep-- // one at a time, where maximumPercent leaves no room for a replacement
		room++
	}
	for _, m := range spare[keep:] {
		d.end(m)
	}
	if !s.throttled {
		d.start = max(min(needed, room, startLimit-countOf(current, starting)), 0)
	}
	give := min(len(old), ready-lower, max(ready-s.desired, needed-max(room, 0)))
	for range max(give, 0) {
		i := scaleIn(old)
		d.stop = append(d.stop, old[i].id)
		old = slices.Delete(old, i, i+1)
	}
	d.stuck = needed > 0 && room <= 0 && len(current) == countOf(current, healthy) && len(d.stop)+len(d.unhealthy) == 0
	return d
}

func countOf(members []member, c condition) (n int) {
	for _, m := range members {
		if m.condition == c {
			n++
		}
	}
	return n
}

// worth orders the tasks that serve nobody: those that may still come to be healthy before those that don't, those of
// the primary deployment before others.
func (m member) worth() int {
	switch {
	case m.condition == waiting:
		return 2
	case m.primary:
		return 1
	}
	return 0
}

// end puts a task among those to stop. It returns true.
func (d *decision) end(m member) bool {
	if m.condition == unhealthy {
		d.unhealthy = append(d.unhealthy, m.id)
	} else {
		d.stop = append(d.stop, m.id)
	}
	return true
}

// scaleIn returns the index of the task to stop first: one that does not run yet, then one in the zone with most tasks,
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
func scaleIn(members []member) int {
	zones := map[string]int{}
	for _, m := range members {
		zones[m.zone]++
	}
	best := 0
	for i, m := range members {
		b := members[best]
		if m.condition != b.condition {
			if m.condition < b.condition {
				best = i
			}
		} else if zones[m.zone] > zones[b.zone] {
			best = i
		}
	}
	return best
}

// place returns the subnet for the next task: in the zone with the fewest tasks, and there the subnet with the fewest.
// Subnets whose zone is not known count as a zone of their own. There must be a subnet.
func place(subnets []string, zone func(subnet string) string, taken []string) string {
	inZone, inSubnet := map[string]int{}, map[string]int{}
	name := func(subnet string) string {
		if z := zone(subnet); z != "" {
			return z
		}
		return subnet
	}
	for _, subnet := range taken {
		inZone[name(subnet)]++
		inSubnet[subnet]++
	}
	best := subnets[0]
	for _, subnet := range subnets[1:] {
		if a, b := inZone[name(subnet)], inZone[name(best)]; a < b || a == b && inSubnet[subnet] < inSubnet[best] {
			best = subnet
		}
	}
	return best
}

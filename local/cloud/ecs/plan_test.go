package ecs

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// members reads tasks such as "a:P+" : in zone a, of the primary deployment, healthy. O is of another deployment; . is
// starting, ~ waiting, - unhealthy. Their ids are their places, from 1.
func members(text string) (all []member) {
	for i, word := range strings.Fields(text) {
		zone, rest, _ := strings.Cut(word, ":")
		all = append(all, member{string(rune('1' + i)), zone, rest[0] == 'P', condition(strings.IndexByte(".~+-", rest[1]))})
	}
	return all
}

// The rules are those of
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html (percentages),
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_services.html (unhealthy tasks),
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html (scaling in) and
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html (a failed deployment).
func TestPlan(t *testing.T) {
	for _, c := range []struct {
		name              string
		desired, min, max int
		tasks             string
		halted, throttled bool
		want              decision
	}{
		{name: "all desired tasks start at once", desired: 3, min: 100, max: 200, want: decision{start: 3}},
		{name: "nothing starts while starts are throttled", desired: 3, min: 100, max: 200, throttled: true},
		{name: "what is as desired stays", desired: 2, min: 100, max: 200, tasks: "a:P+ b:P."},
		{name: "at most ten start at the same time", desired: 30, min: 100, max: 200, tasks: "a:P.", want: decision{start: 9}},

		{name: "100/200: new ones start before old ones go", desired: 2, min: 100, max: 200, tasks: "a:O+ b:O+", want: decision{start: 2}},
		{name: "100/200: an old one goes for each new one that is healthy", desired: 2, min: 100, max: 200, tasks: "a:O+ b:O+ a:P+ b:P.", want: decision{stop: []string{"1"}}},
		{name: "100/200: a new one that runs but is not healthy yet replaces none", desired: 1, min: 100, max: 200, tasks: "a:O+ a:P~"},
		{name: "100/150: the maximum is rounded down", desired: 3, min: 100, max: 150, tasks: "a:O+ b:O+ a:O+", want: decision{start: 1}},
		{name: "50/100: old ones make room, the minimum rounded up", desired: 3, min: 50, max: 100, tasks: "a:O+ b:O+ a:O+", want: decision{stop: []string{"1"}}},
		{name: "50/100: the room is used", desired: 3, min: 50, max: 100, tasks: "a:O+ b:O+", want: decision{start: 1}},
		{name: "0/100: all old ones go at once", desired: 2, min: 0, max: 100, tasks: "a:O+ b:O+", want: decision{stop: []string{"1", "2"}}},
		{name: "50/200: no old one goes while there is room", desired: 4, min: 50, max: 200, tasks: "a:O+ b:O+ a:O+ b:O+", want: decision{start: 4}},
		{name: "100/100: the deployment is stuck", desired: 1, min: 100, max: 100, tasks: "a:O+", want: decision{stuck: true}},
		{name: "50/100 with one task: the minimum of one leaves no room either", desired: 1, min: 50, max: 100, tasks: "a:O+", want: decision{stuck: true}},

		{name: "superseded tasks that do not run yet stop at once", desired: 2, min: 100, max: 200, tasks: "a:O. b:O+", want: decision{start: 2, stop: []string{"1"}}},
		{name: "a superseded task that runs stays until there is a healthy one", desired: 1, min: 100, max: 200, tasks: "a:O~ b:P."},

		{name: "scaling in takes what does not run yet", desired: 1, min: 100, max: 200, tasks: "a:P+ b:P.", want: decision{stop: []string{"2"}}},
		{name: "scaling in takes from the zone with most tasks", desired: 2, min: 100, max: 200, tasks: "a:P+ b:P+ b:P+", want: decision{stop: []string{"2"}}},
		{name: "scaling to none stops all", desired: 0, min: 100, max: 200, tasks: "a:P+ b:O+ a:P. b:P-", want: decision{stop: []string{"3", "1", "2"}, unhealthy: []string{"4"}}},

		{name: "the replacement of an unhealthy task starts before it goes", desired: 1, min: 100, max: 200, tasks: "a:P-", want: decision{start: 1}},
		{name: "an unhealthy task goes when its replacement is healthy", desired: 1, min: 100, max: 200, tasks: "a:P- b:P+", want: decision{unhealthy: []string{"1"}}},
		{name: "an unhealthy task stays while its replacement starts", desired: 1, min: 100, max: 200, tasks: "a:P- b:P."},
		{name: "when the replacement is unhealthy too, the older one goes", desired: 1, min: 100, max: 200, tasks: "a:P- b:P-", want: decision{start: 1, unhealthy: []string{"1"}}},
		{name: "where the maximum leaves no room, an unhealthy task goes first, one at a time", desired: 2, min: 100, max: 100, tasks: "a:P- b:P-", want: decision{start: 1, unhealthy: []string{"1"}}},
		{name: "an unhealthy new task goes at once while the old ones serve", desired: 1, min: 100, max: 200, tasks: "a:O+ b:P-", want: decision{start: 1, unhealthy: []string{"2"}}},

		{name: "a failed deployment starts nothing and stops no old one", desired: 2, min: 100, max: 200, halted: true, tasks: "a:O+"},
		{name: "a failed deployment's unhealthy tasks go", desired: 1, min: 100, max: 200, halted: true, tasks: "a:P-", want: decision{unhealthy: []string{"1"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := plan(situation{c.desired, c.min, c.max, c.halted, c.throttled, members(c.tasks)})
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}

// For every small situation: a decision never goes beyond the maximum, and stops no healthy task that the minimum needs
// but to scale in.
func TestPlanKeepsItsBounds(t *testing.T) {
	words := []string{"a:P.", "a:P~", "b:P+", "a:P-", "b:O.", "a:O~", "b:O+", "b:O-"}
	var visit func(tasks []string)
	visit = func(tasks []string) {
		for _, s := range []situation{{desired: 2, minimumPercent: 100, maximumPercent: 200}, {desired: 2, minimumPercent: 50, maximumPercent: 100},
			{desired: 3, minimumPercent: 50, maximumPercent: 150}, {desired: 1, minimumPercent: 0, maximumPercent: 100}} {
			s.members = members(strings.Join(tasks, " "))
			lower, upper := s.bounds()
			d := plan(s)
			gone := slices.Concat(d.stop, d.unhealthy)
			left, serve, served := len(s.members)-len(gone)+d.start, 0, 0
			for _, m := range s.members {
				if m.condition == healthy {
					served++
					if !slices.Contains(gone, m.id) {
						serve++
					}
				}
			}
			if d.start > 0 && left > upper {
				t.Fatalf("%v of %d%%: %d tasks, at most %d: %+v", tasks, s.maximumPercent, left, upper, d)
			}
			if serve < served && serve < lower {
				t.Fatalf("%v of %d%%: %d serve, at least %d: %+v", tasks, s.minimumPercent, serve, lower, d)
			}
			if len(slices.Compact(slices.Sorted(slices.Values(gone)))) != len(gone) {
				t.Fatalf("%v: a task is stopped twice: %+v", tasks, d)
			}
		}
		if len(tasks) < 4 {
			for _, word := range words {
				visit(append(slices.Clone(tasks), word))
			}
		}
	}
	visit(nil)
}

// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html: the zone with the fewest tasks
func TestPlace(t *testing.T) {
	zones := map[string]string{"a1": "a", "a2": "a", "b1": "b"}
	for _, c := range []struct{ name, taken, want string }{
		{"the first task is in the first subnet", "", "a1"},
		{"the next one is in the other zone", "a1", "b1"},
		{"the third one is in the zone's other subnet", "a1 b1", "a2"},
		{"a subnet that nobody knows is a zone of its own", "a1 b1 a2 b1", "x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			subnets := []string{"a1", "a2", "b1"}
			if c.want == "x" {
				subnets = append(subnets, "x")
			}
			if got := place(subnets, func(s string) string { return zones[s] }, strings.Fields(c.taken)); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

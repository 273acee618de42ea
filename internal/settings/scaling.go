package settings

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // so that a name is known on every machine or on none
)

const (
	trackingPage = aws + "AmazonECS/latest/developerguide/service-autoscaling-targettracking.html"
	cronPage     = aws + "autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html"
)

// standardCPU leaves room for the load that comes on top until a new task serves: three data points of a minute each
// for the alarm, and the start of the task.
const standardCPU = 60

// cronField is one of the six fields of a cron expression, by
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html#eb-cron-expressions
type cronField struct {
	name      string
	low, high int
	names     []string       // of the values, from low on
	wildcards *regexp.Regexp // that this field alone takes
}

var cronFields = []cronField{
	{name: "minutes", high: 59},
	{name: "hours", high: 23},
	{name: "day of the month", low: 1, high: 31, wildcards: regexp.MustCompile(`^(L|LW|([1-9]|[12]\d|3[01])W)$`)},
	{name: "month", low: 1, high: 12, names: []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}},
	{name: "day of the week", low: 1, high: 7, names: []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"},
		wildcards: regexp.MustCompile(`^(L|[1-7]L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)#[1-5])$`)},
	{name: "year", low: 1970, high: 2199},
}

func checkCron(expression string) error {
	if expression == "" {
		return nil
	}
	inner, isCron := strings.CutPrefix(expression, "cron(")
	inner, closed := strings.CutSuffix(inner, ")")
	fields := strings.Fields(inner)
	if !isCron || !closed || len(fields) != len(cronFields) {
		return errors.New("it is not cron(…) with six fields")
	}
	var wrong []string
	for i, f := range cronFields {
		if fields[i] == "?" && f.wildcards != nil {
			continue
		}
		for item := range strings.SplitSeq(fields[i], ",") {
			if !f.takes(item) {
				wrong = append(wrong, fmt.Sprintf("%q is no %s", item, f.name))
			}
		}
	}
	if (fields[2] == "?") == (fields[4] == "?") {
		wrong = append(wrong, "of the day of the month and the day of the week exactly one must be ?")
	}
	return joined(wrong)
}

// takes tells whether the field may hold this, as one of the items between commas.
func (f cronField) takes(item string) bool {
	if f.wildcards != nil && f.wildcards.MatchString(item) {
		return true
	}
	span, step, stepped := strings.Cut(item, "/")
	if n, err := strconv.ParseUint(step, 10, 16); stepped && (err != nil || n < 1) {
		return false
	}
	if span == "*" {
		return true
	}
	first, last, ranged := strings.Cut(span, "-")
	if !ranged {
		last = first
	}
	return f.value(first) && f.value(last)
}

func (f cronField) value(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16) // which takes no sign
	return err == nil && int(n) >= f.low && int(n) <= f.high || slices.Contains(f.names, text)
}

func checkTimezone(name string) error {
	if _, err := time.LoadLocation(name); err != nil || name == "Local" {
		return errors.New("there is no such time zone")
	}
	return nil
}

// checkScaling finds what contradicts itself, and what was set to no effect.
func checkScaling(s *Settings, valid func(keys ...string) bool) (problems []*problem) {
	idle := func(key, without string) {
		problems = append(problems, &problem{key: key, wrong: "it has no effect without " + without})
	}
	if valid("scaling.max", "app.count") && s.Scaling.Max > 0 && s.Scaling.Max <= s.App.Count {
		problems = append(problems, &problem{key: "scaling.max", wrong: fmt.Sprintf("it must be more than app.count, which is %d", s.App.Count)})
	}
	if valid("scaling.max") && s.Scaling.Max == 0 {
		for _, target := range []struct {
			key   string
			value int
		}{{"scaling.targetCpu", s.Scaling.TargetCPU}, {"scaling.targetMemory", s.Scaling.TargetMemory}, {"scaling.targetRequests", s.Scaling.TargetRequests}} {
			if valid(target.key) && target.value > 0 {
				idle(target.key, "scaling.max")
			}
		}
	}
	if !valid("scaling.park", "scaling.wake") {
		return problems
	}
	park, wake := s.Scaling.Park, s.Scaling.Wake
	switch {
	case park != "" && wake == "":
		problems = append(problems, &problem{key: "scaling.wake", wrong: "nothing would start the tasks that scaling.park stops"})
	case park == "" && wake != "":
		idle("scaling.wake", "scaling.park")
	case park != "" && strings.Join(strings.Fields(park), " ") == strings.Join(strings.Fields(wake), " "):
		problems = append(problems, &problem{key: "scaling.wake", wrong: "it is the time of scaling.park"})
	}
	if valid("scaling.timezone") && park == "" && wake == "" && s.Scaling.Timezone != "UTC" {
		idle("scaling.timezone", "scaling.park")
	}
	return problems
}

// checkSpot finds a share of Spot tasks that AWS refuses, and one that no task would ever be of.
func checkSpot(s *Settings, valid func(keys ...string) bool) *problem {
	if !valid("app.spotPercent", "app.onDemandBase", "app.count", "scaling.max") {
		return nil
	}
	spot, base, most := s.App.SpotPercent, s.App.OnDemandBase, max(s.App.Count, s.Scaling.Max)
	switch {
	case spot == 0 && base != 1:
		return &problem{key: "app.onDemandBase", wrong: "it has no effect without app.spotPercent"}
	case spot > 0 && base >= most:
		return &problem{
			key: "app.onDemandBase", wrong: fmt.Sprintf("there are at most %d tasks, so none would run on Spot", most),
			allowed: fmt.Sprintf("0 to %d, or more for app.count or scaling.max", most-1),
		}
	case spot == 100 && base > 0:
		return &problem{key: "app.spotPercent", wrong: fmt.Sprintf("it leaves nothing for the app.onDemandBase of %d", base)}
	}
	return nil
}

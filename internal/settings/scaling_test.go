package settings

import "testing"

// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html#eb-cron-expressions
func TestCronExpressions(t *testing.T) {
	for expression, good := range map[string]bool{
		"cron(0 20 ? * MON-FRI *)":        true,
		"cron(0/15 8-17 * * ? 2027)":      true,
		"cron(0,30 */2 1,15 JAN-MAR ? *)": true,
		"cron(0 9 L * ? *)":               true,
		"cron(0 9 3W * ? *)":              true,
		"cron(0 9 ? * 6L *)":              true,
		"cron(0 9 ? * 2#1 *)":             true,
		"cron(0 9 ? * TUE#3 2027-2030)":   true,
		"":                                true,

		"cron(0 20 * * MON-FRI *)":   false, // neither day is ?
		"cron(0 20 ? * ? *)":         false,
		"cron(0 20 ? * MON-FRI)":     false,
		"cron(? 20 ? * MON-FRI *)":   false,
		"cron(0 24 ? * MON-FRI *)":   false,
		"cron(0 20 0 * ? *)":         false,
		"cron(0 20 32W * ? *)":       false,
		"cron(0 20 ? 13 MON *)":      false,
		"cron(0 20 ? * 0 *)":         false,
		"cron(0 20 ? * mon *)":       false,
		"cron(0/0 20 ? * MON *)":     false,
		"cron(0 20 ? * MON#6 *)":     false,
		"cron(0 20 ? * MON, *)":      false,
		"cron(+5 20 ? * MON *)":      false,
		"rate(1 day)":                false,
		"at(2027-01-01T20:00:00)":    false,
		"0 20 ? * MON-FRI *":         false,
		"cron(0 20 ? * MON-FRI *":    false,
		"cron(0 20 ? * MON-FRI * *)": false,
	} {
		if err := checkCron(expression); (err == nil) != good {
			t.Errorf("%q: %v", expression, err)
		}
	}
}

func TestTheCountFollowsTheCPUWhereNothingElseIsSaid(t *testing.T) {
	for s, want := range map[Scaling][3]int{
		{}:                                      {0, 0, 0},
		{Park: "x"}:                             {0, 0, 0},
		{Max: 2}:                                {60, 0, 0},
		{Max: 2, TargetCPU: 40}:                 {40, 0, 0},
		{Max: 2, TargetMemory: 70}:              {0, 70, 0},
		{Max: 2, TargetRequests: 9}:             {0, 0, 9},
		{Max: 2, TargetCPU: 1, TargetMemory: 2}: {1, 2, 0},
	} {
		if cpu, memory, requests := s.Targets(); [3]int{cpu, memory, requests} != want {
			t.Errorf("%+v follows %d, %d, %d, want %v", s, cpu, memory, requests, want)
		}
	}
}

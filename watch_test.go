package main

import (
	"slices"
	"strings"
	"testing"

	"sallyport/internal/record"
)

// watchful is a stack with all that tells how it is.
func watchful(t *testing.T) *record.Recording {
	t.Helper()
	return run(t, map[string]any{
		"aws:region": "us-east-1", "sallyport:alarms.enabled": "true", "sallyport:alarms.email": "ops@example.com",
		"sallyport:alarms.rollback": "true", "sallyport:alarms.latencyMs": "800", "sallyport:dashboard.enabled": "true", "sallyport:gateway.keepWarm": "true",
	}, record.Options{})
}

func TestWatch(t *testing.T) {
	const alarm = "aws:cloudwatch/metricAlarm:MetricAlarm"
	rec := watchful(t)
	t.Run("its controls and its privacy are those of the default stack", func(t *testing.T) {
		for _, c := range slices.Concat(oneEntry, loadBalancerAndAPI, containerAndImage, rolesAndLogs, privacy) {
			t.Run(c.name, func(t *testing.T) { c.check(t, rec) })
		}
	})
	t.Run("SH CloudWatch.15, CloudWatch.17, CKV_AWS_319, nag NIST CloudWatchAlarmAction: every alarm has an action", func(t *testing.T) {
		alarms := some(t, rec, alarm)
		if len(alarms) != 9 {
			t.Errorf("there are %v", alarms)
		}
		for _, a := range alarms {
			record.Equal(t, a, "alarmActions.0", arn("Topic", "sallyport-dev-alarms"))
			record.Equal(t, a, "actionsEnabled", nil) // true, unless it says otherwise
		}
	})
	t.Run("the settings arrive", func(t *testing.T) {
		record.Equal(t, rec.Get(t, alarm, "sallyport-dev-latency"), "threshold", 800.0)
		record.Equal(t, rec.Get(t, alarm, "sallyport-dev-unhealthy-hosts"), "evaluationPeriods", 3.0)
		record.Equal(t, rec.Get(t, alarm, "sallyport-dev-running-tasks"), "threshold", 1.0)
		record.Equal(t, one(t, rec, "aws:sns/topicSubscription:TopicSubscription"), "endpoint", "ops@example.com")
		record.Equal(t, one(t, rec, "aws:cloudwatch/eventApiDestination:EventApiDestination"), "invocationEndpoint",
			rec.Exports["url"].(string)+"/api/health")
	})
	t.Run("the service rolls back on the alarms that a bad version rings", func(t *testing.T) {
		service := one(t, rec, "aws:ecs/service:Service")
		for path, want := range map[string]any{
			"alarms.enable": true, "alarms.rollback": true, "alarms.alarmNames.0": "sallyport-dev-target-5xx-1234567",
			"alarms.alarmNames.1": "sallyport-dev-unhealthy-hosts-1234567", "alarms.alarmNames.2": nil,
		} {
			record.Equal(t, service, path, want)
		}
		if !waits(rec, service.String(), alarm+"::sallyport-dev-unhealthy-hosts") {
			t.Error("it does not wait for them")
		}
	})
	t.Run("alarms alone roll nothing back", func(t *testing.T) {
		rec := run(t, map[string]any{"aws:region": "us-east-1", "sallyport:alarms.enabled": "true"}, record.Options{})
		service := one(t, rec, "aws:ecs/service:Service")
		record.Equal(t, service, "alarms.enable", false)
		record.Equal(t, service, "alarms.rollback", false)
	})
	t.Run("a service that is parked at night is not missed", func(t *testing.T) {
		rec := run(t, map[string]any{
			"aws:region": "us-east-1", "sallyport:alarms.enabled": "true",
			"sallyport:scaling.park": "cron(0 20 ? * MON-FRI *)", "sallyport:scaling.wake": "cron(0 7 ? * MON-FRI *)",
		}, record.Options{})
		for _, a := range some(t, rec, alarm) {
			if a.Name == "sallyport-dev-running-tasks" {
				t.Errorf("there is %s", a)
			}
		}
	})
	t.Run("a topic that is there already is used, and none made", func(t *testing.T) {
		const topic = "arn:aws:sns:us-east-1:123456789012:oncall"
		rec := run(t, map[string]any{
			"aws:region": "us-east-1", "sallyport:alarms.enabled": "true", "sallyport:alarms.topicArn": topic,
		}, record.Options{})
		none(t, rec, "aws:sns/")
		for _, a := range some(t, rec, alarm) {
			record.Equal(t, a, "alarmActions.0", topic)
		}
	})
	t.Run("the dashboard's address is exported, and it shows every alarm", func(t *testing.T) {
		const want = "https://console.aws.amazon.com/cloudwatch/home?region=us-east-1#dashboards/dashboard/sallyport-dev"
		if got := rec.Exports["dashboardUrl"]; got != want {
			t.Errorf("got %v, want %s", got, want)
		}
		text := one(t, rec, "aws:cloudwatch/dashboard:Dashboard").Input("dashboardBody").(string)
		for _, a := range some(t, rec, alarm) {
			if !strings.Contains(text, `"`+arn("MetricAlarm", a.Name)+`"`) {
				t.Errorf("%s is not in %s", a.Name, text)
			}
		}
	})
	t.Run("EventBridge may call that one destination, which is asked for once the role may", func(t *testing.T) {
		policy := document(t, rec.Get(t, "aws:iam/policy:Policy", "sallyport-dev-keep-warm"), "policy").Statement
		if len(policy) != 1 || !slices.Equal(policy[0].Action, []string{"events:InvokeApiDestination"}) ||
			!slices.Equal(policy[0].Resource, []string{"arn:aws:events:us-east-1:123456789012:api-destination/sallyport-dev-keep-warm-*"}) {
			t.Errorf("the policy is %+v", policy)
		}
		// Pulumi makes the name of it.
		destination := rec.Get(t, "aws:cloudwatch/eventApiDestination:EventApiDestination", "sallyport-dev-keep-warm")
		record.Equal(t, destination, "name", nil)
		target := one(t, rec, "aws:cloudwatch/eventTarget:EventTarget")
		if !waits(rec, target.String(), "aws:iam/rolePolicyAttachment:RolePolicyAttachment::sallyport-dev-keep-warm") {
			t.Error("it does not wait for the role's policy")
		}
	})
	t.Run("alarms on the path of a request wait for no task", func(t *testing.T) {
		for _, name := range []string{"api-5xx", "balancer-5xx", "target-5xx", "unhealthy-hosts", "latency", "gateway-latency"} {
			if waits(rec, alarm+"::sallyport-dev-"+name, "docker:index/image:Image::sallyport-dev") {
				t.Errorf("%s waits for the image", name)
			}
		}
	})
}

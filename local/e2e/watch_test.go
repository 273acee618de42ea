package e2e

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

// watchful has the stack tell how it is. Alarms are kept here, and never judged: that they ring when they should, this
// does not show.
func watchful(t *testing.T) {
	deployed(t)
	before := inventory(t)
	t.Run("with all of it on", func(t *testing.T) {
		edit(t, "Pulumi.local.yaml", replace("config:\n", strings.Join([]string{
			"config:",
			"  sallyport:alarms.enabled: \"true\"",
			"  sallyport:alarms.email: ops@example.com",
			"  sallyport:alarms.rollback: \"true\"",
			"  sallyport:dashboard.enabled: \"true\"",
			"  sallyport:gateway.keepWarm: \"true\"",
			"",
		}, "\n")))
		run(t, "up")
		exported := outputs(t)
		t.Run("there are exactly these alarms, and they tell the stack's topic", func(t *testing.T) { theseAlarms(t) })
		t.Run("the dashboard has the exported address", func(t *testing.T) {
			const name = "sallyport-local"
			if !strings.HasSuffix(exported["dashboardUrl"], "#dashboards/dashboard/"+name) {
				t.Errorf("it is %s", exported["dashboardUrl"])
			}
			if names := elements(query(t, "monitoring", "ListDashboards"), "DashboardName"); !slices.Equal(names, []string{name}) {
				t.Errorf("there are %v", names)
			}
		})
		t.Run("once a day EventBridge is to ask for the health path at the public URL", func(t *testing.T) {
			destinations := ask[struct {
				ApiDestinations []struct{ ApiDestinationArn, InvocationEndpoint string }
			}](t, "events", "ListApiDestinations", nil).ApiDestinations
			if len(destinations) != 1 || destinations[0].InvocationEndpoint != exported["url"]+"/api/health" {
				t.Fatalf("the destinations are %+v", destinations)
			}
			rules := ask[struct {
				Rules []struct{ Name, ScheduleExpression string }
			}](t, "events", "ListRules", nil).Rules
			if len(rules) != 1 || rules[0].ScheduleExpression != "rate(1 day)" {
				t.Fatalf("the rules are %+v", rules)
			}
			targets := ask[struct{ Targets []struct{ Arn string } }](t, "events", "ListTargetsByRule", map[string]any{"Rule": rules[0].Name}).Targets
			if len(targets) != 1 || targets[0].Arn != destinations[0].ApiDestinationArn {
				t.Errorf("the targets are %+v", targets)
			}
		})
		t.Run("a second up changes nothing", func(t *testing.T) { run(t, "up", "--", "--expect-no-changes") })
		t.Run("an alarm that begins to ring rolls a deployment back, and the up fails", func(t *testing.T) { rung(t, exported["url"]) })
	})
	t.Run("alarms can't go from under a service that listens to them", func(t *testing.T) {
		fails(t, []string{"deployments still listen to alarms that would be deleted now. Turn alarms.rollback off alone and update"}, "up")
		if len(deploymentAlarms(t)) != 2 {
			t.Error("it no longer does")
		}
	})
	t.Run("once they may not roll back, they can", func(t *testing.T) {
		edit(t, "Pulumi.local.yaml", replace("config:\n", "config:\n  sallyport:alarms.enabled: \"true\"\n"))
		run(t, "up")
		if alarms := deploymentAlarms(t); alarms != nil {
			t.Errorf("the service still listens to %v", alarms)
		}
		run(t, "preview", "--", "--expect-no-changes")
	})
	t.Run("without them, the stack is what it was", func(t *testing.T) {
		run(t, "up")
		// The versions of the app between have made revisions of the task definition: its number counts, not its name.
		if after := kinds(inventory(t)); !maps.Equal(kinds(before), after) {
			t.Errorf("there was %v, and now there is %v", kinds(before), after)
		}
		if alarms := deploymentAlarms(t); alarms != nil {
			t.Errorf("the service still has the alarms %v", alarms)
		}
		for _, list := range [][3]string{
			{"monitoring", "DescribeAlarms", "AlarmName"}, {"monitoring", "ListDashboards", "DashboardName"}, {"sns", "ListTopics", "TopicArn"},
		} {
			if left := elements(query(t, list[0], list[1]), list[2]); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		}
		for _, list := range [][2]string{{"ListRules", "Name"}, {"ListApiDestinations", "Name"}, {"ListConnections", "Name"}} {
			if left := named(ask[map[string]any](t, "events", list[0], nil), list[1]); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		}
		run(t, "preview", "--", "--expect-no-changes")
	})
}

func theseAlarms(t *testing.T) {
	document := query(t, "monitoring", "DescribeAlarms")
	var names []string
	for _, name := range elements(document, "AlarmName") {
		names = append(names, name[:strings.LastIndex(name, "-")]) // Pulumi's suffix
	}
	if want := []string{
		"sallyport-local-api-5xx", "sallyport-local-balancer-5xx", "sallyport-local-cpu", "sallyport-local-gateway-latency", "sallyport-local-latency",
		"sallyport-local-memory", "sallyport-local-running-tasks", "sallyport-local-target-5xx", "sallyport-local-unhealthy-hosts",
	}; !slices.Equal(names, want) {
		t.Errorf("there are %v, want %v", names, want)
	}
	topics := elements(query(t, "sns", "ListTopics"), "TopicArn")
	if len(topics) != 1 {
		t.Fatalf("the topics are %v", topics)
	}
	if told := strings.Count(document, "<member>"+topics[0]+"</member>"); told != 2*len(names) {
		t.Errorf("%s is told %d times, want each alarm's beginning and end", topics[0], told)
	}
	if endpoints := elements(query(t, "sns", "ListSubscriptionsByTopic", "TopicArn", topics[0]), "Endpoint"); !slices.Equal(endpoints, []string{"ops@example.com"}) {
		t.Errorf("%v are subscribed", endpoints)
	}
}

// rung has an alarm begin to ring while a new version is deployed that nothing else is wrong with.
func rung(t *testing.T, url string) {
	edit(t, "webapp/Dockerfile", replace(startsApp, "ENV ANOTHER=version\n"+startsApp))
	before := service(t)
	names := deploymentAlarms(t)
	i := slices.IndexFunc(names, func(name string) bool { return strings.HasPrefix(name, "sallyport-local-target-5xx-") })
	if len(names) != 2 || i < 0 {
		t.Fatalf("the service has the alarms %v", names)
	}
	people := visit(t, url)
	up := start(t, "up")
	up.until("the deployment begins", func() bool { return service(t).Deployment != before.Deployment })
	state := func(value string) {
		query(t, "monitoring", "SetAlarmState", "AlarmName", names[i], "StateValue", value, "StateReason", "a test says so")
	}
	state("ALARM")
	defer state("OK")
	up.wait()
	people.saw(t, buildAt(t, url))
	after := service(t)
	if after.Failure == nil || after.TaskDefinition != before.TaskDefinition || after.Running != after.Desired {
		t.Fatalf("the service is %+v", after)
	}
	up.failed("the new version does not run: ECS runs "+revision(before.TaskDefinition)+" and not "+revision(after.Failure.TaskDefinition),
		"ECS deployment alarms: "+names[i]+" in the state ALARM.")
}

// deploymentAlarms are those that the service rolls back on.
func deploymentAlarms(t *testing.T) []string {
	t.Helper()
	exported := outputs(t)
	answer := ask[struct {
		Services []struct {
			DeploymentConfiguration struct {
				Alarms *struct {
					AlarmNames       []string
					Enable, Rollback bool
				}
			}
		}
	}](t, "ecs", "DescribeServices", map[string]any{"cluster": exported["clusterName"], "services": []string{exported["serviceName"]}})
	if len(answer.Services) != 1 {
		t.Fatalf("there are %d services", len(answer.Services))
	}
	alarms := answer.Services[0].DeploymentConfiguration.Alarms
	if alarms == nil || !alarms.Enable || !alarms.Rollback {
		return nil
	}
	if text, err := json.Marshal(alarms); err == nil {
		t.Logf("the deployment alarms are %s", text)
	}
	slices.Sort(alarms.AlarmNames)
	return alarms.AlarmNames
}

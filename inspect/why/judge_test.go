package why

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// What is judged here is made up after AWS's pages. It does not prove that AWS uses these words.

var (
	began = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	group = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123456789abcdef"
)

func revisionARN(revision string) *string {
	return aws.String("arn:aws:ecs:us-east-1:123456789012:task-definition/" + revision)
}

func deployment(status, revision string, state ecstypes.DeploymentRolloutState, running, failed int32) ecstypes.Deployment {
	return ecstypes.Deployment{Status: &status, TaskDefinition: revisionARN(revision), RolloutState: state, DesiredCount: 2,
		RunningCount: running, FailedTasks: failed, CreatedAt: &began}
}

// event is one of the service's, some seconds after the primary deployment began.
func event(seconds int, message string) ecstypes.ServiceEvent {
	return ecstypes.ServiceEvent{CreatedAt: aws.Time(began.Add(time.Duration(seconds) * time.Second)), Message: aws.String("(service web) " + message)}
}

func target(state elbtypes.TargetHealthStateEnum, reason, description string) elbtypes.TargetHealthDescription {
	return elbtypes.TargetHealthDescription{
		Target:       &elbtypes.TargetDescription{Id: aws.String("10.0.1.7"), Port: aws.Int32(3000)},
		TargetHealth: &elbtypes.TargetHealth{State: state, Reason: elbtypes.TargetHealthReasonEnum(reason), Description: aws.String(description)},
	}
}

// stoppedTask is one of web:7.
func stoppedTask(code ecstypes.TaskStopCode, reason string, containers ...ecstypes.Container) ecstypes.Task {
	return ecstypes.Task{TaskArn: aws.String("arn:aws:ecs:us-east-1:123456789012:task/web/0a1b"), TaskDefinitionArn: revisionARN("web:7"),
		StopCode: code, StoppedReason: &reason, Containers: containers}
}

func exited(code int32) ecstypes.Task {
	return stoppedTask(ecstypes.TaskStopCodeEssentialContainerExited, "Essential container in task exited",
		ecstypes.Container{Name: aws.String("app"), ExitCode: &code})
}

// well is a service on which nothing is wrong.
func well() *facts {
	return &facts{
		resources: 30, cluster: "web", wanted: "web:7",
		service: &ecstypes.Service{
			ServiceName: aws.String("web"), Status: aws.String("ACTIVE"), DesiredCount: 2, RunningCount: 2, TaskDefinition: revisionARN("web:7"),
			Deployments:   []ecstypes.Deployment{deployment("PRIMARY", "web:7", "COMPLETED", 2, 0)},
			LoadBalancers: []ecstypes.LoadBalancer{{ContainerPort: aws.Int32(3000), TargetGroupArn: &group}},
			Events:        []ecstypes.ServiceEvent{event(90, "has reached a steady state.")},
		},
		group: &elbtypes.TargetGroup{HealthCheckPath: aws.String("/api/health"), HealthCheckTimeoutSeconds: aws.Int32(5),
			Matcher: &elbtypes.Matcher{HttpCode: aws.String("200")}},
		targets: []elbtypes.TargetHealthDescription{target("healthy", "", ""), target("healthy", "", "")},
		link:    &vpcLink{of: "HTTP API", status: "AVAILABLE"},
	}
}

// rolledBack is a service that went from web:7 back to web:6, with the tasks of web:7 that stopped.
func rolledBack(tasks ...ecstypes.Task) *facts {
	f := well()
	f.stopped = tasks
	f.service.Deployments = []ecstypes.Deployment{deployment("PRIMARY", "web:6", "COMPLETED", 2, 0)}
	f.service.Events = []ecstypes.ServiceEvent{
		event(60, "has reached a steady state."),
		event(0, "rolling back to deployment ecs-svc/6."),
		event(0, "(deployment ecs-svc/7) deployment failed: tasks failed to start."),
	}
	return f
}

func inProgress() *facts {
	f := well()
	f.service.RunningCount = 0
	f.service.Deployments = []ecstypes.Deployment{deployment("PRIMARY", "web:7", "IN_PROGRESS", 0, 2)}
	f.service.Events, f.targets = nil, []elbtypes.TargetHealthDescription{target("initial", "Elb.InitialHealthChecking", "Initial health checks in progress")}
	return f
}

func TestJudge(t *testing.T) {
	const running = "2 of 2 tasks of web:7 run, the deployment has completed"
	const steady = "AWS sees nothing wrong: " + running + ", targets that are healthy: 2"
	const failed = "the deployment of web:7 failed and was rolled back to web:6"
	const unfinished = "the deployment of web:7 is not finished: 0 of 2 tasks run, 0 are starting, 2 have failed"
	const ask = "if an update failed, " + pulumiKnows
	with := func(f *facts, change func(*facts)) *facts { change(f); return f }
	for _, c := range []struct {
		name            string
		facts           *facts
		broken          bool
		summary, advice []string
	}{
		{"a steady service is well, and Pulumi knows the rest", well(), false, []string{steady}, []string{ask}},
		{"a rollback that has completed is a failure", rolledBack(exited(3), exited(3)), true,
			[]string{failed, "2 tasks of web:7 stopped: the app ended with an error (exit code 3)"}, []string{"read what it logged last"}},
		{"a rollback under way is told as such", with(rolledBack(exited(1)), func(f *facts) {
			f.service.Deployments = []ecstypes.Deployment{deployment("PRIMARY", "web:6", "IN_PROGRESS", 2, 0), deployment("ACTIVE", "web:7", "FAILED", 0, 3)}
		}), true, []string{"the deployment of web:7 failed and is being rolled back to web:6", "1 task of web:7 stopped: the app ended with an error (exit code 1)"},
			[]string{"read what it logged last"}},
		{"each cause is told once, the latest first", rolledBack(exited(127), exited(3), exited(127)), true,
			[]string{failed, "2 tasks of web:7 stopped: the command of the image was not found (exit code 127)", "1 task of web:7 stopped: the app ended with an error (exit code 3)"},
			[]string{"correct CMD or ENTRYPOINT in the Dockerfile, or install what they name", "read what it logged last"}},
		{"a task that a newer deployment replaced is no cause", rolledBack(stoppedTask("ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/7)",
			ecstypes.Container{Name: aws.String("app"), ExitCode: aws.Int32(143)})), true,
			[]string{failed, "AWS no longer tells why tasks of web:7 stopped: it forgets them after an hour"},
			[]string{"look at what they logged (make logs), or update again and ask within the hour"}},
		{"nor is one that someone stopped", with(well(), func(f *facts) { f.stopped = []ecstypes.Task{stoppedTask("UserInitiated", "Task stopped by user")} }),
			false, []string{steady}, []string{ask}},
		{"the status code that a task was replaced for is in the events", with(rolledBack(stoppedTask("ServiceSchedulerInitiated", "Task failed ELB health checks in (target-group "+group+")")), func(f *facts) {
			f.service.Events = append(f.service.Events, event(-9, "(task 0a1b) (port 3000) is unhealthy in (target-group "+group+") due to (reason Health checks failed with these codes: [500])"))
		}), true, []string{failed, "1 task of web:7 stopped: the health path /api/health answers 500, and not 200"},
			[]string{"make GET /api/health answer 200, or set app.healthPath to a path that does"}},
		{"what the events say of another task is not taken for it", with(rolledBack(stoppedTask("ServiceSchedulerInitiated", "Task failed ELB health checks in (target-group "+group+")")), func(f *facts) {
			f.service.Events = append(f.service.Events, event(-9, "(task ffff) (port 3000) is unhealthy in (target-group "+group+") due to (reason Request timed out)"))
		}), true, []string{failed, "1 task of web:7 stopped: the load balancer's health check, GET /api/health, failed"}, []string{"see that GET /api/health answers 200"}},
		{"a log explains tasks with the same exit code, and no others", with(rolledBack(exited(255), exited(1), exited(255)), func(f *facts) {
			f.stopped[2].TaskArn = aws.String("the-one-with-a-log")
			f.logged, f.log = "the-one-with-a-log", []string{"exec /app: exec format error"}
		}), true, []string{failed, "2 tasks of web:7 stopped: " + platform.says, "1 task of web:7 stopped: the app ended with an error (exit code 1)"},
			[]string{platform.todo, "read what it logged last"}},
		{"where AWS has forgotten the tasks, the events still tell", with(rolledBack(), func(f *facts) {
			f.service.Events = append(f.service.Events, event(-9, "(task 0a1b) (port 3000) is unhealthy in (target-group "+group+") due to (reason Request timed out)."))
		}), true, []string{failed, "tasks of web:7 were replaced, since the health path /api/health gives no answer within 5 seconds"},
			[]string{"see that GET /api/health is quick, and that the service's security group lets the load balancer's in on port 3000"}},
		{"a task that never was is told by the event", with(rolledBack(), func(f *facts) {
			f.service.Events = append(f.service.Events, event(-9, "was unable to place a task. Reason: You've reached the limit on the number of vCPUs you can run concurrently."))
		}), true, []string{failed, "tasks of web:7 can't be started: the account may not run more on Fargate in this Region"},
			[]string{"stop other tasks, or have the quota raised in Service Quotas (AWS Fargate: On-Demand vCPU resource count)"}},
		{"a reason that is not known is passed on", with(inProgress(), func(f *facts) {
			f.service.Events = []ecstypes.ServiceEvent{event(9, "was unable to place a task. Reason: The moon is full.")}
		}), true, []string{unfinished, "tasks of web:7 can't be started: AWS says: The moon is full"}, nil},
		{"what was before the service was last steady is no cause", with(inProgress(), func(f *facts) {
			f.service.Events = []ecstypes.ServiceEvent{event(-99, "has reached a steady state."), event(-999, "was unable to place a task. Reason: Capacity is unavailable at this time.")}
		}), true, []string{unfinished}, nil},
		{"a deployment without a failure so far is given time", with(inProgress(), func(f *facts) { f.service.Deployments[0].FailedTasks = 0 }), true,
			[]string{"the deployment of web:7 is not finished: 0 of 2 tasks run, 0 are starting, 0 have failed"}, []string{"give it a few minutes, and ask again"}},
		{"a first deployment has nothing to go back to", with(inProgress(), func(f *facts) {
			f.service.Deployments[0].RolloutState, f.stopped, f.targets = "FAILED", []ecstypes.Task{exited(1)}, nil
		}), true, []string{"the deployment of web:7 failed, and ECS had no earlier one to go back to", "0 of 2 tasks of web:7 run",
			"1 task of web:7 stopped: the app ended with an error (exit code 1)", "the load balancer has no target that takes requests, so it answers 503"},
			[]string{"read what it logged last"}},
		{"a revision that was never deployed is Pulumi's to explain", with(well(), func(f *facts) {
			f.wanted = "web:8"
			f.service.Events = append(f.service.Events, event(-999, "was unable to place a task. Reason: Capacity is unavailable at this time."))
		}), true, []string{"the service runs web:7, and was not brought to run web:8"}, []string{pulumiKnows}},
		{"tasks that stop after the deployment are missed", with(well(), func(f *facts) {
			f.service.RunningCount, f.service.Deployments[0].RunningCount, f.stopped = 1, 1, []ecstypes.Task{exited(139)}
		}), true, []string{"1 of 2 tasks of web:7 run: the deployment succeeded, and tasks have stopped since",
			"1 task of web:7 stopped: the app crashed: it touched memory that is not its own (SIGSEGV) (exit code 139)"},
			[]string{"look at the native modules in the image: are they built for its base image and its processor?"}},
		{"a stop that is over is told without blame", with(well(), func(f *facts) { f.stopped = []ecstypes.Task{exited(1)} }), false,
			[]string{steady, "since then all is well, but in the last hour 1 task of web:7 stopped: the app ended with an error (exit code 1)"}, []string{ask}},
		{"no tasks may be what was asked for", with(well(), func(f *facts) {
			f.service.DesiredCount, f.service.RunningCount, f.targets = 0, 0, nil
		}), false, []string{"AWS sees nothing wrong: the service is told to run no tasks (app.count)"}, []string{ask}},
		{"unhealthy targets are a failure, equal ones on one line", with(well(), func(f *facts) {
			bad := target("unhealthy", "Target.ResponseCodeMismatch", "Health checks failed with these codes: [404]")
			f.targets = []elbtypes.TargetHealthDescription{bad, bad, target("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")}
		}), true, []string{"2 targets of the load balancer are unhealthy: the health path /api/health answers 404, and not 200", running},
			[]string{"make GET /api/health answer 200, or set app.healthPath to a path that does"}},
		{"targets that only leave serve nobody", with(well(), func(f *facts) {
			f.targets = []elbtypes.TargetHealthDescription{target("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")}
		}), true, []string{"the load balancer has no target that takes requests, so it answers 503", running}, nil},
		{"a VPC link that failed is told with AWS's message", with(well(), func(f *facts) {
			f.link = &vpcLink{of: "HTTP API", status: "FAILED", message: "No subnet is left."}
		}), true, []string{"the VPC link of the HTTP API is FAILED: No subnet is left", running}, []string{"delete the link, and update: it is made anew"}},
		{"a VPC link that is gone is told", with(well(), func(f *facts) { f.link.gone = true }), true,
			[]string{"the VPC link of the HTTP API is gone: Pulumi's state has it, and AWS does not", running}, []string{"pulumi refresh notes what is gone, and another update makes it again"}},
		{"a VPC link of a REST API that failed is told, and made anew in another way", with(well(), func(f *facts) {
			f.link = &vpcLink{of: "REST API", status: "FAILED", message: "The load balancer is gone."}
		}), true, []string{"the VPC link of the REST API is FAILED: The load balancer is gone", running},
			[]string{"mend what the message names, and update with --replace and the link's URN, which pulumi stack --show-urns tells: the link is made anew"}},
		{"an account without a role for the logs of REST APIs is told, before there is a service too", &facts{resources: 9, cluster: "web", noLogsRole: true}, true,
			[]string{"there is no service yet: the cluster web is empty, so no task was ever started",
				"API Gateway has no role to write the logs of REST APIs with in this account and Region, so it refuses a stage with an access log"},
			[]string{pulumiKnows, "set gateway.logsRole to create, or have whoever owns the account's settings name a role in them"}},
		{"a Network Load Balancer tells no more than that a check failed", with(well(), func(f *facts) {
			f.group.Protocol = elbtypes.ProtocolEnumTcp
			f.targets[1] = target("unhealthy", "Target.FailedHealthChecks", "Health checks failed")
		}), true, []string{"1 target of the load balancer is unhealthy: the health path /api/health gives no answer on port 3000 of the task within 5 seconds, or another one than 200", running},
			[]string{"let the app listen on 0.0.0.0 and on port 3000, which is PORT in its environment, and answer GET /api/health with 200; app.port and app.healthPath set them"}},
		{"a Network Load Balancer without a target answers nothing itself", with(well(), func(f *facts) { f.group.Protocol, f.targets = elbtypes.ProtocolEnumTcp, nil }), true,
			[]string{"the load balancer has no target that takes connections, so no request gets an answer of the app", running}, nil},
		{"a service that is being deleted is told", with(well(), func(f *facts) { f.service.Status = aws.String("DRAINING") }), true,
			[]string{"the service is being deleted: its tasks are stopping"}, nil},
		{"an empty stack is not deployed", &facts{}, true, []string{"nothing is deployed: the stack has no resources"}, []string{"make up deploys it; where that failed, " + pulumiKnows}},
		{"a stack without a cluster is Pulumi's to explain", &facts{resources: 9}, true, []string{"there is no service yet: the update failed before it made the cluster"}, []string{pulumiKnows}},
		{"so is a cluster without a service", &facts{resources: 20, cluster: "web"}, true,
			[]string{"there is no service yet: the cluster web is empty, so no task was ever started"}, []string{pulumiKnows}},
		{"a service that AWS does not have is gone", &facts{resources: 20, cluster: "web", gone: "web-123"}, true,
			[]string{"the service web-123 is gone: Pulumi's state has it, and AWS does not"}, []string{"pulumi refresh notes what is gone, and another update makes it again"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := c.facts.judge()
			if v.broken != c.broken || !slices.Equal(v.summary, c.summary) || !slices.Equal(v.advice, c.advice) {
				t.Errorf("broken %v\n%s\nwant %v\n%s", v.broken, lines(v.summary, v.advice), c.broken, lines(c.summary, c.advice))
			}
		})
	}
	t.Run("what AWS leaves out is no crash", func(t *testing.T) {
		for _, f := range []*facts{
			{service: &ecstypes.Service{}},
			{service: &ecstypes.Service{DesiredCount: 1, Deployments: []ecstypes.Deployment{{}}, Events: []ecstypes.ServiceEvent{{}}},
				stopped: []ecstypes.Task{{}, {Containers: []ecstypes.Container{{}}}}, targets: []elbtypes.TargetHealthDescription{{}},
				group: &elbtypes.TargetGroup{}, link: &vpcLink{}},
		} {
			if r := f.report(); len(r.Summary) == 0 {
				t.Errorf("got %+v", r)
			}
		}
	})
}

func lines(lists ...[]string) (text string) {
	for _, list := range lists {
		for _, line := range list {
			text += fmt.Sprintf("\t%q\n", line)
		}
	}
	return text
}

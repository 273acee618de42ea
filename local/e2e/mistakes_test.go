package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestMistakes makes one mistake at a time in the copy of the program and sees the URL fail as it does on AWS; then it
// takes the mistake back and sees the URL answer. It does not show how long a failure takes on AWS: what is blocked
// fails here at once, and there after a timeout.
func TestMistakes(t *testing.T) {
	run(t, "up") // an earlier test may have left a stack, or none
	s := &site{outputs(t)}
	s.settled(t)

	mistake := func(name string, broken func(t *testing.T)) {
		t.Run(name, func(t *testing.T) {
			t.Run("broken", broken) // its edits end with it
			t.Run("mended, it answers again", func(t *testing.T) {
				run(t, "up")
				s.settled(t)
			})
		})
	}

	// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vpc-links.html: the link needs the balancer's
	// group to let it in; users meet a 503 where it does not.
	mistake("without an ingress rule of the balancer's group the gateway answers 503, and its access log says why", func(t *testing.T) {
		edit(t, "security/groups.go", replace("\tingress, err := vpc.", "\tif description == \"VPC link to load balancer\" {\n"+
			"\t\treturn []pulumi.Resource{egress}, nil\n\t}\n\tingress, err := vpc."))
		run(t, "up", "-verify=false")
		answer := s.answers(t, "/api/health", http.StatusServiceUnavailable)
		answer.is(t, `{"message":"Service Unavailable"}`)
		answer.explains(t, s.balancerGroup(t), "has no ingress rule for TCP port 80 from sg-")
		s.logs(t, "/api/health", "503", "has no ingress rule for TCP port 80 from sg-")
	})

	mistake("a listener on another port than the groups open is not reached: 503", func(t *testing.T) {
		edit(t, "door.go", replace("ListenerPort:        listenerPort(s),", "ListenerPort:        81,"))
		run(t, "up", "-verify=false")
		answer := s.answers(t, "/", http.StatusServiceUnavailable)
		answer.is(t, `{"message":"Service Unavailable"}`)
		answer.explains(t, "has no egress rule for TCP port 81 to "+s.balancerGroup(t))
	})

	// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
	mistake("without a route for it a request is not found, and the app never sees it", func(t *testing.T) {
		edit(t, "network/apiroutes.go", replace(`made.add(ctx, name, "$default",`, `made.add(ctx, name, "GET /api/health",`))
		run(t, "up", "-verify=false")
		s.answers(t, "/", http.StatusNotFound).is(t, `{"message":"Not Found"}`)
		if answer := s.get(t, "/api/health"); answer.status != http.StatusOK {
			t.Errorf("the one route that is left answers %v", answer)
		}
	})

	// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-private.html: a private
	// integration gets the stage's name as part of the path.
	mistake("a stage with a name takes only paths that begin with it, and the app is asked for them with the name", func(t *testing.T) {
		edit(t, "network/gateway.go", replace(`pulumi.String("$default"),
		AutoDeploy`, `pulumi.String("live"),
		AutoDeploy`))
		run(t, "up", "-verify=false")
		s.answers(t, "/api/health", http.StatusNotFound).is(t, `{"message":"Not Found"}`)
		answer := s.get(t, "/live/api/health")
		if answer.status != http.StatusNotFound || !strings.Contains(answer.body, "there is no such room") {
			t.Errorf("it answers %v, want the app's own 404 for /live/api/health", answer)
		}
	})

	// No target is healthy, so the balancer tries all of them, and none takes the connection:
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#http-504-issues
	// There it takes 10 seconds; where the gateway's timeout is shorter, as it is here, AWS answers the gateway's own 503.
	mistake("without an ingress rule of the service's group the balancer answers 504, and ECS replaces healthy tasks for ever", func(t *testing.T) {
		edit(t, "security/groups.go", replace("\tingress, err := vpc.", "\tif description == \"Load balancer to tasks\" {\n"+
			"\t\treturn []pulumi.Resource{egress}, nil\n\t}\n\tingress, err := vpc."))
		before := tasksOf(t, s.exported, "RUNNING")
		run(t, "up", "-verify=false")
		eventually(t, "the target's health checks time out", func() bool { return slices.Contains(s.reasons(t), "Target.Timeout") })
		answer := s.answers(t, "/api/health", http.StatusGatewayTimeout)
		if !strings.Contains(answer.body, "<h1>504 Gateway Time-out</h1>") {
			t.Errorf("it answers %v, want the balancer's page", answer)
		}
		group := s.service(t).NetworkConfiguration.AwsvpcConfiguration.SecurityGroups[0]
		answer.explains(t, group, "has no ingress rule for TCP port 3000 from "+s.balancerGroup(t))
		eventually(t, "ECS stops the task", func() bool {
			return slices.ContainsFunc(tasksOf(t, s.exported, "STOPPED"), func(stopped task) bool {
				return stopped.TaskArn == before[0].TaskArn && stopped.StoppedReason == "Task failed ELB health checks in (target-group "+s.exported["targetGroupArn"]+")"
			})
		})
		s.tells(t, "(port 3000) is unhealthy in (target-group "+s.exported["targetGroupArn"]+") due to (reason Request timed out)")
	})

	mistake("a new version whose health path answers 500 is rolled back, up fails with the reason, and the old one serves all the time", func(t *testing.T) {
		edit(t, "webapp/app/api/health/route.ts", replace("{ headers:", "{ status: 500, headers:"))
		rolledBack(t, s.exported["url"], "Task failed ELB health checks in (target-group ", "answered 500, not 200")
		s.tells(t, "due to (reason Health checks failed with these codes: [500])")
		s.tells(t, "deployment failed: tasks failed to start.")
		s.tells(t, "rolling back to deployment ecs-svc/")
	})

	// The health path is the target group's, so it changes for the tasks of the old version too: they become unhealthy, no
	// task is healthy to go back to, and the rollback fails as well. Since all targets are unhealthy, the balancer sends
	// requests to all of them, so that what runs answers:
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
	// In the end ECS starts nothing any more: there is no completed deployment left to go back to.
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
	mistake("another health path that answers 500 takes the old version down too, since a target group has one for all", func(t *testing.T) {
		writeNew(t, "webapp/app/api/broken/route.ts", "export const dynamic = 'force-dynamic';\n\n"+
			"export function GET() {\n  return new Response('broken', { status: 500 });\n}\n")
		edit(t, "Pulumi.local.yaml", replace("config:\n", "config:\n  sallyport:app.healthPath: /api/broken\n"))
		edit(t, "Pulumi.local.yaml", impatient)
		up := start(t, "up")
		up.until("the URL answers though no target is healthy", func() bool {
			reasons := s.reasons(t)
			return slices.Contains(reasons, "Target.ResponseCodeMismatch") && !slices.Contains(reasons, "healthy") && s.get(t, "/").status == http.StatusOK
		})
		up.wait().failed("timeout while waiting for state to become 'tfSTABLE'")
		s.gaveUp(t)
		s.tells(t, "due to (reason Health checks failed with these codes: [500])", "due to (reason Health checks failed with these codes: [404])")
		s.tells(t, "rolling back to deployment ecs-svc/")
	})

	mistake("a container that listens on localhost alone is never healthy, and the old version serves all the time", func(t *testing.T) {
		edit(t, "compute/container.go", replace(`task.Hostname: "0.0.0.0"`, `task.Hostname: "127.0.0.1"`))
		rolledBack(t, s.exported["url"], "Task failed ELB health checks in (target-group ")
		s.tells(t, "due to (reason Health checks failed)")
		s.tells(t, "rolling back to deployment ecs-svc/")
	})

	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html
	mistake("without a way out of the subnets what runs goes on, and no new task starts", func(t *testing.T) {
		edit(t, "network/egress.go", replace("i < args.Zones && len(gateways) > 0", "i < 0"))
		run(t, "up") // it changes no task, so it starts none
		s.settled(t)
		edit(t, "Pulumi.local.yaml", replace(`app.stopTimeout: "10"`, `app.stopTimeout: "11"`))
		edit(t, "Pulumi.local.yaml", impatient)
		build := buildAt(t, s.exported["url"])
		people := visit(t, s.exported["url"])
		const reason = "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from " +
			"Amazon ECR: There is a connection issue between the task and Amazon ECR. Check your task network configuration."
		fails(t, []string{"timeout while waiting for state to become 'tfSTABLE'", reason, "has no route to the internet"}, "up")
		s.gaveUp(t)
		people.saw(t, build)
		if !slices.ContainsFunc(tasksOf(t, s.exported, "STOPPED"), func(stopped task) bool {
			return stopped.StopCode == "TaskFailedToStart" && strings.HasPrefix(stopped.StoppedReason, reason)
		}) {
			t.Errorf("the stopped tasks are %+v", tasksOf(t, s.exported, "STOPPED"))
		}
	})

	t.Run("after the last mistake nothing is left to mend", func(t *testing.T) {
		run(t, "up", "--", "--expect-no-changes")
		run(t, "preview", "--", "--refresh", "--expect-no-changes")
	})
}

// impatient gives up waiting for a deployment as early as the settings allow.
func impatient(settings string) string {
	return regexp.MustCompile(`(app.deploymentTimeout: )"\d+"`).ReplaceAllString(settings, `$1"60"`)
}

// site is the deployed stack as its visitors and the AWS CLI see it.
type site struct{ exported map[string]string }

type answer struct {
	status int // 0 when there is no answer, but an error
	body   string
	header http.Header
}

func (a answer) String() string {
	return fmt.Sprintf("%d %.300q (%s)", a.status, a.body, a.header.Get("Sallyport-Explanation"))
}

func (a answer) is(t *testing.T, body string) {
	t.Helper()
	if a.body != body || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("it answers %v of type %s, want %s", a, a.header.Get("Content-Type"), body)
	}
}

// explains checks what this cloud tells beyond what AWS does.
func (a answer) explains(t *testing.T, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(a.header.Get("Sallyport-Explanation"), w) {
			t.Errorf("it explains %q, without %q", a.header.Get("Sallyport-Explanation"), w)
		}
	}
}

// get asks the URL once.
func (s *site) get(t *testing.T, path string) answer {
	t.Helper()
	response, err := direct.Get(s.exported["url"] + path)
	if err != nil {
		return answer{body: err.Error()}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{body: err.Error()}
	}
	return answer{response.StatusCode, string(body), response.Header}
}

// answers waits until the URL answers with a status.
func (s *site) answers(t *testing.T, path string, status int) (last answer) {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Logf("%s last answered %v", path, last)
		}
	}()
	eventually(t, fmt.Sprintf("the URL answers %d", status), func() bool {
		last = s.get(t, path)
		return last.status == status
	})
	return last
}

// settled waits until the service is steady and the URL answers.
func (s *site) settled(t *testing.T) {
	t.Helper()
	eventually(t, "the service is steady, and its target healthy", func() bool {
		service := s.service(t)
		return len(service.Deployments) == 1 && service.Deployments[0].RolloutState == "COMPLETED" &&
			service.RunningCount == service.DesiredCount && service.PendingCount == 0 && slices.Equal(s.reasons(t), []string{"healthy"})
	})
	s.answers(t, "/", http.StatusOK)
	// A fresh process has a quarter of a processor to warm up with, which takes longer than the short timeout of the
	// gateway here when the machine is busy.
	eventually(t, "ten requests in a row are answered without delay", func() bool {
		for range 10 {
			begin := time.Now()
			if s.get(t, "/api/build").status != http.StatusOK || time.Since(begin) > time.Second {
				return false
			}
		}
		return true
	})
}

// balancerGroup is the id of the load balancer's security group.
func (s *site) balancerGroup(t *testing.T) string {
	t.Helper()
	return regexp.MustCompile(`sg-\w+`).FindString(query(t, "elasticloadbalancing", "DescribeLoadBalancers", "LoadBalancerArns.member.1", s.exported["loadBalancerArn"]))
}

// reasons are the reason codes of the targets' health, or the state where there is none.
func (s *site) reasons(t *testing.T) (reasons []string) {
	t.Helper()
	health := query(t, "elasticloadbalancing", "DescribeTargetHealth", "TargetGroupArn", s.exported["targetGroupArn"])
	for _, one := range regexp.MustCompile(`(?s)<TargetHealth>.*?</TargetHealth>`).FindAllString(health, -1) {
		reasons = append(reasons, append(elements(one, "Reason"), elements(one, "State")...)[0])
	}
	return reasons
}

type ecsService struct {
	DesiredCount, RunningCount, PendingCount int
	Deployments                              []struct{ Status, RolloutState string }
	Events                                   []struct{ Message string }
	NetworkConfiguration                     struct {
		AwsvpcConfiguration struct{ SecurityGroups []string }
	}
}

func (s *site) service(t *testing.T) ecsService {
	t.Helper()
	found := ask[struct{ Services []ecsService }](t, "ecs", "DescribeServices",
		map[string]any{"cluster": s.exported["clusterName"], "services": []string{s.exported["serviceName"]}}).Services
	if len(found) != 1 {
		t.Fatalf("there are %d services", len(found))
	}
	return found[0]
}

// tells waits until an event of the service, in its latest ones, has each of the texts.
func (s *site) tells(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		eventually(t, "an event of the service says "+text, func() bool {
			return slices.ContainsFunc(s.service(t).Events, func(e struct{ Message string }) bool { return strings.Contains(e.Message, text) })
		})
	}
}

// gaveUp waits until the rollback has failed as the deployment before it did.
func (s *site) gaveUp(t *testing.T) {
	t.Helper()
	eventually(t, "the rollback has failed too", func() bool {
		d := s.service(t).Deployments[0]
		failures := 0
		for _, e := range s.service(t).Events {
			if strings.Contains(e.Message, "rolling back to deployment") {
				break
			}
			if strings.Contains(e.Message, "deployment failed: tasks failed to start.") {
				failures++
			}
		}
		return d.Status == "PRIMARY" && d.RolloutState == "FAILED" && failures == 1
	})
}

// logs waits for a line of the API's access log.
func (s *site) logs(t *testing.T, path, status, integrationError string) {
	t.Helper()
	eventually(t, fmt.Sprintf("the access log has a line about %s with status %s", path, status), func() bool {
		for line := range strings.Lines(logged(t, "/aws/vendedlogs/sallyport-local-access-")) {
			var entry struct{ Path, Status, IntegrationError, IntegrationStatus string }
			if err := json.Unmarshal([]byte(line), &entry); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			if entry.Path == path && entry.Status == status && entry.IntegrationStatus == "-" && strings.Contains(entry.IntegrationError, integrationError) {
				return true
			}
		}
		return false
	})
}

package verify

import (
	"errors"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func find(t *testing.T, f *Facts, name string) Finding {
	t.Helper()
	for _, c := range Checks(f) {
		if c.Name == name {
			return c.Judge(f)
		}
	}
	t.Fatalf("there is no check %s", name)
	return Finding{}
}

func TestFindings(t *testing.T) {
	t.Run("what passes shows what was seen", func(t *testing.T) {
		for name, want := range map[string]string{
			"GET /":             "200 OK in 34 ms",
			"build":             "task t1 runs web:7, task t2 runs web:7 with sha256:fedcba987654, as pushed",
			"targets":           "2 targets healthy: 10.0.1.5:3000, 10.0.2.5:3000",
			"vpc-link":          "VPC link link1 is AVAILABLE",
			"app-log":           "2 tasks logged to web-app, the last line at 03:04:06 UTC",
			"access-log":        "2 lines found by request id",
			"gateway-overhead":  "median 5.5 ms, largest 8 ms, of 2 requests (response latency minus integration latency)",
			"task-addresses":    "t1 has 10.0.1.5 alone, t2 has 10.0.2.5 alone",
			"private-subnets":   "subnet-a by rtb-a, subnet-b by rtb-main",
			"internal-balancer": "internal-web.elb.amazonaws.com is internal",
			"security-groups":   "sg-link may reach sg-balancer on port 80, that may reach sg-service on port 3000, and no other source is admitted",
			"public-names":      "abc.execute-api.eu-west-1.amazonaws.com alone; nothing else among 2 load balancers and 4 network interfaces of the VPC but NAT gateways",
		} {
			if got := find(t, good(), name); got != pass(want) {
				t.Errorf("%s finds %+v", name, got)
			}
		}
	})
	for _, c := range []struct {
		check, when string
		broken      func(*Facts)
		want        Finding
	}{
		{"GET /", "when the local cloud explains an error", func(f *Facts) {
			f.Answers[0].Status, f.Answers[0].Header = 503, http.Header{explanation: {"no target is\nhealthy"}}
		}, later("503 Service Unavailable in 34 ms, explained: no target is healthy",
			"There is no task to ask, or no way to it: look at the checks targets and vpc-link. `make why` tells what broke.")},
		{"GET /", "when there is no answer", func(f *Facts) { f.Answers[0] = Answer{Probe: f.Answers[0].Probe, Err: errors.New("no such host")} },
			later("no answer: no such host", "Try `curl -i https://abc.execute-api.eu-west-1.amazonaws.com`. The name of a new API takes a minute to be known everywhere; else look at this machine's network.")},
		{"GET /", "when the app says no", func(f *Facts) { f.Answers[0].Status = 404 },
			fail("404 Not Found in 34 ms", "See with `make logs` what the app makes of this request; where it need not answer 200, change app.probes.")},
		{"build", "when ECS went back", func(f *Facts) {
			f.Service.Deployments = []ecstypes.Deployment{
				{Status: aws.String("PRIMARY"), TaskDefinition: aws.String(oldRevision), RolloutState: "IN_PROGRESS"},
				{Status: aws.String("ACTIVE"), TaskDefinition: aws.String(newRevision), RolloutState: "FAILED", RolloutStateReason: aws.String("tasks failed to start.")},
			}
			runOld(&f.Tasks[0])
		}, fail("the service deploys web:6 with sha256:0123456789ab, and sha256:fedcba987654 was pushed; the deployment of web:7 failed: tasks failed to start.", wentBack)},
		{"build", "while it deploys", func(f *Facts) {
			f.Service.Deployments[0].RolloutState = "IN_PROGRESS"
			runOld(&f.Tasks[1])
		}, later("task t2 runs web:6 with sha256:0123456789ab, and sha256:fedcba987654 was pushed for web:7, whose deployment is under way",
			"Wait for the deployment to end; `make why` tells what holds it up.")},
		{"build", "when it deploys no more", func(f *Facts) { runOld(&f.Tasks[1]) },
			fail("task t2 runs web:6 with sha256:0123456789ab, and sha256:fedcba987654 was pushed for web:7",
				"No deployment is under way: `make why` tells what happened, `make up` deploys again.")},
		{"targets", "when the health check fails", func(f *Facts) {
			f.Targets[0].TargetHealth.State, f.Targets[0].TargetHealth.Reason = "unhealthy", "Target.ResponseCodeMismatch"
			f.Targets[0].TargetHealth.Description = aws.String("Health checks failed with these codes: [500]")
		}, later("target 10.0.1.5:3000 is unhealthy, Target.ResponseCodeMismatch: Health checks failed with these codes: [500]",
			"A new task takes some seconds. If it stays so, `make why` tells more: the health check asks app.healthPath and wants 200.")},
		{"targets", "when requests go elsewhere", func(f *Facts) { f.Integrations[0].IntegrationUri = aws.String("arn:x") },
			fail(`route $default leads to "arn:x", which is no listener of the stack's load balancer`, redeploy)},
		{"vpc-link", "when AWS has paused it", func(f *Facts) { f.Links[0].VpcLinkStatus = "INACTIVE" },
			later("VPC link link1 is INACTIVE", "AWS pauses a link after 60 days without traffic. These requests wake it: wait some minutes and run `make verify` again.")},
		{"vpc-link", "when it failed", func(f *Facts) {
			f.Links[0].VpcLinkStatus, f.Links[0].VpcLinkStatusMessage = "FAILED", aws.String("subnet in a zone without service")
		}, fail("VPC link link1 is FAILED: subnet in a zone without service",
			"Mend what the message names, delete the link with `aws apigatewayv2 delete-vpc-link --vpc-link-id link1`, and have it made anew with `make up ARGS=--refresh`.")},
		{"app-log", "when a task is silent", func(f *Facts) { delete(f.LoggedBy, ecsARN+"task/web/t2") },
			later("task t2 has logged nothing to web-app", "Have the app log a line when it starts. If it does, its execution role may not write to this log group, or the task definition names another one.")},
		{"access-log", "when a line is missing", func(f *Facts) { delete(f.Access, "r1=") },
			later("GET / (r1=) is not in the access log", "Lines take up to some minutes. If they stay away, look that the stage's access log has a destination that exists.")},
		{"access-log", "when something else answers", func(f *Facts) { f.Answers[0].RequestID = "" },
			later("the answer to GET / has no request id", "An API Gateway answers with the header Apigw-Requestid: something else answers at this URL.")},
		{"gateway-overhead", "when a number is missing", func(f *Facts) { f.Access["r1="] = AccessLine{ResponseLatency: "30"} },
			fail(`the line of GET / has responseLatency "30" and integrationLatency ""`,
				"The access log's format must have both in milliseconds, as $context.responseLatency and $context.integrationLatency:"+
					` stage $default has {"requestId":"$context.requestId"}. `+redeploy)},
		{"gateway-overhead", "when there is nothing to measure by", func(f *Facts) { f.Access = nil },
			later("not measured: no line of an answered request has arrived in the access log", "See the check access-log and those of the requests.")},
		{"task-addresses", "when a task has a public one", func(f *Facts) { f.Interfaces[0].Association = public("203.0.113.5") },
			fail("task t1 has the public address 203.0.113.5 (eni-1)", "Disassociate an address that was given by hand; for one that the service gave: "+redeploy)},
		{"task-addresses", "when it can't be known", func(f *Facts) { f.Interfaces = f.Interfaces[1:] },
			later(`the network interface "eni-1" of task t1 was not found in the VPC, so its addresses are not known`, "Run `make verify` again, in case the task has just started.")},
		{"private-subnets", "when the main route table is public", func(f *Facts) {
			addRoute(&f.RouteTables[0], ec2types.Route{DestinationIpv6CidrBlock: aws.String("::/0")})
		},
			fail("subnet subnet-b routes ::/0 to internet gateway igw-1 (rtb-main)", "Delete that route of route table rtb-main, which Pulumi doesn't see where it was made by hand.")},
		{"internal-balancer", "when it is not", func(f *Facts) { f.LoadBalancer.Scheme = "internet-facing" },
			fail("internal-web.elb.amazonaws.com is internet-facing", "A load balancer can't become internal: "+redeploy)},
		{"security-groups", "when the internet is admitted", func(f *Facts) {
			addRule(f, ec2types.SecurityGroupRule{CidrIpv4: aws.String("0.0.0.0/0")}, "sg-service", 3000)
		},
			fail("sg-service of the service admits 0.0.0.0/0 on tcp port 3000",
				"Delete that rule, which Pulumi doesn't see where it was made by hand: `aws ec2 revoke-security-group-ingress --group-id sg-service --security-group-rule-ids sgr-1`.")},
		{"security-groups", "when the VPC link has none", func(f *Facts) { f.Links[0].SecurityGroupIds = nil },
			fail("the VPC link has no security group; sg-balancer of the load balancer admits sg-link on tcp port 80; "+
				"nothing admits the VPC link to the load balancer; nothing lets the VPC link out to the load balancer",
				redeploy+" Delete that rule, which Pulumi doesn't see where it was made by hand: `aws ec2 revoke-security-group-ingress --group-id sg-balancer --security-group-rule-ids sgr-of-sg-balancer`.")},
		{"public-names", "when there is another way in", func(f *Facts) {
			f.LoadBalancers[1].Scheme, f.LoadBalancers[1].DNSName = "internet-facing", aws.String("other.elb.amazonaws.com")
		}, fail("load balancer other of this VPC is internet-facing at other.elb.amazonaws.com", "Delete it, or move it into a VPC of its own.")},
	} {
		t.Run(c.check+" "+c.when, func(t *testing.T) {
			f := good()
			c.broken(f)
			if got := find(t, f, c.check); got != c.want {
				t.Errorf("it finds\n%+v, not\n%+v", got, c.want)
			}
		})
	}
}

func TestVerdict(t *testing.T) {
	t.Run("of many problems the first are told, each once, and waiting is worth it only where it may mend all", func(t *testing.T) {
		var problems []problem
		for _, what := range []string{"1", "2", "2", "3", "4", "5", "6", "7"} {
			problems = append(problems, problem{what, "Wait.", true})
		}
		if got := verdict(problems, ""); got != later("1; 2; 3; 4; 5; and 2 more", "Wait.") {
			t.Errorf("it is %+v", got)
		}
		if got := verdict(append(problems[:1], problem{"8", "Mend it.", false}), ""); got != fail("1; 8", "Wait. Mend it.") {
			t.Errorf("it is %+v", got)
		}
	})
}

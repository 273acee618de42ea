package verify

import (
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// mutations each break a good stack in one way, and name the checks that report it. These facts are what AWS is documented
// to answer; that it does, and that the facts are gathered rightly, is not shown here.
var mutations = []struct {
	name     string
	broken   func(*Facts)
	reported []string
}{
	{"the root answers 503", func(f *Facts) { f.Answers[0].Status = 503 }, []string{"GET /"}},
	{"the root answers 404", func(f *Facts) { f.Answers[0].Status = 404 }, []string{"GET /"}},
	{"a POST is throttled", func(f *Facts) { f.Answers[1].Status = 429 }, []string{"POST /echo"}},
	{"a POST gets no answer", func(f *Facts) {
		f.Answers[1] = Answer{Probe: f.Answers[1].Probe, Err: errors.New("connection refused")}
	}, []string{"POST /echo"}},
	{"a request was not sent", func(f *Facts) { f.Answers = f.Answers[:1] }, []string{"POST /echo"}},

	{"the deployment was rolled back", func(f *Facts) {
		f.Service.Deployments[0].TaskDefinition = aws.String(oldRevision)
		runOld(&f.Tasks[0])
		runOld(&f.Tasks[1])
	}, []string{"build"}},
	{"one task runs the old image still", func(f *Facts) { runOld(&f.Tasks[1]) }, []string{"build"}},
	{"the service deploys another image, though the tasks are right", func(f *Facts) { f.Service.Deployments[0].TaskDefinition = aws.String(oldRevision) }, []string{"build"}},
	{"an image was pushed and not deployed", func(f *Facts) { f.Outputs.ImageRef = repository + "@sha256:9" }, []string{"build"}},

	{"a target is unhealthy", func(f *Facts) { f.Targets[0].TargetHealth.State = "unhealthy" }, []string{"targets"}},
	{"a target is being checked for the first time", func(f *Facts) { f.Targets[0].TargetHealth.State = "initial" }, []string{"targets"}},
	{"there is no target", func(f *Facts) { f.Targets = nil }, []string{"targets"}},
	{"all targets are draining", func(f *Facts) {
		f.Targets[0].TargetHealth.State, f.Targets[1].TargetHealth.State = "draining", "unhealthy.draining"
	}, []string{"targets"}},
	{"a target is no task", func(f *Facts) { f.Targets = append(f.Targets, target("10.0.9.9", "healthy")) }, []string{"targets"}},
	{"a target is another port of a task", func(f *Facts) { f.Targets[0].Target.Port = aws.Int32(22) }, []string{"targets"}},
	{"a route leads to an integration that is gone", func(f *Facts) { f.Routes[0].Target = aws.String("integrations/int2") }, []string{"targets"}},
	{"the API has no route", func(f *Facts) { f.Routes = nil }, []string{"targets"}},
	{"no route leads to the load balancer", func(f *Facts) {
		f.Integrations[0] = apitypes.Integration{IntegrationId: aws.String("int1"), IntegrationType: "AWS_PROXY", IntegrationUri: aws.String("arn:aws:lambda:us-east-1:1:function:f")}
	}, []string{"targets", "vpc-link"}},
	{"an open route leads nowhere", func(f *Facts) {
		f.Routes = append(f.Routes, apitypes.Route{RouteKey: aws.String("GET /x"), AuthorizationType: "NONE"})
	}, []string{"targets"}},
	{"a route leads to another service of AWS", func(f *Facts) {
		f.Routes = append(f.Routes, apitypes.Route{RouteKey: aws.String("GET /x"), Target: aws.String("integrations/int2")})
		f.Integrations = append(f.Integrations, apitypes.Integration{IntegrationId: aws.String("int2"), IntegrationType: "AWS_PROXY", IntegrationSubtype: aws.String("SQS-SendMessage")})
	}, []string{"targets"}},
	{"the API has no stage", func(f *Facts) { f.Stages = nil }, []string{"targets"}},
	{"a second route leads past the VPC link", func(f *Facts) {
		f.Routes = append(f.Routes, apitypes.Route{RouteKey: aws.String("GET /x"), Target: aws.String("integrations/int2")})
		f.Integrations = append(f.Integrations, apitypes.Integration{IntegrationId: aws.String("int2"), ConnectionType: "INTERNET", IntegrationUri: aws.String(listenerARN)})
	}, []string{"targets"}},
	{"the integration leads to a listener of another load balancer", func(f *Facts) {
		f.Integrations[0].IntegrationUri = aws.String(elbARN + "listener/app/other/dddd/eeee")
	}, []string{"targets"}},
	{"the listener answers by itself", func(f *Facts) { f.Listeners[0].DefaultActions = []elbtypes.Action{{Type: "fixed-response"}} }, []string{"targets"}},
	{"the listener forwards a part to another target group", func(f *Facts) {
		config := f.Listeners[0].DefaultActions[0].ForwardConfig
		config.TargetGroups = append(config.TargetGroups, elbtypes.TargetGroupTuple{TargetGroupArn: aws.String(elbARN + "targetgroup/other/ffff")})
	}, []string{"targets"}},

	{"the VPC link is pending", func(f *Facts) { f.Links[0].VpcLinkStatus = "PENDING" }, []string{"vpc-link"}},
	{"the VPC link is inactive", func(f *Facts) { f.Links[0].VpcLinkStatus = "INACTIVE" }, []string{"vpc-link"}},
	{"the VPC link failed", func(f *Facts) { f.Links[0].VpcLinkStatus = "FAILED" }, []string{"vpc-link"}},

	{"a task logs nothing", func(f *Facts) { delete(f.LoggedBy, ecsARN+"task/web/t2") }, []string{"app-log"}},

	{"one line is missing in the access log", func(f *Facts) { delete(f.Access, "r1=") }, []string{"access-log"}},
	{"the stage has no access log", func(f *Facts) { f.Stages[0].AccessLogSettings = nil }, []string{"access-log"}},
	{"an answer has no request id", func(f *Facts) { f.Answers[0].RequestID = "" }, []string{"access-log"}},
	// Without a line there is nothing to measure by.
	{"the access log is empty", func(f *Facts) { f.Access = nil }, []string{"access-log", "gateway-overhead"}},
	{"the access log has no latency of the integration", func(f *Facts) {
		f.Access["r2="] = AccessLine{RequestID: "r2=", Status: "200", ResponseLatency: "20"}
	}, []string{"gateway-overhead"}},
	{"the access log has a latency that is no number", func(f *Facts) {
		f.Access["r2="] = AccessLine{RequestID: "r2=", Status: "200", ResponseLatency: "-", IntegrationLatency: "12"}
	}, []string{"gateway-overhead"}},

	{"a task has a public address", func(f *Facts) { f.Interfaces[0].Association = public("203.0.113.5") }, []string{"task-addresses"}},
	{"a second private address of a task has a public one", func(f *Facts) {
		f.Interfaces[1].PrivateIpAddresses = []ec2types.NetworkInterfacePrivateIpAddress{{}, {Association: public("203.0.113.6")}}
	}, []string{"task-addresses"}},
	{"a task that still starts has a public address", func(f *Facts) {
		f.Tasks = append(f.Tasks, task("t3", "eni-5", "subnet-a", "10.0.1.6"))
		f.Tasks[2].LastStatus = aws.String("PENDING")
		f.Interfaces = append(f.Interfaces, ec2types.NetworkInterface{NetworkInterfaceId: aws.String("eni-5"), Association: public("203.0.113.7")})
	}, []string{"task-addresses"}},
	{"the service gives public addresses", func(f *Facts) { f.network().AssignPublicIp = "ENABLED" }, []string{"task-addresses"}},
	{"the interface of a task is not in the VPC", func(f *Facts) { f.Interfaces = f.Interfaces[1:] }, []string{"task-addresses"}},

	{"a task's subnet has a route to the internet", func(f *Facts) {
		addRoute(&f.RouteTables[1], ec2types.Route{DestinationCidrBlock: aws.String("0.0.0.0/0")})
	}, []string{"private-subnets"}},
	{"it is a route for IPv6", func(f *Facts) {
		addRoute(&f.RouteTables[1], ec2types.Route{DestinationIpv6CidrBlock: aws.String("::/0")})
	}, []string{"private-subnets"}},
	{"it is for one small network", func(f *Facts) {
		addRoute(&f.RouteTables[1], ec2types.Route{DestinationCidrBlock: aws.String("192.0.2.0/24")})
	}, []string{"private-subnets"}},
	{"it is a black hole for now", func(f *Facts) { addRoute(&f.RouteTables[1], ec2types.Route{State: "blackhole"}) }, []string{"private-subnets"}},
	{"it is in the main route table", func(f *Facts) {
		addRoute(&f.RouteTables[0], ec2types.Route{DestinationCidrBlock: aws.String("0.0.0.0/0")})
	}, []string{"private-subnets"}},
	{"the next task would start in a public subnet", func(f *Facts) { f.network().Subnets = append(f.network().Subnets, "subnet-public") }, []string{"private-subnets"}},
	{"the VPC has no route table of the subnet", func(f *Facts) { f.RouteTables = f.RouteTables[1:] }, []string{"private-subnets"}},

	{"the load balancer faces the internet", func(f *Facts) {
		f.LoadBalancer.Scheme, f.LoadBalancers[0].Scheme = "internet-facing", "internet-facing"
		f.Interfaces[2].Association = public("203.0.113.8")
	}, []string{"internal-balancer"}},

	{"another load balancer of the VPC faces the internet", func(f *Facts) { f.LoadBalancers[1].Scheme = "internet-facing" }, []string{"public-names"}},
	{"something else in the VPC has a public address", func(f *Facts) {
		f.Interfaces = append(f.Interfaces, ec2types.NetworkInterface{NetworkInterfaceId: aws.String("eni-9"), Association: public("203.0.113.9")})
	}, []string{"public-names"}},
	{"the URL is not the API's", func(f *Facts) { f.Outputs.URL = "https://example.com" }, []string{"public-names"}},
	{"the API does not exist", func(f *Facts) { f.API = nil }, []string{"public-names"}},
	{"the URL is that of a custom domain name, and the API's endpoint is disabled", withDomain, nil},
	{"a custom domain name is mapped to another API", func(f *Facts) { withDomain(f); f.Mappings[0].ApiId = aws.String("other") }, []string{"public-names"}},
	{"the API answers beside its custom domain name too", func(f *Facts) { withDomain(f); f.API.DisableExecuteApiEndpoint = aws.Bool(false) }, []string{"public-names"}},
	{"the API's endpoint is disabled", func(f *Facts) { f.API.DisableExecuteApiEndpoint = aws.Bool(true) }, []string{"public-names"}},

	{"the load balancer admits the internet", func(f *Facts) {
		addRule(f, ec2types.SecurityGroupRule{CidrIpv4: aws.String("0.0.0.0/0")}, "sg-balancer", 80)
	}, []string{"security-groups"}},
	{"the service admits the VPC", func(f *Facts) {
		addRule(f, ec2types.SecurityGroupRule{CidrIpv4: aws.String("10.0.0.0/16")}, "sg-service", 3000)
	}, []string{"security-groups"}},
	{"the service admits IPv6", func(f *Facts) {
		addRule(f, ec2types.SecurityGroupRule{CidrIpv6: aws.String("::/0")}, "sg-service", 3000)
	}, []string{"security-groups"}},
	{"the service admits a prefix list", func(f *Facts) {
		addRule(f, ec2types.SecurityGroupRule{PrefixListId: aws.String("pl-1")}, "sg-service", 3000)
	}, []string{"security-groups"}},
	{"the VPC link admits something", func(f *Facts) {
		addRule(f, ec2types.SecurityGroupRule{CidrIpv4: aws.String("10.0.0.0/16")}, "sg-link", 80)
	}, []string{"security-groups"}},
	{"the service admits the link past the load balancer", func(f *Facts) { f.Rules = append(f.Rules, rule("sg-service", false, "sg-link", 3000)) }, []string{"security-groups"}},
	{"the service admits itself", func(f *Facts) { f.Rules = append(f.Rules, rule("sg-service", false, "sg-service", 3000)) }, []string{"security-groups"}},
	{"the load balancer may reach another port of the tasks", func(f *Facts) { f.Rules = append(f.Rules, rule("sg-service", false, "sg-balancer", 22)) }, []string{"security-groups"}},
	{"the load balancer may reach a range of ports", func(f *Facts) { f.Rules[3].ToPort = aws.Int32(65535) }, []string{"security-groups"}},
	{"the load balancer may reach all ports", func(f *Facts) {
		f.Rules[3].IpProtocol, f.Rules[3].FromPort, f.Rules[3].ToPort = aws.String("-1"), aws.Int32(-1), aws.Int32(-1)
	}, []string{"security-groups"}},
	{"nothing admits the load balancer to the tasks", func(f *Facts) { f.Rules = slices.Delete(f.Rules, 3, 4) }, []string{"security-groups"}},
	{"nothing lets the link out to the load balancer", func(f *Facts) { f.Rules = f.Rules[1:] }, []string{"security-groups"}},
	{"the link is let out to another port of the load balancer", func(f *Facts) { f.Rules[0] = rule("sg-link", true, "sg-balancer", 443) }, []string{"security-groups"}},
	{"the VPC link has no group", func(f *Facts) { f.Links[0].SecurityGroupIds = nil }, []string{"security-groups"}},
	{"a second group of the service admits the internet", func(f *Facts) {
		f.network().SecurityGroups = append(f.network().SecurityGroups, "sg-second")
		addRule(f, ec2types.SecurityGroupRule{CidrIpv4: aws.String("0.0.0.0/0")}, "sg-second", 3000)
	}, []string{"security-groups"}},
	{"a task was put into another group", func(f *Facts) { f.Interfaces[0].Groups = append(f.Interfaces[0].Groups, groupsOf("sg-other")...) }, []string{"security-groups"}},
	{"one group is for link and load balancer", func(f *Facts) { f.Links[0].SecurityGroupIds = append(f.Links[0].SecurityGroupIds, "sg-balancer") }, []string{"security-groups"}},

	// What is gone takes along what was said of it.
	{"the stack exports no probes", func(f *Facts) { f.Outputs.Probes = nil }, []string{"probes"}},
	{"there is nothing to ask for, and no access log", func(f *Facts) {
		f.Outputs.Probes, f.Answers, f.Stages[0].AccessLogSettings = []Probe{}, nil, nil
	}, []string{"access-log"}},
	{"every request fails", func(f *Facts) { f.Answers[0].Status, f.Answers[1].Status = 503, 503 }, []string{"GET /", "POST /echo", "gateway-overhead"}},
	{"the VPC link is gone", func(f *Facts) { f.Links = nil }, []string{"vpc-link", "security-groups"}},
	{"the load balancer is gone", func(f *Facts) { f.LoadBalancer, f.LoadBalancers, f.Listeners = nil, f.LoadBalancers[1:], nil }, []string{"targets", "internal-balancer", "security-groups"}},
	{"no task runs", func(f *Facts) { f.Tasks, f.Targets = nil, nil }, []string{"build", "targets", "app-log", "task-addresses"}},
}

func runOld(t *ecstypes.Task) {
	t.TaskDefinitionArn = aws.String(oldRevision)
	t.Containers[1].Image, t.Containers[1].ImageDigest = aws.String(repository+"@"+oldDigest), aws.String(oldDigest)
}

func addRoute(table *ec2types.RouteTable, r ec2types.Route) {
	r.GatewayId = aws.String("igw-1")
	table.Routes = append(table.Routes, r)
}

func addRule(f *Facts, r ec2types.SecurityGroupRule, group string, port int32) {
	r.SecurityGroupRuleId = aws.String("sgr-1")
	r.GroupId, r.IpProtocol, r.FromPort, r.ToPort, r.IsEgress = aws.String(group), aws.String("tcp"), aws.Int32(port), aws.Int32(port), aws.Bool(false)
	f.Rules = append(f.Rules, r)
}

// reporting are the names of the checks that fail.
func reporting(f *Facts) []string {
	var names []string
	for _, c := range Checks(f) {
		if !c.Judge(f).OK {
			names = append(names, c.Name)
		}
	}
	return names
}

func TestMutations(t *testing.T) {
	t.Run("a healthy stack passes every check", func(t *testing.T) {
		if got := reporting(good()); got != nil {
			t.Errorf("it is reported by %q", got)
		}
	})
	alone := map[string]bool{}
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			f := good()
			m.broken(f)
			if got := reporting(f); !slices.Equal(got, m.reported) {
				t.Errorf("it is reported by %q, not by %q", got, m.reported)
			}
		})
		if len(m.reported) == 1 {
			alone[m.reported[0]] = true
		}
	}
	t.Run("each check is alone in reporting something", func(t *testing.T) {
		for _, c := range Checks(good()) {
			if !alone[c.Name] {
				t.Errorf("%s is not", c.Name)
			}
		}
	})
}

// harmless are changes of a good stack that no check may report.
var harmless = map[string]func(*Facts){
	"no probes, since every route takes a token": func(f *Facts) { f.Outputs.Probes, f.Answers, f.Access = []Probe{}, nil, nil },
	"a route that denies, and one to a Lambda function": func(f *Facts) {
		f.Routes = append(f.Routes,
			apitypes.Route{RouteKey: aws.String("ANY /admin/{proxy+}"), AuthorizationType: "AWS_IAM"},
			apitypes.Route{RouteKey: aws.String("GET /thumb"), AuthorizationType: "NONE", Target: aws.String("integrations/int2")})
		f.Integrations = append(f.Integrations, apitypes.Integration{
			IntegrationId: aws.String("int2"), IntegrationType: "AWS_PROXY", ConnectionType: "INTERNET", IntegrationUri: aws.String("arn:aws:lambda:us-east-1:1:function:f"),
		})
	},
	"a task that was told to stop runs the old image still": func(f *Facts) {
		f.Tasks = append(f.Tasks, task("t0", "eni-0", "subnet-a", "10.0.1.4"))
		runOld(&f.Tasks[2])
		f.Tasks[2].DesiredStatus = aws.String("STOPPED")
	},
	"a task has no network interface yet": func(f *Facts) {
		f.Tasks = append(f.Tasks, ecstypes.Task{LastStatus: aws.String("PROVISIONING"), DesiredStatus: aws.String("RUNNING")})
	},
	"a target drains":                          func(f *Facts) { f.Targets = append(f.Targets, target("10.0.1.4", "draining")) },
	"ECS reports the digest of one platform":   func(f *Facts) { f.Tasks[0].Containers[1].ImageDigest = aws.String("sha256:1") },
	"a NAT gateway is of the documented type":  func(f *Facts) { f.Interfaces[3].InterfaceType = ec2types.NetworkInterfaceTypeNatGateway },
	"the listener names its target group once": func(f *Facts) { f.Listeners[0].DefaultActions[0].ForwardConfig = nil },
	"a header explains nothing":                func(f *Facts) { f.Answers[0].Header = http.Header{explanation: {""}} },
	"the line of the last request is still on its way": func(f *Facts) {
		f.Answers[0].Earlier, f.Answers[0].RequestID = []string{f.Answers[0].RequestID}, "late="
	},
	"an integration is used by no route": func(f *Facts) {
		f.Integrations = append(f.Integrations, apitypes.Integration{IntegrationId: aws.String("int2"), ConnectionType: "INTERNET"})
	},
}

func TestHarmless(t *testing.T) {
	for name, change := range harmless {
		t.Run(name, func(t *testing.T) {
			f := good()
			change(f)
			if got := reporting(f); got != nil {
				t.Errorf("it is reported by %q", got)
			}
		})
	}
}

// withDomain makes the stack one with a custom domain name.
func withDomain(f *Facts) {
	f.Outputs.URL = "https://shop.example.com"
	f.API.DisableExecuteApiEndpoint = aws.Bool(true)
	f.Mappings = []apitypes.ApiMapping{{ApiId: aws.String(f.Outputs.APIID), Stage: aws.String("$default")}}
}

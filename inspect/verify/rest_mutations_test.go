package verify

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	resttypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// restMutations are those of mutations for what a stack with a REST API has instead.
var restMutations = []struct {
	name     string
	broken   func(*Facts)
	reported []string
}{
	{"the API has no stage", func(f *Facts) { f.Rest.Stages = nil }, []string{"targets"}},
	{"the deployment has no method", func(f *Facts) { f.Rest.Methods = nil }, []string{"targets", "vpc-link"}},
	{"no method leads to the load balancer", func(f *Facts) { f.Rest.Methods = f.Rest.Methods[1:2] }, []string{"targets", "vpc-link"}},
	{"a method leads past the VPC link", func(f *Facts) { f.Rest.Methods[0].Integration.ConnectionType = "INTERNET" }, []string{"targets"}},
	{"a method leads to another service of AWS", func(f *Facts) {
		f.Rest.Methods[1].Integration.URI = "arn:aws:apigateway:eu-west-1:sqs:path/123456789012/queue"
	}, []string{"targets"}},
	{"a stage beside the stack's leads elsewhere", func(f *Facts) {
		f.Rest.Methods = append(f.Rest.Methods, Method{"test", "/", "GET", Integration{Type: "http_proxy", URI: "https://example.com/"}})
	}, []string{"targets"}},
	{"the VPC link leads to another load balancer", func(f *Facts) { f.Rest.Links[0].TargetArns = []string{elbARN + "loadbalancer/net/other/ffff"} }, []string{"targets"}},
	{"a method leads to a port without a listener", func(f *Facts) { f.Rest.Methods[0].Integration.URI = "http://web.elb.amazonaws.com:8080/" }, []string{"targets"}},
	{"a method leads to the port of TLS, and the listener has none", func(f *Facts) { f.Rest.Methods[0].Integration.URI = "https://web.example.com/" }, []string{"targets"}},
	{"a method's URI is none", func(f *Facts) { f.Rest.Methods[0].Integration.URI = "{proxy}" }, []string{"targets"}},
	{"the listener forwards to another target group", func(f *Facts) {
		f.Listeners[0].DefaultActions = []elbtypes.Action{{Type: "forward", TargetGroupArn: aws.String(elbARN + "targetgroup/other/ffff")}}
	}, []string{"targets"}},
	{"a target is unhealthy", func(f *Facts) { f.Targets[0].TargetHealth.State = "unhealthy" }, []string{"targets"}},

	{"the VPC link is pending", func(f *Facts) { f.Rest.Links[0].Status = "PENDING" }, []string{"vpc-link"}},
	{"the VPC link failed", func(f *Facts) { f.Rest.Links[0].Status = "FAILED" }, []string{"vpc-link"}},
	{"the VPC link is being deleted", func(f *Facts) { f.Rest.Links[0].Status = "DELETING" }, []string{"vpc-link"}},
	{"the VPC link is gone", func(f *Facts) { f.Rest.Links = nil }, []string{"vpc-link"}},

	{"the stage has no access log", func(f *Facts) { f.Rest.Stages[0].AccessLogSettings = nil }, []string{"access-log"}},
	{"an answer has no request id", func(f *Facts) { f.Answers[0].RequestID = "" }, []string{"access-log"}},
	{"the access log has no latency of the integration", func(f *Facts) {
		f.Access["r2="] = AccessLine{RequestID: "r2=", Status: "200", ResponseLatency: "20"}
	}, []string{"gateway-overhead"}},

	{"the load balancer faces the internet", func(f *Facts) {
		f.LoadBalancer.Scheme, f.LoadBalancers[0].Scheme = "internet-facing", "internet-facing"
	}, []string{"internal-balancer"}},

	{"the load balancer admits a range of addresses", func(f *Facts) {
		addRule(f, ec2types.SecurityGroupRule{CidrIpv4: aws.String("10.0.0.0/16")}, "sg-balancer", 80)
	}, []string{"security-groups"}},
	{"the load balancer admits a group", func(f *Facts) { f.Rules = append(f.Rules, rule("sg-balancer", false, "sg-other", 80)) }, []string{"security-groups"}},
	{"the load balancer admits itself", func(f *Facts) { f.Rules = append(f.Rules, rule("sg-balancer", false, "sg-balancer", 80)) }, []string{"security-groups"}},
	{"the load balancer's rules hold for PrivateLink too", func(f *Facts) {
		f.LoadBalancer.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic = aws.String("on")
	}, []string{"security-groups"}},
	{"AWS does not say whether they do, which is by default so", func(f *Facts) { f.LoadBalancer.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic = nil }, []string{"security-groups"}},
	{"the load balancer has no group", func(f *Facts) { f.LoadBalancer.SecurityGroups = nil }, []string{"security-groups"}},
	{"the service admits the VPC", func(f *Facts) {
		addRule(f, ec2types.SecurityGroupRule{CidrIpv4: aws.String("10.0.0.0/16")}, "sg-service", 3000)
	}, []string{"security-groups"}},
	{"nothing admits the load balancer to the tasks", func(f *Facts) { f.Rules = slices.Delete(f.Rules, 1, 2) }, []string{"security-groups"}},
	{"nothing lets the load balancer out to the tasks", func(f *Facts) { f.Rules = f.Rules[1:] }, []string{"security-groups"}},
	{"a task was put into another group", func(f *Facts) { f.Interfaces[0].Groups = append(f.Interfaces[0].Groups, groupsOf("sg-other")...) }, []string{"security-groups"}},

	{"the API does not exist", func(f *Facts) { f.Rest.API = nil }, []string{"public-names"}},
	{"the URL is not the API's", func(f *Facts) { f.Outputs.URL = "https://example.com/live" }, []string{"public-names"}},
	{"the state has no stage that would tell the API's URL", func(f *Facts) { f.Outputs.InvokeURL = "" }, []string{"public-names"}},
	{"the API answers from everywhere", func(f *Facts) { f.Rest.API.EndpointConfiguration.Types = []resttypes.EndpointType{"EDGE"} }, []string{"public-names"}},
	{"the API's endpoint is disabled", func(f *Facts) { f.Rest.API.DisableExecuteApiEndpoint = true }, []string{"public-names"}},
	{"the URL is that of a custom domain name, and the API's endpoint is disabled", withRestDomain, nil},
	{"a custom domain name is mapped to another API", func(f *Facts) { withRestDomain(f); f.Mappings[0].ApiId = aws.String("other") }, []string{"public-names"}},
	{"the API answers beside its custom domain name too", func(f *Facts) { withRestDomain(f); f.Rest.API.DisableExecuteApiEndpoint = false }, []string{"public-names"}},
	{"another load balancer of the VPC faces the internet", func(f *Facts) { f.LoadBalancers[1].Scheme = "internet-facing" }, []string{"public-names"}},
	{"the load balancer is gone", func(f *Facts) { f.LoadBalancer, f.LoadBalancers, f.Listeners = nil, f.LoadBalancers[1:], nil }, []string{"targets", "internal-balancer", "security-groups"}},
}

func TestRestMutations(t *testing.T) {
	t.Run("a healthy stack passes every check", func(t *testing.T) {
		if got := reporting(goodRest()); got != nil {
			t.Errorf("it is reported by %q", got)
		}
	})
	alone := map[string]bool{}
	for _, m := range restMutations {
		t.Run(m.name, func(t *testing.T) {
			f := goodRest()
			m.broken(f)
			if got := reporting(f); !slices.Equal(got, m.reported) {
				t.Errorf("it is reported by %q, not by %q", got, m.reported)
			}
		})
		if len(m.reported) == 1 {
			alone[m.reported[0]] = true
		}
	}
	t.Run("each check of what such a stack has of its own is alone in reporting something", func(t *testing.T) {
		for _, name := range []string{"targets", "vpc-link", "access-log", "gateway-overhead", "internal-balancer", "security-groups", "public-names"} {
			if !alone[name] {
				t.Errorf("%s is not", name)
			}
		}
	})
	t.Run("a listener with a certificate is asked by its own port", func(t *testing.T) {
		f := goodRest()
		for i := range f.Rest.Methods {
			if f.Rest.Methods[i].Integration.byLink() {
				f.Rest.Methods[i].Integration.URI = "https://inside.example.com/{proxy}"
			}
		}
		f.Listeners[0].Port, f.Listeners[0].Protocol = aws.Int32(443), "TLS"
		if got := reporting(f); got != nil {
			t.Errorf("it is reported by %q", got)
		}
	})
}

func TestRestFindings(t *testing.T) {
	for _, c := range []struct {
		check  string
		broken func(*Facts)
		want   Finding
	}{
		{"targets", func(*Facts) {}, pass("2 targets healthy: 10.0.1.5:3000, 10.0.2.5:3000")},
		{"targets", func(f *Facts) { f.Rest.Methods[0].Integration.ConnectionType = "" },
			fail(`ANY / of stage live leads to "http://web.elb.amazonaws.com/" without a VPC link`, redeploy)},
		{"vpc-link", func(*Facts) {}, pass("VPC link link1 is AVAILABLE")},
		{"vpc-link", func(f *Facts) {
			f.Rest.Links[0].Status, f.Rest.Links[0].StatusMessage = "FAILED", aws.String("the balancer is gone")
		}, fail("VPC link link1 is FAILED: the balancer is gone",
			"Mend what the message names, and have the link made anew with `make up ARGS='--replace URN'`; `pulumi stack --show-urns` tells its URN.")},
		{"access-log", func(f *Facts) { f.Answers[0].RequestID = "" },
			later("the answer to GET / has no request id", "An API Gateway answers with the header X-Amzn-Requestid: something else answers at this URL.")},
		{"security-groups", func(*Facts) {},
			pass("sg-balancer admits nobody but PrivateLink, by which the VPC link comes, may reach sg-service on port 3000, and no other source is admitted")},
		{"security-groups", func(f *Facts) {
			f.LoadBalancer.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic = aws.String("on")
		}, fail("the rules of the load balancer's group hold for PrivateLink too, by which the VPC link comes, and they admit nobody", redeploy)},
		{"public-names", func(*Facts) {}, pass("abc.execute-api.eu-west-1.amazonaws.com alone; nothing else among 2 load balancers and 4 network interfaces of the VPC but NAT gateways")},
		{"public-names", func(f *Facts) { f.Rest.API.EndpointConfiguration = nil }, fail("the API's endpoint type is [], and not REGIONAL", redeploy)},
	} {
		f := goodRest()
		c.broken(f)
		if got := find(t, f, c.check); got != c.want {
			t.Errorf("%s finds\n%+v, not\n%+v", c.check, got, c.want)
		}
	}
}

// withRestDomain makes the stack one with a custom domain name.
func withRestDomain(f *Facts) {
	f.Outputs.URL = "https://shop.example.com"
	f.Rest.API.DisableExecuteApiEndpoint = true
	f.Mappings = []apitypes.ApiMapping{{ApiId: aws.String(f.Outputs.APIID), Stage: aws.String("live")}}
}

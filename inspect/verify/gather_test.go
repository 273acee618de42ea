package verify

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sallyport/inspect/api"
	"sallyport/inspect/stack"
)

// answers are those of a small stack, one for each call; of calls in pages the second is behind a token. The forms are
// those of AWS's API references; that AWS answers so is not shown here.
var answers = map[string]string{
	"/v2/apis/abc":              `{"apiId":"abc","apiEndpoint":"https://abc"}`,
	"/v2/apis/abc/routes":       `{"items":[{"routeKey":"$default"}],"nextToken":"2"}`,
	"/v2/apis/abc/routes 2":     `{"items":[{"routeKey":"GET /"}]}`,
	"/v2/apis/abc/integrations": `{"items":[{"connectionType":"VPC_LINK","connectionId":"l"},{"connectionType":"VPC_LINK","connectionId":"l"},{"connectionType":"INTERNET"}]}`,
	"/v2/apis/abc/stages": `{"items":[{"stageName":"$default","accessLogSettings":{"destinationArn":"arn:aws:logs:us-east-1:1:log-group:/aws/vendedlogs/x"}},` +
		`{"stageName":"other","accessLogSettings":{"destinationArn":"arn:aws:firehose:us-east-1:1:deliverystream/x"}},{"stageName":"third"}]}`,
	"/v2/vpclinks/l": `{"vpcLinkId":"l","vpcLinkStatus":"AVAILABLE","securityGroupIds":["sg-link"]}`,

	"DescribeLoadBalancers": `<R><DescribeLoadBalancersResult><LoadBalancers><member><LoadBalancerArn>arn:lb</LoadBalancerArn><VpcId>vpc-1</VpcId>` +
		`<SecurityGroups><member>sg-lb</member></SecurityGroups></member><member><LoadBalancerArn>arn:elsewhere</LoadBalancerArn><VpcId>vpc-2</VpcId></member></LoadBalancers></DescribeLoadBalancersResult></R>`,
	"DescribeListeners":    `<R><DescribeListenersResult><Listeners><member><Port>80</Port></member></Listeners></DescribeListenersResult></R>`,
	"DescribeTargetGroups": `<R><DescribeTargetGroupsResult><TargetGroups><member><VpcId>vpc-1</VpcId></member></TargetGroups></DescribeTargetGroupsResult></R>`,
	"DescribeTargetHealth": `<R><DescribeTargetHealthResult><TargetHealthDescriptions><member><Target><Id>10.0.0.9</Id></Target></member></TargetHealthDescriptions></DescribeTargetHealthResult></R>`,

	"DescribeServices": `{"services":[{"serviceName":"s","taskDefinition":"arn:td:2","deployments":[{"taskDefinition":"arn:td:2"},{"taskDefinition":"arn:td:1"}],` +
		`"networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-1"],"securityGroups":["sg-app"]}}}]}`,
	"ListTasks": `{"taskArns":["arn:task/c/t1","arn:task/c/t2"]}`,
	"DescribeTasks": `{"tasks":[{"taskArn":"arn:task/c/t1","lastStatus":"RUNNING","desiredStatus":"RUNNING","taskDefinitionArn":"arn:td:2"},` +
		`{"taskArn":"arn:task/c/t2","lastStatus":"STOPPING","desiredStatus":"STOPPED","taskDefinitionArn":"arn:td:1"},{"taskArn":"arn:task/c/t3","lastStatus":"STOPPED"}]}`,
	"DescribeTaskDefinition": `{"taskDefinition":{"containerDefinitions":[{"name":"app","logConfiguration":{"logDriver":"awslogs","options":{"awslogs-stream-prefix":"web"}}},{"name":"mute"}]}}`,

	"DescribeRouteTables":        `<R><routeTableSet><item><routeTableId>rtb-1</routeTableId></item></routeTableSet></R>`,
	"DescribeNetworkInterfaces":  `<R><networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId></item></networkInterfaceSet></R>`,
	"DescribeSecurityGroupRules": `<R><securityGroupRuleSet><item><groupId>sg-app</groupId></item></securityGroupRuleSet></R>`,

	// CloudWatch Logs may answer with an empty page that is not the last.
	"GetLogEvents":   `{"events":[],"nextBackwardToken":"2"}`,
	"GetLogEvents 2": `{"events":[{"timestamp":1700000000000,"message":"up"}],"nextBackwardToken":"3"}`,
	"FilterLogEvents": `{"events":[{"message":"not JSON"},{"message":"{\"requestId\":\"id-of-/\",\"status\":\"200\",\"responseLatency\":\"9\",\"integrationLatency\":\"7\"}"},` +
		`{"message":"{\"requestId\":\"of another\"}"}]}`,
}

// calls are those that a test has made.
type calls struct {
	sync.Mutex
	of map[string][]string // the arguments, by operation
}

func (c *calls) answer(operation, arguments string) (int, string) {
	c.Lock()
	defer c.Unlock()
	if c.of == nil {
		c.of = map[string][]string{}
	}
	c.of[operation] = append(c.of[operation], arguments)
	if second, ok := answers[operation+" 2"]; ok && (strings.Contains(arguments, "nextToken=2") || strings.Contains(arguments, `"nextToken":"2"`)) {
		return 200, second
	}
	if text, ok := answers[operation]; ok {
		return 200, text
	}
	return refusal(operation, "Unexpected")
}

// app is what answers at the stack's URL, and counts its requests.
func app(t *testing.T, asked *[]string) string {
	var mu sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		*asked = append(*asked, r.Method+" "+r.URL.Path)
		w.Header().Set("Apigw-Requestid", "id-of-"+r.URL.Path)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func outputsOf(t *testing.T, url string) Outputs {
	t.Helper()
	exports := exported()
	exports["url"] = url
	out, err := readOutputs(&stack.Stack{Name: "dev", Outputs: exports})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestGather(t *testing.T) {
	var made calls
	var asked []string
	g := newGatherer(newFakeAWS(t, made.answer), outputsOf(t, app(t, &asked)))
	t.Cleanup(g.close)
	f, err := g.gather(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	is := func(t *testing.T, what string, got, want any) {
		t.Helper()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, not %v", what, got, want)
		}
	}
	t.Run("what the API Gateway says is there, all pages of it, and each VPC link once", func(t *testing.T) {
		is(t, "API", aws.ToString(f.API.ApiEndpoint), "https://abc")
		is(t, "routes", []string{aws.ToString(f.Routes[0].RouteKey), aws.ToString(f.Routes[1].RouteKey)}, []string{"$default", "GET /"})
		is(t, "integrations, stages, links", []int{len(f.Integrations), len(f.Stages), len(f.Links)}, []int{3, 3, 1})
		is(t, "link", fmt.Sprint(aws.ToString(f.Links[0].VpcLinkId), f.Links[0].VpcLinkStatus, f.Links[0].SecurityGroupIds), "lAVAILABLE[sg-link]")
	})
	t.Run("the load balancer is there with its listeners and its targets, and of all balancers those of the VPC", func(t *testing.T) {
		is(t, "balancer", aws.ToString(f.LoadBalancer.LoadBalancerArn), "arn:lb")
		is(t, "listeners, balancers, targets", []int{len(f.Listeners), len(f.LoadBalancers), len(f.Targets)}, []int{1, 1, 1})
		is(t, "target group", aws.ToString(f.TargetGroup.VpcId), "vpc-1")
	})
	t.Run("the service is there with the tasks that have not stopped and all of their definitions", func(t *testing.T) {
		is(t, "service", aws.ToString(f.Service.ServiceName), "s")
		is(t, "tasks", []string{aws.ToString(f.Tasks[0].TaskArn), aws.ToString(f.Tasks[1].TaskArn)}, []string{"arn:task/c/t1", "arn:task/c/t2"})
		is(t, "definitions", len(f.Definitions), 2)
		is(t, "described tasks", made.of["DescribeTasks"], []string{`{"cluster":"c","tasks":["arn:task/c/t1","arn:task/c/t2"]}`})
	})
	t.Run("the network is that of the VPC, and the rules are those of the three groups", func(t *testing.T) {
		is(t, "tables, interfaces, rules", []int{len(f.RouteTables), len(f.Interfaces), len(f.Rules)}, []int{1, 1, 1})
		for _, call := range []string{"DescribeRouteTables", "DescribeNetworkInterfaces"} {
			if !strings.Contains(made.of[call][0], "Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1") {
				t.Error(call, made.of[call])
			}
		}
		if !strings.Contains(made.of["DescribeSecurityGroupRules"][0], "Filter.1.Name=group-id&Filter.1.Value.1=sg-app&Filter.1.Value.2=sg-lb&Filter.1.Value.3=sg-link") {
			t.Error(made.of["DescribeSecurityGroupRules"])
		}
	})
	t.Run("the last line of each running task is found behind an empty page", func(t *testing.T) {
		is(t, "logged", f.LoggedBy, map[string]time.Time{"arn:task/c/t1": time.UnixMilli(1700000000000)})
		is(t, "calls", made.of["GetLogEvents"], []string{
			`{"limit":1,"logGroupName":"app","logStreamName":"web/app/t1","startFromHead":false}`,
			`{"limit":1,"logGroupName":"app","logStreamName":"web/app/t1","nextToken":"2","startFromHead":false}`,
		})
	})
	t.Run("the access log's lines of the answers are found, and no others", func(t *testing.T) {
		is(t, "lines", f.Access, map[string]AccessLine{"id-of-/": {"id-of-/", "200", "9", "7"}})
		call := made.of["FilterLogEvents"]
		if len(call) != 1 || !strings.Contains(call[0], `"filterPattern":"{ ($.requestId = \"id-of-/\") || ($.requestId = \"id-of-/api/echo\") }"`) || !strings.Contains(call[0], `"logGroupName":"/aws/vendedlogs/x"`) {
			t.Error(call)
		}
	})
	t.Run("every call is one that the IAM policy allows", func(t *testing.T) {
		for operation := range made.of {
			if strings.HasPrefix(operation, "/") {
				operation = "apigateway:GET"
			}
			if !regexp.MustCompile(`[":]` + operation + `"`).MatchString(api.Policy()) {
				t.Error(operation, "is not in the policy")
			}
		}
	})
	t.Run("good answers are kept while the same tasks run, and asked for again once others do", func(t *testing.T) {
		slices.Sort(asked)
		is(t, "requests", asked, []string{"GET /", "POST /api/echo"})
		if _, err := g.gather(t.Context()); err != nil || len(asked) != 2 {
			t.Errorf("%v after %v", asked, err)
		}
		g.behind = "another task"
		if _, err := g.gather(t.Context()); err != nil || len(asked) != 4 {
			t.Errorf("%v after %v", asked, err)
		}
	})
	t.Run("an answer that is not good is asked for again, alone, and its earlier request is looked for too", func(t *testing.T) {
		before := len(asked)
		g.answers[1].Status, g.answers[1].RequestID = 503, "id-of-before"
		f, err := g.gather(t.Context())
		if err != nil || len(asked) != before+1 || asked[before] != "POST /api/echo" {
			t.Errorf("%v after %v", asked, err)
		}
		is(t, "earlier requests", f.Answers[1].Earlier, []string{"id-of-/api/echo", "id-of-before"})
		if calls := made.of["FilterLogEvents"]; !strings.Contains(calls[len(calls)-1], "id-of-before") {
			t.Error(calls)
		}
	})
	t.Run("no more than the last ten requests are remembered", func(t *testing.T) {
		for n := range 15 {
			g.answers[1].Status, g.answers[1].RequestID = 503, fmt.Sprint(n)
			if _, err := g.gather(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		is(t, "earlier requests", g.answers[1].Earlier, []string{"5", "6", "7", "8", "9", "10", "11", "12", "13", "14"})
	})
}

func TestGatherNothing(t *testing.T) {
	codes := map[string]string{
		"DescribeLoadBalancers": "LoadBalancerNotFound", "DescribeTargetGroups": "TargetGroupNotFound", "DescribeTargetHealth": "TargetGroupNotFound",
		"DescribeServices": "ClusterNotFoundException", "ListTasks": "ClusterNotFoundException",
	}
	t.Run("what AWS does not find is no error and no fact", func(t *testing.T) {
		clients := newFakeAWS(t, func(operation, _ string) (int, string) {
			if code, ok := codes[operation]; ok {
				return refusal(operation, code)
			}
			return refusal(operation, "NotFoundException")
		})
		var asked []string
		out := outputsOf(t, app(t, &asked))
		f, err := newGatherer(clients, out).gather(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if f.API != nil || f.LoadBalancer != nil || f.TargetGroup != nil || f.Service != nil || len(f.Routes)+len(f.Tasks)+len(f.Interfaces) != 0 || len(f.Answers) != 2 {
			t.Errorf("it is %+v", f)
		}
	})
	t.Run("what is missing behind what is there is no error either", func(t *testing.T) {
		var made calls
		clients := newFakeAWS(t, func(operation, arguments string) (int, string) {
			switch operation {
			case "/v2/vpclinks/l":
				return refusal(operation, "NotFoundException")
			case "DescribeListeners":
				return refusal(operation, "LoadBalancerNotFound")
			case "DescribeServices":
				return 200, `{"services":[],"failures":[{"reason":"MISSING"}]}`
			case "GetLogEvents", "FilterLogEvents":
				return refusal(operation, "ResourceNotFoundException")
			case "DescribeTaskDefinition":
				if strings.Contains(arguments, "arn:td:1") {
					return refusal(operation, "ClientException")
				}
			}
			return made.answer(operation, arguments)
		})
		var asked []string
		f, err := newGatherer(clients, outputsOf(t, app(t, &asked))).gather(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if f.Service != nil || len(f.Links)+len(f.Listeners)+len(f.LoggedBy)+len(f.Access) != 0 || len(f.Definitions) != 1 || len(f.Tasks) != 2 {
			t.Errorf("it is %+v", f)
		}
	})
}

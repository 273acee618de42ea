package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sallyport/internal/record"
)

// published are logs of terraform apply in public repositories, for what AWS has no page on.
const published = "logs of terraform apply that others have published"

// takes is how long making one of a type typically takes, for those that take longer than a call, and where that is from.
var takes = map[string]struct {
	typically time.Duration
	source    string
}{
	awsxVpc:       {30 * time.Second, published + ": the VPC 11 s with DNS host names, then subnets, then route tables"},
	natGateway:    {2 * time.Minute, published + ": 1m24s to 2m1s in eight of them"},
	balancer:      {3 * time.Minute, published + ": 2m15s to 3m10s in seven of them"},
	restVpcLink:   {3 * time.Minute, "an estimate: it is PrivateLink's, and AWS says a few minutes of one of an HTTP API"},
	vpcLink:       {3 * time.Minute, "a few minutes: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vpc-links.html"},
	vpcEndpoint:   {90 * time.Second, "an estimate; an interface endpoint, since a gateway's is there at once"},
	validation:    {time.Minute, published + ": 2s to 1m1s; up to 30 minutes by https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html"},
	ecsCluster:    {10 * time.Second, published + ": 10s to 12s"},
	image:         {time.Minute, "unknown: it is the app's build, and the push"},
	ecsService:    {2 * time.Minute, "an estimate: a task is there after a minute, healthy after two checks of ten seconds, and ECS calls it steady somewhat later"},
	table:         {15 * time.Second, published + ": 6s to 13s, and some more to turn TTL on"},
	securityGroup: {3 * time.Second, published + ": 2s to 3s"},
}

// call is what everything else takes.
const call = time.Second

const (
	awsxVpc     = "awsx:ec2:Vpc"
	balancer    = "aws:lb/loadBalancer:LoadBalancer"
	vpcLink     = "aws:apigatewayv2/vpcLink:VpcLink"
	restVpcLink = "aws:apigateway/vpcLink:VpcLink"
	restAPI     = "aws:apigateway/restApi:RestApi"
	validation  = "aws:acm/certificateValidation:CertificateValidation"
	ecsCluster  = "aws:ecs/cluster:Cluster"
	ecsService  = "aws:ecs/service:Service"
	image       = "docker:index/image:Image"
	metricAlarm = "aws:cloudwatch/metricAlarm:MetricAlarm"
)

func duration(r record.Resource) time.Duration {
	switch {
	case !r.Custom && r.Type != awsxVpc, strings.HasPrefix(r.Type, "pulumi:"):
		return 0
	case r.Type == vpcEndpoint && r.Input("vpcEndpointType") != "Interface":
		return call
	}
	return cmp.Or(takes[r.Type].typically, call)
}

// step is a resource that is being made, and when.
type step struct {
	record.Resource
	start, end time.Duration
}

// criticalPath is the chain of resources, each waiting for the one before, that ends last. What awsx makes is within its
// component, and what is looked up takes no time.
func criticalPath(rec *record.Recording) []step {
	resources, steps := map[string]record.Resource{}, map[string]step{}
	for _, r := range rec.Resources {
		resources[r.String()] = r
	}
	within := func(r record.Resource) bool {
		for r, ok := resources[r.Parent]; ok; r, ok = resources[r.Parent] {
			if r.Type == awsxVpc {
				return true
			}
		}
		return false
	}
	last := map[string]string{} // what a resource has waited for longest
	var visit func(name string) step
	visit = func(name string) step {
		if done, ok := steps[name]; ok {
			return done
		}
		s := step{Resource: resources[name]}
		for _, dependency := range s.DependsOn {
			if earlier := visit(dependency); earlier.end > s.start {
				s.start, last[name] = earlier.end, dependency
			}
		}
		if s.end = s.start; !within(s.Resource) {
			s.end += duration(s.Resource)
		}
		steps[name] = s
		return s
	}
	end := ""
	for _, r := range rec.Resources {
		if s := visit(r.String()); end == "" || s.end > steps[end].end {
			end = r.String()
		}
	}
	var path []step
	for name := end; name != ""; name = last[name] {
		path = append(path, steps[name])
	}
	slices.Reverse(path)
	return path
}

// deployments are stacks that have as much to wait for as the settings allow.
var deployments = map[string]map[string]any{
	"the default stack":                  {},
	"a stack with a NAT gateway a zone":  {"sallyport:network.egress": "nat-per-zone", "sallyport:network.zones": "3"},
	"a stack with endpoints":             {"sallyport:network.egress": "endpoints", "sallyport:app.exec": "true"},
	"a stack with a domain":              {"sallyport:domain.name": "shop.example.com", "sallyport:domain.zoneId": "Z0123456789ABCDEFGHIJ", "sallyport:gateway.keepWarm": "true"},
	"a stack with a REST API":            {"sallyport:gateway.kind": "rest"},
	"a stack with a REST API and domain": {"sallyport:gateway.kind": "rest", "sallyport:domain.name": "shop.example.com", "sallyport:domain.zoneId": "Z0123456789ABCDEFGHIJ"},
	"a stack that is watched and scaled": {"sallyport:alarms.enabled": "true", "sallyport:alarms.rollback": "true", "sallyport:dashboard.enabled": "true", "sallyport:scaling.max": "4"},
}

func deployment(t *testing.T, name string) *record.Recording {
	t.Helper()
	config := map[string]any{"aws:region": "us-east-1"}
	for key, value := range deployments[name] {
		config[key] = value
	}
	return run(t, config, record.Options{HostedZones: map[string]record.HostedZone{"Z0123456789ABCDEFGHIJ": {Name: "example.com."}}})
}

// TestDeployTime prints how long a first deployment typically takes, and what it is that takes so long; -v shows it.
func TestDeployTime(t *testing.T) {
	slow := func(s step) bool { return s.end-s.start >= 30*time.Second }
	for name := range deployments {
		t.Run(name+" takes as long as the three slowest of what must come one after the other", func(t *testing.T) {
			path := criticalPath(deployment(t, name))
			var others time.Duration
			var longest []string
			for _, s := range path {
				t.Logf("%6s  %-6s  %s (%s)", s.start, s.end-s.start, s.Resource, cmp.Or(takes[s.Type].source, "one call"))
				if slow(s) {
					longest = append(longest, s.Type)
				} else {
					others += s.end - s.start
				}
			}
			t.Logf("%6s  in all", path[len(path)-1].end)
			want := []string{awsxVpc, balancer, ecsService}
			if deployments[name]["sallyport:gateway.kind"] == "rest" {
				// Its link leads to the balancer, where one of an HTTP API is made beside it.
				want = []string{awsxVpc, balancer, restVpcLink}
			}
			if !slices.Equal(longest, want) {
				t.Errorf("one after the other are %q, want %q", longest, want)
			}
			if others > 10*time.Second {
				t.Errorf("in between there are %s of calls", others)
			}
		})
	}
	t.Run("the default stack is there as soon as one without a NAT gateway", func(t *testing.T) {
		end := func(name string) time.Duration {
			path := criticalPath(deployment(t, name))
			return path[len(path)-1].end
		}
		if with, without := end("the default stack"), end("a stack with endpoints"); with != without {
			t.Errorf("it takes %s, and the other %s", with, without)
		}
	})
}

// TestNothingWaitsForWhatItDoesNotNeed lists, for everything that takes half a minute or more, all that may wait for it.
func TestNothingWaitsForWhatItDoesNotNeed(t *testing.T) {
	const (
		listener, integration    = "aws:lb/listener:Listener", "aws:apigatewayv2/integration:Integration"
		apiRoute, stage, mapping = "aws:apigatewayv2/route:Route", "aws:apigatewayv2/stage:Stage", "aws:apigatewayv2/apiMapping:ApiMapping"
		dashboard, ecsTarget     = "aws:cloudwatch/dashboard:Dashboard", "aws:appautoscaling/target:Target"
		destination, target      = "aws:cloudwatch/eventApiDestination:EventApiDestination", "aws:cloudwatch/eventTarget:EventTarget"
		api, dnsRecord           = "aws:apigatewayv2/api:Api", "aws:route53/record:Record"
	)
	afterTasks := []string{ecsTarget, scalingPolicy, scheduledAction, metricAlarm, dashboard}
	afterRoutes := []string{integration, apiRoute, stage, mapping, dnsRecord, destination, target}
	afterRestLink := []string{
		restAPI, "aws:apigateway/deployment:Deployment", "aws:apigateway/stage:Stage", "aws:apigateway/methodSettings:MethodSettings", mapping,
	}
	mayWait := map[string][]string{
		natGateway:  append([]string{"aws:ec2/route:Route", ecsService}, afterTasks...),
		vpcEndpoint: append([]string{ecsService}, afterTasks...),
		balancer:    slices.Concat([]string{listener, metricAlarm, ecsService, restVpcLink}, afterTasks, afterRoutes, afterRestLink),
		vpcLink:     afterRoutes,
		// The API, whose own address a domain replaces, keeps that until the domain is there.
		restVpcLink: afterRestLink,
		validation:  slices.Concat([]string{domainName, api}, afterRoutes, afterRestLink),
		image:       append([]string{taskDefinition, ecsService}, afterTasks...),
		ecsService:  afterTasks,
	}
	for typ, row := range takes {
		if row.typically >= 30*time.Second && typ != awsxVpc && mayWait[typ] == nil {
			t.Errorf("%s takes %s, and nothing says what may wait for it", typ, row.typically)
		}
	}
	for name := range deployments {
		rec := deployment(t, name)
		for _, slow := range rec.Resources {
			allowed, ok := mayWait[slow.Type]
			if !ok || duration(slow) == call {
				continue
			}
			t.Run(fmt.Sprintf("for %s of %s", slow, name), func(t *testing.T) {
				for _, r := range rec.Resources {
					if r.Custom && !slices.Contains(allowed, r.Type) && waits(rec, r.String(), slow.String()) {
						t.Errorf("%s waits for it", r)
					}
				}
			})
		}
		t.Run("what needs no network of "+name+" starts at once", func(t *testing.T) {
			for _, typ := range []string{
				api, repository, ecsCluster, logGroup, "aws:iam/role:Role", "aws:ec2/eip:Eip",
				"aws:acm/certificate:Certificate", "aws:sns/topic:Topic", table,
			} {
				for _, r := range rec.OfType(typ) {
					if len(r.DependsOn) > 0 && !(typ == api && len(rec.OfType(domainName)) > 0) {
						t.Errorf("%s waits for %v", r, r.DependsOn)
					}
				}
			}
		})
	}
}

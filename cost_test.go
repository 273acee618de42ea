package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/internal/cost"
	"sallyport/internal/record"
	"sallyport/internal/settings"
)

// TestTheCostIsThatOfTheResources holds what internal/cost makes of the settings against what the program makes of them.
func TestTheCostIsThatOfTheResources(t *testing.T) {
	for name, config := range map[string]map[string]string{
		"the default stack":               {},
		"a NAT gateway in each zone":      {"network.egress": "nat-per-zone", "network.zones": "3"},
		"endpoints":                       {"network.egress": "endpoints", "network.zones": "3", "app.exec": "true"},
		"a stack that is watched":         {"alarms.enabled": "true", "dashboard.enabled": "true"},
		"one with Container Insights":     {"alarms.enabled": "true", "cluster.containerInsights": "true"},
		"one that scales by three things": {"scaling.max": "4", "scaling.targetCpu": "50", "scaling.targetMemory": "50", "scaling.targetRequests": "600"},
		"one that scales by CPU unasked":  {"scaling.max": "4", "app.spotPercent": "50"},
		"one with a door of its own": {
			"domain.name": "shop.example.com", "domain.zoneId": "Z1", "gateway.keepWarm": "true", "loadBalancer.webAclArn": webACL,
			"loadBalancer.certificateArn": certificate, "loadBalancer.serverName": "inside.example.com",
			"gateway.routes": `[{"path":"/f","target":"arn:aws:lambda:us-east-1:123456789012:function:f"},` +
				`{"path":"/api","auth":"jwt","issuer":"https://login.example.com","audience":["web"]}]`,
		},
		"one with a REST API": {"gateway.kind": "rest", "alarms.enabled": "true", "gateway.routes": `[{"path":"/feed","auth":"key"}]`, "gateway.apiKeys": `{"partner":{"rate":5}}`,
			"gateway.webAclArn": webACL, "gateway.tracing": "true"},
		"one that is parked and watched": {"alarms.enabled": "true", "scaling.park": "cron(0 20 ? * MON-FRI *)", "scaling.wake": "cron(0 7 ? * MON-FRI *)"},
		"one that is parked at night":    {"scaling.park": "cron(0 20 ? * MON-FRI *)", "scaling.wake": "cron(0 7 ? * MON-FRI *)"},
	} {
		t.Run(name, func(t *testing.T) {
			given := map[string]string{"aws:region": "us-east-1"}
			for key, value := range config {
				given["sallyport:"+key] = value
			}
			s, rec := settingsAndResources(t, given)
			costOfResources(t, s, rec)
		})
	}
}

func costOfResources(t *testing.T, s *settings.Settings, rec *record.Recording) {
	t.Helper()
	want := map[string]int{}
	for _, r := range rec.Resources {
		if what, count := priced(t, r); count > 0 {
			want[what] += count
		}
	}
	got := map[string]int{}
	for _, item := range cost.Monthly(s) {
		what, _, _ := strings.Cut(item.What, ",")
		got[strings.TrimSuffix(strings.TrimSuffix(what, " at the lowest price of Spot"), " on ARM64")] += item.Count
	}
	if !maps.Equal(got, want) {
		t.Errorf("the cost is that of %v, and the resources are %v", got, want)
	}
}

func settingsAndResources(t *testing.T, config map[string]string) (s *settings.Settings, rec *record.Recording) {
	t.Helper()
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(pulumi.EnvConfig, string(text))
	rec, err = record.Run(func(ctx *pulumi.Context) (err error) {
		if s, err = settings.Load(ctx); err != nil {
			return err
		}
		return deploy(ctx, s)
	}, record.Options{HostedZones: map[string]record.HostedZone{"Z1": {Name: "example.com"}}})
	if err != nil {
		t.Fatal(err)
	}
	return s, rec
}

// priced tells which of the cost's items a resource is, and how many of them. Every type is either here or in unpriced.
func priced(t *testing.T, r record.Resource) (what string, count int) {
	t.Helper()
	switch r.Type {
	case "aws:ecs/service:Service":
		return "Fargate task", int(r.Input("desiredCount").(float64))
	case "aws:lb/loadBalancer:LoadBalancer":
		return "load balancer", 1
	case natGateway:
		return "NAT gateway", 1
	case "aws:ec2/eip:Eip":
		return "public IPv4 address of a NAT gateway", 1
	case vpcEndpoint:
		subnets, _ := r.Input("subnetIds").([]any)
		return "interface endpoint in one zone", len(subnets)
	case "aws:cloudwatch/metricAlarm:MetricAlarm":
		queries, _ := r.Input("metricQueries").([]any)
		metrics := slices.DeleteFunc(queries, func(query any) bool { return query.(map[string]any)["metric"] == nil })
		return "metric of an alarm", max(1, len(metrics))
	case scalingPolicy:
		return "metric of an alarm", 2
	case "aws:cloudwatch/dashboard:Dashboard":
		return "dashboard", 1
	case "aws:ecs/cluster:Cluster":
		if r.Input("settings.0.value") == "enabled" {
			return "metric of Container Insights", 31
		}
		return "", 0
	}
	if r.Custom && !strings.HasPrefix(r.Type, "pulumi:") && !slices.Contains(unpriced, r.Type) {
		t.Errorf("%s may have a price: add it to internal/cost, or to what has none while nobody uses it", r.Type)
	}
	return "", 0
}

// unpriced are the types that cost nothing while nobody uses the stack.
var unpriced = []string{
	"aws:acm/certificate:Certificate", // a public one, for AWS's own services
	"aws:acm/certificateValidation:CertificateValidation",
	"aws:apigateway/account:Account",
	"aws:apigateway/apiKey:ApiKey",
	"aws:apigateway/deployment:Deployment",
	"aws:apigateway/methodSettings:MethodSettings",
	restAPI,
	"aws:apigateway/stage:Stage",
	"aws:apigateway/usagePlan:UsagePlan",
	"aws:apigateway/usagePlanKey:UsagePlanKey",
	restVpcLink,
	"aws:apigatewayv2/api:Api",
	"aws:apigatewayv2/apiMapping:ApiMapping",
	"aws:apigatewayv2/authorizer:Authorizer",
	domainName,
	"aws:apigatewayv2/integration:Integration",
	"aws:apigatewayv2/route:Route",
	"aws:apigatewayv2/stage:Stage",
	"aws:apigatewayv2/vpcLink:VpcLink",
	scheduledAction,
	"aws:appautoscaling/target:Target",
	"aws:cloudwatch/eventApiDestination:EventApiDestination", // 0.20 USD a million requests, of which there is one a day
	"aws:cloudwatch/eventConnection:EventConnection",
	"aws:cloudwatch/eventRule:EventRule",
	"aws:cloudwatch/eventTarget:EventTarget",
	logGroup,
	table, // but for its items
	"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
	"aws:ec2/flowLog:FlowLog",
	"aws:ec2/internetGateway:InternetGateway",
	"aws:ec2/route:Route",
	"aws:ec2/routeTable:RouteTable",
	securityGroup,
	"aws:ec2/subnet:Subnet",
	"aws:ec2/vpc:Vpc",
	"aws:ecr/lifecyclePolicy:LifecyclePolicy",
	repository, // but for the size of its images
	"aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
	taskDefinition,
	"aws:iam/policy:Policy",
	"aws:iam/role:Role",
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment",
	"aws:lambda/permission:Permission",
	"aws:lb/listener:Listener",
	"aws:lb/targetGroup:TargetGroup",
	"aws:route53/record:Record", // the zone has a price, and is not the stack's
	"aws:sns/topic:Topic",
	"aws:sns/topicPolicy:TopicPolicy",
	"aws:sns/topicSubscription:TopicSubscription", // 2 USD per 100000 emails beyond the first 1000 a month
	"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
	"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
	"aws:wafv2/webAclAssociation:WebAclAssociation", // so has the web ACL
	"docker:index/image:Image",
}

func TestAPreviewTellsThePrice(t *testing.T) {
	config := map[string]any{"aws:region": "us-east-1"}
	t.Run("in one line", func(t *testing.T) {
		want := []string{"On AWS about 61.94 USD a month without traffic, at list prices of us-east-1 (make cost)"}
		if got := run(t, config, record.Options{Preview: true}).Info; !slices.Equal(got, want) {
			t.Errorf("got %q", got)
		}
	})
	t.Run("and an update does not", func(t *testing.T) {
		if got := run(t, config, record.Options{}).Info; len(got) > 0 {
			t.Errorf("got %q", got)
		}
	})
}

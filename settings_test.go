package main

import (
	"strings"
	"testing"

	"sallyport/internal/record"
)

const (
	scalingPolicy   = "aws:appautoscaling/policy:Policy"
	scheduledAction = "aws:appautoscaling/scheduledAction:ScheduledAction"
)

// TestSettingsArrive sets everything to a value of its own and looks for it where it belongs.
func TestSettingsArrive(t *testing.T) {
	rec := run(t, map[string]any{
		"aws:region":                                 "us-east-1",
		"sallyport:name":                             "shop",
		"sallyport:protected":                        "true",
		"sallyport:network.cidr":                     "10.9.0.0/16",
		"sallyport:network.zones":                    "3",
		"sallyport:network.egress":                   "nat-per-zone",
		"sallyport:network.flowLogs":                 "ALL",
		"sallyport:loadBalancer.idleTimeout":         "61",
		"sallyport:loadBalancer.deregistrationDelay": "31",
		"sallyport:gateway.timeout":                  "29",
		"sallyport:gateway.throttleBurst":            "7",
		"sallyport:gateway.throttleRate":             "11",
		"sallyport:app.buildArgs":                    `{"BASE_IMAGE":"node:25"}`,
		"sallyport:app.buildOnPreview":               "true",
		"sallyport:app.architecture":                 "ARM64",
		"sallyport:app.cpu":                          "512",
		"sallyport:app.memory":                       "2048",
		"sallyport:app.count":                        "3",
		"sallyport:app.port":                         "3001",
		"sallyport:app.healthPath":                   "/ok",
		"sallyport:app.healthGrace":                  "64",
		"sallyport:app.keepAlive":                    "77",
		"sallyport:app.stopTimeout":                  "63",
		"sallyport:app.user":                         "1001:1002",
		"sallyport:app.writablePaths":                `["/data"]`,
		"sallyport:app.waitForSteadyState":           "false",
		"sallyport:app.spotPercent":                  "60",
		"sallyport:app.onDemandBase":                 "2",
		"sallyport:scaling.max":                      "7",
		"sallyport:scaling.targetCpu":                "51",
		"sallyport:scaling.targetMemory":             "71",
		"sallyport:scaling.targetRequests":           "611",
		"sallyport:scaling.park":                     "cron(0 20 ? * MON-FRI *)",
		"sallyport:scaling.wake":                     "cron(30 6 ? * MON-FRI *)",
		"sallyport:scaling.timezone":                 "Europe/Berlin",
		"sallyport:logs.retention":                   "14",
		"sallyport:cluster.containerInsights":        "true",
	}, record.Options{})

	for _, c := range []struct {
		key, typ, name, path string
		want                 any
	}{
		{"network.cidr", "awsx:ec2:Vpc", "shop", "cidrBlock", "10.9.0.0/16"},
		{"network.zones", "awsx:ec2:Vpc", "shop", "availabilityZoneNames.2", "us-east-1d"},
		{"network.egress", natGateway, "shop-3", "subnetId", "subnet-shop-public-3"},
		{"network.flowLogs", "aws:ec2/flowLog:FlowLog", "shop", "trafficType", "ALL"},
		{"loadBalancer.idleTimeout", "aws:lb/loadBalancer:LoadBalancer", "shop", "idleTimeout", 61.0},
		{"loadBalancer.deregistrationDelay", "aws:lb/targetGroup:TargetGroup", "shop", "deregistrationDelay", 31.0},
		{"gateway.timeout", "aws:apigatewayv2/integration:Integration", "shop", "timeoutMilliseconds", 29000.0},
		{"gateway.throttleBurst", "aws:apigatewayv2/stage:Stage", "shop", "defaultRouteSettings.throttlingBurstLimit", 7.0},
		{"gateway.throttleRate", "aws:apigatewayv2/stage:Stage", "shop", "defaultRouteSettings.throttlingRateLimit", 11.0},
		{"app.context", "docker:index/image:Image", "shop", "build.context", "webapp"},
		{"app.buildArgs", "docker:index/image:Image", "shop", "build.args.BASE_IMAGE", "node:25"},
		{"app.buildOnPreview", "docker:index/image:Image", "shop", "buildOnPreview", true},
		{"app.architecture, of the image", "docker:index/image:Image", "shop", "build.platform", "linux/arm64"},
		{"app.architecture, of the task", taskDefinition, "shop", "runtimePlatform.cpuArchitecture", "ARM64"},
		{"app.cpu", taskDefinition, "shop", "cpu", "512"},
		{"app.memory", taskDefinition, "shop", "memory", "2048"},
		{"app.count", "aws:ecs/service:Service", "shop", "desiredCount", 3.0},
		{"app.port, of the target group", "aws:lb/targetGroup:TargetGroup", "shop", "port", 3001.0},
		{"app.port, of the security groups", ingressRule, "shop-balancer-to-service", "fromPort", 3001.0},
		{"app.port, of the service", "aws:ecs/service:Service", "shop", "loadBalancers.0.containerPort", 3001.0},
		{"app.healthPath", "aws:lb/targetGroup:TargetGroup", "shop", "healthCheck.path", "/ok"},
		{"app.healthGrace", "aws:ecs/service:Service", "shop", "healthCheckGracePeriodSeconds", 64.0},
		{"app.waitForSteadyState", "aws:ecs/service:Service", "shop", "waitForSteadyState", false},
		{"app.spotPercent", "aws:ecs/service:Service", "shop", "capacityProviderStrategies.0.weight", 60.0},
		{"app.onDemandBase", "aws:ecs/service:Service", "shop", "capacityProviderStrategies.1.base", 2.0},
		{"app.count, of scaling", "aws:appautoscaling/target:Target", "shop", "minCapacity", 3.0},
		{"scaling.max", "aws:appautoscaling/target:Target", "shop", "maxCapacity", 7.0},
		{"scaling.targetCpu", scalingPolicy, "shop-cpu", "targetTrackingScalingPolicyConfiguration.targetValue", 51.0},
		{"scaling.targetMemory", scalingPolicy, "shop-memory", "targetTrackingScalingPolicyConfiguration.targetValue", 71.0},
		{"scaling.targetRequests", scalingPolicy, "shop-requests", "targetTrackingScalingPolicyConfiguration.targetValue", 611.0},
		{"scaling.park", scheduledAction, "shop-park", "schedule", "cron(0 20 ? * MON-FRI *)"},
		{"scaling.wake", scheduledAction, "shop-wake", "schedule", "cron(30 6 ? * MON-FRI *)"},
		{"scaling.timezone", scheduledAction, "shop-park", "timezone", "Europe/Berlin"},
		{"logs.retention, of the app", logGroup, "shop-app", "retentionInDays", 14.0},
		{"logs.retention, of the gateway", logGroup, "shop-access", "retentionInDays", 14.0},
		{"logs.retention, of the flow log", logGroup, "shop-flow", "retentionInDays", 14.0},
		{"cluster.containerInsights", "aws:ecs/cluster:Cluster", "shop", "settings.0.value", "enabled"},
		{"protected", "aws:lb/loadBalancer:LoadBalancer", "shop", "enableDeletionProtection", true},
	} {
		t.Run(c.key, func(t *testing.T) { record.Equal(t, rec.Get(t, c.typ, c.name), c.path, c.want) })
	}

	definition := rec.Get(t, taskDefinition, "shop").Input("containerDefinitions").(string)
	for key, part := range map[string]string{
		"app.port, of the container": `"containerPort":3001`,
		"app.keepAlive":              `{"name":"KEEP_ALIVE_TIMEOUT","value":"77000"}`,
		"app.stopTimeout":            `"stopTimeout":63`,
		"app.user":                   `"user":"1001:1002"`,
		"app.writablePaths":          `"containerPath":"/data"`,
		"aws:region":                 `"awslogs-region":"us-east-1"`,
	} {
		t.Run(key, func(t *testing.T) {
			if !strings.Contains(definition, part) {
				t.Errorf("%s is not in %s", part, definition)
			}
		})
	}
	t.Run("loadBalancer.deregistrationDelay and app.stopTimeout, of a destroy", func(t *testing.T) {
		const want = "21m34s"
		if got := rec.Get(t, "aws:ecs/service:Service", "shop").DeleteTimeout; got != want {
			t.Errorf("deleting the service may take %s, want %s", got, want)
		}
	})
}

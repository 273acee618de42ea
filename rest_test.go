package main

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sallyport/internal/record"
)

// withREST is a stack with a REST API, and what else the configuration says.
func withREST(t *testing.T, more map[string]any) *record.Recording {
	t.Helper()
	config := map[string]any{"aws:region": "us-east-1"}
	maps.Copy(config, more)
	config["sallyport:gateway.kind"] = "rest"
	delete(config, "sallyport:loadBalancer.webAclArn") // which it has itself
	return run(t, config, record.Options{HostedZones: map[string]record.HostedZone{"Z1": {Name: "example.com"}}})
}

// guarded has everything that a REST API alone can do.
var guarded = map[string]any{
	"sallyport:gateway.webAclArn": webACL, "sallyport:gateway.tracing": "true", "sallyport:gateway.apiKeys": `{"partner":{"rate":5,"quota":1000,"period":"DAY"}}`,
	"sallyport:gateway.routes":   `[{"path":"/feed","auth":"key"}]`,
	"sallyport:gateway.timeout":  "28",
	"sallyport:alarms.enabled":   "true",
	"sallyport:alarms.rollback":  "true",
	"sallyport:gateway.keepWarm": "true",
}

// TestControlsOfARESTAPI holds a stack with a REST API against the controls of the default one, and those of its kind.
func TestControlsOfARESTAPI(t *testing.T) {
	for name, rec := range map[string]*record.Recording{"as it comes": withREST(t, nil), "with all it can do": withREST(t, guarded)} {
		t.Run(name, func(t *testing.T) {
			for _, c := range slices.Concat(oneEntry, anyBalancer, restAPIAndBalancer, containerAndImage, rolesAndLogs) {
				t.Run(c.name, func(t *testing.T) { c.check(t, rec) })
			}
		})
	}
	rec := withREST(t, guarded)
	t.Run("SH APIGateway.3, CKV_AWS_73, AVD-AWS-0003: the stage is traced", func(t *testing.T) {
		record.Equal(t, one(t, rec, restStage), "xrayTracingEnabled", true)
	})
	t.Run("SH APIGateway.4, CKV2_AWS_29: the stage has a web ACL", func(t *testing.T) {
		association := one(t, rec, "aws:wafv2/webAclAssociation:WebAclAssociation")
		record.Equal(t, association, "webAclArn", webACL)
		record.Equal(t, association, "resourceArn", arn("Stage", name(rec)))
	})
}

const restStage = "aws:apigateway/stage:Stage"

var restAPIAndBalancer = []control{
	{"SH APIGateway.1, CKV_AWS_76, AVD-AWS-0001, nag APIG1, nag Serverless APIGWStructuredLogging: the stage logs access as JSON", func(t *testing.T, rec *record.Recording) {
		stage := one(t, rec, restStage)
		format, _ := stage.Input("accessLogSettings.format").(string)
		var line map[string]string
		if err := json.Unmarshal([]byte(format), &line); err != nil {
			t.Fatal(err)
		}
		for _, variable := range []string{
			"$context.requestId", "$context.identity.sourceIp", "$context.status", "$context.responseLatency", "$context.integrationLatency",
		} {
			if !strings.Contains(format, `"`+variable+`"`) {
				t.Errorf("%s is missing in %s", variable, format)
			}
		}
		record.Equal(t, stage, "accessLogSettings.destinationArn", arn("LogGroup", name(rec)+"-access"))
	}},
	{"nag Serverless APIGWDefaultThrottling: every method is throttled", func(t *testing.T, rec *record.Recording) {
		all := rec.Get(t, "aws:apigateway/methodSettings:MethodSettings", name(rec))
		record.Equal(t, all, "methodPath", "*/*")
		record.Equal(t, all, "settings.throttlingBurstLimit", 500.0)
		record.Equal(t, all, "settings.throttlingRateLimit", 1000.0)
	}},
	{"own control: the API is regional, so that no other Region's edge is in the way", func(t *testing.T, rec *record.Recording) {
		record.Equal(t, one(t, rec, restAPI), "endpointConfiguration.types", "REGIONAL")
	}},
	{"own control: nothing of a request's payload is logged", func(t *testing.T, rec *record.Recording) {
		for _, settings := range some(t, rec, "aws:apigateway/methodSettings:MethodSettings") {
			record.Equal(t, settings, "settings.dataTraceEnabled", false)
		}
	}},
}

func TestRESTProgram(t *testing.T) {
	rec := withREST(t, nil)
	for _, c := range shape {
		t.Run(c.name, func(t *testing.T) { c.check(t, rec) })
	}
	t.Run("it exports what a stack with an HTTP API does, and the kind", func(t *testing.T) {
		want := byDefault(t).Exports
		if got, want := slices.Sorted(maps.Keys(rec.Exports)), slices.Sorted(maps.Keys(want)); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		for export, want := range map[string]any{
			"url": "https://restapi-sallyport-dev.execute-api.us-east-1.amazonaws.com/live", "apiId": "restapi-sallyport-dev", "gatewayKind": "rest",
			"loadBalancerArn": arn("LoadBalancer", "sallyport-dev"), "targetGroupArn": arn("TargetGroup", "sallyport-dev"),
		} {
			if rec.Exports[export] != want {
				t.Errorf("%s is %v, want %v", export, rec.Exports[export], want)
			}
		}
	})
	t.Run("its image knows the path that it is under", func(t *testing.T) {
		record.Equal(t, one(t, rec, image), "build.args.PUBLIC_PATH", "/live")
		record.Equal(t, one(t, byDefault(t), image), "build.args.PUBLIC_PATH", nil)
		record.Equal(t, one(t, withREST(t, domainConfig()), image), "build.args.PUBLIC_PATH", nil)
	})
	t.Run("the tasks are where the Network Load Balancer sends to", func(t *testing.T) {
		record.Equal(t, one(t, rec, balancer), "loadBalancerType", "network")
		record.Equal(t, one(t, rec, ecsService), "loadBalancers.0.targetGroupArn", arn("TargetGroup", "sallyport-dev"))
		none(t, rec, "aws:apigatewayv2/")
	})
	t.Run("with a domain, the app is at its root", func(t *testing.T) {
		rec := withREST(t, domainConfig())
		if rec.Exports["url"] != "https://shop.example.com" {
			t.Errorf("the URL is %v", rec.Exports["url"])
		}
		mapping := one(t, rec, "aws:apigatewayv2/apiMapping:ApiMapping")
		record.Equal(t, mapping, "stage", "live")
		record.Equal(t, mapping, "apiMappingKey", nil)
		listener := one(t, rec, "aws:lb/listener:Listener")
		record.Equal(t, listener, "protocol", "TLS")
		record.Equal(t, listener, "port", 443.0)
	})
	t.Run("the account's role for logs is made, and kept, unless the one that is there is to be used", func(t *testing.T) {
		for _, typ := range []string{"aws:apigateway/account:Account", "aws:iam/role:Role"} {
			kept := slices.DeleteFunc(rec.OfType(typ), func(r record.Resource) bool { return !r.RetainOnDelete })
			if len(kept) != 1 {
				t.Errorf("kept are %v", kept)
			}
		}
		existing := withREST(t, map[string]any{"sallyport:gateway.logsRole": "existing"})
		none(t, existing, "aws:apigateway/account:")
		for _, r := range existing.Resources {
			if r.RetainOnDelete {
				t.Errorf("%s is kept", r)
			}
		}
	})
	all := withREST(t, guarded)
	t.Run("the keys are exported by their names, as a secret", func(t *testing.T) {
		if got := all.Exports["apiKeys"]; !reflect.DeepEqual(got, record.Secret{Value: map[string]any{"partner": "value-of-sallyport-dev-partner"}}) {
			t.Errorf("got %#v", got)
		}
	})
	t.Run("a deployment rolls back on what a REST API and its balancer can tell", func(t *testing.T) {
		record.Equal(t, one(t, all, ecsService), "alarms.rollback", true)
		record.Equal(t, one(t, all, ecsService), "alarms.alarmNames.0", "sallyport-dev-api-5xx-1234567")
		record.Equal(t, one(t, all, ecsService), "alarms.alarmNames.1", "sallyport-dev-unhealthy-hosts-1234567")
	})
	t.Run("tasks that are missing are counted by the Network Load Balancer", func(t *testing.T) {
		record.Equal(t, all.Get(t, metricAlarm, "sallyport-dev-running-tasks"), "namespace", "AWS/NetworkELB")
	})
	t.Run("what keeps it warm asks under the stage", func(t *testing.T) {
		destination := one(t, all, "aws:cloudwatch/eventApiDestination:EventApiDestination")
		record.Equal(t, destination, "invocationEndpoint", "https://restapi-sallyport-dev.execute-api.us-east-1.amazonaws.com/live/api/health")
	})
	t.Run("a first preview registers what the update does", func(t *testing.T) {
		preview := run(t, map[string]any{"aws:region": "us-east-1", "sallyport:gateway.kind": "rest"}, record.Options{Preview: true})
		if want, got := strings.Join(rec.Names(), "\n"), strings.Join(preview.Names(), "\n"); want != got {
			t.Errorf("the preview differs:\n%s", diff(want, got))
		}
	})
	for _, order := range []struct{ what, later, earlier string }{
		{"a service starts after its target group has a listener", ecsService, "aws:lb/listener:Listener"},
		{"a task starts after the balancer may reach it", ecsService, ingressRule + "::sallyport-dev-balancer-to-service"},
		{"the VPC link leads to a balancer that listens, and goes before it", restVpcLink, "aws:lb/listener:Listener"},
		{"the balancer outlives the link's last call", restVpcLink, balancer},
		{"the VPC link outlives the API that names it", restAPI, restVpcLink},
		{"the stage has a log only once the account has a role for it", restStage, "aws:apigateway/account:Account"},
		{"the account gets the role once it may write", "aws:apigateway/account:Account", "aws:iam/rolePolicyAttachment:RolePolicyAttachment::sallyport-dev-gateway-logs"},
		{"the stage goes before its log group", restStage, logGroup + "::sallyport-dev-access"},
	} {
		t.Run(order.what, func(t *testing.T) {
			whole := func(of string) string {
				if strings.Count(of, "::") == 0 {
					return of + "::sallyport-dev"
				}
				return of
			}
			if !waits(rec, whole(order.later), whole(order.earlier)) {
				t.Errorf("%s does not wait for %s", order.later, order.earlier)
			}
		})
	}
}

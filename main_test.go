package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"gopkg.in/yaml.v3"

	"sallyport/internal/record"
	"sallyport/internal/settings"
)

// The tests of this package run the whole program; see package record for what that does not prove.

// byDefault is a stack that sets nothing but the Region.
func byDefault(t *testing.T) *record.Recording {
	t.Helper()
	return run(t, map[string]any{"aws:region": "us-east-1"}, record.Options{})
}

// prod is the stack of Pulumi.prod.yaml.
func prod(t *testing.T) *record.Recording {
	t.Helper()
	text, err := os.ReadFile("Pulumi.prod.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var stack struct{ Config map[string]any }
	if err := yaml.Unmarshal(text, &stack); err != nil {
		t.Fatal(err)
	}
	return run(t, stack.Config, record.Options{Stack: "prod"})
}

func run(t *testing.T, config map[string]any, options record.Options) *record.Recording {
	t.Helper()
	rec, err := runErr(t, config, options)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func runErr(t *testing.T, config map[string]any, options record.Options) (*record.Recording, error) {
	t.Helper()
	// The engine passes every value as a string.
	values := map[string]string{}
	for key, value := range config {
		values[key] = fmt.Sprint(value)
	}
	text, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(pulumi.EnvConfig, string(text))
	return record.Run(func(ctx *pulumi.Context) error {
		s, err := settings.Load(ctx)
		if err != nil {
			return err
		}
		return deploy(ctx, s)
	}, options)
}

// names are API: a changed name is a deleted and a new resource for everyone who has the stack.
func TestNames(t *testing.T) {
	const golden = "testdata/names.txt"
	got := strings.Join(byDefault(t).Names(), "\n") + "\n"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the default stack is not what %s lists (UPDATE=1 rewrites it):\n%s", golden, diff(string(want), got))
	}
}

func diff(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	var lines []string
	for _, line := range a {
		if !slices.Contains(b, line) {
			lines = append(lines, "- "+line)
		}
	}
	for _, line := range b {
		if !slices.Contains(a, line) {
			lines = append(lines, "+ "+line)
		}
	}
	return strings.Join(lines, "\n")
}

func TestProgram(t *testing.T) {
	rec := byDefault(t)

	for _, c := range shape {
		t.Run(c.name, func(t *testing.T) { c.check(t, rec) })
	}
	t.Run("a stack exports what one needs to find it", func(t *testing.T) {
		want := map[string]any{
			"url":             "https://sallyport-dev.execute-api.us-east-1.amazonaws.com",
			"imageRef":        rec.Exports["imageRef"], // see below
			"repositoryUrl":   "123456789012.dkr.ecr.us-east-1.amazonaws.com/sallyport-dev",
			"clusterName":     "sallyport-dev-1234567",
			"serviceName":     "sallyport-dev-1234567",
			"loadBalancerArn": "arn:aws:LoadBalancer:us-east-1:123456789012:sallyport-dev",
			"targetGroupArn":  "arn:aws:TargetGroup:us-east-1:123456789012:sallyport-dev",
			"logGroupName":    "sallyport-dev-app-1234567",
			"apiId":           "api-sallyport-dev",
			"gatewayKind":     "http",
			"tableName":       "sallyport-dev-1234567",
			"probes":          []any{"GET /", "GET /api/echo/a/deep/path", "POST /api/echo", "GET /api/health"},
		}
		if !reflect.DeepEqual(rec.Exports, want) {
			t.Errorf("got %v", rec.Exports)
		}
		if ref, _ := rec.Exports["imageRef"].(string); !strings.HasPrefix(ref, want["repositoryUrl"].(string)+"@sha256:") {
			t.Errorf("imageRef is %q", ref)
		}
	})
	t.Run("the health path is probed where no other probe is set, and not twice where it is one", func(t *testing.T) {
		for probes, want := range map[string][]any{
			`[]`:                         {"GET /up"},
			`["GET /up"]`:                {"GET /up"},
			`["GET /up","POST /orders"]`: {"GET /up", "POST /orders"},
			`["POST /up"]`:               {"POST /up", "GET /up"},
		} {
			rec := run(t, map[string]any{
				"aws:region": "us-east-1", "sallyport:app.healthPath": "/up", "sallyport:app.probes": probes,
			}, record.Options{})
			if !reflect.DeepEqual(rec.Exports["probes"], any(want)) {
				t.Errorf("%s is exported as %v, want %v", probes, rec.Exports["probes"], want)
			}
		}
	})
	t.Run("nothing is logged", func(t *testing.T) {
		if len(rec.Log) > 0 {
			t.Errorf("got %v", rec.Log)
		}
	})
	t.Run("a stack without a way out has neither a NAT gateway nor a rule to the internet", func(t *testing.T) {
		rec := run(t, map[string]any{"aws:region": "us-east-1", "sallyport:network.egress": "none", "sallyport:app.waitForSteadyState": "false"}, record.Options{})
		none(t, rec, natGateway)
		none(t, rec, "aws:ec2/eip:")
		for _, rule := range some(t, rec, egressRule) {
			var want any
			if rule.Name == "sallyport-dev-service-to-endpoints" {
				want = "10.0.0.0/16"
			}
			record.Equal(t, rule, "cidrIpv4", want)
		}
	})
	t.Run("the provider gets the settings", func(t *testing.T) {
		rec := run(t, map[string]any{
			"aws:region": "us-east-1", "aws:profile": "work", "aws:maxRetries": "3", "aws:allowedAccountIds": `["123456789012"]`,
			"sallyport:tags": `{"team":"web","stack":"blue"}`,
		}, record.Options{})
		provider := rec.Get(t, "pulumi:providers:aws", "sallyport-dev")
		for path, want := range map[string]any{
			"region": "us-east-1", "profile": "work", "maxRetries": "3", "allowedAccountIds": `["123456789012"]`,
			"defaultTags": `{"tags":{"managed-by":"pulumi","project":"sallyport","stack":"blue","team":"web"}}`,
		} {
			if got := configValue(t, provider.Input(path)); got != want {
				t.Errorf("%s is %s, want %s", path, got, want)
			}
		}
	})
}

// shape is what the tree of every stack looks like.
var shape = []control{
	{"only components and the provider are at the top, and each of the rest is below one of the stack's", func(t *testing.T, rec *record.Recording) {
		parents := map[string]bool{"pulumi:pulumi:Stack::sallyport-dev": true}
		for _, r := range rec.Resources {
			if parents[r.String()] {
				t.Errorf("%s is there twice", r)
			}
			parents[r.String()] = true
		}
		for _, r := range rec.Resources {
			top := r.Parent == "pulumi:pulumi:Stack::sallyport-dev"
			mayBe := strings.HasPrefix(r.Type, "sallyport:") || r.Type == "pulumi:providers:aws"
			if top != mayBe || !parents[r.Parent] {
				t.Errorf("%s has the parent %s", r, r.Parent)
			}
		}
	}},
	{"every AWS resource and function goes through the one provider", func(t *testing.T, rec *record.Recording) {
		provider := one(t, rec, "pulumi:providers:aws").Name
		for _, r := range rec.Resources {
			if (strings.HasPrefix(r.Type, "aws:") || r.Remote) && r.Provider != provider {
				t.Errorf("%s has the provider %q", r, r.Provider)
			}
		}
		for _, invoke := range rec.Invokes {
			if invoke.Provider != provider {
				t.Errorf("%s has the provider %q", invoke.Token, invoke.Provider)
			}
		}
	}},
}

// configValue is a provider's input as text: the SDK passes all but strings as JSON.
func configValue(t *testing.T, v any) string {
	t.Helper()
	if s, ok := v.(string); ok {
		return s
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestPreview(t *testing.T) {
	config := map[string]any{"aws:region": "us-east-1"}
	preview := run(t, config, record.Options{Preview: true})
	t.Run("a first preview registers what the update does", func(t *testing.T) {
		want, got := strings.Join(byDefault(t).Names(), "\n"), strings.Join(preview.Names(), "\n")
		if want != got {
			t.Errorf("the preview differs:\n%s", diff(want, got))
		}
	})
	t.Run("what only AWS can tell is unknown in it", func(t *testing.T) {
		for _, name := range []string{"url", "imageRef", "repositoryUrl", "apiId"} {
			if preview.Exports[name] != (record.Unknown{}) {
				t.Errorf("%s is %v", name, preview.Exports[name])
			}
		}
	})
	t.Run("it asks for nothing but the zones, the account and the latest image", func(t *testing.T) {
		for _, invoke := range preview.Invokes {
			if !slices.Contains([]string{
				"aws:index/getAvailabilityZones:getAvailabilityZones", "aws:index/getCallerIdentity:getCallerIdentity",
				"aws:ecr/getRepositories:getRepositories",
			}, invoke.Token) {
				t.Errorf("it called %s", invoke.Token)
			}
		}
	})
}

func TestNothingIsRegisteredWhenSomethingIsWrong(t *testing.T) {
	t.Run("a wrong setting registers nothing", func(t *testing.T) {
		rec, err := runErr(t, map[string]any{"aws:region": "us-east-1", "sallyport:app.port": "none"}, record.Options{})
		if err == nil || len(rec.Resources) > 0 {
			t.Errorf("got %v and %v", err, rec.Names())
		}
	})
	t.Run("a Region with too few zones registers nothing but the provider", func(t *testing.T) {
		rec, err := runErr(t, map[string]any{"aws:region": "us-east-1"},
			record.Options{Zones: []record.Zone{{ID: "use1-az3", Name: "us-east-1e"}, {ID: "use1-az1", Name: "us-east-1b"}}})
		if err == nil || !strings.Contains(err.Error(), "use1-az3 (us-east-1e)") {
			t.Errorf("got %v", err)
		}
		if names := rec.Names(); !slices.Equal(names, []string{"pulumi:providers:aws::sallyport-dev < pulumi:pulumi:Stack::sallyport-dev"}) {
			t.Errorf("registered %v", names)
		}
	})
}

// TestOrder is about time: what may start before what, and so what is deleted after what.
func TestOrder(t *testing.T) {
	rec := byDefault(t)
	const (
		service = "aws:ecs/service:Service::sallyport-dev"
		url     = "aws:apigatewayv2/stage:Stage::sallyport-dev"
	)
	for _, order := range []struct{ what, later, earlier string }{
		{"a task starts after its way out exists", service, "aws:ec2/route:Route::sallyport-dev-1"},
		{"a task in the second zone starts after its way out exists", service, "aws:ec2/route:Route::sallyport-dev-2"},
		{"a task starts after its execution role may pull", service, "aws:iam/rolePolicyAttachment:RolePolicyAttachment::sallyport-dev-execution"},
		{"a service starts after its target group has a listener", service, "aws:lb/listener:Listener::sallyport-dev"},
		{"a task starts after the balancer may reach it", service, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule::sallyport-dev-balancer-to-service"},
		{"a task starts after it may reach ECR", service, "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule::sallyport-dev-service-to-internet"},
		{"a task starts after its table is there", service, "aws:dynamodb/table:Table::sallyport-dev"},
		{"a task starts after it may use its table", service, "aws:iam/rolePolicyAttachment:RolePolicyAttachment::sallyport-dev-task"},
		{"a task starts after there is a way to its table", service, "aws:ec2/vpcEndpoint:VpcEndpoint::sallyport-dev-dynamodb"},
		{"a task starts after it may go that way", service, "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule::sallyport-dev-service-to-dynamodb"},
		{"a task starts after its image is pushed", service, "docker:index/image:Image::sallyport-dev"},
		{"the app's log group outlives the service", service, "aws:cloudwatch/logGroup:LogGroup::sallyport-dev-app"},
		{"the flow log goes before its log group", "aws:ec2/flowLog:FlowLog::sallyport-dev", "aws:cloudwatch/logGroup:LogGroup::sallyport-dev-flow"},
		{"the flow log starts after its role may write", "aws:ec2/flowLog:FlowLog::sallyport-dev", "aws:iam/rolePolicyAttachment:RolePolicyAttachment::sallyport-dev-flow"},
		{"the stage goes before its log group", url, "aws:cloudwatch/logGroup:LogGroup::sallyport-dev-access"},
		{"the door opens after the route exists", url, "aws:apigatewayv2/route:Route::sallyport-dev"},
		{"the VPC link outlives the integration that uses it", url, "aws:apigatewayv2/vpcLink:VpcLink::sallyport-dev"},
		{"the VPC link goes before its security group", url, "aws:ec2/securityGroup:SecurityGroup::sallyport-dev-link"},
	} {
		t.Run(order.what, func(t *testing.T) {
			if !waits(rec, order.later, order.earlier) {
				t.Errorf("%s does not wait for %s", order.later, order.earlier)
			}
		})
	}
	t.Run("nothing but the tasks waits for the way out", func(t *testing.T) {
		for _, r := range rec.Resources {
			waiting := waits(rec, r.String(), "aws:ec2/natGateway:NatGateway::sallyport-dev-1")
			mayBe := r.String() == service || r.Type == "aws:ec2/route:Route"
			if waiting && !mayBe {
				t.Errorf("%s does", r)
			}
		}
	})
}

// waits tells whether a resource waits for another, be it by way of others.
func waits(rec *record.Recording, later, earlier string) bool {
	for _, r := range rec.Resources {
		if r.String() != later {
			continue
		}
		for _, dependency := range r.DependsOn {
			if dependency == earlier || waits(rec, dependency, earlier) {
				return true
			}
		}
	}
	return false
}

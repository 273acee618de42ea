package awsprovider

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// fakeDynamic remembers the last request and knows one resource.
type fakeDynamic struct {
	pulumirpc.ResourceProviderClient
	urn, typ, tok string
	cancelled     bool
}

func (f *fakeDynamic) GetSchema(context.Context, *pulumirpc.GetSchemaRequest, ...grpc.CallOption) (*pulumirpc.GetSchemaResponse, error) {
	return &pulumirpc.GetSchemaResponse{Schema: `{
		"resources": {"aws:index/lbTargetGroup:LbTargetGroup": {"inputProperties": {
			"port": {"type": "integer"},
			"tags": {"type": "object", "additionalProperties": {"type": "string"}},
			"healthCheck": {"$ref": "#/types/aws:index/Check:Check"},
			"targets": {"type": "array", "items": {"$ref": "#/types/aws:index/Check:Check"}}}}},
		"types": {"aws:index/Check:Check": {"properties": {"path": {"type": "string"}}}}}`}, nil
}

func (f *fakeDynamic) Check(_ context.Context, req *pulumirpc.CheckRequest, _ ...grpc.CallOption) (*pulumirpc.CheckResponse, error) {
	f.urn, f.typ = req.Urn, req.Type
	return &pulumirpc.CheckResponse{}, nil
}

func (f *fakeDynamic) Delete(_ context.Context, req *pulumirpc.DeleteRequest, _ ...grpc.CallOption) (*emptypb.Empty, error) {
	f.urn, f.typ = req.Urn, req.Type
	return &emptypb.Empty{}, nil
}

func (f *fakeDynamic) Invoke(_ context.Context, req *pulumirpc.InvokeRequest, _ ...grpc.CallOption) (*pulumirpc.InvokeResponse, error) {
	f.tok = req.Tok
	return &pulumirpc.InvokeResponse{}, nil
}

func (f *fakeDynamic) Cancel(context.Context, *emptypb.Empty, ...grpc.CallOption) (*emptypb.Empty, error) {
	f.cancelled = true
	return &emptypb.Empty{}, nil
}

func newTestProvider(t *testing.T) (*Provider, *fakeDynamic) {
	t.Helper()
	fake := &fakeDynamic{}
	p, err := New(t.Context(), fake)
	if err != nil {
		t.Fatal(err)
	}
	return p, fake
}

const targetGroupURN = "urn:pulumi:local::sallyport::sallyport:network:LoadBalancer$aws:lb/targetGroup:TargetGroup::web"

func TestTokens(t *testing.T) {
	t.Run("every call names the resource as the dynamic provider does, with its parents as they were", func(t *testing.T) {
		p, fake := newTestProvider(t)
		for name, typ := range map[string]string{"with a type field": "aws:lb/targetGroup:TargetGroup", "by an older engine without one": ""} {
			if _, err := p.Delete(t.Context(), &pulumirpc.DeleteRequest{Urn: targetGroupURN, Type: typ}); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if want := "urn:pulumi:local::sallyport::sallyport:network:LoadBalancer$aws:index/lbTargetGroup:LbTargetGroup::web"; fake.urn != want {
				t.Errorf("%s: urn is %q, want %q", name, fake.urn, want)
			}
			if want := "aws:index/lbTargetGroup:LbTargetGroup"; fake.typ != want {
				t.Errorf("%s: type is %q, want %q", name, fake.typ, want)
			}
		}
	})
	t.Run("a function is renamed too", func(t *testing.T) {
		p, fake := newTestProvider(t)
		if _, err := p.Invoke(t.Context(), &pulumirpc.InvokeRequest{Tok: "aws:ecr/getAuthorizationToken:getAuthorizationToken"}); err != nil {
			t.Fatal(err)
		}
		if want := "aws:index/getEcrAuthorizationToken:getEcrAuthorizationToken"; fake.tok != want {
			t.Errorf("token is %q, want %q", fake.tok, want)
		}
	})
	t.Run("an unknown type is an error that names it and the file to add it to", func(t *testing.T) {
		p, _ := newTestProvider(t)
		_, err := p.Check(t.Context(), &pulumirpc.CheckRequest{Urn: "urn:pulumi:a::b::aws:s3/bucket:Bucket::c", Type: "aws:s3/bucket:Bucket"})
		if err == nil || !strings.Contains(err.Error(), "aws:s3/bucket:Bucket") || !strings.Contains(err.Error(), "local/awsprovider/tokens.go") {
			t.Errorf("error is %v", err)
		}
		_, err = p.Invoke(t.Context(), &pulumirpc.InvokeRequest{Tok: "aws:s3/getBucket:getBucket"})
		if err == nil || !strings.Contains(err.Error(), "aws:s3/getBucket:getBucket") {
			t.Errorf("error is %v", err)
		}
	})
	t.Run("a cancellation reaches the provider behind", func(t *testing.T) {
		p, fake := newTestProvider(t)
		if _, err := p.Cancel(t.Context(), &emptypb.Empty{}); err != nil || !fake.cancelled {
			t.Errorf("cancelled: %v, error: %v", fake.cancelled, err)
		}
	})
}

func TestUnknownProperties(t *testing.T) {
	check := func(t *testing.T, inputs map[string]any) error {
		t.Helper()
		news, err := structpb.NewStruct(inputs)
		if err != nil {
			t.Fatal(err)
		}
		p, _ := newTestProvider(t)
		_, err = p.Check(t.Context(), &pulumirpc.CheckRequest{Urn: targetGroupURN, Type: "aws:lb/targetGroup:TargetGroup", News: news})
		return err
	}
	secret := func(v any) any {
		return map[string]any{signatureKey: "1b47061264138c4ac30d75fd1eb44270", "value": v}
	}
	t.Run("known ones pass at every depth", func(t *testing.T) {
		if err := check(t, map[string]any{
			"__defaults": []any{}, "port": 80.0, "tags": map[string]any{"any key": "x"},
			"healthCheck": secret(map[string]any{"path": "/"}), "targets": []any{map[string]any{"path": "/"}},
		}); err != nil {
			t.Error(err)
		}
	})
	t.Run("each unknown one is named by its path", func(t *testing.T) {
		err := check(t, map[string]any{
			"ports": 80.0, "healthCheck": secret(map[string]any{"pth": "/"}), "targets": []any{map[string]any{"path": "/", "x": 1.0}},
		})
		if err == nil || !strings.Contains(err.Error(), "healthCheck.pth, ports, targets[0].x of aws:lb/targetGroup:TargetGroup") {
			t.Errorf("error is %v", err)
		}
	})
}

func TestSingleBlocksOfTheProviderBecomeLists(t *testing.T) {
	secret := map[string]any{signatureKey: "1b47061264138c4ac30d75fd1eb44270", "value": "{}"}
	config, err := structpb.NewStruct(map[string]any{
		"region": "us-east-1", "defaultTags": `{"tags":{"a":"b"}}`, "ignoreTags": map[string]any{"keys": []any{"c"}},
		"assumeRoleWithWebIdentity": secret,
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // a list is left as it is
		listBlocks(config)
		got := config.AsMap()
		if got["defaultTags"] != `[{"tags":{"a":"b"}}]` || got["region"] != "us-east-1" {
			t.Errorf("config is %v", got)
		}
		if list, _ := got["ignoreTags"].([]any); len(list) != 1 {
			t.Errorf("ignoreTags is %v", got["ignoreTags"])
		}
		if _, ok := got["assumeRoleWithWebIdentity"].(map[string]any); !ok {
			t.Errorf("a wrapped value is %v", got["assumeRoleWithWebIdentity"])
		}
	}
}

func TestNamesThatDiffer(t *testing.T) {
	const official = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
	object, err := structpb.NewStruct(map[string]any{"egress": []any{}, "tags": map[string]any{}})
	if err != nil {
		t.Fatal(err)
	}
	renameKeys(renamed[official], object)
	if _, ok := object.Fields["egresses"]; !ok || len(object.Fields) != 2 {
		t.Errorf("there: %v", object)
	}
	renameKeys(inverse(renamed[official]), object)
	if _, ok := object.Fields["egress"]; !ok || len(object.Fields) != 2 {
		t.Errorf("and back: %v", object)
	}
	paths := []string{"egresses[0].description", "egresses", "tags.egresses"}
	renamePaths(inverse(renamed[official]), paths)
	if want := "egress[0].description egress tags.egresses"; strings.Join(paths, " ") != want {
		t.Errorf("paths are %q, want %q", strings.Join(paths, " "), want)
	}
}

func TestAListOfAtMostOneThatTheBridgeTakesAsAnObject(t *testing.T) {
	names := renamed["aws:route53/record:Record"]
	for _, c := range []struct {
		name             string
		official, bridge map[string]any
	}{
		{"one element", map[string]any{"aliases": []any{map[string]any{"name": "a"}}}, map[string]any{"alias": map[string]any{"name": "a"}}},
		{"none at all", map[string]any{"ttl": 60.0}, map[string]any{"ttl": 60.0}},
		{"an unknown one", map[string]any{"aliases": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"}, map[string]any{"alias": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"}},
	} {
		t.Run(c.name, func(t *testing.T) { thereAndBack(t, names, c.official, c.bridge) })
	}
	t.Run("an empty list is none", func(t *testing.T) {
		object, err := structpb.NewStruct(map[string]any{"aliases": []any{}})
		if err != nil {
			t.Fatal(err)
		}
		if renameKeys(names, object); len(object.Fields) != 0 {
			t.Errorf("there: %v", object)
		}
	})
	t.Run("paths", func(t *testing.T) {
		paths := []string{"alias.name", "alias", "ttl"}
		renamePaths(inverse(names), paths)
		if want := "aliases[0].name aliases[0] ttl"; strings.Join(paths, " ") != want {
			t.Errorf("back: %q", strings.Join(paths, " "))
		}
		renamePaths(names, paths)
		if want := "alias.name alias ttl"; strings.Join(paths, " ") != want {
			t.Errorf("there: %q", strings.Join(paths, " "))
		}
	})
}

func TestAValueThatTheBridgeTakesAsAListOfOne(t *testing.T) {
	names := renamed["aws:apigateway/vpcLink:VpcLink"]
	for _, c := range []struct {
		name             string
		official, bridge map[string]any
	}{
		{"text", map[string]any{"targetArn": "arn:nlb"}, map[string]any{"targetArns": []any{"arn:nlb"}}},
		{"an unknown one", map[string]any{"targetArn": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"}, map[string]any{"targetArns": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"}},
	} {
		t.Run(c.name, func(t *testing.T) { thereAndBack(t, names, c.official, c.bridge) })
	}
}

// fakeEngine remembers the last log line.
type fakeEngine struct {
	pulumirpc.EngineClient
	last *pulumirpc.LogRequest
}

func (f *fakeEngine) Log(_ context.Context, req *pulumirpc.LogRequest, _ ...grpc.CallOption) (*emptypb.Empty, error) {
	f.last = req
	return &emptypb.Empty{}, nil
}

func TestLog(t *testing.T) {
	engine := &fakeEngine{}
	log := &engineLog{engine: engine}
	send := func(severity pulumirpc.LogSeverity, urn, message string) *pulumirpc.LogRequest {
		t.Helper()
		if _, err := log.Log(t.Context(), &pulumirpc.LogRequest{Severity: severity, Urn: urn, Message: message}); err != nil {
			t.Fatal(err)
		}
		return engine.last
	}
	t.Run("a line names the resource as the program does", func(t *testing.T) {
		got := send(pulumirpc.LogSeverity_WARNING, "urn:pulumi:local::sallyport::sallyport:network:LoadBalancer$aws:index/lbTargetGroup:LbTargetGroup::web", "careful")
		if got.Urn != targetGroupURN || got.Severity != pulumirpc.LogSeverity_WARNING || got.Message != "careful" {
			t.Errorf("the engine was told %v", got)
		}
	})
	t.Run("the error that the failed call reports as well is not counted twice", func(t *testing.T) {
		if got := send(pulumirpc.LogSeverity_ERROR, targetGroupURN, "[ERROR] : creating"); got.Severity != pulumirpc.LogSeverity_DEBUG {
			t.Errorf("it is of severity %v", got.Severity)
		}
	})
	t.Run("any other error stays one", func(t *testing.T) {
		if got := send(pulumirpc.LogSeverity_ERROR, "", "broken"); got.Severity != pulumirpc.LogSeverity_ERROR || got.Urn != "" {
			t.Errorf("the engine was told %v", got)
		}
	})
}

func TestAListOfOneInAnObject(t *testing.T) {
	names := renamed["aws:apigateway/restApi:RestApi"]
	object, err := structpb.NewStruct(map[string]any{"endpointConfiguration": map[string]any{"types": "REGIONAL"}, "types": "left alone"})
	if err != nil {
		t.Fatal(err)
	}
	renameKeys(names, object)
	if got, want := object.AsMap(), (map[string]any{"endpointConfiguration": map[string]any{"types": []any{"REGIONAL"}}, "types": "left alone"}); !reflect.DeepEqual(got, want) {
		t.Errorf("there: %v", got)
	}
	renameKeys(inverse(names), object)
	if got, want := object.AsMap(), (map[string]any{"endpointConfiguration": map[string]any{"types": "REGIONAL"}, "types": "left alone"}); !reflect.DeepEqual(got, want) {
		t.Errorf("and back: %v", got)
	}
	paths := []string{"endpointConfiguration.types[0]", "endpointConfiguration.vpcEndpointIds[0]", "types[0]"}
	renamePaths(inverse(names), paths)
	if want := []string{"endpointConfiguration.types", "endpointConfiguration.vpcEndpointIds[0]", "types[0]"}; !reflect.DeepEqual(paths, want) {
		t.Errorf("paths: %q", paths)
	}
}

// thereAndBack renames what the official plugin takes to what the bridge takes, and back.
func thereAndBack(t *testing.T, names map[string]string, official, bridge map[string]any) {
	t.Helper()
	object, err := structpb.NewStruct(official)
	if err != nil {
		t.Fatal(err)
	}
	renameKeys(names, object)
	if got := object.AsMap(); !reflect.DeepEqual(got, bridge) {
		t.Errorf("there: %v", got)
	}
	renameKeys(inverse(names), object)
	if got := object.AsMap(); !reflect.DeepEqual(got, official) {
		t.Errorf("and back: %v", got)
	}
}

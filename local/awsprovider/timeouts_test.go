package awsprovider

import (
	"context"
	"reflect"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/structpb"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// patient remembers the properties of the last request. Its resource knows a timeout for its update alone.
type patient struct {
	pulumirpc.ResourceProviderClient
	properties map[string]any
}

func (p *patient) GetSchema(context.Context, *pulumirpc.GetSchemaRequest, ...grpc.CallOption) (*pulumirpc.GetSchemaResponse, error) {
	return &pulumirpc.GetSchemaResponse{Schema: `{
		"resources": {"aws:index/lbTargetGroup:LbTargetGroup": {"inputProperties": {"timeouts": {"$ref": "#/types/aws:index/T:T"}}}},
		"types": {"aws:index/T:T": {"properties": {"update": {"type": "string"}}}}}`}, nil
}

func (p *patient) Create(_ context.Context, req *pulumirpc.CreateRequest, _ ...grpc.CallOption) (*pulumirpc.CreateResponse, error) {
	p.properties = req.Properties.AsMap()
	return &pulumirpc.CreateResponse{}, nil
}

func (p *patient) Update(_ context.Context, req *pulumirpc.UpdateRequest, _ ...grpc.CallOption) (*pulumirpc.UpdateResponse, error) {
	p.properties = req.News.AsMap()
	return &pulumirpc.UpdateResponse{}, nil
}

func (p *patient) Diff(_ context.Context, req *pulumirpc.DiffRequest, _ ...grpc.CallOption) (*pulumirpc.DiffResponse, error) {
	p.properties = req.News.AsMap()
	return &pulumirpc.DiffResponse{}, nil
}

func TestTimeouts(t *testing.T) {
	fake := &patient{}
	p, err := New(t.Context(), fake)
	if err != nil {
		t.Fatal(err)
	}
	object := func(properties map[string]any) *structpb.Struct {
		s, err := structpb.NewStruct(properties)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	timeouts := func(update string) map[string]any {
		return map[string]any{"port": 80.0, "timeouts": map[string]any{"update": update}}
	}
	plain := map[string]any{"port": 80.0}
	update := func(olds map[string]any, seconds float64) {
		t.Helper()
		if _, err := p.Update(t.Context(), &pulumirpc.UpdateRequest{Urn: targetGroupURN, Olds: object(olds), News: object(plain), Timeout: seconds}); err != nil {
			t.Fatal(err)
		}
	}
	check := func(t *testing.T, want map[string]any) {
		t.Helper()
		if !reflect.DeepEqual(fake.properties, want) {
			t.Errorf("the dynamic provider got %v, want %v", fake.properties, want)
		}
	}

	t.Run("the timeout of an update is put where Terraform has it", func(t *testing.T) {
		update(plain, 90)
		check(t, timeouts("1m30s"))
	})
	t.Run("it takes the place of the one before", func(t *testing.T) {
		update(timeouts("5m0s"), 60)
		check(t, timeouts("1m0s"))
	})
	t.Run("without one the provider's own holds again", func(t *testing.T) {
		update(timeouts("5m0s"), 0)
		check(t, map[string]any{"port": 80.0, "timeouts": map[string]any{}})
	})
	t.Run("where none ever was, nothing is added", func(t *testing.T) {
		update(plain, 0)
		check(t, plain)
	})
	t.Run("one that the resource does not know is left out", func(t *testing.T) {
		if _, err := p.Create(t.Context(), &pulumirpc.CreateRequest{Urn: targetGroupURN, Properties: object(plain), Timeout: 60}); err != nil {
			t.Fatal(err)
		}
		check(t, plain)
	})
	t.Run("one in the state is no change", func(t *testing.T) {
		if _, err := p.Diff(t.Context(), &pulumirpc.DiffRequest{Urn: targetGroupURN, Olds: object(timeouts("1m0s")), News: object(plain)}); err != nil {
			t.Fatal(err)
		}
		check(t, timeouts("1m0s"))
	})
}

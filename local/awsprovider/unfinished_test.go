package awsprovider

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// fakeService is a dynamic provider with one type, whose creation fails before or after the resource is there. It does
// not show what the real one says of such a resource: the end-to-end test of a first deployment that fails does.
type fakeService struct {
	pulumirpc.ResourceProviderClient
	failure error
	there   bool
	asked   string // the id of the last read
}

const serviceURN = "urn:pulumi:local::sallyport::sallyport:compute:Service$aws:ecs/service:Service::web"

func (f *fakeService) GetSchema(context.Context, *pulumirpc.GetSchemaRequest, ...grpc.CallOption) (*pulumirpc.GetSchemaResponse, error) {
	return &pulumirpc.GetSchemaResponse{Schema: `{
		"resources": {"aws:index/ecsService:EcsService": {"inputProperties": {
			"name": {"type": "string"}, "cluster": {"type": "string"}}}}}`}, nil
}

func (f *fakeService) Create(context.Context, *pulumirpc.CreateRequest, ...grpc.CallOption) (*pulumirpc.CreateResponse, error) {
	return nil, f.failure
}

func (f *fakeService) Read(_ context.Context, req *pulumirpc.ReadRequest, _ ...grpc.CallOption) (*pulumirpc.ReadResponse, error) {
	if f.asked = req.GetId(); !f.there {
		return &pulumirpc.ReadResponse{}, nil
	}
	live, _ := structpb.NewStruct(map[string]any{"name": "web-1"})
	return &pulumirpc.ReadResponse{Id: "arn", Properties: live}, nil
}

func create(t *testing.T, f *fakeService) error {
	t.Helper()
	p, err := New(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	inputs, _ := structpb.NewStruct(map[string]any{"name": "web-1", "cluster": "arn:aws:ecs:us-east-1:1:cluster/c-1"})
	_, err = p.Create(t.Context(), &pulumirpc.CreateRequest{Urn: serviceURN, Type: "aws:ecs/service:Service", Properties: inputs})
	return err
}

func TestUnfinished(t *testing.T) {
	late := status.Error(codes.Unknown, "timeout while waiting for state")
	carried := func(err error) *pulumirpc.ErrorResourceInitFailed {
		for _, detail := range status.Convert(err).Details() {
			if d, ok := detail.(*pulumirpc.ErrorResourceInitFailed); ok {
				return d
			}
		}
		return nil
	}
	t.Run("a resource that was made before its creation failed goes with the error", func(t *testing.T) {
		f := &fakeService{failure: late, there: true}
		err := create(t, f)
		got := carried(err)
		if got == nil || got.GetId() != "arn" || len(got.GetReasons()) != 1 || got.GetReasons()[0] != "timeout while waiting for state" {
			t.Fatalf("the error is %v with %v", err, got)
		}
		if f.asked != "c-1/web-1" {
			t.Errorf("it was looked for as %q", f.asked)
		}
		if got.GetProperties().AsMap()["name"] != "web-1" {
			t.Errorf("the properties are %v", got.GetProperties())
		}
	})
	t.Run("one that is not there does not", func(t *testing.T) {
		err := create(t, &fakeService{failure: late})
		if !errors.Is(err, late) || carried(err) != nil {
			t.Errorf("the error is %v", err)
		}
	})
}

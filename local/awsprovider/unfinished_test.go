package awsprovider

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
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

// waitingService is a dynamic provider whose creations and updates of a service wait until their call is cancelled.
type waitingService struct {
	fakeService
	begun chan struct{}
}

func (f *waitingService) Create(ctx context.Context, _ *pulumirpc.CreateRequest, _ ...grpc.CallOption) (*pulumirpc.CreateResponse, error) {
	close(f.begun)
	<-ctx.Done()
	return nil, status.FromContextError(ctx.Err()).Err()
}

func (f *waitingService) Update(ctx context.Context, _ *pulumirpc.UpdateRequest, _ ...grpc.CallOption) (*pulumirpc.UpdateResponse, error) {
	close(f.begun)
	<-ctx.Done()
	return nil, status.FromContextError(ctx.Err()).Err()
}

func (*waitingService) Cancel(context.Context, *emptypb.Empty, ...grpc.CallOption) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func TestCancelEndsAWaitForSteadyTasks(t *testing.T) {
	for what, call := range map[string]func(*Provider) error{
		"a creation, whose service is kept": func(p *Provider) error {
			inputs, _ := structpb.NewStruct(map[string]any{"name": "web-1", "cluster": "c-1"})
			_, err := p.Create(t.Context(), &pulumirpc.CreateRequest{Urn: serviceURN, Type: "aws:ecs/service:Service", Properties: inputs})
			for _, detail := range status.Convert(err).Details() {
				if kept, ok := detail.(*pulumirpc.ErrorResourceInitFailed); ok && kept.GetId() == "arn" {
					return err
				}
			}
			return fmt.Errorf("the service is lost: %w", err)
		},
		"an update": func(p *Provider) error {
			_, err := p.Update(t.Context(), &pulumirpc.UpdateRequest{Urn: serviceURN, Type: "aws:ecs/service:Service"})
			return err
		},
	} {
		t.Run(what, func(t *testing.T) {
			f := &waitingService{fakeService: fakeService{there: true}, begun: make(chan struct{})}
			p, err := New(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			ended := make(chan error)
			go func() { ended <- call(p) }()
			<-f.begun
			if _, err := p.Cancel(t.Context(), &emptypb.Empty{}); err != nil {
				t.Fatal(err)
			}
			if err := <-ended; err == nil || status.Convert(err).Message() != "the wait was cancelled; what was asked of AWS goes on there" {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

package awsx

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
)

const stackURN = "urn:pulumi:golden::vec::pulumi:pulumi:Stack::vec-golden"

// engine is a fake of the Pulumi engine: it answers the plugin as the engine
// would, without any provider behind it, and keeps what it was sent. An id is
// the reference to itself that the recordings use, such as ${Vpc/net.id}.
type engine struct {
	pulumirpc.UnimplementedResourceMonitorServer
	pulumirpc.UnimplementedEngineServer

	preview bool
	zones   []string

	mu         sync.Mutex
	registered []*pulumirpc.RegisterResourceRequest
	outputs    []*pulumirpc.RegisterResourceOutputsRequest
	invokes    []invoke
	warnings   []string
}

type invoke struct {
	request        *pulumirpc.ResourceInvokeRequest
	childrenBefore int
}

// newEngine is an engine of us-east-1, whose six zones the recordings used.
func newEngine(preview bool) *engine {
	return &engine{preview: preview, zones: []string{
		"us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d", "us-east-1e", "us-east-1f",
	}}
}

func (e *engine) SupportsFeature(context.Context, *pulumirpc.SupportsFeatureRequest) (*pulumirpc.SupportsFeatureResponse, error) {
	return &pulumirpc.SupportsFeatureResponse{HasSupport: true}, nil
}

func (e *engine) RegisterResource(_ context.Context, r *pulumirpc.RegisterResourceRequest) (*pulumirpc.RegisterResourceResponse, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.registered = append(e.registered, r)
	urn := urnOf(r)
	response := &pulumirpc.RegisterResourceResponse{Urn: urn, Object: r.Object}
	if !r.Custom || e.preview {
		return response, nil
	}
	_, short, _ := cutLast(r.Type, ":")
	response.Id = "${" + short + "/" + r.Name + ".id}"
	if short == "Eip" {
		object, err := plugin.MarshalProperties(resource.PropertyMap{
			"allocationId": resource.NewProperty("${Eip/" + r.Name + ".allocationId}"),
		}, plugin.MarshalOptions{})
		if err != nil {
			return nil, err
		}
		response.Object = object
	}
	return response, nil
}

func (e *engine) RegisterResourceOutputs(_ context.Context, r *pulumirpc.RegisterResourceOutputsRequest) (*emptypb.Empty, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.outputs = append(e.outputs, r)
	return &emptypb.Empty{}, nil
}

func (e *engine) Invoke(_ context.Context, r *pulumirpc.ResourceInvokeRequest) (*pulumirpc.ResourceInvokeResponse, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	children := 0
	for _, registered := range e.registered {
		if registered.Custom {
			children++
		}
	}
	e.invokes = append(e.invokes, invoke{request: r, childrenBefore: children})
	names := make([]resource.PropertyValue, len(e.zones))
	for i, zone := range e.zones {
		names[i] = resource.NewProperty(zone)
	}
	result, err := plugin.MarshalProperties(resource.PropertyMap{"names": resource.NewProperty(names)}, plugin.MarshalOptions{})
	return &pulumirpc.ResourceInvokeResponse{Return: result}, err
}

func (e *engine) Log(_ context.Context, r *pulumirpc.LogRequest) (*emptypb.Empty, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if r.Severity == pulumirpc.LogSeverity_WARNING {
		e.warnings = append(e.warnings, r.Message)
	}
	return &emptypb.Empty{}, nil
}

// construct asks the plugin for a component, over gRPC on both sides.
func (e *engine) construct(t *testing.T, request *pulumirpc.ConstructRequest) (*pulumirpc.ConstructResponse, error) {
	t.Helper()
	address := serve(t, func(s *grpc.Server) {
		pulumirpc.RegisterResourceMonitorServer(s, e)
		pulumirpc.RegisterEngineServer(s, e)
	})
	plugin := serve(t, func(s *grpc.Server) {
		pulumirpc.RegisterResourceProviderServer(s, &server{engine: dial(t, address)})
	})
	request.Project, request.Stack, request.Parent = "vec", "golden", stackURN
	request.MonitorEndpoint, request.DryRun = address, e.preview
	if request.Type == "" {
		request.Type = Token
	}
	return pulumirpc.NewResourceProviderClient(dial(t, plugin)).Construct(t.Context(), request)
}

// server is the plugin without its process.
type server struct {
	pulumirpc.UnimplementedResourceProviderServer
	engine *grpc.ClientConn
}

func (s *server) Construct(ctx context.Context, r *pulumirpc.ConstructRequest) (*pulumirpc.ConstructResponse, error) {
	return provider.Construct(ctx, r, s.engine, Construct)
}

func serve(t *testing.T, register func(*grpc.Server)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer()
	register(s)
	go func() { _ = s.Serve(listener) }()
	t.Cleanup(s.Stop)
	return listener.Addr().String()
}

func dial(t *testing.T, address string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// urnOf is the URN that the engine gives: types chained along the parents.
func urnOf(r *pulumirpc.RegisterResourceRequest) string {
	chain := r.Type
	if r.Parent != "" && r.Parent != stackURN {
		chain = string(resource.URN(r.Parent).QualifiedType()) + "$" + r.Type
	}
	return "urn:pulumi:golden::vec::" + chain + "::" + r.Name
}

// short is a URN as the recordings write it: type::name.
func short(urn string) string {
	return string(resource.URN(urn).Type()) + "::" + resource.URN(urn).Name()
}

func shorts(urns []string) []any {
	found := []any{}
	for _, urn := range slices.Sorted(slices.Values(urns)) {
		found = append(found, short(urn))
	}
	slices.SortFunc(found, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	return found
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

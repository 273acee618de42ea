package record

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
)

// engine is both of the services that the SDK expects: the engine proper, and through monitor the resource monitor.
type engine struct {
	pulumirpc.UnimplementedEngineServer
	options Options

	mu     sync.Mutex
	rec    *Recording
	states map[string]state // by URN
	// providers are the explicit ones of each component, by its URN and by package.
	providers map[string]map[string]string
	root      string
}

// state is a resource after its registration.
type state struct {
	id      string
	outputs resource.PropertyMap
}

var marshal = plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, KeepResources: true}

func (e *engine) Log(_ context.Context, in *pulumirpc.LogRequest) (*emptypb.Empty, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch severity := in.GetSeverity(); {
	case severity >= pulumirpc.LogSeverity_WARNING:
		e.rec.Log = append(e.rec.Log, in.GetMessage())
	case severity == pulumirpc.LogSeverity_INFO:
		e.rec.Info = append(e.rec.Info, in.GetMessage())
	}
	return &emptypb.Empty{}, nil
}

func (e *engine) GetRootResource(context.Context, *pulumirpc.GetRootResourceRequest) (*pulumirpc.GetRootResourceResponse, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return &pulumirpc.GetRootResourceResponse{Urn: e.root}, nil
}

func (e *engine) SetRootResource(_ context.Context, in *pulumirpc.SetRootResourceRequest) (*pulumirpc.SetRootResourceResponse, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.root = in.GetUrn()
	return &pulumirpc.SetRootResourceResponse{}, nil
}

type monitor struct {
	pulumirpc.UnimplementedResourceMonitorServer
	*engine
}

func (m *monitor) SupportsFeature(_ context.Context, in *pulumirpc.SupportsFeatureRequest) (*pulumirpc.SupportsFeatureResponse, error) {
	// Without output values, inputs arrive as plain values, and what they depend on beside them.
	return &pulumirpc.SupportsFeatureResponse{HasSupport: in.GetId() != "outputValues"}, nil
}

func (m *monitor) SignalAndWaitForShutdown(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func (m *monitor) RegisterResource(ctx context.Context, in *pulumirpc.RegisterResourceRequest) (*pulumirpc.RegisterResourceResponse, error) {
	inputs, err := plugin.UnmarshalProperties(in.GetObject(), marshal)
	if err != nil {
		return nil, err
	}
	urn := m.urn(in.GetParent(), in.GetType(), in.GetName())
	if in.GetType() == string(resource.RootStackType) {
		return &pulumirpc.RegisterResourceResponse{Urn: urn}, nil
	}
	provider := in.GetProvider()
	if !in.GetCustom() {
		if providers := m.inherit(urn, in); in.GetRemote() {
			provider = providers["aws"]
		}
	}
	m.add(Resource{
		Type: in.GetType(), Name: in.GetName(), Parent: short(in.GetParent()),
		Custom: in.GetCustom(), Remote: in.GetRemote(), Protect: in.GetProtect(), RetainOnDelete: in.GetRetainOnDelete(),
		Inputs: plainMap(inputs), Provider: providerName(provider), DependsOn: shorts(in.GetDependencies()),
		IgnoreChanges: in.GetIgnoreChanges(), ReplaceOnChanges: in.GetReplaceOnChanges(),
		DeleteBeforeReplace: in.GetDeleteBeforeReplace(),
		CreateTimeout:       in.GetCustomTimeouts().GetCreate(),
		UpdateTimeout:       in.GetCustomTimeouts().GetUpdate(),
		DeleteTimeout:       in.GetCustomTimeouts().GetDelete(),
	})

	s := m.create(in.GetType(), in.GetName(), inputs, in.GetCustom())
	if in.GetType() == awsxVpc {
		children := vpc{monitor: m, urn: urn, name: in.GetName(), provider: providerName(provider), transforms: in.GetTransforms()}
		if s.outputs, err = children.construct(ctx, inputs); err != nil {
			return nil, err
		}
	}
	m.keep(urn, s)
	object, err := plugin.MarshalProperties(s.outputs, marshal)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.RegisterResourceResponse{Urn: urn, Id: s.id, Object: object}, nil
}

func (m *monitor) RegisterResourceOutputs(_ context.Context, in *pulumirpc.RegisterResourceOutputsRequest) (*emptypb.Empty, error) {
	outputs, err := plugin.UnmarshalProperties(in.GetOutputs(), marshal)
	if err != nil {
		return nil, err
	}
	if resource.URN(in.GetUrn()).Type() == resource.RootStackType {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.rec.Exports = plainMap(outputs)
	}
	return &emptypb.Empty{}, nil
}

func (m *monitor) Invoke(_ context.Context, in *pulumirpc.ResourceInvokeRequest) (*pulumirpc.ResourceInvokeResponse, error) {
	args, err := plugin.UnmarshalProperties(in.GetArgs(), marshal)
	if err != nil {
		return nil, err
	}
	var result resource.PropertyMap
	if in.GetTok() == "pulumi:pulumi:getResource" {
		urn := args["urn"].StringValue()
		m.mu.Lock()
		s, ok := m.states[urn]
		m.mu.Unlock()
		if !ok {
			return nil, fmt.Errorf("%s was never registered", urn)
		}
		result = resource.PropertyMap{
			"urn": resource.NewProperty(urn), "id": resource.NewProperty(s.id), "state": resource.NewProperty(s.outputs),
		}
	} else {
		m.mu.Lock()
		m.rec.Invokes = append(m.rec.Invokes, Invoke{in.GetTok(), plainMap(args), providerName(in.GetProvider())})
		m.mu.Unlock()
		if result, err = m.call(in.GetTok(), args); err != nil {
			return nil, err
		}
	}
	object, err := plugin.MarshalProperties(result, marshal)
	return &pulumirpc.ResourceInvokeResponse{Return: object}, err
}

// transform passes a child of a remote component through the callbacks that the program gave for that component.
func (m *monitor) transform(ctx context.Context, callbacks []*pulumirpc.Callback, in *pulumirpc.TransformRequest) error {
	for _, callback := range callbacks {
		request, err := proto.Marshal(in)
		if err != nil {
			return err
		}
		conn, err := grpc.NewClient(callback.GetTarget(), grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return err
		}
		answer, err := pulumirpc.NewCallbacksClient(conn).Invoke(ctx, &pulumirpc.CallbackInvokeRequest{
			Token: callback.GetToken(), Request: request,
		})
		if err := conn.Close(); err != nil {
			return err
		}
		if err != nil {
			return fmt.Errorf("transform: %w", err)
		}
		var out pulumirpc.TransformResponse
		if err := proto.Unmarshal(answer.GetResponse(), &out); err != nil {
			return err
		}
		if out.GetProperties() != nil {
			in.Properties = out.GetProperties()
		}
	}
	return nil
}

// inherit keeps and returns a component's providers: its own, and those of its parent, as the engine has it.
func (m *monitor) inherit(urn string, in *pulumirpc.RegisterResourceRequest) map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	providers := maps.Clone(m.providers[in.GetParent()])
	if providers == nil {
		providers = map[string]string{}
	}
	maps.Copy(providers, in.GetProviders())
	m.providers[urn] = providers
	return providers
}

func (m *monitor) add(r Resource) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rec.Resources = append(m.rec.Resources, r)
}

func (m *monitor) keep(urn string, s state) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.states[urn] = s
}

func (m *monitor) urn(parent, typ, name string) string {
	parentType := tokens.Type("")
	if p := resource.URN(parent); p != "" && p.QualifiedType() != resource.RootStackType {
		parentType = p.QualifiedType()
	}
	return string(resource.NewURN(tokens.QName(m.options.Stack), tokens.PackageName(project),
		parentType, tokens.Type(typ), name))
}

// short is TYPE::NAME of a URN.
func short(urn string) string {
	if urn == "" {
		return ""
	}
	return string(resource.URN(urn).Type()) + "::" + resource.URN(urn).Name()
}

func shorts(urns []string) []string {
	names := make([]string, 0, len(urns))
	for _, urn := range urns {
		names = append(names, short(urn))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// providerName is the name in a reference to an explicit provider: URN::ID.
func providerName(reference string) string {
	i := strings.LastIndex(reference, "::")
	if i < 0 {
		return ""
	}
	return resource.URN(reference[:i]).Name()
}

func plainMap(m resource.PropertyMap) map[string]any {
	plain := make(map[string]any, len(m))
	for k, v := range m {
		plain[string(k)] = plainValue(v)
	}
	return plain
}

func plainValue(v resource.PropertyValue) any {
	switch {
	case v.IsComputed():
		return Unknown{}
	case v.IsSecret():
		return Secret{plainValue(v.SecretValue().Element)}
	case v.IsArray():
		list := make([]any, len(v.ArrayValue()))
		for i, element := range v.ArrayValue() {
			list[i] = plainValue(element)
		}
		return list
	case v.IsObject():
		return plainMap(v.ObjectValue())
	case v.IsResourceReference():
		return short(string(v.ResourceReferenceValue().URN))
	default:
		return v.V
	}
}

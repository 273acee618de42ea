// Package awsprovider stands in for the official aws plugin, which is published as a binary only.
//
// Behind it runs the real Terraform AWS provider, the code that pulumi-aws wraps, under the Terraform
// bridge's dynamic provider. The dynamic provider names resources in its own way; this package renames the
// tokens of every call and passes it on, so that a program written with pulumi-aws's SDK runs unchanged.
package awsprovider

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// Version of the pulumi-aws release whose tokens and property names this package speaks.
const Version = "6.83.2"

// TerraformVersion is the release of terraform-provider-aws that pulumi-aws 6.83 wraps.
const TerraformVersion = "5.100.0"

// Provider is the resource provider that the engine sees.
type Provider struct {
	pulumirpc.UnimplementedResourceProviderServer

	dynamic pulumirpc.ResourceProviderClient
	schema  *schema
	// running ends with Cancel.
	running context.Context
	cancel  context.CancelFunc
}

// New wraps a dynamic provider that was parameterized with the Terraform AWS provider.
func New(ctx context.Context, dynamic pulumirpc.ResourceProviderClient) (*Provider, error) {
	resp, err := dynamic.GetSchema(ctx, &pulumirpc.GetSchemaRequest{})
	if err != nil {
		return nil, fmt.Errorf("dynamic provider's schema: %w", err)
	}
	s, err := parseSchema(resp.GetSchema())
	if err != nil {
		return nil, err
	}
	p := &Provider{dynamic: dynamic, schema: s}
	p.running, p.cancel = context.WithCancel(context.Background())
	return p, nil
}

func (p *Provider) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: Version}, nil
}

// GetSchema says what this is; the program's SDK was generated from the official plugin's schema.
func (p *Provider) GetSchema(context.Context, *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	return &pulumirpc.GetSchemaResponse{Schema: fmt.Sprintf(
		`{"name":"aws","version":%q,"description":"Sallyport's stand-in for the official aws plugin: terraform-provider-aws %s under the Terraform bridge's dynamic provider."}`,
		Version, TerraformVersion)}, nil
}

func (p *Provider) CheckConfig(ctx context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	listBlocks(req.GetOlds())
	listBlocks(req.GetNews())
	return p.dynamic.CheckConfig(ctx, req)
}

func (p *Provider) DiffConfig(ctx context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	listBlocks(req.GetOlds())
	listBlocks(req.GetOldInputs())
	listBlocks(req.GetNews())
	return p.dynamic.DiffConfig(ctx, req)
}

func (p *Provider) Configure(ctx context.Context, req *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	listBlocks(req.GetArgs())
	return p.dynamic.Configure(ctx, req)
}

func (p *Provider) Invoke(ctx context.Context, req *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	token, err := functionToken(req.GetTok())
	if err != nil {
		return nil, status.Error(codes.Unimplemented, err.Error())
	}
	req.Tok = token
	return p.dynamic.Invoke(ctx, req)
}

func (p *Provider) Check(ctx context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	official, err := rename(&req.Urn, &req.Type)
	if err != nil {
		return nil, err
	}
	names := renamed[official]
	renameKeys(names, req.GetOlds(), req.GetNews())
	autoname(names["name"], req)
	unknown, err := p.schema.unknown(req.Type, req.GetNews())
	if err != nil {
		return nil, status.Error(codes.NotFound, err.Error())
	}
	if len(unknown) > 0 {
		return nil, status.Errorf(codes.InvalidArgument,
			"the aws plugin's stand-in (Sallyport) can't pass on %s of %s: the Terraform provider has no property of that name (see local/awsprovider/README.md)",
			strings.Join(unknown, ", "), official)
	}
	resp, err := p.dynamic.Check(ctx, req)
	renameKeys(inverse(names), resp.GetInputs())
	return resp, err
}

func (p *Provider) Diff(ctx context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	official, err := rename(&req.Urn, &req.Type)
	if err != nil {
		return nil, err
	}
	names := renamed[official]
	renameKeys(names, req.GetOlds(), req.GetOldInputs(), req.GetNews())
	renamePaths(names, req.GetIgnoreChanges())
	keepTimeouts(req.GetOlds(), req.GetNews())
	resp, err := p.dynamic.Diff(ctx, req)
	back := inverse(names)
	renamePaths(back, resp.GetReplaces())
	renamePaths(back, resp.GetDiffs())
	return resp, err
}

func (p *Provider) Create(ctx context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	official, err := rename(&req.Urn, &req.Type)
	if err != nil {
		return nil, err
	}
	renameKeys(renamed[official], req.GetProperties())
	p.schema.setTimeout(req.Type, "create", req.GetTimeout(), req.GetProperties())
	ctx, done := p.waiting(ctx, official)
	defer done()
	resp, err := p.dynamic.Create(ctx, req)
	if err != nil {
		return nil, p.unfinished(ctx, official, req, p.interrupted(err))
	}
	renameKeys(inverse(renamed[official]), resp.GetProperties())
	localInvokeURL(ctx, official, resp.GetProperties())
	return resp, nil
}

func (p *Provider) Read(ctx context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	official, err := rename(&req.Urn, &req.Type)
	if err != nil {
		return nil, err
	}
	renameKeys(renamed[official], req.GetProperties(), req.GetInputs())
	resp, err := p.dynamic.Read(ctx, req)
	renameKeys(inverse(renamed[official]), resp.GetProperties(), resp.GetInputs())
	localInvokeURL(ctx, official, resp.GetProperties())
	return resp, err
}

func (p *Provider) Update(ctx context.Context, req *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	official, err := rename(&req.Urn, &req.Type)
	if err != nil {
		return nil, err
	}
	names := renamed[official]
	renameKeys(names, req.GetOlds(), req.GetOldInputs(), req.GetNews())
	renamePaths(names, req.GetIgnoreChanges())
	keepTimeouts(req.GetOlds(), req.GetNews())
	p.schema.setTimeout(req.Type, "update", req.GetTimeout(), req.GetNews())
	ctx, done := p.waiting(ctx, official)
	defer done()
	resp, err := p.dynamic.Update(ctx, req)
	renameKeys(inverse(names), resp.GetProperties())
	localInvokeURL(ctx, official, resp.GetProperties())
	return resp, p.interrupted(err)
}

func (p *Provider) Delete(ctx context.Context, req *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	official, err := rename(&req.Urn, &req.Type)
	if err != nil {
		return nil, err
	}
	renameKeys(renamed[official], req.GetProperties(), req.GetOldInputs())
	return p.dynamic.Delete(ctx, req)
}

func (p *Provider) Cancel(ctx context.Context, req *emptypb.Empty) (*emptypb.Empty, error) {
	p.cancel()
	return p.dynamic.Cancel(ctx, req)
}

// rename puts the dynamic provider's token where the engine put pulumi-aws's, which it returns. Older
// engines leave the type field empty and name the type in the URN alone.
func rename(urn, typ *string) (string, error) {
	official := *typ
	if official == "" {
		parts := strings.Split(*urn, "::")
		if len(parts) < 4 {
			return "", status.Errorf(codes.InvalidArgument, "%q is not a URN", *urn)
		}
		chain := strings.Split(parts[2], "$")
		official = chain[len(chain)-1]
	}
	token, err := resourceToken(official)
	if err != nil {
		return official, status.Error(codes.Unimplemented, err.Error())
	}
	*urn = rewriteURN(*urn, official, token)
	*typ = token
	return official, nil
}

// renameKeys gives the properties of a resource the names of the other side. A name with a dot is of a property in an
// object, which has the same name on both sides.
func renameKeys(names map[string]string, objects ...*structpb.Struct) {
	for from, to := range names {
		if outer, inner, nested := strings.Cut(from, "."); nested {
			for _, object := range objects {
				if within := object.GetFields()[outer].GetStructValue(); within != nil {
					renameKeys(map[string]string{inner: strings.TrimPrefix(to, outer+".")}, within)
				}
			}
			continue
		}
		fromList, toList := strings.TrimSuffix(from, "[0]"), strings.TrimSuffix(to, "[0]")
		for _, object := range objects {
			value, ok := object.GetFields()[fromList]
			if !ok {
				continue
			}
			delete(object.Fields, fromList)
			list, isList := value.GetKind().(*structpb.Value_ListValue)
			_, isObject := value.GetKind().(*structpb.Value_StructValue)
			text, isText := value.GetKind().(*structpb.Value_StringValue)
			switch {
			case from != fromList && isList && len(list.ListValue.GetValues()) == 0:
				continue
			case from != fromList && isList && len(list.ListValue.GetValues()) == 1:
				value = list.ListValue.GetValues()[0]
			case to != toList && (isObject || isText && text.StringValue != plugin.UnknownStringValue):
				value = structpb.NewListValue(&structpb.ListValue{Values: []*structpb.Value{value}})
			}
			object.Fields[toList] = value
		}
	}
}

// renamePaths does the same for property paths such as ingress[0].description.
func renamePaths(names map[string]string, paths []string) {
	for i, path := range paths {
		for from, to := range names {
			outer, inner, nested := strings.Cut(from, ".")
			if rest, ok := strings.CutPrefix(path, outer+"."); nested && ok {
				within := []string{rest}
				renamePaths(map[string]string{inner: strings.TrimPrefix(to, outer+".")}, within)
				paths[i] = outer + "." + within[0]
			}
		}
		end := strings.IndexAny(path, ".[")
		if end < 0 {
			end = len(path)
		}
		if _, ok := names[path[:end]+"[0]"]; ok && strings.HasPrefix(path[end:], "[0]") {
			end += len("[0]")
		}
		if to, ok := names[path[:end]]; ok {
			paths[i] = to + path[end:]
		}
	}
}

func inverse(names map[string]string) map[string]string {
	back := make(map[string]string, len(names))
	for from, to := range names {
		back[to] = from
	}
	return back
}

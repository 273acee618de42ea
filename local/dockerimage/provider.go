// Package dockerimage is Sallyport's stand-in for the one resource of the docker
// plugin that the program uses: docker:index/image:Image of pulumi-docker
// v4.10.0. It builds through the Docker Engine, pushes, and returns the digest.
package dockerimage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"sallyport/local/engine"
)

const (
	// Version is the release of pulumi-docker that the stand-in stands in for.
	Version = "4.10.0"
	// Token is the one resource type that it makes.
	Token = "docker:index/image:Image"

	standIn = "Sallyport's stand-in for the docker plugin"
)

// unsupported is the answer to all that the official plugin does and this one
// does not.
func unsupported(what string) error {
	return fmt.Errorf("%s does not support %s; the official plugin may (`PLUGINS=official make up`)", standIn, what)
}

// display is where the engine shows what a resource is busy with.
type display interface {
	Log(ctx context.Context, sev diag.Severity, urn resource.URN, msg string) error
	LogStatus(ctx context.Context, sev diag.Severity, urn resource.URN, msg string) error
}

// Provider is the plugin's gRPC server.
type Provider struct {
	pulumirpc.UnimplementedResourceProviderServer

	display display
	// life ends when the plugin is told to cancel, and all builds with it.
	life   context.Context
	cancel context.CancelFunc
}

// New returns the plugin. All that it runs ends with ctx.
func New(ctx context.Context, host *provider.HostClient) *Provider {
	p := &Provider{}
	if host != nil {
		p.display = host
	}
	p.life, p.cancel = context.WithCancel(ctx)
	return p
}

// Handshake says what the plugin understands.
func (p *Provider) Handshake(context.Context, *pulumirpc.ProviderHandshakeRequest) (*pulumirpc.ProviderHandshakeResponse, error) {
	return &pulumirpc.ProviderHandshakeResponse{AcceptSecrets: true}, nil
}

// Attach connects to the engine of a plugin that was started by hand.
func (p *Provider) Attach(_ context.Context, req *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	host, err := provider.NewHostClient(req.GetAddress())
	if err != nil {
		return nil, err
	}
	p.display = host
	return &emptypb.Empty{}, nil
}

// GetPluginInfo returns the version that the stand-in stands in for.
func (p *Provider) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: Version}, nil
}

// GetSchema describes the one resource.
func (p *Provider) GetSchema(context.Context, *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	schema, err := json.Marshal(map[string]any{
		"name":        "docker",
		"version":     Version,
		"description": standIn + ": it makes " + Token + " and nothing else.",
		"resources":   map[string]any{Token: map[string]any{"description": "An image that the Docker Engine builds and pushes."}},
	})
	return &pulumirpc.GetSchemaResponse{Schema: string(schema)}, err
}

// CheckConfig refuses settings of the official plugin that would be ignored.
func (p *Provider) CheckConfig(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	var failures []*pulumirpc.CheckFailure
	for key := range req.GetNews().GetFields() {
		if key != "version" && key != "pluginDownloadURL" && !strings.HasPrefix(key, "__") {
			failures = append(failures, &pulumirpc.CheckFailure{Property: key, Reason: unsupported("the provider setting docker:" + key).Error()})
		}
	}
	sort.Slice(failures, func(i, j int) bool { return failures[i].Property < failures[j].Property })
	return &pulumirpc.CheckResponse{Inputs: req.GetNews(), Failures: failures}, nil
}

// DiffConfig finds no difference: there are no settings.
func (p *Provider) DiffConfig(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
}

// Configure needs no engine yet: a preview without a build works without one.
func (p *Provider) Configure(context.Context, *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	return &pulumirpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true}, nil
}

// Check validates the inputs, fills in defaults and adds the context's digest.
func (p *Provider) Check(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	if err := onlyImages(req.GetUrn()); err != nil {
		return nil, err
	}
	inputs, err := read(req.GetNews(), true)
	if err != nil {
		return nil, err
	}
	plain := withoutSecrets(inputs)
	img, failures := parse(plain)

	onDisk := known(plain["build"]) || (plain["build"].IsObject() &&
		known(plain["build"].ObjectValue()["context"]) && known(plain["build"].ObjectValue()["dockerfile"]))
	if onDisk && len(failures) == 0 {
		failures = append(failures, img.files()...)
	}
	if len(failures) > 0 {
		res := &pulumirpc.CheckResponse{}
		for _, f := range failures {
			res.Failures = append(res.Failures, &pulumirpc.CheckFailure{Property: f.property, Reason: f.reason})
		}
		return res, nil
	}

	build := resource.PropertyMap{}
	if v := withoutSecret(inputs["build"]); v.IsObject() {
		build = v.ObjectValue().Copy()
	}
	if onDisk {
		c, err := openContext(img)
		if err != nil {
			return nil, err
		}
		digest, err := c.digest()
		if err != nil {
			return nil, err
		}
		for key, value := range map[resource.PropertyKey]string{
			"context": img.context, "dockerfile": img.dockerfile, "platform": img.platform, contextDigest: digest,
		} {
			if known(build[key]) {
				build[key] = resource.NewStringProperty(value)
			}
		}
	}
	if !unknown(withoutSecret(inputs["build"])) {
		value := resource.NewObjectProperty(build)
		if inputs["build"].IsSecret() {
			value = resource.MakeSecret(value)
		}
		inputs["build"] = value
	}
	inputs["skipPush"] = orFalse(inputs["skipPush"])
	inputs["buildOnPreview"] = orFalse(inputs["buildOnPreview"])
	if r := inputs["registry"]; r.IsObject() {
		if password, ok := r.ObjectValue()["password"]; ok && !password.IsSecret() && !unknown(password) {
			registry := r.ObjectValue().Copy()
			registry["password"] = resource.MakeSecret(password)
			inputs["registry"] = resource.NewObjectProperty(registry)
		}
	}
	news, err := write(inputs)
	return &pulumirpc.CheckResponse{Inputs: news}, err
}

// Diff compares what decides about the image. Credentials do not: an ECR token
// is another one at every run. Nor does buildOnPreview.
func (p *Provider) Diff(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	if err := onlyImages(req.GetUrn()); err != nil {
		return nil, err
	}
	olds, err := read(req.GetOldInputs(), false)
	if err != nil {
		return nil, err
	}
	news, err := read(req.GetNews(), false)
	if err != nil {
		return nil, err
	}
	changes := difference(decisive(olds), decisive(news))
	if len(changes) == 0 {
		return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true}, nil
	}
	res := &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_SOME, HasDetailedDiff: true, DetailedDiff: changes}
	// Diffs are the properties that the short display names: the outermost.
	for path := range changes {
		if property, _, _ := strings.Cut(path, "."); !slices.Contains(res.Diffs, property) {
			res.Diffs = append(res.Diffs, property)
		}
	}
	sort.Strings(res.Diffs)
	return res, nil
}

// Create builds and pushes.
func (p *Provider) Create(ctx context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	inputs, outputs, err := p.make(ctx, req.GetUrn(), req.GetProperties(), req.GetPreview())
	if err != nil {
		return nil, err
	}
	res := &pulumirpc.CreateResponse{Properties: outputs}
	if !req.GetPreview() {
		res.Id = inputs["imageName"].StringValue()
	}
	return res, nil
}

// Update builds and pushes again.
func (p *Provider) Update(ctx context.Context, req *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	_, outputs, err := p.make(ctx, req.GetUrn(), req.GetNews(), req.GetPreview())
	if err != nil {
		return nil, err
	}
	return &pulumirpc.UpdateResponse{Properties: outputs}, nil
}

// Read returns the state as it is: neither the engine nor the registry is asked,
// as with the official plugin.
func (p *Provider) Read(_ context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	if err := onlyImages(req.GetUrn()); err != nil {
		return nil, err
	}
	return &pulumirpc.ReadResponse{Id: req.GetId(), Inputs: req.GetInputs(), Properties: req.GetProperties()}, nil
}

// Delete leaves the image where it is, on the engine and in the registry, as the
// official plugin does.
func (p *Provider) Delete(_ context.Context, req *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	if err := onlyImages(req.GetUrn()); err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, nil
}

// Cancel ends what runs: a build, a push.
func (p *Provider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	p.cancel()
	return &emptypb.Empty{}, nil
}

// Invoke, Call and Construct name what is missing.
func (p *Provider) Invoke(_ context.Context, req *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	return nil, status.Error(codes.Unimplemented, unsupported("the function "+req.GetTok()).Error())
}

// Call has nothing to call.
func (p *Provider) Call(_ context.Context, req *pulumirpc.CallRequest) (*pulumirpc.CallResponse, error) {
	return nil, status.Error(codes.Unimplemented, unsupported("the method "+req.GetTok()).Error())
}

// Construct has nothing to construct.
func (p *Provider) Construct(_ context.Context, req *pulumirpc.ConstructRequest) (*pulumirpc.ConstructResponse, error) {
	return nil, status.Error(codes.Unimplemented, unsupported("the component "+req.GetType()).Error())
}

// make is Create and Update: the inputs, without secrets, and the outputs.
func (p *Provider) make(ctx context.Context, urn string, props *structpb.Struct, preview bool) (resource.PropertyMap, *structpb.Struct, error) {
	if err := onlyImages(urn); err != nil {
		return nil, nil, err
	}
	inputs, err := read(props, true)
	if err != nil {
		return nil, nil, err
	}
	plain := withoutSecrets(inputs)
	img, failures := parse(plain)
	if len(failures) > 0 {
		return nil, nil, fmt.Errorf("%s: %s", failures[0].property, failures[0].reason)
	}
	ctx, stop := p.during(ctx)
	defer stop()

	digest := resource.MakeComputed(resource.NewStringProperty(""))
	switch {
	case !preview:
		made, err := p.buildAndPush(ctx, resource.URN(urn), img)
		if err != nil {
			return nil, nil, err
		}
		digest = resource.NewStringProperty(made)
	case img.buildOnPreview && !buildKnown(plain):
		p.log(ctx, diag.Warning, urn, "buildOnPreview: not built, because an input of the build is known only after an update")
	case img.buildOnPreview:
		if err := p.buildOnly(ctx, resource.URN(urn), img); err != nil {
			return nil, nil, err
		}
	}
	outputs, err := write(outputs(inputs, plain, img, digest))
	return plain, outputs, err
}

func (p *Provider) buildAndPush(ctx context.Context, urn resource.URN, img image) (string, error) {
	e, err := engine.Find(ctx)
	if err != nil {
		return "", err
	}
	defer e.Close()
	if img.buildKit {
		p.log(ctx, diag.Info, string(urn), standIn+" has no BuildKit: the classic builder builds this image")
	}
	say := p.say(ctx, urn)
	id, err := buildImage(ctx, e, img, say)
	if err != nil {
		return "", err
	}
	if img.skipPush {
		return id, nil
	}
	return push(ctx, e, img, say)
}

// buildOnly finds out whether the image builds. The digest stays unknown: only a
// registry gives it.
func (p *Provider) buildOnly(ctx context.Context, urn resource.URN, img image) error {
	e, err := engine.Find(ctx)
	if err != nil {
		return err
	}
	defer e.Close()
	_, err = buildImage(ctx, e, img, p.say(ctx, urn))
	return err
}

// during returns a context that ends with the call and with the plugin.
func (p *Provider) during(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(p.life, func() { cancel(errors.New("cancelled")) })
	return ctx, func() { stop(); cancel(nil) }
}

func (p *Provider) say(ctx context.Context, urn resource.URN) say {
	return func(line string) {
		if p.display != nil {
			_ = p.display.LogStatus(ctx, diag.Info, urn, line)
		}
	}
}

func (p *Provider) log(ctx context.Context, severity diag.Severity, urn, msg string) {
	if p.display != nil {
		_ = p.display.Log(ctx, severity, resource.URN(urn), msg)
	}
}

// outputs are those of the official plugin, without its private copy of the
// inputs. What comes of a secret is a secret.
func outputs(inputs, plain resource.PropertyMap, img image, digest resource.PropertyValue) resource.PropertyMap {
	name := plain["imageName"]
	server := resource.NewStringProperty("")
	if r := plain["registry"]; r.IsObject() && !r.ObjectValue()["server"].IsNull() {
		server = r.ObjectValue()["server"]
	} else if unknown(r) {
		server = r
	}
	// The official plugin gives the Dockerfile relative to the context.
	dockerfile, err := img.dockerfileInContext()
	if err != nil {
		dockerfile = img.dockerfile
	}
	out := resource.PropertyMap{
		"imageName":      name,
		"baseImageName":  name,
		"repoDigest":     digest,
		"registryServer": server,
		"context":        resource.NewStringProperty(img.context),
		"dockerfile":     resource.NewStringProperty(dockerfile),
		"platform":       resource.NewStringProperty(img.platform),
	}
	from := map[resource.PropertyKey][]resource.PropertyKey{
		"imageName": {"imageName", "baseImageName", "repoDigest"},
		"registry":  {"registryServer"},
	}
	for in, outs := range from {
		secret := inputs[in].IsSecret()
		if in == "registry" && inputs[in].IsObject() {
			secret = inputs[in].ObjectValue()["server"].IsSecret()
		}
		if secret {
			for _, o := range outs {
				out[o] = resource.MakeSecret(out[o])
			}
		}
	}
	return out
}

// onlyImages refuses every resource type but one.
func onlyImages(urn string) error {
	if t := resource.URN(urn).Type(); t != Token {
		return unsupported("the resource type " + string(t))
	}
	return nil
}

// decisive flattens the inputs that decide about the image into paths.
func decisive(inputs resource.PropertyMap) map[string]resource.PropertyValue {
	flat := map[string]resource.PropertyValue{}
	for _, k := range []resource.PropertyKey{"imageName", "skipPush"} {
		if v, ok := inputs[k]; ok {
			flat[string(k)] = v
		}
	}
	switch build := inputs["build"]; {
	case build.IsObject():
		for k, v := range build.ObjectValue() {
			flat["build."+string(k)] = v
		}
	case !build.IsNull():
		flat["build"] = build
	}
	switch registry := inputs["registry"]; {
	case registry.IsObject():
		if v, ok := registry.ObjectValue()["server"]; ok {
			flat["registry.server"] = v
		}
	case !registry.IsNull():
		flat["registry"] = registry
	}
	return flat
}

func difference(olds, news map[string]resource.PropertyValue) map[string]*pulumirpc.PropertyDiff {
	changes := map[string]*pulumirpc.PropertyDiff{}
	for k, v := range news {
		switch old, ok := olds[k]; {
		case !ok:
			changes[k] = &pulumirpc.PropertyDiff{Kind: pulumirpc.PropertyDiff_ADD, InputDiff: true}
		case v.ContainsUnknowns() || !old.DeepEquals(v):
			changes[k] = &pulumirpc.PropertyDiff{Kind: pulumirpc.PropertyDiff_UPDATE, InputDiff: true}
		}
	}
	for k := range olds {
		if _, ok := news[k]; !ok {
			changes[k] = &pulumirpc.PropertyDiff{Kind: pulumirpc.PropertyDiff_DELETE, InputDiff: true}
		}
	}
	return changes
}

func read(s *structpb.Struct, secrets bool) (resource.PropertyMap, error) {
	return plugin.UnmarshalProperties(s, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: secrets, SkipNulls: true, RejectAssets: true})
}

func write(m resource.PropertyMap) (*structpb.Struct, error) {
	return plugin.MarshalProperties(m, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, SkipNulls: true})
}

func withoutSecrets(m resource.PropertyMap) resource.PropertyMap {
	out := resource.PropertyMap{}
	for k, v := range m {
		out[k] = withoutSecret(v)
	}
	return out
}

// withoutSecret opens a secret and all secrets in it.
func withoutSecret(v resource.PropertyValue) resource.PropertyValue {
	switch {
	case v.IsSecret():
		return withoutSecret(v.SecretValue().Element)
	case v.IsObject():
		return resource.NewObjectProperty(withoutSecrets(v.ObjectValue()))
	case v.IsArray():
		list := make([]resource.PropertyValue, 0, len(v.ArrayValue()))
		for _, e := range v.ArrayValue() {
			list = append(list, withoutSecret(e))
		}
		return resource.NewArrayProperty(list)
	}
	return v
}

func orFalse(v resource.PropertyValue) resource.PropertyValue {
	if v.IsNull() {
		return resource.NewBoolProperty(false)
	}
	return v
}

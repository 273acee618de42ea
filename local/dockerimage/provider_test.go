package dockerimage

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

const urn = "urn:pulumi:local::sallyport::" + Token + "::web"

func TestCheck(t *testing.T) {
	p, inputs := project(t)

	t.Run("the defaults are those of pulumi-docker", func(t *testing.T) {
		got := inputsOf(t, check(t, p, inputs))
		build := got["build"].ObjectValue()
		for key, want := range map[resource.PropertyKey]string{"context": "app", "dockerfile": "app/Dockerfile"} {
			if build[key].StringValue() != want {
				t.Errorf("build.%s is %q, want %q", key, build[key].StringValue(), want)
			}
		}
		if got["skipPush"].BoolValue() || got["buildOnPreview"].BoolValue() {
			t.Errorf("skipPush %v, buildOnPreview %v, want false for both", got["skipPush"], got["buildOnPreview"])
		}
		if len(build[contextDigest].StringValue()) != 64 {
			t.Errorf("build.contextDigest is %v, want a SHA-256", build[contextDigest])
		}
	})
	t.Run("a password is a secret in the state, even where the program gave it in the clear", func(t *testing.T) {
		got := inputsOf(t, check(t, p, inputs))
		if !got["registry"].ObjectValue()["password"].IsSecret() {
			t.Error("the password is no secret")
		}
	})
	t.Run("every property that is not supported is named, with the stand-in", func(t *testing.T) {
		in := inputs.Copy()
		in["build"] = resource.NewProperty(resource.PropertyMap{
			"context":   resource.NewProperty("app"),
			"cacheFrom": resource.NewProperty(resource.PropertyMap{}),
			"ssh":       resource.NewProperty("default"),
		})
		in["tag"] = resource.NewProperty("latest")
		got := failures(check(t, p, in))
		for _, property := range []string{"build.cacheFrom", "build.ssh", "tag"} {
			if !strings.Contains(got[property], standIn+" does not support the property "+property) {
				t.Errorf("%s: %q", property, got[property])
			}
		}
		if len(got) != 3 {
			t.Errorf("%d problems, want 3: %v", len(got), got)
		}
	})
	t.Run("an image name without its registry can't be pushed", func(t *testing.T) {
		in := inputs.Copy()
		in["imageName"] = resource.NewProperty("web:1")
		if got := failures(check(t, p, in))["imageName"]; !strings.Contains(got, "does not name its registry") {
			t.Errorf("%q", got)
		}
		in["skipPush"] = resource.NewProperty(true)
		if got := failures(check(t, p, in)); len(got) != 0 {
			t.Errorf("with skipPush: %v", got)
		}
	})
	t.Run("a Dockerfile given relative to the context names the path that would work", func(t *testing.T) {
		in := inputs.Copy()
		in["build"] = resource.NewProperty(resource.PropertyMap{
			"context": resource.NewProperty("app"), "dockerfile": resource.NewProperty("Dockerfile"),
		})
		if got := failures(check(t, p, in))["build.dockerfile"]; !strings.Contains(got, "try app/Dockerfile") {
			t.Errorf("%q", got)
		}
	})
	t.Run("a name that only the update will know passes", func(t *testing.T) {
		in := inputs.Copy()
		in["imageName"] = resource.MakeComputed(resource.NewProperty(""))
		got := check(t, p, in)
		if len(got.Failures) != 0 || !inputsOf(t, got)["imageName"].IsComputed() {
			t.Errorf("%v", got)
		}
	})
	t.Run("a half of the credentials is refused", func(t *testing.T) {
		in := inputs.Copy()
		in["registry"] = resource.NewProperty(resource.PropertyMap{"username": resource.NewProperty("AWS")})
		if got := failures(check(t, p, in))["registry"]; !strings.Contains(got, "username and password belong together") {
			t.Errorf("%q", got)
		}
	})
}

func TestDiff(t *testing.T) {
	p, inputs := project(t)
	olds := check(t, p, inputs).Inputs

	diff := func(t *testing.T, news *structpb.Struct) []string {
		t.Helper()
		res, err := p.Diff(t.Context(), &pulumirpc.DiffRequest{Urn: urn, OldInputs: olds, News: news})
		if err != nil {
			t.Fatal(err)
		}
		if (res.Changes == pulumirpc.DiffResponse_DIFF_SOME) != (len(res.DetailedDiff) > 0) {
			t.Errorf("%v with %v", res.Changes, res.DetailedDiff)
		}
		for _, property := range res.Diffs {
			if !slices.Contains(imageProperties, resource.PropertyKey(property)) {
				t.Errorf("the short display names %s, which is no property", property)
			}
		}
		return slices.Sorted(maps.Keys(res.DetailedDiff))
	}
	changed := func(t *testing.T, change func(resource.PropertyMap)) []string {
		t.Helper()
		in := inputs.Copy()
		change(in)
		return diff(t, check(t, p, in).Inputs)
	}

	t.Run("the same inputs are no change", func(t *testing.T) {
		if got := diff(t, check(t, p, inputs).Inputs); got != nil {
			t.Errorf("%v", got)
		}
	})
	t.Run("other credentials are no change", func(t *testing.T) {
		got := changed(t, func(in resource.PropertyMap) {
			registry := in["registry"].ObjectValue().Copy()
			registry["username"], registry["password"] = resource.NewProperty("other"), resource.NewProperty("token-2")
			in["registry"] = resource.NewProperty(registry)
		})
		if got != nil {
			t.Errorf("%v", got)
		}
	})
	t.Run("another time of a file is no change", func(t *testing.T) {
		when := time.Now().Add(-time.Hour)
		if err := os.Chtimes("app/main.js", when, when); err != nil {
			t.Fatal(err)
		}
		if got := diff(t, check(t, p, inputs).Inputs); got != nil {
			t.Errorf("%v", got)
		}
	})
	t.Run("a file that .dockerignore excludes is no change", func(t *testing.T) {
		file(t, "app/node_modules/x/index.js", "2")
		if got := diff(t, check(t, p, inputs).Inputs); got != nil {
			t.Errorf("%v", got)
		}
	})
	t.Run("another registry server is a change", func(t *testing.T) {
		got := changed(t, func(in resource.PropertyMap) {
			registry := in["registry"].ObjectValue().Copy()
			registry["server"] = resource.NewProperty("127.0.0.1:9999")
			in["registry"] = resource.NewProperty(registry)
		})
		if !slices.Equal(got, []string{"registry.server"}) {
			t.Errorf("%v", got)
		}
	})
	t.Run("another build argument is a change", func(t *testing.T) {
		got := changed(t, func(in resource.PropertyMap) {
			build := in["build"].ObjectValue().Copy()
			build["args"] = resource.NewProperty(resource.PropertyMap{"BUILD_ID": resource.NewProperty("2")})
			in["build"] = resource.NewProperty(build)
		})
		if !slices.Equal(got, []string{"build.args"}) {
			t.Errorf("%v", got)
		}
	})
	t.Run("a name that only the update will know is a change", func(t *testing.T) {
		got := changed(t, func(in resource.PropertyMap) { in["imageName"] = resource.MakeComputed(resource.NewProperty("")) })
		if !slices.Equal(got, []string{"imageName"}) {
			t.Errorf("%v", got)
		}
	})
	t.Run("another content of a file is a change", func(t *testing.T) {
		file(t, "app/main.js", "2")
		if got := diff(t, check(t, p, inputs).Inputs); !slices.Equal(got, []string{"build.contextDigest"}) {
			t.Errorf("%v", got)
		}
	})
}

func TestCreate(t *testing.T) {
	t.Run("it builds, pushes with the call's credentials, and returns the digest that the registry reported", func(t *testing.T) {
		p, inputs := project(t)
		f := &fakeEngine{}
		f.start(t)
		res, err := create(t, p, inputs, false)
		if err != nil {
			t.Fatal(err)
		}
		out := properties(t, res.Properties)
		want := map[resource.PropertyKey]string{
			"imageName": "127.0.0.1:4567/web:1", "baseImageName": "127.0.0.1:4567/web:1",
			"repoDigest": "127.0.0.1:4567/web@" + pushedDigest, "registryServer": "127.0.0.1:4567",
			"context": "app", "dockerfile": "Dockerfile", "platform": "linux/amd64",
		}
		for k, v := range want {
			if !out[k].IsString() || out[k].StringValue() != v {
				t.Errorf("%s is %v, want %q", k, out[k], v)
			}
		}
		if res.Id != "127.0.0.1:4567/web:1" {
			t.Errorf("id %q", res.Id)
		}
		auth, _ := base64.URLEncoding.DecodeString(f.auth)
		if got := string(auth); got != `{"username":"AWS","password":"token-1","serveraddress":"127.0.0.1:4567"}` {
			t.Errorf("credentials of the push: %s", got)
		}
		if got := f.query.Get("version") + f.query.Get("t") + f.query.Get("dockerfile") + f.query.Get("platform"); got != "1127.0.0.1:4567/web:1Dockerfilelinux/amd64" {
			t.Errorf("build asked for %v", f.query)
		}
		if !slices.Equal(f.files, []string{".dockerignore", "Dockerfile", "main.js"}) {
			t.Errorf("context %v", f.files)
		}
		for _, v := range out {
			if strings.Contains(v.String(), "token-1") {
				t.Errorf("an output holds the password: %v", out)
			}
		}
	})
	t.Run("with skipPush the digest is the id of the local image", func(t *testing.T) {
		p, inputs := project(t)
		f := &fakeEngine{}
		f.start(t)
		inputs["skipPush"] = resource.NewProperty(true)
		res, err := create(t, p, inputs, false)
		if err != nil {
			t.Fatal(err)
		}
		if got := properties(t, res.Properties)["repoDigest"].StringValue(); got != builtID || f.pushes != 0 {
			t.Errorf("repoDigest %q after %d pushes", got, f.pushes)
		}
	})
	t.Run("what comes of a secret name is a secret", func(t *testing.T) {
		p, inputs := project(t)
		(&fakeEngine{}).start(t)
		inputs["imageName"] = resource.MakeSecret(inputs["imageName"])
		res, err := create(t, p, inputs, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range []resource.PropertyKey{"imageName", "baseImageName", "repoDigest"} {
			if !properties(t, res.Properties)[k].IsSecret() {
				t.Errorf("%s is no secret", k)
			}
		}
	})
	t.Run("a build that fails names the step and shows its last lines, and nothing is pushed", func(t *testing.T) {
		p, inputs := project(t)
		f := &fakeEngine{build: func(w http.ResponseWriter, r *http.Request) {
			answer(w,
				map[string]string{"stream": "Step 1/3 : FROM scratch\n"},
				map[string]string{"stream": "Step 2/3 : RUN npm ci\n"},
				map[string]string{"stream": " ---> Running in 0123456789ab\n"},
				map[string]string{"stream": "\u001b[91mnpm error code EUSAGE\n\u001b[0m"},
				map[string]any{"errorDetail": map[string]string{"message": "The command '/bin/sh -c npm ci' returned a non-zero code: 1"}})
		}}
		f.start(t)
		_, err := create(t, p, inputs, false)
		want := "the build of app/Dockerfile failed at step 2/3, `RUN npm ci`: The command '/bin/sh -c npm ci' returned a non-zero code: 1\n" +
			"The last lines of that step:\n  npm error code EUSAGE\nMend what that step complains about and repeat; nothing was pushed."
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		if f.pushes != 0 {
			t.Error("it was pushed")
		}
	})
	t.Run("a push that the registry refuses says why and what to do", func(t *testing.T) {
		for message, want := range map[string]string{
			"Get http://127.0.0.1:4567/v2/: dial tcp 127.0.0.1:4567: connect: connection refused": "nothing listens at 127.0.0.1:4567: start the registry",
			"no basic auth credentials":                                                   "refuses the credentials",
			"denied: requested access to the resource is denied":                          "refuses the credentials",
			"received unexpected HTTP status: 500 Internal Server Error":                  "127.0.0.1:4567 itself failed",
			"name unknown: The repository with name 'web' does not exist in the registry": "there is no repository web at 127.0.0.1:4567",
			"tag invalid: The image tag '1' already exists in the 'web' repository and cannot be overwritten because the repository is immutable.": "give the new image a new tag",
		} {
			p, inputs := project(t)
			(&fakeEngine{push: says(message), tagDigest: pushedDigest, localDigest: builtID}).start(t)
			_, err := create(t, p, inputs, false)
			if err == nil || !strings.Contains(err.Error(), message) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s\ngives %v\nwant %s", message, err, want)
			}
		}
	})
	t.Run("the push of a large layer is shown in tenths, that of a small one not", func(t *testing.T) {
		p, inputs := project(t)
		r := &recorder{}
		p.display = r
		(&fakeEngine{push: func(w http.ResponseWriter, _ *http.Request) {
			for i := range 101 {
				answer(w, map[string]any{"status": "Pushing", "id": "abc", "progressDetail": map[string]int{"current": i * largeLayer / 100, "total": largeLayer}})
				answer(w, map[string]any{"status": "Pushing", "id": "def", "progressDetail": map[string]int{"current": i, "total": 100}})
			}
			answer(w, map[string]any{"aux": map[string]any{"Digest": pushedDigest}})
		}}).start(t)
		if _, err := create(t, p, inputs, false); err != nil {
			t.Fatal(err)
		}
		want := []string{"Building the image", "Step 1/1 : FROM scratch", "Pushing the image"}
		for i := range 11 {
			want = append(want, fmt.Sprintf("abc Pushing %d %%", 10*i))
		}
		if !slices.Equal(r.lines, want) {
			t.Errorf("%q", r.lines)
		}
	})
	t.Run("an immutable tag that holds the very image is pushed already", func(t *testing.T) {
		p, inputs := project(t)
		(&fakeEngine{push: says("tag invalid: ... the repository is immutable."), tagDigest: pushedDigest, localDigest: pushedDigest}).start(t)
		res, err := create(t, p, inputs, false)
		if err != nil {
			t.Fatal(err)
		}
		if got := properties(t, res.Properties)["repoDigest"].StringValue(); got != "127.0.0.1:4567/web@"+pushedDigest {
			t.Errorf("%s", got)
		}
	})
	t.Run("an engine that does not answer is named, with what to do", func(t *testing.T) {
		p, inputs := project(t)
		socket := filepath.Join(t.TempDir(), "none.sock")
		t.Setenv("DOCKER_HOST", "unix://"+socket)
		_, err := create(t, p, inputs, false)
		if err == nil || !strings.Contains(err.Error(), "the Docker engine does not answer at unix://"+socket) || !strings.Contains(err.Error(), "start it") {
			t.Errorf("%v", err)
		}
	})
	t.Run("a platform that the engine can't run is refused before the build", func(t *testing.T) {
		p, inputs := project(t)
		f := &fakeEngine{arch: "s390x"}
		f.start(t)
		_, err := create(t, p, inputs, false)
		if err == nil || !strings.Contains(err.Error(), "runs linux/s390x and has no emulator for linux/amd64") || f.builds != 0 {
			t.Errorf("%d builds, %v", f.builds, err)
		}
	})
	t.Run("Cancel ends a build", func(t *testing.T) {
		p, inputs := project(t)
		begun := make(chan struct{})
		(&fakeEngine{build: func(w http.ResponseWriter, r *http.Request) {
			answer(w, map[string]string{"stream": "Step 1/1 : RUN sleep\n"})
			_ = http.NewResponseController(w).Flush()
			close(begun)
			<-r.Context().Done()
		}}).start(t)
		go func() {
			<-begun
			_, _ = p.Cancel(context.Background(), &emptypb.Empty{})
		}()
		_, err := create(t, p, inputs, false)
		if err == nil || !strings.Contains(err.Error(), "was cancelled") {
			t.Errorf("%v", err)
		}
	})
}

func TestPreview(t *testing.T) {
	t.Run("nothing is built, and the digest is unknown", func(t *testing.T) {
		p, inputs := project(t)
		f := &fakeEngine{}
		f.start(t)
		res, err := create(t, p, inputs, true)
		if err != nil {
			t.Fatal(err)
		}
		out := properties(t, res.Properties)
		if !out["repoDigest"].IsComputed() || out["imageName"].StringValue() != "127.0.0.1:4567/web:1" || f.builds != 0 {
			t.Errorf("%d builds, outputs %v", f.builds, out)
		}
	})
	t.Run("no engine is needed", func(t *testing.T) {
		p, inputs := project(t)
		t.Setenv("DOCKER_HOST", "unix:///nowhere.sock")
		if _, err := create(t, p, inputs, true); err != nil {
			t.Error(err)
		}
	})
	t.Run("with buildOnPreview a Dockerfile that does not build fails the preview, and nothing is pushed", func(t *testing.T) {
		p, inputs := project(t)
		f := &fakeEngine{build: says("dockerfile parse error line 1: unknown instruction: FRM")}
		f.start(t)
		inputs["buildOnPreview"] = resource.NewProperty(true)
		inputs["imageName"] = resource.MakeComputed(resource.NewProperty(""))
		_, err := create(t, p, inputs, true)
		if err == nil || !strings.Contains(err.Error(), "unknown instruction: FRM") || f.pushes != 0 {
			t.Errorf("%v", err)
		}
	})
	t.Run("with buildOnPreview an argument that is not known yet leaves the build out, with a warning", func(t *testing.T) {
		p, inputs := project(t)
		f, r := &fakeEngine{}, &recorder{}
		f.start(t)
		p.display = r
		build := inputs["build"].ObjectValue().Copy()
		build["args"] = resource.NewProperty(resource.PropertyMap{"A": resource.MakeComputed(resource.NewProperty(""))})
		inputs["build"], inputs["buildOnPreview"] = resource.NewProperty(build), resource.NewProperty(true)
		if _, err := create(t, p, inputs, true); err != nil {
			t.Fatal(err)
		}
		if f.builds != 0 || len(r.lines) != 1 || !strings.HasPrefix(r.lines[0], "warning: buildOnPreview: not built") {
			t.Errorf("%d builds, %q", f.builds, r.lines)
		}
	})
}

func TestOtherTypes(t *testing.T) {
	p := New(t.Context(), nil)
	t.Run("another resource type is refused with the stand-in's name", func(t *testing.T) {
		other := "urn:pulumi:local::sallyport::docker:index/container:Container::c"
		_, err := p.Check(t.Context(), &pulumirpc.CheckRequest{Urn: other})
		if err == nil || !strings.Contains(err.Error(), standIn+" does not support the resource type docker:index/container:Container") {
			t.Errorf("%v", err)
		}
	})
	t.Run("a function is refused with the stand-in's name", func(t *testing.T) {
		_, err := p.Invoke(t.Context(), &pulumirpc.InvokeRequest{Tok: "docker:index/getNetwork:getNetwork"})
		if err == nil || !strings.Contains(err.Error(), standIn) {
			t.Errorf("%v", err)
		}
	})
	t.Run("the schema says that this is a stand-in", func(t *testing.T) {
		res, err := p.GetSchema(t.Context(), &pulumirpc.GetSchemaRequest{})
		if err != nil || !strings.Contains(res.Schema, standIn) || !strings.Contains(res.Schema, `"version":"4.10.0"`) {
			t.Errorf("%v %v", res, err)
		}
	})
	t.Run("a provider setting is refused", func(t *testing.T) {
		news, _ := structpb.NewStruct(map[string]any{"host": "tcp://example", "version": "4.10.0"})
		res, err := p.CheckConfig(t.Context(), &pulumirpc.CheckRequest{News: news})
		if err != nil || len(res.Failures) != 1 || res.Failures[0].Property != "host" {
			t.Errorf("%v %v", res, err)
		}
	})
	t.Run("Delete leaves engine and registry alone", func(t *testing.T) {
		t.Setenv("DOCKER_HOST", "unix:///nowhere.sock")
		if _, err := p.Delete(t.Context(), &pulumirpc.DeleteRequest{Urn: urn}); err != nil {
			t.Error(err)
		}
	})
}

// project makes a Pulumi project with an app, and the inputs of its image.
func project(t *testing.T) (*Provider, resource.PropertyMap) {
	t.Helper()
	t.Chdir(t.TempDir())
	file(t, "app/Dockerfile", "FROM scratch\nCOPY main.js /\n")
	file(t, "app/.dockerignore", "node_modules\n.dockerignore\n")
	file(t, "app/main.js", "1")
	file(t, "app/node_modules/x/index.js", "1")
	return New(context.Background(), nil), resource.PropertyMap{
		"imageName": resource.NewProperty("127.0.0.1:4567/web:1"),
		"build": resource.NewProperty(resource.PropertyMap{
			"context": resource.NewProperty("app"), "platform": resource.NewProperty("linux/amd64"),
		}),
		"registry": resource.NewProperty(resource.PropertyMap{
			"server":   resource.NewProperty("127.0.0.1:4567"),
			"username": resource.NewProperty("AWS"),
			"password": resource.NewProperty("token-1"),
		}),
	}
}

func file(t *testing.T, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func check(t *testing.T, p *Provider, inputs resource.PropertyMap) *pulumirpc.CheckResponse {
	t.Helper()
	news, err := write(inputs)
	if err != nil {
		t.Fatal(err)
	}
	res, err := p.Check(t.Context(), &pulumirpc.CheckRequest{Urn: urn, News: news})
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func create(t *testing.T, p *Provider, inputs resource.PropertyMap, preview bool) (*pulumirpc.CreateResponse, error) {
	t.Helper()
	checked := check(t, p, inputs)
	if len(checked.Failures) > 0 {
		t.Fatal(checked.Failures)
	}
	return p.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn, Properties: checked.Inputs, Preview: preview})
}

func inputsOf(t *testing.T, res *pulumirpc.CheckResponse) resource.PropertyMap {
	t.Helper()
	return properties(t, res.Inputs)
}

func properties(t *testing.T, s *structpb.Struct) resource.PropertyMap {
	t.Helper()
	m, err := read(s, true)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func failures(res *pulumirpc.CheckResponse) map[string]string {
	m := map[string]string{}
	for _, f := range res.Failures {
		m[f.Property] = f.Reason
	}
	return m
}

package awsx

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// recording is one run of the official plugin 2.22.0.
type recording struct {
	Case                      string           `json:"case"`
	AWSX                      string           `json:"awsx"`
	ComponentName             string           `json:"componentName"`
	ConstructInputs           map[string]any   `json:"constructInputs"`
	ConstructErrors           [][]string       `json:"constructErrors"`
	Resources                 []map[string]any `json:"resources"`
	ComponentOutputs          map[string]any   `json:"componentOutputs"`
	ComponentOutputsInPreview map[string]any   `json:"componentOutputsInPreview"`
	OutputDependencies        map[string]any   `json:"componentOutputDependencies"`
	Invokes                   []map[string]any `json:"invokes"`
	InvokesInPreview          int              `json:"invokesInPreview"`
	PreviewChangeSummary      map[string]int   `json:"previewChangeSummary"`
	DefaultProviders          []struct {
		Type   string         `json:"type"`
		Inputs map[string]any `json:"inputs"`
	} `json:"defaultProviders"`
}

func recordings(t *testing.T) []recording {
	t.Helper()
	files, err := filepath.Glob("testdata/[0-9]*.json")
	if err != nil || len(files) != 8 {
		t.Fatalf("found %d recordings, want 8 (%v)", len(files), err)
	}
	var all []recording
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var r recording
		if err := json.Unmarshal(data, &r); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all = append(all, r)
	}
	return all
}

func TestAnUpdateEqualsTheOfficialPlugin(t *testing.T) {
	for _, want := range recordings(t) {
		t.Run(want.Case, func(t *testing.T) {
			e := newEngine(false)
			response, err := e.construct(t, want.request(t))
			want.checkError(t, err)
			equal(t, "resources", e.recorded(t), byName(want.Resources))
			equal(t, "invokes", e.recordedInvokes(t), want.Invokes)
			equal(t, "outputs registered by the component", len(e.outputs), 0)
			want.checkVersions(t, e)
			if err == nil {
				equal(t, "outputs", plain(t, response.State), want.ComponentOutputs)
				equal(t, "dependencies of the outputs", dependencies(response), want.OutputDependencies)
			}
		})
	}
}

func TestAPreviewEqualsTheOfficialPlugin(t *testing.T) {
	for _, want := range recordings(t) {
		t.Run(want.Case, func(t *testing.T) {
			e := newEngine(true)
			response, err := e.construct(t, want.request(t))
			want.checkError(t, err)
			equal(t, "number of invokes", len(e.invokes), want.InvokesInPreview)
			if err != nil {
				return
			}
			equal(t, "outputs", plain(t, response.State), want.ComponentOutputsInPreview)
			equal(t, "dependencies of the outputs", dependencies(response), want.OutputDependencies)
			// The engine counts the stack as well.
			equal(t, "resources to create", len(e.registered)+1, want.PreviewChangeSummary["create"])
		})
	}
}

func (r recording) request(t *testing.T) *pulumirpc.ConstructRequest {
	t.Helper()
	return &pulumirpc.ConstructRequest{Name: r.ComponentName, Inputs: properties(t, r.ConstructInputs)}
}

func (r recording) checkError(t *testing.T, err error) {
	t.Helper()
	want := "<nil>"
	if len(r.ConstructErrors) > 0 {
		want = r.ConstructErrors[0][0]
	}
	if got := fmt.Sprint(err); got != want {
		t.Fatalf("error:\n got %s\nwant %s", got, want)
	}
}

// checkVersions compares the versions for which the engine makes default
// providers: those that the plugin asks for, and its own.
func (r recording) checkVersions(t *testing.T, e *engine) {
	t.Helper()
	equal(t, "version of the plugin", Version, r.AWSX)
	for _, p := range r.DefaultProviders {
		if p.Type != "pulumi:providers:aws" {
			continue
		}
		for _, i := range e.invokes {
			equal(t, "version of the aws provider asked for by "+i.request.Tok, any(i.request.Version), p.Inputs["version"])
		}
		for _, child := range e.registered {
			if child.Custom {
				equal(t, "version of the aws provider asked for by "+child.Name, any(child.Version), p.Inputs["version"])
			}
		}
	}
}

// recorded is what was registered, in the shape of the recordings, by name.
func (e *engine) recorded(t *testing.T) map[string]any {
	t.Helper()
	var all []map[string]any
	for _, r := range e.registered {
		urn := urnOf(r)
		entry := map[string]any{
			"custom":       r.Custom,
			"dependencies": shorts(r.Dependencies),
			"name":         r.Name,
			"parent":       short(r.Parent),
			"type":         r.Type,
			"urnTypeChain": string(resource.URN(urn).QualifiedType()),
		}
		if r.Custom {
			entry["provider"] = provided(r)
			entry["inputs"] = plain(t, r.Object)
			deps := map[string]any{}
			for name, d := range r.PropertyDependencies {
				if len(d.Urns) > 0 {
					deps[name] = shorts(d.Urns)
				}
			}
			if len(deps) > 0 {
				entry["propertyDependencies"] = deps
			}
		} else {
			entry["registeredOutputs"] = nil
			if len(r.Object.GetFields()) > 0 {
				entry["inputs"] = plain(t, r.Object)
			}
		}
		all = append(all, entry)
	}
	return byName(all)
}

// provided is the provider that the engine would choose for a resource.
func provided(r *pulumirpc.RegisterResourceRequest) string {
	if r.Provider != "" {
		urn, _, _ := cutLast(r.Provider, "::")
		return short(urn)
	}
	return "pulumi:providers:aws::default_" + strings.ReplaceAll(r.Version, ".", "_")
}

func (e *engine) recordedInvokes(t *testing.T) []map[string]any {
	t.Helper()
	var all []map[string]any
	for _, i := range e.invokes {
		all = append(all, map[string]any{
			"tok": i.request.Tok, "args": plain(t, i.request.Args), "afterChecks": float64(i.childrenBefore),
		})
	}
	return all
}

func byName(resources []map[string]any) map[string]any {
	named := map[string]any{}
	for _, r := range resources {
		named[fmt.Sprintf("%s::%s", r["type"], r["name"])] = r
	}
	return named
}

func dependencies(response *pulumirpc.ConstructResponse) map[string]any {
	all := map[string]any{}
	for name, d := range response.StateDependencies {
		all[name] = shorts(d.Urns)
	}
	return all
}

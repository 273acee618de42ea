package stack

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// fake puts a Pulumi CLI on PATH that answers each command with a text, in a project named web.
func fake(t *testing.T, config, state string) {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	for name, content := range map[string]string{
		"Pulumi.yaml": "name: web\nruntime: go\n",
		"config.json": config,
		"state.json":  state,
		"pulumi":      "#!/bin/sh\ncase \"$*\" in 'config --json --stack '*) cat config.json;; 'stack export --stack '*) cat state.json;; *) echo \"unexpected: $*\" >&2; exit 7;; esac\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRead(t *testing.T) {
	t.Run("a deployed stack has its exports and the resources of its providers", func(t *testing.T) {
		fake(t, `{"aws:region":{"value":"eu-west-1"},"aws:profile":{"value":"work"},"web:name":{"value":"shop"},"web:list":{"value":"[1]","objectValue":[1]},"web:tags":{"value":"{\"team\":\"a\"}","objectValue":{"team":"a","stack":"mine"}}}`,
			`{"deployment":{"resources":[
				{"urn":"urn:1","type":"pulumi:pulumi:Stack","outputs":{"url":"https://x","probes":["GET /"]}},
				{"urn":"urn:2","type":"pulumi:providers:aws","id":"p","outputs":{}},
				{"urn":"urn:3","type":"sallyport:network:Vpc","outputs":{}},
				{"urn":"urn:4","type":"aws:ecs/cluster:Cluster","id":"arn:c","outputs":{"name":"c"}}]}}`)
		s, err := Read(t.Context(), "org/dev")
		if err != nil {
			t.Fatal(err)
		}
		want := &Stack{
			Name: "dev", Project: "web", Region: "eu-west-1", Profile: "work", Prefix: "shop",
			Tags:      map[string]string{"project": "web", "stack": "mine", "managed-by": "pulumi", "team": "a"},
			Outputs:   map[string]any{"url": "https://x", "probes": []any{"GET /"}},
			Resources: []Resource{{URN: "urn:4", Type: "aws:ecs/cluster:Cluster", ID: "arn:c", Outputs: map[string]any{"name": "c"}}},
		}
		if !reflect.DeepEqual(s, want) {
			t.Errorf("it is %+v", s)
		}
		if s.Output("url") != "https://x" || s.Output("probes") != "" || len(s.OfType("aws:ecs/cluster:Cluster")) != 1 {
			t.Error("its exports or its resources are not found by name")
		}
	})
	t.Run("a destroyed stack has its tags and its prefix still", func(t *testing.T) {
		fake(t, `{"aws:region":{"value":"us-east-1"}}`, `{"version":3,"deployment":{"manifest":{}}}`)
		s, err := Read(t.Context(), "dev")
		if err != nil {
			t.Fatal(err)
		}
		want := &Stack{Name: "dev", Project: "web", Region: "us-east-1", Prefix: "web-dev",
			Tags: map[string]string{"project": "web", "stack": "dev", "managed-by": "pulumi"}}
		if !reflect.DeepEqual(s, want) {
			t.Errorf("it is %+v", s)
		}
	})
	t.Run("what the CLI says when it fails is passed on", func(t *testing.T) {
		fake(t, "", "")
		if err := os.WriteFile("pulumi", []byte("#!/bin/sh\necho 'error: no stack named dev found' >&2\nexit 255\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		_, err := Read(t.Context(), "dev")
		if err == nil || err.Error() != "stack dev: pulumi config --json --stack dev: exit status 255\nerror: no stack named dev found" {
			t.Errorf("it said %v", err)
		}
	})
	t.Run("without the CLI it says where to get it, and outside of a project where to go", func(t *testing.T) {
		fake(t, "", "")
		t.Setenv("PATH", t.TempDir())
		if _, err := Read(t.Context(), "dev"); err == nil || !strings.Contains(err.Error(), "the Pulumi CLI is not on PATH: see https://www.pulumi.com/docs/iac/download-install/") {
			t.Errorf("it said %v", err)
		}
		t.Chdir(t.TempDir())
		if _, err := Read(t.Context(), "dev"); err == nil || err.Error() != "there is no Pulumi.yaml here; run this in the project's folder" {
			t.Errorf("it said %v", err)
		}
	})
}

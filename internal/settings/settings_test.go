package settings

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// engine counts what a program registers; the settings must not register anything.
type engine struct{ registered int }

func (e *engine) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	e.registered++
	return args.Name, args.Inputs, nil
}

func (e *engine) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) { return nil, nil }

// load runs Load as the program of a stack, in a directory that has an app to build.
func load(t *testing.T, stack string, config map[string]string) (*Settings, error) {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "webapp", "Dockerfile"), "FROM scratch\n")
	t.Chdir(dir)
	return loadHere(t, stack, config)
}

func loadHere(t *testing.T, stack string, config map[string]string) (*Settings, error) {
	t.Helper()
	raw, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(pulumi.EnvConfig, string(raw))
	var loaded *Settings
	var failure error
	mock := &engine{}
	err = pulumi.RunErr(func(ctx *pulumi.Context) error {
		loaded, failure = Load(ctx)
		return nil
	}, pulumi.WithMocks("sallyport", stack, mock))
	if err != nil {
		t.Fatal(err)
	}
	if mock.registered != 0 {
		t.Errorf("Load registered %d resources", mock.registered)
	}
	return loaded, failure
}

// with is the smallest configuration that a stack can have, and more.
func with(more map[string]string) map[string]string {
	config := map[string]string{"aws:region": "us-east-1"}
	maps.Copy(config, more)
	return config
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// problemsOf are the error's paragraphs, without its first line.
func problemsOf(t *testing.T, err error) []string {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *Error", err)
	}
	return strings.Split(e.Error(), "\n\n")[1:]
}

func stored(row setting, s *Settings) string {
	return text(reflect.ValueOf(row.value.field(s)).Elem().Interface())
}

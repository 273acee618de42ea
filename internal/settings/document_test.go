package settings

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"gopkg.in/yaml.v3"
)

var update = flag.Bool("update", false, "write Pulumi.yaml's config section and the README's settings table from the table")

const (
	projectFile = "../../Pulumi.yaml"
	readmeFile  = "../../README.md"
	configStart = "config:\n"
	tableStart  = "<!-- settings -->\n"
	tableEnd    = "<!-- /settings -->\n"
)

// projectKey is how Pulumi.yaml spells a key: as a path of one step. Pulumi takes what stands there for a path, and
// without brackets app.cpu would be the member cpu of a setting app.
func projectKey(key string) string {
	if strings.Contains(key, ".") {
		return `["` + key + `"]`
	}
	return key
}

// projectConfig is Pulumi.yaml's config section. The provider's keys can't be in it: Pulumi refuses types outside the
// project's own namespace.
func projectConfig() string {
	var b strings.Builder
	b.WriteString(configStart)
	for _, row := range table {
		if strings.Contains(row.key, ":") {
			continue
		}
		fmt.Fprintf(&b, "  %s:\n    type: %s\n", scalarYAML(projectKey(row.key)), row.value.typ())
		if row.value.typ() == "array" {
			b.WriteString("    items:\n      type: " + row.value.items() + "\n")
		}
		standard := text(row.value.standard())
		if row.value.typ() == "string" {
			standard = scalarYAML(standard)
		}
		description := row.description
		if row.value.typ() != "boolean" {
			description += " Allowed: " + row.allowed + "."
		}
		fmt.Fprintf(&b, "    default: %s\n    description: %s\n", standard, scalarYAML(description))
	}
	return b.String()
}

func scalarYAML(s string) string {
	encoded, err := yaml.Marshal(&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s})
	if err != nil {
		panic(err)
	}
	return strings.TrimSuffix(string(encoded), "\n")
}

// markdown is the README's table.
func markdown() string {
	var b strings.Builder
	b.WriteString("| setting | type | default | what it is | allowed |\n|---|---|---|---|---|\n")
	for _, row := range table {
		standard := "required"
		if v := row.value.standard(); v != nil {
			if standard = "`" + text(v) + "`"; standard == "``" {
				standard = "empty"
			}
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", row.key, row.value.typ(), standard, row.description, row.allowed)
	}
	return b.String()
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestPulumiYAMLHoldsTheTable(t *testing.T) {
	content := read(t, projectFile)
	head, section, found := strings.Cut(content, configStart)
	if !found {
		t.Fatalf("%s has no config section", projectFile)
	}
	if *update {
		write(t, projectFile, head+projectConfig())
	} else if configStart+section != projectConfig() {
		t.Errorf("%s differs from the table: run go test ./internal/settings -update", projectFile)
	}

	// Pulumi's own loader validates the types of the defaults.
	project, err := workspace.LoadProject(projectFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range table {
		if strings.Contains(row.key, ":") {
			continue
		}
		got, ok := project.Config[projectKey(row.key)]
		if !ok {
			t.Errorf("%s is missing", row.key)
			continue
		}
		delete(project.Config, projectKey(row.key))
		if got.TypeName() != row.value.typ() {
			t.Errorf("%s has the type %s, want %s", row.key, got.TypeName(), row.value.typ())
		}
		want := yamlText(t, plain(t, row.value.standard()))
		if text := yamlText(t, got.Default); text != want {
			t.Errorf("%s has the default %s, want %s", row.key, text, want)
		}
		if !strings.HasPrefix(got.Description, row.description) {
			t.Errorf("%s has the description %q", row.key, got.Description)
		}
	}
	if len(project.Config) > 0 {
		t.Errorf("not in the table: %v", reflect.ValueOf(project.Config).MapKeys())
	}
}

// plain is a value as JSON has it, without Go's types.
func plain(t *testing.T, v any) (made any) {
	t.Helper()
	encoded, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(encoded, &made)
	}
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func yamlText(t *testing.T, v any) string {
	t.Helper()
	encoded, err := yaml.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

func TestTheREADMEHoldsTheTable(t *testing.T) {
	content, err := os.ReadFile(readmeFile)
	if err != nil {
		t.Skip("there is no README.md")
	}
	head, rest, opened := strings.Cut(string(content), tableStart)
	section, tail, closed := strings.Cut(rest, tableEnd)
	if !opened || !closed {
		t.Skip("README.md has no place for the table")
	}
	if *update {
		write(t, readmeFile, head+tableStart+markdown()+tableEnd+tail)
	} else if section != markdown() {
		t.Errorf("%s differs from the table: run go test ./internal/settings -update", readmeFile)
	}
}

// Package stack reads a stack from the Pulumi CLI: what it exports, which resources it has, and how they are tagged.
package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"strings"

	"gopkg.in/yaml.v3"
)

// Stack is what Pulumi knows of a stack.
type Stack struct {
	Name    string // without the organization, as in dev
	Project string
	Region  string
	Profile string // of the shared AWS configuration files; empty for the credentials of the environment
	// Tags are those that every resource of the stack has.
	Tags map[string]string
	// Prefix starts the name of every resource.
	Prefix string
	// Outputs are what the stack exports; none after an update that failed, since Pulumi forgets them.
	Outputs map[string]any
	// Resources are those of a provider, in the order of their creation; none after a destroy.
	Resources []Resource
}

// Resource is one resource of the stack's state.
type Resource struct {
	URN     string         `json:"urn"`
	Type    string         `json:"type"`
	ID      string         `json:"id"`
	Outputs map[string]any `json:"outputs"`
}

// OfType are the resources of a type, such as aws:ecs/service:Service.
func (s *Stack) OfType(typ string) []Resource {
	var found []Resource
	for _, r := range s.Resources {
		if r.Type == typ {
			found = append(found, r)
		}
	}
	return found
}

// Output is an exported text, empty where the stack has none of that name.
func (s *Stack) Output(name string) string {
	text, _ := s.Outputs[name].(string)
	return text
}

// Read asks the Pulumi CLI on PATH, which knows the state backend, about a stack of the project in the working directory.
func Read(ctx context.Context, name string) (*Stack, error) {
	project, err := projectName()
	if err != nil {
		return nil, err
	}
	s := &Stack{Name: path.Base(name), Project: project}
	if err := s.readConfig(ctx, name); err != nil {
		return nil, fmt.Errorf("stack %s: %w", name, err)
	}
	if err := s.readState(ctx, name); err != nil {
		return nil, fmt.Errorf("stack %s: %w", name, err)
	}
	return s, nil
}

func projectName() (string, error) {
	text, err := os.ReadFile("Pulumi.yaml")
	if errors.Is(err, os.ErrNotExist) {
		return "", errors.New("there is no Pulumi.yaml here; run this in the project's folder")
	}
	if err != nil {
		return "", err
	}
	var project struct {
		Name string `yaml:"name"`
	}
	if err := yaml.Unmarshal(text, &project); err != nil {
		return "", fmt.Errorf("the project's Pulumi.yaml: %w", err)
	}
	return project.Name, nil
}

// readConfig reads what the program is told: it holds after a destroy too, when the state is empty.
func (s *Stack) readConfig(ctx context.Context, name string) error {
	var config map[string]struct {
		Value       string `json:"value"`
		ObjectValue any    `json:"objectValue"` // of lists and objects
	}
	if err := pulumi(ctx, &config, "config", "--json", "--stack", name); err != nil {
		return err
	}
	s.Region, s.Profile = config["aws:region"].Value, config["aws:profile"].Value
	s.Prefix = config[s.Project+":name"].Value
	if s.Prefix == "" {
		s.Prefix = s.Project + "-" + s.Name
	}
	s.Tags = map[string]string{"project": s.Project, "stack": s.Name, "managed-by": "pulumi"}
	tags, _ := config[s.Project+":tags"].ObjectValue.(map[string]any)
	for key, value := range tags {
		s.Tags[key] = fmt.Sprint(value)
	}
	return nil
}

func (s *Stack) readState(ctx context.Context, name string) error {
	var state struct {
		Deployment struct {
			Resources []Resource `json:"resources"`
		} `json:"deployment"`
	}
	if err := pulumi(ctx, &state, "stack", "export", "--stack", name); err != nil {
		return err
	}
	for _, r := range state.Deployment.Resources {
		switch {
		case r.Type == "pulumi:pulumi:Stack":
			s.Outputs = maps.Clone(r.Outputs)
		case r.ID != "" && !strings.HasPrefix(r.Type, "pulumi:"):
			s.Resources = append(s.Resources, r)
		}
	}
	return nil
}

// pulumi runs the CLI, whose answer is JSON.
func pulumi(ctx context.Context, answer any, args ...string) error {
	cmd := exec.CommandContext(ctx, "pulumi", append(args, "--non-interactive")...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	command := "pulumi " + strings.Join(args, " ")
	if err := cmd.Run(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return errors.New("the Pulumi CLI is not on PATH: see https://www.pulumi.com/docs/iac/download-install/")
		}
		return fmt.Errorf("%s: %w\n%s", command, err, strings.TrimSpace(said.String()))
	}
	if err := json.Unmarshal(out.Bytes(), answer); err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	return nil
}

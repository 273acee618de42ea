package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/internal/settings"
)

// read loads a stack's settings from its file, as the engine would hand them to the program. It works in the folder of
// Pulumi.yaml, since app.context is relative to that. A secret can't be read without the stack's passphrase or key: it is
// taken for not set, since no price depends on what one would encrypt.
func read(stack string) (*settings.Settings, error) {
	project, err := workspace.LoadProject("Pulumi.yaml")
	if err != nil {
		return nil, fmt.Errorf("project: %w", err)
	}
	file := "Pulumi." + stack + ".yaml"
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no %s, so stack %s has no settings to go by; there are: %s", file, stack, strings.Join(stacks(), ", "))
	}
	deployed, err := workspace.LoadProjectStack(nil, project, file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	given := map[string]string{}
	for key, value := range deployed.Config {
		if !value.Secure() {
			if given[key.String()], err = value.Value(config.NopDecrypter); err != nil {
				return nil, fmt.Errorf("%s: %s: %w", file, key, err)
			}
		}
	}
	encoded, err := json.Marshal(given)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	// The settings look for what the engine leaves there.
	if err := os.Setenv(pulumi.EnvConfig, string(encoded)); err != nil {
		return nil, err
	}
	ctx, err := pulumi.NewContext(context.Background(), pulumi.RunInfo{
		Project: project.Name.String(), Stack: stack, Config: given, Mocks: nothing{},
	})
	if err != nil {
		return nil, err
	}
	return settings.Load(ctx)
}

// stacks are those with a settings file.
func stacks() (names []string) {
	files, _ := filepath.Glob("Pulumi.*.yaml") // the pattern is well-formed
	for _, file := range files {
		names = append(names, strings.TrimSuffix(strings.TrimPrefix(file, "Pulumi."), ".yaml"))
	}
	return names
}

// nothing stands in for an engine, which settings ask for nothing but to log their warnings.
type nothing struct{}

func (nothing) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	return "", nil, errors.New("settings register nothing")
}

func (nothing) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return nil, errors.New("settings call nothing")
}

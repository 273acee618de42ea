package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"
	"gopkg.in/yaml.v3"

	"sallyport/local/cloud"
	"sallyport/local/cloud/process"
	"sallyport/local/engine"
	"sallyport/local/stack"
	"sallyport/local/toolchain"
)

// local knows where everything of the local cloud lies.
type local struct {
	project string // folder of Pulumi.yaml
	dir     string // .local, or what SALLYPORT_LOCAL names
	stack   string
	cloud   cloud.Config
	docker  engine.Options
	tools   toolchain.Toolchain
	// verified is false where an up is not to end with a look at what it made.
	verified bool
}

func newLocal(stackName string) (*local, error) {
	project, err := projectDir()
	if err != nil {
		return nil, err
	}
	dir, err := folder(either(os.Getenv("SALLYPORT_LOCAL"), filepath.Join(project, ".local")))
	if err != nil {
		return nil, err
	}
	// A second local cloud, such as the end-to-end tests', shares the tool chain of the first.
	tools, err := folder(either(os.Getenv("SALLYPORT_TOOLCHAIN"), dir))
	if err != nil {
		return nil, err
	}
	config, err := cloud.DefaultConfig(dir)
	if err != nil {
		return nil, err
	}
	config.Faults = os.Getenv("SALLYPORT_FAULTS") != ""
	return &local{
		project: project, dir: dir, stack: stackName, cloud: config,
		docker: engine.Options{Dir: filepath.Join(dir, "docker")},
		tools:  toolchain.Toolchain{Dir: tools, Source: filepath.Join(project, "local")},
	}, nil
}

// folder makes the folder and returns its one true path: a cloud reached by a link must not be taken for another one.
// The state backend's address is a URL, and Go's patterns are used below it, hence the characters that are refused.
func folder(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if strings.ContainsAny(path, "#?%[]*\\'") {
		return "", fmt.Errorf("the local cloud can't live in %s: its path must be free of # ? %% [ ] * ' and backslashes; SALLYPORT_LOCAL names another one", path)
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(path)
}

func either(value, otherwise string) string {
	if value != "" {
		return value
	}
	return otherwise
}

// projectDir is the nearest folder, from here upwards, that holds a Pulumi.yaml.
func projectDir() (string, error) {
	start, err := os.Getwd()
	if err == nil {
		start, err = filepath.EvalSymlinks(start)
	}
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "Pulumi.yaml")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("there is no Pulumi.yaml in %s or above it; run this in a checkout of Sallyport", start)
		}
	}
}

// official tells whether the official Pulumi CLI and plugins are to be used instead of the tool chain's:
// the way to compare the two where the official downloads can be reached.
func official() bool { return os.Getenv("PLUGINS") == "official" }

// prepare makes ready what a command of the CLI needs: the tool chain, the cloud and, for an up, the Docker
// engine with the base image. What does not depend on each other runs at the same time.
func (l *local) prepare(ctx context.Context, withDocker bool) (*stack.Stack, error) {
	region, err := l.region()
	if err != nil {
		return nil, err
	}
	unlock, err := l.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	group, groupCtx := errgroup.WithContext(ctx)
	if !official() {
		sayf("stack %s: local cloud, %s", l.stack, toolchain.Describe())
		group.Go(func() error { return l.tools.Build(groupCtx, sayf) })
	}
	var running cloud.Status
	group.Go(func() (err error) {
		running, err = cloud.Start(groupCtx, l.cloud, os.Stderr)
		return err
	})
	if withDocker {
		group.Go(func() error {
			docker, err := engine.Ensure(groupCtx, l.docker, sayf)
			if err != nil {
				return err
			}
			defer docker.Close()
			return docker.EnsureBaseImage(groupCtx, l.docker, sayf)
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	s, err := l.pulumiStack(region, running.ID)
	if err != nil {
		return nil, err
	}
	if err := s.Prepare(ctx); err != nil {
		return nil, errors.Join(err, s.RestoreSettings())
	}
	return s, nil
}

// lock keeps two commands from building the same tool chain or starting the same engine at once.
func (l *local) lock(ctx context.Context) (unlock func(), err error) {
	return process.Lock(ctx, filepath.Join(l.tools.Dir, "lock"), func() {
		sayf("waiting for another command that prepares the local cloud")
	})
}

// region is the stack's aws:region; the AWS clients of the local cloud are given the same one.
func (l *local) region() (string, error) {
	name := "Pulumi." + l.stack + ".yaml"
	data, err := os.ReadFile(filepath.Join(l.project, name))
	if errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("stack %s has no settings: there is no %s in %s", l.stack, name, l.project)
	}
	if err != nil {
		return "", err
	}
	var file struct {
		Config map[string]any `yaml:"config"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	// A missing region is for the program to report, together with everything else that is wrong.
	region, _ := file.Config["aws:region"].(string)
	return region, nil
}

// pulumiStack is the stack as the CLI sees it. The cloud's ID is needed only where Prepare is called.
func (l *local) pulumiStack(region, cloudID string) (*stack.Stack, error) {
	cli := l.tools.CLI()
	if official() {
		var err error
		if cli, err = exec.LookPath("pulumi"); err != nil {
			return nil, errors.New("PLUGINS=official needs the official Pulumi CLI on PATH: see https://www.pulumi.com/docs/iac/download-install/")
		}
	}
	return &stack.Stack{
		Name: l.stack, Project: l.project, Dir: l.stateDir(), CLI: cli,
		Env: l.environment(region), CloudID: cloudID, Progress: sayf,
	}, nil
}

// environment is what makes any Pulumi CLI and AWS client work with this local cloud and nothing else. An
// empty value means that the variable must be unset.
func (l *local) environment(region string) map[string]string {
	home, bin := l.tools.Home(), l.tools.Bin()
	if official() {
		home, bin = filepath.Join(l.dir, "pulumi-home-official"), ""
	}
	environment := cloud.Environment(l.cloud, region)
	maps.Copy(environment, stack.Environment(home, l.stateDir(), bin))
	if official() {
		// The official CLI fetches the official plugins, into a home of their own.
		delete(environment, "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION")
	}
	return environment
}

func (l *local) stateDir() string { return filepath.Join(l.dir, "state") }

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"sallyport/local/cloud"
	"sallyport/local/engine"
	"sallyport/local/stack"
	"sallyport/local/toolchain"
)

// baseImage is the name by which Pulumi.local.yaml refers to the web app's base image.
const baseImage = "localhost/sallyport/node:local"

// local knows where everything of the local cloud lies.
type local struct {
	project string // folder of Pulumi.yaml
	dir     string // .local, or what SALLYPORT_LOCAL names
	stack   string
	cloud   cloud.Config
	tools   toolchain.Toolchain
}

func newLocal(stackName string) (*local, error) {
	project, err := projectDir()
	if err != nil {
		return nil, err
	}
	dir := os.Getenv("SALLYPORT_LOCAL")
	if dir == "" {
		dir = filepath.Join(project, ".local")
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	tools := os.Getenv("SALLYPORT_TOOLCHAIN")
	if tools == "" {
		tools = dir
	}
	config, err := cloudConfig(dir)
	if err != nil {
		return nil, err
	}
	return &local{
		project: project, dir: dir, stack: stackName, cloud: config,
		tools: toolchain.Toolchain{Dir: tools, Source: filepath.Join(project, "local")},
	}, nil
}

// projectDir is the nearest folder, from here upwards, that holds a Pulumi.yaml.
func projectDir() (string, error) {
	start, err := os.Getwd()
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

func (l *local) engineOptions() engine.Options {
	return engine.Options{Dir: filepath.Join(l.dir, "docker")}
}

// official tells whether the official Pulumi CLI and plugins are to be used instead of the tool chain's:
// the way to compare the two where the official downloads can be reached.
func official() bool { return os.Getenv("PLUGINS") == "official" }

// prepare makes ready what a command of the CLI needs: the tool chain, the cloud and, for an up, the Docker
// engine with the base image. What does not depend on each other runs at the same time.
func (l *local) prepare(ctx context.Context, withDocker bool) (*stack.Stack, error) {
	if _, err := os.Stat(filepath.Join(l.project, "Pulumi."+l.stack+".yaml")); err != nil {
		return nil, fmt.Errorf("stack %s has no settings: there is no Pulumi.%s.yaml in %s", l.stack, l.stack, l.project)
	}
	group, groupCtx := errgroup.WithContext(ctx)
	if !official() {
		group.Go(func() error { return l.tools.Build(groupCtx, sayf) })
	}
	var state cloud.State
	group.Go(func() (err error) {
		state, err = cloud.Start(groupCtx, l.cloud, sayf)
		return err
	})
	if withDocker {
		group.Go(func() error {
			docker, err := engine.Ensure(groupCtx, l.engineOptions(), sayf)
			if err != nil {
				return err
			}
			defer docker.Close()
			return docker.EnsureBaseImage(groupCtx, baseImage, sayf)
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return l.pulumiStack(state.ID)
}

func (l *local) pulumiStack(cloudID string) (*stack.Stack, error) {
	environment, err := l.environment()
	if err != nil {
		return nil, err
	}
	cli := l.tools.CLI()
	if official() {
		if cli, err = exec.LookPath("pulumi"); err != nil {
			return nil, errors.New("PLUGINS=official needs the official Pulumi CLI on PATH: see https://www.pulumi.com/docs/iac/download-install/")
		}
	}
	return &stack.Stack{
		Name: l.stack, Project: l.project, Dir: l.stateDir(), CLI: cli,
		Env: environment, CloudID: cloudID, Progress: sayf,
	}, nil
}

func (l *local) stateDir() string { return filepath.Join(l.dir, "state") }

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"sallyport/local/cloud"
	"sallyport/local/engine"
	"sallyport/local/stack"
	"sallyport/local/toolchain"
)

// allProblems leaves the settings to the program, which reports all that is wrong with them at once; the CLI
// would stop at the first wrong type.
const allProblems = "--skip-config-validation"

func up(ctx context.Context, l *local, args []string) error {
	s, err := l.prepare(ctx, true)
	if err != nil {
		return err
	}
	if err := l.run(s, "up", append([]string{"--yes", "--skip-preview", allProblems}, args...)); err != nil {
		if ctx.Err() == nil {
			// What it can't tell is no second failure.
			_ = l.inspect(ctx, "why", "-quiet")
		}
		return err
	}
	if l.verified {
		if err := l.inspect(ctx, "verify", l.connect(ctx)...); err != nil {
			return err
		}
	}
	return printURL(ctx, l, nil)
}

func preview(ctx context.Context, l *local, args []string) error {
	s, err := l.prepare(ctx, false)
	if err != nil {
		return err
	}
	return l.run(s, "preview", append([]string{allProblems}, args...))
}

func destroy(ctx context.Context, l *local, args []string) error {
	s, err := l.prepare(ctx, false)
	if err != nil {
		return err
	}
	// With its preview: that is where the CLI refuses to delete what is protected, before it has deleted the rest.
	if err := l.run(s, "destroy", append([]string{"--yes"}, args...)); err != nil {
		return err
	}
	return l.inspect(ctx, "left")
}

// run hands the terminal to the CLI. The CLI reacts to SIGINT itself, so it gets no context that the same
// signal ends: a second one would make it stop in the middle of its steps.
func (l *local) run(s *stack.Stack, verb string, args []string) error {
	watch := watchServices(l.cloud)
	err := s.Run(context.Background(), append([]string{verb, "--stack", l.stack, "--suppress-progress"}, args...)...)
	watch.end()
	if restored := s.RestoreSettings(); restored != nil {
		return errors.Join(err, restored)
	}
	running, inspected := cloud.Inspect(context.Background(), l.cloud)
	if inspected == nil && running.ID != s.CloudID {
		// What was made since is known to no state that will be kept.
		sayf("the local cloud lost its content during this run; stopping it, so that the next `make up` starts afresh")
		_, stopped := cloud.Stop(context.Background(), l.cloud, os.Stderr)
		return errors.Join(err, stopped, errors.New("the local cloud lost its content: run `make up` again"))
	}
	return err
}

func printURL(ctx context.Context, l *local, _ []string) error {
	url, err := l.url(ctx)
	if err != nil {
		return err
	}
	if at := l.domainAt(ctx); at != "" {
		sayf("%s is not this machine's name: what it would serve is at %s, for requests with that host, such as\n  curl -H 'Host: %s' %s/",
			url, at, strings.TrimPrefix(url, "https://"), at)
	}
	fmt.Println(url)
	return nil
}

func open(ctx context.Context, l *local, _ []string) error {
	url, err := l.url(ctx)
	if err != nil {
		return err
	}
	if at := l.domainAt(ctx); at != "" {
		return fmt.Errorf("a browser would look for %s on the internet: ask %s instead, for requests with that host, such as curl -H 'Host: %s' %s/", url, at, strings.TrimPrefix(url, "https://"), at)
	}
	for _, opener := range []string{"xdg-open", "open", "wslview"} {
		if path, err := exec.LookPath(opener); err == nil {
			if said, err := exec.CommandContext(ctx, path, url).CombinedOutput(); err != nil {
				lines := strings.Split(strings.TrimSpace(string(said)), "\n")
				return fmt.Errorf("%s started no browser (%w, %s): open %s yourself", opener, err, lines[len(lines)-1], url)
			}
			return nil
		}
	}
	return fmt.Errorf("there is no xdg-open, open or wslview here to start a browser with; open %s yourself", url)
}

// url is the stack's public URL.
func (l *local) url(ctx context.Context) (string, error) {
	outputs, err := l.outputs(ctx)
	if err != nil {
		return "", err
	}
	url, ok := outputs["url"].(string)
	if !ok {
		return "", errNotDeployed(l.stack)
	}
	return url, nil
}

// outputs are the stack's exports.
func (l *local) outputs(ctx context.Context) (map[string]any, error) {
	if _, err := os.Stat(l.stateDir()); err != nil {
		return nil, errNotDeployed(l.stack)
	}
	s, err := l.pulumiStack("", "")
	if err != nil {
		return nil, err
	}
	return s.Outputs(ctx)
}

func errNotDeployed(name string) error {
	return fmt.Errorf("stack %s is not deployed; `make up` deploys it", name)
}

func status(ctx context.Context, l *local, _ []string) error {
	docker := engine.Status(ctx, l.docker)
	switch {
	case docker.Running && docker.Ours:
		fmt.Printf("Docker engine  %s at %s, started here (process %d, log %s)\n", docker.Version, docker.Host, docker.PID, docker.Log)
	case docker.Running:
		fmt.Printf("Docker engine  %s at %s\n", docker.Version, docker.Host)
	default:
		fmt.Printf("Docker engine  %s\n", docker.Reason)
	}
	fmt.Printf("tool chain     %s, in %s\n", toolchain.Describe(), l.tools.Dir)
	running, err := cloud.Inspect(ctx, l.cloud)
	if err != nil {
		fmt.Printf("local cloud    %v\n", err)
		return nil
	}
	fmt.Printf("AWS API        %s (moto, process %d, ready: %v)\n", running.Front, running.Moto.PID, running.Ready)
	fmt.Printf("image registry %s, %d repositories with images\n", running.Registry, running.Repositories)
	for _, service := range running.Services {
		fmt.Printf("service        %s: %d of %d tasks running (%s, %s)\n", service.Service, service.Running, service.Desired, service.Status, service.RolloutState)
	}
	for _, api := range running.APIs {
		fmt.Printf("HTTP API       %s at %s\n", api.ID, either(api.Problem, api.URL))
	}
	fmt.Printf("daemon         process %d since %s, log %s\n", running.Process.PID, running.StartedAt.Format(time.DateTime), cloud.LogFile(l.cloud))
	return nil
}

func stop(ctx context.Context, l *local, _ []string) error {
	left := (&stack.Stack{Dir: l.stateDir()}).EndLeftRuns()
	_, err := cloud.Stop(ctx, l.cloud, os.Stderr)
	return errors.Join(left, err, engine.Stop(ctx, l.docker, sayf))
}

// shellVariable marks a shell that talks to the local cloud; the Makefile refuses to deploy to AWS from one.
const shellVariable = "SALLYPORT_SHELL"

// env prints shell commands, for `eval "$(make env)"`.
func env(_ context.Context, l *local, _ []string) error {
	region, err := l.region()
	if err != nil {
		return err
	}
	environment := l.environment(region)
	delete(environment, "PATH")
	// The user's own settings of AWS and Pulumi, such as the endpoint of one service, would go before these.
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if _, ours := environment[name]; !ours && (strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "PULUMI_")) {
			environment[name] = ""
		}
	}
	environment[shellVariable] = l.dir
	for _, key := range sorted(environment) {
		if value := environment[key]; value != "" || key == stack.Passphrase {
			fmt.Printf("export %s='%s'\n", key, strings.ReplaceAll(value, "'", `'\''`))
		} else {
			fmt.Println("unset", key)
		}
	}
	fmt.Printf("export PATH='%s':\"$PATH\"\n", l.tools.Bin())
	return nil
}

func pulumi(_ context.Context, l *local, args []string) error {
	region, err := l.region()
	if err != nil {
		return err
	}
	s, err := l.pulumiStack(region, "")
	if err != nil {
		return err
	}
	return s.Run(context.Background(), args...)
}

// withEngine runs a command with a Docker engine that none of the local clouds which the command starts has to stop.
func withEngine(ctx context.Context, l *local, args []string) error {
	if len(args) == 0 {
		return errors.New("engine takes a command to run: local engine -- COMMAND ARGUMENTS")
	}
	docker, err := engine.Ensure(ctx, l.docker, sayf)
	if err != nil {
		return err
	}
	defer docker.Close()
	cmd := exec.Command(args[0], args[1:]...) // a Ctrl-C of the terminal reaches it by itself
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = cmd.Run()
	if stopped := engine.Stop(context.WithoutCancel(ctx), l.docker, sayf); stopped != nil {
		return errors.Join(err, stopped)
	}
	return err
}

// serve is the daemon: cloud.Start starts this executable with it.
func serve(ctx context.Context, l *local, _ []string) error {
	config, inherited, err := cloud.InheritedConfig()
	if err != nil {
		return err
	}
	if !inherited {
		config = l.cloud
	}
	return cloud.Serve(ctx, config)
}

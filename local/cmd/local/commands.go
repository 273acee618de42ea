package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"sallyport/local/cloud"
	"sallyport/local/engine"
	"sallyport/local/stack"
)

func up(ctx context.Context, l *local, args []string) error {
	s, err := l.prepare(ctx, true)
	if err != nil {
		return err
	}
	if err := s.Prepare(ctx); err != nil {
		return err
	}
	if err := l.run(s, "up", append([]string{"--yes", "--skip-preview"}, args...)); err != nil {
		return err
	}
	return printOutput(ctx, s)
}

func preview(ctx context.Context, l *local, args []string) error {
	s, err := l.prepare(ctx, false)
	if err != nil {
		return err
	}
	if err := s.Prepare(ctx); err != nil {
		return err
	}
	return l.run(s, "preview", args)
}

func destroy(ctx context.Context, l *local, args []string) error {
	s, err := l.prepare(ctx, false)
	if err != nil {
		return err
	}
	if err := s.Prepare(ctx); err != nil {
		return err
	}
	return l.run(s, "destroy", append([]string{"--yes", "--skip-preview"}, args...))
}

// run hands the terminal to the CLI. The CLI reacts to SIGINT itself, so it gets no context that the same
// signal ends: a second one would make it stop in the middle of its steps.
func (l *local) run(s *stack.Stack, verb string, args []string) error {
	return s.Run(context.Background(), append([]string{verb, "--stack", l.stack}, args...)...)
}

func printURL(ctx context.Context, l *local, _ []string) error {
	if _, err := os.Stat(l.stateDir()); err != nil {
		return errNotDeployed(l.stack)
	}
	s, err := l.pulumiStack("")
	if err != nil {
		return err
	}
	return printOutput(ctx, s)
}

func printOutput(ctx context.Context, s *stack.Stack) error {
	outputs, err := s.Outputs(ctx)
	if err != nil {
		return err
	}
	url, ok := outputs["url"].(string)
	if !ok {
		return errNotDeployed(s.Name)
	}
	fmt.Println(url)
	return nil
}

func errNotDeployed(name string) error {
	return fmt.Errorf("stack %s is not deployed; `make up` deploys it", name)
}

func status(ctx context.Context, l *local, _ []string) error {
	fmt.Println(engine.Status(ctx, l.engineOptions()))
	fmt.Println(cloud.Status(ctx, l.cloud))
	return nil
}

func stop(ctx context.Context, l *local, _ []string) error {
	return errors.Join(
		cloud.Stop(ctx, l.cloud, sayf),
		engine.Stop(ctx, l.engineOptions(), sayf),
	)
}

// env prints shell commands, for `eval "$(make env)"`.
func env(_ context.Context, l *local, _ []string) error {
	environment, err := l.environment()
	if err != nil {
		return err
	}
	delete(environment, "PATH")
	for _, key := range sorted(environment) {
		fmt.Printf("export %s='%s'\n", key, strings.ReplaceAll(environment[key], "'", `'\''`))
	}
	fmt.Printf("export PATH='%s':\"$PATH\"\n", l.tools.Bin())
	return nil
}

func pulumi(ctx context.Context, l *local, args []string) error {
	s, err := l.pulumiStack("")
	if err != nil {
		return err
	}
	return s.Run(context.Background(), args...)
}

func serve(ctx context.Context, l *local, _ []string) error { return cloud.Serve(ctx, l.cloud) }

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	inspectcli "sallyport/inspect/command"
	"sallyport/local/cloud"
)

func verify(ctx context.Context, l *local, args []string) error {
	return l.look(ctx, "verify", append(l.connect(ctx), args...))
}

// connect are the arguments that lead verify to the local gateway, where the stack's URL is that of a domain: its name is
// not known here, or known as somewhere else.
func (l *local) connect(ctx context.Context) []string {
	if at := l.domainAt(ctx); at != "" {
		return []string{"-connect", at}
	}
	return nil
}

// domainAt is the local address that serves the stack's URL where that is a domain's; empty where the URL leads there by
// itself, as it does but for a domain, or there is none.
func (l *local) domainAt(ctx context.Context) string {
	outputs, err := l.outputs(ctx)
	if err != nil {
		return ""
	}
	if url, _ := outputs["url"].(string); !strings.HasPrefix(url, "https://") {
		return ""
	}
	running, err := cloud.Inspect(ctx, l.cloud)
	if err != nil {
		return ""
	}
	for _, api := range running.APIs {
		if api.ID == outputs["apiId"] && api.Problem == "" {
			return api.URL
		}
	}
	return ""
}

func why(ctx context.Context, l *local, args []string) error { return l.look(ctx, "why", args) }

// look needs a cloud that runs; the commands that deploy have one.
func (l *local) look(ctx context.Context, verb string, args []string) error {
	if _, err := os.Stat(l.stateDir()); err != nil {
		return errNotDeployed(l.stack)
	}
	if _, err := cloud.Inspect(ctx, l.cloud); err != nil {
		return fmt.Errorf("%w; `make up` starts it and deploys stack %s", err, l.stack)
	}
	return l.inspect(ctx, verb, args...)
}

// inspect runs a command that looks at a deployed stack. It takes the AWS API's address and the Pulumi CLI from its
// environment, as on AWS, and so is a process of its own.
func (l *local) inspect(ctx context.Context, verb string, args ...string) error {
	region, err := l.region()
	if err != nil {
		return err
	}
	s, err := l.pulumiStack(region, "")
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, append([]string{"inspect", verb, "-stack", l.stack}, args...)...)
	cmd.Dir, cmd.Env = l.project, s.Environ()
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	return cmd.Run()
}

// inspectProcess is what inspect starts.
func inspectProcess(ctx context.Context, _ *local, args []string) error {
	os.Exit(inspectcli.Run(ctx, args, os.Stdout, os.Stderr))
	return nil
}

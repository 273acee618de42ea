package toolchain

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// every is how often a build in progress reports how far it is.
const every = 20 * time.Second

// build runs go build and counts the packages that it compiles against all that the binary is made of.
func (t Toolchain) build(ctx context.Context, goBin string, b binary, progress Progress) error {
	list := exec.CommandContext(ctx, goBin, "list", "-deps", b.pkg)
	list.Dir = t.Source
	deps, err := list.Output()
	if err != nil {
		return commandError("go list", err)
	}
	total := strings.Count(string(deps), "\n")

	cmd := exec.CommandContext(ctx, goBin, "build", "-v",
		// The Automation API, and so every tool around the CLI, refuses a CLI without a version.
		"-ldflags", "-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version="+PulumiVersion,
		"-o", t.path(b), b.pkg)
	cmd.Dir = t.Source
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	said, compiled := report(stderr, total, progress)
	if err := cmd.Wait(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("go build %s: %w\n%s", b.pkg, err, said)
	}
	if compiled > 0 {
		progress("tool chain: %s is built", b.name)
	}
	return nil
}

// report reads go build's output: a line for each package that it starts to compile, and whatever went wrong.
func report(r io.Reader, total int, progress Progress) (said string, compiled int) {
	var other []string
	last := time.Now()
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if strings.ContainsAny(line, " \t:") {
			if !strings.HasPrefix(line, "go: downloading") {
				other = append(other, line)
			}
		} else {
			compiled++
		}
		if time.Since(last) > every {
			last = time.Now()
			progress("tool chain: %d packages compiled; %d are needed, those in Go's build cache included", compiled, total)
		}
	}
	return strings.Join(other, "\n"), compiled
}

func commandError(what string, err error) error {
	if exit, ok := err.(*exec.ExitError); ok {
		return fmt.Errorf("%s: %w\n%s", what, err, strings.TrimSpace(string(exit.Stderr)))
	}
	return fmt.Errorf("%s: %w", what, err)
}

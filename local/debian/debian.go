// Package debian installs packages of Debian, and of systems derived from it.
package debian

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Distribution returns ID and ID_LIKE of an os-release file, ID first.
func Distribution(release []byte) []string {
	return append([]string{ReleaseValue(release, "ID")}, strings.Fields(ReleaseValue(release, "ID_LIKE"))...)
}

// ReleaseValue returns one value of an os-release file.
func ReleaseValue(release []byte, key string) string {
	for line := range strings.Lines(string(release)) {
		if k, v, _ := strings.Cut(strings.TrimSpace(line), "="); k == key {
			return strings.Trim(v, `"'`)
		}
	}
	return ""
}

// Progress tells a person what is going on.
type Progress = func(format string, args ...any)

// Install brings in packages, what they are for in one word or two. It needs root on Debian or a system derived from it, and
// refreshes the package lists only where they turn out to be missing or out of date: that is the slow part.
func Install(ctx context.Context, progress Progress, what string, packages ...string) error {
	progress("installing %s from Debian's packages: %s (first time only, about half a minute)", what, strings.Join(packages, ", "))
	install := append([]string{"install", "--yes", "--no-install-recommends"}, packages...)
	if err := aptGet(ctx, progress, install...); err == nil {
		return nil
	}
	progress("refreshing the package lists")
	if err := aptGet(ctx, progress, "update"); err != nil {
		return err
	}
	return aptGet(ctx, progress, install...)
}

func aptGet(ctx context.Context, progress Progress, args ...string) error {
	cmd := exec.CommandContext(ctx, "apt-get", append([]string{"-o", "DPkg::Lock::Timeout=120"}, args...)...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	EndGently(cmd)
	var tail Tail
	cmd.Stderr = &tail
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("apt-get: %w", err)
	}
	Watch(out, &tail, progress)
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("apt-get %s: %w: %s", args[0], err, tail.String())
	}
	return nil
}

// Watch passes on what a package tool is busy with, at most every few seconds.
func Watch(out io.Reader, tail *Tail, progress Progress) {
	last := time.Now()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		fmt.Fprintln(tail, lines.Text())
		if time.Since(last) > 4*time.Second {
			last = time.Now()
			progress("  %s", strings.TrimSuffix(strings.TrimSpace(lines.Text()), " ..."))
		}
	}
}

// EndGently lets a cancelled command and its children clean up behind
// themselves: a package tool that is killed leaves locks and mounts.
func EndGently(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
}

// Tail keeps the end of an output, for error messages.
type Tail struct{ bytes.Buffer }

const tailBytes = 1000

func (t *Tail) String() string {
	b := bytes.TrimSpace(t.Bytes())
	if len(b) > tailBytes {
		b = b[len(b)-tailBytes:]
	}
	return string(b)
}

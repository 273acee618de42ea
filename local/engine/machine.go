package engine

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// machine is what decides how an engine gets onto this machine.
type machine struct {
	os         string   // runtime.GOOS
	ids        []string // ID and ID_LIKE of /etc/os-release
	root       bool
	systemd    bool // systemd is the init system, so services are its business
	hasDockerd bool
}

func thisMachine() machine {
	m := machine{os: runtime.GOOS, root: os.Geteuid() == 0, hasDockerd: dockerdPath() != ""}
	if b, err := os.ReadFile("/etc/os-release"); err == nil {
		m.ids = distribution(b)
	}
	if fi, err := os.Stat("/run/systemd/system"); err == nil {
		m.systemd = fi.IsDir()
	}
	return m
}

// distribution returns ID and ID_LIKE of an os-release file, ID first.
func distribution(release []byte) []string {
	return append([]string{releaseValue(release, "ID")}, strings.Fields(releaseValue(release, "ID_LIKE"))...)
}

// releaseValue returns one value of an os-release file.
func releaseValue(release []byte, key string) string {
	for line := range strings.Lines(string(release)) {
		if k, v, _ := strings.Cut(strings.TrimSpace(line), "="); k == key {
			return strings.Trim(v, `"'`)
		}
	}
	return ""
}

func (m machine) debian() bool { return slices.Contains(m.ids, "debian") }

// canStart tells whether Ensure may bring up an engine by itself.
func (m machine) canStart() bool {
	if m.os != "linux" || !m.root {
		return false
	}
	if m.hasDockerd {
		return !m.systemd
	}
	return m.debian()
}

// notAnswering turns the failure of a socket into what the person at this
// machine can do about it.
func notAnswering(m machine, socket string, err error) error {
	next := "install Docker Engine (https://docs.docker.com/engine/install/), start it, and repeat"
	switch {
	case m.os == "darwin":
		next = "start Docker Desktop (or OrbStack, or `colima start`), and repeat; " +
			"where none is installed: https://docs.docker.com/desktop/setup/install/mac-install/"
	case errors.Is(err, os.ErrPermission) || strings.Contains(err.Error(), "permission denied"):
		next = "your user may not use it: run `sudo usermod -aG docker $USER`, log in again, and repeat"
	case m.hasDockerd && m.systemd:
		next = "it is installed but stopped: run `sudo systemctl start docker`, and repeat"
	case m.hasDockerd && !m.root:
		next = "it is installed but stopped: start it as root (`sudo service docker start`), and repeat"
	case m.hasDockerd:
		next = "it is installed but stopped: run `make up`, which starts it, or start dockerd yourself"
	case m.debian() && !m.root:
		next = "run `sudo apt-get install docker.io && sudo usermod -aG docker $USER`, log in again, and repeat"
	case m.debian():
		next = "run `make up`, which installs it, or `apt-get install docker.io`"
	}
	return fmt.Errorf("the Docker engine does not answer at %s: %w; %s", socket, err, next)
}

// install brings in Debian packages. It refreshes the package lists only where
// they turn out to be missing or out of date: that is the slow part.
func (m machine) install(ctx context.Context, progress Progress, what string, packages ...string) error {
	if !m.root || !m.debian() {
		return fmt.Errorf("%s is missing: install the packages %s and repeat", what, strings.Join(packages, ", "))
	}
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
	endGently(cmd)
	var tail tail
	cmd.Stderr = &tail
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("apt-get: %w", err)
	}
	watch(out, &tail, progress)
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("apt-get %s: %w: %s", args[0], err, tail.String())
	}
	return nil
}

// watch passes on what a package tool is busy with, at most every few seconds.
func watch(out io.Reader, tail *tail, progress Progress) {
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

// endGently lets a cancelled command and its children clean up behind
// themselves: a package tool that is killed leaves locks and mounts.
func endGently(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
}

// tail keeps the end of an output, for error messages.
type tail struct{ bytes.Buffer }

const tailBytes = 1000

func (t *tail) String() string {
	b := bytes.TrimSpace(t.Bytes())
	if len(b) > tailBytes {
		b = b[len(b)-tailBytes:]
	}
	return string(b)
}

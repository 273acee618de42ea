package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"sallyport/local/debian"
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
		m.ids = debian.Distribution(b)
	}
	if fi, err := os.Stat("/run/systemd/system"); err == nil {
		m.systemd = fi.IsDir()
	}
	return m
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

// install brings in Debian packages.
func (m machine) install(ctx context.Context, progress Progress, what string, packages ...string) error {
	if !m.root || !m.debian() {
		return fmt.Errorf("%s is missing: install the packages %s and repeat", what, strings.Join(packages, ", "))
	}
	return debian.Install(ctx, progress, what, packages...)
}

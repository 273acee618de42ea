//go:build unix && !linux

package process

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

func ps(pid int, column string) string {
	out, _ := exec.Command("ps", "-o", column+"=", "-p", strconv.Itoa(pid)).Output()
	return strings.TrimSpace(string(out))
}

func startOf(pid int) (string, error) {
	if strings.HasPrefix(ps(pid, "stat"), "Z") {
		return "", os.ErrProcessDone
	}
	started := ps(pid, "lstart")
	if started == "" {
		return "", errors.New("no such process")
	}
	return started, nil
}

// Command returns the command line of a process, for people to read; empty when it can't be read.
func Command(pid int) string { return ps(pid, "command") }

// WithEnvironment finds nothing on this system, which does not show another process's environment.
func WithEnvironment(name, value string) []Identity { return nil }

// DieWithParent does nothing on this system, which has no such facility.
func DieWithParent(*syscall.SysProcAttr) {}

// Holder returns the process that listens on a TCP port of this machine; 0 when none does or when it can't be seen.
func Holder(port int) int {
	out, _ := exec.Command("lsof", "-nP", "-t", "-sTCP:LISTEN", "-iTCP:"+strconv.Itoa(port)).Output()
	pid, _ := strconv.Atoi(strings.SplitN(strings.TrimSpace(string(out)), "\n", 2)[0])
	return pid
}

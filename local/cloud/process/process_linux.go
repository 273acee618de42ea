package process

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// startOf reads the start time in clock ticks since boot: field 22 of /proc/PID/stat, see proc(5). The boot id makes
// it unique beyond a reboot.
func startOf(pid int) (string, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", err
	}
	// The second field is the command in parentheses and may hold anything; the others count from the last one.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 20 {
		return "", errors.New("unreadable /proc stat")
	}
	if fields[0] == "Z" || fields[0] == "X" {
		return "", os.ErrProcessDone
	}
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(boot)) + "/" + fields[19], nil
}

// Command returns the command line of a process, for people to read; empty when it can't be read.
func Command(pid int) string {
	line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return strings.TrimSpace(string(bytes.ReplaceAll(line, []byte{0}, []byte{' '})))
}

// WithEnvironment finds the running processes that were started with this variable set to this value.
func WithEnvironment(name, value string) []Identity {
	entry := []byte(name + "=" + value)
	var found []Identity
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		environ, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for _, variable := range bytes.Split(environ, []byte{0}) {
			if !bytes.Equal(variable, entry) {
				continue
			}
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			if id, err := Identify(pid); err == nil {
				found = append(found, id)
			}
		}
	}
	return found
}

// DieWithParent makes the kernel end the process when the thread that starts it ends, so that a killed daemon leaves
// nothing behind. The caller must lock its goroutine to its thread for as long as the process is to live.
func DieWithParent(attributes *syscall.SysProcAttr) { attributes.Pdeathsig = syscall.SIGKILL }

// Holder returns the process that listens on a TCP port of this machine; 0 when none does or when it can't be seen
// (another user's process).
func Holder(port int) int {
	sockets := map[string]bool{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		content, _ := os.ReadFile(table)
		for _, line := range strings.Split(string(content), "\n") {
			f := strings.Fields(line)
			const listening = "0A"
			if len(f) > 9 && f[3] == listening && strings.HasSuffix(f[1], fmt.Sprintf(":%04X", port)) {
				sockets["socket:["+f[9]+"]"] = true
			}
		}
	}
	if len(sockets) == 0 {
		return 0
	}
	descriptors, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, descriptor := range descriptors {
		if target, err := os.Readlink(descriptor); err == nil && sockets[target] {
			pid, _ := strconv.Atoi(strings.Split(descriptor, "/")[2])
			return pid
		}
	}
	return 0
}

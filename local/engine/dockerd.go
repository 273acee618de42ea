package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// startTimeout is how long dockerd may take before it answers. It took 2 s
	// where this was written; restoring many containers takes longer.
	startTimeout = time.Minute
	// stopTimeout is longer than dockerd's own: it gives every container 10 s
	// and itself 15 s (`dockerd --shutdown-timeout`).
	stopTimeout = 40 * time.Second
)

// dockerd is an engine that we started. PID and Started together name one
// process: a number alone is soon given to another.
type dockerd struct {
	PID     int    `json:"pid"`
	Started string `json:"started"` // clock ticks since boot, field 22 of /proc/PID/stat
	Boot    string `json:"boot"`    // the kernel's boot id: ticks start again at each boot

	dir string
}

func (d dockerd) log() string     { return filepath.Join(d.dir, "dockerd.log") }
func (d dockerd) pidFile() string { return filepath.Join(d.dir, "dockerd.pid") }
func (d dockerd) record() string  { return filepath.Join(d.dir, "dockerd.json") }

// ownDockerd reads the record of the engine that we started. Where there is
// none, or it can't be read, the result is not running.
func ownDockerd(dir string) dockerd {
	d := dockerd{}
	if b, err := os.ReadFile(dockerd{dir: dir}.record()); err == nil {
		_ = json.Unmarshal(b, &d)
	}
	d.dir = dir
	return d
}

// running tells whether the recorded process lives and is the very one that we
// started.
func (d dockerd) running() bool {
	if d.PID <= 0 || d.Boot != bootID() {
		return false
	}
	p, err := readProcess(d.PID)
	return err == nil && p.started == d.Started && p.name == "dockerd" && !p.dead()
}

func (d dockerd) forget() error {
	for _, f := range []string{d.record(), d.pidFile()} {
		if err := os.Remove(f); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// start runs dockerd in a session of its own, so that it outlives us, and waits
// until it answers.
func start(ctx context.Context, dir string, progress Progress) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	path := dockerdPath()
	progress("starting the Docker engine (log: %s)", filepath.Join(dir, "dockerd.log"))
	// The engine outlives this command by far: what is meant for the latter, credentials among it, is not for the engine.
	env := slices.DeleteFunc(os.Environ(), func(pair string) bool {
		return strings.HasPrefix(pair, "AWS_") || strings.HasPrefix(pair, "PULUMI_") || strings.HasPrefix(pair, "SALLYPORT_")
	})
	var args []string
	// Each way around is tried once: what a machine lacks, its log says.
	for range 3 {
		said, err := startOnce(ctx, dir, path, env, args, progress)
		if err == nil {
			return nil
		}
		switch {
		case strings.Contains(said, "iptables") && legacyIptables(dir) != "" && !legacyInUse(env, dir):
			progress("  this kernel has no nf_tables: using iptables-legacy")
			env = append(env, "PATH="+legacyIptables(dir)+string(os.PathListSeparator)+os.Getenv("PATH"))
		case strings.Contains(said, "error initializing graphdriver") && len(args) == 0:
			progress("  no overlay file system here: using the storage driver vfs, which is slow and needs more room")
			args = []string{"--storage-driver=vfs"}
		default:
			return err
		}
	}
	return fmt.Errorf("dockerd did not start; its log is %s", filepath.Join(dir, "dockerd.log"))
}

// startOnce returns what dockerd said, for the next attempt.
func startOnce(ctx context.Context, dir, path string, env, args []string, progress Progress) (string, error) {
	d := dockerd{dir: dir}
	if err := d.forget(); err != nil {
		return "", err
	}
	log, err := os.Create(d.log())
	if err != nil {
		return "", err
	}
	defer log.Close()
	cmd := exec.Command(path, append([]string{"--pidfile", d.pidFile()}, args...)...)
	cmd.Env = env
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return "", fmt.Errorf("dockerd: %w", err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()

	d.PID, d.Boot = cmd.Process.Pid, bootID()
	if p, err := readProcess(d.PID); err == nil {
		d.Started = p.started
	}
	b, err := json.Marshal(d)
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(d.record(), b, 0o644); err != nil {
		return "", err
	}

	begin, said := time.Now(), func() string { b, _ := os.ReadFile(d.log()); return string(b) }
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			_ = d.stop(context.WithoutCancel(ctx))
			_ = d.forget()
			return said(), ctx.Err()
		case err := <-exited:
			_ = d.forget()
			return said(), fmt.Errorf("dockerd ended at once (%v); the end of its log, %s:\n%s", err, d.log(), lastLines(said(), 5))
		case <-tick.C:
		}
		if e, err := Find(ctx); err == nil {
			_ = e.Close()
			return said(), nil
		}
		if time.Since(begin) > startTimeout {
			_ = d.stop(ctx)
			_ = d.forget()
			return said(), fmt.Errorf("dockerd does not answer after %s; the end of its log, %s:\n%s", startTimeout, d.log(), lastLines(said(), 5))
		}
		if n%25 == 0 {
			progress("  waiting for it to answer: %d s", int(time.Since(begin).Seconds()))
		}
	}
}

// stop asks dockerd to end and waits until it and all that it started is gone.
func (d dockerd) stop(ctx context.Context) error {
	family := descendants(d.PID)
	if err := syscall.Kill(d.PID, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	if err := awaitEnd(ctx, stopTimeout, family); err == nil {
		return nil
	}
	// What is left holds on to a file system or to a dead device: it was ours.
	for _, p := range family {
		if p.same() {
			_ = syscall.Kill(p.pid, syscall.SIGKILL)
		}
	}
	return awaitEnd(ctx, 5*time.Second, family)
}

func awaitEnd(ctx context.Context, limit time.Duration, family []process) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		left := 0
		for _, p := range family {
			if p.same() {
				left++
			}
		}
		if left == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of its processes did not end: %w", left, ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// process is one line of /proc/PID/stat, as far as we need it.
type process struct {
	pid, parent int
	name        string
	state       string
	started     string
}

func readProcess(pid int) (process, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return process{}, err
	}
	// The name stands in brackets and may itself hold spaces and brackets.
	from, to := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if from < 0 || to < from {
		return process{}, fmt.Errorf("/proc/%d/stat: no process name", pid)
	}
	f := strings.Fields(string(b[to+1:]))
	if len(f) < 20 {
		return process{}, fmt.Errorf("/proc/%d/stat: %d fields", pid, len(f))
	}
	parent, _ := strconv.Atoi(f[1])
	return process{pid: pid, parent: parent, name: string(b[from+1 : to]), state: f[0], started: f[19]}, nil
}

// dead is true for a process that ended and only waits for its parent to look.
func (p process) dead() bool { return p.state == "Z" || p.state == "X" }

// same tells whether the process still lives.
func (p process) same() bool {
	now, err := readProcess(p.pid)
	return err == nil && now.started == p.started && !now.dead()
}

// descendants returns the process and all below it.
func descendants(pid int) []process {
	children := map[int][]process{}
	entries, _ := os.ReadDir("/proc")
	var list []process
	for _, e := range entries {
		n, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		p, err := readProcess(n)
		if err != nil {
			continue
		}
		if n == pid {
			list = append(list, p)
		}
		children[p.parent] = append(children[p.parent], p)
	}
	for i := 0; i < len(list); i++ {
		list = append(list, children[list[i].pid]...)
	}
	return list
}

func bootID() string {
	b, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return string(bytes.TrimSpace(b))
}

func dockerdPath() string {
	for _, p := range []string{"dockerd", "/usr/sbin/dockerd", "/usr/bin/dockerd", "/usr/local/bin/dockerd"} {
		if path, err := exec.LookPath(p); err == nil {
			return path
		}
	}
	return ""
}

// legacyIptables makes a folder in which `iptables` is iptables-legacy, so that
// one process can use it without a change to the machine. Empty where there is
// no iptables-legacy.
func legacyIptables(dir string) string {
	bin := filepath.Join(dir, "iptables-legacy")
	for _, name := range []string{"iptables", "ip6tables"} {
		legacy := "/usr/sbin/" + name + "-legacy"
		if _, err := os.Stat(legacy); err != nil {
			return ""
		}
		if err := os.MkdirAll(bin, 0o755); err != nil {
			return ""
		}
		if err := os.Symlink(legacy, filepath.Join(bin, name)); err != nil && !errors.Is(err, fs.ErrExist) {
			return ""
		}
	}
	return bin
}

func legacyInUse(env []string, dir string) bool {
	return strings.HasPrefix(env[len(env)-1], "PATH="+filepath.Join(dir, "iptables-legacy"))
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

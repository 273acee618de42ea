package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// A script that is called dockerd stands for the engine here: these tests show
// whom we start and whom we end, not that Docker runs.

func TestStop(t *testing.T) {
	linuxOnly(t)

	t.Run("a process that has taken over the number of a stale record is left alone", func(t *testing.T) {
		dir, bin := t.TempDir(), t.TempDir()
		script(t, bin, "read")
		namesake := mustRead(t, run(t, exec.Command(filepath.Join(bin, "dockerd"))))
		other := mustRead(t, run(t, exec.Command("sleep", "60")))
		for what, d := range map[string]dockerd{
			"another start": {PID: namesake.pid, Started: "1", Boot: bootID()},
			"another boot":  {PID: namesake.pid, Started: namesake.started, Boot: "before"},
			"another name":  {PID: other.pid, Started: other.started, Boot: bootID()},
			"no record":     {},
		} {
			write(t, dir, d)
			if err := Stop(t.Context(), Options{Dir: dir}, silent); err != nil {
				t.Errorf("%s: %v", what, err)
			}
			if !namesake.same() || !other.same() {
				t.Fatalf("%s: the bystander was ended", what)
			}
			if _, err := os.Stat(filepath.Join(dir, "dockerd.json")); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: the stale record is still there: %v", what, err)
			}
		}
	})
	t.Run("our own engine and its children are gone when Stop returns", func(t *testing.T) {
		dir := t.TempDir()
		script(t, dir, "sleep 60 & child=$!\ntrap 'kill $child; exit' TERM\necho started\nwait")
		pid := run(t, exec.Command(filepath.Join(dir, "dockerd")))
		write(t, dir, dockerd{PID: pid, Started: mustRead(t, pid).started, Boot: bootID()})
		var family []process
		for len(family) < 2 { // until the script has its child
			family = descendants(pid)
		}
		running := `[{"Id":"1","Names":["/someone-s"]}]`
		fakeEngine(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, running)
		})
		if s := Status(t.Context(), Options{Dir: dir}); !s.Ours || s.PID != pid {
			t.Errorf("Status: %+v", s)
		}
		var said string
		if err := Stop(t.Context(), Options{Dir: dir}, func(format string, args ...any) { said = fmt.Sprintf(format, args...) }); err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("the Docker engine (pid %d) goes on, since containers run in it that are not of this local cloud: someone-s", pid); said != want || !family[0].same() {
			t.Errorf("with containers in it: %q, want %q; it runs: %v", said, want, family[0].same())
		}
		running = "[]"
		if err := Stop(t.Context(), Options{Dir: dir}, silent); err != nil {
			t.Fatal(err)
		}
		for _, p := range family {
			if p.same() {
				t.Errorf("%s (%d) still runs", p.name, p.pid)
			}
		}
		if err := Stop(t.Context(), Options{Dir: dir}, silent); err != nil {
			t.Errorf("a second Stop: %v", err)
		}
	})
}

func TestStart(t *testing.T) {
	linuxOnly(t)

	t.Run("an engine that ends at once shows the end of its log", func(t *testing.T) {
		dir := t.TempDir()
		script(t, dir, "echo 'failed to start daemon: no room on the device'; exit 1")
		t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
		t.Setenv("DOCKER_HOST", "unix://"+filepath.Join(dir, "none.sock"))
		err := start(t.Context(), dir, silent)
		if err == nil || !strings.Contains(err.Error(), "dockerd ended at once") || !strings.Contains(err.Error(), "no room on the device") {
			t.Errorf("%v", err)
		}
		if ownDockerd(dir).PID != 0 {
			t.Error("the record is still there")
		}
	})
	t.Run("without an overlay file system vfs is tried", func(t *testing.T) {
		dir := t.TempDir()
		script(t, dir, `echo "$@" >> `+dir+`/args; echo 'error initializing graphdriver: driver not supported'; exit 1`)
		t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
		t.Setenv("DOCKER_HOST", "unix://"+filepath.Join(dir, "none.sock"))
		if err := start(t.Context(), dir, silent); err == nil {
			t.Fatal("it started")
		}
		pid := "--pidfile " + filepath.Join(dir, "dockerd.pid")
		b, _ := os.ReadFile(filepath.Join(dir, "args"))
		if got := string(b); got != pid+"\n"+pid+" --storage-driver=vfs\n" {
			t.Errorf("called with\n%s", got)
		}
	})
	t.Run("an engine that answers is remembered as ours, in a session of its own", func(t *testing.T) {
		dir := t.TempDir()
		script(t, dir, "exec -a dockerd sleep 60")
		t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
		fakeEngine(t, nil)
		if err := start(t.Context(), dir, silent); err != nil {
			t.Fatal(err)
		}
		d := ownDockerd(dir)
		t.Cleanup(func() { kill(d.PID) })
		b, _ := os.ReadFile("/proc/" + strconv.Itoa(d.PID) + "/stat")
		fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
		if d.PID == 0 || fields[3] != strconv.Itoa(d.PID) { // field 6: the session
			t.Errorf("record %+v, stat %s", d, b)
		}
	})
}

func silent(string, ...any) {}

func linuxOnly(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("we start an engine on Linux only")
	}
}

func script(t *testing.T, dir, body string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "dockerd"), []byte("#!/bin/bash\n"+body+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	// A script can wait for its input without a child that would outlive it.
	input, hold, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hold.Close(); _ = input.Close() })
	cmd.Stdin = input
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }()
	t.Cleanup(func() { kill(cmd.Process.Pid); <-done })
	return cmd.Process.Pid
}

func mustRead(t *testing.T, pid int) process {
	t.Helper()
	p, err := readProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func kill(pid int) {
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Kill()
	}
}

func write(t *testing.T, dir string, d dockerd) {
	t.Helper()
	b, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "dockerd.json"), b, 0o644); err != nil {
		t.Fatal(err)
	}
}

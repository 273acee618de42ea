package cloud_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"sallyport/local/cloud"
	"sallyport/local/cloud/moto"
	"sallyport/local/cloud/process"
)

func TestDaemon(t *testing.T) {
	cfg := configure(t)
	first, said := start(t, cfg)
	if said != "Starting the local cloud\n" {
		t.Errorf("said %q", said)
	}

	t.Run("the record names the process, the content and the settings", func(t *testing.T) {
		content, err := os.ReadFile(filepath.Join(cfg.Dir, "cloud.json"))
		if err != nil {
			t.Fatal(err)
		}
		var recorded cloud.Status
		if err := json.Unmarshal(content, &recorded); err != nil {
			t.Fatal(err)
		}
		if recorded.ID != first.ID || recorded.Process != first.Process || recorded.Moto != first.Moto || recorded.Config != first.Config {
			t.Errorf("recorded %+v, running %+v", recorded, first)
		}
	})
	t.Run("starting it again keeps it", func(t *testing.T) {
		again, said := start(t, cfg)
		if again.Process != first.Process || again.ID != first.ID || said != "" {
			t.Errorf("first %v %s, again %v %s, said %q", first.Process, first.ID, again.Process, again.ID, said)
		}
	})
	t.Run("a moto that dies is started again, and the content has another id", func(t *testing.T) {
		kill(t, first.Moto.PID)
		revived := eventually(t, cfg, func(s cloud.Status) bool { return s.Ready && s.Moto.PID != first.Moto.PID })
		if revived.ID == first.ID || revived.Moto.Restarts != 1 || revived.Process != first.Process {
			t.Errorf("before %+v, after %+v", first, revived)
		}
	})
	t.Run("other settings replace it, and it says so", func(t *testing.T) {
		changed := cfg
		changed.Faults = false
		before, _ := start(t, cfg)
		after, said := start(t, changed)
		if after.Process == before.Process || after.ID == before.ID || before.Process.Alive() || before.Moto.Alive() {
			t.Errorf("before %+v, after %+v", before, after)
		}
		want := fmt.Sprintf("The running local cloud (process %d) has other settings: it is replaced, and its content is lost.\nStarting the local cloud\n", before.Process.PID)
		if said != want {
			t.Errorf("said %q, want %q", said, want)
		}
		cfg = changed
	})
	t.Run("a killed daemon takes moto with it, and the next start heals", func(t *testing.T) {
		before, _ := start(t, cfg)
		kill(t, before.Process.PID)
		wait(t, "moto to end with its daemon", func() bool { return !before.Moto.Alive() })
		after, said := start(t, cfg)
		if after.ID == before.ID {
			t.Error("the content is lost, its id is not")
		}
		if want := "The local cloud was ended from outside; it starts again, empty.\nStarting the local cloud\n"; said != want {
			t.Errorf("said %q, want %q", said, want)
		}
	})
	t.Run("a daemon that does not answer is replaced", func(t *testing.T) {
		before, _ := start(t, cfg)
		if err := syscall.Kill(before.Process.PID, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		wait(t, "the daemon to be silent", func() bool { _, err := cloud.Inspect(t.Context(), cfg); return err != nil })
		after, said := start(t, cfg)
		if after.Process == before.Process || before.Process.Alive() || before.Moto.Alive() {
			t.Errorf("before %+v, after %+v", before, after)
		}
		if !strings.Contains(said, fmt.Sprintf("The running local cloud (process %d) does not answer: it is replaced", before.Process.PID)) {
			t.Errorf("said %q", said)
		}
	})
	t.Run("a daemon whose folder was deleted is found, and replaced", func(t *testing.T) {
		before, _ := start(t, cfg)
		if err := os.RemoveAll(cfg.Dir); err != nil {
			t.Fatal(err)
		}
		found, err := cloud.Inspect(t.Context(), cfg)
		if err != nil || found.Process != before.Process {
			t.Errorf("found %+v, error %v", found, err)
		}
		after, said := start(t, cfg)
		if before.Process.Alive() || after.Process == before.Process || !strings.Contains(said, "has lost its folder: it is replaced") {
			t.Errorf("before %+v, after %+v, said %q", before, after, said)
		}
	})
	t.Run("a daemon that is frozen, and whose folder was deleted, is ended by stop", func(t *testing.T) {
		if runtime.GOOS != "linux" {
			t.Skip("only Linux shows which process was started by whom")
		}
		before, _ := start(t, cfg)
		if err := errors.Join(syscall.Kill(before.Process.PID, syscall.SIGSTOP), os.RemoveAll(cfg.Dir)); err != nil {
			t.Fatal(err)
		}
		wait(t, "the daemon to be silent", func() bool { _, err := cloud.Inspect(t.Context(), cfg); return err != nil })
		if _, err := cloud.Stop(t.Context(), cfg, &bytes.Buffer{}); err != nil {
			t.Fatal(err)
		}
		if before.Process.Alive() || before.Moto.Alive() {
			t.Errorf("daemon alive %v, moto alive %v", before.Process.Alive(), before.Moto.Alive())
		}
		wait(t, "its port to be free", func() bool {
			listener, err := net.Listen("tcp", cfg.FrontAddr)
			if err == nil {
				_ = listener.Close()
			}
			return err == nil
		})
		start(t, cfg)
	})
	t.Run("stop leaves nothing running", func(t *testing.T) {
		before, err := cloud.Inspect(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		stopped, err := cloud.Stop(t.Context(), cfg, &said)
		if err != nil || !stopped {
			t.Errorf("stopped %v, error %v", stopped, err)
		}
		if before.Process.Alive() || before.Moto.Alive() {
			t.Errorf("daemon alive %v, moto alive %v", before.Process.Alive(), before.Moto.Alive())
		}
		for _, address := range []string{cfg.FrontAddr, cfg.RegistryAddr} {
			listener, err := net.Listen("tcp", address)
			if err != nil {
				t.Error(err)
				continue
			}
			_ = listener.Close()
		}
		if _, err := cloud.Inspect(t.Context(), cfg); !errors.Is(err, cloud.ErrNotRunning) {
			t.Errorf("error %v", err)
		}
		if stopped, err := cloud.Stop(t.Context(), cfg, &said); stopped || err != nil {
			t.Errorf("second stop: %v, %v", stopped, err)
		}
	})
}

func TestMotoBehindAWrapper(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux shows which process was started by whom")
	}
	cfg := configure(t)
	server, err := moto.Find(t.Context(), cfg.Dir, os.Stderr)
	if err != nil {
		t.Skip(err)
	}
	// A wrapper that stays: the signal that the kernel sends it when the daemon is killed does not reach moto.
	cfg.MotoServer = filepath.Join(t.TempDir(), "moto_server")
	if err := os.WriteFile(cfg.MotoServer, []byte("#!/bin/sh\n"+server+" \"$@\"\nexit $?\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	before, _ := start(t, cfg)
	kill(t, before.Process.PID)
	wait(t, "the wrapper to end with the daemon", func() bool { return !before.Moto.Alive() })
	left := process.WithEnvironment(moto.Marker, cfg.Dir)
	if len(left) != 1 {
		t.Fatalf("left behind: %v, want moto alone", left)
	}
	t.Run("what a killed daemon left behind is ended by the next start", func(t *testing.T) {
		after, _ := start(t, cfg)
		if left[0].Alive() || !after.Moto.Alive() {
			t.Errorf("old moto alive %v, new %v", left[0].Alive(), after.Moto.Alive())
		}
	})
	t.Run("stop ends moto and the wrapper", func(t *testing.T) {
		if _, err := cloud.Stop(t.Context(), cfg, &bytes.Buffer{}); err != nil {
			t.Fatal(err)
		}
		if left := process.WithEnvironment(moto.Marker, cfg.Dir); len(left) != 0 {
			t.Errorf("left behind: %v", left)
		}
	})
}

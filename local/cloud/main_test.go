package cloud_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"sallyport/local/cloud"
	"sallyport/local/cloud/moto"
	"sallyport/local/cloud/process"
)

// TestMain lets the test's own executable be the daemon, as the command is outside of tests.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		cfg, inherited, err := cloud.InheritedConfig()
		if err == nil && inherited {
			err = cloud.Serve(context.Background(), cfg)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// configure returns a cloud of the test's own, beside the user's, and stops it at the end.
func configure(t *testing.T) cloud.Config {
	t.Helper()
	dir := t.TempDir()
	cfg := cloud.Config{Dir: filepath.Join(dir, "cloud"), RegistryDir: filepath.Join(dir, "registry"), Faults: true}
	var listeners []net.Listener
	for range 3 {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listeners = append(listeners, listener)
	}
	cfg.FrontAddr, cfg.RegistryAddr = listeners[0].Addr().String(), listeners[1].Addr().String()
	cfg.GatewayPort = listeners[2].Addr().(*net.TCPAddr).Port
	for _, listener := range listeners {
		_ = listener.Close()
	}
	t.Cleanup(func() {
		if _, err := cloud.Stop(context.Background(), cfg, &bytes.Buffer{}); err != nil {
			t.Error(err)
		}
		if left := process.WithEnvironment(moto.Marker, cfg.Dir); len(left) > 0 {
			t.Errorf("still running after Stop: %v", left)
		}
	})
	if _, err := moto.Find(context.Background(), filepath.Join(dir, "cloud"), os.Stderr); err != nil {
		t.Skip(err)
	}
	return cfg
}

func start(t *testing.T, cfg cloud.Config) (cloud.Status, string) {
	t.Helper()
	var said bytes.Buffer
	status, err := cloud.Start(t.Context(), cfg, &said)
	if err != nil {
		t.Fatal(err)
	}
	return status, said.String()
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, cfg cloud.Config, good func(cloud.Status) bool) (status cloud.Status) {
	t.Helper()
	wait(t, "the wanted status", func() (ok bool) {
		var err error
		status, err = cloud.Inspect(t.Context(), cfg)
		return err == nil && good(status)
	})
	return status
}

// wait waits for something that must come, for as long as a slow machine may need.
func wait(t *testing.T, what string, done func() bool) {
	t.Helper()
	for range 600 {
		if done() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("waited in vain for " + what)
}

package cloud_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sallyport/local/cloud"
)

func TestStartRefuses(t *testing.T) {
	t.Run("a port that is in use, with who has it and what to do", func(t *testing.T) {
		cfg := configure(t)
		listener, err := net.Listen("tcp", cfg.RegistryAddr)
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		_, err = cloud.Start(t.Context(), cfg, &bytes.Buffer{})
		want := fmt.Sprintf("local cloud: listen tcp %s: bind: address already in use (process %d has the port: %s", cfg.RegistryAddr, os.Getpid(), os.Args[0])
		if err == nil || !strings.HasPrefix(err.Error(), want) || !strings.HasSuffix(err.Error(), "): stop that program, or set SALLYPORT_REGISTRY_ADDR to another loopback address and port") {
			t.Errorf("error %v, want %s…", err, want)
		}
	})
	t.Run("a moto_server that ends at once, with its last words", func(t *testing.T) {
		cfg := configure(t)
		cfg.MotoServer = filepath.Join(t.TempDir(), "moto_server")
		if err := os.WriteFile(cfg.MotoServer, []byte("#!/bin/sh\necho no module named moto >&2\nexit 3\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		_, err := cloud.Start(t.Context(), cfg, &bytes.Buffer{})
		want := "local cloud: it ended while it started:\nlocal cloud: moto: " + cfg.MotoServer + ": its process ended\nexit status 3; its last lines:\n  no module named moto\nIts log is " + cloud.LogFile(cfg)
		if err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	})
	t.Run("addresses that others could reach, all at once", func(t *testing.T) {
		cfg := cloud.Config{Dir: "/tmp", RegistryDir: "/tmp", FrontAddr: "0.0.0.0:4566", RegistryAddr: "localhost:1", GatewayPort: 70000}
		_, err := cloud.Start(t.Context(), cfg, &bytes.Buffer{})
		for _, want := range []string{`SALLYPORT_FRONT_ADDR is "0.0.0.0:4566": it must be a loopback address`, `SALLYPORT_REGISTRY_ADDR is "localhost:1"`, "SALLYPORT_GATEWAY_PORT must be a port"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %s", err, want)
			}
		}
	})
}

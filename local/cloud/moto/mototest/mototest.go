// Package mototest gives tests a moto_server of their own.
package mototest

import (
	"context"
	"log/slog"
	"os/exec"
	"testing"
	"time"

	"sallyport/local/cloud/moto"
)

// readyLimit is how long moto may take to answer: it takes 1 to 3 s on a quiet machine.
const readyLimit = time.Minute

// Start returns the address of a moto_server that ends with the test. Without one on PATH the test is skipped.
func Start(t testing.TB) (upstream func() (hostPort string, up bool)) {
	t.Helper()
	path, err := exec.LookPath("moto_server")
	if err != nil {
		t.Skip("moto_server is not on PATH, so what moto makes of this is not tested: `pip install 'moto[server]==" + moto.Release + "'`")
	}
	server := &moto.Server{Executable: path, Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	for end := time.Now().Add(readyLimit); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if _, up := server.Address(); up {
			return server.Address
		}
	}
	t.Fatalf("moto_server does not answer within %s", readyLimit)
	return nil
}

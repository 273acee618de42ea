package declared_test

import (
	"context"
	"log/slog"
	"os/exec"
	"testing"
	"time"

	"sallyport/local/cloud/moto"
)

// startMoto returns the address of a moto_server of the test's own, which ends with the test.
func startMoto(t *testing.T) (upstream func() (string, bool)) {
	t.Helper()
	path, err := exec.LookPath("moto_server")
	if err != nil {
		t.Skip("moto_server is not on PATH: what moto answers is not tested; `pip install 'moto[server]==" + moto.Release + "'`")
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
	for range 600 {
		if _, up := server.Address(); up {
			return server.Address
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("moto_server does not answer")
	return nil
}

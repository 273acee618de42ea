package process_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"sallyport/local/cloud/process"
)

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := process.Lock(t.Context(), path, func() { t.Error("it waits for nobody") })
	if err != nil {
		t.Fatal(err)
	}
	t.Run("a second one waits, says so once, and gives up with the reason", func(t *testing.T) {
		reason, waits := errors.New("enough"), 0
		ctx, giveUp := context.WithCancelCause(t.Context())
		_, err := process.Lock(ctx, path, func() {
			waits++
			giveUp(reason)
		})
		if !errors.Is(err, reason) || waits != 1 {
			t.Errorf("error is %v after %d waits", err, waits)
		}
	})
	t.Run("it gets the lock once the first lets go", func(t *testing.T) {
		second, err := process.Lock(t.Context(), path, unlock)
		if err != nil {
			t.Fatal(err)
		}
		second()
	})
}

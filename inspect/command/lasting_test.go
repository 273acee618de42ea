package command

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"sallyport/inspect/leftovers"
)

func TestLasting(t *testing.T) {
	// look finds one thing less each time.
	look := func(t *testing.T, ctx context.Context, limit time.Duration, left int) (items []leftovers.Item, looks int, took time.Duration, err error) {
		t.Helper()
		start := time.Now()
		items, err = lasting(ctx, limit, newProgress(io.Discard), func() ([]leftovers.Item, error) {
			looks++
			left--
			return make([]leftovers.Item, max(0, left+1)), nil
		})
		return items, looks, time.Since(start), err
	}
	t.Run("what goes by itself is waited for", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			if items, looks, took, err := look(t, t.Context(), time.Minute, 3); len(items) != 0 || err != nil || looks != 4 || took != 3*leftPause {
				t.Errorf("%v, %v, %d looks in %v", items, err, looks, took)
			}
		})
	})
	t.Run("what stays is returned at the limit", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			if items, _, took, err := look(t, t.Context(), time.Minute, 1000); len(items) == 0 || err != nil || took != time.Minute {
				t.Errorf("%d, %v, in %v", len(items), err, took)
			}
		})
	})
	t.Run("what the settings keep is not waited for", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			items, err := lasting(t.Context(), time.Minute, newProgress(io.Discard), func() ([]leftovers.Item, error) { return []leftovers.Item{{Kept: true}}, nil })
			if len(items) != 1 || err != nil || time.Since(start) != 0 {
				t.Errorf("%v, %v, in %v", items, err, time.Since(start))
			}
		})
	})
	t.Run("an interruption ends the wait", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			if _, _, took, err := look(t, ctx, time.Minute, 1000); err != context.Canceled || took != time.Second {
				t.Errorf("%v, in %v", err, took)
			}
		})
	})
}

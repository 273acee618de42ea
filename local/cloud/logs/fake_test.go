package logs

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sallyport/local/cloud/declared"
)

// fake is CloudWatch Logs with one group, "g". It shows what is sent, not that AWS takes it.
type fake struct {
	mu      sync.Mutex
	broken  error
	hangs   bool
	streams map[name]bool
	batches [][]event
	created int
	tries   int
}

func (f *fake) put(ctx context.Context, stream name, events []event) error {
	f.mu.Lock()
	f.tries++
	hangs, broken, known := f.hangs, f.broken, f.streams[stream]
	f.mu.Unlock()
	if hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	if broken != nil {
		return broken
	}
	if !known {
		return errNotFound
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.batches = append(f.batches, slices.Clone(events))
	return nil
}

func (f *fake) create(_ context.Context, stream name) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if stream.group != "g" {
		return errors.New("ResourceNotFoundException: The specified log group does not exist.")
	}
	f.created++
	f.streams[stream] = true
	return nil
}

func (f *fake) exists(context.Context, string, string) (bool, error) { return false, declared.ErrDown }

func (f *fake) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken = err
}

// sent returns the size of each batch.
func (f *fake) sent() (sizes []int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, b := range f.batches {
		sizes = append(sizes, len(b))
	}
	return sizes
}

// messages returns all that was written.
func (f *fake) messages() (all []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, b := range f.batches {
		for _, e := range b {
			all = append(all, e.message)
		}
	}
	return all
}

func written(t *testing.T, sentence string, f func(t *testing.T, w *Writer, cloud *fake, log *bytes.Buffer)) {
	t.Run(sentence, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			cloud := &fake{streams: map[name]bool{}}
			var log bytes.Buffer
			w := start(cloud, slog.New(slog.NewTextHandler(&log, nil)))
			f(t, w, cloud, &log)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_ = w.Close(ctx)
		})
	})
}

// Package logs writes log lines to CloudWatch Logs in batches, without ever holding up who logs.
package logs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// The limits of PutLogEvents:
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
const (
	batchEvents   = 10_000
	batchBytes    = 1_048_576      // of messages in UTF-8, and eventOverhead for each
	eventOverhead = 26             // bytes
	batchSpan     = 24 * time.Hour // between the first and the last event of a batch
	longestPast   = 14 * 24 * time.Hour
	longestFuture = 2 * time.Hour
	// An event may have 1 MB, but must fit into a batch.
	longestMessage = batchBytes - eventOverhead
)

const (
	// interval is the longest time that an event waits for others.
	interval = time.Second
	// bufferBytes is how much waits for each stream, counted as in a batch, besides what is being written.
	bufferBytes = 4 << 20
	// allBytes is how much waits for all streams together.
	allBytes = 64 << 20
	// idle is how long a stream without events is remembered.
	idle = time.Minute
)

// ErrClosed is the error of a Writer that was closed.
var ErrClosed = errors.New("the local cloud is stopping: nothing is logged any more")

// Writer writes to log streams of all Regions. All its methods may be called from everywhere at once.
type Writer struct {
	api    api
	log    *slog.Logger
	full   chan struct{} // holds one
	flush  chan chan error
	cancel context.CancelFunc
	ended  chan struct{}
	once   sync.Once

	mu      sync.Mutex
	buffers map[name]*buffer
	bytes   int // of all buffers
	dropped int
	closed  bool
}

// name is what a stream is known by.
type name struct{ region, group, stream string }

// buffer is what waits to be written to one stream.
type buffer struct {
	events []event
	bytes  int
	last   time.Time // of the last Put
	// problem is why an event was dropped, to be logged once.
	problem error
	logged  bool
}

type event struct {
	at      int64 // ms since 1970
	message string
}

func (e event) size() int { return len(e.message) + eventOverhead }

// New returns a Writer to the AWS API that upstream names. Close ends it.
func New(upstream func() (hostPort string, up bool), log *slog.Logger) *Writer {
	return start(cloudwatch{upstream}, log)
}

func start(api api, log *slog.Logger) *Writer {
	ctx, cancel := context.WithCancel(context.Background())
	w := &Writer{
		api: api, log: log, full: make(chan struct{}, 1), flush: make(chan chan error),
		cancel: cancel, ended: make(chan struct{}), buffers: map[name]*buffer{},
	}
	go w.run(ctx)
	return w
}

// Exists reports whether there is a log group.
func (w *Writer) Exists(ctx context.Context, region, group string) (bool, error) {
	found, err := w.api.exists(ctx, region, group)
	if err != nil {
		return false, fmt.Errorf("log group %s in %s: %w", group, region, err)
	}
	return found, nil
}

// Dropped returns how many events were lost so far.
func (w *Writer) Dropped() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dropped
}

// Flush writes all that was put so far. With an error, what is left is written later.
func (w *Writer) Flush(ctx context.Context) error {
	answer := make(chan error, 1)
	select {
	case w.flush <- answer:
	case <-w.ended:
		return ErrClosed
	case <-ctx.Done():
		return fmt.Errorf("flush of logs: %w", context.Cause(ctx))
	}
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return fmt.Errorf("flush of logs: %w", context.Cause(ctx))
	}
}

// Close writes what was put so far and ends the Writer. What can't be written until ctx is done is dropped; the error
// says how much that is.
func (w *Writer) Close(ctx context.Context) (err error) {
	w.once.Do(func() {
		w.mu.Lock()
		w.closed = true
		w.mu.Unlock()
		err = w.Flush(ctx)
		w.cancel()
		<-w.ended
		w.mu.Lock()
		defer w.mu.Unlock()
		left := 0
		for _, b := range w.buffers {
			left += len(b.events)
		}
		w.dropped += left
		clear(w.buffers)
		if err != nil {
			err = fmt.Errorf("%d log events are lost: %w", left, err)
		}
	})
	return err
}

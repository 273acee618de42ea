package declared

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Source is where the parts of a snapshot come from; Reader is one.
type Source interface {
	VPC(ctx context.Context, region string) (VPC, error)
	LoadBalancing(ctx context.Context, region string) (LoadBalancing, error)
	Gateway(ctx context.Context, region string) (Gateway, error)
}

const (
	// debounce is how long a change waits for others to be read with it. A deploy makes many.
	debounce = 100 * time.Millisecond
	// retryPause is between a read that failed and the next one.
	retryPause = time.Second
	// readLimit is how long one part may take to read before that counts as failed.
	readLimit = 30 * time.Second
)

// ErrClosed is the error of waiting for a Watcher that was closed.
var ErrClosed = errors.New("the local cloud is stopping")

// The parts of a snapshot, by the name of the service that they are declared in.
var services = [...]string{"ec2", "elasticloadbalancing", "apigateway"}

// Watcher keeps the snapshot of one Region up to date. All its methods may be called from everywhere at once.
type Watcher struct {
	region  string
	source  Source
	log     *slog.Logger
	current atomic.Pointer[Snapshot]

	wake  chan struct{} // holds one
	close context.CancelFunc
	ended chan struct{}

	mu sync.Mutex
	// noted counts the changes of each part; read is how many of them are in the snapshot.
	noted, read [len(services)]uint64
	// hurry is set while someone waits: what was noted is read without a delay.
	hurry     bool
	lastErr   error         // of the last read
	attempted chan struct{} // closed after each read, good or bad, and made anew
	onChange  []func(*Snapshot)
}

// NewWatcher returns a Watcher whose snapshot is empty until the first Changed. Close ends it.
func NewWatcher(region string, source Source, log *slog.Logger) *Watcher {
	ctx, cancel := context.WithCancel(context.Background())
	w := &Watcher{
		region: region, source: source, log: log, wake: make(chan struct{}, 1),
		close: cancel, ended: make(chan struct{}), attempted: make(chan struct{}),
	}
	w.current.Store(&Snapshot{Region: region})
	go w.run(ctx)
	return w
}

// Current returns the newest snapshot, never nil.
func (w *Watcher) Current() *Snapshot { return w.current.Load() }

// OnChange registers a function that gets each new snapshot, one after the other. It must return soon, and must not
// call Wait or Close, which wait for it.
func (w *Watcher) OnChange(f func(*Snapshot)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.onChange = append(w.onChange, f)
}

// Changed notes that something was declared in a service: "ec2", "elasticloadbalancing" or "apigateway"; others are
// ignored. It is read in the background 100 ms later, with all that was noted until then.
func (w *Watcher) Changed(service string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for part, name := range services {
		if name == service {
			w.noted[part]++
			w.signal()
		}
	}
}

// Wait returns when each change that was noted so far is in the snapshot and known to the functions of OnChange, or
// when ctx is done. It asks for the read at once.
func (w *Watcher) Wait(ctx context.Context) error {
	w.mu.Lock()
	wanted := w.noted
	w.mu.Unlock()
	for {
		w.mu.Lock()
		missing := false
		for part := range services {
			missing = missing || w.read[part] < wanted[part]
		}
		if missing {
			w.hurry = true
			w.signal()
		}
		failure, attempted := w.lastErr, w.attempted
		w.mu.Unlock()
		if !missing {
			return nil
		}
		select {
		case <-attempted:
		case <-w.ended:
			return fmt.Errorf("what is declared in %s: %w", w.region, ErrClosed)
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("what is declared in %s: %w", w.region, context.Cause(ctx)), failure)
		}
	}
}

// Close ends the Watcher; its last snapshot stays.
func (w *Watcher) Close() {
	w.close()
	<-w.ended
}

// Mutates reports whether a call may change what is declared, by its action's name ("CreateVpc"), or for a REST
// service by its method and path ("POST /v2/apis").
func Mutates(action string) bool {
	for _, prefix := range []string{"Describe", "List", "Get", "Lookup", "Search", "GET ", "HEAD ", "OPTIONS "} {
		if strings.HasPrefix(action, prefix) {
			return false
		}
	}
	return true
}

package declared

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// signal wakes run; the caller holds mu.
func (w *Watcher) signal() {
	select {
	case w.wake <- struct{}{}:
	default: // it is awake already
	}
}

// run reads what was noted until ctx is done. It is the only one that reads, so snapshots are in order.
func (w *Watcher) run(ctx context.Context) {
	defer close(w.ended)
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.wake:
		}
		if !w.gather(ctx) {
			return
		}
		err := w.once(ctx)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			if failing {
				w.log.Info("what is declared can be read again", "region", w.region)
			}
			failing = false
			continue
		}
		if !failing {
			w.log.Warn("what is declared can't be read; it is tried again each second", "region", w.region, "error", err)
		}
		failing = true
		select {
		case <-ctx.Done():
			return
		case <-time.After(retryPause):
		}
		w.mu.Lock()
		w.signal()
		w.mu.Unlock()
	}
}

// gather waits for more changes, unless someone waits for the first one. It returns false when ctx is done.
func (w *Watcher) gather(ctx context.Context) bool {
	late := time.After(debounce)
	for {
		w.mu.Lock()
		hurry := w.hurry
		w.mu.Unlock()
		if hurry {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-late:
			return true
		case <-w.wake:
		}
	}
}

// once reads the parts that have changes, and makes a snapshot of those that could be read.
func (w *Watcher) once(ctx context.Context) error {
	w.mu.Lock()
	w.hurry = false
	noted, read := w.noted, w.read
	w.mu.Unlock()

	next := *w.current.Load()
	var problems []error
	changed := false
	for part := range services {
		if noted[part] == read[part] {
			continue
		}
		if err := w.readPart(ctx, part, &next); err != nil {
			problems = append(problems, err)
			continue
		}
		read[part], changed = noted[part], true
	}
	var err error
	if len(problems) > 0 {
		err = fmt.Errorf("what is declared in %s: %w", w.region, errors.Join(problems...))
	}
	if changed {
		w.current.Store(&next)
		w.mu.Lock()
		told := w.onChange
		w.mu.Unlock()
		for _, tell := range told {
			tell(&next)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.read, w.lastErr = read, err
	close(w.attempted)
	w.attempted = make(chan struct{})
	return err
}

// readPart leaves the part as it was when it can't be read.
func (w *Watcher) readPart(ctx context.Context, part int, into *Snapshot) error {
	ctx, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	switch services[part] {
	case "ec2":
		read, err := w.source.VPC(ctx, w.region)
		if err != nil {
			return err
		}
		into.VPC = read
	case "elasticloadbalancing":
		read, err := w.source.LoadBalancing(ctx, w.region)
		if err != nil {
			return err
		}
		into.LoadBalancing = read
	case "apigateway":
		read, err := w.source.Gateway(ctx, w.region)
		if err != nil {
			return err
		}
		into.Gateway = read
	}
	return nil
}

package logs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// sendLimit is how long the writing of one batch may take.
const sendLimit = 10 * time.Second

// run writes what waits, each second and when a buffer is full.
func (w *Writer) run(ctx context.Context) {
	defer close(w.ended)
	tick := time.NewTicker(interval)
	defer tick.Stop()
	failing := false
	for {
		var answer chan error
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-w.full:
			if failing {
				continue // until the next tick
			}
		case answer = <-w.flush:
		}
		err := w.deliver(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			w.log.Warn("CloudWatch Logs takes no events; they are kept, and tried again each second", "error", err)
		}
		failing = err != nil
		if answer != nil {
			answer <- err
		}
	}
}

// deliver writes what waits now. It ends at the first error that may pass.
func (w *Writer) deliver(ctx context.Context) error {
	streams := w.waiting()
	defer func() {
		for _, stream := range streams {
			w.report(stream)
		}
	}()
	for _, stream := range streams {
		events := w.take(stream)
		slices.SortStableFunc(events, func(a, b event) int { return cmp.Compare(a.at, b.at) })
		for len(events) > 0 {
			count := batch(events)
			err := w.send(ctx, stream, events[:count])
			if passing(err) {
				w.putBack(stream, events)
				return fmt.Errorf("log group %s: %w", stream.group, err)
			}
			if err != nil {
				w.refused(stream, count, err)
			}
			events = events[count:]
		}
	}
	return nil
}

// batch returns how many of the first events fit into one call.
func batch(events []event) int {
	bytes := 0
	for i, e := range events {
		bytes += e.size()
		if i == batchEvents || bytes > batchBytes || e.at-events[0].at > batchSpan.Milliseconds() {
			return i
		}
	}
	return len(events)
}

// send writes one batch, and makes the stream when there is none.
func (w *Writer) send(ctx context.Context, stream name, events []event) error {
	ctx, cancel := context.WithTimeout(ctx, sendLimit)
	defer cancel()
	err := w.api.put(ctx, stream, events)
	if !errors.Is(err, errNotFound) {
		return err
	}
	if err := w.api.create(ctx, stream); err != nil {
		return err
	}
	return w.api.put(ctx, stream, events)
}

// waiting returns the streams that have something to write or to report, and forgets those that are idle.
func (w *Writer) waiting() []name {
	w.mu.Lock()
	defer w.mu.Unlock()
	var streams []name
	for stream, b := range w.buffers {
		switch {
		case len(b.events) > 0 || b.problem != nil && !b.logged:
			streams = append(streams, stream)
		case time.Since(b.last) >= idle:
			delete(w.buffers, stream)
		}
	}
	return streams
}

func (w *Writer) take(stream name) []event {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.buffers[stream]
	events := b.events
	w.bytes -= b.bytes
	b.events, b.bytes = nil, 0
	return events
}

func (w *Writer) putBack(stream name, events []event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.buffers[stream]
	for _, e := range events {
		b.bytes += e.size()
		w.bytes += e.size()
	}
	b.events = append(events, b.events...)
	w.trim(b)
}

func (w *Writer) refused(stream name, count int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.drop(w.buffers[stream], count, err)
}

// report logs once why events of a stream are lost.
func (w *Writer) report(stream name) {
	w.mu.Lock()
	b := w.buffers[stream]
	problem, logged := b.problem, b.logged
	b.logged = problem != nil
	w.mu.Unlock()
	if problem != nil && !logged {
		w.log.Warn("log events are lost", "group", stream.group, "stream", stream.stream, "region", stream.region, "error", problem)
	}
}

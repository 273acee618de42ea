package logs

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Stream is a log stream. It holds nothing, and need not be closed.
type Stream struct {
	writer *Writer
	name   name
}

// Stream returns a log stream, which is made in its group when the first event is written.
func (w *Writer) Stream(region, group, stream string) *Stream {
	return &Stream{w, name{region, group, stream}}
}

// Put hands over an event. It is written within about a second. It never waits: what can't be written is kept until
// 4 MiB wait for the stream, of which the oldest are then dropped. Dropped as well are events that CloudWatch Logs does
// not take: those of a group that does not exist, older than 14 days or more than 2 hours ahead. A longer message than
// CloudWatch Logs takes (1 MiB) is cut, an empty one is left out.
func (s *Stream) Put(at time.Time, message string) {
	message = cut(strings.ToValidUTF8(message, "\uFFFD"))
	if message == "" {
		return
	}
	e := event{at.UnixMilli(), message}
	now := time.Now()
	w := s.writer
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		w.dropped++
		return
	}
	b := w.buffers[s.name]
	if b == nil {
		b = &buffer{}
		w.buffers[s.name] = b
	}
	b.last = now
	switch age := now.Sub(at); {
	case age > longestPast, age < -longestFuture:
		w.drop(b, 1, fmt.Errorf("an event of %s is too old or in the future", at.UTC().Format(time.RFC3339)))
		return
	case w.bytes+e.size() > allBytes:
		w.drop(b, 1, fmt.Errorf("%d MiB of all streams wait to be written", allBytes>>20))
		return
	}
	b.events = append(b.events, e)
	b.bytes += e.size()
	w.bytes += e.size()
	w.trim(b)
	if b.bytes >= batchBytes || len(b.events) >= batchEvents {
		select {
		case w.full <- struct{}{}:
		default:
		}
	}
}

// cut shortens a message to what fits, at the end of a character.
func cut(message string) string {
	if len(message) <= longestMessage {
		return message
	}
	end := longestMessage
	for !utf8.RuneStart(message[end]) {
		end--
	}
	return strings.Clone(message[:end]) // or the rest would stay in memory
}

// trim drops the oldest events of a buffer that holds too much; the caller holds mu.
func (w *Writer) trim(b *buffer) {
	count := 0
	for b.bytes > bufferBytes {
		size := b.events[count].size()
		b.events[count] = event{}
		b.bytes -= size
		w.bytes -= size
		count++
	}
	if count > 0 {
		b.events = b.events[count:]
		w.drop(b, count, fmt.Errorf("%d MiB wait to be written", bufferBytes>>20))
	}
}

// drop counts lost events, the first of a buffer with its reason; the caller holds mu.
func (w *Writer) drop(b *buffer, count int, reason error) {
	w.dropped += count
	if b.problem == nil {
		b.problem = reason
	}
}

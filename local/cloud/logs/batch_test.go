package logs

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// The rules are those of https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
func TestBatch(t *testing.T) {
	of := func(sizes ...int) (events []event) {
		for _, size := range sizes {
			events = append(events, event{0, strings.Repeat("x", size)})
		}
		return events
	}
	at := func(times ...time.Duration) (events []event) {
		for _, at := range times {
			events = append(events, event{at.Milliseconds(), "m"})
		}
		return events
	}
	const half = 1_048_576/2 - 26
	for _, c := range []struct {
		name   string
		events []event
		want   int
	}{
		{"10,000 events are a batch", slices.Repeat(of(1), 10_000), 10_000},
		{"10,001 events are too many", slices.Repeat(of(1), 10_001), 10_000},
		{"1,048,576 bytes are a batch, counting 26 for each event", of(half, half), 2},
		{"a byte more is too much", of(half, half+1), 1},
		{"an empty message has a size too", of(half, half-25, 0), 2},
		{"the longest message is a batch of its own", of(longestMessage, 1), 1},
		{"24 hours are a batch", at(0, time.Hour, 24*time.Hour), 3},
		{"a millisecond more is too long", at(0, time.Hour, 24*time.Hour+time.Millisecond), 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := batch(c.events); got != c.want {
				t.Errorf("%d events, want %d", got, c.want)
			}
		})
	}
}

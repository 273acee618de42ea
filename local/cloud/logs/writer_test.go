package logs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sallyport/local/cloud/declared"
)

func TestWriter(t *testing.T) {
	written(t, "events are written once a second, in one batch a stream", func(t *testing.T, w *Writer, cloud *fake, _ *bytes.Buffer) {
		s := w.Stream("r", "g", "s")
		for i := range 1000 {
			s.Put(time.Now(), fmt.Sprint(i))
		}
		time.Sleep(interval - 1)
		if got := cloud.sent(); got != nil {
			t.Error(got)
		}
		time.Sleep(2 * time.Nanosecond)
		if got := cloud.sent(); !slices.Equal(got, []int{1000}) {
			t.Error(got)
		}
	})
	written(t, "the stream is made on first use, once", func(t *testing.T, w *Writer, cloud *fake, _ *bytes.Buffer) {
		s := w.Stream("r", "g", "s")
		time.Sleep(5 * time.Second)
		if cloud.created != 0 {
			t.Error("made without an event")
		}
		for range 3 {
			s.Put(time.Now(), "m")
			time.Sleep(2 * time.Second)
		}
		if got := cloud.sent(); cloud.created != 1 || !slices.Equal(got, []int{1, 1, 1}) {
			t.Error(cloud.created, got)
		}
	})
	written(t, "a batch has at most 10,000 events, and a full one is written at once", func(t *testing.T, w *Writer, cloud *fake, _ *bytes.Buffer) {
		s := w.Stream("r", "g", "s")
		for range 10_001 {
			s.Put(time.Now(), "m")
		}
		synctest.Wait()
		if got := cloud.sent(); len(got) == 0 || got[0] != 10_000 {
			t.Error(got)
		}
		time.Sleep(interval)
		synctest.Wait()
		if got := cloud.sent(); !slices.Equal(got, []int{10_000, 1}) {
			t.Error(got)
		}
	})
	written(t, "a batch is in order of time, and events of the same time in order of arrival", func(t *testing.T, w *Writer, cloud *fake, _ *bytes.Buffer) {
		s, now := w.Stream("r", "g", "s"), time.Now()
		for i, ms := range []int{3, 1, 2, 1} {
			s.Put(now.Add(time.Duration(ms)*time.Millisecond), fmt.Sprint(i))
		}
		time.Sleep(interval)
		synctest.Wait()
		if got := cloud.messages(); !slices.Equal(got, []string{"1", "3", "2", "0"}) {
			t.Error(got)
		}
	})
	written(t, "a message that is too long is cut at the end of a character; what is not UTF-8 is replaced; an empty one is left out", func(t *testing.T, w *Writer, cloud *fake, _ *bytes.Buffer) {
		s := w.Stream("r", "g", "s")
		for _, m := range []string{strings.Repeat("x", longestMessage), strings.Repeat("x", longestMessage-1) + "é", "a\xffb", ""} {
			s.Put(time.Now(), m)
		}
		time.Sleep(interval)
		synctest.Wait()
		got := cloud.messages()
		if len(got) != 3 || len(got[0]) != 1_048_550 || len(got[1]) != 1_048_549 || got[2] != "a\uFFFDb" || w.Dropped() != 0 {
			t.Errorf("%d messages, %d dropped", len(got), w.Dropped())
		}
	})
	written(t, "events older than 14 days or more than 2 hours ahead are lost, and that is logged once", func(t *testing.T, w *Writer, cloud *fake, log *bytes.Buffer) {
		s, now := w.Stream("r", "g", "s"), time.Now()
		for _, age := range []time.Duration{14*24*time.Hour + 1, -2*time.Hour - 1, 14 * 24 * time.Hour, -2 * time.Hour} {
			s.Put(now.Add(-age), "m")
		}
		time.Sleep(3 * interval)
		synctest.Wait()
		if got := cloud.sent(); !slices.Equal(got, []int{1, 1}) || w.Dropped() != 2 || strings.Count(log.String(), "too old or in the future") != 1 {
			t.Error(got, w.Dropped(), log)
		}
	})
	written(t, "events of a group that does not exist are lost, counted, and logged once", func(t *testing.T, w *Writer, cloud *fake, log *bytes.Buffer) {
		s := w.Stream("r", "deleted", "s")
		for range 10 {
			s.Put(time.Now(), "m")
			time.Sleep(interval)
		}
		synctest.Wait()
		if w.Dropped() != 10 || strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), "log group does not exist") {
			t.Error(w.Dropped(), log)
		}
	})
	written(t, "a stream that nobody can write does not keep the others from being written", func(t *testing.T, w *Writer, cloud *fake, _ *bytes.Buffer) {
		for i := range 10 {
			w.Stream("r", "deleted", fmt.Sprint(i)).Put(time.Now(), "m")
		}
		w.Stream("r", "g", "s").Put(time.Now(), "m")
		time.Sleep(interval)
		synctest.Wait()
		if got := cloud.sent(); !slices.Equal(got, []int{1}) {
			t.Error(got)
		}
	})
	written(t, "events are kept while the API is down, and written in order when it is back", func(t *testing.T, w *Writer, cloud *fake, log *bytes.Buffer) {
		cloud.fail(declared.ErrDown)
		s := w.Stream("r", "g", "s")
		for i := range 10 {
			s.Put(time.Now(), fmt.Sprint(i))
			time.Sleep(interval)
		}
		if err := w.Flush(t.Context()); !errors.Is(err, declared.ErrDown) {
			t.Error(err)
		}
		cloud.fail(nil)
		time.Sleep(interval)
		synctest.Wait()
		if got := cloud.messages(); strings.Join(got, "") != "0123456789" || w.Dropped() != 0 || strings.Count(log.String(), "\n") != 1 {
			t.Error(got, w.Dropped(), log)
		}
	})
	written(t, "while the API is down, 4 MiB of the newest events wait, and the loss is logged once", func(t *testing.T, w *Writer, cloud *fake, log *bytes.Buffer) {
		cloud.fail(declared.ErrDown)
		s := w.Stream("r", "g", "s")
		line := strings.Repeat("x", 1024-26-4) // 1 KiB with its number and overhead
		for i := range 5000 {
			s.Put(time.Now(), fmt.Sprintf("%04d%s", i, line))
			time.Sleep(time.Millisecond)
		}
		// Each second, and once when the buffer was full for the first time.
		synctest.Wait()
		if cloud.tries < 4 || cloud.tries > 6 {
			t.Errorf("%d tries in 5 seconds", cloud.tries)
		}
		cloud.fail(nil)
		if err := w.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := cloud.messages(); len(got) != 4096 || got[0][:4] != "0904" || got[4095][:4] != "4999" || w.Dropped() != 904 {
			t.Error(len(got), got[0][:4], w.Dropped())
		}
		if strings.Count(log.String(), "4 MiB wait to be written") != 1 {
			t.Error(log)
		}
	})
	written(t, "all streams together hold 64 MiB at most", func(t *testing.T, w *Writer, cloud *fake, _ *bytes.Buffer) {
		cloud.fail(declared.ErrDown)
		for i := range 100 {
			w.Stream("r", "g", fmt.Sprint(i)).Put(time.Now(), strings.Repeat("x", longestMessage))
		}
		if w.Dropped() != 36 {
			t.Error(w.Dropped())
		}
	})
	written(t, "put does not wait for an API that hangs, and flush only as long as it may", func(t *testing.T, w *Writer, cloud *fake, _ *bytes.Buffer) {
		cloud.hangs = true
		s, begin := w.Stream("r", "g", "s"), time.Now()
		for range 20_000 {
			s.Put(begin, "m")
		}
		if time.Since(begin) != 0 {
			t.Errorf("waited %s", time.Since(begin))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := w.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != time.Second {
			t.Error(err, time.Since(begin))
		}
	})
	written(t, "streams that are idle for a minute are forgotten", func(t *testing.T, w *Writer, cloud *fake, _ *bytes.Buffer) {
		for i := range 100 {
			w.Stream("r", "g", fmt.Sprint(i)).Put(time.Now(), "m")
		}
		time.Sleep(idle + 2*interval)
		synctest.Wait()
		if len(w.buffers) != 0 || w.bytes != 0 || len(cloud.sent()) != 100 {
			t.Error(len(w.buffers), w.bytes)
		}
	})
	written(t, "close writes what waits, and later events are lost", func(t *testing.T, w *Writer, cloud *fake, _ *bytes.Buffer) {
		s := w.Stream("r", "g", "s")
		s.Put(time.Now(), "m")
		if err := w.Close(t.Context()); err != nil {
			t.Error(err)
		}
		s.Put(time.Now(), "late")
		if got := cloud.messages(); !slices.Equal(got, []string{"m"}) || w.Dropped() != 1 {
			t.Error(got, w.Dropped())
		}
		if err := w.Flush(t.Context()); err != ErrClosed {
			t.Error(err)
		}
		if err := w.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	written(t, "close says how much is lost when the API hangs, and ends in time", func(t *testing.T, w *Writer, cloud *fake, _ *bytes.Buffer) {
		cloud.hangs = true
		w.Stream("r", "g", "s").Put(time.Now(), "m")
		time.Sleep(2 * interval) // it is being written
		w.Stream("r", "g", "s").Put(time.Now(), "m")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		err := w.Close(ctx)
		if want := "2 log events are lost: flush of logs: context deadline exceeded"; err == nil || err.Error() != want || time.Since(begin) != time.Second || w.Dropped() != 2 {
			t.Error(err, time.Since(begin), w.Dropped())
		}
	})
}

func BenchmarkPut(b *testing.B) {
	w := start(&fake{streams: map[name]bool{}}, slog.New(slog.DiscardHandler))
	defer func() { _ = w.Close(context.Background()) }()
	s, line := w.Stream("r", "g", "s"), strings.Repeat("x", 400)
	b.ReportAllocs()
	for b.Loop() {
		s.Put(time.Now(), line)
	}
}

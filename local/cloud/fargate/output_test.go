package fargate

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLines(t *testing.T) {
	at := func(second int) string { return fmt.Sprintf("2026-01-02T03:04:%02d.000000001Z ", second) }
	stream := func(frames ...[]byte) []byte { return bytes.Join(frames, nil) }
	for _, test := range []struct {
		name   string
		stream []byte
		want   []string
		err    string
	}{
		{"both outputs, in order, without their newlines", stream(frame(1, at(1)+"out\n"), frame(2, at(2)+"err\n")),
			[]string{"01 out", "02 err"}, ""},
		{"a line that the engine has cut is one line again", stream(frame(1, at(1)+"a"), frame(2, at(2)+"err\n"), frame(1, at(3)+"b\n")),
			[]string{"02 err", "01 ab"}, ""},
		{"a last line without a newline", frame(1, at(1)+"end"), []string{"01 end"}, ""},
		{"an empty line is left out", stream(frame(1, at(1)+"\n"), frame(1, at(2)+"x\n")), []string{"02 x"}, ""},
		{"what is not UTF-8 is replaced", frame(1, at(1)+"\xff\n"), []string{"01 \uFFFD"}, ""},
		{"a frame without a time is an error", frame(1, "x\n"), nil, "the engine sent a line without its time"},
		{"a frame that is too large is an error", []byte{1, 0, 0, 0, 255, 0, 0, 0}, nil, "the engine sent a frame of 4278190080 bytes"},
		{"a frame that breaks off is an error", frame(1, at(1)+"x\n")[:12], nil, "unexpected EOF"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			l := &lines{put: func(at time.Time, line string) { got = append(got, at.Format("05 ")+line) }}
			err := l.read(bytes.NewReader(test.stream))
			l.flush()
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("the error is %v, want %q", err, test.err)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("the lines are %q, want %q", got, test.want)
			}
		})
	}
	t.Run("a line longer than an event is more than one", func(t *testing.T) {
		var got []int
		l := &lines{put: func(_ time.Time, line string) { got = append(got, len(line)) }}
		for range 20 {
			_ = l.read(bytes.NewReader(frame(1, at(1)+strings.Repeat("x", 16<<10))))
		}
		l.flush()
		if !slices.Equal(got, []int{maxEvent, 20<<14 - maxEvent}) {
			t.Errorf("%d", got)
		}
	})
	t.Run("reading again does not repeat a line", func(t *testing.T) {
		var got []string
		l := &lines{put: func(_ time.Time, line string) { got = append(got, line) }}
		_ = l.read(bytes.NewReader(frame(1, at(1)+"first\n")))
		l.seen = l.last
		_ = l.read(bytes.NewReader(stream(frame(1, at(1)+"first\n"), frame(1, at(2)+"second\n"))))
		if !slices.Equal(got, []string{"first", "second"}) {
			t.Errorf("%q", got)
		}
	})
}

func FuzzLines(f *testing.F) {
	f.Add(frame(1, "2026-01-02T03:04:05Z x\n"))
	f.Add([]byte{1, 0, 0, 0, 0, 0, 0, 1, 'x'})
	f.Fuzz(func(t *testing.T, stream []byte) {
		l := &lines{put: func(_ time.Time, line string) {
			if line == "" || len(line) > 3*maxEvent {
				t.Errorf("a line of %d bytes", len(line))
			}
		}}
		_ = l.read(bytes.NewReader(stream))
		l.flush()
	})
}

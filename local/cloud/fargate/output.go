package fargate

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/moby/moby/client"
)

// maxEvent is how many bytes CloudWatch Logs takes as one event, without the 26 that it adds:
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html, as the awslogs driver has
// it.
const maxEvent = 262144 - 26

// maxFrame bounds what is believed of the engine. It cuts lines at 16 KiB.
const maxFrame = 1 << 20

// follow passes on the lines that a container writes, from its first to its last.
func (r *Running) follow(one *running) {
	defer close(one.logged)
	l := one.definition.LogConfiguration
	if l == nil {
		return
	}
	stream := r.runtime.Logs.Stream(l.Options["awslogs-region"], l.Options["awslogs-group"],
		l.Options["awslogs-stream-prefix"]+"/"+value(one.definition.Name)+"/"+r.task.ID)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-ctx.Done():
			return
		case <-one.ended:
		}
		select {
		case <-ctx.Done():
		case <-time.After(drainTimeout):
			cancel()
		}
	}()
	lines := &lines{put: stream.Put}
	for ctx.Err() == nil {
		over := isClosed(one.ended)
		err := r.readOutput(ctx, one.id, lines)
		if over {
			return // this reading began after the container's end, so it had everything
		}
		if err != nil && !isClosed(one.ended) {
			r.runtime.Log.Warn("a container's output is read again", "task", r.task.ID, "error", err)
		}
		ended := one.ended
		if err != nil {
			ended = nil // something may be missing, so once more
		}
		select {
		case <-ended:
			return
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// readOutput reads a container's output from where lines ended before. The end of the output is no error.
func (r *Running) readOutput(ctx context.Context, id string, lines *lines) error {
	options := client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Follow: true, Timestamps: true}
	lines.seen = lines.last
	if !lines.seen.IsZero() {
		options.Since = lines.seen.Format(time.RFC3339Nano)
	}
	output, err := r.docker.ContainerLogs(ctx, id, options)
	if err != nil {
		return err
	}
	defer output.Close()
	defer lines.flush()
	return lines.read(output)
}

// lines makes lines of what the engine sends: frames of
// https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach, each of which is
// a time and a line, or a part of a line when it does not end in a newline.
type lines struct {
	put func(time.Time, string)
	// last is the time of the newest frame. Frames that are not newer than seen were read before.
	last, seen time.Time
	parts      [256]struct {
		at   time.Time
		text []byte
	}
}

func (l *lines) read(output io.Reader) error {
	in := bufio.NewReader(output)
	for {
		var header [8]byte
		if _, err := io.ReadFull(in, header[:]); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		size := binary.BigEndian.Uint32(header[4:])
		if size > maxFrame {
			return fmt.Errorf("the engine sent a frame of %d bytes", size)
		}
		frame := make([]byte, size)
		if _, err := io.ReadFull(in, frame); err != nil {
			return err
		}
		if err := l.frame(header[0], frame); err != nil {
			return err
		}
	}
}

func (l *lines) frame(source byte, frame []byte) error {
	stamp, text, _ := bytes.Cut(frame, []byte(" "))
	at, err := time.Parse(time.RFC3339Nano, string(stamp))
	if err != nil {
		return fmt.Errorf("the engine sent a line without its time: %w", err)
	}
	if !at.After(l.seen) {
		return nil
	}
	l.last = at
	part := &l.parts[source]
	if len(part.text) == 0 {
		part.at = at
	}
	text, whole := bytes.CutSuffix(text, []byte("\n"))
	part.text = append(part.text, text...)
	for len(part.text) > maxEvent {
		l.emit(part.at, part.text[:maxEvent])
		part.text = part.text[maxEvent:]
	}
	if whole {
		l.emit(part.at, part.text)
		part.text = nil
	}
	return nil
}

// flush passes on what has no newline yet.
func (l *lines) flush() {
	for i := range l.parts {
		l.emit(l.parts[i].at, l.parts[i].text)
		l.parts[i].text = nil
	}
}

// emit leaves out empty lines, which CloudWatch Logs does not take.
func (l *lines) emit(at time.Time, text []byte) {
	if len(text) > 0 {
		l.put(at, strings.ToValidUTF8(string(text), "\uFFFD"))
	}
}

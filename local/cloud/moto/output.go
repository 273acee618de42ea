package moto

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
)

// output takes what moto_server prints: it keeps the last lines for an error message, and logs all but the line that
// moto prints for each request, which the front has logged already and which may hold a presigned URL's signature.
type output struct {
	log *slog.Logger

	mu      sync.Mutex
	partial []byte
	last    []string
}

const keptLines, longestLine = 12, 2000

func (o *output) Write(data []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.partial = append(o.partial, data...)
	for {
		line, rest, found := bytes.Cut(o.partial, []byte("\n"))
		if !found {
			break
		}
		o.line(string(line))
		o.partial = rest
	}
	if len(o.partial) > longestLine {
		o.line(string(o.partial))
		o.partial = nil
	}
	return len(data), nil
}

func (o *output) line(text string) {
	text = strings.TrimRight(text, "\r ")
	if text == "" || strings.Contains(text, `" HTTP/1.`) || strings.Contains(text, " HTTP/1.1\x1b[0m\" ") {
		return
	}
	text = text[:min(len(text), longestLine)]
	o.last = append(o.last, text)
	if len(o.last) > keptLines {
		o.last = o.last[1:]
	}
	o.log.Info(text, "from", "moto")
}

// tail returns the last lines as the end of an error message.
func (o *output) tail() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	lines := o.last
	if len(o.partial) > 0 {
		lines = append(append([]string{}, lines...), string(o.partial))
	}
	if len(lines) == 0 {
		return " (it printed nothing)"
	}
	return "; its last lines:\n  " + strings.Join(lines, "\n  ")
}

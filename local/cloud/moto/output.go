package moto

import (
	"bytes"
	"log/slog"
	"regexp"
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

// requestLine is what werkzeug prints for a request, in colour or not: 127.0.0.1 - - [date] "POST / HTTP/1.1" 200 -
var requestLine = regexp.MustCompile(` - - \[.* HTTP/1\.\d(\x1b\[0m)?" \d{3} `)

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
	if text == "" || requestLine.MatchString(text) {
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

package command

import (
	"fmt"
	"io"
	"os"

	"sallyport/inspect/report"
)

// progress tells what is waited for: on a terminal on one line, which is gone at the end; elsewhere a line for each news.
type progress struct {
	out      io.Writer
	width    int
	terminal bool
	last     string
}

func newProgress(out io.Writer) *progress {
	return &progress{out: out, width: report.StyleOf(out).Width, terminal: report.IsTerminal(out) && os.Getenv("TERM") != "dumb"}
}

const eraseLine = "\r\x1b[K"

func (p *progress) show(text string) {
	text = report.Line(text)
	if text == p.last {
		return
	}
	p.last = text
	if !p.terminal {
		fmt.Fprintln(p.out, text)
		return
	}
	if runes := []rune(text); len(runes) >= p.width { // a line that wraps could not be erased
		text = string(runes[:p.width-2]) + "…"
	}
	fmt.Fprint(p.out, eraseLine+text)
}

func (p *progress) end() {
	if p.terminal && p.last != "" {
		fmt.Fprint(p.out, eraseLine)
	}
}

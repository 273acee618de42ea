// Package report writes what was found out for people, on a terminal or in a log, and for machines.
package report

import (
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Style is how text is written for people.
type Style struct {
	// Width is after how many columns lines are wrapped; 0 for not at all.
	Width  int
	Colour bool
}

// StyleOf wraps lines on a terminal alone, at COLUMNS or at 80 columns, and colours them there, except with NO_COLOR
// (https://no-color.org/) or on a terminal that says it is dumb.
func StyleOf(out io.Writer) Style {
	if !IsTerminal(out) {
		return Style{}
	}
	style := Style{Width: 80, Colour: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
	if width, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && width > 0 {
		style.Width = max(width, 40) // narrower ones would hold a word a line
	}
	return style
}

// IsTerminal is whether a person sees at once what is written to out.
func IsTerminal(out io.Writer) bool {
	file, ok := out.(interface{ Stat() (os.FileInfo, error) })
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

const (
	green = "\x1b[32m"
	red   = "\x1b[1;31m"
	bold  = "\x1b[1m"
	plain = "\x1b[0m"
)

func (s Style) in(colour, text string) string {
	if !s.Colour {
		return text
	}
	return colour + text + plain
}

// escapes are a terminal's colours and titles, which logs are full of.
var escapes = regexp.MustCompile("\x1b\\[[0-?]*[ -/]*[@-~]|\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)")

// Line is text that is safe to print on one line of a terminal: whoever made it can neither move the cursor nor begin
// a line of his own.
func Line(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return utf8.RuneError
		}
		return r
	}, escapes.ReplaceAllString(text, ""))
	return strings.TrimRight(text, " ")
}

// page is text for people that is being written.
type page struct {
	strings.Builder
	style Style
}

// unbroken is what no line ends in: a word, or a command in backquotes.
var unbroken = regexp.MustCompile("(?:`[^`]*`|[^ ])+")

// put writes one paragraph, the first line behind the mark and further ones as far to the right as the mark is wide.
// Words and commands are not cut, so that they can still be copied.
func (p *page) put(mark, text string) {
	indent := utf8.RuneCountInString(escapes.ReplaceAllString(mark, ""))
	column := indent
	p.WriteString(mark)
	for i, word := range unbroken.FindAllString(Line(text), -1) {
		width := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case p.style.Width > 0 && column+1+width > p.style.Width:
			p.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		default:
			p.WriteByte(' ')
			column++
		}
		p.WriteString(word)
		column += width
	}
	p.WriteByte('\n')
}

// lines puts each line of a text that has several.
func (p *page) lines(mark, text string) {
	for line := range strings.Lines(strings.TrimSpace(text)) {
		p.put(mark, line)
		mark = strings.Repeat(" ", utf8.RuneCountInString(mark))
	}
}

package settings

import (
	"fmt"
	"strings"
)

// problem is one setting that can't be used, in the words of the error.
type problem struct {
	key     string
	given   string // "= VALUE", or that there is none
	wrong   string
	allowed string
	why     string // with the page that says so, where there is one
	instead string // what to write, where that is known
}

// Error lists everything that is wrong with a stack's settings.
type Error struct {
	stack    string
	problems []problem
}

func (e *Error) Error() string {
	count := "1 setting"
	if n := len(e.problems); n > 1 {
		count = fmt.Sprintf("%d settings", n)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "stack %s: %s can't be used", e.stack, count)
	for _, p := range e.problems {
		fmt.Fprintf(&b, "\n\n%s %s", p.key, p.given)
		for _, line := range []struct{ label, text string }{
			{"Problem", p.wrong},
			{"Allowed", p.allowed},
			{"Why", p.why},
			{"Instead", p.instead},
		} {
			if line.text != "" {
				text := strings.ReplaceAll(line.text, " https://", "\n           https://")
				fmt.Fprintf(&b, "\n  %-8s %s", line.label+":", text)
			}
		}
	}
	return b.String()
}

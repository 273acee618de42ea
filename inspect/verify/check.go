// Package verify finds out whether a stack is up and private: the facts are gathered first, and then judged by checks
// that ask nothing more, so that each of them can be tested against a stack that is broken in just its way.
package verify

// Check is one thing that must hold.
type Check struct {
	// Name is short and stable, for machines: private-subnets.
	Name string
	// Claim is what holds where the check passes, as a sentence without a full stop.
	Claim string
	Judge func(*Facts) Finding
}

// Finding is what a check found.
type Finding struct {
	OK bool
	// Evidence is what was seen, on one line: the values that made it pass or fail.
	Evidence string
	// Todo is what to do next; empty where it passes.
	Todo string
	// Patience is true where time alone may mend it: a task that starts, a log line on its way.
	Patience bool
}

// Result is a Finding of a check, as it is reported.
type Result struct {
	Name     string `json:"name"`
	Claim    string `json:"claim"`
	OK       bool   `json:"ok"`
	Evidence string `json:"evidence"`
	Todo     string `json:"todo,omitempty"`
}

func pass(evidence string) Finding { return Finding{OK: true, Evidence: evidence} }

func fail(evidence, todo string) Finding { return Finding{Evidence: evidence, Todo: todo} }

// later is a failure that time may mend.
func later(evidence, todo string) Finding {
	return Finding{Evidence: evidence, Todo: todo, Patience: true}
}

package report

import (
	"fmt"

	"sallyport/inspect/verify"
)

// Checks tells of each check whether it holds, what was seen, and what to do where it does not; the last line sums up.
// The names are told because what is to do refers to other checks by them.
func Checks(results []verify.Result, style Style) string {
	p := &page{style: style}
	failed := 0
	for _, r := range results {
		if r.OK {
			p.put(style.in(green, "ok")+"    ", r.Name+": "+r.Claim)
			p.put("      ", r.Evidence)
			continue
		}
		failed++
		p.put(style.in(red, "FAIL")+"  ", r.Name+": "+r.Claim)
		p.put("      ", r.Evidence)
		p.lines("      to do: ", r.Todo)
	}
	p.put("", sum(failed, len(results)))
	return p.String()
}

func sum(failed, all int) string {
	switch failed {
	case 0:
		return fmt.Sprintf("all %d checks hold", all)
	case 1:
		return fmt.Sprintf("1 of %d checks fails", all)
	}
	return fmt.Sprintf("%d of %d checks fail", failed, all)
}

// Verdict is what `verify -json` prints.
type Verdict struct {
	Stack   string          `json:"stack"`
	OK      bool            `json:"ok"` // every check holds
	Results []verify.Result `json:"results"`
}

// NewVerdict judges a stack by the results of its checks; without any nothing is known to hold.
func NewVerdict(stack string, results []verify.Result) Verdict {
	v := Verdict{Stack: stack, OK: len(results) > 0, Results: results}
	for _, r := range results {
		v.OK = v.OK && r.OK
	}
	return v
}

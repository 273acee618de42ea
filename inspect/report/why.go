package report

import (
	"fmt"
	"strings"
	"time"

	"sallyport/inspect/why"
)

// Why tells what broke, the verdict first and what to do last.
func Why(r *why.Report, style Style) string {
	p := &page{style: style}
	for _, sentence := range r.Summary {
		p.put("", sentence)
	}
	p.tasks(r.Tasks)
	p.heading("Targets of the load balancer", len(r.Targets))
	for _, t := range r.Targets {
		p.put("  ", t.Address+" is "+t.State+because(t.Description, t.Reason))
	}
	p.heading("Deployments", len(r.Deployments))
	for _, d := range r.Deployments {
		text := fmt.Sprintf("%s, %s, %s: %d of %d tasks running", d.Revision, words(d.Status), words(d.RolloutState), d.Running, d.Desired)
		if d.Failed > 0 {
			text += fmt.Sprintf(", %d failed", d.Failed)
		}
		p.put("  ", text+because(d.Reason, ""))
	}
	p.heading("Events of the service, the newest first", len(r.Events))
	for _, e := range r.Events {
		p.put("  "+clock(e.At)+"  ", e.Message)
	}
	p.heading("What to do", len(r.Advice))
	for _, sentence := range r.Advice {
		p.put("  - ", sentence)
	}
	return p.String()
}

func (p *page) heading(text string, items int) {
	if items > 0 {
		p.WriteString("\n" + p.style.in(bold, text) + "\n")
	}
}

func (p *page) tasks(tasks []why.StoppedTask) {
	p.heading("Tasks that stopped, the latest first", len(tasks))
	for _, t := range tasks {
		when := "is stopping"
		if !t.StoppedAt.IsZero() {
			when = "stopped at " + clock(t.StoppedAt)
		}
		p.put("  ", fmt.Sprintf("%s of %s %s%s", t.ID, t.Revision, when, because(t.Reason, t.Code)))
		for _, c := range t.Containers {
			ended := "never ran"
			if c.ExitCode != nil {
				ended = fmt.Sprintf("ended with exit code %d", *c.ExitCode)
			}
			p.put("    ", "container "+c.Name+" "+ended+because(c.Reason, ""))
		}
		if len(t.Log) > 0 {
			p.put("    ", "the last that it logged:")
		}
		for _, line := range t.Log {
			p.WriteString("      | " + Line(line) + "\n") // as it was logged: a stack trace is read by its indentation
		}
	}
}

// because is the end of a sentence: a reason in words, and AWS's code for it.
func because(words, code string) string {
	words = strings.TrimSuffix(strings.TrimSpace(words), ".")
	switch {
	case words == "" && code == "":
		return ""
	case code == "":
		return ": " + words
	case words == "":
		return ": " + code
	}
	return ": " + words + " (" + code + ")"
}

// words are AWS's value as its console has it: IN_PROGRESS is in progress.
func words(value string) string { return strings.ToLower(strings.ReplaceAll(value, "_", " ")) }

// clock is a moment in UTC, as AWS's logs have it.
func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

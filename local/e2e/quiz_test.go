package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"sallyport/local/browser"
)

// TestQuiz plays an evening's quiz in a real browser through an HTTP API, while one of two tasks is killed. TestRest plays
// it through a REST API.
func TestQuiz(t *testing.T) {
	edit(t, "Pulumi.local.yaml", replace("config:\n", "config:\n  sallyport:app.count: \"2\"\n"))
	run(t, "up")
	exported := outputs(t)
	playQuiz(t, exported["url"], func() {
		victim := tasksOf(t, exported, "RUNNING")[0]
		docker(t, "kill", victim.Containers[0].RuntimeID)
	})
}

// playQuiz has a host and three teams play two rounds, all through the URL, and another host begin a quiz of their own.
// Something happens in the middle of the first round. One team has no mouse, one a dark screen, one two pages open.
// Pictures of it are kept.
func playQuiz(t *testing.T, url string, middle func()) {
	chromium := chromium(t)
	host := browser.NewPage(chromium, t, "host", browser.Laptop)
	foxes := browser.NewPage(chromium, t, "foxes", browser.Phone)
	owls := browser.NewPage(chromium, t, "owls", browser.Look{Width: 360, Height: 740, Dark: true})
	crows := browser.NewPage(chromium, t, "crows", browser.Phone)
	teams := []*browser.Page{foxes, owls, crows}
	everyone := append([]*browser.Page{host}, teams...)

	code := newQuiz(host, url, "Thursday at the Red Lion")
	host.Type("#round-title", "Warm-up")
	host.Click("#add-round")
	host.Type("#q1-prompt", "Which planet is called the Red Planet?")
	host.Type("#q1-accepted", "Mars")
	host.Click("#add-question")
	host.Choose("#q2-kind-choice")
	host.Type("#q2-prompt", "Which river flows through Cairo?")
	host.Type("#q2-option-1", "Niger")
	host.Type("#q2-option-2", "Nile")
	host.Choose("#q2-right-2")
	host.Click("#add-question")
	host.Choose("#q3-kind-number")
	host.Type("#q3-prompt", "How many keys has a piano?")
	host.Type("#q3-value", "88")
	host.Type("#q3-tolerance", "1")
	host.Click("#add-question")
	host.Choose("#q4-kind-text")
	host.Type("#q4-prompt", "Who painted “The Starry Night”?")
	host.Type("#q4-accepted", "Vincent van Gogh")
	host.Picture("editor")
	host.Reload()
	if got := host.Value("#q4-prompt"); got != "Who painted “The Starry Night”?" {
		t.Errorf("after a reload the editor has %q", got)
	}
	host.Click("#save-round")
	host.There("#round-1-open")
	host.Type("#round-title", "Last orders")
	host.Click("#add-round")
	host.Type("#q1-prompt", "Which spice comes from the crocus?")
	host.Type("#q1-accepted", "Saffron")
	host.Type("#q1-points", "2")
	host.Click("#save-round")
	host.There("#round-2-open")

	join := func(team *browser.Page, name string) {
		team.Open(url + "/")
		team.Type("#join-code", strings.ToLower(code))
		team.Click("#join-go")
		team.Type("#team-name", name)
		team.Click("#team-join")
		team.Sees("You are in.")
	}
	join(foxes, "Foxes")
	join(owls, "Owls")
	crows.Open(url + "/play/" + code)
	crows.TabTo("#team-name")
	crows.Press("foxes\r")
	crows.There("#team-name-error") // the name is taken, in whatever case
	crows.TabTo("#team-name")
	crows.Press("\b\b\b\b\bCrows\r")
	crows.Sees("You are in.")
	host.Sees("3 teams")

	host.Click("#round-1-open")
	host.Click("#confirm-yes")
	for _, team := range teams {
		team.There("#answer-form")
		team.Fits()
	}
	foxes.Type("#answer-1", "Mars")
	foxes.Choose("#answer-2-2")
	foxes.Reload()
	if got := foxes.Value("#answer-1"); got != "Mars" {
		t.Errorf("after a reload the form has %q", got)
	}
	foxes.Type("#answer-3", "87")
	foxes.Type("#answer-4", "Vincent van Goch")
	foxes.Picture("form")
	owls.Picture("form")

	middle()
	handIn(foxes)
	owls.Type("#answer-1", "mars!")
	owls.Choose("#answer-2")
	owls.Type("#answer-3", "85")
	owls.Type("#answer-4", "Vincent")
	handIn(owls)
	crows.TabTo("#answer-1")
	crows.Press("MARS")
	crows.TabTo("#answer-2")
	crows.Press(" ")
	crows.TabTo("#answer-3")
	crows.Press("88")
	crows.TabTo("#answer-4")
	crows.Press("Monet")
	crows.TabTo("#hand-in")
	crows.Press("\r")
	crows.TabTo("#confirm-hand-in-yes")
	crows.Press("\r")
	crows.Sees("Handed in.")
	host.Sees("3 of 3 handed in")
	host.Picture("open")

	host.Click("#round-1-close")
	host.Click("#confirm-yes")
	foxes.Sees("is closed")
	host.Click("#round-1-mark")
	host.Sees("left to mark")
	host.Picture("marking")
	mark(host, "Vincent van Goch", "full")
	mark(host, "Vincent", "half")
	host.Sees("1 left to mark")
	host.Click("#take-proposals")
	host.Sees("All marked")
	host.Click("#release")
	host.Click("#confirm-yes")
	host.There("#ranking")
	for _, page := range everyone {
		ranked(t, page, "Foxes 4", "Crows 2", "Owls 1.5")
	}
	foxes.Picture("scores")
	owls.Picture("scores")

	host.Click("#round-2-open")
	host.Click("#confirm-yes")
	owls.Type("#answer-1", "saffron")
	// The same team on a second page, with the draft of the first: what the one hands in, the other has handed in.
	second := owls.Tab("owls-again").Open(url + "/play/" + code)
	if got := second.Value("#answer-1"); got != "saffron" {
		t.Errorf("the second page of a team has the draft %q", got)
	}
	handIn(second)
	owls.Front()
	owls.Sees("Handed in.")
	foxes.Type("#answer-1", "Turmeric")
	handIn(foxes)
	crows.Type("#answer-1", "Saffron")
	host.Click("#round-2-close")
	host.Click("#confirm-yes")
	crows.Sees("had not handed in")
	crows.Picture("late")
	host.Click("#round-2-mark")
	host.Wait("the marks", "document.querySelector('#left-to-mark') !== null")
	host.Evaluate("document.querySelector('#take-proposals')?.click()")
	host.Sees("All marked")
	host.Click("#release")
	host.Click("#confirm-yes")
	host.Click("#finish")
	host.Click("#confirm-yes")
	host.There("#resume")
	for _, page := range everyone {
		ranked(t, page, "Foxes 4", "Owls 3.5", "Crows 2")
	}
	foxes.Sees("You have won!")
	foxes.Picture("end")
	host.Picture("end")

	other := browser.NewPage(chromium, t, "other-host", browser.Phone)
	if again := newQuiz(other, url, "Friday at the Swan"); again == code {
		t.Errorf("two quizzes have the code %s", code)
	}
	other.Fits()
	other.Open(url + "/host/" + code)
	other.Sees("This is the host’s page")
	for _, page := range append(everyone, second, other) {
		page.Quiet()
	}
}

// newQuiz makes a quiz, and returns its code.
func newQuiz(host *browser.Page, url, title string) string {
	host.Open(url + "/")
	host.Picture("first")
	host.Type("#quiz-title", title)
	host.Click("#quiz-make")
	host.There("#join-code-shown")
	return host.Evaluate("document.querySelector('#join-code-shown').textContent")
}

func handIn(team *browser.Page) {
	team.Click("#hand-in")
	team.Click("#confirm-hand-in-yes")
	team.Sees("Handed in.")
}

// mark marks one of the answers that the host is to mark.
func mark(host *browser.Page, answer, mark string) {
	host.Choose(fmt.Sprintf(`[data-answer=%q] input[id$="-%s"]`, answer, mark))
}

// ranked waits until a page's ranking is this one, each team with its points.
func ranked(t *testing.T, page *browser.Page, want ...string) {
	t.Helper()
	page.Wait("the ranking "+strings.Join(want, ", "), fmt.Sprintf(
		"[...document.querySelectorAll('#ranking tbody tr')].map(r => r.dataset.team + ' ' + r.querySelector('.total').textContent).join() === %q", strings.Join(want, ",")))
}

// chromium is a browser for the rest of the test.
func chromium(t *testing.T) context.Context {
	t.Helper()
	started, end, err := browser.Start(context.Background(), t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(end)
	return started
}

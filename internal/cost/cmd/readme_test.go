package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"sallyport/internal/cost"
	"sallyport/internal/settings"
)

var update = flag.Bool("update", false, "write the README's table of costs")

const (
	readmeFile = "README.md"
	tableStart = "<!-- cost -->\n"
	tableEnd   = "<!-- /cost -->\n"
)

func TestTheREADMEHoldsTheCosts(t *testing.T) {
	t.Chdir("../../..")
	names := []string{"dev", "prod"}
	var stacks []*settings.Settings
	for _, name := range names {
		s, err := read(name)
		if err != nil {
			t.Fatal(err)
		}
		stacks = append(stacks, s)
	}
	content, err := os.ReadFile(readmeFile)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, opened := strings.Cut(string(content), tableStart)
	section, tail, closed := strings.Cut(rest, tableEnd)
	if !opened || !closed {
		t.Fatal("README.md has no place for the table")
	}
	want := fmt.Sprintf("List prices of %s in US dollars, of %s; a month has %d hours.\n\n", cost.Region, cost.Noted, cost.Hours) + markdown(names, stacks)
	if *update {
		if err := os.WriteFile(readmeFile, []byte(head+tableStart+want+tableEnd+tail), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if section != want {
		t.Errorf("%s differs from the prices: run go test ./internal/cost/cmd -update", readmeFile)
	}
}

func linked(text, page string) string { return "[" + text + "](" + page + ")" }

// markdown is a table of what stacks cost, side by side.
func markdown(names []string, stacks []*settings.Settings) string {
	var what []string // of the rows, in their order
	rows := map[string][]string{}
	cell := func(stack int, name, price, text string) {
		if rows[name] == nil {
			what = append(what, name)
			rows[name] = make([]string, 1+len(stacks))
		}
		rows[name][0], rows[name][1+stack] = price, text
	}
	items := func(stack int, items []cost.Item) {
		for _, item := range items {
			text := cost.USD(item.Cents)
			if item.Count > 1 {
				text += fmt.Sprintf(" (%d)", item.Count)
			}
			var prices []string
			for _, price := range item.Prices {
				prices = append(prices, price.String())
			}
			cell(stack, item.What, linked(strings.Join(prices, ", "), item.Page()), text)
		}
	}
	// Part by part, since a stack may have rows that another has not.
	each := func(part func(i int, s *settings.Settings)) {
		for i, s := range stacks {
			part(i, s)
		}
	}
	each(func(i int, s *settings.Settings) { items(i, cost.Monthly(s)) })
	each(func(i int, s *settings.Settings) {
		cell(i, "**without any traffic**", "", "**"+cost.USD(cost.Sum(cost.Monthly(s)))+"**")
	})
	each(func(i int, s *settings.Settings) {
		for _, choice := range cost.Choices(s) {
			cell(i, fmt.Sprintf("… with `%s: %s`", choice.Setting, choice.Value), "", cost.USD(choice.Cents))
		}
	})
	each(func(i int, s *settings.Settings) {
		cell(i, "**a million requests, "+cost.Exchange+", add**", "", "**"+cost.USD(cost.Sum(cost.Million(s)))+"**")
	})
	each(func(i int, s *settings.Settings) { items(i, cost.Million(s)) })
	each(func(i int, s *settings.Settings) {
		for _, note := range cost.ByUse(s) {
			cell(i, note.What, linked(note.Price.String(), note.Price.Page()), "by use")
		}
	})

	var b strings.Builder
	fmt.Fprintf(&b, "| resource | price | %s, a month |\n|---|---|%s\n", strings.Join(names, ", a month | "), strings.Repeat("---|", len(names)))
	for _, name := range what {
		b.WriteString(strings.ReplaceAll("| "+name+" | "+strings.Join(rows[name], " | ")+" |\n", "|  |", "| |"))
	}
	return b.String()
}

package cost

import (
	"fmt"
	"strings"

	"sallyport/internal/settings"
)

// Report is all of it as text.
func Report(stack string, s *settings.Settings) string {
	var b strings.Builder
	heading := func(format string, values ...any) { fmt.Fprintf(&b, "\n"+format+"\n\n", values...) }
	line := func(cents int, what, more string) {
		b.WriteString(strings.TrimRight(fmt.Sprintf("%10s  %-64s  %s", USD(cents), what, more), " ") + "\n")
	}
	items := func(items []Item, sum string) {
		for _, item := range items {
			what := item.What
			if item.Count > 1 {
				what = fmt.Sprintf("%d × %s", item.Count, what)
			}
			line(item.Cents, what, item.Page())
		}
		line(Sum(items), sum, "")
	}
	notes := func(notes []Note) {
		for _, note := range notes {
			fmt.Fprintf(&b, "  %s: %s, %s\n", note.What, note.Price, note.Price.Page())
		}
	}

	monthly := Monthly(s)
	total := Sum(monthly)
	fmt.Fprintf(&b, "Stack %s on AWS, in USD a month of %d hours, at list prices of %s in %s\n", stack, Hours, Region, Noted)
	if s.AWS.Region != Region {
		fmt.Fprintf(&b, "The stack is in %s, whose prices differ: AWS's pages, named below, have them.\n", s.AWS.Region)
	}
	b.WriteString("\n")
	items(monthly, "without any traffic")
	if most := Most(s); most > total {
		line(most, "with scaling.max tasks all the time", "")
	}
	if s.Scaling.Park != "" {
		line(Parked(s), "at the rate of the parked hours, in which only the tasks stop", "")
	}

	heading("A million requests add, %s", Exchange)
	items(Million(s), "together")

	heading("Instead, without any traffic")
	for _, choice := range Choices(s) {
		if !choice.Own {
			line(choice.Cents, choice.Setting+": "+choice.Value, fmt.Sprintf("%+.2f%s", float64(choice.Cents-total)/100, choice.But))
		}
	}

	heading("By use, and not counted")
	notes(ByUse(s))
	if elsewhere := Elsewhere(s); len(elsewhere) > 0 {
		heading("Not made by the stack, and not counted")
		notes(elsewhere)
	}
	b.WriteString("\nNo free tier, discount or tax is in these.\n")
	return b.String()
}

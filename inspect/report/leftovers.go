package report

import (
	"fmt"

	"sallyport/inspect/leftovers"
)

// Leftovers tells what is left of a stack, in the order of Find: what still costs money first.
func Leftovers(stack string, items []leftovers.Item, style Style) string {
	p := &page{style: style}
	switch unwanted := len(leftovers.Unwanted(items)); {
	case unwanted == 0 && len(items) > 0:
		p.put("", "nothing is left of stack "+stack+" but what its settings keep")
	case unwanted == 0:
		p.put("", "nothing is left of stack "+stack)
	case unwanted == 1:
		p.put("", "1 resource is left of stack "+stack)
	default:
		p.put("", fmt.Sprintf("%d resources are left of stack %s", unwanted, stack))
	}
	var costly, free, kept []leftovers.Item
	for _, item := range items {
		switch {
		case item.Kept:
			kept = append(kept, item)
		case item.Costs != "":
			costly = append(costly, item)
		default:
			free = append(free, item)
		}
	}
	p.heading("What still costs money", len(costly))
	p.items(costly)
	p.heading("What costs nothing by itself", len(free))
	p.items(free)
	p.heading("What the settings keep", len(kept))
	p.items(kept)
	return p.String()
}

func (p *page) items(items []leftovers.Item) {
	for _, item := range items {
		text := item.Kind + " " + item.ID
		if item.Name != "" {
			text += " (" + item.Name + ")"
		}
		p.put("  ", text+because(item.Costs, ""))
		if item.Why != "" {
			p.put("    ", item.Why)
		}
		if item.Delete != "" {
			p.WriteString("    " + Line(item.Delete) + "\n") // in one piece, to be copied
		}
	}
}

// Left is what `left -json` prints.
type Left struct {
	Stack string     `json:"stack"`
	Items []LeftItem `json:"items"`
}

// LeftItem is a leftovers.Item.
type LeftItem struct {
	Kind   string `json:"kind"`
	ID     string `json:"id"`
	Name   string `json:"name,omitempty"`
	Costs  string `json:"costs,omitempty"`
	Why    string `json:"why,omitempty"`
	Delete string `json:"delete,omitempty"`
	Kept   bool   `json:"kept,omitempty"`
}

// NewLeft is what is left of a stack.
func NewLeft(stack string, items []leftovers.Item) Left {
	left := Left{Stack: stack, Items: []LeftItem{}}
	for _, i := range items {
		left.Items = append(left.Items, LeftItem(i))
	}
	return left
}

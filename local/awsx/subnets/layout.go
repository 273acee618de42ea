package subnets

// layoutOf describes the subnets of one zone as specs that Auto would place in
// the same way, gaps included as Unused. Like the official plugin it takes the
// first of the planned subnets for the first zone's, and forgets their names.
func layoutOf(planned []Subnet, zones int) ([]Spec, error) {
	if zones == 0 {
		return nil, nil
	}
	var layout []Spec
	var previous block
	for i, s := range planned[:len(planned)/zones] {
		current, err := parseBlock(s.CIDRBlock)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			for _, gap := range gaps(previous, current) {
				layout = append(layout, Spec{Type: Unused, CIDRMask: gap.bits})
			}
		}
		layout = append(layout, Spec{Type: s.Type, CIDRMask: current.bits})
		previous = current
	}
	return layout, nil
}

// gaps fills the addresses between two blocks with the widest blocks that fit.
func gaps(a, b block) []block {
	start, end := a, b
	if b.base <= a.base {
		start, end = b, a
	}
	var found []block
	previous := a
	for next := start.next(); next.base < end.base; next = next.next() {
		for next.bits > 0 {
			wider := block{base: next.base & mask(next.bits-1), bits: next.bits - 1}
			if wider.contains(previous.last()) || wider.contains(end.first()) {
				break
			}
			next = wider
		}
		found = append(found, next)
		previous = next
	}
	return found
}

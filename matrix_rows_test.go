package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// matrix is a covering array of factors. A state of a factor is its number, doubled, and one more where it is on.
type matrix struct {
	t              *testing.T
	factors        []factor
	stacks         map[string][]int // the states of the settings that are fixed in each stack
	sound          map[string]bool  // by the factors that are on, what settings.Load says
	missing        map[[2]int]bool  // pairs of states that are in no row yet
	pairs, refused int
}

type row struct {
	stack string
	on    []bool
}

func (m *matrix) config(on []bool) map[string]any {
	given := maps.Clone(quick)
	for i, f := range m.factors {
		if on[i] {
			maps.Copy(given, f.values)
		}
	}
	config := map[string]any{}
	for key, value := range given {
		value = os.Expand(value, func(name string) string { return example(name, given["aws:region"]) })
		if !strings.Contains(key, ":") {
			key = "sallyport:" + key
		}
		config[key] = value
	}
	return config
}

func (m *matrix) allowed(on []bool) bool {
	key := fmt.Sprint(on)
	sound, known := m.sound[key]
	if !known {
		_, err := load(m.t, m.config(on))
		sound = err == nil
		m.sound[key] = sound
	}
	return sound
}

// draft is a row in the making: nothing is decided of the factors that are in neither list.
type draft struct{ on, off []bool }

func (d draft) decided(state int) bool { return d.on[state/2] || d.off[state/2] }

// decide adds states, and what they are on with as far as it isn't off; false where they contradict the rest.
func (m *matrix) decide(d draft, states ...int) (draft, bool) {
	d = draft{slices.Clone(d.on), slices.Clone(d.off)}
	asked := len(states)
	for k := 0; k < len(states); k++ {
		i, on := states[k]/2, states[k]%2 == 1
		switch {
		case on && d.off[i] && k >= asked, on && d.on[i]:
		case !on:
			d.off[i] = true
		default:
			d.on[i] = true
			for _, other := range m.factors[i].with {
				states = append(states, 2*other+1)
			}
		}
		if d.on[i] && d.off[i] {
			return d, false
		}
	}
	return d, true
}

// completed decides the states, and turns one or two more factors on where they don't go otherwise.
func (m *matrix) completed(d draft, states ...int) (draft, bool) {
	d, ok := m.decide(d, states...)
	if !ok {
		return d, false
	}
	if m.allowed(d.on) {
		return d, true
	}
	for i := range m.factors {
		if d.on[i] || d.off[i] {
			continue
		}
		if more, ok := m.decide(d, 2*i+1); ok && m.allowed(more.on) {
			return more, true
		}
	}
	return d, false
}

func (m *matrix) none() draft {
	return draft{make([]bool, len(m.factors)), make([]bool, len(m.factors))}
}

func pair(a, b int) [2]int { return [2]int{min(a, b), max(a, b)} }

// gain is how many pairs that are missing a state brings to those that are decided.
func (m *matrix) gain(d draft, state int) (n int) {
	for i := range m.factors {
		if d.on[i] && m.missing[pair(state, 2*i+1)] || d.off[i] && m.missing[pair(state, 2*i)] {
			n++
		}
	}
	return n
}

// filled decides the rest of the row, the state that brings most first, then pairs that have nothing to do with what is
// decided. What nobody misses stays off.
func (m *matrix) filled(d draft, missing [][2]int) draft {
	out := map[int]bool{}
	for {
		best, most := -1, 0
		for state := range 2 * len(m.factors) {
			if !d.decided(state) && !out[state] {
				if n := m.gain(d, state); n > most {
					best, most = state, n
				}
			}
		}
		if best < 0 {
			break
		}
		if more, ok := m.completed(d, best); ok {
			d = more
		} else {
			out[best] = true
		}
	}
	for _, p := range missing {
		if d.decided(p[0]) || d.decided(p[1]) {
			continue
		}
		if more, ok := m.completed(d, p[0], p[1]); ok {
			return m.filled(more, missing)
		}
	}
	return d
}

func (m *matrix) pairsOf(on []bool) (pairs [][2]int) {
	state := func(i int) int {
		if on[i] {
			return 2*i + 1
		}
		return 2 * i
	}
	for i := range on {
		for j := range i {
			pairs = append(pairs, pair(state(i), state(j)))
		}
	}
	return pairs
}

// next is the row with the most pairs that are missing, of one for each stack: it begins with the first of them that the
// stack may have.
func (m *matrix) next() (best row) {
	most := 0
	missing := slices.SortedFunc(maps.Keys(m.missing), func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	for _, name := range slices.Sorted(maps.Keys(m.stacks)) {
		begin, ok := m.completed(m.none(), m.stacks[name]...)
		if !ok {
			m.t.Fatalf("stack %s is refused by itself", name)
		}
		d := m.filled(begin, missing)
		n := 0
		for _, p := range m.pairsOf(d.on) {
			if m.missing[p] {
				n++
			}
		}
		if n > most {
			best, most = row{name, d.on}, n
		}
	}
	return best
}

// rows are the covering array, those of a stack together, and in it those with a link of others, which takes another stack,
// and those of a protected one last: protection that is taken back takes an update of its own.
func (m *matrix) rows() (rows []row) {
	for a := range 2 * len(m.factors) {
		for b := range a {
			if a/2 == b/2 {
				continue
			}
			if _, ok := m.completed(m.none(), a, b); ok {
				m.missing[pair(a, b)] = true
			} else {
				m.refused++
			}
		}
	}
	m.pairs = len(m.missing)
	for len(m.missing) > 0 {
		next := m.next()
		if next.on == nil {
			for p := range m.missing {
				m.t.Errorf("no row has %s, though settings.Load takes it", m.named(p))
			}
			break
		}
		for _, p := range m.pairsOf(next.on) {
			delete(m.missing, p)
		}
		rows = append(rows, next)
	}
	on := func(r row, key string) int {
		if _, found := m.config(r.on)[key]; found {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		return cmp.Or(strings.Compare(a.stack, b.stack), on(a, "sallyport:gateway.vpcLinkId")-on(b, "sallyport:gateway.vpcLinkId"),
			on(a, "sallyport:protected")-on(b, "sallyport:protected"))
	})
	return rows
}

func (m *matrix) named(p [2]int) string {
	var words []string
	for _, state := range p {
		words = append(words, strings.Join(slices.Sorted(maps.Keys(m.factors[state/2].values)), ",")+[]string{" off", " on"}[state%2])
	}
	return strings.Join(words, " with ")
}

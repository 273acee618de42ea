package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// matrixRow is a stack's settings at one time: those that are on.
type matrixRow map[string]bool

// matrixSetting is a line of testdata/matrix.txt.
type matrixSetting struct{ key, on, off string }

// readMatrix reads what the program's own tests have written, who know which settings go together.
func readMatrix(t *testing.T) (settings []matrixSetting, stacks map[string][]matrixRow) {
	t.Helper()
	text, err := os.ReadFile("testdata/matrix.txt")
	if err != nil {
		t.Fatal(err)
	}
	names := ""
	var all []matrixRow
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		cells := append(strings.Split(line, " | "), "")
		switch {
		case strings.HasPrefix(line, "#"):
		case cells[0] == "stack":
			names = cells[1]
			for range names {
				all = append(all, matrixRow{})
			}
		default:
			settings = append(settings, matrixSetting{cells[0], cells[2], cells[3]})
			for i, mark := range cells[1] {
				all[i][cells[0]] = mark == 'x'
			}
		}
	}
	stacks = map[string][]matrixRow{}
	for i, name := range names {
		stack := "matrix-" + strings.ToLower(string(name))
		stacks[stack] = append(stacks[stack], all[i])
	}
	return settings, stacks
}

// TestMatrix uses every setting together with every other one: in rows, each a change of the stack before or a new stack,
// that have any two settings both on, both off, and each on without the other. What a setting does in the cloud is seen
// in the rows where it is on, and not seen where it is off. Stacks are deployed side by side.
func TestMatrix(t *testing.T) {
	settings, stacks := readMatrix(t)
	for _, s := range settings {
		if seen[s.key] == nil {
			t.Errorf("%s: add to seen how it shows in the cloud that this setting is %s", s.key, s.on)
		}
	}
	for key := range seen {
		if !slices.ContainsFunc(settings, func(s matrixSetting) bool { return s.key == key }) {
			t.Errorf("seen has %s, which testdata/matrix.txt doesn't have", key)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	echoes(t)
	destroyed(t) // it starts the cloud
	t.Cleanup(func() { run(t, "stop") })
	regions := []string{"us-east-1", "us-west-2"}
	images := map[string]string{}
	for _, region := range regions {
		images[region] = imageElsewhere(t, region)
	}
	given := map[string]map[string]string{}
	for stack, rows := range stacks {
		region := regions[0]
		if rows[0]["aws:region"] {
			region = regions[1]
		}
		given[stack] = surroundings(t, stack, region)
		given[stack]["image"] = images[region]
		given[stack]["region"] = region
	}
	before := map[string][]string{}
	for _, region := range regions {
		before[region] = inventoryIn(t, region)
	}
	// Those with the most rows first.
	order := slices.SortedFunc(maps.Keys(stacks), func(a, b string) int { return len(stacks[b]) - len(stacks[a]) })
	var deployed sync.Map
	queue := make(chan string, len(order))
	for _, stack := range order {
		queue <- stack
	}
	close(queue)
	t.Run("stacks", func(t *testing.T) {
		// Most of the time is waiting, but two at a time are enough for a small machine.
		for _, lane := range []string{"left", "right"} {
			t.Run(lane, func(t *testing.T) {
				t.Parallel()
				for stack := range queue {
					t.Run(stack, func(t *testing.T) {
						m := &matrixStack{name: stack, settings: settings, given: given[stack]}
						m.through(t, stacks[stack])
						deployed.Store(stack, stacks[stack])
					})
				}
			})
		}
	})
	t.Run("nothing is left", func(t *testing.T) {
		for _, region := range regions {
			if left := more(before[region], inventoryIn(t, region)); len(left) > 0 {
				t.Errorf("in %s: %v", region, left)
			}
		}
	})
	t.Logf("%d pairs of states of %d settings were deployed", pairsIn(settings, &deployed), len(settings))
}

// pairsIn counts the pairs of states of two settings.
func pairsIn(settings []matrixSetting, stacks *sync.Map) int {
	met := map[string]bool{}
	for _, rows := range stacks.Range {
		for _, row := range rows.([]matrixRow) {
			for i, a := range settings {
				for _, b := range settings[:i] {
					met[fmt.Sprint(a.key, row[a.key], b.key, row[b.key])] = true
				}
			}
		}
	}
	return len(met)
}

// matrixStack is one of the stacks.
type matrixStack struct {
	name     string
	settings []matrixSetting
	given    map[string]string // what ${…} stands for
}

func (m *matrixStack) value(text string) string {
	return os.Expand(text, func(name string) string { return m.given[name] })
}

// write writes the stack's settings, without some that are on.
func (m *matrixStack) write(t *testing.T, row matrixRow, without ...string) {
	t.Helper()
	var text strings.Builder
	text.WriteString("config:\n")
	for _, s := range m.settings {
		value := s.off
		if row[s.key] && !slices.Contains(without, s.key) {
			value = m.value(s.on)
		}
		if value == "" {
			continue
		}
		key := s.key
		if !strings.Contains(key, ":") {
			key = "sallyport:" + key
		}
		// Objects and lists are YAML as they are.
		if !strings.HasPrefix(value, "{") && !strings.HasPrefix(value, "[") {
			value = fmt.Sprintf("%q", value)
		}
		fmt.Fprintf(&text, "  %s: %s\n", key, value)
	}
	if err := os.WriteFile(filepath.Join(here.project, "Pulumi."+m.name+".yaml"), []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// through deploys row after row, and destroys the stack.
func (m *matrixStack) through(t *testing.T, rows []matrixRow) {
	t.Cleanup(func() { _ = os.Remove(filepath.Join(here.project, "Pulumi."+m.name+".yaml")) })
	for i, row := range rows {
		t.Run(fmt.Sprintf("row %d", i+1), func(t *testing.T) {
			began := time.Now()
			m.write(t, row)
			run(t, "up", "-stack", m.name)
			up := time.Since(began)
			m.look(t, row)
			run(t, "preview", "-stack", m.name, "--", "--expect-no-changes")
			t.Logf("up took %v, all %v", up.Round(time.Second), time.Since(began).Round(time.Second))
		})
		last := i == len(rows)-1
		next := append(rows, matrixRow{})[i+1]
		// The rule that lets the link in is changed in place on AWS, and can't be in moto.
		anew := last || row["gateway.vpcLinkId"] != next["gateway.vpcLinkId"]
		// Nobody deletes what is protected, nor an alarm that a service listens to.
		if row["protected"] || row["alarms.rollback"] && !next["alarms.enabled"] && !anew {
			m.write(t, row, "protected", "alarms.rollback")
			run(t, "up", "-stack", m.name, "-verify=false")
		}
		if anew {
			run(t, "destroy", "-stack", m.name)
		}
	}
}

// look sees what is on, and nothing of what is off.
func (m *matrixStack) look(t *testing.T, row matrixRow) {
	t.Helper()
	d := m.describe(t, row)
	for _, s := range m.settings {
		want := m.value(s.on)
		switch got := seen[s.key](d, want); {
		case row[s.key] && got != want:
			t.Errorf("%s is %s, and the cloud has %s", s.key, want, got)
		case !row[s.key] && got == want:
			t.Errorf("%s is not set, and the cloud has %s", s.key, got)
		}
	}
}

// echoes puts a small server, which starts at once, in the place of the web app, and another one beside it.
func echoes(t *testing.T) {
	t.Helper()
	webapp, kept := filepath.Join(here.project, "webapp"), filepath.Join(here.project, "webapp.kept")
	if err := os.Rename(webapp, kept); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(webapp); err != nil {
			t.Error(err)
		}
		if err := os.Rename(kept, webapp); err != nil {
			t.Error(err)
		}
	})
	buildEcho(t, webapp, "webapp")
	buildEcho(t, filepath.Join(here.project, "elsewhere"), "elsewhere")
}

// decoded is JSON, whatever it holds.
func decoded(t *testing.T, text []byte) (value any) {
	t.Helper()
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatalf("%v: %.200s", err, text)
	}
	return value
}

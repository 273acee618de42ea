package e2e

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"strings"
)

// operation is one step of the engine: what it does to which resource.
type operation struct{ op, kind, name string }

func (o operation) String() string { return o.op + " " + o.kind + " " + o.name }

type event struct {
	Pre     *step `json:"resourcePreEvent"`
	Outputs *step `json:"resOutputsEvent"`
	Failed  *step `json:"resOpFailedEvent"`
}

type step struct {
	Planning bool `json:"planning"` // of the preview before
	Metadata struct {
		Op   string `json:"op"`
		URN  string `json:"urn"`
		Type string `json:"type"`
	} `json:"metadata"`
}

func (s *step) operation() operation {
	return operation{s.Metadata.Op, s.Metadata.Type, s.Metadata.URN[strings.LastIndex(s.Metadata.URN, "::")+2:]}
}

// read returns the operations of the events that pick chooses, those of a preview left out.
func (c *call) read(pick func(event) *step) []operation {
	c.t.Helper()
	file, err := os.Open(c.events)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		c.t.Fatal(err)
	}
	defer file.Close()
	var operations []operation
	for lines := bufio.NewReader(file); ; {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return operations // a line without an end is still being written
		}
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			c.t.Fatalf("%s: %v", c.events, err)
		}
		if s := pick(e); s != nil && !s.Planning {
			operations = append(operations, s.operation())
		}
	}
}

// begun are the operations that were begun.
func (c *call) begun() []operation { return c.read(func(e event) *step { return e.Pre }) }

// broken are the operations that failed.
func (c *call) broken() []operation { return c.read(func(e event) *step { return e.Failed }) }

// changes are the finished operations that changed something of the cloud, sorted.
func (c *call) changes() []string {
	var changes []string
	for _, o := range c.read(func(e event) *step { return e.Outputs }) {
		component := strings.HasPrefix(o.kind, "pulumi:") || strings.HasPrefix(o.kind, "sallyport:") || o.kind == "awsx:ec2:Vpc"
		if !component && !slices.Contains([]string{"same", "read", "refresh", ""}, o.op) {
			changes = append(changes, o.String())
		}
	}
	slices.Sort(changes)
	return changes
}

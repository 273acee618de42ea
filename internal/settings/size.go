package settings

import (
	"errors"
	"fmt"
	"strings"
)

const sizesPage = aws + "AmazonECS/latest/developerguide/task-cpu-memory-error.html"

// size is a row of Fargate's table of task sizes: the memory, in MiB, that goes with some CPU units.
type size struct{ cpu, low, high, step int }

// sizes, cheapest first, from sizesPage. 256 CPU units are the only ones with a step of its own (0.5, 1 and 2 GB).
var sizes = []size{
	{cpu: 256, low: 512, high: 2048},
	{cpu: 512, low: 1024, high: 4096, step: 1024},
	{cpu: 1024, low: 2048, high: 8192, step: 1024},
	{cpu: 2048, low: 4096, high: 16384, step: 1024},
	{cpu: 4096, low: 8192, high: 30720, step: 1024},
	{cpu: 8192, low: 16384, high: 61440, step: 4096},
	{cpu: 16384, low: 32768, high: 122880, step: 8192},
}

func (z size) takes(memory int) bool {
	if z.step == 0 {
		return memory == 512 || memory == 1024 || memory == 2048
	}
	return memory >= z.low && memory <= z.high && (memory-z.low)%z.step == 0
}

func (z size) memories() string {
	if z.step == 0 {
		return "512, 1024 or 2048 MiB"
	}
	return fmt.Sprintf("%d to %d MiB in steps of %d", z.low, z.high, z.step)
}

func cpus() string {
	units := make([]int, len(sizes))
	for i, z := range sizes {
		units[i] = z.cpu
	}
	return orList(units)
}

func checkCPU(cpu int) error {
	for _, z := range sizes {
		if z.cpu == cpu {
			return nil
		}
	}
	return errors.New("it is none of the values allowed")
}

// checkSize says what memory goes with this CPU, and what CPU with this memory.
func checkSize(app App) *problem {
	var cheapest int
	for _, z := range sizes {
		if !z.takes(app.Memory) {
			continue
		}
		if z.cpu == app.CPU {
			return nil
		}
		if cheapest == 0 {
			cheapest = z.cpu
		}
	}
	p := &problem{key: "app.memory", wrong: fmt.Sprintf("it doesn't go with an app.cpu of %d", app.CPU)}
	for _, z := range sizes {
		if z.cpu == app.CPU {
			p.allowed = fmt.Sprintf("%s with an app.cpu of %d", z.memories(), app.CPU)
		}
	}
	if cheapest == 0 {
		p.allowed += fmt.Sprintf("; no app.cpu goes with %d MiB", app.Memory)
	} else {
		p.allowed += fmt.Sprintf("; the cheapest app.cpu for %d MiB is %d", app.Memory, cheapest)
	}
	return p
}

// orList reads as "1, 2 or 3".
func orList[T any](items []T) string {
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = fmt.Sprint(item)
	}
	if len(texts) == 1 {
		return texts[0]
	}
	return strings.Join(texts[:len(texts)-1], ", ") + " or " + texts[len(texts)-1]
}

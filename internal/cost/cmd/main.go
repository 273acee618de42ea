// Command cost prints what a stack costs on AWS, by its settings alone: it needs neither AWS nor the Pulumi CLI.
package main

import (
	"flag"
	"fmt"
	"os"

	"sallyport/internal/cost"
)

func main() {
	stack := flag.String("stack", "local", "the stack, whose settings are in Pulumi.STACK.yaml")
	flag.Parse()
	s, err := read(*stack)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Print(cost.Report(*stack, s))
}

// Command pulumi-resource-awsx is Sallyport's stand-in for the official Pulumi
// plugin awsx. The engine starts it; package awsx says what it does.
package main

import (
	"fmt"
	"os"

	"sallyport/local/awsx"
)

func main() {
	about := fmt.Sprintf("%s: it makes the component %s alone", awsx.Name, awsx.Token)
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, about+". The Pulumi engine starts it, with its address as the argument.")
		os.Exit(2)
	}
	if os.Args[1] == "--version" || os.Args[1] == "-version" {
		fmt.Println(about)
		return
	}
	if err := awsx.Serve(); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", awsx.Name, err)
		os.Exit(1)
	}
}

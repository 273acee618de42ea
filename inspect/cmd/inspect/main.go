// Command inspect looks at a deployed stack: `inspect verify`, `inspect why` and `inspect left`. It changes nothing.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"sallyport/inspect/command"
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	exit := command.Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	cancel()
	os.Exit(exit)
}

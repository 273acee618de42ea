// Command pulumi-language-go is the plugin by which the local Pulumi CLI runs Go programs.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"google.golang.org/grpc"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"sallyport/local/languagehost"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-language-go:", err)
		os.Exit(1)
	}
}

func run() error {
	// The engine passes these flags to every language host; this one needs neither.
	flag.String("tracing", "", "accepted and ignored")
	flag.String("root", "", "accepted and ignored")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "Sallyport's stand-in for pulumi-language-go %s. The Pulumi engine starts it with its own address as the argument.\n", languagehost.Version)
	}
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		return nil
	}

	home, err := workspace.GetPulumiHomeDir()
	if err != nil {
		return fmt.Errorf("PULUMI_HOME: %w", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// Without an engine there is nothing left to do; this ends a host whose engine was killed.
	if err := rpcutil.Healthcheck(ctx, flag.Arg(0), 5*time.Minute, stop); err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	cancel := make(chan bool)
	go func() {
		<-ctx.Done()
		close(cancel)
	}()

	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, &languagehost.Host{
				Programs: filepath.Join(home, "programs"),
				Engine:   flag.Arg(0),
				// The CLI shows what a plugin prints after its port.
				Say: func(line string) { fmt.Println(line) },
			})
			return nil
		},
		Options: rpcutil.OpenTracingServerInterceptorOptions(nil),
	})
	if err != nil {
		return fmt.Errorf("gRPC server: %w", err)
	}
	fmt.Println(handle.Port)
	return <-handle.Done
}

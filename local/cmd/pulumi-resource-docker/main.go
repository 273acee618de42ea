// Command pulumi-resource-docker is Sallyport's stand-in for the docker plugin of
// Pulumi. What it stands in for, and where it stops: local/dockerimage.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"sallyport/local/dockerimage"
)

func main() {
	// Pulumi's own server waits for running calls when it is interrupted: the
	// build must end by itself. SIGTERM ends the process, and the engine ends a
	// build whose client has gone.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := provider.MainContext(ctx, "docker", func(host *provider.HostClient) (pulumirpc.ResourceProviderServer, error) {
		return dockerimage.New(ctx, host), nil
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Command pulumi-resource-aws is Sallyport's stand-in for the aws plugin; package awsprovider says what it does.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"sallyport/local/awsprovider"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Printf("Sallyport's stand-in for the aws plugin %s (terraform-provider-aws %s). The Pulumi engine starts it with its own address as the argument.\n",
			awsprovider.Version, awsprovider.TerraformVersion)
		return
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-aws:", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("path of this plugin: %w", err)
	}
	// The toolchain puts the dynamic provider beside this binary; a plugin installed by `pulumi plugin install
	// --file` is a copy without neighbours, which SALLYPORT_DYNAMIC then leads back.
	binary := os.Getenv("SALLYPORT_DYNAMIC")
	if binary == "" {
		binary = filepath.Join(filepath.Dir(self), "pulumi-resource-terraform-provider")
	}

	var dynamic *awsprovider.Dynamic
	defer func() {
		if dynamic != nil {
			dynamic.Stop()
		}
	}()
	return provider.MainContext(ctx, "aws", func(host *provider.HostClient) (pulumirpc.ResourceProviderServer, error) {
		dynamic, err = awsprovider.StartDynamic(ctx, binary, os.Args[len(os.Args)-1], filepath.Dir(binary))
		if err != nil {
			return nil, err
		}
		return awsprovider.New(ctx, dynamic)
	})
}

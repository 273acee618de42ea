// Package awsx is Sallyport's stand-in for the official Pulumi plugin awsx
// 2.22.0: it makes awsx:ec2:Vpc, and nothing else, of the same resources with
// the same names, parents, inputs and outputs.
package awsx

import (
	_ "embed"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
)

// Version is the version of the official plugin that this one stands in for.
const Version = "2.22.0"

// Name is how the stand-in calls itself wherever a person could take it for the
// official plugin.
const Name = "Sallyport's stand-in for awsx " + Version

// Token is the one component that the stand-in makes.
const Token = "awsx:ec2:Vpc"

// awsVersion is the version of the aws provider that awsx 2.22.0 asks for where
// the program passes no provider of its own.
const awsVersion = "6.66.3"

//go:embed schema.json
var schema []byte

// Serve runs the plugin until the engine, whose address is the process's
// argument, is done with it.
func Serve() error {
	return provider.MainWithOptions(provider.Options{
		Name: "awsx", Version: Version, Schema: schema, Construct: Construct,
	})
}

// Construct makes the component named by its type token.
func Construct(ctx *pulumi.Context, typ, name string, inputs provider.ConstructInputs,
	options pulumi.ResourceOption,
) (*provider.ConstructResult, error) {
	if typ != Token {
		return nil, refuse(typ + ": the stand-in makes " + Token + " alone")
	}
	args, err := parse(ctx, inputs)
	if err != nil {
		return nil, err
	}
	return newVPC(ctx, name, args, options)
}

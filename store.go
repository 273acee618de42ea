package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/data"
	"sallyport/internal/settings"
	"sallyport/security"
)

// store is where the app keeps its items: all of it is nil where the app has no table.
type store struct {
	tableName, tableARN pulumi.StringInput
	// policy is that of the VPC's endpoint for DynamoDB.
	policy pulumi.StringInput
}

// newStore makes the app's table, which needs nothing of the network, and exports its name.
func newStore(ctx *pulumi.Context, s *settings.Settings, opts ...pulumi.ResourceOption) (*store, error) {
	if !s.App.Table {
		return &store{}, nil
	}
	table, err := data.NewTable(ctx, s.Name, &data.TableArgs{Protected: s.Protected}, opts...)
	if err != nil {
		return nil, err
	}
	ctx.Export("tableName", table.TableName)
	return &store{
		tableName: table.TableName,
		tableARN:  table.TableARN,
		policy:    table.TableARN.ApplyT(security.TablePolicy).(pulumi.StringOutput),
	}, nil
}

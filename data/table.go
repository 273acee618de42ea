// Package data is what the app keeps: items in a table, which outlive the tasks.
package data

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/dynamodb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const tableType = "sallyport:data:Table"

// The attributes that DynamoDB knows of. What else an item has is the app's business.
const (
	PartitionKey = "pk"
	SortKey      = "sk"
	// Expires is the second since 1970 after which DynamoDB may delete an item, within a few days and for free:
	// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
	Expires = "expires"
)

// TableArgs are the arguments of NewTable.
type TableArgs struct {
	// Protected makes AWS and Pulumi refuse to delete the table, and lets it be restored to any second of the last 35
	// days: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html
	Protected bool
}

// Table is a DynamoDB table for one app, with the keys PartitionKey and SortKey, both strings.
//
// It is paid by use and costs nothing idle but its storage, 0.25 USD a GB and month, and with Protected 0.20 more
// (us-east-1, https://aws.amazon.com/dynamodb/pricing/on-demand/).
//
// DynamoDB encrypts every table. Here it does so with a key that AWS owns, which costs nothing. With a key in the account,
// be it aws/dynamodb, whoever may read the table would still read it in the clear; what it adds is a line in CloudTrail for
// each use of the key, at the price of KMS's requests:
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.howitworks.html
type Table struct {
	pulumi.ResourceState

	TableName pulumi.StringOutput
	TableARN  pulumi.StringOutput
}

// NewTable makes a Table.
func NewTable(ctx *pulumi.Context, name string, args *TableArgs, opts ...pulumi.ResourceOption) (*Table, error) {
	c := &Table{}
	if err := ctx.RegisterComponentResource(tableType, name, c, opts...); err != nil {
		return nil, fmt.Errorf("table %s: %w", name, err)
	}
	if err := c.build(ctx, name, args); err != nil {
		return nil, fmt.Errorf("table %s: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"tableName": c.TableName, "tableArn": c.TableARN})
}

func (c *Table) build(ctx *pulumi.Context, name string, args *TableArgs) error {
	text := func(attribute string) *dynamodb.TableAttributeArgs {
		return &dynamodb.TableAttributeArgs{Name: pulumi.String(attribute), Type: pulumi.String("S")}
	}
	table, err := dynamodb.NewTable(ctx, name, &dynamodb.TableArgs{
		BillingMode: pulumi.String("PAY_PER_REQUEST"),
		Attributes:  dynamodb.TableAttributeArray{text(PartitionKey), text(SortKey)},
		HashKey:     pulumi.String(PartitionKey),
		RangeKey:    pulumi.String(SortKey),
		Ttl:         &dynamodb.TableTtlArgs{AttributeName: pulumi.String(Expires), Enabled: pulumi.Bool(true)},
		// Told in either case: without it, a stack that is no longer protected would keep it.
		PointInTimeRecovery:       &dynamodb.TablePointInTimeRecoveryArgs{Enabled: pulumi.Bool(args.Protected)},
		DeletionProtectionEnabled: pulumi.Bool(args.Protected),
	}, pulumi.Parent(c), pulumi.Protect(args.Protected))
	if err != nil {
		return err
	}
	c.TableName = table.Name
	c.TableARN = table.Arn
	return nil
}

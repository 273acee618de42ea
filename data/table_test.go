package data_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/data"
	"sallyport/internal/record"
)

// What a resource record doesn't prove is said in package record.

func TestTable(t *testing.T) {
	made := func(protected bool) record.Resource {
		rec := record.MustRun(t, func(ctx *pulumi.Context) error {
			_, err := data.NewTable(ctx, "app", &data.TableArgs{Protected: protected})
			return err
		})
		return rec.Get(t, "aws:dynamodb/table:Table", "app")
	}
	table, protected := made(false), made(true)

	t.Run("an item is found by the two keys pk and sk, both of them text", func(t *testing.T) {
		for path, want := range map[string]any{
			"hashKey": "pk", "rangeKey": "sk", "attributes.0.name": "pk", "attributes.0.type": "S",
			"attributes.1.name": "sk", "attributes.1.type": "S", "attributes.2": nil,
		} {
			record.Equal(t, table, path, want)
		}
	})
	t.Run("it is paid by use", func(t *testing.T) {
		record.Equal(t, table, "billingMode", "PAY_PER_REQUEST")
		record.Equal(t, table, "readCapacity", nil)
		record.Equal(t, table, "writeCapacity", nil)
	})
	t.Run("an item goes by itself after the second that its attribute expires names", func(t *testing.T) {
		record.Equal(t, table, "ttl.attributeName", "expires")
		record.Equal(t, table, "ttl.enabled", true)
	})
	t.Run("it is encrypted as DynamoDB always does, with a key of AWS's that costs nothing", func(t *testing.T) {
		record.Equal(t, table, "serverSideEncryption", nil)
	})
	t.Run("its name is Pulumi's to choose, so that another can take its place", func(t *testing.T) {
		record.Equal(t, table, "name", nil)
	})
	t.Run("a protected one is neither deleted by AWS nor by Pulumi, and goes back to any second", func(t *testing.T) {
		record.Equal(t, protected, "deletionProtectionEnabled", true)
		record.Equal(t, protected, "pointInTimeRecovery.enabled", true)
		if !protected.Protect {
			t.Error("Pulumi would delete it")
		}
	})
	t.Run("another one can be torn down, and loses what only a protected one has", func(t *testing.T) {
		record.Equal(t, table, "deletionProtectionEnabled", false)
		record.Equal(t, table, "pointInTimeRecovery.enabled", false)
		if table.Protect {
			t.Error("Pulumi would keep it")
		}
	})
}

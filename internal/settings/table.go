package settings

import "slices"

// setting is one row of the table: everything that is known about one key.
type setting struct {
	key         string
	description string
	allowed     string
	why         string
	value       value
}

const aws = "https://docs.aws.amazon.com/"

// table is the single source of what can be set, in files by namespace. Load reads by it, and Pulumi.yaml's config section and the README's
// table are written from it (go test ./internal/settings -update).
// Keys without a namespace are the project's own; the others are the AWS provider's.
var table = slices.Concat(stackTable, networkTable, gatewayTable, appTable, operationTable)

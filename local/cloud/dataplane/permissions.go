package dataplane

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sallyport/local/cloud/front"
	"sallyport/local/cloud/policy"
)

// requests are the permissions that a call takes. Of DynamoDB's calls it is known which tables they are about; of other
// services' it is not, so their resource is *, and only a policy that names no resource allows them. Nobody needs a
// permission to ask who it is:
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
func requests(call front.Call, input []byte) ([]policy.Request, error) {
	switch {
	case call.Service == "sts" && call.Action == "GetCallerIdentity":
		return nil, nil
	case call.Service == "dynamodb":
		return tableRequests(call, input)
	case strings.Contains(call.Action, " "):
		return nil, denied(call, "The local cloud does not know which action %q of %s is, and so not whether the task may do it.", call.Action, call.Service)
	}
	return []policy.Request{{Action: call.Service + ":" + call.Action, Resource: "*"}}, nil
}

// tableRequests follows
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html and, for transactions,
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
func tableRequests(call front.Call, input []byte) ([]policy.Request, error) {
	type table struct{ TableName, IndexName string }
	var given struct {
		table
		ResourceArn   string
		RequestItems  map[string]json.RawMessage
		TransactItems []map[string]table
	}
	if err := json.Unmarshal(input, &given); err != nil {
		return nil, validation("the input can't be read: %s", err)
	}
	arn := func(t table) string {
		arn := t.TableName
		if !strings.HasPrefix(arn, "arn:") {
			arn = fmt.Sprintf("arn:aws:dynamodb:%s:%s:table/%s", call.Region, account, t.TableName)
		}
		if t.IndexName != "" {
			arn += "/index/" + t.IndexName
		}
		return arn
	}
	action := "dynamodb:" + call.Action
	switch call.Action {
	case "BatchGetItem", "BatchWriteItem":
		var wanted []policy.Request
		for _, name := range slices.Sorted(maps.Keys(given.RequestItems)) {
			wanted = append(wanted, policy.Request{Action: action, Resource: arn(table{TableName: name})})
		}
		return wanted, nil
	case "TransactGetItems", "TransactWriteItems":
		actions := map[string]string{"Get": "GetItem", "Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
		var wanted []policy.Request
		for _, item := range given.TransactItems {
			for _, kind := range slices.Sorted(maps.Keys(item)) {
				r := policy.Request{Action: "dynamodb:" + actions[kind], Resource: arn(item[kind])}
				if !slices.Contains(wanted, r) {
					wanted = append(wanted, r)
				}
			}
		}
		return wanted, nil
	case "ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction":
		return nil, denied(call, "The local cloud does not read PartiQL, and so does not know whether the task may do what %s asks. Use the calls for items.", call.Action)
	case "ListTables", "DescribeLimits", "DescribeEndpoints":
		return []policy.Request{{Action: action, Resource: "*"}}, nil
	}
	if given.ResourceArn != "" {
		return []policy.Request{{Action: action, Resource: given.ResourceArn}}, nil
	}
	return []policy.Request{{Action: action, Resource: arn(given.table)}}, nil
}

package e2e

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"sallyport/local/cloud/dataplane"
)

// asks is what a task's container asks of DynamoDB, with what it finds in its environment. Node.js is there, an SDK may not be.
const asks = `const { AWS_ENDPOINT_URL: url, AWS_ACCESS_KEY_ID: key, AWS_REGION: region } = process.env;
fetch(url, { method: 'POST', body: process.argv[2], headers: {
  'Content-Type': 'application/x-amz-json-1.0', 'X-Amz-Target': 'DynamoDB_20120810.' + process.argv[1],
  Authorization: 'AWS4-HMAC-SHA256 Credential=' + key + '/20260101/' + region + '/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
} }).then(async (r) => console.log(JSON.stringify({ Status: r.status, Body: await r.text() })),
  (e) => console.log(JSON.stringify({ Body: String(e.cause ?? e) })));`

type tableAnswer struct {
	Status int // 0 where there was no answer
	Body   string
}

// askFrom asks DynamoDB from inside of a task.
func askFrom(t *testing.T, one task, action string, input map[string]any) (answer tableAnswer) {
	t.Helper()
	body, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "docker", "exec", one.Containers[0].RuntimeID, "node", "-e", asks, action, string(body)).Output()
	if err == nil {
		err = json.Unmarshal(out, &answer)
	}
	if err != nil {
		t.Errorf("%s: %v: %s", action, err, out)
	}
	return answer
}

func key(pk, sk string) map[string]any {
	return map[string]any{"pk": map[string]string{"S": pk}, "sk": map[string]string{"S": sk}}
}

func TestTable(t *testing.T) {
	deployed(t)
	exported := outputs(t)
	table, one := exported["tableName"], only(t, exported)
	id := one.TaskArn[strings.LastIndex(one.TaskArn, "/")+1:]

	t.Run("it is as the program declares it", func(t *testing.T) {
		made := ask[struct {
			Table struct {
				TableStatus string
				KeySchema   []struct{ AttributeName, KeyType string }
			}
		}](t, "dynamodb", "DescribeTable", map[string]any{"TableName": table}).Table
		if got := fmt.Sprint(made); got != "{ACTIVE [{pk HASH} {sk RANGE}]}" {
			t.Errorf("got %s", got)
		}
		ttl := ask[struct {
			TimeToLiveDescription struct{ TimeToLiveStatus, AttributeName string }
		}](t, "dynamodb", "DescribeTimeToLive", map[string]any{"TableName": table}).TimeToLiveDescription
		if ttl.TimeToLiveStatus != "ENABLED" || ttl.AttributeName != "expires" {
			t.Errorf("got %+v", ttl)
		}
	})
	t.Run("the app finds its name, its Region, credentials of its own and the local API in its environment", func(t *testing.T) {
		has(t, one, map[string]string{
			"TABLE_NAME": table, "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
			"AWS_ACCESS_KEY_ID": "ASIA" + strings.ToUpper(id),
		})
	})
	t.Run("a task writes an item and reads it", func(t *testing.T) {
		item := key("quiz#1", "meta")
		item["title"] = map[string]string{"S": "Rivers"}
		if put := askFrom(t, one, "PutItem", map[string]any{"TableName": table, "Item": item}); put.Status != 200 {
			t.Fatalf("got %+v", put)
		}
		got := askFrom(t, one, "GetItem", map[string]any{"TableName": table, "Key": key("quiz#1", "meta"), "ConsistentRead": true})
		if got.Status != 200 || !strings.Contains(got.Body, "Rivers") {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("of many writes at once on the same condition one succeeds", func(t *testing.T) {
		var all sync.WaitGroup
		var mu sync.Mutex
		var statuses []int
		for range 8 {
			all.Go(func() {
				put := askFrom(t, one, "PutItem", map[string]any{"TableName": table, "Item": key("quiz#1", "answer#1"), "ConditionExpression": "attribute_not_exists(pk)"})
				mu.Lock()
				defer mu.Unlock()
				if statuses = append(statuses, put.Status); put.Status != 200 && !strings.Contains(put.Body, "ConditionalCheckFailedException") {
					t.Errorf("got %+v", put)
				}
			})
		}
		all.Wait()
		if slices.Sort(statuses); !slices.Equal(statuses, []int{200, 400, 400, 400, 400, 400, 400, 400}) {
			t.Errorf("got %v", statuses)
		}
	})
	t.Run("a transaction whose token is known is not done again", func(t *testing.T) {
		done := map[string]any{"ClientRequestToken": "token-1", "TransactItems": []any{
			map[string]any{"ConditionCheck": map[string]any{"TableName": table, "Key": key("quiz#1", "meta"), "ConditionExpression": "attribute_exists(pk)"}},
			map[string]any{"Put": map[string]any{"TableName": table, "Item": key("quiz#1", "answer#2"), "ConditionExpression": "attribute_not_exists(pk)"}},
		}}
		for range 2 {
			if got := askFrom(t, one, "TransactWriteItems", done); got.Status != 200 {
				t.Errorf("got %+v", got)
			}
		}
	})
	refuses := func(t *testing.T, action, resource string, input map[string]any) {
		t.Helper()
		got := askFrom(t, one, action, input)
		want := fmt.Sprintf("is not authorized to perform: dynamodb:%s on resource: %s because no identity-based policy allows the dynamodb:%s action", action, resource, action)
		if got.Status != 400 || !strings.Contains(got.Body, "AccessDeniedException") || !strings.Contains(got.Body, want) || !strings.Contains(got.Body, "/"+id) {
			t.Errorf("got %+v", got)
		}
	}
	t.Run("another table is not the task's to read, and a scan is not what the app does", func(t *testing.T) {
		other := "arn:aws:dynamodb:us-east-1:123456789012:table/someone-elses"
		refuses(t, "GetItem", other, map[string]any{"TableName": "someone-elses", "Key": key("a", "b")})
		refuses(t, "Scan", "arn:aws:dynamodb:us-east-1:123456789012:table/"+table, map[string]any{"TableName": table})
		refuses(t, "DeleteTable", "arn:aws:dynamodb:us-east-1:123456789012:table/"+table, map[string]any{"TableName": table})
	})
	t.Run("the API for tasks listens on the engine's bridge, and takes no other's credentials", func(t *testing.T) {
		url := strings.TrimPrefix(docker(t, "exec", one.Containers[0].RuntimeID, "printenv", "AWS_ENDPOINT_URL"), "http://")
		if at, err := netip.ParseAddrPort(url); err != nil || at.Addr().IsUnspecified() || at.Addr().IsLoopback() {
			t.Errorf("it is at %s", url)
		}
		out, err := exec.CommandContext(t.Context(), "docker", "exec", "-e", "AWS_ACCESS_KEY_ID=test", one.Containers[0].RuntimeID, "node", "-e", asks, "ListTables", "{}").CombinedOutput()
		if err != nil || !strings.Contains(string(out), "The security token included in the request is invalid") {
			t.Errorf("got %s and %v", out, err)
		}
	})
	t.Run("without a NAT gateway the endpoint alone is the way", func(t *testing.T) {
		edit(t, "Pulumi.local.yaml", replace("config:\n", "config:\n  sallyport:network.egress: none\n  sallyport:app.waitForSteadyState: \"false\"\n"))
		run(t, "up") // it changes no task, so it starts none
		read := map[string]any{"TableName": table, "Key": key("quiz#1", "meta")}
		if got := askFrom(t, one, "GetItem", read); got.Status != 200 {
			t.Errorf("got %+v", got)
		}
		// moto also tells of endpoints that were deleted.
		all := strings.Split(query(t, "ec2", "DescribeVpcEndpoints", "Filter.1.Name", "service-name", "Filter.1.Value.1", "com.amazonaws.us-east-1.dynamodb"), "<vpcEndpointId>")
		there := slices.DeleteFunc(all, func(one string) bool { return !strings.Contains(one, "<state>available</state>") })
		if len(there) != 1 {
			t.Fatalf("%d endpoints are there", len(there))
		}
		endpoint := "<vpcEndpointId>" + there[0]
		tables := slices.Compact(slices.Sorted(slices.Values(regexp.MustCompile("rtb-[0-9a-f]+").FindAllString(endpoint, -1))))
		// Both are put back, so that the program's state is true again.
		modify := func(how string) {
			parameters := []string{"VpcEndpointId", elements(endpoint, "vpcEndpointId")[0]}
			for i, id := range tables {
				parameters = append(parameters, fmt.Sprintf("%sRouteTableId.%d", how, i+1), id)
			}
			query(t, "ec2", "ModifyVpcEndpoint", parameters...)
		}
		modify("Remove")
		t.Run("and where it serves other route tables the call does not arrive, and the cloud says why", func(t *testing.T) {
			if got := askFrom(t, one, "GetItem", read); got.Status != 0 {
				t.Errorf("got %+v", got)
			}
			said := slices.ContainsFunc(status(t).Refused, func(call dataplane.RefusedCall) bool {
				return call.Task == id && call.Call == "dynamodb:GetItem" && strings.Contains(call.Reason, " for dynamodb is not associated with rtb-")
			})
			if !said {
				t.Errorf("refused are %+v", status(t).Refused)
			}
		})
		modify("Add")
		if got := askFrom(t, one, "GetItem", read); got.Status != 200 {
			t.Errorf("got %+v", got)
		}
	})
	run(t, "destroy")
}

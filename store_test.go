package main

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sallyport/internal/record"
)

var (
	// command is one of the SDK's: GetCommand of its document client, GetItemCommand of the other.
	command = regexp.MustCompile(`new ([A-Z][A-Za-z]+?)(?:Item)?Command\(`)
	// inTransaction is what a transaction is made of, each of which takes the permission of its own kind.
	inTransaction = regexp.MustCompile(`\b(ConditionCheck|Delete|Get|Put|Update): \{`)
)

// itemActions are the actions of DynamoDB that TypeScript below some folders takes, sorted.
func itemActions(t *testing.T, folders ...string) []string {
	t.Helper()
	found := map[string]bool{}
	add := func(kind string) {
		if slices.Contains([]string{"ConditionCheck", "Delete", "Get", "Put", "Update"}, kind) {
			kind += "Item"
		}
		found["dynamodb:"+kind] = true
	}
	for _, folder := range folders {
		if err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasPrefix(filepath.Ext(path), ".ts") || strings.Contains(path, ".test.") {
				return err
			}
			source, err := os.ReadFile(path)
			if err != nil || !strings.Contains(string(source), "@aws-sdk/") {
				return err
			}
			for _, match := range command.FindAllStringSubmatch(string(source), -1) {
				if !strings.HasPrefix(match[1], "Transact") {
					add(match[1])
					continue
				}
				for _, part := range inTransaction.FindAllStringSubmatch(string(source), -1) {
					add(part[1])
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func TestTheAppsTable(t *testing.T) {
	rec := byDefault(t)
	variable := func(rec *record.Recording, name string) string {
		for _, v := range container(t, rec).Environment {
			if v.Name == name {
				return v.Value
			}
		}
		return ""
	}
	t.Run("the app is told its name, and so is the stack's owner", func(t *testing.T) {
		const want = "sallyport-dev-1234567"
		if got := variable(rec, "TABLE_NAME"); got != want || rec.Exports["tableName"] != want {
			t.Errorf("the app is told %q, the owner %v", got, rec.Exports["tableName"])
		}
	})
	t.Run("the app may do with it what its source does, and nothing else", func(t *testing.T) {
		statements := document(t, rec.Get(t, "aws:iam/policy:Policy", "sallyport-dev-task"), "policy").Statement
		if got, want := statements[0].Action, itemActions(t, "webapp/lib", "webapp/app"); !slices.Equal(got, want) {
			t.Errorf("it may do %v, and does %v", got, want)
		}
	})
	t.Run("it waits for nothing, and the network waits for its policy alone", func(t *testing.T) {
		if made := one(t, rec, table); len(made.DependsOn) > 0 {
			t.Errorf("it waits for %v", made.DependsOn)
		}
		for _, typ := range []string{natGateway, "aws:lb/loadBalancer:LoadBalancer", "aws:apigatewayv2/vpcLink:VpcLink", "aws:apigatewayv2/stage:Stage"} {
			for _, r := range some(t, rec, typ) {
				if waits(rec, r.String(), table+"::sallyport-dev") {
					t.Errorf("%s waits for it", r)
				}
			}
		}
	})
	t.Run("the way to it is the same without NAT gateways", func(t *testing.T) {
		for _, config := range []map[string]any{
			{"sallyport:network.egress": "endpoints"},
			{"sallyport:network.egress": "none", "sallyport:app.waitForSteadyState": "false"},
		} {
			config["aws:region"] = "us-east-1"
			closed := run(t, config, record.Options{})
			record.Equal(t, closed.Get(t, vpcEndpoint, "sallyport-dev-dynamodb"), "routeTableIds.1", "routetable-sallyport-dev-private-2")
			record.Equal(t, closed.Get(t, egressRule, "sallyport-dev-service-to-dynamodb"), "prefixListId", "pl-sallyport-dev-dynamodb")
		}
	})
	t.Run("in a VPC of others it makes no endpoint, and the tasks may go to DynamoDB by the ways that are there", func(t *testing.T) {
		theirs := run(t, sharing, record.Options{Functions: theirs()})
		none(t, theirs, vpcEndpoint)
		record.Equal(t, theirs.Get(t, egressRule, "sallyport-dev-service-to-dynamodb"), "prefixListId", "known")
		one(t, theirs, table)
	})
	t.Run("without it there is neither table nor way nor permission, and the app is told nothing", func(t *testing.T) {
		for _, config := range []map[string]any{{"aws:region": "us-east-1"}, maps.Clone(sharing)} {
			config["sallyport:app.table"] = "false"
			without := run(t, config, record.Options{Functions: theirs()})
			for _, name := range without.Names() {
				if strings.Contains(strings.ToLower(name), "dynamodb") || strings.Contains(name, "sallyport-dev-task") && !strings.Contains(name, "aws:iam/role:") {
					t.Errorf("there is %s", name)
				}
			}
			if _, there := without.Exports["tableName"]; there || variable(without, "TABLE_NAME") != "" {
				t.Error("its name is told")
			}
			if slices.ContainsFunc(without.Invokes, func(i record.Invoke) bool {
				return strings.Contains(fmt.Sprint(i.Args), "dynamodb")
			}) {
				t.Error("AWS is asked for it")
			}
		}
	})
}

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"sallyport/internal/record"
)

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

package restapi_test

import (
	"encoding/json"
	"testing"
)

func TestExport(t *testing.T) {
	c := newCloud(t)
	c.call("POST /restapis/@API/stages", `{"stageName":"live","deploymentId":"`+c.deploy()+`"}`)
	paths := func(t *testing.T, query, want string) {
		t.Helper()
		exported := c.call("GET /restapis/@API/stages/live/exports/oas30"+query, "")
		if got, _ := json.Marshal(exported["paths"]); string(got) != c.in(want) || exported["openapi"] != "3.0.1" {
			t.Errorf("it is %v, want %s", exported, want)
		}
	}
	const whole = `{"/":{"x-amazon-apigateway-any-method":{"responses":{},"x-amazon-apigateway-integration":` +
		`{"connectionId":"@LINK","connectionType":"VPC_LINK","httpMethod":"ANY","passthroughBehavior":"when_no_match","timeoutInMillis":29000,"type":"http_proxy","uri":"http://nlb.example/"}}}}`
	t.Run("an export has the methods of the stage, with integrations where they are asked for", func(t *testing.T) {
		paths(t, "?extensions=integrations", whole)
		paths(t, "", `{"/":{"x-amazon-apigateway-any-method":{"responses":{}}}}`)
	})
	t.Run("what is declared and not deployed is not in it", func(t *testing.T) {
		c.call("PUT "+c.anyRoot+"/integration", c.proxy("http://elsewhere.example/"))
		paths(t, "?extensions=integrations", whole)
	})
	t.Run("a stage that there is not has none, and what else AWS exports is refused", func(t *testing.T) {
		c.refused("GET /restapis/@API/stages/test/exports/oas30", "", "NotFoundException", "Invalid stage identifier")
		c.refused("GET /restapis/@API/stages/live/exports/swagger", "", "BadRequestException", `the export type "swagger"`)
		c.refused("GET /restapis/@API/stages/live/exports/oas30?extensions=apigateway", "", "BadRequestException", `the extensions "apigateway"`)
		c.refused("POST /restapis/@API/stages/live/exports/oas30", "", "BadRequestException", "does not support POST")
	})
}

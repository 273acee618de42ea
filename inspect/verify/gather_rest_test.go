package verify

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sallyport/inspect/stack"
)

// restAnswers are those of a REST API, beside answers.
var restAnswers = map[string]string{
	"/restapis/abc": `{"id":"abc","endpointConfiguration":{"types":["REGIONAL"]},"disableExecuteApiEndpoint":true}`,
	"/restapis/abc/stages": `{"item":[{"stageName":"live","deploymentId":"d","accessLogSettings":{"destinationArn":"arn:aws:logs:us-east-1:1:log-group:/aws/vendedlogs/x","format":"f"}},` +
		`{"stageName":"other"}]}`,
	"/restapis/abc/stages/live/exports/oas30": `{"openapi":"3.0.1","paths":{"/{proxy+}":{"parameters":[],` +
		`"x-amazon-apigateway-any-method":{"x-amazon-apigateway-integration":{"type":"http_proxy","httpMethod":"ANY","uri":"http://lb/{proxy}","connectionType":"VPC_LINK","connectionId":"l","responses":{"default":{"statusCode":"200"}}}},` +
		`"options":{"x-amazon-apigateway-integration":{"type":"mock"}}},"/":{"get":{"x-amazon-apigateway-integration":{"type":"http_proxy","uri":"http://lb/","connectionType":"VPC_LINK","connectionId":"l"}}}}}`,
	"/restapis/abc/stages/other/exports/oas30": `{"paths":{"/x":{"get":{"x-amazon-apigateway-integration":{"type":"http_proxy","uri":"http://lb/x","connectionType":"VPC_LINK","connectionId":"gone"}}}}}`,
	"/vpclinks/l": `{"id":"l","status":"AVAILABLE","statusMessage":"m","targetArns":["arn:lb"]}`,
}

func TestGatherRest(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Apigw-Requestid", "the app's own")
		w.Header().Set("X-Amzn-Requestid", "id-of-"+r.URL.Path)
	}))
	t.Cleanup(server.Close)
	exports := exported()
	exports["url"], exports["gatewayKind"] = server.URL+"/live", "rest"
	out, err := readOutputs(&stack.Stack{Name: "dev", Outputs: exports, Resources: []stack.Resource{
		{Type: "aws:apigateway/stage:Stage", Outputs: map[string]any{"restApi": "other", "invokeUrl": "https://other/live"}},
		{Type: "aws:apigateway/stage:Stage", Outputs: map[string]any{"restApi": "abc", "invokeUrl": "https://abc/live"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	var made calls
	gather := func(t *testing.T, but map[string]string) (*Facts, error) {
		g := newGatherer(newFakeAWS(t, func(operation, arguments string) (int, string) {
			if text, ok := but[operation]; ok {
				return 200, text
			}
			if text, ok := restAnswers[operation]; ok {
				made.answer(operation, arguments)
				return 200, text
			}
			if strings.HasPrefix(operation, "/") {
				made.answer(operation, arguments)
				return refusal(operation, "NotFoundException")
			}
			return made.answer(operation, arguments)
		}), out)
		t.Cleanup(g.close)
		return g.gather(t.Context())
	}
	f, err := gather(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	is := func(t *testing.T, what string, got, want any) {
		t.Helper()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, not %v", what, got, want)
		}
	}
	t.Run("the state tells the URL of the stack's own stage", func(t *testing.T) {
		is(t, "invoke URL", f.endpoint(), "https://abc/live")
	})
	t.Run("each stage has the methods that it serves, in order", func(t *testing.T) {
		is(t, "methods", f.Rest.Methods, []Method{
			{"live", "/", "GET", Integration{"http_proxy", "http://lb/", "VPC_LINK", "l"}},
			{"live", "/{proxy+}", "ANY", Integration{"http_proxy", "http://lb/{proxy}", "VPC_LINK", "l"}},
			{"live", "/{proxy+}", "OPTIONS", Integration{Type: "mock"}},
			{"other", "/x", "GET", Integration{"http_proxy", "http://lb/x", "VPC_LINK", "gone"}},
		})
		is(t, "export", made.of["/restapis/abc/stages/live/exports/oas30"], []string{"extensions=integrations"})
	})
	t.Run("each VPC link is asked for once, and one that is gone is none", func(t *testing.T) {
		is(t, "links", []int{len(f.Rest.Links), len(made.of["/vpclinks/l"]), len(made.of["/vpclinks/gone"])}, []int{1, 1, 1})
		is(t, "target", f.Rest.Links[0].TargetArns, []string{"arn:lb"})
	})
	t.Run("nothing is asked of an HTTP API", func(t *testing.T) {
		for operation := range made.of {
			if strings.HasPrefix(operation, "/v2/") {
				t.Error(operation)
			}
		}
	})
	t.Run("an answer's id is that which a REST API gives it, and its line is found by it", func(t *testing.T) {
		ids := []string{f.Answers[0].RequestID, f.Answers[1].RequestID}
		is(t, "ids", ids, []string{"id-of-/live/", "id-of-/live/api/echo"})
		if call := made.of["FilterLogEvents"]; len(call) != 1 || !strings.Contains(call[0], `id-of-/live/api/echo`) || !strings.Contains(call[0], `"logGroupName":"/aws/vendedlogs/x"`) {
			t.Error(call)
		}
		is(t, "logs", f.stageLogs(), []stageLog{{"live", "arn:aws:logs:us-east-1:1:log-group:/aws/vendedlogs/x", "f"}, {stage: "other"}})
	})
	t.Run("an API that does not exist is no error and no fact", func(t *testing.T) {
		clients := newFakeAWS(t, func(operation, _ string) (int, string) { return refusal(operation, "NotFoundException") })
		f := &Facts{Outputs: out}
		g := newGatherer(clients, out)
		t.Cleanup(g.close)
		if err := g.restAPI(t.Context(), f); err != nil || f.hasAPI() || len(f.Rest.Stages)+len(f.Rest.Methods) != 0 {
			t.Errorf("%+v, %v", f.Rest, err)
		}
	})
	t.Run("an export that can't be read is said to be", func(t *testing.T) {
		_, err := gather(t, map[string]string{"/restapis/abc/stages/live/exports/oas30": "openapi: 3.0.1"})
		if err == nil || !strings.HasPrefix(err.Error(), "REST API abc: export of stage live: it is no OpenAPI document: ") {
			t.Error(err)
		}
	})
	t.Run("a program that exports another kind is not this one", func(t *testing.T) {
		exports["gatewayKind"] = "websocket"
		if _, err := readOutputs(&stack.Stack{Name: "dev", Outputs: exports}); err == nil || !slices.Contains(strings.Split(err.Error(), "\n"), `gatewayKind is "websocket", and neither http nor rest`) {
			t.Error(err)
		}
	})
}

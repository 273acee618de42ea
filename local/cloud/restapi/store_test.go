package restapi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/aws/smithy-go"

	"sallyport/local/cloud/gateway"
	"sallyport/local/cloud/restapi"
)

// cloud is a store that a test calls, with one API in it that can be deployed.
type cloud struct {
	t                        testing.TB
	store                    *restapi.Store
	api, root, link, anyRoot string
}

func newCloud(t testing.TB) *cloud {
	c := &cloud{t: t, store: &restapi.Store{Unsupported: gateway.UnsupportedRest}}
	made := c.call("POST /restapis", `{"name":"door","endpointConfiguration":{"types":["REGIONAL"]}}`)
	c.api, c.root = made["id"].(string), made["rootResourceId"].(string)
	c.link = c.call("POST /vpclinks", `{"name":"door","targetArns":["arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/net/door/1"]}`)["id"].(string)
	c.anyRoot = "/restapis/" + c.api + "/resources/" + c.root + "/methods/ANY"
	c.call("PUT "+c.anyRoot, `{"authorizationType":"NONE"}`)
	c.call("PUT "+c.anyRoot+"/integration", c.proxy("http://nlb.example/"))
	return c
}

func (c *cloud) proxy(uri string) string {
	return fmt.Sprintf(`{"type":"HTTP_PROXY","httpMethod":"ANY","uri":%q,"connectionType":"VPC_LINK","connectionId":%q}`, uri, c.link)
}

// in puts the ids of the cloud into a text: of @API, @ROOT and @LINK.
func (c *cloud) in(text string) string {
	return strings.NewReplacer("@API", c.api, "@ROOT", c.root, "@LINK", c.link).Replace(text)
}

func (c *cloud) try(action, body string) (map[string]any, error) {
	method, path, _ := strings.Cut(c.in(action), " ")
	path, query, _ := strings.Cut(path, "?")
	answer, err := c.store.Call(method, path, query, []byte(c.in(body)))
	if err != nil {
		return nil, err
	}
	var read map[string]any
	if err := json.Unmarshal(answer, &read); err != nil {
		c.t.Fatalf("%s answers %s: %v", action, answer, err)
	}
	return read, nil
}

func (c *cloud) call(action, body string) map[string]any {
	c.t.Helper()
	answer, err := c.try(action, body)
	if err != nil {
		c.t.Fatalf("%s %s: %v", action, body, err)
	}
	return answer
}

// refused checks the code and a part of the message of a call that must fail.
func (c *cloud) refused(action, body, code, message string) {
	c.t.Helper()
	_, err := c.try(action, body)
	var known smithy.APIError
	if !errors.As(err, &known) || known.ErrorCode() != code || !strings.Contains(known.ErrorMessage(), message) {
		c.t.Errorf("%s %s: %v, want %s: %s", action, body, err, code, message)
	}
}

func (c *cloud) deploy() string {
	c.t.Helper()
	return c.call("POST /restapis/@API/deployments", `{}`)["id"].(string)
}

func (c *cloud) stage() {
	c.t.Helper()
	c.call("POST /restapis/@API/stages", fmt.Sprintf(`{"stageName":"live","deploymentId":%q}`, c.deploy()))
}

// The codes are those of each call's page in https://docs.aws.amazon.com/apigateway/latest/api/API_Operations.html; of the
// messages, AWS's pages have but a few.
func TestRefused(t *testing.T) {
	c := newCloud(t)
	c.stage()
	const resource, methods = "/restapis/@API/resources/@ROOT", "/restapis/@API/resources/@ROOT/methods/"
	for _, r := range []struct{ name, action, body, code, message string }{
		{"an API that is not there", "GET /restapis/none", "", "NotFoundException", "Invalid API identifier specified"},
		{"a body that is no object", "POST /restapis", `[]`, "BadRequestException", "the body is no JSON object"},
		{"an API without a name", "POST /restapis", `{"endpointConfiguration":{"types":["REGIONAL"]}}`, "BadRequestException", "Invalid API name"},
		{"a list that is a text", "POST /restapis", `{"name":"a","binaryMediaTypes":"*/*"}`, "BadRequestException", "cannot unmarshal"},
		{"an edge API, which is the default", "POST /restapis", `{"name":"a"}`, "BadRequestException", "REST APIs with the endpoint type EDGE, only REGIONAL"},
		{"an import that makes an API", "POST /restapis?mode=import", `{}`, "BadRequestException", "the import of OpenAPI definitions (POST"},
		{"an import that merges", "PUT /restapis/@API?mode=merge", `{}`, "BadRequestException", `with the mode "merge", only overwrite`},
		{"models", "POST /restapis/@API/models", `{}`, "BadRequestException", "The local cloud does not support POST /restapis/" + c.api + "/models"},
		{"a path part with a slash", "POST " + resource, `{"pathPart":"a/b"}`, "BadRequestException", "path part"},
		{"a resource of none", "POST /restapis/@API/resources/none", `{"pathPart":"a"}`, "NotFoundException", "Invalid Resource identifier"},
		{"the root's end", "DELETE " + resource, "", "BadRequestException", "Root resource cannot be deleted"},
		{"a method twice", "PUT " + methods + "ANY", `{"authorizationType":"NONE"}`, "ConflictException", "Method already exists for this resource"},
		{"a method that there is not", "PUT " + methods + "BREW", `{"authorizationType":"NONE"}`, "BadRequestException", "Invalid HTTP method"},
		{"a method without authorization", "PUT " + methods + "GET", `{}`, "BadRequestException", "authorization"},
		{"an authorizer that is not there", "PUT " + methods + "GET", `{"authorizationType":"CUSTOM","authorizerId":"none"}`, "BadRequestException", "Invalid authorizer ID specified"},
		{"an integration of no method", "PUT " + methods + "GET/integration", `{"type":"MOCK"}`, "NotFoundException", "Invalid Method identifier"},
		{"a link that is not there", "PUT " + methods + "ANY/integration", `{"type":"HTTP_PROXY","httpMethod":"ANY","uri":"http://a","connectionType":"VPC_LINK","connectionId":"none"}`, "BadRequestException", `VPC link "none" does not exist`},
		{"a timeout of 30 s", "PUT " + methods + "ANY/integration", `{"type":"MOCK","timeoutInMillis":30000}`, "BadRequestException", "Timeout should be between 50 ms and 29000 ms"},
		{"a parameter that the method lacks", "PUT " + methods + "ANY/integration", `{"type":"HTTP_PROXY","httpMethod":"ANY","uri":"http://a/{b}","connectionType":"VPC_LINK","connectionId":"@LINK","requestParameters":{"integration.request.path.b":"method.request.path.b"}}`,
			"BadRequestException", "Invalid mapping expression parameter specified: method.request.path.b"},
		{"a response of no status of the method", "PUT " + methods + "ANY/integration/responses/200", `{}`, "NotFoundException", "Invalid Response status code specified"},
		{"a stage twice", "POST /restapis/@API/stages", `{"stageName":"live","deploymentId":"x"}`, "ConflictException", "Stage already exists"},
		{"a stage with a dot", "POST /restapis/@API/stages", `{"stageName":"v1.0","deploymentId":"x"}`, "BadRequestException", "Stage name only allows a-zA-Z0-9_-"},
		{"a stage without a deployment", "POST /restapis/@API/stages", `{"stageName":"b","deploymentId":"none"}`, "BadRequestException", "Deployment id does not exist"},
		{"an access log before the account has a role", "PATCH /restapis/@API/stages/live", `{"patchOperations":[{"op":"replace","path":"/accessLogSettings/format","value":"$context.requestId"}]}`,
			"BadRequestException", "CloudWatch Logs role ARN must be set in account settings to enable logging"},
		{"execution logs", "PATCH /restapis/@API/stages/live", `{"patchOperations":[{"op":"replace","path":"/*/*/logging/loglevel","value":"INFO"}]}`, "BadRequestException", "execution logs"},
		{"settings that are not there", "PATCH /restapis/@API/stages/live", `{"patchOperations":[{"op":"remove","path":"/a/GET"}]}`, "BadRequestException", "Cannot remove method setting a/GET because there is no method setting for this method"},
		{"a setting that there is not", "PATCH /restapis/@API/stages/live", `{"patchOperations":[{"op":"replace","path":"/a/GET/x","value":"1"}]}`, "BadRequestException", "Invalid patch path /a/GET/x"},
		{"a rate that is no number", "PATCH /restapis/@API/stages/live", `{"patchOperations":[{"op":"replace","path":"/*/*/throttling/rateLimit","value":"NaN"}]}`, "BadRequestException", `Invalid value "NaN"`},
		{"an operation that there is not", "PATCH /restapis/@API", `{"patchOperations":[{"op":"test","path":"/name","value":"a"}]}`, "BadRequestException", "Invalid patch operation test"},
		{"a link that is used", "DELETE /vpclinks/@LINK", "", "BadRequestException", "Cannot delete vpc link. Vpc link '" + c.link + "', is referenced in [ANY:" + c.root + ":live]"},
		{"a link to what is no load balancer", "POST /vpclinks", `{"name":"a","targetArns":["arn:aws:elasticloadbalancing:eu-west-1:1:listener/net/a/1/2"]}`, "BadRequestException", "only the ARN of a Network Load Balancer"},
		{"a key of 5 letters", "POST /apikeys", `{"name":"a","value":"short"}`, "BadRequestException", "at least 20 characters"},
		{"a plan for a stage that is not there", "POST /usageplans", `{"name":"a","apiStages":[{"apiId":"@API","stage":"none"}]}`, "NotFoundException", "API Stage not found: " + c.api + ":none"},
		{"a quota for a year", "POST /usageplans", `{"name":"a","quota":{"limit":1,"period":"YEAR"}}`, "BadRequestException", "DAY, WEEK or MONTH"},
		{"a key of no plan", "POST /usageplans/none/keys", `{"keyId":"a","keyType":"API_KEY"}`, "NotFoundException", "Invalid Usage Plan identifier"},
		{"tags of nothing", "PUT /tags/arn:aws:apigateway:eu-west-1::/restapis/none", `{"tags":{"a":"b"}}`, "NotFoundException", "Invalid resource identifier"},
	} {
		t.Run(r.name, func(t *testing.T) {
			c.t = t
			c.refused(r.action, r.body, r.code, r.message)
		})
	}
}

func TestDeployments(t *testing.T) {
	t.Run("an API without methods is not deployed, nor one with a method that leads nowhere", func(t *testing.T) {
		c := newCloud(t)
		c.call("PUT /restapis/@API/resources/@ROOT/methods/GET", `{"authorizationType":"NONE"}`)
		c.refused("POST /restapis/@API/deployments", `{}`, "BadRequestException", "No integration defined for method")
		c.call("DELETE /restapis/@API/resources/@ROOT/methods/GET", "")
		c.call("DELETE /restapis/@API/resources/@ROOT/methods/ANY", "")
		c.refused("POST /restapis/@API/deployments", `{}`, "BadRequestException", "The REST API doesn't contain any methods")
	})
	t.Run("a deployment holds the API of its moment", func(t *testing.T) {
		c := newCloud(t)
		c.stage()
		c.call("PATCH "+c.anyRoot+"/integration", `{"patchOperations":[{"op":"replace","path":"/timeoutInMillis","value":"1000"}]}`)
		served := func() int {
			api := c.store.Declared().RestAPIs[c.api]
			return api.Deployments[api.Stages["live"].DeploymentID].Resources[0].ResourceMethods["ANY"].MethodIntegration.TimeoutInMillis
		}
		if served() != 29000 {
			t.Errorf("the timeout is %d before it is deployed", served())
		}
		c.call("PATCH /restapis/@API/stages/live", fmt.Sprintf(`{"patchOperations":[{"op":"replace","path":"/deploymentId","value":%q}]}`, c.deploy()))
		if served() != 1000 {
			t.Errorf("the timeout is %d after it is deployed", served())
		}
	})
	t.Run("a link goes once no deployed stage has it", func(t *testing.T) {
		c := newCloud(t)
		c.stage()
		c.call("DELETE /restapis/@API/resources/@ROOT/methods/ANY", "")
		c.refused("DELETE /vpclinks/@LINK", "", "BadRequestException", "live")
		c.call("DELETE /restapis/@API/stages/live", "")
		c.call("DELETE /vpclinks/@LINK", "")
	})
}

// What the provider sends, and what it reads back: https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
func TestPatches(t *testing.T) {
	c := newCloud(t)
	c.stage()
	c.call("PATCH /account", `{"patchOperations":[{"op":"replace","path":"/cloudwatchRoleArn","value":"arn:role"}]}`)
	plan := c.call("POST /usageplans", `{"name":"a","throttle":{"rateLimit":1,"burstLimit":2},"quota":{"limit":3,"period":"DAY"}}`)["id"].(string)
	key := c.call("POST /apikeys", `{"name":"a","enabled":true}`)["id"].(string)
	authorizer := c.call("POST /restapis/@API/authorizers", `{"name":"a","type":"COGNITO_USER_POOLS","identitySource":"method.request.header.Authorization","providerARNs":["arn:aws:cognito-idp:eu-west-1:1:userpool/a"]}`)["id"].(string)
	for _, p := range []struct {
		path, operations string
		field            string // with dots
		want             any
	}{
		{"/restapis/@API", `{"op":"replace","path":"/name","value":"b"}`, "name", "b"},
		{"/restapis/@API", `{"op":"replace","path":"/disableExecuteApiEndpoint","value":"true"}`, "disableExecuteApiEndpoint", true},
		{"/restapis/@API", `{"op":"replace","path":"/disableExecuteApiEndpoint","value":"false"}`, "disableExecuteApiEndpoint", false},
		{"/restapis/@API", `{"op":"add","path":"/binaryMediaTypes/*~1*"}`, "binaryMediaTypes", []any{"*/*"}},
		{"/restapis/@API", `{"op":"add","path":"/binaryMediaTypes/a~1b"},{"op":"remove","path":"/binaryMediaTypes/*~1*"}`, "binaryMediaTypes", []any{"a/b"}},
		{"/restapis/@API", `{"op":"replace","path":"/endpointConfiguration/types/EDGE","value":"REGIONAL"}`, "endpointConfiguration.types", []any{"REGIONAL"}},
		{c.anyRoot, `{"op":"replace","path":"/apiKeyRequired","value":"true"}`, "apiKeyRequired", true},
		{c.anyRoot, `{"op":"add","path":"/requestParameters/method.request.path.proxy","value":"true"}`, "requestParameters", map[string]any{"method.request.path.proxy": true}},
		{c.anyRoot + "/integration", `{"op":"replace","path":"/timeoutInMillis","value":"1000"}`, "timeoutInMillis", 1000.0},
		{c.anyRoot + "/integration", `{"op":"replace","path":"/uri","value":"http://b/"}`, "uri", "http://b/"},
		{c.anyRoot + "/integration", `{"op":"add","path":"/requestParameters/integration.request.path.a","value":"method.request.path.proxy"}`, "requestParameters", map[string]any{"integration.request.path.a": "method.request.path.proxy"}},
		{"/restapis/@API/stages/live", `{"op":"replace","path":"/accessLogSettings/destinationArn","value":"arn:aws:logs:x"},{"op":"replace","path":"/accessLogSettings/format","value":"$context.requestId"}`,
			"accessLogSettings", map[string]any{"destinationArn": "arn:aws:logs:x", "format": "$context.requestId"}},
		{"/restapis/@API/stages/live", `{"op":"remove","path":"/accessLogSettings"}`, "accessLogSettings", nil},
		{"/restapis/@API/stages/live", `{"op":"replace","path":"/tracingEnabled","value":"true"}`, "tracingEnabled", true},
		{"/restapis/@API/stages/live", `{"op":"replace","path":"/variables/a","value":"b"}`, "variables", map[string]any{"a": "b"}},
		{"/restapis/@API/stages/live", `{"op":"replace","path":"/*/*/throttling/rateLimit","value":"1.500000"}`, "methodSettings.*/*.throttlingRateLimit", 1.5},
		{"/restapis/@API/stages/live", `{"op":"replace","path":"/~1a~1{b}/GET/throttling/burstLimit","value":"7"}`, "methodSettings.~1a~1{b}/GET.throttlingBurstLimit", 7.0},
		{"/restapis/@API/stages/live", `{"op":"replace","path":"/*/*/metrics/enabled","value":"true"}`, "methodSettings.*/*.metricsEnabled", true},
		{"/restapis/@API/stages/live", `{"op":"remove","path":"/*/*"}`, "methodSettings.*/*", nil},
		{"/usageplans/" + plan, `{"op":"replace","path":"/throttle/rateLimit","value":"0.5"}`, "throttle", map[string]any{"rateLimit": 0.5, "burstLimit": 2.0}},
		{"/usageplans/" + plan, `{"op":"replace","path":"/quota/limit","value":"9"},{"op":"replace","path":"/quota/period","value":"WEEK"}`, "quota", map[string]any{"limit": 9.0, "period": "WEEK"}},
		{"/usageplans/" + plan, `{"op":"remove","path":"/quota"}`, "quota", nil},
		{"/usageplans/" + plan, `{"op":"add","path":"/apiStages","value":"@API:live"}`, "apiStages", []any{map[string]any{"apiId": c.api, "stage": "live"}}},
		{"/usageplans/" + plan, `{"op":"remove","path":"/apiStages","value":"@API:live"},{"op":"add","path":"/apiStages","value":"@API:live"}`, "apiStages", []any{map[string]any{"apiId": c.api, "stage": "live"}}},
		{"/apikeys/" + key, `{"op":"replace","path":"/enabled","value":"false"}`, "enabled", false},
		{"/restapis/@API/authorizers/" + authorizer, `{"op":"add","path":"/providerARNs","value":"arn:aws:cognito-idp:eu-west-1:1:userpool/b"}`, "providerARNs", []any{"arn:aws:cognito-idp:eu-west-1:1:userpool/a", "arn:aws:cognito-idp:eu-west-1:1:userpool/b"}},
		{"/restapis/@API/authorizers/" + authorizer, `{"op":"replace","path":"/authorizerResultTtlInSeconds","value":"60"}`, "authorizerResultTtlInSeconds", 60.0},
		{"/account", `{"op":"replace","path":"/cloudwatchRoleArn","value":"arn:other"}`, "cloudwatchRoleArn", "arn:other"},
		{"/vpclinks/@LINK", `{"op":"replace","path":"/description","value":"b"}`, "description", "b"},
	} {
		t.Run(p.path+" "+p.operations, func(t *testing.T) {
			c.t = t
			changed := c.call("PATCH "+p.path, `{"patchOperations":[`+p.operations+`]}`)
			told := c.call("GET "+p.path, "")
			delete(changed, "value") // a key's, which is told only when it is asked for
			if !reflect.DeepEqual(changed, told) {
				t.Errorf("%v is told as %v", changed, told)
			}
			var at any = told
			for name := range strings.SplitSeq(p.field, ".") {
				in, _ := at.(map[string]any)
				at = in[name]
			}
			if !reflect.DeepEqual(at, p.want) {
				t.Errorf("%s is %v, want %v", p.field, at, p.want)
			}
		})
	}
}

func TestKeysAndPlans(t *testing.T) {
	c := newCloud(t)
	c.stage()
	key := c.call("POST /apikeys", `{"name":"a","enabled":true,"value":""}`)
	id := key["id"].(string)
	t.Run("a key's value is told when it is asked for", func(t *testing.T) {
		if value, _ := key["value"].(string); len(value) != 40 {
			t.Errorf("it is %q", value)
		}
		if told := c.call("GET /apikeys/"+id, ""); told["value"] != nil {
			t.Errorf("it is told: %v", told)
		}
		if told := c.call("GET /apikeys/"+id+"?includeValue=true", ""); told["value"] != key["value"] {
			t.Errorf("it is not told: %v", told)
		}
	})
	first := c.call("POST /usageplans", c.in(`{"name":"a","apiStages":[{"apiId":"@API","stage":"live"}]}`))["id"].(string)
	second := c.call("POST /usageplans", c.in(`{"name":"b","apiStages":[{"apiId":"@API","stage":"live"}]}`))["id"].(string)
	c.call("POST /usageplans/"+first+"/keys", fmt.Sprintf(`{"keyId":%q,"keyType":"API_KEY"}`, id))
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
	t.Run("a key is in one plan of a stage", func(t *testing.T) {
		c.t = t
		c.refused("POST /usageplans/"+second+"/keys", fmt.Sprintf(`{"keyId":%q,"keyType":"API_KEY"}`, id), "ConflictException", "has the stage "+c.api+":live as well")
	})
	t.Run("what is declared has the keys of the plan", func(t *testing.T) {
		if keys := c.store.Declared().UsagePlans[first].Keys; !reflect.DeepEqual(keys, []string{id}) {
			t.Errorf("they are %q", keys)
		}
	})
	t.Run("a plan is deleted without stages", func(t *testing.T) {
		c.t = t
		c.refused("DELETE /usageplans/"+first, "", "BadRequestException", "it has API stages")
		c.call("PATCH /usageplans/"+first, c.in(`{"patchOperations":[{"op":"remove","path":"/apiStages","value":"@API:live"}]}`))
		c.call("DELETE /usageplans/"+first, "")
		if left := c.store.Declared().UsagePlans; len(left) != 1 {
			t.Errorf("there are %v", left)
		}
	})
	t.Run("with a key it leaves its plans", func(t *testing.T) {
		c.t = t
		c.call("POST /usageplans/"+second+"/keys", fmt.Sprintf(`{"keyId":%q,"keyType":"API_KEY"}`, id))
		c.call("DELETE /apikeys/"+id, "")
		if told := c.call("GET /usageplans/"+second+"/keys", ""); len(told["item"].([]any)) != 0 {
			t.Errorf("it has %v", told)
		}
	})
}

func TestResources(t *testing.T) {
	c := newCloud(t)
	teams := c.call("POST /restapis/@API/resources/@ROOT", `{"pathPart":"teams"}`)
	code := c.call("POST /restapis/@API/resources/"+teams["id"].(string), `{"pathPart":"{code}"}`)
	rest := c.call("POST /restapis/@API/resources/"+teams["id"].(string), `{"pathPart":"{rest+}"}`)
	if teams["path"] != "/teams" || code["path"] != "/teams/{code}" || rest["path"] != "/teams/{rest+}" {
		t.Errorf("%v %v %v", teams, code, rest)
	}
	c.refused("POST /restapis/@API/resources/@ROOT", `{"pathPart":"teams"}`, "ConflictException", "already has this name: teams")
	c.refused("POST /restapis/@API/resources/"+teams["id"].(string), `{"pathPart":"{other}"}`, "BadRequestException", "only one unique variable path part is allowed")
	c.refused("POST /restapis/@API/resources/"+rest["id"].(string), `{"pathPart":"a"}`, "BadRequestException", "greedy path variable")
	t.Run("methods are told in full when they are asked for", func(t *testing.T) {
		brief := c.call("GET /restapis/@API/resources/@ROOT", "")["resourceMethods"].(map[string]any)["ANY"].(map[string]any)
		full := c.call("GET /restapis/@API/resources/@ROOT?embed=methods", "")["resourceMethods"].(map[string]any)["ANY"].(map[string]any)
		if len(brief) != 0 || full["httpMethod"] != "ANY" || full["methodIntegration"].(map[string]any)["uri"] != "http://nlb.example/" {
			t.Errorf("%v %v", brief, full)
		}
	})
	t.Run("what is below a resource goes with it", func(t *testing.T) {
		c.call("DELETE /restapis/@API/resources/"+teams["id"].(string), "")
		if left := c.call("GET /restapis/@API/resources", "")["item"].([]any); len(left) != 1 {
			t.Errorf("there is %v", left)
		}
	})
}

func TestTags(t *testing.T) {
	c := newCloud(t)
	c.stage()
	for _, arn := range []string{"/restapis/@API", "/restapis/@API/stages/live", "/vpclinks/@LINK"} {
		c.call("PUT /tags/arn:aws:apigateway:eu-west-1::"+arn, `{"tags":{"a":"b","c":"d"}}`)
		c.call("DELETE /tags/arn:aws:apigateway:eu-west-1::"+arn+"?tagKeys=a", "")
		want := map[string]any{"c": "d"}
		if told := c.call("GET /tags/arn:aws:apigateway:eu-west-1::"+arn, ""); !reflect.DeepEqual(told["tags"], want) || !reflect.DeepEqual(c.call("GET "+arn, "")["tags"], want) {
			t.Errorf("%s: %v", arn, told)
		}
	}
}

func TestImport(t *testing.T) {
	const text = `{"openapi":"3.0.1","info":{"title":"quiz","version":"1"},"x-amazon-apigateway-binary-media-types":["*/*"],
		"components":{"securitySchemes":{"check":{"type":"apiKey","name":"Authorization","in":"header","x-amazon-apigateway-authtype":"custom",
			"x-amazon-apigateway-authorizer":{"type":"token","authorizerUri":"arn:aws:apigateway:eu-west-1:lambda:path/f"}}}},
		"x-amazon-apigateway-gateway-responses":{"DEFAULT_4XX":{"responseParameters":{"gatewayresponse.header.X":"'y'"}}},
		"paths":{"/a/{id}":{"get":{"parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}],"responses":{},"security":[{"check":[]}],
			"x-amazon-apigateway-integration":{"type":"http_proxy","httpMethod":"GET","uri":"http://nlb/a/{id}","connectionType":"VPC_LINK","connectionId":"@LINK",
				"passthroughBehavior":"when_no_match","requestParameters":{"integration.request.path.id":"method.request.path.id"}}}}}}`
	c := newCloud(t)
	imported := func() (resource, authorizer string) {
		c.call("PUT /restapis/@API?mode=overwrite&failonwarnings=false", text)
		for _, item := range c.call("GET /restapis/@API/resources?embed=methods", "")["item"].([]any) {
			if r := item.(map[string]any); r["path"] == "/a/{id}" {
				return r["id"].(string), r["resourceMethods"].(map[string]any)["GET"].(map[string]any)["authorizerId"].(string)
			}
		}
		t.Fatal("the path is not there")
		return "", ""
	}
	resource, authorizer := imported()
	t.Run("the document is all of the API", func(t *testing.T) {
		api := c.call("GET /restapis/@API", "")
		all := c.call("GET /restapis/@API/resources", "")["item"].([]any)
		root := c.call("GET /restapis/@API/resources/@ROOT", "")
		if api["name"] != "quiz" || !reflect.DeepEqual(api["binaryMediaTypes"], []any{"*/*"}) || len(all) != 3 || root["resourceMethods"] != nil {
			t.Errorf("%v %v %v", api, all, root)
		}
		if told := c.call("GET /restapis/@API/gatewayresponses/DEFAULT_4XX", ""); !reflect.DeepEqual(told["responseParameters"], map[string]any{"gatewayresponse.header.X": "'y'"}) {
			t.Error(told)
		}
	})
	t.Run("the same document again leaves ids as they are", func(t *testing.T) {
		if r, a := imported(); r != resource || a != authorizer {
			t.Errorf("%s %s became %s %s", resource, authorizer, r, a)
		}
	})
	t.Run("what is not served is named, and nothing is changed", func(t *testing.T) {
		c.refused("PUT /restapis/@API?mode=overwrite", strings.Replace(text, `"connectionType":"VPC_LINK"`, `"connectionType":"INTERNET"`, 1), "BadRequestException", "GET /a/{id}: The local cloud does not support integrations over the internet")
		if r, a := imported(); r != resource || a != authorizer {
			t.Errorf("%s %s became %s %s", resource, authorizer, r, a)
		}
	})
}

func TestCallsAtOnce(t *testing.T) {
	c := newCloud(t)
	c.stage()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 50 {
				_, _ = c.store.Call("PATCH", "/restapis/"+c.api+"/stages/live", "", []byte(`{"patchOperations":[{"op":"replace","path":"/*/*/throttling/burstLimit","value":"1"}]}`))
				_, _ = c.store.Call("POST", "/restapis/"+c.api+"/resources/"+c.root, "", fmt.Appendf(nil, `{"pathPart":"p%d"}`, i))
				c.store.Declared()
			}
		})
	}
	all.Wait()
	if told := c.call("GET /restapis/@API/resources", "")["item"].([]any); len(told) != 9 {
		t.Errorf("there are %d resources", len(told))
	}
}

func FuzzCall(f *testing.F) {
	f.Add("PATCH", "/restapis/@API/stages/live", `{"patchOperations":[{"op":"replace","path":"/*/*/throttling/rateLimit","value":"1"}]}`)
	f.Add("PATCH", "/restapis/@API", `{"patchOperations":[{"op":"add","path":"/endpointConfiguration/types/0/x","value":"1"}]}`)
	f.Add("PUT", "/restapis/@API/resources/@ROOT/methods/GET/integration", `{"type":"MOCK","requestTemplates":{"a":"{"}}`)
	f.Add("POST", "/usageplans", `{"name":"a","apiStages":[null],"quota":[]}`)
	f.Add("DELETE", "/tags/arn::/restapis/@API", `null`)
	f.Add("POST", "/restapis/@API/deployments", `{"stageName":"a/b"}`)
	f.Fuzz(func(t *testing.T, method, path, body string) {
		c := newCloud(t)
		c.stage()
		_, err := c.try(method+" "+path, body)
		var known smithy.APIError
		if err != nil && !errors.As(err, &known) {
			t.Errorf("an error without a code: %v", err)
		}
		if _, err := json.Marshal(c.store.Declared()); err != nil {
			t.Error(err)
		}
		for _, list := range []string{"/restapis", "/restapis/@API/resources", "/restapis/@API/stages", "/usageplans", "/apikeys", "/vpclinks"} {
			if _, err := c.try("GET "+list, ""); err != nil && !strings.Contains(err.Error(), "Invalid API identifier") {
				t.Error(err)
			}
		}
	})
}

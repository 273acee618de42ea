package openapi_test

import (
	"encoding/json"
	"strings"
	"testing"

	"sallyport/local/cloud/openapi"
)

const text = `{
	"openapi": "3.0.1", "info": {"title": "door", "version": "1"},
	"x-amazon-apigateway-binary-media-types": ["*/*"],
	"x-amazon-apigateway-gateway-responses": {"DEFAULT_4XX": {"responseParameters": {"gatewayresponse.header.X": "'y'"}}},
	"components": {"securitySchemes": {
		"sigv4": {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"},
		"api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
		"users": {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "cognito_user_pools",
			"x-amazon-apigateway-authorizer": {"type": "cognito_user_pools", "providerARNs": ["arn:pool"]}},
		"check": {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "custom",
			"x-amazon-apigateway-authorizer": {"type": "token", "authorizerUri": "arn:check", "authorizerResultTtlInSeconds": 0}}}},
	"paths": {
		"/a/{id}": {
			"get": {"parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}], "responses": {}, "security": [{"users": ["read"]}],
				"x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "GET", "uri": "http://nlb/a/{id}", "connectionType": "VPC_LINK", "connectionId": "l1",
					"passthroughBehavior": "when_no_match", "timeoutInMillis": 29000, "requestParameters": {"integration.request.path.id": "method.request.path.id"}}},
			"options": {"responses": {"204": {"description": "", "headers": {"Vary": {"schema": {"type": "string"}}}}},
				"x-amazon-apigateway-integration": {"type": "mock", "contentHandling": "CONVERT_TO_TEXT", "passthroughBehavior": "when_no_match", "requestTemplates": {"application/json": "{}"},
					"responses": {"default": {"statusCode": "204", "responseParameters": {"method.response.header.Vary": "'Origin'"}}}}}},
		"/b": {"x-amazon-apigateway-any-method": {"responses": {}, "security": [{"check": [], "api_key": []}]}},
		"/c": {"put": {"responses": {}, "security": [{"sigv4": []}]}}}}`

func TestRead(t *testing.T) {
	api, err := openapi.Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	as := func(t *testing.T, what any, want string) {
		t.Helper()
		got, err := json.Marshal(what)
		if err != nil || string(got) != want {
			t.Errorf("got\n%s\nwant\n%s (%v)", got, want, err)
		}
	}
	t.Run("methods are by path and name, with what they ask of a caller", func(t *testing.T) {
		var all []string
		for _, m := range api.Methods {
			method, _ := json.Marshal(m.Method)
			all = append(all, m.Name+" "+m.Path+" "+m.Authorizer+" "+string(method))
		}
		as(t, strings.ReplaceAll(strings.Join(all, "; "), `"`, ""), `"`+strings.Join([]string{
			"GET /a/{id} users {apiKeyRequired:false,authorizationScopes:[read],authorizationType:COGNITO_USER_POOLS,requestParameters:{method.request.path.id:true}}",
			"OPTIONS /a/{id}  {apiKeyRequired:false,authorizationType:NONE}", "ANY /b check {apiKeyRequired:true,authorizationType:CUSTOM}",
			"PUT /c  {apiKeyRequired:false,authorizationType:AWS_IAM}",
		}, "; ")+`"`)
	})
	t.Run("an integration is spelled as the API spells it", func(t *testing.T) {
		as(t, api.Methods[0].Integration, `{"connectionId":"l1","connectionType":"VPC_LINK","httpMethod":"GET","passthroughBehavior":"WHEN_NO_MATCH",`+
			`"requestParameters":{"integration.request.path.id":"method.request.path.id"},"timeoutInMillis":29000,"type":"HTTP_PROXY","uri":"http://nlb/a/{id}"}`)
		as(t, api.Methods[2].Integration, "null")
	})
	t.Run("responses are those of the method and of its integration", func(t *testing.T) {
		as(t, api.Methods[1].Responses, `{"204":{"responseParameters":{"method.response.header.Vary":false}}}`)
		as(t, api.Methods[1].IntegrationResponses, `{"204":{"responseParameters":{"method.response.header.Vary":"'Origin'"}}}`)
	})
	t.Run("authorizers, gateway responses and media types are the API's", func(t *testing.T) {
		as(t, api.Authorizers, `[{"authType":"custom","authorizerResultTtlInSeconds":0,"authorizerUri":"arn:check","identitySource":"method.request.header.Authorization","name":"check","type":"TOKEN"},`+
			`{"authType":"cognito_user_pools","identitySource":"method.request.header.Authorization","name":"users","providerARNs":["arn:pool"],"type":"COGNITO_USER_POOLS"}]`)
		as(t, api.GatewayResponses, `{"DEFAULT_4XX":{"responseParameters":{"gatewayresponse.header.X":"'y'"}}}`)
		as(t, api.BinaryMediaTypes, `["*/*"]`)
	})
}

func TestRefused(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"a version that it doesn't know":       {`"3.0.1"`, `"3.1.0"`, `the document's openapi is "3.1.0"`},
		"an extension that it doesn't serve":   {`"info":`, `"x-amazon-apigateway-policy": {}, "info":`, `unknown field "x-amazon-apigateway-policy"`},
		"a feature of an integration":          {`"type": "mock",`, `"type": "mock", "cacheNamespace": "a",`, `unknown field "cacheNamespace"`},
		"a scheme that is not declared":        {`"sigv4": []`, `"sigv5": []`, "put of /c: the security scheme sigv5 is not declared"},
		"a scheme that no header of AWS's has": {`"name": "x-api-key"`, `"name": "x-key"`, "the security scheme api_key is none that API Gateway knows"},
		"what is no document":                  {`{`, `[`, "can't be read"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := openapi.Read([]byte(strings.Replace(text, c.old, c.new, 1))); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
		})
	}
}

package network

import (
	"encoding/json"
	"fmt"
	"strings"

	"sallyport/internal/httpapi"
)

// What an API is, as API Gateway imports it: OpenAPI 3.0 with AWS's extensions.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
type (
	openAPI struct {
		OpenAPI    string `json:"openapi"`
		Info       info   `json:"info"`
		Paths      paths  `json:"paths"`
		Components struct {
			SecuritySchemes map[string]securityScheme `json:"securitySchemes,omitempty"`
		} `json:"components"`
		BinaryMediaTypes []string                   `json:"x-amazon-apigateway-binary-media-types"`
		GatewayResponses map[string]gatewayResponse `json:"x-amazon-apigateway-gateway-responses,omitempty"`
	}
	info struct {
		Title   string `json:"title"`
		Version string `json:"version"`
	}
	// paths have their operations by method, in OpenAPI's spelling.
	paths     map[string]map[string]operation
	operation struct {
		Parameters  []parameter           `json:"parameters,omitempty"`
		Responses   map[string]response   `json:"responses"`
		Security    []map[string][]string `json:"security,omitempty"`
		Integration integration           `json:"x-amazon-apigateway-integration"`
	}
	parameter struct {
		Name     string `json:"name"`
		In       string `json:"in"`
		Required bool   `json:"required"`
		Schema   schema `json:"schema"`
	}
	schema struct {
		Type string `json:"type"`
	}
	response struct {
		Description string            `json:"description"`
		Headers     map[string]header `json:"headers,omitempty"`
	}
	header struct {
		Schema schema `json:"schema"`
	}
	integration struct {
		Type                string                         `json:"type"`
		HTTPMethod          string                         `json:"httpMethod,omitempty"`
		URI                 string                         `json:"uri,omitempty"`
		ConnectionType      string                         `json:"connectionType,omitempty"`
		ConnectionID        string                         `json:"connectionId,omitempty"`
		ContentHandling     string                         `json:"contentHandling,omitempty"`
		PassthroughBehavior string                         `json:"passthroughBehavior"`
		TimeoutInMillis     int                            `json:"timeoutInMillis,omitempty"`
		RequestParameters   map[string]string              `json:"requestParameters,omitempty"`
		RequestTemplates    map[string]string              `json:"requestTemplates,omitempty"`
		Responses           map[string]integrationResponse `json:"responses,omitempty"`
	}
	integrationResponse struct {
		StatusCode         string            `json:"statusCode"`
		ResponseParameters map[string]string `json:"responseParameters,omitempty"`
		ResponseTemplates  map[string]string `json:"responseTemplates,omitempty"`
	}
	gatewayResponse struct {
		ResponseParameters map[string]string `json:"responseParameters"`
	}
)

// document is the API as JSON, the same text for the same API.
func (a *RestAPIArgs) document(name, linkID, dnsName string) (string, error) {
	made := openAPI{OpenAPI: "3.0.1", Info: info{Title: name, Version: "1"}, Paths: paths{}}
	// Without it a payload that is no UTF-8 would not arrive as it was sent.
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html
	made.BinaryMediaTypes = []string{"*/*"}
	made.Components.SecuritySchemes = a.securitySchemes()
	made.GatewayResponses = a.gatewayResponses()
	for _, m := range httpapi.RESTMethods(a.Routes, a.Default) {
		if made.Paths[m.Path] == nil {
			made.Paths[m.Path] = map[string]operation{}
			if !a.CORS.IsZero() {
				made.Paths[m.Path]["options"] = a.preflight()
			}
		}
		key := strings.ToLower(m.Name)
		if m.Name == anyMethod {
			key = "x-amazon-apigateway-any-method"
		}
		if _, taken := made.Paths[m.Path][key]; !taken {
			made.Paths[m.Path][key] = a.operation(m, linkID, dnsName)
		}
	}
	// A path without its variables declared is imported, but what they stand for can't be passed on.
	for path, operations := range made.Paths {
		for key, o := range operations {
			o.Parameters = variables(path)
			operations[key] = o
		}
	}
	document, err := json.Marshal(made)
	return string(document), err
}

const anyMethod = "ANY"

// operation is one method: who may send its requests, and where they go.
func (a *RestAPIArgs) operation(m httpapi.Method, linkID, dnsName string) operation {
	f, isFunction := m.Route.Function()
	switch {
	case m.Route.Target == httpapi.Deny:
		return a.denied()
	case isFunction:
		return operation{Responses: map[string]response{}, Security: security(m.Route), Integration: integration{
			Type:                "aws_proxy",
			HTTPMethod:          "POST", // how API Gateway calls Lambda, whatever the client's method is
			URI:                 a.invocation(f),
			PassthroughBehavior: "when_no_match",
			TimeoutInMillis:     a.Timeout * 1000,
		}}
	}
	return operation{Responses: map[string]response{}, Security: security(m.Route), Integration: integration{
		Type:                "http_proxy",
		HTTPMethod:          m.Name,
		URI:                 a.address(dnsName) + strings.ReplaceAll(m.Path, "+}", "}"),
		ConnectionType:      "VPC_LINK",
		ConnectionID:        linkID,
		PassthroughBehavior: "when_no_match",
		TimeoutInMillis:     a.Timeout * 1000,
		RequestParameters:   a.requestParameters(m.Path),
	}}
}

// address of the listener. The whole path follows it, so that the stage's name is no part of what the app sees.
func (a *RestAPIArgs) address(dnsName string) string {
	scheme, host, port := "http", dnsName, 80
	if a.ServerName != "" {
		scheme, host, port = "https", a.ServerName, 443
	}
	if a.ListenerPort != port {
		host = fmt.Sprintf("%s:%d", host, a.ListenerPort)
	}
	return scheme + "://" + host
}

// requestParameters pass on what the variables of the path stand for, and write the headers that no client may write.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
func (a *RestAPIArgs) requestParameters(path string) map[string]string {
	made := map[string]string{}
	for _, v := range variables(path) {
		made["integration.request.path."+v.Name] = "method.request.path." + v.Name
	}
	if a.ClientIPHeader != "" {
		made["integration.request.header."+a.ClientIPHeader] = "context.identity.sourceIp"
	}
	if a.PublicHostHeader != "" {
		made["integration.request.header."+a.PublicHostHeader] = "context.domainName"
	}
	return made
}

func variables(path string) (found []parameter) {
	for _, v := range inBraces.FindAllString(path, -1) {
		found = append(found, parameter{Name: strings.Trim(v, "{+}"), In: "path", Required: true, Schema: schema{"string"}})
	}
	return found
}

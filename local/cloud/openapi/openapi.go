// Package openapi reads what a REST API is from an OpenAPI document, as API Gateway imports it, into the resources that its
// other calls declare one by one.
package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Object is a resource in the shape of API Gateway's API.
type Object = map[string]any

// API is all that a document declares.
type API struct {
	Name             string
	BinaryMediaTypes []string
	Authorizers      []Object          // with a name, and without an id
	GatewayResponses map[string]Object // by type
	Methods          []Method          // by path and name
}

// Method is one method of one path.
type Method struct {
	Path, Name string // DELETE to PUT, or ANY
	// Authorizer is the name of the one that the method asks, empty for none.
	Authorizer string
	// Method, Responses by status, Integration and IntegrationResponses by status are what the calls of those names put.
	Method, Integration             Object
	Responses, IntegrationResponses map[string]Object
}

// document is as much of OpenAPI 3.0 as is read; whatever else it has is refused.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
type document struct {
	OpenAPI    string
	Info       struct{ Title, Version, Description string }
	Paths      map[string]map[string]operation
	Components struct {
		SecuritySchemes map[string]scheme
	}
	BinaryMediaTypes []string                   `json:"x-amazon-apigateway-binary-media-types"`
	GatewayResponses map[string]gatewayResponse `json:"x-amazon-apigateway-gateway-responses"`
}

type operation struct {
	Parameters []struct {
		Name, In string
		Required bool
		Schema   any
	}
	Responses map[string]struct {
		Description string
		Headers     map[string]any
	}
	Security    []map[string][]string
	Integration *integration `json:"x-amazon-apigateway-integration"`
}

type integration struct {
	Type, HTTPMethod, URI, ConnectionType, ConnectionID, ContentHandling, PassthroughBehavior string
	TimeoutInMillis                                                                           int
	RequestParameters, RequestTemplates                                                       map[string]string
	Responses                                                                                 map[string]struct {
		StatusCode, ContentHandling           string
		ResponseParameters, ResponseTemplates map[string]string
	}
}

type scheme struct {
	Type, Name, In string
	AuthType       string `json:"x-amazon-apigateway-authtype"`
	Authorizer     *struct {
		Type, AuthorizerURI, IdentitySource, IdentityValidationExpression string
		ProviderARNs                                                      []string
		AuthorizerResultTTLInSeconds                                      *int
	} `json:"x-amazon-apigateway-authorizer"`
}

type gatewayResponse struct {
	StatusCode                            any
	ResponseParameters, ResponseTemplates map[string]string
}

// anyMethod is the key of an operation that takes all methods which the path has no other one for.
const anyMethod = "x-amazon-apigateway-any-method"

// Read reads a document. The error says what of it can't be read, or is not supported.
func Read(text []byte) (*API, error) {
	var d document
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil {
		return nil, fmt.Errorf("the OpenAPI document can't be read, or has what is not supported: %w", err)
	}
	if !strings.HasPrefix(d.OpenAPI, "3.0.") {
		return nil, fmt.Errorf("the document's openapi is %q, and only 3.0 is supported", d.OpenAPI)
	}
	api := &API{Name: d.Info.Title, BinaryMediaTypes: d.BinaryMediaTypes, GatewayResponses: map[string]Object{}}
	for _, name := range slices.Sorted(maps.Keys(d.Components.SecuritySchemes)) {
		if made := d.Components.SecuritySchemes[name].authorizer(name); made != nil {
			api.Authorizers = append(api.Authorizers, made)
		}
	}
	for kind, of := range d.GatewayResponses {
		made := Object{}
		put(made, "responseParameters", of.ResponseParameters)
		put(made, "responseTemplates", of.ResponseTemplates)
		if of.StatusCode != nil {
			made["statusCode"] = fmt.Sprint(of.StatusCode)
		}
		api.GatewayResponses[kind] = made
	}
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for _, key := range slices.Sorted(maps.Keys(d.Paths[path])) {
			made, err := d.method(path, key)
			if err != nil {
				return nil, fmt.Errorf("%s of %s: %w", key, path, err)
			}
			api.Methods = append(api.Methods, made)
		}
	}
	return api, nil
}

func (s scheme) authorizer(name string) Object {
	if s.Authorizer == nil {
		return nil
	}
	made := Object{"name": name, "type": strings.ToUpper(s.Authorizer.Type), "authType": s.AuthType, "identitySource": s.Authorizer.IdentitySource}
	if s.Authorizer.IdentitySource == "" {
		made["identitySource"] = "method.request." + s.In + "." + s.Name
	}
	put(made, "authorizerUri", s.Authorizer.AuthorizerURI)
	put(made, "identityValidationExpression", s.Authorizer.IdentityValidationExpression)
	if len(s.Authorizer.ProviderARNs) > 0 {
		made["providerARNs"] = s.Authorizer.ProviderARNs
	}
	if s.Authorizer.AuthorizerResultTTLInSeconds != nil {
		made["authorizerResultTtlInSeconds"] = *s.Authorizer.AuthorizerResultTTLInSeconds
	}
	return made
}

func (d document) method(path, key string) (Method, error) {
	o := d.Paths[path][key]
	made := Method{
		Path: path, Name: strings.ToUpper(key), Method: Object{"authorizationType": "NONE", "apiKeyRequired": false},
		Responses: map[string]Object{}, IntegrationResponses: map[string]Object{},
	}
	if key == anyMethod {
		made.Name = "ANY"
	}
	if err := d.security(o, &made); err != nil {
		return Method{}, err
	}
	parameters := map[string]bool{}
	for _, p := range o.Parameters {
		parameters["method.request."+strings.Replace(p.In, "query", "querystring", 1)+"."+p.Name] = p.Required
	}
	put(made.Method, "requestParameters", parameters)
	for status, r := range o.Responses {
		headers := map[string]bool{}
		for name := range r.Headers {
			headers["method.response.header."+name] = false
		}
		made.Responses[status] = Object{}
		put(made.Responses[status], "responseParameters", headers)
	}
	if o.Integration == nil {
		return made, nil
	}
	made.Integration = o.Integration.object()
	for pattern, r := range o.Integration.Responses {
		response := Object{}
		if pattern != "default" {
			response["selectionPattern"] = pattern
		}
		put(response, "contentHandling", r.ContentHandling)
		put(response, "responseParameters", r.ResponseParameters)
		put(response, "responseTemplates", r.ResponseTemplates)
		made.IntegrationResponses[r.StatusCode] = response
	}
	return made, nil
}

// security is what a method asks of its callers.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authtype.html
func (d document) security(o operation, made *Method) error {
	for _, requirement := range o.Security {
		for name, scopes := range requirement {
			s, known := d.Components.SecuritySchemes[name]
			switch {
			case !known:
				return fmt.Errorf("the security scheme %s is not declared", name)
			case s.Authorizer != nil:
				made.Authorizer = name
				made.Method["authorizationType"] = "CUSTOM"
				if strings.EqualFold(s.Authorizer.Type, "cognito_user_pools") {
					made.Method["authorizationType"] = "COGNITO_USER_POOLS"
				}
				if len(scopes) > 0 {
					made.Method["authorizationScopes"] = scopes
				}
			case strings.EqualFold(s.AuthType, "awsSigv4"):
				made.Method["authorizationType"] = "AWS_IAM"
			case s.Type == "apiKey" && strings.EqualFold(s.Name, "x-api-key"):
				made.Method["apiKeyRequired"] = true
			default:
				return fmt.Errorf("the security scheme %s is none that API Gateway knows", name)
			}
		}
	}
	return nil
}

func (i integration) object() Object {
	made := Object{"type": strings.ToUpper(i.Type)}
	put(made, "httpMethod", strings.ToUpper(i.HTTPMethod))
	put(made, "uri", i.URI)
	put(made, "connectionType", strings.ToUpper(i.ConnectionType))
	put(made, "connectionId", i.ConnectionID)
	put(made, "contentHandling", strings.ToUpper(i.ContentHandling))
	put(made, "passthroughBehavior", strings.ToUpper(i.PassthroughBehavior))
	put(made, "requestParameters", i.RequestParameters)
	put(made, "requestTemplates", i.RequestTemplates)
	if i.TimeoutInMillis != 0 {
		made["timeoutInMillis"] = i.TimeoutInMillis
	}
	return made
}

// put sets what is not empty.
func put[V string | map[string]string | map[string]bool](in Object, name string, value V) {
	if len(value) > 0 {
		in[name] = value
	}
}

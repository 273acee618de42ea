package restapi

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"sallyport/local/cloud/declared"
)

// methodNames are those that a resource may have.
var methodNames = []string{"ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}

func methodsOf(resource object) map[string]object {
	found := map[string]object{}
	all, _ := resource["resourceMethods"].(object)
	for name, method := range all {
		found[name], _ = method.(object)
	}
	return found
}

// ofMethod answers for a method, its integration, and the responses of either.
func (s *Store) ofMethod(c *call) (any, error) {
	a, err := s.api(c)
	if err != nil {
		return nil, err
	}
	resource, ok := a.resources[c.parts[1]]
	if !ok {
		return nil, notFound("Invalid Resource identifier specified")
	}
	methods, _ := resource["resourceMethods"].(object)
	if methods == nil {
		methods = object{}
		defer func() {
			if len(methods) > 0 {
				resource["resourceMethods"] = methods
			}
		}()
	}
	name := c.parts[2]
	method, _ := methods[name].(object)
	integration, _ := method["methodIntegration"].(object)
	switch {
	case c.path == methodPath:
		return c.inner(methods, name, "Method", true, func(made object) error { return s.newMethod(a, name, made) })
	case method == nil:
		return nil, notFound("Invalid Method identifier specified")
	case c.path == methodResponsePath:
		return c.inner(child(method, "methodResponses"), c.parts[3], "Response status code", true, func(made object) error {
			made["statusCode"] = c.parts[3]
			return nil
		})
	case c.path == integrationPath:
		return c.inner(method, "methodIntegration", "Integration", false, func(made object) error {
			return s.newIntegration(resource, method, made)
		})
	case integration == nil:
		return nil, notFound("Invalid Integration identifier specified")
	}
	return c.inner(child(integration, "integrationResponses"), c.parts[3], "Response status code", false, func(made object) error {
		made["statusCode"] = c.parts[3]
		return s.checkResponse(method, made)
	})
}

func child(of object, name string) object {
	inner, _ := of[name].(object)
	if inner == nil {
		inner = object{}
		of[name] = inner
	}
	return inner
}

// inner answers for a resource that is told in another one. complete checks it, and adds what AWS adds.
func (c *call) inner(in object, name, what string, ofMethod bool, complete func(made object) error) (any, error) {
	known, exists := in[name].(object)
	var made object
	switch {
	case c.method == http.MethodPut:
		made = object{}
		given(made, c.input)
	case !exists:
		return nil, notFound("Invalid %s identifier specified", what)
	case c.method == http.MethodGet:
		return known, nil
	case c.method == http.MethodDelete:
		delete(in, name)
		return nil, nil
	case c.method == http.MethodPatch:
		var err error
		if made, err = c.patched(known, ofMethod); err != nil {
			return nil, err
		}
	default:
		return nil, errNoSuchCall
	}
	if c.method == http.MethodPut && exists && ofMethod {
		return nil, conflict("%s already exists for this resource", what)
	}
	if err := complete(made); err != nil {
		return nil, err
	}
	in[name] = made
	return made, nil
}

func (s *Store) newMethod(a *api, name string, made object) error {
	if !slices.Contains(methodNames, name) {
		return badRequest("Invalid HTTP method specified. The method must be one of: %s", strings.Join(methodNames, ", "))
	}
	made["httpMethod"] = name
	if _, set := made["apiKeyRequired"]; !set {
		made["apiKeyRequired"] = false
	}
	var read declared.RestMethod
	if err := s.check("method", made, &read); err != nil {
		return err
	}
	switch read.AuthorizationType {
	case "CUSTOM", "COGNITO_USER_POOLS":
		if a.authorizers[read.AuthorizerID] == nil {
			return badRequest("Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.")
		}
	case "":
		return badRequest("Invalid authorization type specified: it must be NONE, AWS_IAM, CUSTOM or COGNITO_USER_POOLS")
	}
	return nil
}

// newIntegration checks an integration and fills in what AWS fills in.
// https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html
func (s *Store) newIntegration(resource, method, made object) error {
	defaults := object{"passthroughBehavior": "WHEN_NO_MATCH", "timeoutInMillis": 29000, "cacheNamespace": resource["id"], "cacheKeyParameters": []any{}}
	for name, value := range defaults {
		if made[name] == nil {
			made[name] = value
		}
	}
	var read declared.RestIntegration
	var of declared.RestMethod
	if err := cmp.Or(s.check("integration", made, &read), into(method, &of)); err != nil {
		return err
	}
	if read.TimeoutInMillis < 50 || read.TimeoutInMillis > 29000 {
		return badRequest("Timeout should be between 50 ms and 29000 ms")
	}
	if read.Type != "MOCK" {
		if read.HTTPMethod == "" {
			return badRequest("Enumeration value for HttpMethod must be non-empty")
		}
		if read.URI == "" {
			return badRequest("Invalid HTTP endpoint specified for URI")
		}
	}
	if read.ConnectionType == "VPC_LINK" && s.links[read.ConnectionID] == nil {
		return badRequest("Invalid connection ID specified: VPC link %q does not exist", read.ConnectionID)
	}
	for target, value := range read.RequestParameters {
		if _, known := of.RequestParameters[value]; !known && strings.HasPrefix(value, "method.request.") && !strings.HasPrefix(value, "method.request.body") {
			return badRequest("Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: %s]: "+
				"the method must have it in its request parameters, for %s", value, target)
		}
	}
	return nil
}

// checkResponse holds an integration response against the method's responses.
func (s *Store) checkResponse(method, made object) error {
	var read declared.IntegrationResponse
	if err := s.check("integrationresponse", made, &read); err != nil {
		return err
	}
	responses, _ := method["methodResponses"].(object)
	response, ok := responses[read.StatusCode].(object)
	if !ok {
		return notFound("Invalid Response status code specified: the method has no response %s", read.StatusCode)
	}
	parameters, _ := response["responseParameters"].(object)
	for name := range read.ResponseParameters {
		if _, ok := parameters[name]; !ok {
			return badRequest("Invalid mapping expression parameter specified: %s: the method's response %s must have it in its response parameters", name, read.StatusCode)
		}
	}
	return nil
}

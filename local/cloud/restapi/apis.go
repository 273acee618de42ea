package restapi

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"sallyport/local/cloud/declared"
)

func (s *Store) restAPIs(c *call) (any, error) {
	switch c.method {
	case http.MethodGet:
		all := map[string]object{}
		for id, known := range s.apis {
			all[id] = known.object
		}
		return items(all, whole), nil
	case http.MethodPost:
		return s.createAPI(c)
	}
	return nil, errNoSuchCall
}

func (s *Store) createAPI(c *call) (any, error) {
	if c.query.Has("mode") || c.query.Has("failonwarnings") {
		return nil, badRequest("The local cloud does not support the import of OpenAPI definitions (POST /restapis?mode=import).")
	}
	if text(c.input, "name") == "" {
		return nil, badRequest("Invalid API name specified")
	}
	id, root := newID(10), newID(10)
	made := &api{
		object: object{
			"id": id, "createdDate": now(), "rootResourceId": root, "apiKeySource": "HEADER", "disableExecuteApiEndpoint": false,
			"endpointConfiguration": object{"types": []any{"EDGE"}}, "tags": object{},
		},
		resources: map[string]object{root: {"id": root, "path": "/"}},
		stages:    map[string]object{}, authorizers: map[string]object{}, responses: map[string]object{}, deployments: map[string]object{},
		definitions: map[string]declared.RestDefinition{},
	}
	given(made.object, c.input)
	if endpoint, ok := made.object["endpointConfiguration"].(object); ok && endpoint["ipAddressType"] == nil {
		endpoint["ipAddressType"] = "ipv4"
	}
	if err := s.check("restapi", made.object, &declared.RestDefinition{}); err != nil {
		return nil, err
	}
	if s.apis == nil {
		s.apis = map[string]*api{}
	}
	s.apis[id] = made
	return made.object, nil
}

// given puts what a call names into a resource. A null is as if it were not named.
func given(into, input object) {
	for name, value := range input {
		if value != nil {
			into[name] = value
		}
	}
}

// api returns the API that a call is about.
func (s *Store) api(c *call) (*api, error) {
	if known := s.apis[c.parts[0]]; known != nil {
		return known, nil
	}
	return nil, notFound("Invalid API identifier specified 123456789012:%s", c.parts[0])
}

func (s *Store) restAPI(c *call) (any, error) {
	a, err := s.api(c)
	if err != nil {
		return nil, err
	}
	switch c.method {
	case http.MethodGet:
		return a.object, nil
	case http.MethodPut:
		return s.put(a, c)
	case http.MethodPatch:
		changed, err := c.patched(a.object, false)
		if err == nil {
			err = s.check("restapi", changed, &declared.RestDefinition{})
		}
		if err != nil {
			return nil, err
		}
		a.object = changed
		return changed, nil
	case http.MethodDelete:
		for domain, mappings := range s.mappings {
			for _, mapping := range mappings {
				if mapping["apiId"] == c.parts[0] {
					return nil, badRequest("Please remove all base path mappings related to %s in your domain %s", c.parts[0], domain)
				}
			}
		}
		delete(s.apis, c.parts[0])
		for _, plan := range s.plans {
			removeStages(plan, func(stage declared.APIStage) bool { return stage.APIID == c.parts[0] })
		}
		return nil, nil
	}
	return nil, errNoSuchCall
}

// told is a resource as it is told: with its methods in full only where a call asks for them.
func (c *call) told(resource object) object {
	methods, _ := resource["resourceMethods"].(object)
	if methods == nil || slices.Contains(c.query["embed"], "methods") {
		return resource
	}
	names := object{}
	for name := range methods {
		names[name] = object{}
	}
	brief := maps.Clone(resource)
	brief["resourceMethods"] = names
	return brief
}

func (s *Store) resources(c *call) (any, error) {
	a, err := s.api(c)
	if err != nil || c.method != http.MethodGet {
		return nil, either(err)
	}
	return items(a.resources, c.told), nil
}

// either is the error of a call that has none of its own: it has no such method.
func either(err error) error {
	if err != nil {
		return err
	}
	return errNoSuchCall
}

func (s *Store) resource(c *call) (any, error) {
	a, err := s.api(c)
	if err != nil {
		return nil, err
	}
	id := c.parts[1]
	known, ok := a.resources[id]
	if !ok {
		return nil, notFound("Invalid Resource identifier specified")
	}
	switch c.method {
	case http.MethodGet:
		return c.told(known), nil
	case http.MethodPost:
		made, err := a.createResource(known, text(c.input, "pathPart"))
		if err != nil {
			return nil, err
		}
		return made, nil
	case http.MethodDelete:
		if text(known, "parentId") == "" {
			return nil, badRequest("Root resource cannot be deleted")
		}
		a.deleteResource(id)
		return nil, nil
	}
	return nil, errNoSuchCall
}

// pathPart is a part of a path: a literal, {name} or {name+}.
var pathPart = regexp.MustCompile(`^(?:[a-zA-Z0-9._\-:]+|\{[a-zA-Z0-9._\-:]+\+?\})$`)

// createResource makes a resource under another one.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html#api-gateway-proxy-resource
func (a *api) createResource(parent object, part string) (object, error) {
	if !pathPart.MatchString(part) {
		return nil, badRequest("Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.")
	}
	parentID, path := text(parent, "id"), text(parent, "path")
	if strings.HasSuffix(path, "+}") {
		return nil, badRequest("Cannot create a child of a resource with a greedy path variable (path: %s)", path)
	}
	for id, other := range a.resources {
		if other["parentId"] != parentID {
			continue
		}
		sibling := text(other, "pathPart")
		if sibling == part {
			return nil, conflict("Another resource with the same parent already has this name: %s", part)
		}
		if isVariable(sibling) && isVariable(part) && strings.HasSuffix(sibling, "+}") == strings.HasSuffix(part, "+}") {
			return nil, badRequest("A sibling (%s) of this resource already has a variable path part -- only one unique variable path part is allowed", id)
		}
	}
	id := newID(6)
	a.resources[id] = object{"id": id, "parentId": parentID, "pathPart": part, "path": strings.TrimSuffix(path, "/") + "/" + part}
	return a.resources[id], nil
}

func isVariable(part string) bool { return strings.HasPrefix(part, "{") }

func (a *api) deleteResource(id string) {
	delete(a.resources, id)
	for child, r := range a.resources {
		if r["parentId"] == id {
			a.deleteResource(child)
		}
	}
}

func (s *Store) authorizers(c *call) (any, error) {
	a, err := s.api(c)
	switch {
	case err != nil:
		return nil, err
	case c.method == http.MethodGet:
		return items(a.authorizers, whole), nil
	case c.method != http.MethodPost:
		return nil, errNoSuchCall
	}
	id := newID(6)
	made := object{"id": id}
	given(made, c.input)
	if err := s.check("authorizer", made, &declared.RestAuthorizer{}); err != nil {
		return nil, err
	}
	for _, other := range a.authorizers {
		if other["name"] == made["name"] {
			return nil, conflict("Authorizer name must be unique. Authorizer %s already exists in this RestApi.", made["name"])
		}
	}
	a.authorizers[id] = made
	return made, nil
}

func (s *Store) authorizer(c *call) (any, error) {
	a, err := s.api(c)
	if err != nil {
		return nil, err
	}
	return c.one(a.authorizers, "Authorizer", func(changed object) error {
		if changed != nil {
			return s.check("authorizer", changed, &declared.RestAuthorizer{})
		}
		for _, r := range a.resources {
			for _, method := range methodsOf(r) {
				if method["authorizerId"] == c.parts[1] {
					return conflict("Cannot delete authorizer '%s' because it is referenced by %s %s", c.parts[1], method["httpMethod"], r["path"])
				}
			}
		}
		return nil
	})
}

func (s *Store) gatewayResponses(c *call) (any, error) {
	a, err := s.api(c)
	if err != nil || c.method != http.MethodGet {
		return nil, either(err)
	}
	return items(a.responses, whole), nil
}

func (s *Store) gatewayResponse(c *call) (any, error) {
	a, err := s.api(c)
	if err != nil {
		return nil, err
	}
	kind := c.parts[1]
	if c.method == http.MethodPut {
		made := object{"responseType": kind, "defaultResponse": false, "responseParameters": object{}, "responseTemplates": object{}}
		given(made, c.input)
		if err := s.check("gatewayresponse", made, &declared.GatewayResponse{}); err != nil {
			return nil, err
		}
		a.responses[kind] = made
		return made, nil
	}
	return c.one(a.responses, "gateway response", func(changed object) error { return s.check("gatewayresponse", changed, &declared.GatewayResponse{}) })
}

package restapi

import (
	"errors"
	"strings"

	"github.com/aws/smithy-go"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/openapi"
)

// put imports a document, which becomes all of the API: what it had before is gone, but for its stages and deployments.
// Resources of the same paths and authorizers of the same names keep their ids; whether they do on AWS is unverified.
// https://docs.aws.amazon.com/apigateway/latest/api/API_PutRestApi.html
func (s *Store) put(a *api, c *call) (any, error) {
	if mode := c.query.Get("mode"); mode != "overwrite" {
		return nil, badRequest("The local cloud does not support the import of OpenAPI definitions with the mode %q, only overwrite.", mode)
	}
	read, err := openapi.Read(c.body)
	if err != nil {
		return nil, badRequest("The local cloud does not support this import: %s.", err)
	}
	next := &api{
		object: clone(a.object), stages: a.stages, deployments: a.deployments, definitions: a.definitions,
		resources: map[string]object{}, authorizers: map[string]object{}, responses: map[string]object{},
	}
	if read.Name != "" {
		next.object["name"] = read.Name
	}
	types := []any{}
	for _, media := range read.BinaryMediaTypes {
		types = append(types, media)
	}
	next.object["binaryMediaTypes"] = types
	if err := s.check("restapi", next.object, &declared.RestDefinition{}); err != nil {
		return nil, err
	}
	authorizers, err := s.importAuthorizers(next, a, read)
	if err != nil {
		return nil, err
	}
	for kind, of := range read.GatewayResponses {
		made := object{"responseType": kind, "defaultResponse": false, "responseParameters": object{}, "responseTemplates": object{}}
		given(made, clone(of))
		if err := s.check("gatewayresponse", made, &declared.GatewayResponse{}); err != nil {
			return nil, err
		}
		next.responses[kind] = made
	}
	root := text(a.object, "rootResourceId")
	next.resources[root] = object{"id": root, "path": "/"}
	for _, m := range read.Methods {
		if err := s.importMethod(next, a, m, authorizers); err != nil {
			message := err.Error()
			if known, ok := errors.AsType[smithy.APIError](err); ok {
				message = known.ErrorMessage()
			}
			return nil, badRequest("%s %s: %s", m.Name, m.Path, message)
		}
	}
	s.apis[c.parts[0]] = next
	return next.object, nil
}

// importAuthorizers returns the ids of the authorizers by name.
func (s *Store) importAuthorizers(a, old *api, read *openapi.API) (map[string]string, error) {
	ids := map[string]string{}
	for _, of := range read.Authorizers {
		made := clone(of)
		name := text(made, "name")
		id := newID(6)
		for known, other := range old.authorizers {
			if other["name"] == name {
				id = known
			}
		}
		made["id"] = id
		if err := s.check("authorizer", made, &declared.RestAuthorizer{}); err != nil {
			return nil, err
		}
		a.authorizers[id], ids[name] = made, id
	}
	return ids, nil
}

func (s *Store) importMethod(a, old *api, m openapi.Method, authorizers map[string]string) error {
	resource, err := a.resourceAt(old, m.Path)
	if err != nil {
		return err
	}
	method := clone(m.Method)
	if m.Authorizer != "" {
		method["authorizerId"] = authorizers[m.Authorizer]
	}
	if err := s.newMethod(a, m.Name, method); err != nil {
		return err
	}
	responses := child(method, "methodResponses")
	for status, of := range m.Responses {
		made := clone(of)
		made["statusCode"] = status
		responses[status] = made
	}
	if m.Integration != nil {
		integration := clone(m.Integration)
		if err := s.newIntegration(resource, method, integration); err != nil {
			return err
		}
		for status, of := range m.IntegrationResponses {
			made := clone(of)
			made["statusCode"] = status
			if err := s.checkResponse(method, made); err != nil {
				return err
			}
			child(integration, "integrationResponses")[status] = made
		}
		method["methodIntegration"] = integration
	}
	child(resource, "resourceMethods")[m.Name] = method
	return nil
}

// resourceAt returns the resource of a path, made with those above it where it is not there.
func (a *api) resourceAt(old *api, path string) (object, error) {
	at := a.resources[text(a.object, "rootResourceId")]
	for part := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		if part == "" {
			break
		}
		var next object
		for _, r := range a.resources {
			if r["parentId"] == at["id"] && r["pathPart"] == part {
				next = r
			}
		}
		if next == nil {
			made, err := a.createResource(at, part)
			if err != nil {
				return nil, err
			}
			next = made
			for id, known := range old.resources {
				if known["path"] == next["path"] {
					delete(a.resources, text(next, "id"))
					next["id"] = id
					a.resources[id] = next
				}
			}
		}
		at = next
	}
	return at, nil
}

package restapi

import (
	"net/http"
	"strings"

	"sallyport/local/cloud/declared"
)

// export tells what a stage serves: the methods of its deployment as an OpenAPI document, with their integrations where a
// call asks for those. Nothing else of AWS's export is in it.
// https://docs.aws.amazon.com/apigateway/latest/api/API_GetExport.html
func (s *Store) export(c *call) (any, error) {
	a, err := s.api(c)
	if err != nil || c.method != http.MethodGet {
		return nil, either(err)
	}
	stage := a.stages[c.parts[1]]
	extensions := c.query.Get("extensions")
	switch {
	case stage == nil:
		return nil, notFound("Invalid stage identifier specified")
	case c.parts[2] != "oas30":
		return nil, badRequest("The local cloud does not support the export type %q, only oas30.", c.parts[2])
	case extensions != "" && extensions != "integrations":
		return nil, badRequest("The local cloud does not support an export with the extensions %q, only integrations.", extensions)
	}
	paths := object{}
	for _, r := range a.definitions[text(stage, "deploymentId")].Resources {
		operations := object{}
		for name, method := range r.ResourceMethods {
			operation := object{"responses": object{}}
			if extensions != "" {
				operation["x-amazon-apigateway-integration"] = exported(method.MethodIntegration)
			}
			key := strings.ToLower(name)
			if name == "ANY" {
				key = "x-amazon-apigateway-any-method"
			}
			operations[key] = operation
		}
		if len(operations) > 0 {
			paths[r.Path] = operations
		}
	}
	return object{"openapi": "3.0.1", "info": object{"title": text(a.object, "name")}, "paths": paths}, nil
}

// exported is an integration with what the data plane knows of it.
func exported(of *declared.RestIntegration) object {
	made := object{"type": strings.ToLower(of.Type)}
	for name, value := range map[string]string{
		"httpMethod": of.HTTPMethod, "uri": of.URI, "connectionType": of.ConnectionType, "connectionId": of.ConnectionID,
		"passthroughBehavior": strings.ToLower(of.PassthroughBehavior),
	} {
		if value != "" {
			made[name] = value
		}
	}
	if of.TimeoutInMillis != 0 {
		made["timeoutInMillis"] = of.TimeoutInMillis
	}
	return made
}

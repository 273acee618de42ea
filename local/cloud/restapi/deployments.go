package restapi

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"sallyport/local/cloud/declared"
)

func (s *Store) deployments(c *call) (any, error) {
	a, err := s.api(c)
	switch {
	case err != nil:
		return nil, err
	case c.method == http.MethodGet:
		return items(a.deployments, whole), nil
	case c.method != http.MethodPost:
		return nil, errNoSuchCall
	}
	if err := s.check("stage", c.input, &declared.RestStage{}); err != nil {
		return nil, err
	}
	definition, err := a.definition()
	if err != nil {
		return nil, err
	}
	id := newID(6)
	made := object{"id": id, "createdDate": now()}
	if description := text(c.input, "description"); description != "" {
		made["description"] = description
	}
	a.deployments[id], a.definitions[id] = made, definition
	if name := text(c.input, "stageName"); name != "" {
		if stage := a.stages[name]; stage != nil {
			stage["deploymentId"] = id
		} else {
			a.stages[name] = newStage(object{"stageName": name, "deploymentId": id})
		}
	}
	return made, nil
}

// definition is what a deployment made now holds.
func (a *api) definition() (declared.RestDefinition, error) {
	definition := declared.RestDefinition{
		Authorizers: map[string]declared.RestAuthorizer{}, GatewayResponses: map[string]declared.GatewayResponse{},
	}
	_ = into(a.object, &definition) // each part was read when it was declared
	_ = into(a.authorizers, &definition.Authorizers)
	_ = into(a.responses, &definition.GatewayResponses)
	hasMethod := false
	for _, r := range a.resources {
		var resource declared.RestResource
		_ = into(r, &resource)
		for name, method := range resource.ResourceMethods {
			hasMethod = true
			if method.MethodIntegration == nil {
				return definition, badRequest("No integration defined for method (%s %s)", name, resource.Path)
			}
		}
		definition.Resources = append(definition.Resources, resource)
	}
	if !hasMethod {
		return definition, badRequest("The REST API doesn't contain any methods")
	}
	return definition, nil
}

func (s *Store) deployment(c *call) (any, error) {
	a, err := s.api(c)
	if err != nil {
		return nil, err
	}
	id := c.parts[1]
	answer, err := c.one(a.deployments, "Deployment", func(changed object) error {
		for _, stage := range a.stages {
			if changed == nil && stage["deploymentId"] == id {
				return badRequest("Active stages pointing to this deployment must be moved or deleted")
			}
		}
		return nil
	})
	if err == nil && c.method == http.MethodDelete {
		delete(a.definitions, id)
	}
	return answer, err
}

func newStage(input object) object {
	made := object{
		"createdDate": now(), "lastUpdatedDate": now(), "cacheClusterEnabled": false, "cacheClusterStatus": "NOT_AVAILABLE",
		"tracingEnabled": false, "methodSettings": object{},
	}
	given(made, input)
	return made
}

func (s *Store) stages(c *call) (any, error) {
	a, err := s.api(c)
	switch {
	case err != nil:
		return nil, err
	case c.method == http.MethodGet:
		return items(a.stages, whole), nil
	case c.method != http.MethodPost:
		return nil, errNoSuchCall
	}
	name := text(c.input, "stageName")
	made := newStage(c.input)
	switch {
	case name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" || len(name) > 128:
		// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
		return nil, badRequest("Stage name only allows a-zA-Z0-9_-")
	case a.stages[name] != nil:
		return nil, conflict("Stage already exists")
	}
	if err := s.checkStage(a, made); err != nil {
		return nil, err
	}
	a.stages[name] = made
	return made, nil
}

func (s *Store) checkStage(a *api, made object) error {
	var read declared.RestStage
	if err := s.check("stage", made, &read); err != nil {
		return err
	}
	if a.deployments[read.DeploymentID] == nil {
		return badRequest("Deployment id does not exist")
	}
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html#set-up-access-logging-permissions
	if read.AccessLogSettings != nil && text(s.account, "cloudwatchRoleArn") == "" {
		return badRequest("CloudWatch Logs role ARN must be set in account settings to enable logging")
	}
	return nil
}

func (s *Store) stage(c *call) (any, error) {
	a, err := s.api(c)
	if err != nil {
		return nil, err
	}
	name := c.parts[1]
	known, ok := a.stages[name]
	switch {
	case !ok:
		return nil, notFound("Invalid stage identifier specified")
	case c.method == http.MethodGet:
		return known, nil
	case c.method == http.MethodPatch:
		changed, err := c.patchedStage(known)
		if err == nil {
			err = s.checkStage(a, changed)
		}
		if err != nil {
			return nil, err
		}
		changed["lastUpdatedDate"] = now()
		a.stages[name] = changed
		return changed, nil
	case c.method != http.MethodDelete:
		return nil, errNoSuchCall
	}
	for domain, mappings := range s.mappings {
		for _, mapping := range mappings {
			if mapping["apiId"] == c.parts[0] && mapping["stage"] == name {
				return nil, badRequest("Stage %s is mapped to the custom domain name %s: remove the mapping first", name, domain)
			}
		}
	}
	delete(a.stages, name)
	for _, plan := range s.plans {
		removeStages(plan, func(stage declared.APIStage) bool { return stage.APIID == c.parts[0] && stage.Stage == name })
	}
	return nil, nil
}

// methodSettings are the settings of a method, by how a patch names them.
// https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateStage-Patch
var methodSettings = map[string]string{
	"/metrics/enabled":                                "metricsEnabled",
	"/logging/loglevel":                               "loggingLevel",
	"/logging/dataTrace":                              "dataTraceEnabled",
	"/throttling/burstLimit":                          "throttlingBurstLimit",
	"/throttling/rateLimit":                           "throttlingRateLimit",
	"/caching/enabled":                                "cachingEnabled",
	"/caching/ttlInSeconds":                           "cacheTtlInSeconds",
	"/caching/dataEncrypted":                          "cacheDataEncrypted",
	"/caching/requireAuthorizationForCacheControl":    "requireAuthorizationForCacheControl",
	"/caching/unauthorizedCacheControlHeaderStrategy": "unauthorizedCacheControlHeaderStrategy",
}

// stageFields are the properties of a stage that a patch names alone, or with what is in them.
var stageFields = []string{
	"accessLogSettings", "cacheClusterEnabled", "cacheClusterSize", "canarySettings", "clientCertificateId", "deploymentId", "description",
	"documentationVersion", "tracingEnabled", "variables",
}

func (c *call) patchedStage(old object) (object, error) {
	operations, err := c.operations()
	if err != nil {
		return nil, err
	}
	changed := clone(old)
	settings := child(changed, "methodSettings")
	for _, o := range operations {
		first, _, _ := strings.Cut(o.Path[1:], "/")
		if slices.Contains(stageFields, first) {
			if err := o.apply(changed, false); err != nil {
				return nil, err
			}
			continue
		}
		if err := o.applyToMethod(settings); err != nil {
			return nil, err
		}
	}
	return changed, nil
}

// applyToMethod changes the settings of a method, named by /PATH/METHOD/throttling/rateLimit, or removes them, by
// /PATH/METHOD. The method's name stays as it was sent: PATH may have its slashes as ~1.
func (o operation) applyToMethod(settings object) error {
	if o.Op == "remove" {
		name := o.Path[1:]
		if settings[name] == nil {
			return badRequest("Cannot remove method setting %s because there is no method setting for this method", name)
		}
		delete(settings, name)
		return nil
	}
	for suffix, field := range methodSettings {
		name, ok := strings.CutSuffix(o.Path[1:], suffix)
		if !ok || !strings.Contains(name, "/") {
			continue
		}
		method, ok := settings[name].(object)
		if !ok {
			method = object{
				"metricsEnabled": false, "loggingLevel": "OFF", "dataTraceEnabled": false, "throttlingBurstLimit": 5000, "throttlingRateLimit": 10000,
				"cachingEnabled": false, "cacheTtlInSeconds": 300, "cacheDataEncrypted": false,
				"requireAuthorizationForCacheControl": true, "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
			}
			settings[name] = method
		}
		return operation{Op: o.Op, Path: "/" + field, Value: o.Value}.apply(method, false)
	}
	return badRequest("Invalid patch path %s", o.Path)
}

// referenced says which method of which deployed stage, or else of which API, uses a VPC link; empty for none.
func (s *Store) referenced(link string) string {
	for id, a := range s.apis {
		for _, stage := range a.stages {
			for _, r := range a.definitions[text(stage, "deploymentId")].Resources {
				for name, method := range r.ResourceMethods {
					if method.MethodIntegration.ConnectionID == link {
						return fmt.Sprintf("[%s:%s:%s] in format of [Method:Resource:Stage]", name, r.ID, stage["stageName"])
					}
				}
			}
		}
		for _, r := range a.resources {
			for name, method := range methodsOf(r) {
				if integration, ok := method["methodIntegration"].(object); ok && integration["connectionId"] == link {
					return fmt.Sprintf("[%s:%s:%s] in format of [Method:Resource:Api]", name, r["id"], id)
				}
			}
		}
	}
	return ""
}

package gateway

import (
	"slices"
	"strings"

	"golang.org/x/time/rate"

	"sallyport/local/cloud/declared"
)

// restSite is what a REST API serves, made ready for requests when what is declared has changed.
type restSite struct {
	declared *declared.Snapshot
	region   string
	id       string
	stages   map[string]*restStage
	// keys are by their values; only those are here that are good for a stage of the API.
	keys map[string]restKey
}

// restStage is a stage with the deployment that it serves.
type restStage struct {
	name      string
	disabled  bool
	tracing   bool
	variables map[string]string
	log       logFormat
	logGroup  string
	resources []*restResource // in the order of compareKeys
	responses map[string]declared.GatewayResponse
	plans     map[string]declared.UsagePlan // by the id of an API key
}

type restResource struct {
	key     routeKey
	id      string
	path    string
	methods map[string]*restMethod
}

type restMethod struct {
	name        string
	access      restAccess
	needsKey    bool
	throttles   map[string]*throttle // by the request's HTTP method
	integration *restIntegration
}

// restKey is an API key.
type restKey struct{ id, value string }

// newRestSite makes a REST API ready. throttles are those of the site before it, which keep the tokens that they have.
func newRestSite(s *declared.Snapshot, id string, throttles throttles) *restSite {
	made := &restSite{declared: s, region: s.Region, id: id, stages: map[string]*restStage{}, keys: map[string]restKey{}}
	for name, stage := range s.RestAPIs[id].Stages {
		made.stages[name] = newRestStage(s, id, stage, throttles)
		for key := range made.stages[name].plans {
			made.keys[s.APIKeys[key].Value] = restKey{key, s.APIKeys[key].Value}
		}
	}
	throttles.sweep()
	return made
}

func newRestStage(s *declared.Snapshot, id string, stage declared.RestStage, throttles throttles) *restStage {
	definition := s.RestAPIs[id].Deployments[stage.DeploymentID]
	made := &restStage{
		name: stage.StageName, disabled: definition.DisableExecuteAPIEndpoint, tracing: stage.TracingEnabled, variables: stage.Variables,
		responses: definition.GatewayResponses, plans: map[string]declared.UsagePlan{},
	}
	if settings := stage.AccessLogSettings; settings != nil && settings.DestinationARN != "" && settings.Format != "" {
		made.log = parseLogFormat(settings.Format, restVariable)
		made.logGroup = strings.TrimSuffix(settings.DestinationARN, ":*")
	}
	for _, plan := range s.UsagePlans {
		if !slices.Contains(plan.APIStages, declared.APIStage{APIID: id, Stage: stage.StageName}) {
			continue
		}
		for _, key := range plan.Keys {
			if s.APIKeys[key].Enabled {
				made.plans[key] = plan
			}
		}
	}
	for _, r := range definition.Resources {
		key, err := parseRouteKey(anyMethod + " " + r.Path)
		if err != nil || len(r.ResourceMethods) == 0 {
			continue // its form was checked when it was declared; without a method it only leads to others
		}
		resource := &restResource{key: key, id: r.ID, path: r.Path, methods: map[string]*restMethod{}}
		for name, method := range r.ResourceMethods {
			resource.methods[name] = &restMethod{
				name: name, access: newRestAccess(definition, method, name+" "+r.Path), needsKey: method.APIKeyRequired,
				throttles:   throttles.forMethod(stage, r.Path, name),
				integration: newRestIntegration(s, definition, method.MethodIntegration, name+" "+r.Path),
			}
		}
		made.resources = append(made.resources, resource)
	}
	slices.SortStableFunc(made.resources, func(a, b *restResource) int { return compareKeys(a.key, b.key) })
	return made
}

// forMethod returns the throttles of a method in a stage, by the requests' HTTP methods. Settings for a path and an HTTP
// method come before the stage's, which are those of */*; there are none for ANY, which has one bucket for the HTTP methods
// without settings of their own.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
func (all throttles) forMethod(stage declared.RestStage, path, method string) map[string]*throttle {
	named := []string{method}
	if method == anyMethod {
		named = methods
	}
	found := map[string]*throttle{}
	for _, name := range named {
		settings, declared := stage.MethodSettings["*/*"]
		bucket := method
		for key, own := range stage.MethodSettings {
			if settingsName(key) == settingsName(path+"/"+name) {
				settings, declared, bucket = own, true, name
			}
		}
		if !declared {
			continue
		}
		limit, size := rate.Limit(accountRate), accountBurst
		if given := settings.ThrottlingRateLimit; given != nil && *given >= 0 {
			limit = rate.Limit(*given)
		}
		if given := settings.ThrottlingBurstLimit; given != nil && *given >= 0 {
			size = *given
		}
		found[name] = all.bucket([2]string{stage.StageName, bucket + " " + path}, limit, size)
	}
	return found
}

// settingsName brings the names of a method's settings, PATH/METHOD, into one form: a slash may be written as ~1, and one
// at the beginning may be there.
func settingsName(name string) string {
	return strings.TrimLeft(strings.ReplaceAll(name, "~1", "/"), "/")
}

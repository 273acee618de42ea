package gateway

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

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

// restExchange is one request to a REST API, and its answer.
type restExchange struct {
	*exchange
	site     *restSite
	stage    *restStage
	resource *restResource
	method   *restMethod
	extended string // the other id of the request
	trace    string
	key      *restKey // of the caller
	// authorized is set once an authorizer was asked; authorizeError is what it did not like.
	authorized     bool
	authorizeError string
}

func (a *api) serveRest(x *exchange, snapshot *declared.Snapshot) {
	x.writer.Header().Del("Apigw-Requestid")
	r := &restExchange{exchange: x, site: a.currentRest(snapshot), extended: x.requestID}
	x.rest, x.requestID = r, newUUID()
	x.writer.Header().Set("X-Amzn-Requestid", x.requestID)
	x.writer.Header().Set("X-Amz-Apigw-Id", r.extended)
	r.serve()
}

// currentRest returns what a REST API serves by a snapshot, made ready once for each snapshot.
func (a *api) currentRest(snapshot *declared.Snapshot) *restSite {
	if known := a.restSite.Load(); known != nil && known.declared == snapshot {
		return known
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if known := a.restSite.Load(); known != nil && known.declared == snapshot {
		return known
	}
	made := newRestSite(snapshot, a.id, a.throttles)
	a.restSite.Store(made)
	return made
}

// serve answers a request. Authorization comes before keys and throttles, since a request that is not authorized counts
// for none of them:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
// has only the order of throttles: usage plan, method, account.
func (x *restExchange) serve() {
	defer x.writeLog()
	switch {
	case headSize(x.request) > maxHead:
		x.writer.Header().Set("Connection", "close")
		x.fail(restHeadTooLarge, "the request line and the header values are "+strconv.Itoa(headSize(x.request))+" bytes together; a REST API takes 10240")
		return
	case !slices.Contains(methods, x.request.Method):
		x.writer.Header().Set("Connection", "close")
		x.fail(restForbidden, "a REST API takes the methods "+strings.Join(methods, ", "))
		return
	case !strings.HasPrefix(x.path, "/"):
		x.fail(restBadRequest, "the request has no path")
		return
	case x.domain == nil && !isOwnHost(x.request.Host):
		x.fail(restForbidden, "the API answers for its address, localhost and its custom domain names, not for "+x.request.Host)
		return
	}
	if why := x.selectStage(); why != "" {
		x.fail(restForbidden, why)
		return
	}
	if why := x.selectMethod(); why != "" {
		x.fail(missingToken, why)
		return
	}
	if !x.authorize(x.method.access) || !x.within() {
		return
	}
	x.integrate(x.method.integration)
}

// selectStage finds the stage of the request, and the path below it; or it says why there is none.
func (x *restExchange) selectStage() string {
	if x.domain != nil {
		x.stage, x.pathBelowStage = x.site.stages[stageOf(x.domain)], x.path
		if x.stage == nil {
			return fmt.Sprintf("the custom domain name %s is mapped to stage %q of API %s, which does not exist", x.domain.name, stageOf(x.domain), x.apiID)
		}
		return ""
	}
	first, rest, _ := strings.Cut(x.path[1:], "/")
	stage := x.site.stages[first]
	switch {
	case stage == nil:
		names := []string{}
		for name := range x.site.stages {
			names = append(names, "/"+name)
		}
		slices.SortFunc(names, cmp.Compare[string])
		return fmt.Sprintf("the path of a request to REST API %s begins with its stage: %s", x.site.id, strings.Join(names, ", "))
	case stage.disabled:
		return "the API has disableExecuteApiEndpoint: it answers for its custom domain names alone"
	}
	x.stage, x.pathBelowStage = stage, "/"+rest
	return ""
}

// selectMethod finds the resource and the method of the request, or says why there is none. A slash at the end of the
// path is as if it were not there, and counts for no {proxy+}; a resource that matches better but lacks the method is
// the end of it. Both are unverified.
func (x *restExchange) selectMethod() string {
	path := x.pathBelowStage
	if len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	for _, resource := range x.stage.resources {
		found, ok := resource.key.match(anyMethod, path)
		if !ok {
			continue
		}
		x.resource, x.parameters = resource, found
		if x.method = resource.methods[x.request.Method]; x.method == nil {
			x.method = resource.methods[anyMethod]
		}
		if x.method == nil {
			return fmt.Sprintf("the resource %s has no method %s, and no ANY", resource.path, x.request.Method)
		}
		return ""
	}
	return "no resource of the deployed API matches " + x.pathBelowStage
}

// within reports whether the caller is within the limits of its API key, the method and the account; if not, it is
// answered.
func (x *restExchange) within() bool {
	if x.method.needsKey {
		key, ok := x.site.keys[x.request.Header.Get("X-Api-Key")]
		plan, inPlan := x.stage.plans[key.id]
		if !ok || !inPlan {
			x.fail(invalidKey, x.lackOfKey())
			return false
		}
		x.key = &key
		if f, why := x.gateway.usage.take(plan, key.id, time.Now()); f != nil {
			x.fail(*f, why)
			return false
		}
	}
	switch {
	case !x.method.throttles[x.request.Method].allow():
		x.fail(restThrottled, fmt.Sprintf("the stage's throttle for %s %s has no token left", x.request.Method, x.resource.path))
	case !x.gateway.accounts.in(x.site.region).allow():
		x.fail(restThrottled, "all APIs of a Region share 10000 requests a second, and 5000 at once")
	default:
		return true
	}
	return false
}

func (x *restExchange) lackOfKey() string {
	if x.request.Header.Get("X-Api-Key") == "" {
		return fmt.Sprintf("%s %s needs an API key in the header X-Api-Key", x.method.name, x.resource.path)
	}
	return "the value in X-Api-Key is not that of an enabled API key in a usage plan with the stage " + x.stage.name
}

// value is the value of a parameter of the path, not decoded.
func (x *restExchange) value(name string) (string, bool) {
	for _, p := range x.parameters {
		if p.name == name {
			return p.value, true
		}
	}
	return "", false
}

// decoded is a text of a path without its encoding; what is not encoded right stays.
func decoded(part string) string {
	if plain, err := url.PathUnescape(part); err == nil {
		return plain
	}
	return part
}

// writeLog writes the access log of the stage. Without a stage there is no log.
func (x *restExchange) writeLog() {
	if x.stage != nil && x.stage.log != nil && x.gateway.AccessLog != nil {
		x.gateway.AccessLog(x.site.region, x.stage.logGroup, x.stage.log.line(x.exchange))
	}
}

// stageOf is the stage that a custom domain name is mapped to.
func stageOf(d *domain) string {
	if d.mapping == nil || d.mapping.Stage == nil {
		return ""
	}
	return *d.mapping.Stage
}

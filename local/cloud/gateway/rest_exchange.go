package gateway

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sallyport/local/cloud/declared"
)

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

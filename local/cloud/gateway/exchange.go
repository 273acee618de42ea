package gateway

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// exchange is one request, its answer, and what is told about them in the access log.
type exchange struct {
	gateway *Gateway
	apiID   string
	address netip.AddrPort // where the API answers
	site    *site
	domain  *domain // nil for a request to the API's own address
	writer  http.ResponseWriter
	request *http.Request

	start          time.Time
	requestID      string
	path           string // as the client sent it
	pathBelowStage string
	stage          *stage
	routeKey       string
	parameters     []parameter
	claims         claims        // of the token that let the request in
	rest           *restExchange // nil but for a REST API

	status                  int
	held                    int64 // bytes of payloads in memory
	requestLength           int64 // of the payload, in bytes
	responseLength          int64 // of the payload, in bytes
	errorMessage, errorType string
	integrationStart        time.Time
	integrationLatency      time.Duration
	integrationStatus       int
	integrationError        string
	backendID, backendID2   string
}

// maxHead is the largest request line and header values together, in bytes.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
const maxHead = 10240

// failure is an answer of the gateway's own. The message is API Gateway's; the type is one of
// https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
type failure struct {
	status        int
	message, kind string
}

// Messages and statuses that AWS documents for HTTP APIs are those of notFound (http-api-develop-routes.html) and
// tooManyRequests (http-api-throttling.html). serviceUnavailable for a timeout as well is what users report of HTTP
// APIs (https://github.com/cortexlabs/cortex/issues/1225, https://github.com/serverless/serverless/issues/11222); the
// 504 "Endpoint request timed out" is a REST API's. The others are unverified.
var (
	badRequest         = failure{http.StatusBadRequest, "Bad Request", "DEFAULT_4XX"}
	forbidden          = failure{http.StatusForbidden, "Forbidden", "ACCESS_DENIED"}
	notFound           = failure{http.StatusNotFound, "Not Found", "RESOURCE_NOT_FOUND"}
	methodNotAllowed   = failure{http.StatusMethodNotAllowed, "Method Not Allowed", "DEFAULT_4XX"}
	requestTimeout     = failure{http.StatusRequestTimeout, "Request Timeout", "DEFAULT_4XX"}
	tooLarge           = failure{http.StatusRequestEntityTooLarge, "Request Entity Too Large", "REQUEST_TOO_LARGE"}
	tooManyRequests    = failure{http.StatusTooManyRequests, "Too Many Requests", "THROTTLED"}
	headTooLarge       = failure{http.StatusRequestHeaderFieldsTooLarge, "Request Header Fields Too Large", "DEFAULT_4XX"}
	internalError      = failure{http.StatusInternalServerError, "Internal Server Error", "API_CONFIGURATION_ERROR"}
	serviceUnavailable = failure{http.StatusServiceUnavailable, "Service Unavailable", "INTEGRATION_FAILURE"}
	timedOut           = failure{http.StatusServiceUnavailable, "Service Unavailable", "INTEGRATION_TIMEOUT"}
)

// serve answers a request. The order of the checks that AWS does not document is from the cheapest to the dearest.
func (x *exchange) serve() {
	defer x.log()
	switch {
	case headSize(x.request) > maxHead:
		x.writer.Header().Set("Connection", "close")
		x.fail(headTooLarge, "the request line and the header values are "+strconv.Itoa(headSize(x.request))+" bytes together; an HTTP API takes 10240")
		return
	case !slices.Contains(methods, x.request.Method):
		x.writer.Header().Set("Connection", "close")
		x.fail(methodNotAllowed, "an HTTP API takes the methods "+strings.Join(methods, ", "))
		return
	case !strings.HasPrefix(x.path, "/"):
		x.fail(badRequest, "the request has no path")
		return
	case x.domain == nil && !isOwnHost(x.request.Host):
		x.fail(forbidden, "the API answers for its address, localhost and its custom domain names, not for "+x.request.Host)
		return
	case x.domain == nil && x.site.disabled:
		x.fail(notFound, "the API has disableExecuteApiEndpoint: it answers for its custom domain names alone")
		return
	case !x.gateway.accounts.in(x.site.region).allow():
		x.fail(tooManyRequests, "all APIs of a Region share 10000 requests a second, and 5000 at once")
		return
	}
	if x.domain != nil {
		name := aws.ToString(x.domain.mapping.Stage)
		if x.stage, x.pathBelowStage = x.site.stages[name], x.path; x.stage == nil || !x.stage.deployed {
			x.stage = nil
			x.fail(notFound, fmt.Sprintf("the custom domain name %s is mapped to stage %q of API %s, which does not exist or is not deployed", x.domain.name, name, x.apiID))
			return
		}
	} else if x.stage, x.pathBelowStage = x.site.selectStage(x.path); x.stage == nil {
		x.fail(notFound, x.site.lackOfStage())
		return
	}
	route, parameters := selectRoute(x.site.routes, x.request.Method, x.pathBelowStage)
	if route == nil {
		if x.site.cors != nil && isPreflight(x.request) {
			x.preflight()
			return
		}
		x.fail(notFound, "no route of the API matches "+x.request.Method+" "+x.pathBelowStage)
		return
	}
	x.routeKey, x.parameters = route.key.text, parameters
	if !x.stage.throttles[x.routeKey].allow() {
		x.fail(tooManyRequests, "the stage's throttle for the route "+strconv.Quote(x.routeKey)+" has no token left")
		return
	}
	if x.authorized(route.access) {
		x.integrate(route.integration)
	}
}

// preflight answers what a browser asks beforehand. A route that matches, $default among them, gets it instead:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html#http-api-cors-default-route
func (x *exchange) preflight() {
	x.site.cors.apply(x.writer.Header(), x.request, true)
	x.status = http.StatusNoContent
	x.writer.WriteHeader(x.status)
}

// fail answers with an error. explanation is for who runs the local cloud; AWS sends none.
func (x *exchange) fail(f failure, explanation string) {
	body := `{"message":"` + f.message + `"}`
	header := x.writer.Header()
	if x.site != nil {
		x.site.cors.apply(header, x.request, false)
	}
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Sallyport-Explanation", oneLine(explanation))
	x.status, x.errorMessage, x.errorType = f.status, f.message, f.kind
	x.writer.WriteHeader(f.status)
	if x.request.Method != http.MethodHead {
		n, _ := io.WriteString(x.writer, body)
		x.responseLength = int64(n)
	}
}

// log writes the access log of the stage. Without a stage there is no log:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
func (x *exchange) log() {
	if x.stage != nil && x.stage.log != nil && x.gateway.AccessLog != nil {
		x.gateway.AccessLog(x.site.region, x.stage.logGroup, x.stage.log.line(x))
	}
}

// sentPath returns the path as the client sent it, with what no path may hold encoded. EscapedPath would then encode the
// whole path anew, in which %2F has become a slash.
func sentPath(u *url.URL) string {
	if u.RawPath == "" || u.EscapedPath() == u.RawPath {
		return u.EscapedPath()
	}
	var path strings.Builder
	for _, c := range []byte(u.RawPath) {
		if isWord(c) || strings.IndexByte("-.~!$&'()*+,;=:@/[]%", c) >= 0 {
			path.WriteByte(c)
		} else {
			fmt.Fprintf(&path, "%%%02X", c)
		}
	}
	return path.String()
}

// isOwnHost tells whether a request is for an address of this machine. An API on AWS answers for its own names alone;
// here it keeps a web page from reading the application's answers under a name of its own that points to this machine
// (DNS rebinding). No page can have an address for a name.
func isOwnHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(host)
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil || host == "" || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// headSize counts what the quota counts: the request line and the values of the headers.
func headSize(r *http.Request) int {
	size := len(r.Method) + len(r.RequestURI) + len(r.Proto) + 2 + len(r.Host)
	for _, values := range r.Header {
		for _, value := range values {
			size += len(value)
		}
	}
	return size
}

package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/vpc"
)

// Links are the Network Load Balancers that VPC links of REST APIs lead to, in one Region.
type Links interface {
	// DialLink connects to a port of a load balancer by AWS PrivateLink. client is nil for plain TCP; for TLS it has the
	// name that the listener's certificate must have. Nothing is encrypted. The error is *vpc.Blocked where security
	// groups keep the connection from getting there.
	DialLink(ctx context.Context, loadBalancerARN string, port int, client *tls.Config) (net.Conn, error)
}

// restIntegration is where the requests of a method go. problem says why they can't, in plain words.
type restIntegration struct {
	problem string
	mock    *mock
	method  string // empty for the client's own
	uri     *url.URL
	target  string // the ARN of a load balancer
	timeout time.Duration
	// parameters are mapped in the order of their targets, such as integration.request.path.proxy.
	parameters []restParameter
	binary     bool // any payload is taken as it is
}

type restParameter struct {
	place, name string // path, querystring or header
	value       restExpression
}

// maxRestTimeout is the integration timeout's default and maximum.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
const maxRestTimeout = 29 * time.Second

// uriVariable is a variable in the path of an integration's URI.
var uriVariable = regexp.MustCompile(`\{([^{}/]+?)\+?\}`)

func newRestIntegration(s *declared.Snapshot, definition declared.RestDefinition, i *declared.RestIntegration, name string) *restIntegration {
	made := &restIntegration{
		timeout: min(max(time.Duration(i.TimeoutInMillis)*time.Millisecond, minTimeout), maxRestTimeout),
		binary:  slices.Contains(definition.BinaryMediaTypes, "*/*"),
	}
	if i.HTTPMethod != anyMethod {
		made.method = i.HTTPMethod
	}
	for _, target := range slices.Sorted(maps.Keys(i.RequestParameters)) {
		if p, err := parseRestParameter(target, i.RequestParameters[target]); err == nil {
			made.parameters = append(made.parameters, p)
		}
	}
	switch {
	case i.Type == "MOCK":
		made.mock, made.problem = newMock(i, name)
		return made
	case i.Type == "AWS_PROXY":
		made.problem = fmt.Sprintf("%s leads to the Lambda function %s, and the local cloud runs no Lambda functions", name, functionARN(i.URI))
		return made
	case i.Type != "HTTP_PROXY" || i.ConnectionType != "VPC_LINK":
		made.problem = fmt.Sprintf("the integration of %s is none that the local cloud serves: it must be HTTP_PROXY through a VPC_LINK", name)
		return made
	}
	link, ok := s.RestVpcLinks[i.ConnectionID]
	if !ok || len(link.TargetARNs) != 1 {
		made.problem = fmt.Sprintf("the integration of %s goes through VPC link %s, which does not exist", name, i.ConnectionID)
		return made
	}
	made.target = link.TargetARNs[0]
	uri, err := url.Parse(i.URI)
	if err != nil || uri.Scheme != "http" && uri.Scheme != "https" || uri.Host == "" {
		made.problem = fmt.Sprintf("the integration of %s has the URI %q: it must begin with http:// or https:// and a host", name, i.URI)
		return made
	}
	made.uri = uri
	return made
}

func parseRestParameter(target, value string) (restParameter, error) {
	rest, ok := strings.CutPrefix(target, "integration.request.")
	place, name, _ := strings.Cut(rest, ".")
	if !ok || !slices.Contains([]string{"path", "querystring", "header"}, place) || name == "" || place == "header" && !isToken(name) {
		return restParameter{}, fmt.Errorf("the parameter %s: it must be integration.request.path.NAME, .querystring.NAME or .header.NAME", target)
	}
	e, err := parseRestExpression(value)
	return restParameter{place, name, e}, err
}

// integrate sends the request to the backend and its answer to the client. The payload is read before, as an HTTP API
// does.
func (x *restExchange) integrate(i *restIntegration) {
	payload, failed, why := x.readPayload()
	if failed != nil {
		x.writer.Header().Set("Connection", "close")
		if f := restBadRequest; *failed == tooLarge {
			x.fail(restTooLarge, why)
		} else {
			f.status = failed.status
			x.fail(f, why)
		}
		return
	}
	switch {
	case i.problem != "":
		x.integrationError = i.problem
		x.fail(restConfiguration, i.problem)
		return
	case i.mock != nil:
		x.answerMock(i, payload)
		return
	}
	ctx, cancel := context.WithTimeoutCause(x.request.Context(), i.timeout, errIntegrationTimeout)
	defer cancel()
	out := x.restOutgoing(ctx, i, payload)
	var links Links
	if x.gateway.Links != nil {
		links = x.gateway.Links(x.site.region)
	}
	if links == nil {
		x.broken(ctx, i, fmt.Errorf("no load balancer runs in Region %s", x.site.region))
		return
	}
	x.integrationStart = time.Now()
	answer, err := x.transport(links, i).RoundTrip(out)
	x.integrationLatency = time.Since(x.integrationStart)
	if err != nil {
		x.broken(ctx, i, err)
		return
	}
	defer answer.Body.Close()
	x.integrationStatus = answer.StatusCode
	payload, err = x.readAnswer(answer)
	x.integrationLatency = time.Since(x.integrationStart)
	if err != nil {
		x.broken(ctx, i, err)
		return
	}
	x.answerRest(answer, payload)
}

// errDial marks what kept a connection from being made.
var errDial = errors.New("no connection through the VPC link")

// transport makes a connection for each request, so that a load balancer spreads requests as it spreads connections.
// How AWS keeps its connections is not documented.
func (x *restExchange) transport(links Links, i *restIntegration) *http.Transport {
	port := 80
	var client *tls.Config
	if i.uri.Scheme == "https" {
		port, client = 443, &tls.Config{ServerName: i.uri.Hostname()}
	}
	if given, err := strconv.Atoi(i.uri.Port()); err == nil {
		port = given
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		connection, err := links.DialLink(ctx, i.target, port, client)
		if err != nil {
			err = fmt.Errorf("%w: %w", errDial, err)
		}
		return connection, err
	}
	return &http.Transport{
		DialContext: dial, DialTLSContext: dial, DisableKeepAlives: true, DisableCompression: true,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// broken answers for a backend that gave no answer, or not all of one. What keeps a connection from a target is a 500:
// https://repost.aws/knowledge-center/api-gateway-500-error-vpc
func (x *restExchange) broken(ctx context.Context, i *restIntegration, err error) {
	if x.request.Context().Err() != nil {
		x.integrationError = "the client went away"
		panic(http.ErrAbortHandler)
	}
	failed := integrationFailure
	var blocked *vpc.Blocked
	x.integrationError = err.Error()
	switch {
	case errors.Is(context.Cause(ctx), errIntegrationTimeout):
		failed = integrationTimeout
		x.integrationError = fmt.Sprintf("the backend gave no whole answer within the integration timeout of %d ms", i.timeout.Milliseconds())
	case errors.Is(err, errTooLarge):
		failed = restConfiguration
		x.integrationError = "the payload of the answer is larger than 10 MB, which a REST API does not pass"
	case errors.As(err, &blocked):
		failed = restConfiguration
		x.integrationError = blocked.Reason
	case errors.Is(err, errDial), x.gateway.Links == nil:
		failed = restConfiguration
	}
	x.fail(failed, x.integrationError)
}

// remapped are the headers of a backend's answer that get a name of their own, and dropped are those that end here.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
var (
	remapped = []string{"Authorization", "Connection", "Content-Length", "Content-Md5", "Date", "Max-Forwards", "Server", "User-Agent", "Www-Authenticate"}
	dropped  = []string{"Expect", "Host", "Proxy-Authenticate", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Keep-Alive", "Proxy-Connection"}
)

// answerRest sends the backend's answer to the client.
func (x *restExchange) answerRest(answer *http.Response, payload []byte) {
	header := x.writer.Header()
	for name, values := range answer.Header {
		switch {
		case slices.Contains(remapped, name):
			header["X-Amzn-Remapped-"+name] = values
		case !slices.Contains(dropped, name) && name != "X-Amzn-Requestid" && name != "X-Amz-Apigw-Id":
			header[name] = values
		}
	}
	if _, ok := header["Content-Type"]; !ok {
		header["Content-Type"] = nil // none, rather than net/http's guess
	}
	if x.request.Method != http.MethodHead && answer.StatusCode != http.StatusNoContent && answer.StatusCode != http.StatusNotModified {
		header.Set("Content-Length", strconv.Itoa(len(payload)))
	}
	if strings.EqualFold(x.request.Header.Get("Upgrade"), "websocket") {
		header.Set("Sallyport-Explanation", "a REST API opens no WebSockets: the backend got a plain request")
	}
	x.status = answer.StatusCode
	x.writer.WriteHeader(x.status)
	// A client that went away, or a status without a payload: there is nobody to tell.
	written, _ := x.writer.Write(payload)
	x.responseLength = int64(written)
}

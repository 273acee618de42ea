package settings

import (
	"fmt"
	"maps"

	"sallyport/internal/httpapi"
)

const restQuotas = aws + "apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html"

// restTimeout is the longest that a REST API waits without a raised quota, in seconds, and httpTimeout an HTTP API.
const (
	restTimeout = 29
	httpTimeout = 30
)

var checkWebACL = matching(`^(arn:aws[a-z-]*:wafv2:[a-z0-9-]+:\d{12}:regional/webacl/[A-Za-z0-9_-]+/[a-f0-9-]+)?$`, "it is not the ARN of a regional web ACL")

func checkAPIKeys(keys map[string]httpapi.APIKey) error { return joined(httpapi.KeyProblems(keys)) }

// timeout completes the timeout of a stack that has none of its own.
func (g *Gateway) timeout() {
	if g.Timeout != 0 {
		return
	}
	g.Timeout = httpTimeout
	if g.REST() {
		g.Timeout = restTimeout
	}
}

// PublicPath stands in the browser before every path of the app: the stage of a REST API, which the app itself never sees.
// Empty where the app has a name of its own.
func (s *Settings) PublicPath() string {
	if s.Gateway.REST() && s.Domain.Name == "" {
		return "/" + httpapi.Stage
	}
	return ""
}

// BuildArgs are App.BuildArgs and, where there is one, PublicPath as PUBLIC_PATH, unless they have that themselves.
func (s *Settings) BuildArgs() map[string]string {
	args := map[string]string{}
	if path := s.PublicPath(); path != "" {
		args["PUBLIC_PATH"] = path
	}
	maps.Copy(args, s.App.BuildArgs)
	return args
}

// checkKind finds what the API's kind can't do, and names the one that can, or what to set instead.
func checkKind(s *Settings, valid func(keys ...string) bool) (problems []*problem) {
	if !valid("gateway.kind") {
		return nil
	}
	of := map[string][]struct {
		key            string
		set            bool
		wrong, instead string
	}{
		httpapi.HTTP: {
			{"gateway.webAclArn", s.Gateway.WebACLARN != "", "an HTTP API takes no web ACL", "loadBalancer.webAclArn, or gateway.kind rest"},
			{"gateway.tracing", s.Gateway.Tracing, "an HTTP API has no tracing", "gateway.kind rest"},
			{"gateway.apiKeys", len(s.Gateway.APIKeys) > 0, "an HTTP API has no API keys", "gateway.kind rest, or another auth in gateway.routes"},
			{"gateway.logsRole", s.Gateway.LogsRole == LogsRoleExisting, "an HTTP API writes its log without a role", "gateway.kind rest, or leave it out"},
		},
		httpapi.REST: {
			{"gateway.timeout", s.Gateway.Timeout > restTimeout, fmt.Sprintf("a REST API waits %d seconds at most", restTimeout),
				fmt.Sprintf("%d seconds or less, or gateway.kind http", restTimeout)},
			{"gateway.vpcLinkId", s.Gateway.VpcLinkID != "", "a REST API's VPC link leads to one network load balancer, this stack's own", "gateway.kind http, or leave it out"},
			{"loadBalancer.webAclArn", s.LoadBalancer.WebACLARN != "", "a Network Load Balancer takes no web ACL, the REST API itself does", "gateway.webAclArn, or gateway.kind http"},
			{"loadBalancer.idleTimeout", s.LoadBalancer.IdleTimeout != rowOf("loadBalancer.idleTimeout").value.standard(),
				"a Network Load Balancer passes connections on, and closes none that a request waits in", "gateway.kind http, or leave it out"},
			{"scaling.targetRequests", s.Scaling.TargetRequests > 0, "a Network Load Balancer counts connections, and no requests",
				"scaling.targetCpu or scaling.targetMemory, or gateway.kind http"},
		},
	}
	for _, other := range of[s.Gateway.Kind] {
		if other.set && valid(other.key) {
			problems = append(problems, &problem{key: other.key, wrong: "gateway.kind is " + s.Gateway.Kind + ": " + other.wrong, instead: other.instead})
		}
	}
	if wrong := s.Gateway.CORS.RESTProblems(s.Gateway.Routes); s.Gateway.REST() && valid("gateway.cors", "gateway.routes") && len(wrong) > 0 {
		problems = append(problems, &problem{key: "gateway.cors", wrong: joined(wrong).Error()})
	}
	return append(problems, checkKeys(s, valid))
}

// checkKeys holds the API keys and the routes that ask for one against each other.
func checkKeys(s *Settings, valid func(keys ...string) bool) *problem {
	if !s.Gateway.REST() || !valid("gateway.routes", "gateway.apiKeys") {
		return nil
	}
	for i, r := range s.Gateway.Routes {
		switch {
		case r.Auth != httpapi.AuthKey:
		case len(s.Gateway.APIKeys) == 0:
			return &problem{key: "gateway.routes", wrong: httpapi.Label(s.Gateway.Routes, i) + " has auth key, and there is no key", instead: "a key in gateway.apiKeys, or another auth"}
		default:
			return nil
		}
	}
	if len(s.Gateway.APIKeys) == 0 {
		return nil
	}
	return &problem{key: "gateway.apiKeys", wrong: "no route asks for a key", instead: "auth key for a route in gateway.routes, or leave it out"}
}

// kindWarnings are about what works, though with a REST API perhaps not as hoped.
func (s *Settings) kindWarnings() (warnings []string) {
	if !s.Gateway.REST() {
		return nil
	}
	if !s.Gateway.CORS.IsZero() {
		warnings = append(warnings, "gateway.cors: a REST API answers preflights and its own errors by it, and passes on what the app answers as it is, so the app "+
			"must send Access-Control-Allow-Origin itself; an HTTP API adds it (gateway.kind http). "+aws+"apigateway/latest/developerguide/how-to-cors.html")
	}
	if path := s.PublicPath(); path != "" && s.App.Image != "" {
		warnings = append(warnings, fmt.Sprintf("app.image: in the browser the app is under %s, the REST API's stage, so the image must have been built for that "+
			"(the web app's: --build-arg PUBLIC_PATH=%s). With domain.name it is not", path, path))
	}
	return warnings
}

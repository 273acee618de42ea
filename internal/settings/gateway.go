package settings

import (
	"fmt"
	"slices"
	"strings"

	"sallyport/internal/httpapi"
)

func checkCORS(cors httpapi.CORS) error { return joined(cors.Problems()) }

// checkPublicHostHeader lets an empty name pass, which is for no such header.
func checkPublicHostHeader(name string) error {
	if wrong := httpapi.HeaderProblem(name); name != "" && wrong != "" {
		return fmt.Errorf("%s", wrong)
	}
	return nil
}

// ClientIPHeader tells a web ACL on the load balancer the client's address: the gateway's own Forwarded is in a form that
// AWS WAF does not read.
const ClientIPHeader = "x-client-ip"

// checkHeaders refuses to write two things into one header.
func checkHeaders(s *Settings, valid func(keys ...string) bool) *problem {
	if !valid("gateway.publicHostHeader", "loadBalancer.webAclArn") || s.LoadBalancer.WebACLARN == "" ||
		!strings.EqualFold(s.Gateway.PublicHostHeader, ClientIPHeader) {
		return nil
	}
	return &problem{
		key:     "gateway.publicHostHeader",
		wrong:   "with loadBalancer.webAclArn this header tells the client's address",
		instead: "another name, such as x-public-host",
	}
}

// checkGateway holds the table of routes against the API's kind, the Region and the requests that the stack must answer.
func checkGateway(s *Settings, valid func(keys ...string) bool) (problems []*problem) {
	if !valid("gateway.routes") {
		return nil
	}
	if valid("gateway.kind", "gateway.default") {
		if err := joined(httpapi.Problems(s.Gateway.Kind, s.Gateway.Routes, s.Gateway.Default)); err != nil {
			return []*problem{{key: "gateway.routes", wrong: err.Error()}}
		}
	}
	if elsewhere := httpapi.Elsewhere(s.Gateway.Routes, s.AWS.Region); valid("aws:region") && len(elsewhere) > 0 {
		problems = append(problems, &problem{
			key: "gateway.routes", wrong: strings.Join(elsewhere, "; "), allowed: "functions in aws:region, " + s.AWS.Region,
			why: "An integration reaches the functions of its own Region. " + aws + "apigateway/latest/developerguide/http-api-develop-integrations-lambda.html",
		})
	}
	if valid("gateway.default") && s.Gateway.Default == httpapi.Deny && len(s.Gateway.Routes) == 0 {
		return append(problems, &problem{
			key: "gateway.default", wrong: "gateway.routes is empty, so nobody would get an answer",
			instead: "a route at least for what the app is asked for, such as {path: /} and {path: \"/{proxy+}\"} with an auth",
		})
	}
	if !valid("gateway.default", "app.probes") {
		return problems
	}
	var wrong []string
	for _, probe := range s.App.Probes {
		if why := s.Gateway.unanswered(probe); why != "" {
			wrong = append(wrong, fmt.Sprintf("%s is not answered: %s", probe, why))
		}
	}
	if len(wrong) > 0 {
		problems = append(problems, &problem{
			key: "app.probes", wrong: strings.Join(wrong, "; "),
			allowed: "requests that anyone may send by gateway.routes and gateway.default",
			why:     "make verify sends them to the stack's URL and expects 200.",
		})
	}
	return problems
}

// unanswered says why the gateway doesn't pass a request METHOD PATH from anyone; empty where it does.
func (g Gateway) unanswered(request string) string {
	method, path, _ := strings.Cut(request, " ")
	i, found := httpapi.Find(g.Routes, method, path)
	switch {
	case !found && g.Default == httpapi.Deny:
		return "no route takes it, and gateway.default is deny"
	case !found || g.Routes[i].Open():
		return ""
	case g.Routes[i].Target == httpapi.Deny:
		return httpapi.Label(g.Routes, i) + " denies it"
	}
	return fmt.Sprintf("%s has auth %s", httpapi.Label(g.Routes, i), g.Routes[i].Auth)
}

// Probes are the requests that a deployed stack must answer with 200: App.Probes, and GET of App.HealthPath where it is
// not among them and the gateway passes it.
func (s *Settings) Probes() []string {
	health := "GET " + s.App.HealthPath
	if slices.Contains(s.App.Probes, health) || s.Gateway.unanswered(health) != "" {
		return s.App.Probes
	}
	return slices.Concat(s.App.Probes, []string{health})
}

// warnings are about a table of routes that works, though perhaps not as hoped.
func (g Gateway) warnings(healthPath string) (warnings []string) {
	if why := g.unanswered("GET " + healthPath); why != "" {
		warnings = append(warnings, fmt.Sprintf("make verify can't ask for app.healthPath: GET %s is not answered through the gateway: %s. "+
			"The load balancer asks the tasks themselves, and needs no route", healthPath, why))
	}
	if g.CORS.IsZero() || g.REST() {
		return warnings // a REST API with CORS answers OPTIONS itself, whoever asks
	}
	for i, r := range g.Routes {
		if !r.Open() && r.Target != httpapi.Deny && (len(r.Methods) == 0 || slices.Contains(r.Methods, "OPTIONS")) {
			warnings = append(warnings, fmt.Sprintf("gateway.routes: %s takes OPTIONS and has auth %s, but browsers ask beforehand (CORS) without credentials, "+
				"so no page of another origin gets through. Name its methods without OPTIONS, or add a route for OPTIONS without auth. "+
				aws+"apigateway/latest/developerguide/http-api-cors.html", httpapi.Label(g.Routes, i), r.Auth))
		}
	}
	return warnings
}

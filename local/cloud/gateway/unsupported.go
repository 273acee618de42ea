package gateway

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// declaration is what calls of the API Gateway v2 API may declare, of all kinds of resources together.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/resources.html
type declaration struct {
	// of an API
	ProtocolType, Target, IPAddressType, RouteSelectionExpression string
	DisableSchemaValidation                                       bool
	CorsConfiguration                                             *struct {
		AllowOrigins     []string
		AllowCredentials bool
	}
	// of a route
	RouteKey                                    string
	AuthorizationType, ModelSelectionExpression string
	RouteResponseSelectionExpression            string
	APIKeyRequired                              bool
	RequestModels                               map[string]any
	// of an integration
	IntegrationType, ConnectionType, IntegrationURI, IntegrationSubtype, CredentialsARN string
	ContentHandlingStrategy, PassthroughBehavior, TemplateSelectionExpression           string
	PayloadFormatVersion                                                                string
	RequestTemplates                                                                    map[string]any
	ResponseParameters                                                                  map[string]map[string]string
	// of a route or an integration
	RequestParameters map[string]any
	// of an authorizer
	AuthorizerType   string
	IdentitySource   []string
	JwtConfiguration struct{ Issuer string }
	// of a stage
	DeploymentID, ClientCertificateID string
	DefaultRouteSettings              routeSettings
	RouteSettings                     map[string]routeSettings
	AccessLogSettings                 struct{ DestinationARN, Format string }
	// of a custom domain name or an API mapping
	DomainName, RoutingMode, APIMappingKey string
	DomainNameConfigurations               []domainNameConfiguration
	MutualTLSAuthentication                struct{ TruststoreURI string }
}

type domainNameConfiguration struct {
	EndpointType, OwnershipVerificationCertificateARN string
}

type routeSettings struct {
	DataTraceEnabled, DetailedMetricsEnabled bool
	LoggingLevel                             string
}

// Unsupported names what a call of the API Gateway v2 API declares and the local cloud does not serve, each in a
// sentence; nothing when it serves all of it. path is the call's, such as /v2/apis/ID/routes, and body its JSON. What is
// absent, null, empty or false declares nothing.
func Unsupported(method, path string, body []byte) []string {
	if method != http.MethodPost && method != http.MethodPut && method != http.MethodPatch {
		return nil
	}
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if name := unsupportedFirst(parts[0]); name != "" {
		return []string{"The local cloud does not support " + name + "."}
	}
	if len(parts) < 2 || parts[0] != "v2" {
		return nil
	}
	if name := unsupportedResource(method, parts[1:]); name != "" {
		return []string{"The local cloud does not support " + name + "."}
	}
	var d declaration
	// A member of another type is left out; moto tells what is no JSON at all.
	_ = json.Unmarshal(body, &d)
	var found sentences
	switch kind := parts[1:]; {
	case len(kind) <= 2 && kind[0] == "apis":
		found.api(d)
	case kind[0] == "domainnames" && len(kind) == 1:
		found.domain(d)
	case kind[0] == "domainnames" && len(kind) == 3:
		found.add(d.APIMappingKey != "", "API mappings with a key (apiMappingKey %q): only of a whole domain", d.APIMappingKey)
	case len(kind) < 3 || kind[0] != "apis":
	case kind[2] == "routes":
		found.route(d)
	case kind[2] == "integrations":
		found.integration(d, method == http.MethodPost)
	case kind[2] == "authorizers":
		found.authorizer(d, method == http.MethodPost)
	case kind[2] == "stages":
		found.stage(d)
	}
	return found
}

// unsupportedResource names a kind of resource of which nothing is supported.
func unsupportedResource(method string, kind []string) string {
	switch kind[0] {
	case "domainnames":
		switch {
		case method == http.MethodPatch:
			return "changes of a custom domain name or of an API mapping (PATCH /v2/domainnames): delete it and make it anew"
		case len(kind) > 2 && kind[2] != "apimappings":
			return "routing rules (/v2/domainnames/NAME/" + kind[2] + ")"
		}
		return ""
	case "portals", "portalproducts":
		return "portals (/v2/" + kind[0] + ")"
	case "apis":
	default:
		return ""
	}
	switch {
	case method == http.MethodPut && len(kind) <= 2:
		return "the import of OpenAPI definitions (PUT /v2/apis)"
	case len(kind) < 3:
		return ""
	case kind[2] == "deployments":
		return "deployments (/v2/apis/ID/deployments): what is declared is served at once; give the stage autoDeploy"
	case kind[2] == "models":
		return "models (/v2/apis/ID/models), which are for WebSocket APIs"
	case len(kind) > 4 && kind[4] == "integrationresponses":
		return "integration responses, which are for WebSocket APIs"
	case len(kind) > 4 && kind[4] == "routeresponses":
		return "route responses, which are for WebSocket APIs"
	}
	return ""
}

// sentences are what was found.
type sentences []string

func (s *sentences) add(declared bool, name string, values ...any) {
	if declared {
		*s = append(*s, "The local cloud does not support "+fmt.Sprintf(name, values...)+".")
	}
}

func (s *sentences) api(d declaration) {
	s.add(d.ProtocolType != "" && d.ProtocolType != "HTTP", "protocolType %s: only HTTP APIs", d.ProtocolType)
	s.add(d.Target != "", "quick create (target): give the API routes and an integration")
	s.add(d.RouteKey != "", "quick create (routeKey): give the API routes and an integration")
	s.add(d.CredentialsARN != "", "credentialsArn")
	s.add(d.DisableSchemaValidation, "disableSchemaValidation, which is for WebSocket APIs")
	s.add(d.IPAddressType != "" && d.IPAddressType != "ipv4", "ipAddressType %s: its addresses are IPv4", d.IPAddressType)
	s.add(!slices.Contains([]string{"", "$request.method $request.path", "${request.method} ${request.path}"}, d.RouteSelectionExpression),
		"routeSelectionExpression %q: an HTTP API has \"$request.method $request.path\"", d.RouteSelectionExpression)
	if c := d.CorsConfiguration; c != nil {
		s.add(c.AllowCredentials && slices.Contains(c.AllowOrigins, "*"), "allowCredentials together with the origin *, and neither does AWS")
	}
}

func (s *sentences) domain(d declaration) {
	s.add(strings.HasPrefix(d.DomainName, "*"), "wildcard custom domain names (%s)", d.DomainName)
	s.add(d.MutualTLSAuthentication.TruststoreURI != "", "mutual TLS (mutualTlsAuthentication)")
	s.add(d.RoutingMode != "" && d.RoutingMode != "API_MAPPING_ONLY", "the routing mode %s, only API_MAPPING_ONLY", d.RoutingMode)
	for _, c := range d.DomainNameConfigurations {
		s.add(c.EndpointType != "" && c.EndpointType != "REGIONAL", "custom domain names with the endpoint type %s, only REGIONAL", c.EndpointType)
		s.add(c.OwnershipVerificationCertificateARN != "", "ownershipVerificationCertificateArn")
	}
}

func (s *sentences) route(d declaration) {
	if d.RouteKey != "" {
		_, err := parseRouteKey(d.RouteKey)
		s.add(err != nil, "this %v", err)
	}
	s.add(!slices.Contains([]string{"", "NONE", "JWT", "AWS_IAM"}, d.AuthorizationType), "authorizationType %s: only NONE, JWT and AWS_IAM", d.AuthorizationType)
	s.add(d.APIKeyRequired, "apiKeyRequired, which is for WebSocket APIs")
	s.add(len(d.RequestModels) > 0 || d.ModelSelectionExpression != "", "models (requestModels, modelSelectionExpression), which are for WebSocket APIs")
	s.add(len(d.RequestParameters) > 0, "requestParameters of a route, which are for WebSocket APIs")
	s.add(d.RouteResponseSelectionExpression != "", "route responses (routeResponseSelectionExpression), which are for WebSocket APIs")
}

// authorizer checks an authorizer. A change may leave out what a new one needs.
func (s *sentences) authorizer(d declaration, isNew bool) {
	s.add((isNew || d.AuthorizerType != "") && d.AuthorizerType != "JWT", "authorizerType %q: only JWT, since it runs no Lambda functions", d.AuthorizerType)
	if d.AuthorizerType != "JWT" {
		return
	}
	s.add(isNew && d.JwtConfiguration.Issuer == "", "a JWT authorizer without an issuer, and neither does AWS")
	s.add((isNew || d.IdentitySource != nil) && len(d.IdentitySource) != 1, "%d identity sources of a JWT authorizer: one", len(d.IdentitySource))
	for _, source := range d.IdentitySource {
		s.add(!strings.HasPrefix(source, "$request.header.") && !strings.HasPrefix(source, "$request.querystring."),
			"the identity source %q: only $request.header.NAME and $request.querystring.NAME", source)
	}
}

func (s *sentences) mapping(key, value string, isText, response bool) {
	if _, err := parseMapping(key, value, response); isText && err != nil {
		s.add(true, "this %v", err)
	}
}

func (s *sentences) stage(d declaration) {
	s.add(d.DeploymentID != "", "deployments (deploymentId): what is declared is served at once; give the stage autoDeploy")
	s.add(d.ClientCertificateID != "", "clientCertificateId, which is for WebSocket APIs")
	s.routeSettings("defaultRouteSettings", d.DefaultRouteSettings)
	for _, key := range slices.Sorted(maps.Keys(d.RouteSettings)) {
		s.routeSettings(fmt.Sprintf("routeSettings of %q", key), d.RouteSettings[key])
	}
	log := d.AccessLogSettings
	s.add(log.DestinationARN != "" && !strings.Contains(log.DestinationARN, ":logs:"), "access logs to %s: only to a log group of CloudWatch Logs", log.DestinationARN)
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
	s.add(len(log.Format) > 3<<10, "an access log format of %d bytes, and neither does AWS: 3 KB at most", len(log.Format))
	// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages-stagename.html
	s.add(log.Format != "" && !strings.Contains(log.Format, "$context.requestId") && !strings.Contains(log.Format, "$context.extendedRequestId"),
		"an access log format without $context.requestId, and neither does AWS")
}

func (s *sentences) routeSettings(where string, r routeSettings) {
	s.add(r.DetailedMetricsEnabled, "detailedMetricsEnabled (%s): it makes no metrics", where)
	s.add(r.DataTraceEnabled || r.LoggingLevel != "" && r.LoggingLevel != "OFF",
		"execution logs (dataTraceEnabled, loggingLevel in %s), which are for WebSocket APIs", where)
}

package gateway

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/velocity"
)

// restDeclaration is what a resource of the API of REST APIs may declare and is not in declared.Rest, of all kinds of
// resources together. https://docs.aws.amazon.com/apigateway/latest/api/API_Types.html
type restDeclaration struct {
	Type, Credentials, ContentHandling       string
	Policy, APIKeySource, CloneFrom          string
	MinimumCompressionSize                   *int
	EndpointConfiguration                    struct{ Types, VpcEndpointIDs []string }
	RequestModels                            map[string]string
	RequestValidatorID                       string
	CacheKeyParameters                       []string
	TLSConfig                                struct{ InsecureSkipVerification bool }
	CacheClusterEnabled                      bool
	CanarySettings, StageKeys                any
	ClientCertificateID, ProductCode         string
	MethodSettings                           map[string]restMethodSettings
	APIStages                                []struct{ Throttle map[string]any }
	AuthorizerCredentials, AuthorizationType string
	ResponseTransferMode                     string
	IntegrationTarget                        string
}

type restMethodSettings struct {
	LoggingLevel                     string
	DataTraceEnabled, CachingEnabled bool
}

// UnsupportedRest names what a resource of the API of REST APIs declares and the local cloud does not serve, each in a
// sentence; nothing when it serves all of it. kind is that of the resource, in small letters without spaces, and made is
// the resource as the API tells it. Metrics of methods are taken, and none are made.
func UnsupportedRest(kind string, made map[string]any) []string {
	var d restDeclaration
	var found sentences
	encoded, _ := json.Marshal(made)
	// A member of another type was refused before.
	_ = json.Unmarshal(encoded, &d)
	switch kind {
	case "restapi":
		found.restAPI(d)
	case "method":
		found.add(!slices.Contains([]string{"NONE", "AWS_IAM", "COGNITO_USER_POOLS", "CUSTOM"}, d.AuthorizationType), "authorizationType %s", d.AuthorizationType)
		found.add(len(d.RequestModels) > 0 || d.RequestValidatorID != "", "the validation of requests (requestModels, requestValidatorId)")
	case "integration":
		var i declared.RestIntegration
		_ = json.Unmarshal(encoded, &i)
		found.restIntegration(d, i)
	case "integrationresponse":
		var r declared.IntegrationResponse
		_ = json.Unmarshal(encoded, &r)
		found.restResponse(d, r)
	case "authorizer":
		var a declared.RestAuthorizer
		_ = json.Unmarshal(encoded, &a)
		found.restAuthorizer(d, a)
	case "gatewayresponse":
		var r declared.GatewayResponse
		_ = json.Unmarshal(encoded, &r)
		found.gatewayResponse(r)
	case "stage":
		var s declared.RestStage
		_ = json.Unmarshal(encoded, &s)
		found.restStage(d, s)
	case "usageplan":
		found.add(d.ProductCode != "", "productCode, which is for AWS Marketplace")
		for _, stage := range d.APIStages {
			found.add(len(stage.Throttle) > 0, "throttles of a usage plan for one method")
		}
	case "apikey":
		keys, _ := d.StageKeys.([]any)
		found.add(len(keys) > 0, "stageKeys: give the key to a usage plan")
	case "vpclink":
		var l declared.RestVpcLink
		_ = json.Unmarshal(encoded, &l)
		found.add(len(l.TargetARNs) != 1, "a VPC link with %d targets, and neither does AWS: one", len(l.TargetARNs))
		for _, arn := range l.TargetARNs {
			// moto's ARNs of Network Load Balancers have "app" in them, so which it is shows when a request comes.
			found.add(!strings.Contains(arn, ":elasticloadbalancing:") || !strings.Contains(arn, ":loadbalancer/"),
				"the VPC link's target %q: only the ARN of a Network Load Balancer", arn)
		}
	}
	return found
}

func (s *sentences) restAPI(d restDeclaration) {
	for _, kind := range d.EndpointConfiguration.Types {
		s.add(kind != "REGIONAL", "REST APIs with the endpoint type %s, only REGIONAL", kind)
	}
	s.add(len(d.EndpointConfiguration.VpcEndpointIDs) > 0, "vpcEndpointIds, which are for private APIs")
	s.add(d.Policy != "", "resource policies of an API (policy)")
	s.add(d.APIKeySource != "" && d.APIKeySource != "HEADER", "apiKeySource %s: keys come in the header X-Api-Key", d.APIKeySource)
	s.add(d.MinimumCompressionSize != nil, "compression (minimumCompressionSize)")
	s.add(d.CloneFrom != "", "cloneFrom")
}

func (s *sentences) restIntegration(d restDeclaration, i declared.RestIntegration) {
	s.add(d.Credentials != "", "credentials of an integration")
	s.add(len(d.CacheKeyParameters) > 0, "caching (cacheKeyParameters)")
	s.add(d.TLSConfig.InsecureSkipVerification, "insecureSkipVerification")
	s.add(d.ResponseTransferMode == "STREAM", "the response transfer mode STREAM")
	s.add(d.IntegrationTarget != "", "integrationTarget, which is for VPC links to Application Load Balancers")
	switch i.Type {
	case "MOCK":
		s.add(i.ContentHandling == "CONVERT_TO_BINARY", "contentHandling CONVERT_TO_BINARY")
		for _, media := range slices.Sorted(maps.Keys(i.RequestTemplates)) {
			_, err := mockStatus(i.RequestTemplates[media])
			s.add(err != nil, "%v", err)
		}
	case "HTTP_PROXY", "AWS_PROXY":
		s.add(i.Type == "AWS_PROXY" && !strings.Contains(i.URI, ":lambda:path/"), "the URI %q: of AWS_PROXY only a Lambda function", i.URI)
		s.add(i.Type == "HTTP_PROXY" && i.ConnectionType != "VPC_LINK", "integrations over the internet (connectionType %q): only VPC_LINK", i.ConnectionType)
		s.add(strings.Contains(i.URI, "${"), "stage variables in a URI (%s)", i.URI)
		s.add(len(i.RequestTemplates) > 0, "requestTemplates of a proxy integration, and AWS passes them over")
		s.add(i.ContentHandling != "", "contentHandling of a proxy integration")
	default:
		s.add(true, "the integration type %q: only HTTP_PROXY, AWS_PROXY of a Lambda function, and MOCK", i.Type)
	}
	for _, target := range slices.Sorted(maps.Keys(i.RequestParameters)) {
		_, err := parseRestParameter(target, i.RequestParameters[target])
		s.add(err != nil, "%v", err)
	}
}

func (s *sentences) restResponse(d restDeclaration, r declared.IntegrationResponse) {
	s.add(d.ContentHandling != "", "contentHandling of an integration response")
	for _, target := range slices.Sorted(maps.Keys(r.ResponseParameters)) {
		_, err := parseRestExpression(r.ResponseParameters[target])
		s.add(err != nil, "%v", err)
		s.add(!strings.HasPrefix(target, "method.response.header."), "the parameter %s: only method.response.header.NAME", target)
	}
	for _, media := range slices.Sorted(maps.Keys(r.ResponseTemplates)) {
		s.add(media != "application/json", "response templates for %s: only for application/json", media)
		_, err := velocity.Parse(r.ResponseTemplates[media])
		s.add(err != nil, "the response template for %s: %v", media, err)
	}
}

func (s *sentences) restAuthorizer(d restDeclaration, a declared.RestAuthorizer) {
	s.add(d.AuthorizerCredentials != "", "authorizerCredentials: the function's policy lets API Gateway call it")
	s.add(!slices.Contains([]string{"TOKEN", "REQUEST", "COGNITO_USER_POOLS"}, a.Type), "the authorizer type %q", a.Type)
	for source := range strings.SplitSeq(a.IdentitySource, ",") {
		_, err := parseRestExpression(strings.TrimSpace(source))
		s.add(source != "" && err != nil, "this identity source of an authorizer: %v", err)
		s.add(a.Type != "REQUEST" && source != "" && !strings.HasPrefix(source, "method.request.header."), "the identity source %s: of a token only a header", source)
	}
	for _, arn := range a.ProviderARNs {
		s.add(a.Type == "COGNITO_USER_POOLS" && !poolARN.MatchString(arn), "the user pool %q: it must be the ARN of a user pool of Amazon Cognito", arn)
	}
}

func (s *sentences) gatewayResponse(r declared.GatewayResponse) {
	_, known := exceptions[r.ResponseType]
	s.add(!known && !slices.Contains([]string{"DEFAULT_5XX", "AUTHORIZER_FAILURE", "BAD_REQUEST_BODY", "BAD_REQUEST_PARAMETERS", "EXPIRED_TOKEN", "RESOURCE_NOT_FOUND", "WAF_FILTERED"}, r.ResponseType),
		"the gateway response type %q, and neither does AWS", r.ResponseType)
	for _, target := range slices.Sorted(maps.Keys(r.ResponseParameters)) {
		_, err := parseRestExpression(r.ResponseParameters[target])
		s.add(err != nil, "%v", err)
		s.add(!strings.HasPrefix(target, "gatewayresponse.header."), "the parameter %s: only gatewayresponse.header.NAME", target)
	}
	for _, media := range slices.Sorted(maps.Keys(r.ResponseTemplates)) {
		rest := strings.ReplaceAll(r.ResponseTemplates[media], "$context.", "")
		s.add(media != "application/json" || strings.ContainsAny(rest, "$#"), "this template of a gateway response (%s): only application/json with variables of $context in it", media)
	}
}

func (s *sentences) restStage(d restDeclaration, stage declared.RestStage) {
	s.add(d.CacheClusterEnabled, "caching (cacheClusterEnabled)")
	s.add(d.CanarySettings != nil, "canary releases (canarySettings)")
	s.add(d.ClientCertificateID != "", "clientCertificateId")
	for _, name := range slices.Sorted(maps.Keys(d.MethodSettings)) {
		own := d.MethodSettings[name]
		s.add(own.DataTraceEnabled || own.LoggingLevel != "" && own.LoggingLevel != "OFF", "execution logs (loggingLevel, dataTraceEnabled of %s): only access logs", name)
		s.add(own.CachingEnabled, "caching (cachingEnabled of %s)", name)
	}
	if log := stage.AccessLogSettings; log != nil {
		s.add(log.DestinationARN != "" && !strings.Contains(log.DestinationARN, ":logs:"), "access logs to %s: only to a log group of CloudWatch Logs", log.DestinationARN)
		// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
		s.add(log.Format != "" && !strings.Contains(log.Format, "$context.requestId") && !strings.Contains(log.Format, "$context.extendedRequestId"),
			"an access log format without $context.requestId, and neither does AWS")
	}
}

// unsupportedFirst names a kind of resource that REST APIs may have, of which nothing is supported.
func unsupportedFirst(name string) string {
	switch name {
	case "domainnames", "domainnameaccessassociations":
		return fmt.Sprintf("custom domain names by /%s: make them by the API Gateway v2 API (/v2/domainnames), which maps REST APIs too", name)
	case "clientcertificates":
		return "client certificates (/clientcertificates)"
	}
	return ""
}

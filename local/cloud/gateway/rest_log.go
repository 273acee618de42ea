package gateway

import (
	"strconv"
	"strings"
)

// restVariable returns how to find $context.NAME of a request to a REST API; for a name that there is not, that needs a
// Lambda authorizer, or that needs an identity of AWS, that is nothing.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
func restVariable(name string) func(*exchange) string {
	if found := restVariables[name]; found != nil {
		return func(x *exchange) string { return found(x.rest) }
	}
	if claim, ok := strings.CutPrefix(name, "authorizer.claims."); ok {
		return func(x *exchange) string { return x.claims.text(claim) }
	}
	if common := contextVariables[name]; common != nil && restCommon[name] {
		return common
	}
	return func(*exchange) string { return "" }
}

// restCommon are the variables that are the same for HTTP and REST APIs.
var restCommon = map[string]bool{
	"accountId": true, "apiId": true, "awsEndpointRequestId": true, "awsEndpointRequestId2": true, "domainName": true, "domainPrefix": true,
	"error.message": true, "error.messageString": true, "error.responseType": true, "httpMethod": true, "identity.sourceIp": true,
	"identity.userAgent": true, "integration.error": true, "integration.integrationStatus": true, "integration.latency": true,
	"integration.requestId": true, "integration.status": true, "integrationErrorMessage": true, "integrationLatency": true,
	"integrationStatus": true, "path": true, "protocol": true, "requestId": true, "requestTime": true, "responseLatency": true,
	"responseLength": true, "status": true,
}

var restVariables = map[string]func(*restExchange) string{
	"authorize.error":              func(x *restExchange) string { return x.authorizeError },
	"authorize.status":             authorizeStatus,
	"authorizer.error":             func(x *restExchange) string { return x.authorizeError },
	"authorizer.status":            authorizeStatus,
	"authenticate.error":           func(x *restExchange) string { return x.authorizeError },
	"authenticate.status":          authorizeStatus,
	"customDomain.basePathMatched": basePath,
	"deploymentId": func(x *restExchange) string {
		return x.site.declared.RestAPIs[x.site.id].Stages[x.stage.name].DeploymentID
	},
	"extendedRequestId": func(x *restExchange) string { return x.extended },
	"identity.apiKey":   func(x *restExchange) string { return x.keyPart(func(k restKey) string { return k.value }) },
	"identity.apiKeyId": func(x *restExchange) string { return x.keyPart(func(k restKey) string { return k.id }) },
	"isCanaryRequest":   func(*restExchange) string { return "false" },
	"requestTimeEpoch":  func(x *restExchange) string { return strconv.FormatInt(x.start.UnixMilli(), 10) },
	"resourceId":        func(x *restExchange) string { return x.resourcePart(func(r *restResource) string { return r.id }) },
	"resourcePath":      func(x *restExchange) string { return x.resourcePart(func(r *restResource) string { return r.path }) },
	"stage":             func(x *restExchange) string { return x.stage.name },
	"webaclArn": func(x *restExchange) string {
		return x.site.declared.RestAPIs[x.site.id].Stages[x.stage.name].WebACLARN
	},
	"xrayTraceId": xrayTraceID,
}

// authorizeStatus is the status of an authorizer that was asked.
func authorizeStatus(x *restExchange) string {
	switch {
	case !x.authorized:
		return ""
	case x.authorizeError != "":
		return number(x.status)
	}
	return "200"
}

func basePath(x *restExchange) string {
	if x.domain == nil {
		return ""
	}
	return "(none)"
}

func xrayTraceID(x *restExchange) string {
	if !x.stage.tracing {
		return ""
	}
	_, root, _ := strings.Cut(x.trace, "Root=")
	root, _, _ = strings.Cut(root, ";")
	return root
}

func (x *restExchange) keyPart(of func(restKey) string) string {
	if x.key == nil {
		return ""
	}
	return of(*x.key)
}

func (x *restExchange) resourcePart(of func(*restResource) string) string {
	if x.resource == nil {
		return ""
	}
	return of(x.resource)
}

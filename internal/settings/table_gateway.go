package settings

import (
	"sallyport/internal/httpapi"
)

var gatewayTable = []setting{
	{
		key:         "gateway.timeout",
		description: "Seconds that API Gateway waits for an answer.",
		allowed:     "1 to 30 seconds",
		why:         "30 seconds are the most that an HTTP API waits, and no quota raises it. " + aws + "apigateway/latest/developerguide/http-api-quotas.html",
		value:       of[int]{in: func(s *Settings) *int { return &s.Gateway.Timeout }, value: 30, check: between(1, 30)},
	},
	{
		key:         "gateway.throttleBurst",
		description: "Requests that may come at once before API Gateway answers 429.",
		allowed:     "1 to 5000 requests",
		why:         "0 refuses every request; 5000 is what the account has for all its APIs. " + aws + "apigateway/latest/developerguide/limits.html",
		value:       of[int]{in: func(s *Settings) *int { return &s.Gateway.ThrottleBurst }, value: 500, check: between(1, 5000)},
	},
	{
		key:         "gateway.throttleRate",
		description: "Requests a second, over time, before API Gateway answers 429.",
		allowed:     "1 to 10000 requests a second",
		why:         "0 refuses every request; 10000 is what the account has for all its APIs. " + aws + "apigateway/latest/developerguide/limits.html",
		value:       of[int]{in: func(s *Settings) *int { return &s.Gateway.ThrottleRate }, value: 1000, check: between(1, 10000)},
	},
	{
		key:         "gateway.vpcLinkId",
		description: "A VPC link of network.vpcId to share instead of a new one; empty for a new one.",
		allowed:     "empty, or the id of a VPC link of this Region, together with network.vpcId",
		why:         "An account has ten VPC links a Region, and one serves many APIs. " + aws + "apigateway/latest/developerguide/http-api-quotas.html",
		value: of[string]{in: func(s *Settings) *string { return &s.Gateway.VpcLinkID },
			check: matching(`^[a-z0-9]*$`, "it doesn't look like the id of a VPC link, such as abcd12")},
	},
	{
		key: "gateway.routes",
		description: "A table of routes: where the requests of a path go, and who may send them. " +
			"Each has a path in API Gateway's syntax, methods (default: all), target: container (default), deny or a Lambda function's ARN, " +
			"auth: none (default), iam or jwt with issuer, audience and scopes, throttleBurst and throttleRate.",
		allowed: "a list of objects; at most 300 routes, one for each method of each object, and 10 pairs of issuer and audience; no two for the same requests",
		why:     "The quotas are those of one API. " + aws + "apigateway/latest/developerguide/http-api-develop-routes.html " + aws + "apigateway/latest/developerguide/http-api-quotas.html",
		value: of[[]httpapi.Route]{in: func(s *Settings) *[]httpapi.Route { return &s.Gateway.Routes },
			value: []httpapi.Route{}, check: checkRoutes},
	},
	{
		key:         "gateway.default",
		description: "Where the requests go that no route takes: to the container, or to nobody, which makes gateway.routes an allow-list.",
		allowed:     "container or deny",
		why:         "API Gateway answers 404 to what no route takes. " + aws + "apigateway/latest/developerguide/http-api-develop-routes.html",
		value: of[string]{in: func(s *Settings) *string { return &s.Gateway.Default }, value: httpapi.Container,
			check: oneOf(httpapi.Container, httpapi.Deny)},
	},
	{
		key:         "gateway.cors",
		description: "What pages of other origins may do: allowOrigins, allowMethods, allowHeaders, exposeHeaders, maxAge, allowCredentials. Empty leaves it to the app.",
		allowed:     "an object; allowOrigins in it, maxAge of -1 to 86400 seconds, no * together with allowCredentials",
		why: "API Gateway then ignores what the app says of CORS. " + aws + "apigateway/latest/developerguide/http-api-cors.html " +
			aws + "apigatewayv2/latest/api-reference/apis-apiid.html",
		value: of[httpapi.CORS]{in: func(s *Settings) *httpapi.CORS { return &s.Gateway.CORS }, check: checkCORS},
	},
	{
		key:         "gateway.publicHostHeader",
		description: "A request header, such as x-public-host, that tells the app the host that the browser asked for; empty for none.",
		allowed:     "the name of a header that API Gateway doesn't keep for itself",
		why: "X-Forwarded-Host is one of those that it keeps. " +
			aws + "apigateway/latest/developerguide/http-api-parameter-mapping.html",
		value: of[string]{in: func(s *Settings) *string { return &s.Gateway.PublicHostHeader }, check: checkPublicHostHeader},
	},
	{
		key:         "gateway.keepWarm",
		description: "Asks for app.healthPath once a day, so that the VPC link of a stack without visitors never becomes inactive.",
		allowed:     "true or false",
		why: "After 60 days without traffic the link is inactive, and the first requests fail. " +
			aws + "apigateway/latest/developerguide/http-api-vpc-links.html",
		value: of[bool]{in: func(s *Settings) *bool { return &s.Gateway.KeepWarm }},
	},
	{
		key:         "domain.name",
		description: "The name that the app answers at, with a certificate of its own; empty for API Gateway's.",
		allowed:     "a name in domain.zoneId, together with it: lower-case letters, digits and hyphens between dots, at most 64 characters, no wildcard",
		why:         "A certificate's first name has at most 64 characters. " + aws + "acm/latest/APIReference/API_RequestCertificate.html",
		value:       of[string]{in: func(s *Settings) *string { return &s.Domain.Name }, check: checkHostName(64)},
	},
	{
		key:         "domain.zoneId",
		description: "The Route 53 hosted zone that domain.name is in: the stack writes the name's addresses and the certificate's validation there.",
		allowed:     "the id of a public hosted zone, such as Z0123456789ABCDEFGHIJ, together with domain.name",
		why:         aws + "Route53/latest/APIReference/API_HostedZone.html",
		value:       of[string]{in: func(s *Settings) *string { return &s.Domain.ZoneID }, check: matching(`^[A-Z0-9]{0,32}$`, "it is not the id of a hosted zone")},
	},
}

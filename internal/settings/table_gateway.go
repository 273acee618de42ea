package settings

import "sallyport/internal/httpapi"

var gatewayTable = []setting{
	{
		key: "gateway.kind",
		description: "The kind of API in front: an HTTP API before an Application Load Balancer, or a REST API before a Network Load Balancer, " +
			"which has API keys, a web ACL and tracing of its own, and costs three and a half times as much a request.",
		allowed: "http or rest",
		why:     aws + "apigateway/latest/developerguide/http-api-vs-rest.html",
		value: of[string]{in: func(s *Settings) *string { return &s.Gateway.Kind }, value: httpapi.HTTP,
			check: oneOf(httpapi.HTTP, httpapi.REST)},
	},
	{
		key:         "gateway.timeout",
		description: "Seconds that API Gateway waits for an answer; 0 for as long as its kind can, 30 with http and 29 with rest.",
		allowed:     "0 to 30 seconds, with gateway.kind rest to 29",
		why: "An HTTP API waits 30 seconds at most, and no quota raises it; a REST API 29. " + aws + "apigateway/latest/developerguide/http-api-quotas.html " +
			restQuotas,
		value: of[int]{in: func(s *Settings) *int { return &s.Gateway.Timeout }, check: between(0, 30)},
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
			"auth, throttleBurst and throttleRate. The auth is none (default) or iam; with gateway.kind http also jwt with issuer, audience and scopes; " +
			"with rest also cognito with userPools and scopes, lambda with authorizer, a function's ARN, or key, one of gateway.apiKeys.",
		allowed: "a list of objects, no two for the same requests; with http at most 300 routes, one for each method of each object, " +
			"and with rest 300 levels of paths, one variable a level; 10 authorizers",
		why: "The quotas are those of one API. " + aws + "apigateway/latest/developerguide/http-api-develop-routes.html " +
			aws + "apigateway/latest/developerguide/http-api-quotas.html " + restQuotas,
		value: of[[]httpapi.Route]{in: func(s *Settings) *[]httpapi.Route { return &s.Gateway.Routes }, value: []httpapi.Route{}},
	},
	{
		key:         "gateway.default",
		description: "Where the requests go that no route takes: to the container, or to nobody, which makes gateway.routes an allow-list.",
		allowed:     "container, or deny together with gateway.routes",
		why:         "An HTTP API answers 404 to what no route takes, a REST API 403. " + aws + "apigateway/latest/developerguide/http-api-develop-routes.html",
		value: of[string]{in: func(s *Settings) *string { return &s.Gateway.Default }, value: httpapi.Container,
			check: oneOf(httpapi.Container, httpapi.Deny)},
	},
	{
		key:         "gateway.cors",
		description: "What pages of other origins may do: allowOrigins, allowMethods, allowHeaders, exposeHeaders, maxAge, allowCredentials. Empty leaves it to the app. With gateway.kind rest, API Gateway answers for preflights alone.",
		allowed:     "an object; allowOrigins in it, maxAge of -1 to 86400 seconds, no * together with allowCredentials",
		why: "An HTTP API then ignores what the app says of CORS; a REST API passes it on. " + aws + "apigateway/latest/developerguide/http-api-cors.html " +
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
		key:         "gateway.webAclArn",
		description: "The AWS WAF web ACL that looks at every request before the REST API takes it; empty for none.",
		allowed:     "the ARN of a regional web ACL (AWS WAF v2) in aws:region, with gateway.kind rest",
		why:         "A REST API's stage takes a web ACL, an HTTP API none: there it is loadBalancer.webAclArn. " + aws + "apigateway/latest/developerguide/apigateway-control-access-aws-waf.html",
		value:       of[string]{in: func(s *Settings) *string { return &s.Gateway.WebACLARN }, check: checkWebACL},
	},
	{
		key:         "gateway.tracing",
		description: "Has AWS X-Ray trace the requests, with gateway.kind rest.",
		allowed:     "true or false; true with gateway.kind rest alone",
		why:         "An HTTP API has no tracing. " + aws + "apigateway/latest/developerguide/apigateway-xray.html",
		value:       of[bool]{in: func(s *Settings) *bool { return &s.Gateway.Tracing }},
	},
	{
		key: "gateway.apiKeys",
		description: "The API keys that routes with auth key take, with gateway.kind rest: name to rate (requests a second), burst (requests), " +
			"and quota (requests) a period, DAY, WEEK or MONTH. What is left out is not limited for the key. The stack's output apiKeys has their values.",
		allowed: "an object of at most 300 names of 1 to 40 lower-case letters, digits and hyphens between them; quota and period together",
		why:     "Each key has a usage plan of its own, and an account has 300. " + aws + "apigateway/latest/developerguide/api-gateway-api-usage-plans.html " + restQuotas,
		value: of[map[string]httpapi.APIKey]{in: func(s *Settings) *map[string]httpapi.APIKey { return &s.Gateway.APIKeys },
			value: map[string]httpapi.APIKey{}, check: checkAPIKeys},
	},
	{
		key: "gateway.logsRole",
		description: "The role that all REST APIs of the account write their logs by in this Region: create makes one and gives it to the account, " +
			"in place of one that it may have, and leaves it there when the stack goes; existing takes the one that is there.",
		allowed: "create or existing; existing with gateway.kind rest alone",
		why:     "Without a role in the account's settings, AWS refuses a stage with an access log. " + aws + "apigateway/latest/developerguide/set-up-logging.html",
		value: of[string]{in: func(s *Settings) *string { return &s.Gateway.LogsRole }, value: LogsRoleCreate,
			check: oneOf(LogsRoleCreate, LogsRoleExisting)},
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

package network

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// With CORS, API Gateway answers every OPTIONS request, and its own errors tell a page that is allowed to read them that
// it is. What the container or a function answers goes out as it is: a proxy integration's answer can't be changed, so the
// app itself must write Access-Control-Allow-Origin, where an HTTP API does it for the app.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html

// mock is a method that API Gateway answers itself. All payloads are binary to this API, and a template needs text.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html
func mock(status int, answer integrationResponse) operation {
	answer.StatusCode = strconv.Itoa(status)
	headers := map[string]header{}
	for name := range answer.ResponseParameters {
		headers[strings.TrimPrefix(name, "method.response.header.")] = header{schema{"string"}}
	}
	return operation{
		Responses: map[string]response{answer.StatusCode: {Description: "answered by API Gateway", Headers: headers}},
		Integration: integration{
			Type:                "mock",
			ContentHandling:     "CONVERT_TO_TEXT",
			PassthroughBehavior: "when_no_match",
			RequestTemplates:    map[string]string{"application/json": fmt.Sprintf(`{"statusCode":%d}`, status)},
			Responses:           map[string]integrationResponse{"default": answer},
		},
	}
}

// preflight answers what a browser asks before it sends a request for a page of another origin.
func (a *RestAPIArgs) preflight() operation {
	answer := integrationResponse{ResponseParameters: map[string]string{}}
	set := func(header, value string) {
		if value != "" {
			answer.ResponseParameters["method.response.header."+header] = "'" + value + "'"
		}
	}
	set("Access-Control-Allow-Methods", strings.Join(a.CORS.AllowMethods, ","))
	set("Access-Control-Allow-Headers", strings.Join(a.CORS.AllowHeaders, ","))
	if a.CORS.MaxAge != 0 {
		set("Access-Control-Max-Age", strconv.Itoa(a.CORS.MaxAge))
	}
	if a.CORS.AllowCredentials {
		set("Access-Control-Allow-Credentials", "true")
	}
	if slices.Contains(a.CORS.AllowOrigins, "*") {
		set("Access-Control-Allow-Origin", "*")
	} else {
		set("Vary", "Origin")
		answer.ResponseTemplates = map[string]string{"application/json": a.allowOrigin()}
	}
	return mock(204, answer)
}

// allowOrigin is a template that names the origin to itself if it is one of those that may ask. Browsers name one origin
// in their answer, so it can't be the list.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html
func (a *RestAPIArgs) allowOrigin() string {
	var conditions []string
	for _, origin := range a.CORS.AllowOrigins {
		if prefix, all := strings.CutSuffix(origin, "*"); all {
			conditions = append(conditions, fmt.Sprintf(`$origin.startsWith("%s")`, prefix))
		} else {
			conditions = append(conditions, fmt.Sprintf(`$origin == "%s"`, origin))
		}
	}
	// By HTTP/2 the header comes in lower case.
	return strings.Join([]string{
		`#set($headers = $input.params().header)`,
		`#set($origin = $headers.get("Origin"))`,
		`#if(!$origin)#set($origin = $headers.get("origin"))#end`,
		`#if(` + strings.Join(conditions, " || ") + `)`,
		`#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)`,
		`#end`,
	}, "\n")
}

// gatewayResponses let a page read the errors of API Gateway itself. They can't choose among several origins, so with
// several the page sees that a request failed, and not why.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
func (a *RestAPIArgs) gatewayResponses() map[string]gatewayResponse {
	if len(a.CORS.AllowOrigins) != 1 || strings.HasSuffix(a.CORS.AllowOrigins[0], "://*") {
		return nil
	}
	headers := map[string]string{"gatewayresponse.header.Access-Control-Allow-Origin": "'" + a.CORS.AllowOrigins[0] + "'"}
	if len(a.CORS.ExposeHeaders) > 0 {
		headers["gatewayresponse.header.Access-Control-Expose-Headers"] = "'" + strings.Join(a.CORS.ExposeHeaders, ",") + "'"
	}
	if a.CORS.AllowCredentials {
		headers["gatewayresponse.header.Access-Control-Allow-Credentials"] = "'true'"
	}
	return map[string]gatewayResponse{"DEFAULT_4XX": {headers}, "DEFAULT_5XX": {headers}}
}

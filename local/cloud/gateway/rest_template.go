package gateway

import (
	"fmt"
	"net/http"

	"sallyport/local/cloud/velocity"
)

// templated is what a mapping template makes of an answer: its payload, and the headers that it sets by
// $context.responseOverride.header.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html
func templated(t *velocity.Template, request *http.Request, path []parameter) (body string, headers map[string]string) {
	inHeader, inQuery, inPath := velocity.Object{}, velocity.Object{}, velocity.Object{}
	for name, values := range request.Header {
		inHeader[name] = values[len(values)-1]
	}
	for name, values := range request.URL.Query() {
		inQuery[name] = values[len(values)-1]
	}
	for _, p := range path {
		inPath[p.name] = decoded(p.value)
	}
	context := velocity.Object{"httpMethod": request.Method}
	body = t.Evaluate(velocity.Object{
		"input":   velocity.Object{"params": velocity.Object{"header": inHeader, "querystring": inQuery, "path": inPath}},
		"context": context,
	})
	override, _ := context["responseOverride"].(velocity.Object)
	set, _ := override["header"].(velocity.Object)
	headers = map[string]string{}
	for name, value := range set {
		if isToken(name) {
			headers[name] = oneLine(fmt.Sprint(value))
		}
	}
	return body, headers
}

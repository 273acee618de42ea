package gateway

import (
	"fmt"
	"net/http"
	"strings"
)

// restExpression is the value of a mapped parameter of a REST API: a literal in single quotes, or one variable.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
type restExpression struct {
	source string // method.request.path and so on; empty for a literal
	name   string // the variable's, or the literal
}

// restSources are where a value may come from. No body is mapped, and no list of several values.
var restSources = []string{
	"method.request.path.", "method.request.querystring.", "method.request.header.", "integration.response.header.", "context.", "stageVariables.",
}

func parseRestExpression(text string) (restExpression, error) {
	if len(text) >= 2 && strings.HasPrefix(text, "'") && strings.HasSuffix(text, "'") {
		return restExpression{name: text[1 : len(text)-1]}, nil
	}
	for _, source := range restSources {
		if name, ok := strings.CutPrefix(text, source); ok && name != "" {
			return restExpression{strings.TrimSuffix(source, "."), name}, nil
		}
	}
	return restExpression{}, fmt.Errorf("the value %s: it must be a text in single quotes, or begin with %s", text, strings.Join(restSources, ", "))
}

// evaluate returns the value of an expression, and false where there is none. answer is the backend's, if there is one.
func (x *restExchange) evaluate(e restExpression, answer http.Header) (string, bool) {
	switch e.source {
	case "":
		return e.name, true
	case "method.request.path":
		value, ok := x.value(e.name)
		return decoded(value), ok
	case "method.request.querystring":
		values := x.request.URL.Query()[e.name]
		if len(values) == 0 {
			return "", false
		}
		return values[len(values)-1], true
	case "method.request.header":
		return header(x.request.Header, e.name)
	case "integration.response.header":
		return header(answer, e.name)
	case "stageVariables":
		value, ok := x.stage.variables[e.name]
		return value, ok
	}
	value := restVariable(e.name)(x.exchange)
	return value, value != ""
}

func header(of http.Header, name string) (string, bool) {
	values := of.Values(name)
	if len(values) == 0 {
		return "", false
	}
	return values[len(values)-1], true
}

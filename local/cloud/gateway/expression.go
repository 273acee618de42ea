package gateway

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// expression is the value of a mapping: literals and variables in turn.
type expression []term

type term struct {
	literal string
	source  string // request.header, request.querystring, request.path, response.header, context or stageVariables
	name    string
}

// parseExpression reads a static value, a variable such as $request.header.name, or several in braces:
// "${request.path.name} ${request.path.id}".
func parseExpression(text string, response bool) (expression, error) {
	var parsed expression
	literal := func(s string) {
		if last := len(parsed) - 1; last >= 0 && parsed[last].source == "" {
			parsed[last].literal += s
		} else if s != "" {
			parsed = append(parsed, term{literal: s})
		}
	}
	for text != "" {
		before, after, found := strings.Cut(text, "$")
		literal(before)
		if !found {
			break
		}
		name, rest, braced := after, "", strings.HasPrefix(after, "{")
		if braced {
			if name, rest, found = strings.Cut(after[1:], "}"); !found {
				return nil, errors.New("a brace is not closed")
			}
		} else {
			name, rest = cutVariable(after)
		}
		root, _, _ := strings.Cut(name, ".")
		if !braced && !slices.Contains([]string{"request", "response", "context", "stageVariables"}, root) {
			literal("$")
			text = after
			continue
		}
		v, err := parseVariable(name, response)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, v)
		text = rest
	}
	return parsed, nil
}

// cutVariable splits what follows a dollar sign after the longest name. Names of context variables and of stage
// variables have no hyphen.
func cutVariable(text string) (name, rest string) {
	hyphen := strings.HasPrefix(text, "request.") || strings.HasPrefix(text, "response.")
	end := 0
	for end < len(text) && (isWord(text[end]) || text[end] == '.' || hyphen && text[end] == '-') {
		end++
	}
	name = strings.TrimRight(text[:end], ".")
	return name, text[len(name):]
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func parseVariable(name string, response bool) (term, error) {
	for _, source := range []string{"request.header.", "request.querystring.", "request.path.", "response.header.", "context.", "stageVariables."} {
		if rest, ok := strings.CutPrefix(name, source); ok && rest != "" {
			if strings.HasPrefix(source, "request.") && response || strings.HasPrefix(source, "response.") && !response {
				return term{}, fmt.Errorf("the variable $%s can't be used there", name)
			}
			return term{source: strings.TrimSuffix(source, "."), name: rest}, nil
		}
	}
	switch {
	case name == "request.path" && !response:
		return term{source: "request.path"}, nil
	case strings.HasPrefix(name, "request.body") || strings.HasPrefix(name, "response.body"):
		return term{}, fmt.Errorf("the local cloud maps no bodies, so not $%s", name)
	}
	return term{}, fmt.Errorf("there is no variable $%s", name)
}

// evaluate returns the value of an expression, and false for a single variable that has none. In a path, what comes
// from the path stays encoded as it was.
func (e expression) evaluate(x *exchange, answer *http.Response, inPath bool) (string, bool) {
	if len(e) == 1 && e[0].source != "" {
		return x.lookup(e[0], answer, inPath)
	}
	var value strings.Builder
	for _, t := range e {
		if t.source == "" {
			value.WriteString(t.literal)
		} else {
			part, _ := x.lookup(t, answer, inPath)
			value.WriteString(part)
		}
	}
	return value.String(), true
}

func (x *exchange) lookup(t term, answer *http.Response, inPath bool) (string, bool) {
	join := func(values []string) (string, bool) { return strings.Join(values, ","), len(values) > 0 }
	switch t.source {
	case "request.header":
		if strings.EqualFold(t.name, "host") {
			return x.request.Host, x.request.Host != ""
		}
		return join(x.request.Header.Values(t.name))
	case "response.header":
		return join(answer.Header.Values(t.name))
	case "request.querystring":
		return join(x.request.URL.Query()[t.name])
	case "stageVariables":
		value, ok := x.stage.variables[t.name]
		return value, ok
	case "context":
		value := contextVariable(t.name)(x)
		return value, value != ""
	}
	value, ok := x.pathBelowStage, t.name == ""
	for _, p := range x.parameters {
		if t.name == p.name {
			value, ok = p.value, true
		}
	}
	if decoded, err := url.PathUnescape(value); err == nil && !inPath {
		value = decoded
	}
	return value, ok
}

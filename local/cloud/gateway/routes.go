package gateway

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// methods are those that a route key may name, besides ANY.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html lists them for
// $context.httpMethod.
var methods = []string{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}

const (
	defaultRoute = "$default"
	anyMethod    = "ANY"
)

// routeKey is a parsed route key: "$default", or a method and a path such as "GET /pets/{id}" or "ANY /{proxy+}".
type routeKey struct {
	text     string
	fallback bool // $default
	method   string
	segments []segment
	greedy   string // the name in {name+}, which takes the rest of the path; empty when there is none
}

// segment is one part of a path: a literal, or a path variable.
type segment struct {
	literal, variable string
}

// parameter is the value of a path variable, as it is in the path: not decoded.
type parameter struct {
	name, value string
}

func parseRouteKey(key string) (routeKey, error) {
	parsed := routeKey{text: key}
	if key == defaultRoute {
		parsed.fallback = true
		return parsed, nil
	}
	method, path, ok := strings.Cut(key, " ")
	if !ok || !strings.HasPrefix(path, "/") {
		return parsed, fmt.Errorf("route key %q: must be $default or a method and a path, such as \"GET /pets\"", key)
	}
	if method != anyMethod && !slices.Contains(methods, method) {
		return parsed, fmt.Errorf("route key %q: method %q: must be ANY or one of %s", key, method, strings.Join(methods, ", "))
	}
	parsed.method = method
	names := map[string]bool{}
	parts := strings.Split(path[1:], "/")
	for i, part := range parts {
		name, greedy, err := variable(part)
		switch {
		case err != nil:
			return parsed, fmt.Errorf("route key %q: %w", key, err)
		case greedy && i < len(parts)-1:
			return parsed, fmt.Errorf("route key %q: a greedy path variable must be at the end", key)
		case name != "" && names[name]:
			return parsed, fmt.Errorf("route key %q: path variable %q is there twice", key, name)
		case greedy:
			parsed.greedy = name
		case name != "":
			parsed.segments = append(parsed.segments, segment{variable: name})
		default:
			parsed.segments = append(parsed.segments, segment{literal: part})
		}
		names[name] = true
	}
	return parsed, nil
}

// variable reads {name} and {name+}. The name is empty for a literal.
func variable(part string) (name string, greedy bool, err error) {
	if !strings.HasPrefix(part, "{") || !strings.HasSuffix(part, "}") {
		if strings.ContainsAny(part, "{}?#% \t\r\n") {
			return "", false, fmt.Errorf("path part %q: must be a literal or one path variable in braces", part)
		}
		return "", false, nil
	}
	name, greedy = strings.CutSuffix(part[1:len(part)-1], "+")
	if name == "" || strings.ContainsAny(name, "{}+/?#% \t\r\n") {
		return "", false, errors.New("a path variable needs a name: {name} or {name+}")
	}
	return name, greedy, nil
}

// compareKeys orders route keys so that the first that matches is the one that API Gateway selects: full matches,
// then greedy ones, then $default. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
//
// Within these the page says "most specific" and no more. Here a literal comes before a variable, from left to right,
// and the method itself before ANY, which the page has for "all methods that you haven't defined for a resource".
func compareKeys(a, b routeKey) int {
	return cmp.Or(
		cmp.Compare(rank(a), rank(b)),
		slices.CompareFunc(kinds(a), kinds(b), cmp.Compare[int]),
		cmp.Compare(boolean(a.method == anyMethod), boolean(b.method == anyMethod)),
		cmp.Compare(a.text, b.text),
	)
}

func rank(k routeKey) int { return 2*boolean(k.fallback) + boolean(k.greedy != "") }

func kinds(k routeKey) []int {
	all := make([]int, 0, len(k.segments)+1)
	for _, s := range k.segments {
		all = append(all, boolean(s.variable != ""))
	}
	return append(all, 2)
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// match reports whether a request is for this route key. path is as the client sent it, without the stage: an encoded
// slash separates nothing. A slash at the end counts, and so does case.
//
// {proxy+} does not match the root: it needs something to catch, which after a prefix may be nothing but the slash.
func (k routeKey) match(method, path string) ([]parameter, bool) {
	if k.fallback {
		return nil, true
	}
	if k.method != method && k.method != anyMethod {
		return nil, false
	}
	var found []parameter
	rest, more := path[1:], true
	for _, s := range k.segments {
		if !more {
			return nil, false
		}
		var part string
		part, rest, more = strings.Cut(rest, "/")
		switch {
		case s.variable != "" && part == "" || s.variable == "" && !same(part, s.literal):
			return nil, false
		case s.variable != "":
			found = append(found, parameter{s.variable, part})
		}
	}
	if k.greedy == "" {
		return found, !more
	}
	if !more || len(k.segments) == 0 && rest == "" {
		return nil, false
	}
	return append(found, parameter{k.greedy, rest}), true
}

// same compares a part of a path, which may be encoded, with a literal.
func same(part, literal string) bool {
	if part == literal {
		return true
	}
	if !strings.Contains(part, "%") {
		return false
	}
	decoded, err := url.PathUnescape(part)
	return err == nil && decoded == literal
}

type route struct {
	key         routeKey
	access      access
	integration *integration
}

// selectRoute returns the route of a request: the first that matches of routes in the order of compareKeys.
func selectRoute(routes []*route, method, path string) (*route, []parameter) {
	for _, r := range routes {
		if found, ok := r.key.match(method, path); ok {
			return r, found
		}
	}
	return nil, nil
}

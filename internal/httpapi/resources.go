package httpapi

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Stage is the name of a REST API's stage. It stands before the path in the API's own address, and not in a domain's.
const Stage = "live"

// Method is one method of a REST API: the requests that it takes, and the route that says what becomes of them.
type Method struct {
	Path string
	// Name such as GET, or ANY for all that the resource has no method for.
	Name  string
	Route Route
}

// Greedy is the resource that takes what no other one does; the root is none of its business.
const Greedy = "/{proxy+}"

// Resources are the paths that a REST API needs a resource for, parents first, without the root, which it always has.
func Resources(routes []Route, fallback string) []string {
	var paths []string
	add := func(path string) {
		parts := strings.Split(path, "/")
		for i := 2; i <= len(parts); i++ {
			if path := strings.Join(parts[:i], "/"); path != "/" && !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
		}
	}
	for _, r := range routes {
		add(r.Path)
	}
	if fallback != Deny {
		add(Greedy)
	}
	return paths
}

// RESTMethods are what makes a REST API do as the table says. A REST API looks for the resource by the path alone, and for
// the method there: a request that its resource has no method for goes to no more general resource, as it does with an
// HTTP API. So each resource gets a method for all that the more general routes take of its requests.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html
func RESTMethods(routes []Route, fallback string) []Method {
	var made []Method
	for _, path := range slices.Concat([]string{"/"}, Resources(routes, fallback)) {
		rest, taken := taker(routes, fallback, anyMethod, path)
		for _, name := range Methods {
			if r, ok := taker(routes, fallback, name, path); ok && (!taken || r.index != rest.index) {
				made = append(made, Method{Path: path, Name: name, Route: r.Route})
			}
		}
		if taken {
			made = append(made, Method{Path: path, Name: anyMethod, Route: rest.Route})
		}
	}
	return made
}

type indexed struct {
	Route
	index int
}

var inBraces = regexp.MustCompile(`\{[^}]*\}`)

// taker is the route for the requests of a resource's method; ANY stands for the methods that no route names.
func taker(routes []Route, fallback, method, resource string) (indexed, bool) {
	i, found := Find(routes, method, inBraces.ReplaceAllString(resource, "~"))
	switch {
	case found:
		return indexed{routes[i], i}, true
	case fallback != Deny:
		return indexed{Route{Path: Greedy}, -1}, true
	}
	return indexed{}, false
}

// siblings finds variables beside each other: a resource takes one child that is a variable, {name} or {name+}.
// https://github.com/amazon-archives/aws-apigateway-importer/issues/202 has AWS's message.
func siblings(routes []Route, fallback string) (found []string) {
	type variable struct{ part, of string }
	first := map[string]variable{} // by parent
	see := func(path, of string) {
		parts := strings.Split(path, "/")
		for i, part := range parts {
			if !strings.HasPrefix(part, "{") {
				continue
			}
			parent := strings.Join(parts[:i], "/")
			known, ok := first[parent]
			if !ok {
				first[parent] = variable{part, of}
				continue
			}
			if known.part != part {
				found = append(found, fmt.Sprintf("%s: %s stands where %s has %s, and a REST API takes one variable there, with one name; an HTTP API takes several (gateway.kind http)",
					of, part, known.of, known.part))
				return
			}
		}
	}
	if fallback != Deny {
		see(Greedy, "gateway.default")
	}
	for i, r := range routes {
		see(r.Path, Label(routes, i))
	}
	return found
}

package httpapi

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Find is the index of the route that API Gateway selects for a request, and false where none takes it. A path without
// variables comes first, one with {name+} last, and a method before all methods.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
func Find(routes []Route, method, path string) (int, bool) {
	path, _, _ = strings.Cut(path, "?")
	best, found := 0, false
	for i, r := range routes {
		takes := len(r.Methods) == 0 || slices.Contains(r.Methods, method)
		if takes && matches(r.Path, path) && (!found || before(r, routes[best])) {
			best, found = i, true
		}
	}
	return best, found
}

func matches(pattern, path string) bool {
	parts, sent := strings.Split(pattern, "/"), strings.Split(path, "/")
	for i, part := range parts {
		if i >= len(sent) {
			return false
		}
		v := variable.FindStringSubmatch(part)
		switch {
		case v != nil && v[2] != "":
			// It needs something to take, which after a prefix may be nothing but the slash.
			return i > 1 || sent[i] != "" || len(sent) > i+1
		case v != nil && sent[i] == "", v == nil && !same(part, sent[i]):
			return false
		}
	}
	return len(parts) == len(sent)
}

func same(literal, sent string) bool {
	decoded, err := url.PathUnescape(sent)
	return literal == sent || err == nil && literal == decoded
}

// before tells which of two routes that match is selected.
func before(a, b Route) bool {
	if c := slices.Compare(rank(a.Path), rank(b.Path)); c != 0 {
		return c < 0
	}
	return len(a.Methods) > 0 && len(b.Methods) == 0
}

// rank orders paths that match the same request: greedy ones last, then a literal before a variable from left to right.
func rank(pattern string) []int {
	ranks := []int{0}
	for part := range strings.SplitSeq(pattern, "/") {
		kind := 0
		if v := variable.FindStringSubmatch(part); v != nil {
			kind = 1
			if v[2] != "" {
				kind, ranks[0] = 2, 1
			}
		}
		ranks = append(ranks, kind)
	}
	return ranks
}

// shape is a path without the names of its variables: two paths of one shape take the same requests.
func shape(pattern string) string {
	parts := strings.Split(pattern, "/")
	for i, part := range parts {
		if v := variable.FindStringSubmatch(part); v != nil {
			parts[i] = "{" + v[2] + "}"
		}
	}
	return strings.Join(parts, "/")
}

// conflicts finds routes that take the same requests, and routes whose every request another one takes. Only routes of
// one shape can do that to each other: of two shapes, the more general one always has paths of its own.
func conflicts(routes []Route) (found []string) {
	taken := map[string]int{} // by method and shape
	for i, r := range routes {
		for _, method := range slices.Compact(slices.Sorted(slices.Values(r.methods()))) {
			key := method + " " + shape(r.Path)
			if first, ok := taken[key]; ok {
				found = append(found, fmt.Sprintf("%s takes the same %s requests as %s", Label(routes, i), method, Label(routes, first)))
				continue
			}
			taken[key] = i
		}
	}
	for i, r := range routes {
		if len(r.Methods) > 0 {
			continue
		}
		var others []int
		for _, method := range Methods {
			if other, ok := taken[method+" "+shape(r.Path)]; ok {
				others = append(others, other)
			}
		}
		if len(others) < len(Methods) {
			continue
		}
		slices.Sort(others)
		var names []string
		for _, other := range slices.Compact(others) {
			names = append(names, Label(routes, other))
		}
		found = append(found, fmt.Sprintf("%s never takes a request: %s take all of its methods", Label(routes, i), strings.Join(names, " and ")))
	}
	return found
}

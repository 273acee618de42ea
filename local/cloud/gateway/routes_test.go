package gateway

import (
	"slices"
	"strings"
	"testing"
)

func compile(t testing.TB, keys ...string) []*route {
	var all []*route
	for _, key := range keys {
		parsed, err := parseRouteKey(key)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, &route{key: parsed})
	}
	slices.SortStableFunc(all, func(a, b *route) int { return compareKeys(a.key, b.key) })
	return all
}

func TestSelectRoute(t *testing.T) {
	const (
		page  = "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html"
		local = "not documented; see compareKeys and match"
	)
	// The page's example, with more methods.
	example := []string{"$default", "ANY /{proxy+}", "GET /pets/{proxy+}", "GET /pets/dog/{id}", "GET /pets/dog/1"}
	for _, c := range []struct {
		source, request, want string
		keys                  []string
	}{
		{page, "GET /pets/dog/1", "GET /pets/dog/1", example},
		{page, "GET /pets/dog/2", "GET /pets/dog/{id}", example},
		{page, "GET /pets/cat/1", "GET /pets/{proxy+}", example},
		{page, "POST /test/5", "ANY /{proxy+}", example},
		{page + " ($default takes what matches nothing else)", "GET /", "$default", example},
		{page + " (no route: Not Found)", "GET /", "", []string{"ANY /{proxy+}"}},
		{page + " (no route: Not Found)", "POST /pets", "", []string{"GET /pets"}},
		{page + " (ANY is for methods that are not defined)", "GET /pets", "GET /pets", []string{"ANY /pets", "GET /pets"}},
		{page + " (ANY is for methods that are not defined)", "POST /pets", "ANY /pets", []string{"ANY /pets", "GET /pets"}},
		{page + " (a full match before a greedy one)", "GET /a/b", "ANY /{x}/{y}", []string{"GET /a/{proxy+}", "ANY /{x}/{y}"}},
		{page + " (a greedy match before $default)", "GET /a/b", "ANY /a/{proxy+}", []string{"$default", "ANY /a/{proxy+}"}},
		{page + " (any name may be greedy)", "GET /a/b/c", "GET /a/{rest+}", []string{"GET /a/{rest+}"}},
		{page, "GET /", "GET /", []string{"GET /", "$default"}},
		{local, "GET /a/b", "GET /a/{y}", []string{"GET /{x}/b", "GET /a/{y}"}},
		{local, "GET /a/b/c", "GET /a/b/{p+}", []string{"GET /{p+}", "GET /a/{p+}", "GET /a/b/{p+}"}},
		{local, "GET /pets/", "", []string{"GET /pets"}},
		{local, "GET /pets", "", []string{"GET /pets/"}},
		{local, "GET /Pets", "", []string{"GET /pets"}},
		{local, "GET /pets/", "", []string{"GET /pets/{id}"}},
		{local, "GET /pets", "", []string{"GET /pets/{proxy+}"}},
		{local, "GET /pets/", "GET /pets/{proxy+}", []string{"GET /pets/{proxy+}"}},
		{local, "GET //", "ANY /{proxy+}", []string{"ANY /{proxy+}"}},
		{local, "GET /a%2Fb", "GET /{id}", []string{"GET /a/b", "GET /{id}"}},
		{local, "GET /%70ets", "GET /pets", []string{"GET /pets", "$default"}},
		{local, "GET /%zz", "$default", []string{"GET /pets", "$default"}},
		{local, "GET /../pets", "$default", []string{"GET /pets", "$default"}},
		{local, "GET /pets//1", "$default", []string{"GET /pets/{id}", "$default"}},
	} {
		t.Run(c.request+" of "+strings.Join(c.keys, ", "), func(t *testing.T) {
			method, path, _ := strings.Cut(c.request, " ")
			got := ""
			if found, _ := selectRoute(compile(t, c.keys...), method, path); found != nil {
				got = found.key.text
			}
			if got != c.want {
				t.Errorf("%q, want %q: %s", got, c.want, c.source)
			}
		})
	}
	t.Run("path variables keep what was in the path", func(t *testing.T) {
		_, got := selectRoute(compile(t, "GET /{a}/x/{rest+}"), "GET", "/1%2F2/x/y//z/")
		if want := []parameter{{"a", "1%2F2"}, {"rest", "y//z/"}}; !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	})
	t.Run("the order in which routes are declared does not count", func(t *testing.T) {
		keys := []string{"$default", "ANY /{p+}", "GET /a/{p+}", "GET /a/{b}", "ANY /a/b", "GET /a/b"}
		sorted := []string{"GET /a/b", "ANY /a/b", "GET /a/{b}", "GET /a/{p+}", "ANY /{p+}", "$default"}
		for range len(keys) {
			keys = append(keys[1:], keys[0])
			var got []string
			for _, r := range compile(t, keys...) {
				got = append(got, r.key.text)
			}
			if !slices.Equal(got, sorted) {
				t.Errorf("%q, want %q", got, sorted)
			}
		}
	})
}

func TestParseRouteKey(t *testing.T) {
	for key, want := range map[string]string{
		"":             "must be $default or a method and a path",
		"$connect":     "must be $default or a method and a path",
		"GET":          "must be $default or a method and a path",
		"GET pets":     "must be $default or a method and a path",
		"get /pets":    `method "get": must be ANY or one of DELETE, GET`,
		"TRACE /pets":  `method "TRACE": must be ANY`,
		"GET /{a+}/b":  "a greedy path variable must be at the end",
		"GET /{a}/{a}": `path variable "a" is there twice`,
		"GET /{}":      "a path variable needs a name",
		"GET /{+}":     "a path variable needs a name",
		"GET /a{b}":    `path part "a{b}": must be a literal or one path variable in braces`,
		"GET /a b":     `path part "a b": must be`,
		"GET /a?b":     `path part "a?b": must be`,
		"GET /{a/b}":   `path part "{a": must be`,
		"ANY /{a}.{b}": "a path variable needs a name",
	} {
		t.Run("refuses "+key, func(t *testing.T) {
			if _, err := parseRouteKey(key); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %s", err, want)
			}
		})
	}
}

package httpapi_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sallyport/internal/httpapi"
)

const function = "arn:aws:lambda:us-east-1:123456789012:function:resize"

func TestProblems(t *testing.T) {
	many := func(n int, made func(i int) httpapi.Route) []httpapi.Route {
		var routes []httpapi.Route
		for i := range n {
			routes = append(routes, made(i))
		}
		return routes
	}
	jwt := httpapi.Route{Path: "/a", Auth: "jwt", Issuer: "https://login.example.com", Audience: []string{"web"}}
	withJWT := func(change func(*httpapi.Route)) []httpapi.Route {
		r := jwt
		change(&r)
		return []httpapi.Route{r}
	}
	for _, c := range []struct {
		name   string
		routes []httpapi.Route
		want   []string
	}{
		{"an empty table", nil, nil},
		{"a table with everything in it", []httpapi.Route{
			{Path: "/"}, {Path: "/api/{id}"}, {Path: "/api/{id}", Methods: []string{"GET", "POST"}, Target: "deny"},
			{Path: "/api/{id}/"}, {Path: "/api/{proxy+}", Auth: "iam", ThrottleBurst: 1, ThrottleRate: 10000}, jwt,
			{Path: "/img/{proxy+}", Target: function + ":live"}, {Path: "/img/$LATEST", Target: function + ":$LATEST"},
		}, nil},
		{"an issuer on this machine, for a local stack", withJWT(func(r *httpapi.Route) { r.Issuer = "http://127.0.0.1:8080/realm" }), nil},
		{"no path", []httpapi.Route{{}}, []string{`route 1 (ANY ): the path "" doesn't start with /`}},
		{"a path that is none", []httpapi.Route{{Path: "/a//b"}, {Path: "/a/{b"}, {Path: "/{a+}/b"}, {Path: "/{a}/{a}"}, {Path: "/a b"}, {Path: "/{}"}}, []string{
			"route 1 (ANY /a//b): the path has an empty part (//)",
			`route 2 (ANY /a/{b): the part "{b" of the path is neither a literal nor one variable in braces, {name} or {name+}`,
			"route 3 (ANY /{a+}/b): {a+} must be the end of the path",
			"route 4 (ANY /{a}/{a}): the path has the variable a twice",
			`route 5 (ANY /a b): the part "a b" of the path is neither a literal nor one variable in braces, {name} or {name+}`,
			`route 6 (ANY /{}): the part "{}" of the path is neither a literal nor one variable in braces, {name} or {name+}`,
		}},
		{"methods that are none", []httpapi.Route{{Path: "/a", Methods: []string{"get", "ANY", "PUT", "PUT"}}}, []string{
			`route 1 (get,ANY,PUT,PUT /a): the method "get" is none of DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT`,
			"route 1 (get,ANY,PUT,PUT /a): for all methods, leave methods out",
			"route 1 (get,ANY,PUT,PUT /a): the method PUT is there twice",
		}},
		{"targets that are none", []httpapi.Route{{Path: "/a", Target: "lambda"}, {Path: "/b", Target: "deny", Auth: "iam"}, {Path: "/c", Target: "deny", ThrottleRate: 1}}, []string{
			`route 1 (ANY /a): the target "lambda" is neither container nor deny nor the ARN of a Lambda function`,
			"route 2 (ANY /b): it denies all requests, so auth and throttles have no use",
			"route 3 (ANY /c): it denies all requests, so auth and throttles have no use",
		}},
		{"an auth that is none", []httpapi.Route{{Path: "/a", Auth: "oauth"}, {Path: "/b", Scopes: []string{"read"}}, {Path: "/c", Auth: "iam", Issuer: "https://a"}}, []string{
			`route 1 (ANY /a): the auth "oauth" is none of none, iam, jwt`,
			"route 2 (ANY /b): scopes go with auth jwt or cognito alone",
			"route 3 (ANY /c): issuer and audience go with auth jwt alone",
		}},
		{"a token that can't be asked for", []httpapi.Route{{Path: "/a", Auth: "jwt", Issuer: "login.example.com"}}, []string{
			`route 1 (ANY /a): the issuer "login.example.com" is no https:// address without query and fragment`,
			"route 1 (ANY /a): the audience has 0 values, and must have 1 to 50",
		}},
		{"an issuer by plain HTTP", withJWT(func(r *httpapi.Route) { r.Issuer = "http://login.example.com" }),
			[]string{`route 1 (ANY /a): the issuer "http://login.example.com" is no https:// address without query and fragment`}},
		{"too large an audience", withJWT(func(r *httpapi.Route) { r.Audience = strings.Fields(strings.Repeat("x ", 51)) }),
			[]string{"route 1 (ANY /a): the audience has 51 values, and must have 1 to 50"}},
		{"too many scopes, and one that is two", withJWT(func(r *httpapi.Route) { r.Scopes = append(strings.Fields(strings.Repeat("x ", 10)), "a b") }),
			[]string{"route 1 (ANY /a): there are 11 scopes, and a route has room for 10", `route 1 (ANY /a): "a b" can be no audience and no scope: it is empty or has spaces`}},
		{"throttles beyond the account's", []httpapi.Route{{Path: "/a", ThrottleBurst: 5001, ThrottleRate: -1}}, []string{
			"route 1 (ANY /a): throttleBurst is 5001, and must be 1 to 5000 requests", "route 1 (ANY /a): throttleRate is -1, and must be 1 to 10000 requests a second",
		}},
		{"two routes for the same requests", []httpapi.Route{{Path: "/a/{id}", Methods: []string{"GET", "PUT"}}, {Path: "/a/{name}", Methods: []string{"POST", "PUT"}, Target: "deny"}},
			[]string{"route 2 (POST,PUT /a/{name}) takes the same PUT requests as route 1 (GET,PUT /a/{id})"}},
		{"two routes for all methods", []httpapi.Route{{Path: "/{a+}"}, {Path: "/b"}, {Path: "/{c+}"}},
			[]string{"route 3 (ANY /{c+}) takes the same ANY requests as route 1 (ANY /{a+})"}},
		{"a route that others shadow", []httpapi.Route{
			{Path: "/a"}, {Path: "/a", Methods: []string{"GET", "HEAD", "OPTIONS"}}, {Path: "/a", Methods: []string{"DELETE", "PATCH", "POST", "PUT"}},
		}, []string{"route 1 (ANY /a) never takes a request: route 2 (GET,HEAD,OPTIONS /a) and route 3 (DELETE,PATCH,POST,PUT /a) take all of its methods"}},
		{"more routes than an API has room for", many(151, func(i int) httpapi.Route {
			return httpapi.Route{Path: fmt.Sprint("/", i), Methods: []string{"GET", "PUT"}}
		}), []string{"the table makes 302 routes, one for each method, and an API has room for 300"}},
		{"more authorizers than an API has room for", many(11, func(i int) httpapi.Route {
			r := jwt
			r.Path, r.Audience = fmt.Sprint("/", i), []string{fmt.Sprint("web", i)}
			return r
		}), []string{"there are 11 different pairs of issuer and audience, and an API has room for 10 authorizers"}},
		{"one audience in another order is the same", many(11, func(i int) httpapi.Route {
			r := jwt
			r.Path, r.Audience = fmt.Sprint("/", i), [][]string{{"a", "b"}, {"b", "a"}}[i%2]
			return r
		}), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := httpapi.Problems(httpapi.HTTP, c.routes, ""); !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
	t.Run("a function of another Region is named", func(t *testing.T) {
		routes := []httpapi.Route{{Path: "/a"}, {Path: "/b", Target: function}}
		if got := httpapi.Elsewhere(routes, "us-east-1"); got != nil {
			t.Error(got)
		}
		routes = append(routes, httpapi.Route{Path: "/c", Auth: "lambda", AuthorizerARN: function})
		want := []string{"route 2 (ANY /b): its function is in us-east-1, the stack in eu-west-1", "route 3 (ANY /c): its authorizer is in us-east-1, the stack in eu-west-1"}
		if got := httpapi.Elsewhere(routes, "eu-west-1"); !slices.Equal(got, want) {
			t.Error(got)
		}
	})
}

// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
func TestFind(t *testing.T) {
	routes := []httpapi.Route{
		{Path: "/{proxy+}"}, {Path: "/pets/{id}"}, {Path: "/pets/{id}", Methods: []string{"GET"}}, {Path: "/pets/dog/1"},
		{Path: "/pets/dog/{id}"}, {Path: "/pets/{proxy+}"}, {Path: "/a b c"}, {Path: "/pets/", Methods: []string{"POST"}},
	}
	for request, want := range map[string]int{
		"GET /pets/dog/1": 3, "GET /pets/dog/2": 4, "POST /pets/5": 1, "GET /pets/5": 2, "GET /pets/5?x=/y": 2, "GET /pets/a/b/c": 5,
		"GET /pets/": 5, "POST /pets/": 7, "GET /pets": 0, "GET /other": 0, "GET /a%20b%20c": 6, "GET /": -1, "GET /Pets/5": 0, "GET /pets/a%2Fb": 2,
	} {
		method, path, _ := strings.Cut(request, " ")
		got, found := httpapi.Find(routes, method, path)
		if !found {
			got = -1
		}
		if got != want {
			t.Errorf("%s goes to route %d, want %d", request, got, want)
		}
	}
}

func TestCORS(t *testing.T) {
	for _, c := range []struct {
		name string
		cors httpapi.CORS
		want []string
	}{
		{"none", httpapi.CORS{}, nil},
		{"all of it", httpapi.CORS{AllowOrigins: []string{"https://www.example.com", "http://localhost:3000"}, AllowMethods: []string{"GET"}, AllowHeaders: []string{"authorization"},
			ExposeHeaders: []string{"x-id"}, MaxAge: 86400, AllowCredentials: true}, nil},
		{"stars without credentials", httpapi.CORS{AllowOrigins: []string{"*", "https://*"}, AllowMethods: []string{"*"}, AllowHeaders: []string{"*"}, ExposeHeaders: []string{"*"}, MaxAge: -1}, nil},
		{"no origin", httpapi.CORS{AllowMethods: []string{"GET"}}, []string{"allowOrigins is missing, without which no page may do anything"}},
		{"what is none of it", httpapi.CORS{AllowOrigins: []string{"www.example.com", "https://a/", "https://*.example.com"}, AllowMethods: []string{"any"}, AllowHeaders: []string{"a b"}, MaxAge: 86401}, []string{
			`the origin "www.example.com" is neither * nor http://* nor https://* nor SCHEME://HOST, with a port or without`,
			`the origin "https://a/" is neither * nor http://* nor https://* nor SCHEME://HOST, with a port or without`,
			`the origin "https://*.example.com" is neither * nor http://* nor https://* nor SCHEME://HOST, with a port or without`,
			`the method "any" is neither * nor one of DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT`,
			`"a b" is no name of a header`, "maxAge is 86401, and must be -1 to 86400 seconds",
		}},
		{"stars with credentials", httpapi.CORS{AllowOrigins: []string{"*"}, AllowHeaders: []string{"*"}, AllowCredentials: true}, []string{
			"with allowCredentials, allowOrigins can't have *, which browsers then take for a name",
			"with allowCredentials, allowHeaders can't have *, which browsers then take for a name",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.cors.Problems(); !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func TestHeaderProblem(t *testing.T) {
	for name, want := range map[string]string{
		"x-public-host": "", "Via-Me": "", "x-forwarded": "",
		"Via": "API Gateway keeps the header for itself", "X-Forwarded-Host": "API Gateway keeps the header for itself", "x-amz-host": "API Gateway keeps the header for itself",
		"Host": "it is what the load balancer and the app find the site by", "a:b": `"a:b" is no name of a header`, "": `"" is no name of a header`,
	} {
		if got := httpapi.HeaderProblem(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

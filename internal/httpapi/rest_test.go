package httpapi_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sallyport/internal/httpapi"
)

const pool = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_AbC123"

func TestProblemsOfARESTAPI(t *testing.T) {
	var many []httpapi.Route
	for i := range 299 {
		many = append(many, httpapi.Route{Path: fmt.Sprint("/", i), Methods: []string{"GET", "PUT"}})
	}
	for _, c := range []struct {
		name     string
		routes   []httpapi.Route
		fallback string
		want     []string
	}{
		{"an empty table", nil, "", nil},
		{"a table with everything in it", []httpapi.Route{
			{Path: "/"}, {Path: "/a/{id}", Auth: "cognito", UserPools: []string{pool}, Scopes: []string{"read"}}, {Path: "/a/{id}/b:c", Auth: "key"},
			{Path: "/b", Auth: "lambda", AuthorizerARN: function + ":live"}, {Path: "/{proxy+}", Methods: []string{"POST"}, Auth: "iam"},
		}, "", nil},
		{"what HTTP APIs alone can do", []httpapi.Route{{Path: "/a", Auth: "jwt", Issuer: "https://a.example", Audience: []string{"web"}}, {Path: "/b/"}, {Path: "/c@d"}}, "", []string{
			`route 1 (ANY /a): the auth "jwt" is none of none, iam, cognito, lambda, key: a REST API checks no tokens but those of Cognito (auth cognito), others are for a function (auth lambda); an HTTP API does (gateway.kind http)`,
			"route 2 (ANY /b/): a REST API has no path that ends in /, an HTTP API has (gateway.kind http)",
			`route 3 (ANY /c@d): the part "c@d" of the path has characters that a REST API refuses, and an HTTP API takes (gateway.kind http): it takes letters, digits and . _ - :`,
		}},
		{"callers that can't be told", []httpapi.Route{
			{Path: "/a", Auth: "cognito"}, {Path: "/b", Auth: "cognito", UserPools: []string{"us-east-1_AbC123"}}, {Path: "/c", Auth: "lambda", AuthorizerARN: "check"},
			{Path: "/d", UserPools: []string{pool}, AuthorizerARN: function}, {Path: "/e", Auth: "key", Scopes: []string{"read"}},
		}, "", []string{
			"route 1 (ANY /a): userPools is missing: whose tokens are good?",
			`route 2 (ANY /b): "us-east-1_AbC123" is not the ARN of a Cognito user pool`,
			`route 3 (ANY /c): the authorizer "check" is not the ARN of a Lambda function`,
			"route 4 (ANY /d): userPools go with auth cognito alone", "route 4 (ANY /d): authorizer goes with auth lambda alone",
			"route 5 (ANY /e): scopes go with auth jwt or cognito alone",
		}},
		{"two variables beside each other", []httpapi.Route{{Path: "/a/{id}"}, {Path: "/a/{name}/b"}, {Path: "/a/{id}/{rest+}"}, {Path: "/a/{all+}"}}, "deny", []string{
			"route 2 (ANY /a/{name}/b): {name} stands where route 1 (ANY /a/{id}) has {id}, and a REST API takes one variable there, with one name; an HTTP API takes several (gateway.kind http)",
			"route 4 (ANY /a/{all+}): {all+} stands where route 1 (ANY /a/{id}) has {id}, and a REST API takes one variable there, with one name; an HTTP API takes several (gateway.kind http)",
		}},
		{"a variable beside that of the default", []httpapi.Route{{Path: "/{id}"}}, "container", []string{
			"route 1 (ANY /{id}): {id} stands where gateway.default has {proxy+}, and a REST API takes one variable there, with one name; an HTTP API takes several (gateway.kind http)",
		}},
		{"which is not there where the rest is denied", []httpapi.Route{{Path: "/{id}"}}, "deny", nil},
		{"as many resources as an API has room for", many, "deny", nil},
		{"more resources than that", append(slices.Clone(many), httpapi.Route{Path: "/1/a"}), "deny",
			[]string{"the table makes 301 resources, one for each level of each path, and a REST API has room for 300"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := httpapi.Problems(httpapi.REST, c.routes, c.fallback); !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
	t.Run("an HTTP API names the REST API for what that alone can do", func(t *testing.T) {
		routes := []httpapi.Route{{Path: "/a", Auth: "key"}, {Path: "/b", Auth: "cognito", UserPools: []string{pool}}}
		want := []string{
			`route 1 (ANY /a): the auth "key" is none of none, iam, jwt: a REST API has it (gateway.kind rest)`,
			`route 2 (ANY /b): the auth "cognito" is none of none, iam, jwt: a REST API has it (gateway.kind rest)`,
		}
		if got := httpapi.Problems(httpapi.HTTP, routes, ""); !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

func TestRESTMethods(t *testing.T) {
	for _, c := range []struct {
		name     string
		routes   []httpapi.Route
		fallback string
		want     []string // METHOD PATH > the route's path, and its auth
	}{
		{"no table", nil, "container", []string{"ANY / > /{proxy+}", "ANY /{proxy+} > /{proxy+}"}},
		{"no table and no default", nil, "deny", nil},
		{"what a resource has no method for goes where it would go without the resource", []httpapi.Route{
			{Path: "/a/b", Methods: []string{"GET"}, Auth: "iam"},
			{Path: "/{proxy+}", Methods: []string{"POST"}, Auth: "key"},
		}, "container", []string{
			"ANY / > /{proxy+}", "POST /a > /{proxy+} key", "ANY /a > /{proxy+}",
			"GET /a/b > /a/b iam", "POST /a/b > /{proxy+} key", "ANY /a/b > /{proxy+}",
			"POST /{proxy+} > /{proxy+} key", "ANY /{proxy+} > /{proxy+}",
		}},
		{"an allow-list has its own methods alone", []httpapi.Route{{Path: "/a/{id}", Methods: []string{"PUT"}}, {Path: "/a"}}, "deny",
			[]string{"ANY /a > /a", "PUT /a/{id} > /a/{id}"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, m := range httpapi.RESTMethods(c.routes, c.fallback) {
				got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s > %s %s", m.Name, m.Path, m.Route.Path, m.Route.Auth)))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

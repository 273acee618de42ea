package gateway

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"sallyport/local/cloud/declared"
)

// The rules are of https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
func mapped(t testing.TB, request map[string]string, response map[string]map[string]string) *stand {
	return newStand(t, func(api *declared.API) {
		api.Routes = routes("ANY /pets/{id}", "$default")
		api.Stages["$default"] = apitypes.Stage{StageName: aws.String("$default"), AutoDeploy: aws.Bool(true), StageVariables: map[string]string{"color": "blue"}}
		i := api.Integrations["i1"]
		i.RequestParameters, i.ResponseParameters = request, response
		api.Integrations["i1"] = i
	})
}

func TestRequestMapping(t *testing.T) {
	for _, c := range []struct {
		name, key, value string
		// what the backend sees of header X (in brackets, each), and of path and query
		header []string
		uri    string
	}{
		{"a static value", "overwrite:header.x", "static", []string{"static"}, "/pets/a%20b?q=1&q=2&r=%2F"},
		{"append keeps what is there", "append:header.x", "new", []string{"old", "new"}, "/pets/a%20b?q=1&q=2&r=%2F"},
		{"remove takes it away", "remove:header.x", "''", nil, "/pets/a%20b?q=1&q=2&r=%2F"},
		{"a header, its values with commas", "overwrite:header.x", "$request.header.two", []string{"1,2"}, "/pets/a%20b?q=1&q=2&r=%2F"},
		{"a query string value, its values with commas", "overwrite:header.x", "$request.querystring.q", []string{"1,2"}, "/pets/a%20b?q=1&q=2&r=%2F"},
		{"a path variable, decoded", "overwrite:header.x", "$request.path.id", []string{"a b"}, "/pets/a%20b?q=1&q=2&r=%2F"},
		{"the path", "overwrite:header.x", "$request.path", []string{"/pets/a b"}, "/pets/a%20b?q=1&q=2&r=%2F"},
		{"a context variable", "overwrite:header.x", "$context.httpMethod", []string{"GET"}, "/pets/a%20b?q=1&q=2&r=%2F"},
		{"a stage variable", "overwrite:header.x", "$stageVariables.color", []string{"blue"}, "/pets/a%20b?q=1&q=2&r=%2F"},
		{"several variables in braces", "overwrite:header.x", "${request.path.id} is ${stageVariables.color}, $5", []string{"a b is blue, $5"}, "/pets/a%20b?q=1&q=2&r=%2F"},
		{"a variable without a value sets nothing, and what the client sent under that name is gone", "overwrite:header.x", "$context.authorizer.claims.sub", nil, "/pets/a%20b?q=1&q=2&r=%2F"},
		{"a value can't begin a header of its own", "overwrite:header.x", "$request.querystring.evil", []string{"a  Admin: yes"}, "/pets/a%20b?q=1&q=2&r=%2F&evil=a%0d%0aAdmin:%20yes"},
		{"append:querystring", "append:querystring.q", "3&4", []string{"old"}, "/pets/a%20b?q=1&q=2&r=%2F&q=3%264"},
		{"overwrite:querystring", "overwrite:querystring.q", "3", []string{"old"}, "/pets/a%20b?r=%2F&q=3"},
		{"remove:querystring leaves the others as they are", "remove:querystring.q", "", []string{"old"}, "/pets/a%20b?r=%2F"},
		{"overwrite:path", "overwrite:path", "/v2/$request.path.id", []string{"old"}, "/v2/a%20b?q=1&q=2&r=%2F"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := mapped(t, map[string]string{c.key: c.value}, nil)
			target := "/pets/a%20b?q=1&q=2&r=%2F"
			if strings.Contains(c.uri, "evil") {
				target = c.uri
			}
			answer := s.send("GET", target, "", "X", "old", "Two", "1", "Two", "2")
			if answer.Code != 200 {
				t.Fatal(answer.Code, answer.Body)
			}
			if got := s.seen.Header.Values("X"); !slices.Equal(got, c.header) || s.seen.URL.RequestURI() != c.uri {
				t.Errorf("%q %s, want %q %s", got, s.seen.URL.RequestURI(), c.header, c.uri)
			}
		})
	}
	t.Run("a header is renamed, because all mappings see the request as it came", func(t *testing.T) {
		s := mapped(t, map[string]string{"append:header.new": "$request.header.x", "remove:header.x": "''"}, nil)
		s.send("GET", "/", "", "X", "1")
		if got := s.seen.Header; got.Get("New") != "1" || got.Get("X") != "" {
			t.Error(got)
		}
	})
	t.Run("the host is overwritten", func(t *testing.T) {
		s := mapped(t, map[string]string{"overwrite:header.host": "internal.example"}, nil)
		if s.send("GET", "/", ""); s.seen.Host != "internal.example" {
			t.Error(s.seen.Host)
		}
	})
	t.Run("a path without its slash is a bad request", func(t *testing.T) {
		s := mapped(t, map[string]string{"overwrite:path": "$request.path.id"}, nil)
		want(t, s.send("GET", "/pets/1", ""), 400, `{"message":"Bad Request"}`, errPath.Error())
	})
}

func TestResponseMapping(t *testing.T) {
	response := map[string]map[string]string{
		"500": {"append:header.header1": "$context.stage", "overwrite:statuscode": "403"},
		"404": {"append:header.error": "$stageVariables.color", "overwrite:header.server": "${response.header.server}!", "remove:header.secret": "''"},
		"201": {"overwrite:statuscode": "$response.header.status"},
		"200": {"overwrite:statuscode": "204"},
	}
	for _, c := range []struct {
		name        string
		status      int
		want        int
		header, has string
	}{
		{"the page's example: 500 becomes 403 and gets a header", 500, 403, "Header1", "$default"},
		{"the page's example: 404 gets a header", 404, 404, "Error", "blue"},
		{"a header of the backend is overwritten", 404, 404, "Server", "backend!"},
		{"a header of the backend is removed", 404, 404, "Secret", ""},
		{"another status is left alone", 418, 418, "Server", "backend"},
		{"a status that is none is an error of the configuration", 201, 500, "Server", ""},
		{"a status without a body has none", 200, 204, "Content-Length", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := mapped(t, nil, response)
			s.answer = func(*http.Request) (*http.Response, error) {
				return reply(c.status, "x", "Server", "backend", "Secret", "1", "Status", "999", "Content-Length", "1"), nil
			}
			answer := s.send("GET", "/", "")
			if answer.Code != c.want || answer.Header().Get(c.header) != c.has {
				t.Errorf("%d %v", answer.Code, answer.Header())
			}
		})
	}
}

func TestParseMapping(t *testing.T) {
	for _, c := range []struct {
		key, value string
		response   bool
		want       string
	}{
		{"header.x", "1", false, "must begin with append, overwrite or remove"},
		{"set:header.x", "1", false, "must begin with append, overwrite or remove"},
		{"append:header.", "1", false, `"" is no name of a header`},
		{"append:header.a b", "1", false, `"a b" is no name of a header`},
		{"append:header.Authorization", "1", false, "the header Authorization is reserved"},
		{"append:header.access-control-allow-origin", "1", true, "is reserved"},
		{"append:header.X-AMZN-trace-id", "1", false, "is reserved"},
		{"remove:header.x-forwarded-for", "''", false, "is reserved"},
		{"overwrite:header.forwarded", "1", false, "is reserved"},
		{"append:path", "/x", false, "there is no such target"},
		{"overwrite:path.x", "/x", false, "there is no such target"},
		{"append:querystring.x", "1", true, "there is no such target"},
		{"append:statuscode", "200", true, "there is no such target"},
		{"overwrite:statuscode", "200", false, "there is no such target"},
		{"append:header.x", "$request.body.name", false, "the local cloud maps no bodies, so not $request.body.name"},
		{"append:header.x", "${response.body}", true, "the local cloud maps no bodies"},
		{"append:header.x", "$request.header.a", true, "the variable $request.header.a can't be used there"},
		{"append:header.x", "$response.header.a", false, "the variable $response.header.a can't be used there"},
		{"append:header.x", "${request.header.a", false, "a brace is not closed"},
		{"append:header.x", "${nothing}", false, "there is no variable $nothing"},
		{"append:header.x", "$context.", false, "there is no variable $context"},
		{"append:header.x", "$request.cookie.a", false, "there is no variable $request.cookie.a"},
	} {
		t.Run("refuses "+c.key+" = "+c.value, func(t *testing.T) {
			if _, err := parseMapping(c.key, c.value, c.response); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

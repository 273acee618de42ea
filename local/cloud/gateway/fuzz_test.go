package gateway

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func FuzzRouteKey(f *testing.F) {
	for _, key := range []string{"$default", "GET /pets/{id}", "ANY /{proxy+}", "GET /", "GET //", "GET /{a}/b/{c+}", "GET /{", "get /x"} {
		f.Add(key, "GET", "/pets/1%2F2/")
	}
	f.Fuzz(func(t *testing.T, key, method, path string) {
		parsed, err := parseRouteKey(key)
		if err != nil || !strings.HasPrefix(path, "/") {
			return
		}
		found, ok := parsed.match(method, path)
		if len(found) > strings.Count(key, "{") {
			t.Errorf("%d variables of %q", len(found), key)
		}
		if ok && !parsed.fallback && parsed.method != anyMethod && parsed.method != method {
			t.Errorf("%q matched %s", key, method)
		}
		// A key without variables matches its own path.
		if own := strings.TrimPrefix(key, parsed.method+" "); !strings.ContainsAny(key, "{$") {
			if _, ok := parsed.match(method, own); ok != (method == parsed.method || parsed.method == anyMethod) {
				t.Errorf("%q and its own path: %v", key, ok)
			}
		}
	})
}

func FuzzMapping(f *testing.F) {
	f.Add("append:header.x", "$request.header.a ${request.path.id} $5", "/pets/%2F", "q=1&q")
	f.Add("overwrite:path", "/a$request.path", "/", "")
	f.Add("overwrite:querystring.q", "$request.querystring.q", "/", "q=%0d%0a&&=;%zz")
	f.Add("overwrite:statuscode", "$response.header.s", "/", "")
	f.Add("remove:header.x", "''", "/", "")
	f.Fuzz(func(t *testing.T, key, value, path, query string) {
		x := &exchange{
			request: &http.Request{Host: "h", Header: http.Header{"A": {path}, "X": {"1"}}, URL: &url.URL{Path: "/", RawQuery: query}},
			stage:   &stage{}, pathBelowStage: path, parameters: []parameter{{"id", path}},
		}
		if m, err := parseMapping(key, value, false); err == nil {
			out := &http.Request{Header: http.Header{}, URL: &url.URL{Path: "/", RawQuery: query}}
			_ = x.mapRequest([]mapping{m}, out)
			if strings.ContainsAny(out.Header.Get(m.name), "\r\n\x00") {
				t.Errorf("header %q", out.Header)
			}
			if !strings.HasPrefix(out.URL.EscapedPath(), "/") || strings.ContainsAny(out.URL.EscapedPath(), " \r\n?#") {
				t.Errorf("path %q", out.URL.EscapedPath())
			}
		}
		if m, err := parseMapping(key, value, true); err == nil {
			answer := reply(200, "", "S", path)
			if status, err := x.mapResponse([]mapping{m}, answer); err == nil && (status < 200 || status > 599) {
				t.Errorf("status %d", status)
			}
		}
	})
}

func FuzzSentPath(f *testing.F) {
	for _, path := range []string{"/", "/a%2Fb|c", "//x", "/\xff%ff", "/[]{}%7b", "/a b", "/%"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, sent string) {
		u, err := url.ParseRequestURI(sent)
		if err != nil || u.Scheme != "" || u.Host != "" {
			return
		}
		path := sentPath(u)
		if decoded, err := url.PathUnescape(path); err != nil || decoded != u.Path {
			t.Errorf("%q became %q", sent, path)
		}
		if out := (&url.URL{Path: u.Path, RawPath: path}).EscapedPath(); out != path {
			t.Errorf("%q goes out as %q", path, out)
		}
		raw, _, _ := strings.Cut(sent, "?")
		if strings.Count(path, "/") != strings.Count(raw, "/") {
			t.Errorf("%q has other slashes than %q", path, sent)
		}
	})
}

func FuzzLogFormat(f *testing.F) {
	f.Add(`{"a":"$context.path"}`, "/\"\\\n")
	f.Add("$context. $context.a..b $context.error.messageString", "\xff\u2028")
	f.Fuzz(func(t *testing.T, format, value string) {
		x := &exchange{request: &http.Request{Host: value, Header: http.Header{"User-Agent": {value}}}, stage: &stage{name: "s"}, path: value, errorMessage: value}
		line := parseLogFormat(format, contextVariable).line(x)
		if !strings.Contains(format, "$context.") && line != format {
			t.Errorf("%q became %q", format, line)
		}
		quoted := parseLogFormat(`"$context.path$context.identity.userAgent"`, contextVariable).line(x)
		var text string
		if err := json.Unmarshal([]byte(quoted), &text); err != nil || strings.ContainsAny(quoted, "\r\n") {
			t.Errorf("%q: %v", quoted, err)
		}
	})
}

func FuzzUnsupported(f *testing.F) {
	f.Add("POST", "/v2/apis/a/integrations", `{"integrationType":"AWS_PROXY","requestParameters":{"a":1}}`)
	f.Add("PATCH", "/v2/apis/a/stages/s", `{"routeSettings":{"GET /":null},"accessLogSettings":[]}`)
	f.Add("PUT", "/v2", `[`)
	f.Fuzz(func(t *testing.T, method, path, body string) {
		for _, sentence := range Unsupported(method, path, []byte(body)) {
			if !strings.HasPrefix(sentence, "The local cloud does not support ") || !strings.HasSuffix(sentence, ".") {
				t.Errorf("%q", sentence)
			}
		}
	})
}

package e2e

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// routes makes the local stack's API an allow-list with a route of every kind, and takes the table away again. It does
// not show what AWS makes of a signature or of a Lambda function: nothing here checks the one or runs the other.
func routes(t *testing.T) {
	deployed(t)
	provider := newProvider(t)
	t.Run("an allow-list with a route of every kind", func(t *testing.T) {
		edit(t, "Pulumi.local.yaml", replace("config:\n", strings.Join([]string{
			"config:",
			"  sallyport:gateway.default: deny",
			"  sallyport:gateway.publicHostHeader: x-public-host",
			"  sallyport:gateway.cors:",
			"    allowOrigins: [https://www.example.com]",
			"    allowMethods: [GET]",
			"    maxAge: 60",
			"  sallyport:gateway.routes:",
			"    - path: /",
			"    - path: /arrival",
			"    - path: /api/health",
			"      methods: [GET]",
			"    - path: /api/build",
			"      methods: [GET]",
			"    - path: /api/echo",
			"      methods: [POST]",
			"    - path: /api/echo/{proxy+}",
			"      methods: [GET]",
			"    - path: /api/echo/me",
			"      methods: [GET]",
			"      auth: jwt",
			"      issuer: " + provider.url,
			"      audience: [web]",
			"      scopes: [read]",
			"    - path: /api/echo/ops/{id}",
			"      auth: iam",
			"    - path: /api/echo/admin/{proxy+}",
			"      target: deny",
			"    - path: /api/echo/slow",
			"      methods: [GET]",
			"      throttleBurst: 1",
			"      throttleRate: 1",
			"    - path: /api/thumb/{id}",
			"      target: arn:aws:lambda:us-east-1:123456789012:function:thumb:live",
			"",
		}, "\n")))
		run(t, "up") // which verifies that the probes get through
		s := &site{outputs(t)}
		s.settled(t)
		if again := run(t, "up").changes(); len(again) > 0 {
			t.Errorf("a second up changes %v", again)
		}
		s.send(t, "GET", "/api/echo/any/path", 200, "/api/echo/any/path")
		s.send(t, "GET", "/api/builds", 404, `{"message":"Not Found"}`)
		s.send(t, "DELETE", "/api/echo/x", 404, `{"message":"Not Found"}`)

		preflight := s.send(t, "OPTIONS", "/api/health", 204, "", "Origin", "https://www.example.com", "Access-Control-Request-Method", "GET")
		for name, want := range map[string]string{"Origin": "https://www.example.com", "Methods": "GET"} {
			if got := preflight.header.Get("Access-Control-Allow-" + name); got != want {
				t.Errorf("a preflight is answered with Access-Control-Allow-%s %q, want %q", name, got, want)
			}
		}

		s.send(t, "GET", "/api/echo/me", 401, `{"message":"Unauthorized"}`)
		s.send(t, "GET", "/api/echo/me", 401, `{"message":"Unauthorized"}`, "Authorization", "Bearer "+provider.token("shop", "read"))
		s.send(t, "GET", "/api/echo/me", 403, `{"message":"Forbidden"}`, "Authorization", "Bearer "+provider.token("web", "write"))
		s.send(t, "GET", "/api/echo/me", 200, "/api/echo/me", "Authorization", "Bearer "+provider.token("web", "read"))

		s.send(t, "GET", "/api/echo/ops/1", 403, `{"message":"Forbidden"}`)
		s.send(t, "GET", "/api/echo/ops/1", 200, "/api/echo/ops/1", "Authorization", signature)
		s.send(t, "GET", "/api/echo/admin/users", 403, `{"message":"Forbidden"}`)
		s.send(t, "GET", "/api/echo/admin/users", 200, "/api/echo/admin/users", "Authorization", signature)
		s.send(t, "GET", "/api/thumb/1", 500, `{"message":"Internal Server Error"}`).explains(t, "runs no Lambda functions")

		s.answers(t, "/api/echo/slow", http.StatusTooManyRequests).is(t, `{"message":"Too Many Requests"}`)
		if answer := s.get(t, "/api/echo/fast"); answer.status != http.StatusOK {
			t.Errorf("a route without that throttle answers %v", answer)
		}
		// What a client sends under the name of the header is not what the app gets.
		if page := s.send(t, "GET", "/arrival", 200, "X-Public-Host", "X-Public-Host", "evil.example"); strings.Contains(page.body, "evil.example") {
			t.Error("a client's own X-Public-Host reaches the app")
		}
	})
	t.Run("without the table all requests go to the container again", func(t *testing.T) {
		run(t, "up")
		s := &site{outputs(t)}
		s.settled(t)
		s.send(t, "GET", "/api/echo/admin/users", 200, "/api/echo/admin/users")
		s.send(t, "GET", "/api/echo/me", 200, "/api/echo/me")
		if answer := s.send(t, "GET", "/api/build", 200, `"build"`, "Origin", "https://www.example.com"); answer.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("CORS is still there: %v", answer.header)
		}
	})
}

// send asks the URL with headers given in pairs, for an answer with this status whose body has the text.
func (s *site) send(t *testing.T, method, path string, status int, text string, headers ...string) answer {
	t.Helper()
	got := s.ask(t, method, path, headers...)
	if got.status != status || !strings.Contains(got.body, text) {
		t.Errorf("%s %s answers %v, want %d %s", method, path, got, status, text)
	}
	return got
}

// ask asks the URL with headers given in pairs.
func (s *site) ask(t *testing.T, method, path string, headers ...string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.exported["url"]+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := direct.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, string(body), response.Header}
}

// provider is an OpenID provider on this machine.
type provider struct {
	t      *testing.T
	url    string
	signer jose.Signer
}

func newProvider(t *testing.T) *provider {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{t: t}
	if p.signer, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", "k1")); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/keys" {
			_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k1"}}})
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"issuer": p.url, "jwks_uri": p.url + "/keys"})
	}))
	t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

func (p *provider) token(audience, scope string) string {
	p.t.Helper()
	payload, err := json.Marshal(map[string]any{"iss": p.url, "aud": audience, "scope": scope, "exp": time.Now().Add(time.Minute).Unix()})
	if err != nil {
		p.t.Fatal(err)
	}
	signed, err := p.signer.Sign(payload)
	if err != nil {
		p.t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		p.t.Fatal(err)
	}
	return text
}

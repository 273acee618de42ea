package gateway

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	"github.com/go-jose/go-jose/v4"

	"sallyport/local/cloud/declared"
)

// issuer makes tokens, and tells its keys as an OpenID provider does.
type issuer struct {
	t       *testing.T
	url     string
	key     *rsa.PrivateKey
	kid     string
	fetched atomic.Int32 // sets of keys
	broken  atomic.Bool
}

func newIssuer(t *testing.T) *issuer {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{t: t, key: key, kid: "k1"}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case i.broken.Load():
			w.WriteHeader(http.StatusBadGateway)
		case r.URL.Path == "/realm/.well-known/openid-configuration":
			_ = json.NewEncoder(w).Encode(map[string]string{"issuer": i.url, "jwks_uri": strings.TrimSuffix(i.url, "/realm") + "/keys"})
		case r.URL.Path == "/keys":
			i.fetched.Add(1)
			_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: i.key.Public(), KeyID: i.kid, Algorithm: "RS256", Use: "sig"}}})
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	i.url = server.URL + "/realm"
	return i
}

// token is signed with the issuer's key and says what it must, with these claims changed; nil takes one away.
func (i *issuer) token(changed map[string]any) string {
	now := time.Now().Unix()
	said := map[string]any{"iss": i.url, "aud": "web", "exp": now + 60, "nbf": now - 60, "iat": now - 60, "scope": "read write", "sub": "ada"}
	for name, value := range changed {
		if said[name] = value; value == nil {
			delete(said, name)
		}
	}
	return i.sign(said, jose.RS256, i.key, i.kid)
}

func (i *issuer) sign(said map[string]any, algorithm jose.SignatureAlgorithm, key crypto.PrivateKey, kid string) string {
	i.t.Helper()
	options := &jose.SignerOptions{}
	if kid != "" {
		options.WithHeader("kid", kid)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	if err != nil {
		i.t.Fatal(err)
	}
	payload, err := json.Marshal(said)
	if err != nil {
		i.t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		i.t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		i.t.Fatal(err)
	}
	return text
}

// asks declares a route that asks for tokens of the issuer, and for scopes.
func (i *issuer) asks(scopes ...string) func(api *declared.API) {
	return func(api *declared.API) {
		api.Routes[0].AuthorizationType, api.Routes[0].AuthorizerId, api.Routes[0].AuthorizationScopes = "JWT", aws.String("a1"), scopes
		api.Authorizers = map[string]declared.Authorizer{"a1": {
			IdentitySource:   []string{"$request.header.Authorization"},
			JwtConfiguration: &apitypes.JWTConfiguration{Issuer: &i.url, Audience: []string{"app", "web"}},
		}}
	}
}

// The rules are of https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
func TestTokens(t *testing.T) {
	const (
		no = `{"message":"Unauthorized"}`
		ok = "hello"
	)
	i := newIssuer(t)
	other := newIssuer(t)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	later, before := time.Now().Unix()+60, time.Now().Unix()-1
	plain := map[string]any{"iss": i.url, "aud": "web", "exp": later}
	for _, c := range []struct {
		name, sent string
		scopes     []string
		status     int
		body       string
		challenge  string
	}{
		{"a token after Bearer", "Bearer " + i.token(nil), nil, 200, ok, ""},
		{"a token alone", i.token(nil), nil, 200, ok, ""},
		{"no token", "", nil, 401, no, "Bearer"},
		{"what is no token", "Bearer abc", nil, 401, no, `Bearer scope="" error="invalid_token" error_description="the token is none, or is not signed with RS256, RS384 or RS512"`},
		{"RS512", i.sign(plain, jose.RS512, i.key, "k1"), nil, 200, ok, ""},
		{"a key on a curve", i.sign(plain, jose.ES256, curve, "k1"), nil, 401, no, `Bearer scope="" error="invalid_token" error_description="the token is none, or is not signed with RS256, RS384 or RS512"`},
		{"a secret instead of a key", i.sign(plain, jose.HS256, make([]byte, 32), "k1"), nil, 401, no, `Bearer scope="" error="invalid_token" error_description="the token is none, or is not signed with RS256, RS384 or RS512"`},
		{"another's signature", i.sign(plain, jose.RS256, other.key, "k1"), nil, 401, no, `Bearer scope="" error="invalid_token" error_description="the token does not have a valid signature"`},
		{"no kid", i.sign(plain, jose.RS256, i.key, ""), nil, 401, no, `Bearer scope="" error="invalid_token" error_description="the issuer has no key with the token's kid \"\""`},
		{"an unknown kid", i.sign(plain, jose.RS256, i.key, "k9"), nil, 401, no, `Bearer scope="" error="invalid_token" error_description="the issuer has no key with the token's kid \"k9\""`},
		{"another iss", i.token(map[string]any{"iss": other.url}), nil, 401, no, `Bearer scope="" error="invalid_token" error_description="the token does not have a valid issuer"`},
		{"another aud", i.token(map[string]any{"aud": "shop"}), nil, 401, no, `Bearer scope="" error="invalid_token" error_description="the token does not have a valid audience"`},
		{"one aud of several", i.token(map[string]any{"aud": []string{"shop", "app"}}), nil, 200, ok, ""},
		{"a client_id where there is no aud", i.token(map[string]any{"aud": nil, "client_id": "app"}), nil, 200, ok, ""},
		{"a client_id where aud is another", i.token(map[string]any{"aud": "shop", "client_id": "app"}), nil, 401, no, `Bearer scope="" error="invalid_token" error_description="the token does not have a valid audience"`},
		{"an exp that is past", i.token(map[string]any{"exp": before}), nil, 401, no, `Bearer scope="" error="invalid_token" error_description="the token has expired"`},
		{"no exp", i.token(map[string]any{"exp": nil}), nil, 401, no, `Bearer scope="" error="invalid_token" error_description="the token does not have a valid exp"`},
		{"an nbf to come", i.token(map[string]any{"nbf": later}), nil, 401, no, `Bearer scope="" error="invalid_token" error_description="the token is not valid yet"`},
		{"an iat to come", i.token(map[string]any{"iat": later}), nil, 401, no, `Bearer scope="" error="invalid_token" error_description="the token was issued in the future"`},
		{"neither nbf nor iat", i.token(map[string]any{"nbf": nil, "iat": nil}), nil, 200, ok, ""},
		{"one scope of the route's", i.token(nil), []string{"admin", "write"}, 200, ok, ""},
		{"scp for scope", i.token(map[string]any{"scope": nil, "scp": []string{"admin"}}), []string{"admin"}, 200, ok, ""},
		{"none of the route's scopes", i.token(nil), []string{"admin", "owner"}, 403, `{"message":"Forbidden"}`, `Bearer scope="admin owner" error="insufficient_scope" error_description="the token does not have a valid scope"`},
		{"no scope at all", i.token(map[string]any{"scope": nil}), []string{"admin"}, 403, `{"message":"Forbidden"}`, `Bearer scope="admin" error="insufficient_scope" error_description="the token does not have a valid scope"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStand(t, i.asks(c.scopes...))
			answer := s.send("GET", "/", "", "Authorization", c.sent)
			if answer.Code != c.status || answer.Body.String() != c.body || answer.Header().Get("Www-Authenticate") != c.challenge {
				t.Errorf("%d %s %s\nwant %d %s %s", answer.Code, answer.Body, answer.Header().Get("Www-Authenticate"), c.status, c.body, c.challenge)
			}
			if passed := s.seen != nil; passed != (c.status == 200) {
				t.Errorf("the backend got a request: %v", passed)
			}
		})
	}
}

func TestIssuers(t *testing.T) {
	t.Run("keys are kept, and asked for again when a token names another", func(t *testing.T) {
		i := newIssuer(t)
		s := newStand(t, i.asks())
		for range 3 {
			want(t, s.send("GET", "/", "", "Authorization", i.token(nil)), 200, "hello", "")
		}
		if n := i.fetched.Load(); n != 1 {
			t.Errorf("the keys were fetched %d times", n)
		}
		i.kid = "k2"
		want(t, s.send("GET", "/", "", "Authorization", i.token(nil)), 200, "hello", "")
		if n := i.fetched.Load(); n != 2 {
			t.Errorf("the keys were fetched %d times", n)
		}
	})
	t.Run("an issuer that does not answer lets nobody in, and is asked again", func(t *testing.T) {
		i := newIssuer(t)
		s := newStand(t, i.asks())
		i.broken.Store(true)
		want(t, s.send("GET", "/", "", "Authorization", i.token(nil)), 401, `{"message":"Unauthorized"}`, "answers 502 Bad Gateway")
		i.broken.Store(false)
		want(t, s.send("GET", "/", "", "Authorization", i.token(nil)), 200, "hello", "")
	})
	t.Run("the token may be in the query", func(t *testing.T) {
		i := newIssuer(t)
		s := newStand(t, func(api *declared.API) {
			i.asks()(api)
			api.Authorizers["a1"] = declared.Authorizer{IdentitySource: []string{"$request.querystring.token"}, JwtConfiguration: api.Authorizers["a1"].JwtConfiguration}
		})
		want(t, s.send("GET", "/?token="+i.token(nil), ""), 200, "hello", "")
		want(t, s.send("GET", "/", "", "Authorization", i.token(nil)), 401, `{"message":"Unauthorized"}`, "no token")
	})
	t.Run("an authorizer that is gone lets nobody in", func(t *testing.T) {
		i := newIssuer(t)
		s := newStand(t, func(api *declared.API) { i.asks()(api); api.Authorizers = nil })
		want(t, s.send("GET", "/", "", "Authorization", i.token(nil)), 500, `{"message":"Internal Server Error"}`, `the route "$default" asks authorizer "a1", which does not exist`)
	})
	t.Run("claims are context variables", func(t *testing.T) {
		i := newIssuer(t)
		s := newStand(t, func(api *declared.API) {
			i.asks()(api)
			integration := api.Integrations["i1"]
			integration.RequestParameters = map[string]string{"overwrite:header.x-user": "$context.authorizer.claims.sub"}
			api.Integrations["i1"] = integration
		})
		s.send("GET", "/", "", "Authorization", i.token(nil), "X-User", "eve")
		if got := s.seen.Header.Get("X-User"); got != "ada" {
			t.Error(got)
		}
	})
}

// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html
func TestIAM(t *testing.T) {
	sum := strings.Repeat("0a", 32)
	signed := func(scope string) string {
		return "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/" + scope + "/aws4_request, SignedHeaders=host;x-amz-date, Signature=" + sum
	}
	const no = `{"message":"Forbidden"}`
	for _, c := range []struct {
		name, target, sent string
		status             int
		body, explanation  string
	}{
		{"an unsigned request", "/", "", 403, no, "the request is not signed"},
		{"a token", "/", "Bearer abc", 403, no, "no signature of version 4"},
		{"a signature for another service", "/", signed("eu-west-1/ecs"), 403, no, "signed for ecs in eu-west-1, not for execute-api in eu-west-1"},
		{"a signature for another Region", "/", signed("us-east-1/execute-api"), 403, no, "not for execute-api in eu-west-1"},
		{"a signature of the right form", "/", signed("eu-west-1/execute-api"), 200, "hello", ""},
		{"a signature in the query", "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20260101%2Feu-west-1%2Fexecute-api%2Faws4_request&X-Amz-SignedHeaders=host&X-Amz-Signature=" + sum, "", 200, "hello", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStand(t, func(api *declared.API) { api.Routes[0].AuthorizationType = "AWS_IAM" })
			var headers []string
			if c.sent != "" {
				headers = []string{"Authorization", c.sent}
			}
			want(t, s.send("GET", c.target, "", headers...), c.status, c.body, c.explanation)
		})
	}
	t.Run("a route that denies passes nothing, whoever signs", func(t *testing.T) {
		s := newStand(t, func(api *declared.API) { api.Routes[0].AuthorizationType, api.Routes[0].Target = "AWS_IAM", nil })
		want(t, s.send("GET", "/", ""), 403, no, "the request is not signed")
		want(t, s.send("GET", "/", "", "Authorization", signed("eu-west-1/execute-api")), 500, `{"message":"Internal Server Error"}`, "has no integration")
		if s.seen != nil {
			t.Error("the backend got a request")
		}
	})
}

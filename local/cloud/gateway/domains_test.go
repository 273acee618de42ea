package gateway

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"sallyport/local/cloud/declared"
)

// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-custom-domain-names.html, http-api-mappings.html
// and http-api-disable-default-endpoint.html. That a disabled endpoint answers 404, and a domain without a mapping 403, is
// unverified.
func TestCustomDomains(t *testing.T) {
	s := newStand(t, func(api *declared.API) { api.DisableExecuteApiEndpoint = aws.Bool(true) })
	mapping := apitypes.ApiMapping{ApiId: aws.String("abc"), Stage: aws.String("$default"), ApiMappingKey: aws.String("")}
	s.snapshot.Domains = map[string]declared.Domain{
		"shop.example.com":  {Mappings: []apitypes.ApiMapping{mapping}},
		"empty.example.com": {},
		"stage.example.com": {Mappings: []apitypes.ApiMapping{{ApiId: aws.String("abc"), Stage: aws.String("blue")}}},
		"other.example.com": {Mappings: []apitypes.ApiMapping{{ApiId: aws.String("xyz"), Stage: aws.String("$default")}}},
	}
	s.gateway.Domain = func(name string) (*declared.Snapshot, bool) {
		_, ok := s.snapshot.Domains[name]
		return s.snapshot, ok
	}
	get := func(host string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/a/b?c=d", nil)
		r.Host, r.RemoteAddr = host, "127.0.0.1:40000"
		recorder := httptest.NewRecorder()
		s.api.ServeHTTP(recorder, r)
		return recorder
	}
	for _, host := range []string{"shop.example.com", "Shop.Example.COM", "shop.example.com.", "shop.example.com:4568"} {
		t.Run("a request for "+host+" reaches the API that the domain is mapped to", func(t *testing.T) {
			want(t, get(host), 200, "hello", "")
			if got := s.seen.URL.RequestURI(); got != "/a/b?c=d" || s.seen.Host != host {
				t.Errorf("the backend sees %s of %s", got, s.seen.Host)
			}
			if forwarded := s.seen.Header.Get("Forwarded"); !strings.Contains(strings.ToLower(forwarded), "shop.example.com") {
				t.Errorf("it is forwarded as %s", forwarded)
			}
		})
	}
	t.Run("the API's own address is disabled", func(t *testing.T) {
		want(t, get("127.92.86.205:4568"), 404, `{"message":"Not Found"}`, "the API has disableExecuteApiEndpoint: it answers for its custom domain names alone")
	})
	t.Run("a domain without a mapping is refused", func(t *testing.T) {
		want(t, get("empty.example.com"), 403, `{"message":"Forbidden"}`, "the custom domain name empty.example.com has no API mapping")
	})
	t.Run("a name that nobody has declared is refused", func(t *testing.T) {
		want(t, get("evil.example.com"), 403, `{"message":"Forbidden"}`, "the API answers for its address, localhost and its custom domain names, not for evil.example.com")
	})
	t.Run("a mapping to a stage that does not exist is 404", func(t *testing.T) {
		want(t, get("stage.example.com"), 404, `{"message":"Not Found"}`, `mapped to stage "blue" of API abc, which does not exist`)
	})
	t.Run("a mapping to an API without an address is 503", func(t *testing.T) {
		want(t, get("other.example.com"), 503, `{"message":"Service Unavailable"}`, "mapped to API xyz, which has no address here")
	})
}

func TestTLSToTheListener(t *testing.T) {
	s := newStand(t, func(*declared.API) {})
	s.send(http.MethodGet, "/", "")
	if s.seen.TLS != nil {
		t.Error("an integration without tlsConfig speaks TLS")
	}
	api := s.snapshot.APIs["abc"]
	integration := api.Integrations["i1"]
	integration.TlsConfig = &apitypes.TlsConfig{ServerNameToVerify: aws.String("inside.example.com")}
	api.Integrations["i1"] = integration
	s.declare(api)
	s.send(http.MethodGet, "/", "")
	if s.seen.TLS == nil || s.seen.TLS.ServerName != "inside.example.com" {
		t.Errorf("the listener is to be verified by %+v", s.seen.TLS)
	}
}

package balancer

import (
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"testing"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// TestTLS is about what is declared of TLS: nothing is encrypted here, and no certificate is presented.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/create-https-listener.html and, for the name,
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-apigatewayv2-integration-tlsconfig.html
func TestTLS(t *testing.T) {
	for _, c := range []struct {
		about   string
		secure  bool
		names   []string
		verify  string // empty for plain HTTP
		failure string
		status  int
	}{
		{about: "HTTPS to a certificate for the name is answered", secure: true, names: []string{"inside.example.com"}, verify: "inside.example.com", status: 200},
		{about: "names are compared without case", secure: true, names: []string{"Inside.example.com"}, verify: "inside.EXAMPLE.com", status: 200},
		{about: "any name of the certificate will do", secure: true, names: []string{"a.example.com", "inside.example.com"}, verify: "inside.example.com", status: 200},
		{about: "a wildcard stands for one label", secure: true, names: []string{"*.example.com"}, verify: "inside.example.com", status: 200},
		{about: "and not for two", secure: true, names: []string{"*.example.com"}, verify: "a.inside.example.com", failure: "is for *.example.com, and the integration's serverNameToVerify is a.inside.example.com"},
		{about: "nor for none", secure: true, names: []string{"*.example.com"}, verify: "example.com", failure: "is for *.example.com"},
		{about: "a certificate for another name is refused", secure: true, names: []string{"other.example.com"}, verify: "inside.example.com", failure: "the certificate of listener " + listenerARN + " is for other.example.com"},
		{about: "so is one that ACM does not know", secure: true, verify: "inside.example.com", failure: "that AWS Certificate Manager does not know"},
		{about: "HTTPS to a plain listener fails", verify: "inside.example.com", failure: "listener " + listenerARN + " speaks plain HTTP"},
		{about: "plain HTTP to an HTTPS listener is 400", secure: true, names: []string{"inside.example.com"}, status: 400},
	} {
		t.Run(c.about, func(t *testing.T) {
			s := world()
			l := s.Listeners[listenerARN]
			if l.Names = c.names; c.secure {
				l.Protocol = elbtypes.ProtocolEnumHttps
			}
			s.Listeners[listenerARN] = l
			n := newNetwork()
			proto := ""
			n.serve(t, first, func(_ http.ResponseWriter, r *http.Request) { proto = r.Header.Get("X-Forwarded-Proto") })
			b := start(t, n, s)
			register(t, b, first)
			healthy(b, first)
			r := request("GET", "/", "")
			if c.verify != "" {
				r.TLS = &tls.ConnectionState{ServerName: c.verify}
			}
			answer, err := b.RoundTrip(listenerARN, link, r)
			if c.failure != "" {
				if err == nil || !strings.Contains(err.Error(), c.failure) {
					t.Errorf("it fails with %v, want %q", err, c.failure)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, answer.Body)
			_ = answer.Body.Close()
			if answer.StatusCode != c.status {
				t.Errorf("it answers %d, want %d", answer.StatusCode, c.status)
			}
			if c.status == 200 && proto != "https" {
				t.Errorf("the target is told %q", proto)
			}
		})
	}
}

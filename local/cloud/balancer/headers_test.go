package balancer

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sallyport/local/cloud/declared"
)

// seen sends a request and returns what the target got.
func seen(t *testing.T, s *declared.Snapshot, r *http.Request) *http.Request {
	t.Helper()
	n := newNetwork()
	got := make(chan *http.Request, 1)
	n.serve(t, first, func(_ http.ResponseWriter, r *http.Request) { got <- r })
	b := start(t, n, s)
	register(t, b, first)
	if status, _, _ := do(t, b, r); status != 200 {
		t.Fatal(status)
	}
	return <-got
}

func TestRequestHeaders(t *testing.T) {
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html
	for _, test := range []struct{ mode, sent, want string }{
		{"append", "", "10.0.1.7"},
		{"append", "203.0.113.7", "203.0.113.7, 10.0.1.7"},
		{"preserve", "203.0.113.7", "203.0.113.7"},
		{"preserve", "", ""},
		{"remove", "203.0.113.7", ""},
	} {
		t.Run(fmt.Sprintf("X-Forwarded-For %q in mode %s", test.sent, test.mode), func(t *testing.T) {
			r := request("GET", "/", "")
			if test.sent != "" {
				r.Header.Set("X-Forwarded-For", test.sent)
			}
			if got := seen(t, withLB(world(), "routing.http.xff_header_processing.mode", test.mode), r).Header.Get("X-Forwarded-For"); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
	t.Run("the protocol and port are the listener's, whatever was sent", func(t *testing.T) {
		r := request("GET", "/", "")
		r.Header.Set("X-Forwarded-Proto", "https")
		r.Header.Set("X-Forwarded-Port", "443")
		got := seen(t, world(), r).Header
		if got.Get("X-Forwarded-Proto") != "http" || got.Get("X-Forwarded-Port") != "80" {
			t.Error(got)
		}
	})
	t.Run("hop-by-hop headers end here, the others go on, none is made up", func(t *testing.T) {
		r := request("GET", "/a%2Fb?c=d;e", "")
		for name, value := range map[string]string{"Connection": "Upgrade, X-Mine", "X-Mine": "1", "Upgrade": "websocket", "Te": "trailers", "Keep-Alive": "1", "Proxy-Connection": "a", "Expect": "100-continue", "Cookie": "a=b", "Under_Score": "1"} {
			r.Header.Set(name, value)
		}
		got := seen(t, world(), r)
		var names []string
		for name := range got.Header {
			names = append(names, name)
		}
		slices.Sort(names)
		want := []string{"Cookie", "Under_score", "X-Amzn-Trace-Id", "X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto"}
		if !slices.Equal(names, want) || got.Proto != "HTTP/1.1" || got.RequestURI != "/a%2Fb?c=d;e" {
			t.Error(names, got.Proto, got.RequestURI)
		}
		if r.Header.Get("Upgrade") != "websocket" {
			t.Error("the client's request was changed")
		}
	})
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
	t.Run("invalid header names are dropped when declared so", func(t *testing.T) {
		r := request("GET", "/", "")
		r.Header = http.Header{"Under_score": {"1"}, "X-Good-1": {"1"}, "Bad.dot": {"1"}}
		got := seen(t, withLB(world(), "routing.http.drop_invalid_header_fields.enabled", "true"), r).Header
		if got.Get("X-Good-1") != "1" || len(got["Under_score"])+len(got["Bad.dot"]) != 0 {
			t.Error(got)
		}
	})
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
	for _, test := range []struct {
		port              int32
		preserve, in, out string
	}{
		{80, "false", "app.example.com", "app.example.com"},
		{8080, "false", "app.example.com", "app.example.com:8080"},
		{8080, "false", "app.example.com:9", "app.example.com:9"},
		{8080, "false", "[::1]", "[::1]:8080"},
		{8080, "true", "app.example.com", "app.example.com"},
	} {
		t.Run(fmt.Sprintf("Host %s on port %d, preserved %s", test.in, test.port, test.preserve), func(t *testing.T) {
			s := withLB(world(), "routing.http.preserve_host_header.enabled", test.preserve)
			l := s.Listeners[listenerARN]
			l.Port = aws.Int32(test.port)
			s.Listeners[listenerARN] = l
			r := request("GET", "/", "")
			r.Host = test.in
			if got := seen(t, s, r).Host; got != test.out {
				t.Errorf("%s, want %s", got, test.out)
			}
		})
	}
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html
func TestTraceID(t *testing.T) {
	const fresh = `1-[0-9a-f]{8}-[0-9a-f]{24}`
	for _, test := range []struct{ name, sent, want string }{
		{"none gets a Root", "", "Root=" + fresh},
		{"a Root gets a Self", "Root=1-67891233-abcdef012345678912345678", "Self=" + fresh + ";Root=1-67891233-abcdef012345678912345678"},
		{"other fields stay", "Root=1-67891233-abcdef012345678912345678;CalledFrom=app", "Self=" + fresh + ";Root=1-67891233-abcdef012345678912345678;CalledFrom=app"},
		{"a Self is renewed", "Self=1-1-2;Root=1-67891233-abcdef012345678912345678", "Self=" + fresh + ";Root=1-67891233-abcdef012345678912345678"},
		{"a field without a Root gets one", "CalledFrom=app", "Root=" + fresh + ";CalledFrom=app"},
		{"a header of more than 7 KB is rewritten", "Root=" + strings.Repeat("a", 8000), "Root=" + fresh},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := http.Header{}
			if test.sent != "" {
				h.Set("X-Amzn-Trace-Id", test.sent)
			}
			if got := traceID(h); !regexp.MustCompile("^" + test.want + "$").MatchString(got) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html#http-headers-quotas and
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
func TestLimits(t *testing.T) {
	many := func(name string, n int) http.Header {
		h := http.Header{}
		for i := range n {
			h.Set(fmt.Sprintf("%s-%d", name, i), strings.Repeat("a", 15<<10))
		}
		return h
	}
	for _, test := range []struct {
		name         string
		method, path string
		header       http.Header
		want         int
	}{
		{"a request line of 16K", "GET", "/" + strings.Repeat("a", 16<<10-1-len("GET  HTTP/1.1\r\n")), nil, 200},
		{"a request line of more than 16K", "GET", "/" + strings.Repeat("a", 16<<10-len("GET  HTTP/1.1\r\n")), nil, 414},
		{"a query string of more than 16K", "GET", "/?" + strings.Repeat("a", 16<<10), nil, 414},
		{"a header of more than 16K", "GET", "/", http.Header{"A": {strings.Repeat("a", 16<<10)}}, 400},
		{"a whole header of less than 64K", "GET", "/", many("A", 4), 200},
		{"a whole header of more than 64K", "GET", "/", many("A", 5), 400},
		{"30 addresses in X-Forwarded-For", "GET", "/", http.Header{"X-Forwarded-For": {strings.Repeat("192.0.2.1,", 29) + "192.0.2.1"}}, 200},
		{"31 addresses in X-Forwarded-For", "GET", "/", http.Header{"X-Forwarded-For": {strings.Repeat("192.0.2.1,", 29) + "192.0.2.1", "192.0.2.1"}}, 463},
		{"TRACE", "TRACE", "/", nil, 405},
		{"CONNECT", "CONNECT", "/", nil, 400},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := start(t, newNetwork(), withRules(world(), on("*", fixed("200", "", ""))))
			r := request(test.method, test.path, "")
			if test.header != nil {
				r.Header = test.header
			}
			if status, _, _ := do(t, b, r); status != test.want {
				t.Errorf("%d, want %d", status, test.want)
			}
		})
	}
}

func TestAnswerHeaders(t *testing.T) {
	t.Run("the target's header is passed on without what ends here", func(t *testing.T) {
		n := newNetwork()
		n.raw(first, says("HTTP/1.1 200 OK\r\nServer: mine\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nContent-Length: 2\r\n\r\nok"))
		b := start(t, n, world())
		register(t, b, first)
		_, body, got := do(t, b, request("GET", "/", ""))
		want := http.Header{"Server": {"mine"}, "Set-Cookie": {"a=1", "b=2"}, "Content-Length": {"2"}}
		if body != "ok" || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Error(body, got)
		}
	})
	t.Run("a compressed answer stays compressed", func(t *testing.T) {
		n := newNetwork()
		n.raw(first, says("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b"))
		b := start(t, n, world())
		register(t, b, first)
		if _, body, got := do(t, b, request("GET", "/", "")); body != "\x1f\x8b" || got.Get("Content-Encoding") != "gzip" {
			t.Errorf("%q %v", body, got)
		}
	})
}

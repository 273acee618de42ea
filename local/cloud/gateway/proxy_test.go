package gateway

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/vpc"
)

func TestRequestToTheBackend(t *testing.T) {
	t.Run("path and query are as the client sent them", func(t *testing.T) {
		s := newStand(t, nil)
		for _, target := range []string{"/", "/a%2Fb", "/a/../b/./c", "//a//b//", "/%E2%82%AC?x=%zz&y", "/a?", "/a;b,c:d@e!$&'()*+=~", "/" + strings.Repeat("long/", 1500)} {
			if s.send("GET", target, ""); s.seen.URL.RequestURI() != target {
				t.Errorf("%s, want %s", s.seen.URL.RequestURI(), target)
			}
		}
	})
	t.Run("what no path may hold is encoded, and all else stays as it was: an encoded slash separates nothing", func(t *testing.T) {
		s := newStand(t, func(api *declared.API) { api.Routes = routes("GET /files/{name}") })
		if answer := s.send("GET", "/files/a%2Fb|c%7C\"^", ""); answer.Code != 200 || s.seen.URL.RequestURI() != "/files/a%2Fb%7Cc%7C%22%5E" {
			t.Errorf("%d %v", answer.Code, s.seen)
		}
	})
	t.Run("it says who asked for what, as API Gateway does", func(t *testing.T) {
		s := newStand(t, nil)
		s.send("GET", "/", "")
		h := s.seen.Header
		if h.Get("Forwarded") != `for=127.0.0.1;host="127.92.86.205:4568";proto=http` || h.Get("Via") != "HTTP/1.1 AmazonAPIGateway" ||
			!strings.HasPrefix(h.Get("X-Amzn-Trace-Id"), "Root=1-") || len(h.Get("X-Amzn-Trace-Id")) != len("Root=1-660a3384-698c896d0b97194374d1f362") ||
			s.seen.Host != "127.92.86.205:4568" || s.seen.Proto != "HTTP/1.1" || h.Get("X-Forwarded-For") != "" {
			t.Errorf("%s %s %v", s.seen.Host, s.seen.Proto, h)
		}
	})
	t.Run("what a client says of forwarding stays in Forwarded, before the gateway's", func(t *testing.T) {
		const own = `for=127.0.0.1;host="127.92.86.205:4568";proto=http`
		for _, c := range []struct {
			sent []string
			want string
		}{
			{[]string{"Forwarded", "for=1.2.3.4"}, "for=1.2.3.4, " + own},
			{[]string{"X-Forwarded-For", "1.2.3.4"}, "for=1.2.3.4, " + own},
			{[]string{"X-Forwarded-For", "1.2.3.4, 2001:db8::1", "X-Forwarded-For", "5.6.7.8:90"}, `for=1.2.3.4, for="[2001:db8::1]", for="5.6.7.8:90", ` + own},
			{[]string{"X-Forwarded-For", "1.2.3.4", "X-Forwarded-Proto", "https", "X-Forwarded-Host", "a.example", "X-Forwarded-Port", "443"}, "for=1.2.3.4;host=a.example;proto=https, " + own},
			{[]string{"X-Forwarded-Proto", `a", for=me`}, `proto="a\", for=me", ` + own},
			{[]string{"Forwarded", "for=1.2.3.4", "X-Forwarded-Proto", "https"}, "for=1.2.3.4, proto=https, " + own},
			{[]string{"X-Forwarded-For", " , "}, own},
		} {
			s := newStand(t, nil)
			s.send("GET", "/", "", c.sent...)
			if got := s.seen.Header.Get("Forwarded"); got != c.want {
				t.Errorf("%q: %s, want %s", c.sent, got, c.want)
			}
			for name := range s.seen.Header {
				if strings.HasPrefix(name, "X-Forwarded-") {
					t.Errorf("%q: %s is there", c.sent, name)
				}
			}
		}
	})
	t.Run("Via and a trace go on", func(t *testing.T) {
		s := newStand(t, nil)
		s.send("GET", "/", "", "Via", "1.1 proxy", "X-Amzn-Trace-Id", "Root=1-a-b")
		if h := s.seen.Header; h.Get("Via") != "1.1 proxy, HTTP/1.1 AmazonAPIGateway" || h.Get("X-Amzn-Trace-Id") != "Root=1-a-b" {
			t.Error(h)
		}
	})
	t.Run("headers of the connection end at the gateway, Forwarded does not", func(t *testing.T) {
		s := newStand(t, nil)
		s.send("GET", "/", "", "Connection", "keep-alive, X-Mine, Forwarded", "X-Mine", "1", "Keep-Alive", "timeout=5", "TE", "trailers",
			"Proxy-Authorization", "x", "Upgrade", "h2c", "Expect", "100-continue", "X-Yours", "2")
		h := s.seen.Header
		for _, name := range append([]string{"X-Mine"}, hopByHop...) {
			if h.Get(name) != "" {
				t.Errorf("%s is there", name)
			}
		}
		if h.Get("X-Yours") != "2" || h.Get("Forwarded") == "" {
			t.Error(h)
		}
	})
	t.Run("the payload comes with its length, also when the client sent it in chunks", func(t *testing.T) {
		s := newStand(t, nil)
		if s.send("POST", "/", "payload"); s.body != "payload" || s.seen.ContentLength != 7 || s.seen.Method != "POST" {
			t.Errorf("%s %d", s.body, s.seen.ContentLength)
		}
	})
	t.Run("a fixed integration method replaces the client's", func(t *testing.T) {
		s := newStand(t, func(api *declared.API) {
			i := api.Integrations["i1"]
			i.IntegrationMethod = aws.String("PUT")
			api.Integrations["i1"] = i
		})
		if s.send("POST", "/", ""); s.seen.Method != "PUT" {
			t.Error(s.seen.Method)
		}
	})
}

func TestAnswerToTheClient(t *testing.T) {
	t.Run("status, headers and body are the backend's, but for those of its connection", func(t *testing.T) {
		s := newStand(t, nil)
		s.answer = func(*http.Request) (*http.Response, error) {
			return reply(418, "teapot", "Set-Cookie", "a=1", "Set-Cookie", "b=2", "Connection", "X-Hop", "X-Hop", "1", "Keep-Alive", "timeout=5", "Apigw-Requestid", "fake", "Server", "tea"), nil
		}
		answer := s.send("GET", "/", "")
		want(t, answer, 418, "teapot", "")
		h := answer.Header()
		if len(h["Set-Cookie"]) != 2 || h.Get("X-Hop") != "" || h.Get("Keep-Alive") != "" || h.Get("Apigw-Requestid") == "fake" || h.Get("Server") != "tea" {
			t.Error(h)
		}
	})
	t.Run("a load balancer's own errors pass unchanged, with its explanation", func(t *testing.T) {
		s := newStand(t, nil)
		for _, status := range []int{502, 503, 504} {
			s.answer = func(*http.Request) (*http.Response, error) {
				return reply(status, "<html>", "Sallyport-Explanation", "no target is healthy"), nil
			}
			want(t, s.send("GET", "/", ""), status, "<html>", "no target is healthy")
		}
	})
	t.Run("a blocked or refused connection is 503, with the reason", func(t *testing.T) {
		s := newStand(t, nil)
		for _, err := range []error{&vpc.Blocked{Reason: "sg-lb lets nothing in"}, errors.New("listener: sg-lb lets nothing in\r\nX: y")} {
			s.answer = func(*http.Request) (*http.Response, error) { return nil, err }
			want(t, s.send("GET", "/", ""), 503, `{"message":"Service Unavailable"}`, "sg-lb lets nothing in")
		}
	})
	t.Run("a Region without load balancers is 503", func(t *testing.T) {
		s := newStand(t, nil)
		s.snapshot.Region = "us-east-1"
		want(t, s.send("GET", "/", ""), 503, `{"message":"Service Unavailable"}`, "no load balancer runs in Region us-east-1")
	})
	t.Run("the integration timeout ends a request", func(t *testing.T) {
		for declaredMillis, want := range map[int32]time.Duration{0: 30 * time.Second, 1000: time.Second, 10: 50 * time.Millisecond, 99999: 30 * time.Second} {
			synctest.Test(t, func(t *testing.T) {
				s := newStand(t, func(api *declared.API) {
					i := api.Integrations["i1"]
					i.TimeoutInMillis = &declaredMillis
					api.Integrations["i1"] = i
				})
				s.answer = func(r *http.Request) (*http.Response, error) {
					<-r.Context().Done()
					return nil, r.Context().Err()
				}
				start := time.Now()
				answer := s.send("GET", "/", "")
				if answer.Code != 503 || answer.Body.String() != `{"message":"Service Unavailable"}` || time.Since(start) != want {
					t.Errorf("%d ms: %d %s after %s", declaredMillis, answer.Code, answer.Body, time.Since(start))
				}
			})
		}
	})
	t.Run("a backend that leaves HTTP is not followed", func(t *testing.T) {
		s := newStand(t, nil)
		s.answer = func(*http.Request) (*http.Response, error) { return reply(101, ""), nil }
		want(t, s.send("GET", "/", "", "Upgrade", "websocket", "Connection", "Upgrade"), 500, `{"message":"Internal Server Error"}`, "the backend answered 101")
	})
	t.Run("a WebSocket handshake reaches the backend as a plain request, and that is told", func(t *testing.T) {
		s := newStand(t, nil)
		want(t, s.send("GET", "/", "", "Upgrade", "websocket", "Connection", "Upgrade"), 200, "hello", "an HTTP API opens no WebSockets")
		if s.seen.Header.Get("Upgrade") != "" {
			t.Error(s.seen.Header)
		}
	})
	t.Run("a client that leaves cancels the request to the backend", func(t *testing.T) {
		s := newStand(t, nil)
		s.open(t)
		reached, cancelled := make(chan bool), make(chan bool)
		s.answer = func(r *http.Request) (*http.Response, error) {
			close(reached)
			<-r.Context().Done()
			close(cancelled)
			return nil, r.Context().Err()
		}
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			request, _ := http.NewRequestWithContext(ctx, "GET", s.gateway.Endpoint("abc"), nil)
			_, _ = http.DefaultClient.Do(request)
		}()
		<-reached
		cancel()
		<-cancelled
	})
	t.Run("an answer comes when it is whole, and with its length", func(t *testing.T) {
		s := newStand(t, nil)
		s.open(t)
		s.answer = func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, ContentLength: -1, Body: io.NopCloser(strings.NewReader(strings.Repeat("x", 100_000)))}, nil
		}
		response, err := http.Get(s.gateway.Endpoint("abc"))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if body, err := io.ReadAll(response.Body); err != nil || len(body) != 100_000 || response.ContentLength != 100_000 {
			t.Error(len(body), response.ContentLength, err)
		}
	})
	t.Run("a target that dies in the middle of its answer is 503", func(t *testing.T) {
		s := newStand(t, nil)
		s.answer = func(*http.Request) (*http.Response, error) {
			body := io.MultiReader(strings.NewReader("first"), iotest.ErrReader(errors.New("the target died")))
			return &http.Response{StatusCode: 200, Header: http.Header{"X-Target": {"1"}}, ContentLength: 10, Body: io.NopCloser(body)}, nil
		}
		answer := s.send("GET", "/", "")
		want(t, answer, 503, `{"message":"Service Unavailable"}`, "the answer broke off after 5 bytes: the target died")
		if answer.Header().Get("X-Target") != "" {
			t.Error(answer.Header())
		}
	})
	t.Run("an answer that never ends, such as server-sent events, ends with the integration timeout", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newStand(t, nil)
			s.answer = func(r *http.Request) (*http.Response, error) {
				reader, writer := io.Pipe()
				context.AfterFunc(r.Context(), func() { _ = writer.CloseWithError(r.Context().Err()) })
				go func() {
					for {
						if _, err := io.WriteString(writer, "data: x\n\n"); err != nil {
							return
						}
						time.Sleep(time.Second)
					}
				}()
				return &http.Response{StatusCode: 200, Header: http.Header{}, ContentLength: -1, Body: reader}, nil
			}
			start := time.Now()
			want(t, s.send("GET", "/", ""), 503, `{"message":"Service Unavailable"}`, "the answer did not end within the integration timeout of 30000 ms")
			if took := time.Since(start); took != 30*time.Second {
				t.Error(took)
			}
			time.Sleep(time.Second) // until the backend notices
		})
	})
	t.Run("nothing is added to an answer but its request id and date: no guessed Content-Type", func(t *testing.T) {
		s := newStand(t, nil)
		s.open(t)
		s.answer = func(*http.Request) (*http.Response, error) { return reply(200, "<html>hello"), nil }
		response, err := http.Get(s.gateway.Endpoint("abc"))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if names := slices.Sorted(maps.Keys(response.Header)); !slices.Equal(names, []string{"Apigw-Requestid", "Content-Length", "Date"}) {
			t.Error(response.Header)
		}
	})
	t.Run("answers without a payload stay so: 204, 304 and those to HEAD", func(t *testing.T) {
		s := newStand(t, nil)
		s.open(t)
		for _, c := range []struct {
			method string
			status int
			length string // of the whole, in the header
		}{{"GET", 204, ""}, {"GET", 304, ""}, {"HEAD", 200, "12345"}, {"HEAD", 200, ""}} {
			s.answer = func(*http.Request) (*http.Response, error) {
				answer := reply(c.status, "")
				answer.Body, answer.ContentLength = http.NoBody, -1
				if c.length != "" {
					answer.Header.Set("Content-Length", c.length)
				}
				return answer, nil
			}
			request, _ := http.NewRequest(c.method, s.gateway.Endpoint("abc"), nil)
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(response.Body)
			_ = response.Body.Close()
			if err != nil || len(body) > 0 || response.StatusCode != c.status || response.Header.Get("Content-Length") != c.length {
				t.Errorf("%v: %d %v %q %v", c, response.StatusCode, response.Header, body, err)
			}
		}
	})
}

// Quotas: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
func TestLimits(t *testing.T) {
	t.Run("a payload of 10 MB passes", func(t *testing.T) {
		s := newStand(t, nil)
		if answer := s.send("POST", "/", strings.Repeat("x", 10<<20)); answer.Code != 200 || len(s.body) != 10<<20 {
			t.Error(answer.Code, len(s.body))
		}
	})
	t.Run("a byte more is refused", func(t *testing.T) {
		s := newStand(t, nil)
		want(t, s.send("POST", "/", strings.Repeat("x", 10<<20+1)), 413, `{"message":"Request Entity Too Large"}`, "larger than 10 MB")
		if s.seen != nil {
			t.Error("the backend was asked")
		}
	})
	t.Run("request line and header values of 10240 bytes pass, a byte more does not", func(t *testing.T) {
		s := newStand(t, nil)
		// "GET / HTTP/1.1" and the host.
		rest := 10240 - len("GET / HTTP/1.1") - len("127.92.86.205:4568")
		want(t, s.send("GET", "/", "", "X", strings.Repeat("x", rest)), 200, "hello", "")
		want(t, s.send("GET", "/", "", "X", strings.Repeat("x", rest+1)), 431, `{"message":"Request Header Fields Too Large"}`, "10241 bytes together")
	})
	t.Run("an answer of more than 10 MB is an error when its length is known", func(t *testing.T) {
		s := newStand(t, nil)
		s.answer = func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, ContentLength: 10<<20 + 1, Body: http.NoBody}, nil
		}
		want(t, s.send("GET", "/", ""), 500, `{"message":"Internal Server Error"}`, "larger than 10 MB")
		if answer := s.send("HEAD", "/", ""); answer.Code != 200 {
			t.Error(answer.Code)
		}
	})
	t.Run("an answer of more than 10 MB is an error when its length is not known", func(t *testing.T) {
		s := newStand(t, nil)
		for length, status := range map[int64]int{10 << 20: 200, 10<<20 + 1: 500} {
			s.answer = func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 200, Header: http.Header{}, ContentLength: -1, Body: io.NopCloser(io.LimitReader(zeros{}, length))}, nil
			}
			if answer := s.send("GET", "/", ""); answer.Code != status {
				t.Errorf("%d bytes: %d", length, answer.Code)
			}
		}
	})
	t.Run("all requests together hold 512 MB, and give it back", func(t *testing.T) {
		s := newStand(t, nil)
		s.gateway.held.Store(512<<20 - 9)
		want(t, s.send("POST", "/", "request"), 503, `{"message":"Service Unavailable"}`, "512 MB together")
		want(t, s.send("POST", "/", "ping"), 200, "hello", "")
		want(t, s.send("POST", "/", "0123456789"), 503, `{"message":"Service Unavailable"}`, "512 MB together")
		if held := s.gateway.held.Load(); held != 512<<20-9 {
			t.Error(held)
		}
	})
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

package verify

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

func TestProbe(t *testing.T) {
	elsewhere := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	t.Cleanup(other.Close)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Apigw-Requestid", "id of "+r.URL.Path)
		switch r.URL.Path {
		case "/home", "/hop/0":
		case "/":
			http.Redirect(w, r, "/home", http.StatusFound)
		case "/away":
			http.Redirect(w, r, other.URL, http.StatusFound)
		case "/echo":
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("Saw", r.Method+" "+r.Header.Get("Content-Type")+" "+r.Header.Get("User-Agent")+" "+string(body))
		case "/query":
			w.Header().Set("Saw", r.URL.RawQuery)
		case "/broken-off":
			w.Header().Set("Content-Length", "10")
			_, _ = w.Write([]byte("12345"))
		default:
			var hops int
			if n, _ := fmt.Sscanf(r.URL.Path, "/hop/%d", &hops); n == 1 {
				http.Redirect(w, r, fmt.Sprintf("/hop/%d", hops-1), http.StatusTemporaryRedirect)
				return
			}
			http.Error(w, "no", http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(server.Close)
	client := newProbeClient()
	t.Cleanup(client.CloseIdleConnections)
	one := func(t *testing.T, method, path string) Answer {
		t.Helper()
		return askOne(t.Context(), client, Outputs{URL: server.URL}, Probe{method, path})
	}

	t.Run("an answer has its status, its headers, its time and API Gateway's id", func(t *testing.T) {
		a := one(t, "GET", "/home")
		if a.Status != 200 || a.RequestID != "id of /home" || a.Header.Get("Content-Length") != "0" || a.Took <= 0 || a.Err != nil || a.Probe.String() != "GET /home" {
			t.Errorf("it is %+v", a)
		}
	})
	t.Run("a status that is bad is an answer", func(t *testing.T) {
		if a := one(t, "GET", "/down"); a.Status != 503 || a.Err != nil {
			t.Errorf("it is %+v", a)
		}
	})
	t.Run("a POST sends JSON", func(t *testing.T) {
		if a := one(t, "POST", "/echo"); a.Header.Get("Saw") != `POST application/json sallyport-verify {"sentBy":"make verify"}` {
			t.Errorf("it is %+v", a)
		}
	})
	t.Run("a path may have a query", func(t *testing.T) {
		if a := one(t, "GET", "/query?a=b%20c"); a.Header.Get("Saw") != "a=b%20c" {
			t.Errorf("it is %+v", a)
		}
	})
	t.Run("a redirect on the same host is followed, and the id is that of the last request", func(t *testing.T) {
		if a := one(t, "GET", "/"); a.Status != 200 || a.RequestID != "id of /home" || a.Err != nil {
			t.Errorf("it is %+v", a)
		}
	})
	t.Run("a redirect to another host is the answer, and nothing goes there", func(t *testing.T) {
		if a := one(t, "GET", "/away"); a.Status != 302 || a.Header.Get("Location") != other.URL || a.Err != nil || elsewhere != 0 {
			t.Errorf("it is %+v, %d requests elsewhere", a, elsewhere)
		}
	})
	t.Run("three redirects are followed, a fourth is the answer", func(t *testing.T) {
		if a := one(t, "POST", "/hop/3"); a.Status != 200 {
			t.Errorf("it is %+v", a)
		}
		if a := one(t, "POST", "/hop/4"); a.Status != 307 || a.Header.Get("Location") != "/hop/0" || a.Err != nil {
			t.Errorf("it is %+v", a)
		}
	})
	t.Run("an answer that breaks off is none", func(t *testing.T) {
		if a := one(t, "GET", "/broken-off"); a.Status != 0 || a.Err == nil || a.Err.Error() != "unexpected EOF" {
			t.Errorf("it is %+v", a)
		}
	})
	t.Run("where nobody listens there is no answer, and the error doesn't repeat the URL", func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address := listener.Addr().String()
		_ = listener.Close()
		a := askOne(t.Context(), client, Outputs{URL: "http://" + address}, Probe{"GET", "/"})
		if a.Status != 0 || a.Err == nil || !strings.HasSuffix(a.Err.Error(), "connection refused") || strings.Contains(a.Err.Error(), "http") {
			t.Errorf("it is %+v", a)
		}
	})
	t.Run("an answer takes 35 seconds at most", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			silent := newProbeClient()
			silent.Transport = transport(func(r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			})
			a := askOne(t.Context(), silent, Outputs{URL: "http://127.0.0.1"}, Probe{"GET", "/"})
			if a.Took != 35*time.Second || a.Err == nil || a.Err.Error() != "no answer within 35s" {
				t.Errorf("it is %+v", a)
			}
		})
	})
}

package balancer

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/vpc"
)

// atLoopback puts a real server of this machine behind a private address.
func (n *fakeNetwork) atLoopback(address netip.AddrPort, real string) {
	n.at(address, func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", real)
	})
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#load-balancer-http-error-codes
func TestErrors(t *testing.T) {
	const page503 = "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n<center><h1>503 Service Temporarily Unavailable</h1></center>\r\n</body>\r\n</html>\r\n"
	t.Run("503 when no target is registered", func(t *testing.T) {
		b := start(t, newNetwork(), world())
		status, body, header := do(t, b, request("GET", "/", ""))
		if status != 503 || body != page503 || header.Get("Content-Type") != "text/html" || header.Get("Content-Length") != "162" {
			t.Errorf("%d %q %v", status, body, header)
		}
	})
	t.Run("503 when all targets are unused or draining", func(t *testing.T) {
		b := start(t, newNetwork(), world())
		register(t, b, first)
		_ = b.Deregister(groupARN, first)
		if err := b.Register(groupARN, "subnet-c", second); err != nil {
			t.Fatal(err)
		}
		if status, _ := get(t, b, "/"); status != 503 {
			t.Error(status)
		}
	})
	t.Run("502 when nothing listens on the target's port", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_ = l.Close()
		n := newNetwork()
		n.atLoopback(first, l.Addr().String())
		b := start(t, n, world())
		register(t, b, first)
		status, _, header := do(t, b, request("GET", "/", ""))
		if status != 502 || !strings.Contains(header.Get("Sallyport-Explanation"), "connection refused") {
			t.Error(status, header)
		}
	})
	t.Run("502 when the target resets the connection", func(t *testing.T) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := http.NewResponseController(w).Hijack()
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}))
		defer server.Close()
		n := newNetwork()
		n.atLoopback(first, server.Listener.Addr().String())
		b := start(t, n, world())
		register(t, b, first)
		if status, _ := get(t, b, "/"); status != 502 {
			t.Error(status)
		}
	})
	t.Run("504 at once, explained, when the connection is blocked", func(t *testing.T) {
		n := newNetwork()
		n.at(first, blocked)
		b := start(t, n, world())
		register(t, b, first)
		status, _, header := do(t, b, request("GET", "/", ""))
		if status != 504 || header.Get("Sallyport-Explanation") != errBlocked.Reason {
			t.Error(status, header)
		}
	})
	synctestRun(t, "504 when connecting takes more than 10 seconds", func(t *testing.T) {
		n := newNetwork()
		n.at(first, func(ctx context.Context) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() })
		b := start(t, n, world())
		register(t, b, first)
		began := time.Now()
		if status, _ := get(t, b, "/"); status != 504 || time.Since(began) != 10*time.Second {
			t.Errorf("%d after %v", status, time.Since(began))
		}
	})
	synctestRun(t, "504 when the target does not answer within the idle timeout declared", func(t *testing.T) {
		n := newNetwork()
		n.serve(t, first, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		b := start(t, n, withLB(world(), "idle_timeout.timeout_seconds", "7"))
		register(t, b, first)
		began := time.Now()
		if status, _ := get(t, b, "/"); status != 504 || time.Since(began) != 7*time.Second {
			t.Errorf("%d after %v", status, time.Since(began))
		}
	})
	t.Run("an error of the target is passed on as it is", func(t *testing.T) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, "mine")
		}))
		defer server.Close()
		n := newNetwork()
		n.atLoopback(first, server.Listener.Addr().String())
		b := start(t, n, world())
		register(t, b, first)
		if status, body, header := do(t, b, request("GET", "/", "")); status != 503 || body != "mine" || header.Get("Server") != "" {
			t.Error(status, body, header)
		}
	})
}

// Fail open: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html ("routes
// requests to all those targets, regardless of their health status").
func TestRouting(t *testing.T) {
	both := func(t *testing.T, s *declared.Snapshot) (*Balancer, *fakeNetwork) {
		n := newNetwork()
		n.serve(t, first, answer("1"))
		n.serve(t, second, answer("2"))
		b := start(t, n, s)
		register(t, b, first, second)
		return b, n
	}
	served := func(t *testing.T, b *Balancer, requests int) (n1, n2 int) {
		for range requests {
			switch _, body := get(t, b, "/"); body {
			case "1":
				n1++
			case "2":
				n2++
			default:
				t.Errorf("answered %q", body)
			}
		}
		return n1, n2
	}
	t.Run("healthy targets take turns", func(t *testing.T) {
		b, _ := both(t, world())
		healthy(b, first, second)
		if n1, n2 := served(t, b, 10); n1 != 5 || n2 != 5 {
			t.Error(n1, n2)
		}
	})
	t.Run("an initial target gets nothing beside a healthy one", func(t *testing.T) {
		b, _ := both(t, world())
		healthy(b, second)
		if n1, n2 := served(t, b, 10); n1 != 0 || n2 != 10 {
			t.Error(n1, n2)
		}
	})
	t.Run("when none is healthy all get requests, initial or unhealthy", func(t *testing.T) {
		b, _ := both(t, world())
		b.mu.Lock()
		for range 2 {
			b.groups[groupARN].find(first).health.observe(result{reason: "Target.Timeout"}, 3, 2)
		}
		b.mu.Unlock()
		if n1, n2 := served(t, b, 10); n1 != 5 || n2 != 5 {
			t.Error(n1, n2)
		}
	})
	synctestRun(t, "with least outstanding requests the idle target is picked", func(t *testing.T) {
		b, n := both(t, withGroup(world(), func(g *declared.TargetGroup) {
			g.Attributes["load_balancing.algorithm.type"] = "least_outstanding_requests"
		}))
		n.serve(t, first, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/slow" {
				<-r.Context().Done()
			}
			_, _ = io.WriteString(w, "1")
		})
		healthy(b, first, second)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = b.RoundTrip(listenerARN, link, request("GET", "/slow", "").WithContext(ctx))
		}()
		synctest.Wait()
		if n1, n2 := served(t, b, 10); n1 != 0 || n2 != 10 {
			t.Error(n1, n2)
		}
		cancel()
		<-done
	})
	t.Run("a target is reached from the node in its zone", func(t *testing.T) {
		b, n := both(t, world())
		healthy(b, second)
		served(t, b, 1)
		n.mu.Lock()
		defer n.mu.Unlock()
		if got := n.dialed[len(n.dialed)-1].SubnetID; got != "subnet-b" {
			t.Error(got)
		}
	})
	t.Run("a connection is used again until the network or the load balancer changes", func(t *testing.T) {
		b, n := both(t, world())
		healthy(b, first)
		dials := func() int { n.mu.Lock(); defer n.mu.Unlock(); return len(n.dialed) }
		served(t, b, 20)
		if dials() != 1 {
			t.Errorf("%d connections for 20 requests", dials())
		}
		b.Declare(world())
		served(t, b, 20)
		if dials() != 1 {
			t.Errorf("%d connections after the same was declared", dials())
		}
		s := world()
		delete(s.Subnets, "subnet-c")
		n.at(first, blocked)
		b.Declare(s)
		if status, _ := get(t, b, "/"); status != 504 {
			t.Errorf("%d over a connection that is blocked now", status)
		}
	})
}

var _ Network = (*vpc.Network)(nil)

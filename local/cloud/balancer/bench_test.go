package balancer

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

// BenchmarkRoundTrip tells what a request through the balancer costs beside the same request sent straight to the
// target, over real loopback connections. The difference is smaller than what a busy machine adds to either: compare
// them by alternating runs of each alone, with a fixed -benchtime such as 20000x, never by one run of both.
func BenchmarkRoundTrip(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
	defer server.Close()
	address := server.Listener.Addr().String()
	b.Run("straight", func(b *testing.B) {
		// Compression is off in the balancer's transport too.
		transport := &http.Transport{DisableCompression: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", address)
		}}
		defer transport.CloseIdleConnections()
		b.ReportAllocs()
		for b.Loop() {
			r, _ := http.NewRequest("GET", server.URL, nil)
			answer, err := transport.RoundTrip(r)
			if err != nil {
				b.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, answer.Body)
			_ = answer.Body.Close()
		}
	})
	b.Run("balancer", func(b *testing.B) {
		n := newNetwork()
		n.atLoopback(first, address)
		balancer := start(b, n, world())
		register(b, balancer, first)
		healthy(balancer, first)
		b.ReportAllocs()
		for b.Loop() {
			r := request("GET", "/", "")
			answer, err := balancer.RoundTrip(listenerARN, link, r)
			if err != nil || answer.StatusCode != 200 {
				b.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, answer.Body)
			_ = answer.Body.Close()
		}
	})
}

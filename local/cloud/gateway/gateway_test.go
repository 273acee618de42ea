package gateway

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

func setUp(t *testing.T) *Gateway {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	g := &Gateway{Port: listener.Addr().(*net.TCPAddr).Port, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	t.Cleanup(g.CloseAll)
	return g
}

func TestAddress(t *testing.T) {
	t.Run("is the same for the same API, and loopback", func(t *testing.T) {
		if got := Address("abcdefgh"); got != netip.MustParseAddr("127.92.86.205") || !got.IsLoopback() {
			t.Error(got)
		}
	})
	t.Run("differs between APIs", func(t *testing.T) {
		if Address("a") == Address("b") {
			t.Error(Address("a"))
		}
	})
}

func TestGateway(t *testing.T) {
	t.Run("an API's address answers 503 and says why, until the API is closed", func(t *testing.T) {
		g := setUp(t)
		g.Open("abc")
		g.Open("abc")
		if apis := g.APIs(); len(apis) != 1 || apis[0].Problem != "" {
			t.Skip(apis)
		}
		response, err := http.Get(g.Endpoint("abc") + "/any/path")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		explanation := response.Header.Get("Sallyport-Explanation")
		if response.StatusCode != 503 || string(body) != `{"message":"Service Unavailable"}` || explanation != "this local cloud has the API but does not serve its traffic yet" {
			t.Errorf("%s %s %s", response.Status, body, explanation)
		}
		g.Close("abc")
		if connection, err := net.Dial("tcp", strings.TrimPrefix(g.Endpoint("abc"), "http://")); err == nil || len(g.APIs()) != 0 {
			t.Errorf("still there: %v %v", connection, g.APIs())
		}
	})
	t.Run("an address that can't be had is told with what to do", func(t *testing.T) {
		g := setUp(t)
		listener, err := net.Listen("tcp", strings.TrimPrefix(g.Endpoint("abc"), "http://"))
		if err != nil {
			t.Skip(err)
		}
		g.Open("abc")
		address := Address("abc").String()
		want := "bind: address already in use. Where only 127.0.0.1 is set up (macOS), add the address with `sudo ifconfig lo0 alias " + address + " up`; when another program has the port, set SALLYPORT_GATEWAY_PORT"
		if apis := g.APIs(); len(apis) != 1 || !strings.HasPrefix(apis[0].Problem, "API abc: listen tcp "+address) || !strings.HasSuffix(apis[0].Problem, want) {
			t.Errorf("%+v", apis)
		}
		_ = listener.Close()
		g.Open("abc")
		if apis := g.APIs(); apis[0].Problem != "" {
			t.Errorf("opened again: %+v", apis)
		}
	})
}

package front

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"
)

// hostile is the front with the server that the daemon gives it.
func hostile(t *testing.T) (*bench, string) {
	t.Helper()
	b := setUp(t)
	server := httptest.NewUnstartedServer(nil)
	server.Config = NewServer(b.handler)
	server.Start()
	t.Cleanup(server.Close)
	return b, server.Listener.Addr().String()
}

// What is said on the wire to a server that everybody on this machine can reach. The statuses are those of RFC 9112.
func TestHostileInput(t *testing.T) {
	b, address := hostile(t)
	const head = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: AWS4-HMAC-SHA256 Credential=K/20260101/eu-west-1/iam/aws4_request, SignedHeaders=host, Signature=0\r\n"
	for name, c := range map[string]struct {
		request string
		want    string // status line's beginning
	}{
		"two lengths that differ":             {head + "Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde", "HTTP/1.1 400"},
		"a length that is no number":          {head + "Content-Length: +5\r\n\r\nabcde", "HTTP/1.1 400"},
		"a negative length":                   {head + "Content-Length: -1\r\n\r\n", "HTTP/1.1 400"},
		"a transfer coding that is unknown":   {head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 501"},
		"a disguised transfer coding":         {head + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 400"},
		"a header name with a space":          {head + "X Y: 1\r\n\r\n", "HTTP/1.1 400"},
		"a header value with a NUL":           {head + "X: \x00\r\n\r\n", "HTTP/1.1 400"},
		"no host":                             {"POST / HTTP/1.1\r\n\r\n", "HTTP/1.1 400"},
		"two hosts":                           {"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400"},
		"a request line of rubbish":           {"\x16\x03\x01\x02\x00\r\n\r\n", "HTTP/1.1 400"},
		"a version that does not exist":       {"POST / HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n", "HTTP/1.1 505"},
		"a header longer than any":            {head + "X: " + strings.Repeat("x", 2*headerLimit) + "\r\n\r\n", "HTTP/1.1 431"},
		"a target longer than any":            {"GET /" + strings.Repeat("x", 2*headerLimit) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "HTTP/1.1 431"},
		"a body that is declared too long":    {head + fmt.Sprintf("Content-Length: %d\r\n\r\n", requestLimit+1), "HTTP/1.1 413"},
		"chunks whose size is no number":      {head + "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n", "HTTP/1.1 400"},
		"a chunk that is longer than it says": {head + "Transfer-Encoding: chunked\r\n\r\n2\r\nabcdef\r\n0\r\n\r\n", "HTTP/1.1 400"},
	} {
		t.Run(name, func(t *testing.T) {
			connection, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer connection.Close()
			_ = connection.SetDeadline(time.Now().Add(time.Minute))
			b.seen = nil
			go func() { _, _ = io.WriteString(connection, c.request) }()
			line, err := bufio.NewReader(connection).ReadString('\n')
			if err != nil || !strings.HasPrefix(line, c.want) {
				t.Errorf("%q, %v; want %s", line, err, c.want)
			}
		})
	}
	t.Run("a request that hides another one behind its chunks brings moto one request", func(t *testing.T) {
		count := 0
		moto := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			count++
			_, _ = io.Copy(io.Discard, r.Body)
		}))
		defer moto.Close()
		b.handler.Upstream = func() (string, bool) { return strings.TrimPrefix(moto.URL, "http://"), true }
		connection, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		_ = connection.SetDeadline(time.Now().Add(time.Minute))
		hidden := "GET /hidden HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
		_, _ = fmt.Fprintf(connection, "%sContent-Length: %d\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n%s", head, 5+len(hidden), hidden)
		answer, err := io.ReadAll(connection)
		if err != nil || count != 1 || bytes.Count(answer, []byte("HTTP/1.1 ")) != 1 {
			t.Errorf("moto got %d requests, the client\n%s%v", count, answer, err)
		}
	})
	t.Run("a body that grows beyond the limit in chunks ends with 413", func(t *testing.T) {
		moto := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
		defer moto.Close()
		b.handler.Upstream = func() (string, bool) { return strings.TrimPrefix(moto.URL, "http://"), true }
		request := signed(t, "POST", "http://"+address+"/", "iam", "", "")
		request.Body, request.ContentLength = io.NopCloser(io.LimitReader(zeros{}, requestLimit+1)), -1
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusRequestEntityTooLarge || response.Header.Get("X-Amzn-Errortype") != "RequestEntityTooLarge" {
			t.Errorf("%s %v", response.Status, response.Header)
		}
	})
	t.Run("a thousand idle and a thousand half-sent requests keep no one waiting, and leave nothing", func(t *testing.T) {
		before := runtime.NumGoroutine()
		var held []net.Conn
		for i := range 2000 {
			connection, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatalf("connection %d: %v", i, err)
			}
			if held = append(held, connection); i%2 == 1 {
				_, _ = io.WriteString(connection, head)
			}
		}
		response, err := http.Get("http://" + address + StatusPath)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Errorf("%v, %v", response, err)
		} else {
			_ = response.Body.Close()
		}
		for _, connection := range held {
			_ = connection.Close()
		}
		for end := time.Now().Add(time.Minute); runtime.NumGoroutine() > before+20; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%d goroutines before, %d after", before, runtime.NumGoroutine())
			}
		}
	})
}

// zeros is an endless body.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

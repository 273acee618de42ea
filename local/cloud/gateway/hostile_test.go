package gateway

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
)

// exchangeRaw sends bytes to the API's address and returns the status lines of all answers until the gateway closes
// the connection, or "none" when it answers nothing.
func exchangeRaw(t *testing.T, address, sent string) string {
	t.Helper()
	connection, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(20 * time.Second))
	go func() { _, _ = io.WriteString(connection, sent) }()
	var statuses []string
	reader := bufio.NewReader(connection)
	for {
		answer, err := http.ReadResponse(reader, nil)
		if err != nil {
			break
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		statuses = append(statuses, fmt.Sprint(answer.StatusCode))
	}
	if len(statuses) == 0 {
		return "none"
	}
	return strings.Join(statuses, " ")
}

func TestHostileRequests(t *testing.T) {
	s := newStand(t, nil)
	s.answer = func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == "/smuggled" {
			t.Error("a smuggled request reached the backend")
		}
		return reply(200, "hello"), nil
	}
	s.open(t)
	address := strings.TrimPrefix(s.gateway.Endpoint("abc"), "http://")
	const end = "Host: 127.0.0.1\r\nConnection: close\r\n\r\n"
	for _, c := range []struct{ name, sent, want string }{
		{"a plain request", "GET / HTTP/1.1\r\n" + end, "200"},
		{"HTTP/1.0 without a host", "GET / HTTP/1.0\r\n\r\n", "200"},
		{"HTTP/1.1 without a host", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "400"},
		{"two hosts", "GET / HTTP/1.1\r\nHost: a\r\n" + end, "400"},
		{"another name that points here", "GET / HTTP/1.1\r\nHost: evil.example:4568\r\nConnection: close\r\n\r\n", "403"},
		{"a name that begins like an address", "GET / HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\nConnection: close\r\n\r\n", "403"},
		{"another name and a payload that never comes", "POST / HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 100\r\n\r\n", "403"},
		{"an absolute URL", "GET http://127.0.0.2/x HTTP/1.1\r\n" + end, "200"},
		{"an absolute URL with another name", "GET http://elsewhere/x HTTP/1.1\r\n" + end, "403"},
		{"HTTP/2 without TLS", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "405"},
		{"HTTP/3.0", "GET / HTTP/3.0\r\n" + end, "505"},
		{"no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "400"},
		{"nothing but line ends", "\r\n\r\n\r\n\r\n", "400"},
		{"CONNECT", "CONNECT x:443 HTTP/1.1\r\n" + end, "405"},
		{"TRACE", "TRACE / HTTP/1.1\r\n" + end, "405"},
		{"a method that nobody knows", "BREW / HTTP/1.1\r\n" + end, "405"},
		{"OPTIONS of everything", "OPTIONS * HTTP/1.1\r\n" + end, "400"},
		{"a path that is not encoded right", "GET /%zz HTTP/1.1\r\n" + end, "400"},
		{"a path with a control character", "GET /\x01 HTTP/1.1\r\n" + end, "400"},
		{"dot segments", "GET /../../etc/passwd HTTP/1.1\r\n" + end, "200"},
		{"both lengths (CL.TE)", "POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nHost: localhost\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n" + end, "200"},
		{"two lengths that differ", "POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n" + end + "helloX", "400"},
		{"two lengths in one header", "POST / HTTP/1.1\r\nContent-Length: 5, 6\r\n" + end + "helloX", "400"},
		{"a negative length", "POST / HTTP/1.1\r\nContent-Length: -1\r\n" + end, "400"},
		{"a length with a sign", "POST / HTTP/1.1\r\nContent-Length: +5\r\n" + end + "hello", "400"},
		{"a length beyond every number", "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n" + end, "400"},
		{"a transfer coding in disguise", "POST / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n" + end + "0\r\n\r\n", "501"},
		{"two transfer codings", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n" + end + "0\r\n\r\n", "501"},
		{"a space before the colon", "GET / HTTP/1.1\r\nTransfer-Encoding : chunked\r\n" + end, "400"},
		{"a folded header", "GET / HTTP/1.1\r\nX: a\r\n b\r\n" + end, "200"},
		{"a header without a name", "GET / HTTP/1.1\r\n: a\r\n" + end, "400"},
		{"a NUL in a header", "GET / HTTP/1.1\r\nX: a\x00b\r\n" + end, "400"},
		{"a lone CR in a header", "GET / HTTP/1.1\r\nX: a\rY: b\r\n" + end, "400"},
		{"a chunk whose size is no number", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: localhost\r\n\r\nzz\r\nhello\r\n0\r\n\r\n", "400"},
		{"a chunk without its end", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: localhost\r\n\r\n5\r\nhelloXX0\r\n\r\n", "400"},
		{"a chunk size beyond every number", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: localhost\r\n\r\nfffffffffffffffff\r\n", "400"},
		{"a payload that promises more than 10 MB", "POST / HTTP/1.1\r\nContent-Length: 10485761\r\nHost: localhost\r\n\r\n", "413"},
		{"the same, asking first", "POST / HTTP/1.1\r\nContent-Length: 10485761\r\nExpect: 100-continue\r\nHost: localhost\r\n\r\n", "413"},
		{"chunks of more than 10 MB", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: localhost\r\n\r\na00001\r\n" + strings.Repeat("x", 10<<20+1) + "\r\n0\r\n\r\n", "413"},
		{"asking first", "POST / HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n" + end + "hello", "100 200"},
		{"expecting what nobody does", "POST / HTTP/1.1\r\nContent-Length: 5\r\nExpect: magic\r\n" + end + "hello", "417"},
		{"headers of 12 KB", "GET / HTTP/1.1\r\nX: " + strings.Repeat("x", 12<<10) + "\r\n" + end, "431"},
		{"headers of 1 MB", "GET / HTTP/1.1\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n" + end, "431"},
		{"a path of 12 KB", "GET /" + strings.Repeat("x", 12<<10) + " HTTP/1.1\r\n" + end, "431"},
		{"thousands of headers", "GET / HTTP/1.1\r\n" + strings.Repeat("X: y\r\n", 6000) + end, "200"},
		{"two requests in one go", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\n" + end, "200 200"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := exchangeRaw(t, address, c.sent); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestHostileRequestsToARESTAPI(t *testing.T) {
	s := newRestStand(t, nil)
	s.handle = func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "smuggled") || r.Host != "nlb.example" {
			t.Errorf("the backend got %s of %s", r.URL, r.Host)
		}
	}
	s.open(t)
	address := strings.TrimPrefix(s.gateway.Endpoint("abc"), "http://")
	const end = "Host: 127.0.0.1\r\nConnection: close\r\n\r\n"
	for _, c := range []struct{ name, sent, want string }{
		{"a plain request", "GET /live HTTP/1.1\r\n" + end, "200"},
		{"another name that points here", "GET /live HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", "403"},
		{"an absolute URL with another name", "GET http://elsewhere/live HTTP/1.1\r\n" + end, "403"},
		{"dot segments", "GET /live/../../etc/passwd HTTP/1.1\r\n" + end, "200"},
		{"dot segments before the stage", "GET /../live HTTP/1.1\r\n" + end, "403"},
		{"an encoded stage", "GET /%6cive HTTP/1.1\r\n" + end, "403"},
		{"encoded line ends in a path", "GET /live/%0d%0aHost:%20evil HTTP/1.1\r\n" + end, "200"},
		{"an encoded question mark in a path", "GET /live/a%3fb HTTP/1.1\r\n" + end, "200"},
		{"both lengths (CL.TE)", "POST /live HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nHost: localhost\r\n\r\n0\r\n\r\nGET /live/smuggled HTTP/1.1\r\n" + end, "200"},
		{"a method that nobody knows", "BREW /live HTTP/1.1\r\n" + end, "403"},
		{"OPTIONS of everything", "OPTIONS * HTTP/1.1\r\n" + end, "400"},
		{"a payload that promises more than 10 MB", "POST /live HTTP/1.1\r\nContent-Length: 10485761\r\nHost: localhost\r\n\r\n", "413"},
		{"headers of 12 KB", "GET /live HTTP/1.1\r\nX: " + strings.Repeat("x", 12<<10) + "\r\n" + end, "431"},
		{"two requests in one go", "GET /live HTTP/1.1\r\nHost: localhost\r\n\r\nGET /live/a HTTP/1.1\r\n" + end, "200 200"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := exchangeRaw(t, address, c.sent); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestManyConnections(t *testing.T) {
	t.Run("2000 idle clients and 2000 that stop in the middle of a header hurt nobody, and leave nothing behind", func(t *testing.T) {
		s := newStand(t, nil)
		s.open(t)
		address := strings.TrimPrefix(s.gateway.Endpoint("abc"), "http://")
		before := runtime.NumGoroutine()
		var connections []net.Conn
		for i := range 4000 {
			connection, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatalf("connection %d: %s", i, err)
			}
			connections = append(connections, connection)
			if i%2 == 0 {
				_, _ = io.WriteString(connection, "GET / HTTP/1.1\r\nX-Slow: ")
			}
		}
		if got := exchangeRaw(t, address, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"); got != "200" {
			t.Errorf("another client got %s", got)
		}
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		if used := memory.HeapInuse + memory.StackInuse; used > 150<<20 {
			t.Errorf("%d MB in use", used>>20)
		}
		for _, connection := range connections {
			_ = connection.Close()
		}
		s.gateway.Close("abc")
		for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before+5; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
			}
		}
	})
	t.Run("who sends no header, or no next request, is let go", func(t *testing.T) {
		server := newServer(nil)
		if server.ReadHeaderTimeout != 10*time.Second || server.IdleTimeout != time.Minute || server.ReadTimeout != 0 {
			t.Errorf("%+v", server)
		}
		if longest := uploadTime + maxTimeout; server.WriteTimeout <= longest {
			t.Errorf("an answer after %s would be cut at %s", longest, server.WriteTimeout)
		}
	})
}

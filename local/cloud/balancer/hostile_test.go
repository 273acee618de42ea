package balancer

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func readRequest(c net.Conn) {
	if r, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
}

// repeat writes a text until the other side has had enough.
func repeat(c net.Conn, text string) {
	for {
		if _, err := io.WriteString(c, text); err != nil {
			return
		}
	}
}

func says(text string) func(net.Conn) {
	return func(c net.Conn) { readRequest(c); _, _ = io.WriteString(c, text) }
}

// What a load balancer answers is in
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html; the limit of
// 32K for the header of an answer in
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html.
func TestHostileTargets(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, test := range []struct {
		name   string
		serve  func(net.Conn)
		status int
	}{
		{"closes without an answer", says(""), 502},
		{"closes in the middle of its header", says(ok + "A: b\r\n"), 502},
		{"does not speak HTTP", says("SSH-2.0-OpenSSH\r\n\r\n"), 502},
		{"sends a malformed header", says(ok + "no colon\r\n\r\n"), 502},
		{"sends a space before the colon", says(ok + "Content-Length : 3\r\n\r\nabc"), 502},
		{"sends a control character in a header", says(ok + "A: b\x01c\r\n\r\n"), 502},
		{"sends a negative Content-Length", says(ok + "Content-Length: -1\r\n\r\n"), 502},
		{"sends two Content-Lengths", says(ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), 502},
		{"sends an unknown Transfer-Encoding", says(ok + "Transfer-Encoding: gzip\r\n\r\n"), 502},
		{"sends a header of more than 32K", says(ok + "A: " + strings.Repeat("a", 33<<10) + "\r\n\r\n"), 502},
		{"sends a header without end", func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, ok)
			repeat(c, "A: aaaaaaaaaaaaaaaaaaaaaaaa\r\n")
		}, 502},
		{"sends 103 without end", func(c net.Conn) { readRequest(c); repeat(c, "HTTP/1.1 103 Early Hints\r\n\r\n") }, 502},
		{"switches protocols", says("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"), 502},
		{"sends a status line alone", says("HTTP/1.1 200\r\n\r\n"), 200},
		{"sends a header of almost 32K", says(ok + "A: " + strings.Repeat("a", 30<<10) + "\r\nContent-Length: 0\r\n\r\n"), 200},
		{"sends 103 before its answer", says("HTTP/1.1 103 Early Hints\r\n\r\n" + ok + "Content-Length: 0\r\n\r\n"), 200},
		{"is silent", func(c net.Conn) { readRequest(c); _, _ = c.Read(make([]byte, 1)) }, 504},
	} {
		t.Run("a target that "+test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork()
				n.raw(first, test.serve)
				b := start(t, n, world())
				register(t, b, first)
				began := time.Now()
				status, body, header := do(t, b, request("GET", "/", ""))
				if status != test.status {
					t.Fatalf("%d, want %d (%s)", status, test.status, header.Get("Sallyport-Explanation"))
				}
				if took := time.Since(began); test.status == 504 && took != 60*time.Second || test.status != 504 && took > time.Second {
					t.Errorf("answered after %v", took)
				}
				if own := header.Get("Server") == "awselb/2.0"; own != (status != 200) {
					t.Errorf("Server is %q", header.Get("Server"))
				}
				if status != 200 && !strings.Contains(body, fmt.Sprintf("<center><h1>%d ", status)) {
					t.Errorf("body %q", body)
				}
			})
		})
	}
}

func TestDeafTarget(t *testing.T) {
	synctestRun(t, "a target that does not even read is answered for with 504 after the idle timeout", func(t *testing.T) {
		n := newNetwork()
		n.raw(first, func(net.Conn) { <-t.Context().Done() })
		b := start(t, n, world())
		register(t, b, first)
		for _, body := range []string{"", "abc"} {
			began := time.Now()
			if status, _, _ := do(t, b, request("POST", "/", body)); status != 504 || time.Since(began) != 60*time.Second {
				t.Errorf("%d after %v", status, time.Since(began))
			}
		}
	})
}

func TestHostileBodies(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, test := range []struct {
		name  string
		serve func(net.Conn)
		read  string
		took  time.Duration
	}{
		{"promises more than it sends and closes", says(ok + "Content-Length: 10\r\n\r\nabc"), "abc", 0},
		{"promises more than it sends and waits", func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, ok+"Content-Length: 10\r\n\r\nabc")
			_, _ = c.Read(make([]byte, 1))
		}, "abc", 60 * time.Second},
		{"breaks its chunks", says(ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n"), "abc", 0},
		{"ends without its last chunk", says(ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"), "abc", 0},
	} {
		t.Run("a target that "+test.name+" breaks off the answer", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork()
				n.raw(first, test.serve)
				b := start(t, n, world())
				register(t, b, first)
				answer, err := b.RoundTrip(listenerARN, link, request("GET", "/", ""))
				if err != nil {
					t.Fatal(err)
				}
				defer answer.Body.Close()
				began := time.Now()
				body, err := io.ReadAll(answer.Body)
				if err == nil || string(body) != test.read || time.Since(began) != test.took {
					t.Errorf("%q, %v after %v", body, err, time.Since(began))
				}
			})
		})
	}
	synctestRun(t, "a target that sends less than Content-Length has no more said", func(t *testing.T) {
		n := newNetwork()
		n.raw(first, says(ok+"Content-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"))
		b := start(t, n, world())
		register(t, b, first)
		for range 2 {
			if _, body := get(t, b, "/"); body != "abc" {
				t.Errorf("%q", body)
			}
		}
	})
	synctestRun(t, "an endless body is streamed, and ends with its reader", func(t *testing.T) {
		n := newNetwork()
		ended := make(chan struct{})
		n.raw(first, func(c net.Conn) {
			defer close(ended)
			readRequest(c)
			_, _ = io.WriteString(c, ok+"\r\n")
			repeat(c, strings.Repeat("a", 1000))
		})
		b := start(t, n, world())
		register(t, b, first)
		answer, err := b.RoundTrip(listenerARN, link, request("GET", "/", ""))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, answer.Body, 10<<20); err != nil {
			t.Error(err)
		}
		_ = answer.Body.Close()
		<-ended
	})
	synctestRun(t, "a slow body that sends something within each idle timeout goes on", func(t *testing.T) {
		n := newNetwork()
		n.serve(t, first, func(w http.ResponseWriter, r *http.Request) {
			for range 10 {
				if r.URL.Path != "/" {
					return
				}
				time.Sleep(59 * time.Second)
				_, _ = io.WriteString(w, "a")
				_ = http.NewResponseController(w).Flush()
			}
		})
		b := start(t, n, world())
		register(t, b, first)
		if status, body := get(t, b, "/"); status != 200 || body != "aaaaaaaaaa" {
			t.Errorf("%d %q", status, body)
		}
	})
}

func TestSlowClients(t *testing.T) {
	synctestRun(t, "a client that stops sending its body is answered 408 after the idle timeout", func(t *testing.T) {
		n := newNetwork()
		n.serve(t, first, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
		b := start(t, n, world())
		register(t, b, first)
		body, client := io.Pipe()
		r, _ := http.NewRequest("POST", "http://app.example.com/", body)
		go func() { _, _ = io.WriteString(client, "abc") }()
		defer client.Close()
		began := time.Now()
		if status, _, _ := do(t, b, r); status != 408 || time.Since(began) != 60*time.Second {
			t.Errorf("%d after %v", status, time.Since(began))
		}
	})
	synctestRun(t, "a slow client that sends something within each idle timeout goes on", func(t *testing.T) {
		n := newNetwork()
		n.serve(t, first, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
		b := start(t, n, world())
		register(t, b, first)
		body, client := io.Pipe()
		go func() {
			for range 5 {
				time.Sleep(59 * time.Second)
				_, _ = io.WriteString(client, "a")
			}
			_ = client.Close()
		}()
		r, _ := http.NewRequest("POST", "http://app.example.com/", body)
		r.ContentLength = 5
		if status, got, _ := do(t, b, r); status != 200 || got != "aaaaa" {
			t.Errorf("%d %q", status, got)
		}
	})
	synctestRun(t, "a client that goes away gets an error, and its target is told", func(t *testing.T) {
		n := newNetwork()
		told := make(chan struct{})
		n.serve(t, first, func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/" {
				<-r.Context().Done()
				close(told)
			}
		})
		b := start(t, n, world())
		register(t, b, first)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := b.RoundTrip(listenerARN, link, request("GET", "/", "").WithContext(ctx)); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		<-told
	})
	synctestRun(t, "a body that can't be read is the client's error", func(t *testing.T) {
		n := newNetwork()
		n.serve(t, first, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
		b := start(t, n, world())
		register(t, b, first)
		r, _ := http.NewRequest("POST", "http://app.example.com/", http.MaxBytesReader(nil, io.NopCloser(strings.NewReader("abcdef")), 3))
		if _, err := b.RoundTrip(listenerARN, link, r); err == nil {
			t.Error("no error")
		} else if _, tooLarge := errors.AsType[*http.MaxBytesError](err); !tooLarge {
			t.Error(err)
		}
	})
	synctestRun(t, "a body is sent as it is, with its length or in chunks", func(t *testing.T) {
		n := newNetwork()
		n.serve(t, first, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%d %v %d", r.ContentLength, r.TransferEncoding, len(body))
		})
		b := start(t, n, world())
		register(t, b, first)
		if _, body, _ := do(t, b, request("POST", "/", strings.Repeat("a", 100_000))); body != "100000 [] 100000" {
			t.Error(body)
		}
		r := request("POST", "/", strings.Repeat("a", 100_000))
		r.ContentLength = -1
		if _, body, _ := do(t, b, r); body != "-1 [chunked] 100000" {
			t.Error(body)
		}
		if _, body, _ := do(t, b, request("POST", "/", "")); body != "0 [] 0" {
			t.Error(body)
		}
	})
}

func synctestRun(t *testing.T, name string, test func(t *testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

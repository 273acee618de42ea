package balancer

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sallyport/local/cloud/declared"
)

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#deregistration-delay
func TestDeregistration(t *testing.T) {
	run := func(name string, test func(t *testing.T)) { synctestRun(t, name, test) }
	const draining = "draining Target.DeregistrationInProgress Target deregistration is in progress"
	run("a draining target answers what it has, gets nothing new and is gone after the delay", func(t *testing.T) {
		n := newNetwork()
		n.serve(t, first, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/slow" {
				time.Sleep(30 * time.Second)
			}
			fmt.Fprint(w, "first")
		})
		n.serve(t, second, answer("second"))
		b := start(t, n, world())
		register(t, b, first)
		healthy(b, first)
		slow := make(chan string)
		go func() { _, body := get(t, b, "/slow"); slow <- body }()
		synctest.Wait()
		register(t, b, second)
		healthy(b, second)
		if err := b.Deregister(groupARN, first); err != nil {
			t.Fatal(err)
		}
		gone := b.drained(groupARN, first)
		for range 4 {
			if status, body := get(t, b, "/"); status != 200 || body != "second" {
				t.Errorf("%d %q during draining", status, body)
			}
		}
		if body := <-slow; body != "first" {
			t.Errorf("the request under way was answered %q", body)
		}
		sleep(30*time.Second - time.Millisecond)
		wantState(t, b, first, draining)
		if closed(gone) {
			t.Error("drained before the delay was over")
		}
		sleep(time.Millisecond)
		wantState(t, b, first, "gone")
		if !closed(gone) || !closed(b.drained(groupARN, first)) {
			t.Error("not drained after the delay")
		}
	})
	run("a request that outlives the delay is answered 502", func(t *testing.T) {
		n := newNetwork()
		n.serve(t, first, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		b := start(t, n, withLB(world(), "idle_timeout.timeout_seconds", "4000"))
		register(t, b, first)
		began := time.Now()
		statuses := make(chan int)
		go func() { status, _ := get(t, b, "/"); statuses <- status }()
		synctest.Wait()
		_ = b.Deregister(groupARN, first)
		if status := <-statuses; status != 502 || time.Since(began) != time.Minute {
			t.Errorf("%d after %v, want 502 after 1m0s", status, time.Since(began))
		}
	})
	run("an answer that is still streaming is cut after the delay", func(t *testing.T) {
		n := newNetwork()
		n.serve(t, first, func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, "tick\n")
				_ = http.NewResponseController(w).Flush()
				time.Sleep(time.Second)
			}
		})
		b := start(t, n, world())
		register(t, b, first)
		answer, err := b.RoundTrip(listenerARN, link, request("GET", "/", ""))
		if err != nil {
			t.Fatal(err)
		}
		_ = b.Deregister(groupARN, first)
		body, err := io.ReadAll(answer.Body)
		if ticks := strings.Count(string(body), "tick"); err == nil || ticks < 60 || ticks > 61 {
			t.Errorf("%d ticks in a minute, then %v", ticks, err)
		}
		sleep(2 * time.Second) // for the target to notice
	})
	run("a draining target that is registered again is taken back and checked like a new one", func(t *testing.T) {
		n := newNetwork()
		n.serve(t, first, answer("first"))
		b := start(t, n, world())
		register(t, b, first)
		sleep(registrationDelay)
		_ = b.Deregister(groupARN, first)
		gone := b.drained(groupARN, first)
		register(t, b, first)
		wantState(t, b, first, "initial Elb.RegistrationInProgress Target registration is in progress")
		sleep(time.Hour)
		wantState(t, b, first, "healthy")
		if closed(gone) {
			t.Error("counted as drained")
		}
	})
	run("a delay of 0 ends a target at once", func(t *testing.T) {
		b := start(t, newNetwork(), withGroup(world(), func(g *declared.TargetGroup) {
			g.Attributes["deregistration_delay.timeout_seconds"] = "0"
		}))
		register(t, b, first)
		_ = b.Deregister(groupARN, first)
		wantState(t, b, first, "gone")
	})
	run("the default delay is 300 seconds", func(t *testing.T) {
		b := start(t, newNetwork(), withGroup(world(), func(g *declared.TargetGroup) { g.Attributes = nil }))
		register(t, b, first)
		_ = b.Deregister(groupARN, first)
		sleep(300*time.Second - time.Millisecond)
		wantState(t, b, first, draining)
		sleep(time.Millisecond)
		wantState(t, b, first, "gone")
	})
	run("a target group that is deleted loses its targets", func(t *testing.T) {
		b := start(t, newNetwork(), world())
		register(t, b, first)
		gone := b.drained(groupARN, first)
		s := world()
		delete(s.TargetGroups, groupARN)
		b.Declare(s)
		if !closed(gone) || b.Health(groupARN) != nil || b.Register(groupARN, "subnet-a", first) == nil {
			t.Error("the group's target is still there")
		}
		b.Declare(world())
		wantState(t, b, first, "gone")
	})
	run("a draining target loses the connections that nothing is outstanding on", func(t *testing.T) {
		n := newNetwork()
		hungUp := make(chan struct{})
		n.raw(first, func(c net.Conn) {
			says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")(c)
			_, _ = c.Read(make([]byte, 1))
			close(hungUp)
		})
		b := start(t, n, world())
		register(t, b, first)
		get(t, b, "/")
		_ = b.Deregister(groupARN, first)
		synctest.Wait()
		if !closed(hungUp) {
			t.Error("the connection is kept")
		}
	})
	run("Close waits for the health checks that are under way", func(t *testing.T) {
		n := newNetwork()
		ended := make(chan struct{})
		n.at(first, func(ctx context.Context) (net.Conn, error) {
			<-ctx.Done()
			time.Sleep(time.Second)
			close(ended)
			return nil, ctx.Err()
		})
		b := start(t, n, world())
		register(t, b, first)
		sleep(registrationDelay)
		b.Close()
		if !closed(ended) {
			t.Error("a check goes on after Close")
		}
	})
	run("a closed balancer has no goroutine left and takes nothing more", func(t *testing.T) {
		n := newNetwork()
		n.serve(t, first, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		b := start(t, n, world())
		register(t, b, first, second)
		_ = b.Deregister(groupARN, second)
		statuses := make(chan int)
		go func() { status, _ := get(t, b, "/"); statuses <- status }()
		sleep(registrationDelay)
		b.Close()
		if status := <-statuses; status != 502 {
			t.Errorf("the request under way was answered %d", status)
		}
		if b.Register(groupARN, "subnet-a", first) == nil {
			t.Error("registered a target")
		}
		if _, err := b.RoundTrip(listenerARN, link, request("GET", "/", "")); err == nil {
			t.Error("answered a request")
		}
		// The bubble ends only when every goroutine in it has.
	})
}

package balancer

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"sallyport/local/cloud/declared"
)

// The rules are those of https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html.
// Thresholds: 3 to be healthy, 2 to be unhealthy. A digit group is a check that answered with it, T one that timed out,
// F one that failed otherwise.
func TestHealth(t *testing.T) {
	for _, test := range []struct{ name, from, checks, want string }{
		{"a new target that passes one check is healthy", "initial", "200", "healthy"},
		{"a new target that fails one check is still initial", "initial", "500", "initial Elb.InitialHealthChecking Initial health checks in progress"},
		{"a new target that passes one check after a failed one is healthy", "initial", "500 200", "healthy"},
		{"a new target that fails as often as the unhealthy threshold is unhealthy", "initial", "500 500", "unhealthy Target.ResponseCodeMismatch Health checks failed with these codes: [500]"},
		{"a healthy target that fails once stays healthy", "healthy", "500", "healthy"},
		{"a healthy target whose failures are not in a row stays healthy", "healthy", "500 200 500", "healthy"},
		{"a healthy target that fails twice in a row is unhealthy", "healthy", "T T", "unhealthy Target.Timeout Request timed out"},
		{"an unhealthy target that passes twice in a row is still unhealthy", "unhealthy", "200 200", "unhealthy Target.FailedHealthChecks Health checks failed"},
		{"an unhealthy target that passes three times in a row is healthy", "unhealthy", "200 200 200", "healthy"},
		{"an unhealthy target whose passes are not in a row stays unhealthy", "unhealthy", "200 200 F 200 200", "unhealthy Target.FailedHealthChecks Health checks failed"},
		{"the reason is that of the last failure", "unhealthy", "T 404", "unhealthy Target.ResponseCodeMismatch Health checks failed with these codes: [404]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := health{state: elbtypes.TargetHealthStateEnum(test.from)}
			switch test.from {
			case "initial":
				h.reason = elbtypes.TargetHealthReasonEnumInitialHealthChecking
			case "unhealthy":
				h.reason = elbtypes.TargetHealthReasonEnumFailedHealthChecks
			}
			for check := range strings.FieldsSeq(test.checks) {
				codes := map[string]result{
					"200": {}, "500": {reason: elbtypes.TargetHealthReasonEnumResponseCodeMismatch, code: 500},
					"404": {reason: elbtypes.TargetHealthReasonEnumResponseCodeMismatch, code: 404},
					"T":   {reason: elbtypes.TargetHealthReasonEnumTimeout}, "F": {reason: elbtypes.TargetHealthReasonEnumFailedHealthChecks},
				}
				h.observe(codes[check], 3, 2)
			}
			got := strings.TrimSpace(strings.Join([]string{string(h.state), string(h.reason), h.description()}, " "))
			if got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Matcher.html
func TestMatcher(t *testing.T) {
	for _, test := range []struct {
		matcher string
		yes, no []int
	}{
		{"", []int{200}, []int{199, 201, 404}},
		{"200", []int{200}, []int{201, 500}},
		{"200,202", []int{200, 202}, []int{201}},
		{"200-299", []int{200, 250, 299}, []int{199, 300}},
		{"200-204,301, 302", []int{204, 301, 302}, []int{205, 303}},
		{"x", nil, []int{0, 200}},
		{"200-", nil, []int{200}},
	} {
		for _, status := range test.yes {
			if !matcherHolds(test.matcher, status) {
				t.Errorf("matcher %q does not take %d", test.matcher, status)
			}
		}
		for _, status := range test.no {
			if matcherHolds(test.matcher, status) {
				t.Errorf("matcher %q takes %d", test.matcher, status)
			}
		}
	}
}

func TestChecksInTime(t *testing.T) {
	run := func(name string, test func(t *testing.T)) { synctestRun(t, name, test) }
	run("a target is registered, then checked every interval, then healthy", func(t *testing.T) {
		n := newNetwork()
		var status atomic.Int32
		var checks atomic.Int32
		status.Store(500)
		n.serve(t, first, func(w http.ResponseWriter, r *http.Request) {
			checks.Add(1)
			if got := r.Method + " " + r.URL.Path + " " + r.Host + " " + r.UserAgent() + " " + r.Proto; got != "GET /healthz 10.0.1.10:3000 ELB-HealthChecker/2.0 HTTP/1.1" {
				t.Errorf("checked with %s", got)
			}
			if !r.Close {
				t.Error("a check does not close its connection")
			}
			w.WriteHeader(int(status.Load()))
		})
		b := start(t, n, world())
		register(t, b, first)
		wantState(t, b, first, "initial Elb.RegistrationInProgress Target registration is in progress")
		sleep(registrationDelay)
		wantState(t, b, first, "initial Elb.InitialHealthChecking Initial health checks in progress")
		if checks.Load() != 1 {
			t.Errorf("%d checks at once, want 1", checks.Load())
		}
		status.Store(200)
		sleep(10*time.Second - time.Millisecond)
		wantState(t, b, first, "initial Elb.InitialHealthChecking Initial health checks in progress")
		sleep(time.Millisecond)
		wantState(t, b, first, "healthy")
		sleep(100 * time.Second)
		if checks.Load() != 12 {
			t.Errorf("%d checks, want 12", checks.Load())
		}
	})
	run("a check that gets no answer fails after its timeout, and the next comes in its turn", func(t *testing.T) {
		n := newNetwork()
		n.serve(t, first, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		b := start(t, n, world())
		register(t, b, first)
		sleep(registrationDelay + 10*time.Second + 5*time.Second - time.Millisecond)
		wantState(t, b, first, "initial Elb.InitialHealthChecking Initial health checks in progress")
		sleep(time.Millisecond)
		wantState(t, b, first, "unhealthy Target.Timeout Request timed out")
	})
	run("a blocked check is a timeout, as on AWS, and explained", func(t *testing.T) {
		n := newNetwork()
		n.at(first, blocked)
		b := start(t, n, world())
		register(t, b, first)
		sleep(registrationDelay + 10*time.Second)
		wantState(t, b, first, "unhealthy Target.Timeout Request timed out")
		if got := b.Explanation(groupARN, first); got != errBlocked.Reason {
			t.Errorf("explained with %q", got)
		}
	})
	run("a refused connection, a malformed answer and an endless header are failed checks", func(t *testing.T) {
		for _, serve := range []func(net.Conn){
			nil,
			func(c net.Conn) { readRequest(c); _, _ = c.Write([]byte("no HTTP\r\n\r\n")) },
			func(c net.Conn) { readRequest(c) },
			func(c net.Conn) {
				readRequest(c)
				_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\n"))
				for {
					if _, err := c.Write([]byte("A: " + strings.Repeat("a", 1000) + "\r\n")); err != nil {
						return
					}
				}
			},
			func(c net.Conn) {
				readRequest(c)
				for {
					if _, err := c.Write([]byte("HTTP/1.1 103 Early Hints\r\n\r\n")); err != nil {
						return
					}
				}
			},
		} {
			n := newNetwork()
			if serve != nil {
				n.raw(first, serve)
			}
			b := start(t, n, world())
			register(t, b, first)
			sleep(registrationDelay + 10*time.Second)
			wantState(t, b, first, "unhealthy Target.FailedHealthChecks Health checks failed")
		}
	})
	run("a body that never ends does not keep a check from passing", func(t *testing.T) {
		n := newNetwork()
		n.raw(first, func(c net.Conn) {
			readRequest(c)
			_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"))
			_, _ = c.Read(make([]byte, 1))
		})
		b := start(t, n, world())
		register(t, b, first)
		sleep(registrationDelay)
		wantState(t, b, first, "healthy")
	})
	run("a health check port of its own is checked instead of the traffic port", func(t *testing.T) {
		n := newNetwork()
		n.serve(t, netip.AddrPortFrom(first.Addr(), 9000), answer("ok"))
		b := start(t, n, withGroup(world(), func(g *declared.TargetGroup) { g.HealthCheckPort = aws.String("9000") }))
		register(t, b, first)
		sleep(registrationDelay)
		wantState(t, b, first, "healthy")
		if got := *b.Health(groupARN)[0].HealthCheckPort; got != "9000" {
			t.Errorf("health check port %s", got)
		}
	})
	run("changed settings count anew and keep the state", func(t *testing.T) {
		n := newNetwork()
		n.serve(t, first, answer("ok"))
		b := start(t, n, world())
		register(t, b, first)
		sleep(registrationDelay)
		n.serve(t, first, http.NotFound)
		sleep(10 * time.Second)
		b.Declare(withGroup(world(), func(g *declared.TargetGroup) { g.HealthCheckPath = aws.String("/other") }))
		wantState(t, b, first, "healthy")
		sleep(10 * time.Second)
		wantState(t, b, first, "unhealthy Target.ResponseCodeMismatch Health checks failed with these codes: [404]")
	})
	run("what is declared twice restarts nothing", func(t *testing.T) {
		n := newNetwork()
		var checks atomic.Int32
		n.serve(t, first, func(http.ResponseWriter, *http.Request) { checks.Add(1) })
		b := start(t, n, world())
		register(t, b, first)
		sleep(registrationDelay)
		for range 5 {
			b.Declare(world())
		}
		sleep(9 * time.Second)
		if checks.Load() != 1 {
			t.Errorf("%d checks, want 1", checks.Load())
		}
	})
	run("a target of a group without a listener is unused and not checked", func(t *testing.T) {
		n := newNetwork()
		n.at(first, func(context.Context) (net.Conn, error) { t.Error("checked"); return nil, net.ErrClosed })
		s := world()
		delete(s.Listeners, listenerARN)
		b := start(t, n, s)
		register(t, b, first)
		sleep(time.Minute)
		wantState(t, b, first, "unused Target.NotInUse Target group is not configured to receive traffic from the load balancer")
		n.serve(t, first, answer("ok"))
		b.Declare(world())
		wantState(t, b, first, "initial Elb.RegistrationInProgress Target registration is in progress")
		sleep(registrationDelay)
		wantState(t, b, first, "healthy")
		b.Declare(s)
		wantState(t, b, first, "unused Target.NotInUse Target group is not configured to receive traffic from the load balancer")
	})
	run("a target in a zone that is not enabled is unused", func(t *testing.T) {
		b := start(t, newNetwork(), world())
		if err := b.Register(groupARN, "subnet-c", first); err != nil {
			t.Fatal(err)
		}
		wantState(t, b, first, "unused Target.NotInUse Target is in an Availability Zone that is not enabled for the load balancer")
	})
}

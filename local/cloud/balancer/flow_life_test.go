package balancer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"sallyport/local/cloud/declared"
)

// named is a target that says its name, then echoes what it gets.
func named(name string) func(net.Conn) {
	return func(c net.Conn) {
		if _, err := io.WriteString(c, name); err == nil {
			_, _ = io.Copy(c, c)
		}
	}
}

// connect opens a connection, and returns the name that its target says.
func connect(t testing.TB, b *Balancer) (net.Conn, string) {
	t.Helper()
	c, err := b.DialLink(t.Context(), lbARN, 80, nil)
	if err != nil {
		t.Fatal(err)
	}
	name := make([]byte, 1)
	if _, err := io.ReadFull(c, name); err != nil {
		t.Fatal(err)
	}
	return c, string(name)
}

// share returns which targets a number of connections reach when zones take turns, and so do the targets of each.
func share(t testing.TB, b *Balancer, connections int) map[string]int {
	t.Helper()
	reached := map[string]int{}
	for turn := range connections {
		zones := 0
		b.random = func(n int) int {
			if zones == 0 {
				zones = n
				return turn % n
			}
			return turn / zones % n
		}
		c, name := connect(t, b)
		_ = c.Close()
		reached[name]++
	}
	return reached
}

func setHealth(b *Balancer, state elbtypes.TargetHealthStateEnum, targets ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range b.groups[groupARN].targets {
		if slices.Contains(targets, t.address.Addr().String()) {
			t.health.state = state
		}
	}
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html#cross-zone-load-balancing and
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html for which zones clients
// and nodes pass over
func TestZones(t *testing.T) {
	third := second.Addr().Next().String() + ":3000"
	const up, down = elbtypes.TargetHealthStateEnumHealthy, elbtypes.TargetHealthStateEnumUnhealthy
	for _, c := range []struct {
		about                  string
		change                 func(*declared.Snapshot)
		first, second, third   elbtypes.TargetHealthStateEnum // first is alone in its zone
		reached                map[string]int                 // by 12 connections
		unregistered, draining bool
	}{
		{about: "each zone gets as many connections as the others, however many targets it has", first: up, second: up, third: up, reached: map[string]int{"1": 6, "2": 3, "3": 3}},
		{about: "with cross-zone load balancing each target gets as many", change: func(s *declared.Snapshot) { withLB(s, "load_balancing.cross_zone.enabled", "true") },
			first: up, second: up, third: up, reached: map[string]int{"1": 4, "2": 4, "3": 4}},
		{about: "which a target group may have on its own", change: func(s *declared.Snapshot) { withAttribute(s, "load_balancing.cross_zone.enabled", "true") },
			first: up, second: up, third: up, reached: map[string]int{"1": 4, "2": 4, "3": 4}},
		{about: "or not have although the load balancer has it", change: func(s *declared.Snapshot) {
			withAttribute(withLB(s, "load_balancing.cross_zone.enabled", "true"), "load_balancing.cross_zone.enabled", "false")
		}, first: up, second: up, third: up, reached: map[string]int{"1": 6, "2": 3, "3": 3}},
		{about: "or leave to the load balancer", change: func(s *declared.Snapshot) {
			withAttribute(withLB(s, "load_balancing.cross_zone.enabled", "true"), "load_balancing.cross_zone.enabled", "use_load_balancer_configuration")
		}, first: up, second: up, third: up, reached: map[string]int{"1": 4, "2": 4, "3": 4}},
		{about: "an unhealthy target gets none", first: up, second: down, third: up, reached: map[string]int{"1": 6, "3": 6}},
		{about: "a zone without a healthy target gets none", first: down, second: up, third: up, reached: map[string]int{"2": 6, "3": 6}},
		{about: "nor does a new target that no check has passed yet", first: elbtypes.TargetHealthStateEnumInitial, second: up, third: up, reached: map[string]int{"2": 6, "3": 6}},
		{about: "where all targets are unhealthy all get connections", first: down, second: down, third: down, reached: map[string]int{"1": 6, "2": 3, "3": 3}},
		{about: "and so it is across zones", change: func(s *declared.Snapshot) { withLB(s, "load_balancing.cross_zone.enabled", "true") },
			first: down, second: down, third: down, reached: map[string]int{"1": 4, "2": 4, "3": 4}},
		{about: "a zone without a target gets none", first: up, second: up, third: up, unregistered: true, reached: map[string]int{"2": 6, "3": 6}},
		{about: "a target that is draining gets none", first: up, second: up, third: up, draining: true, reached: map[string]int{"2": 6, "3": 6}},
	} {
		t.Run(c.about, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork()
				n.raw(first, named("1"))
				n.raw(second, named("2"))
				n.raw(netip.MustParseAddrPort(third), named("3"))
				s := networkWorld()
				if c.change != nil {
					c.change(s)
				}
				b := start(t, n, s)
				if !c.unregistered {
					register(t, b, first)
				}
				register(t, b, second)
				if err := b.Register(groupARN, "subnet-b", netip.MustParseAddrPort(third)); err != nil {
					t.Fatal(err)
				}
				setHealth(b, c.first, first.Addr().String())
				setHealth(b, c.second, second.Addr().String())
				setHealth(b, c.third, netip.MustParseAddrPort(third).Addr().String())
				if c.draining {
					_ = b.Deregister(groupARN, first)
				}
				if got := share(t, b, 12); !maps.Equal(got, c.reached) {
					t.Errorf("connections reach %v, want %v", got, c.reached)
				}
			})
		})
	}
	synctestRun(t, "a node's connections come from its own address", func(t *testing.T) {
		n := newNetwork()
		n.raw(second, named("2"))
		b := start(t, n, networkWorld())
		register(t, b, second)
		c, _ := connect(t, b)
		defer c.Close()
		if got := n.dialed[len(n.dialed)-1]; got.SubnetID != "subnet-b" || !slices.Equal(got.GroupIDs, []string{"sg-lb"}) || got.NoGroups {
			t.Errorf("the target in subnet-b is reached from %+v", got)
		}
	})
	synctestRun(t, "a target in a subnet that is not read yet is reached", func(t *testing.T) {
		n := newNetwork()
		n.raw(first, named("1"))
		b := start(t, n, networkWorld())
		if err := b.Register(groupARN, "subnet-new", first); err != nil {
			t.Fatal(err)
		}
		c, _ := connect(t, b)
		_ = c.Close()
	})
	synctestRun(t, "a target in a zone that the load balancer is not in is unused", func(t *testing.T) {
		b := start(t, newNetwork(), networkWorld())
		if err := b.Register(groupARN, "subnet-c", first); err != nil {
			t.Fatal(err)
		}
		wantState(t, b, first, "unused Target.NotInUse Target is in an Availability Zone that is not enabled for the load balancer")
	})
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html#health-check-settings
func TestNetworkHealthChecks(t *testing.T) {
	t.Run("the defaults are those of Network Load Balancers", func(t *testing.T) {
		group := func(protocol elbtypes.ProtocolEnum) declared.TargetGroup {
			return declared.TargetGroup{TargetGroup: elbtypes.TargetGroup{Protocol: elbtypes.ProtocolEnumTcp, HealthCheckProtocol: protocol}}
		}
		want := settings{tcp: true, path: "/", matcher: "200-399", interval: 30 * time.Second, timeout: 10 * time.Second, healthy: 5, unhealthy: 2}
		if got := checkSettings(group("")); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
		want.tcp, want.timeout = false, 6*time.Second
		if got := checkSettings(group(elbtypes.ProtocolEnumHttp)); got != want {
			t.Errorf("over HTTP %+v, want %+v", got, want)
		}
	})
	overTCP := func() *declared.Snapshot {
		return withGroup(networkWorld(), func(g *declared.TargetGroup) { g.HealthCheckProtocol, g.Matcher = elbtypes.ProtocolEnumTcp, nil })
	}
	synctestRun(t, "over TCP a target is healthy when it takes a connection, and gets not a byte", func(t *testing.T) {
		n, got := newNetwork(), make(chan string, 1)
		n.raw(first, func(c net.Conn) { sent, _ := io.ReadAll(c); got <- string(sent) })
		b := start(t, n, overTCP())
		register(t, b, first)
		sleep(registrationDelay)
		wantState(t, b, first, "healthy")
		if sent := <-got; sent != "" {
			t.Errorf("it got %q", sent)
		}
	})
	synctestRun(t, "and unhealthy when it refuses two", func(t *testing.T) {
		b := start(t, newNetwork(), overTCP())
		register(t, b, first)
		sleep(registrationDelay + 10*time.Second)
		wantState(t, b, first, "unhealthy Target.FailedHealthChecks Health checks failed")
		if got, want := b.Explanation(groupARN, first), "a connection to 10.0.1.10:3000: dial tcp: connection refused"; got != want {
			t.Errorf("explained as %q, want %q", got, want)
		}
	})
	synctestRun(t, "what a security group blocks times out, and the explanation names it", func(t *testing.T) {
		n := newNetwork()
		n.at(first, blocked)
		b := start(t, n, overTCP())
		register(t, b, first)
		sleep(registrationDelay + 10*time.Second)
		wantState(t, b, first, "unhealthy Target.Timeout Request timed out")
		if got := b.Explanation(groupARN, first); got != errBlocked.Reason {
			t.Errorf("explained as %q", got)
		}
	})
	synctestRun(t, "over HTTP the matcher decides", func(t *testing.T) {
		n := newNetwork()
		n.serve(t, first, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(302) })
		b := start(t, n, networkWorld())
		register(t, b, first)
		sleep(registrationDelay + 10*time.Second)
		wantState(t, b, first, "unhealthy Target.ResponseCodeMismatch Health checks failed with these codes: [302]")
		b.Declare(withGroup(networkWorld(), func(g *declared.TargetGroup) { g.Matcher = nil }))
		sleep(30 * time.Second)
		wantState(t, b, first, "healthy")
	})
	t.Run("inbound rules don't concern health checks", func(t *testing.T) {
		s := closedBalancer()
		server := listen(t, func(net.Conn) {})
		b := New(realNetwork(server, func() *declared.Snapshot { return s }), slog.New(slog.DiscardHandler))
		b.Declare(s)
		defer b.Close()
		from := b.loadBalancerOf(listenerARN).nodes[0].Interface
		if r := b.checkOnce(t.Context(), from, first, settings{tcp: true, timeout: time.Minute}); r.reason != "" {
			t.Errorf("%+v", r)
		}
	})
}

func (b *Balancer) loadBalancerOf(listener string) *loadBalancer {
	return (*b.listeners.Load())[listener].lb
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html
func TestConnectionsOutlive(t *testing.T) {
	alive := func(t *testing.T, c net.Conn) {
		t.Helper()
		if err := exchangeText(c, "still there"); err != nil {
			t.Error(err)
		}
	}
	reset := func(t *testing.T, c net.Conn, why string) {
		t.Helper()
		synctest.Wait()
		_, err := c.Read(make([]byte, 1))
		if !errors.Is(err, syscall.ECONNRESET) || !strings.Contains(err.Error(), why) {
			t.Errorf("it ends with %v, want a reset that says %q", err, why)
		}
		if _, err := c.Write([]byte("x")); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("writing ends with %v", err)
		}
	}
	// one has a healthy target in each zone, and a connection to the one that a test is about.
	one := func(t *testing.T, s *declared.Snapshot) (*Balancer, net.Conn) {
		n := newNetwork()
		n.raw(first, named("1"))
		n.raw(second, named("2"))
		b := start(t, n, s)
		register(t, b, first)
		c, _ := connect(t, b)
		t.Cleanup(func() { _ = c.Close() })
		register(t, b, second)
		return b, c
	}
	unhealthy := func(b *Balancer) {
		b.mu.Lock()
		b.groups[groupARN].find(first).health.state = elbtypes.TargetHealthStateEnumUnhealthy
		cut := b.unhealthyFlows(b.groups[groupARN])
		b.mu.Unlock()
		for _, f := range cut {
			f.cut("the target is unhealthy")
		}
	}
	crossZone := func() *declared.Snapshot {
		return withLB(networkWorld(), "load_balancing.cross_zone.enabled", "true")
	}
	for _, c := range []struct {
		about string
		world *declared.Snapshot
		do    func(t *testing.T, b *Balancer)
		reset string // what the reset says; "" where the connection lives on
	}{
		{about: "a connection outlives the deregistration of its target", world: networkWorld(), do: func(t *testing.T, b *Balancer) { _ = b.Deregister(groupARN, first) }},
		{about: "and the end of the deregistration delay", world: networkWorld(), do: func(t *testing.T, b *Balancer) {
			_ = b.Deregister(groupARN, first)
			sleep(time.Minute)
			wantState(t, b, first, "gone")
		}},
		{about: "with connection termination it does not outlive the delay", world: withAttribute(networkWorld(), "deregistration_delay.connection_termination.enabled", "true"),
			do: func(t *testing.T, b *Balancer) {
				_ = b.Deregister(groupARN, first)
				sleep(time.Minute)
			}, reset: "the deregistration delay of the target is over"},
		{about: "but the time until then", world: withAttribute(networkWorld(), "deregistration_delay.connection_termination.enabled", "true"),
			do: func(t *testing.T, b *Balancer) {
				_ = b.Deregister(groupARN, first)
				sleep(time.Minute - time.Millisecond)
			}},
		{about: "a target that becomes unhealthy loses its connections where another one is healthy", world: crossZone(),
			do: func(t *testing.T, b *Balancer) { healthy(b, second); unhealthy(b) }, reset: "the target is unhealthy"},
		{about: "unless the target group keeps them", world: withAttribute(crossZone(), "target_health_state.unhealthy.connection_termination.enabled", "false"),
			do: func(t *testing.T, b *Balancer) { healthy(b, second); unhealthy(b) }},
		{about: "or no target is healthy", world: crossZone(), do: func(t *testing.T, b *Balancer) { unhealthy(b) }},
		{about: "or none in the node's zone, where it has no other", world: networkWorld(), do: func(t *testing.T, b *Balancer) { healthy(b, second); unhealthy(b) }},
		{about: "they end later, when another target becomes healthy", world: crossZone(),
			do: func(t *testing.T, b *Balancer) { unhealthy(b); healthy(b, second); unhealthy(b) }, reset: "the target is unhealthy"},
		{about: "or the healthy one is in another target group", world: crossZone(), do: func(t *testing.T, b *Balancer) {
			unhealthy(b)
			if err := b.Register(otherARN, "subnet-a", second); err != nil {
				t.Error(err)
			}
			b.mu.Lock()
			b.groups[otherARN].find(second).health.state = elbtypes.TargetHealthStateEnumHealthy
			b.groups[otherARN].find(second).inUse = true
			cut := b.unhealthyFlows(b.groups[otherARN])
			b.mu.Unlock()
			if len(cut) > 0 {
				t.Error("the other group cuts it")
			}
		}},
		{about: "a connection outlives its listener", world: networkWorld(), do: func(t *testing.T, b *Balancer) {
			s := networkWorld()
			s.Listeners = nil
			b.Declare(s)
			if _, err := b.DialLink(t.Context(), lbARN, 80, nil); err == nil {
				t.Error("the listener is still there")
			}
		}},
		{about: "and a change of its listener's target group", world: networkWorld(), do: func(t *testing.T, b *Balancer) {
			s := networkWorld()
			l := s.Listeners[listenerARN]
			l.Rules = []elbtypes.Rule{{Actions: []elbtypes.Action{forwardTo(otherARN)}, IsDefault: aws.Bool(true)}}
			s.Listeners[listenerARN] = l
			b.Declare(s)
		}},
		{about: "and a change of security groups", world: networkWorld(), do: func(t *testing.T, b *Balancer) {
			s := networkWorld()
			lb := s.LoadBalancers[lbARN]
			lb.SecurityGroups = []string{"sg-other"}
			s.LoadBalancers[lbARN] = lb
			b.Declare(s)
		}},
		{about: "but not its load balancer", world: networkWorld(), do: func(t *testing.T, b *Balancer) {
			s := networkWorld()
			s.LoadBalancers, s.Listeners = nil, nil
			b.Declare(s)
		}, reset: "the load balancer or the target group was deleted"},
		{about: "nor its target group", world: networkWorld(), do: func(t *testing.T, b *Balancer) {
			s := networkWorld()
			delete(s.TargetGroups, groupARN)
			b.Declare(s)
		}, reset: "the load balancer or the target group was deleted"},
		{about: "nor the local cloud", world: networkWorld(), do: func(t *testing.T, b *Balancer) { b.Close() }, reset: "the local cloud is stopping"},
		{about: "a connection that nothing passes on lives for 350 seconds", world: networkWorld(), do: func(t *testing.T, b *Balancer) { sleep(350*time.Second - time.Millisecond) }},
		{about: "and no longer", world: networkWorld(), do: func(t *testing.T, b *Balancer) { sleep(350 * time.Second) }, reset: "no byte passed within the idle timeout of 5m50s"},
		{about: "a TCP listener may have another idle timeout", world: withIdle(networkWorld(), elbtypes.ProtocolEnumTcp), do: func(t *testing.T, b *Balancer) { sleep(time.Minute) }, reset: "idle timeout of 1m0s"},
	} {
		t.Run(c.about, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, conn := one(t, c.world)
				c.do(t, b)
				if c.reset != "" {
					reset(t, conn, c.reset)
					return
				}
				alive(t, conn)
			})
		})
	}
	synctestRun(t, "each byte that passes starts the idle timeout anew, in both directions", func(t *testing.T) {
		_, conn := one(t, networkWorld())
		for range 3 {
			sleep(349 * time.Second)
			alive(t, conn)
		}
	})
	synctestRun(t, "a health check that fails cuts a target's connections", func(t *testing.T) {
		n := newNetwork()
		n.raw(first, named("1"))
		n.serve(t, second, answer("ok"))
		b := start(t, n, crossZone())
		register(t, b, first)
		conn, _ := connect(t, b)
		defer conn.Close()
		register(t, b, second) // its checks pass, and those of the first do not: it speaks no HTTP
		sleep(registrationDelay + 10*time.Second + 5*time.Second)
		wantState(t, b, second, "healthy")
		wantState(t, b, first, "unhealthy Target.Timeout Request timed out")
		reset(t, conn, "the target is unhealthy")
	})
	synctestRun(t, "a closed balancer has no goroutine left, and takes no connection", func(t *testing.T) {
		b, conn := one(t, networkWorld())
		b.Close()
		if _, err := b.DialLink(t.Context(), lbARN, 80, nil); err == nil {
			t.Error("it takes a connection")
		}
		if err := conn.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("closing what was cut: %v", err)
		}
		// The bubble ends only when every goroutine in it has.
	})
	synctestRun(t, "a target that goes away while it is connected to leaves no connection", func(t *testing.T) {
		n := newNetwork()
		b := start(t, n, withAttribute(networkWorld(), "deregistration_delay.timeout_seconds", "0"))
		client, server := net.Pipe()
		n.at(first, func(context.Context) (net.Conn, error) {
			_ = b.Deregister(groupARN, first)
			time.Sleep(time.Second)
			return client, nil
		})
		register(t, b, first)
		if _, err := b.DialLink(t.Context(), lbARN, 80, nil); err == nil || !strings.Contains(err.Error(), "went away while it was connected to") {
			t.Error(err)
		}
		if _, err := server.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("the target's end: %v", err)
		}
		if len(b.flows) != 0 {
			t.Errorf("%d connections are left", len(b.flows))
		}
	})
}

func withIdle(s *declared.Snapshot, protocol elbtypes.ProtocolEnum) *declared.Snapshot {
	l := s.Listeners[listenerARN]
	l.Protocol, l.Attributes = protocol, map[string]string{"tcp.idle_timeout.seconds": "60"}
	s.Listeners[listenerARN] = l
	return s
}

// Nothing is encrypted: what goes wrong is what is declared.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/create-tls-listener.html and, for what an integration
// verifies, https://docs.aws.amazon.com/apigateway/latest/api/API_TlsConfig.html
func TestTLSListeners(t *testing.T) {
	for _, c := range []struct {
		about    string
		protocol elbtypes.ProtocolEnum
		names    []string
		client   *tls.Config
		want     string // of the error
	}{
		{about: "TLS to a certificate for the name passes", protocol: "TLS", names: []string{"api.example.com"}, client: &tls.Config{ServerName: "API.example.com"}},
		{about: "so does a wildcard for one label", protocol: "TLS", names: []string{"*.example.com"}, client: &tls.Config{ServerName: "api.example.com"}},
		{about: "a certificate for another name is refused", protocol: "TLS", names: []string{"other.example.com"}, client: &tls.Config{ServerName: "api.example.com"},
			want: "the certificate of listener " + listenerARN + " is for other.example.com, and the integration's URI names api.example.com"},
		{about: "unless the client does not verify", protocol: "TLS", names: []string{"other.example.com"}, client: &tls.Config{InsecureSkipVerify: true}},
		{about: "a certificate that ACM does not know is refused", protocol: "TLS", client: &tls.Config{ServerName: "api.example.com"}, want: "that AWS Certificate Manager does not know"},
		{about: "plain TCP to a TLS listener fails", protocol: "TLS", names: []string{"api.example.com"}, want: "takes TLS, and the client speaks plain TCP"},
		{about: "TLS to a TCP listener would go on to targets that speak none", protocol: "TCP", client: &tls.Config{ServerName: "api.example.com"}, want: "passes TCP on, and its targets speak no TLS"},
		{about: "what is no protocol of a Network Load Balancer is not served", protocol: "UDP", want: "has the protocol UDP, which the local cloud does not serve: declare it with TCP or TLS"},
	} {
		t.Run(c.about, func(t *testing.T) {
			s := networkWorld()
			l := s.Listeners[listenerARN]
			l.Protocol, l.Names = c.protocol, c.names
			s.Listeners[listenerARN] = l
			n := newNetwork()
			n.raw(first, named("1"))
			b := start(t, n, s)
			register(t, b, first)
			conn, err := b.DialLink(t.Context(), lbARN, 80, c.client)
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("it says %v, want %s", err, c.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			_ = conn.Close()
		})
	}
	synctestRun(t, "the idle timeout of a TLS listener can't be changed", func(t *testing.T) {
		b := start(t, newNetwork(), withIdle(networkWorld(), elbtypes.ProtocolEnumTls))
		if got := (*b.listeners.Load())[listenerARN].flowIdle; got != 350*time.Second {
			t.Error(got)
		}
	})
}

// Real connections over loopback: what TCP does is the kernel's.
func TestBytesBothWays(t *testing.T) {
	dial := func(t *testing.T, serve func(net.Conn)) (*Balancer, net.Conn) {
		s := closedBalancer()
		b := New(realNetwork(listen(t, serve), func() *declared.Snapshot { return s }), slog.New(slog.DiscardHandler))
		b.Declare(s)
		t.Cleanup(b.Close)
		register(t, b, first)
		c, err := b.DialLink(t.Context(), lbARN, 80, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		_ = c.SetDeadline(time.Now().Add(time.Minute))
		return b, c
	}
	large := bytes.Repeat([]byte("0123456789abcdef"), 1<<19) // 8 MiB
	t.Run("megabytes pass both ways at once, unchanged", func(t *testing.T) {
		_, c := dial(t, func(c net.Conn) { _, _ = io.Copy(c, c) })
		go func() {
			_, _ = c.Write(large)
			_ = c.(*flow).CloseWrite()
		}()
		hash, n := sha256.New(), int64(0)
		n, err := io.Copy(hash, c)
		if want := sha256.Sum256(large); err != nil || n != int64(len(large)) || !bytes.Equal(hash.Sum(nil), want[:]) {
			t.Errorf("%d bytes came back, %v", n, err)
		}
	})
	t.Run("a client that has sent all of it still gets the answer", func(t *testing.T) {
		_, c := dial(t, func(c net.Conn) {
			sent, _ := io.ReadAll(c)
			_, _ = c.Write(bytes.ToUpper(sent))
		})
		_, _ = io.WriteString(c, "question")
		if err := c.(*flow).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(c); string(got) != "QUESTION" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	})
	t.Run("a target that has sent all of it still gets what the client sends", func(t *testing.T) {
		got := make(chan string, 1)
		_, c := dial(t, func(c net.Conn) {
			_ = c.(*net.TCPConn).CloseWrite()
			sent, _ := io.ReadAll(c)
			got <- string(sent)
		})
		if _, err := c.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("the client sees %v", err)
		}
		_, _ = io.WriteString(c, "late")
		_ = c.(*flow).CloseWrite()
		if sent := <-got; sent != "late" {
			t.Errorf("the target got %q", sent)
		}
	})
	t.Run("a client that does not read holds its target up, and nothing is kept for it", func(t *testing.T) {
		sent := make(chan int, 1)
		_, c := dial(t, func(c net.Conn) {
			_ = c.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
			n, total := 0, 0
			for err := error(nil); err == nil && total < 64<<20; total += n {
				n, err = c.Write(large)
			}
			sent <- total
		})
		if total := <-sent; total >= 64<<20 {
			t.Errorf("%d MiB went into a client that reads nothing", total>>20)
		}
		if n, err := io.Copy(io.Discard, c); n == 0 || err != nil {
			t.Errorf("what was on the way: %d bytes, %v", n, err)
		}
	})
	t.Run("a target that dies in the middle ends the connection", func(t *testing.T) {
		b, c := dial(t, func(c net.Conn) {
			_, _ = io.ReadFull(c, make([]byte, 4))
			_, _ = io.WriteString(c, "half an ans")
			_ = c.(*net.TCPConn).SetLinger(0) // its kernel resets what a killed process leaves
		})
		_, _ = io.WriteString(c, "askx")
		got, err := io.ReadAll(c)
		// A reset may overtake what was sent before it.
		if len(got) > len("half an ans") || err == nil && string(got) != "half an ans" {
			t.Errorf("%q, %v", got, err)
		}
		_ = c.Close()
		if n := b.open(); n != 0 {
			t.Errorf("%d connections are left", n)
		}
	})
	t.Run("what is cut is a reset for the target", func(t *testing.T) {
		seen := make(chan error, 1)
		b, c := dial(t, func(c net.Conn) {
			_, err := io.Copy(io.Discard, c)
			seen <- err
		})
		_, _ = io.WriteString(c, "x")
		b.Close()
		if err := <-seen; !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("it sees %v", err)
		}
	})
}

// open returns how many connections the balancer follows.
func (b *Balancer) open() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.flows)
}

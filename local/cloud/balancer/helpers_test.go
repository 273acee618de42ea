package balancer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/vpc"
)

const (
	lbARN       = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/1"
	listenerARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/web/1/2"
	groupARN    = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/3"
	otherARN    = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/other/4"
)

var (
	link   = vpc.Interface{Address: netip.MustParseAddr("10.0.1.7"), SubnetID: "subnet-a", GroupIDs: []string{"sg-link"}}
	first  = netip.MustParseAddrPort("10.0.1.10:3000")
	second = netip.MustParseAddrPort("10.0.2.20:3000")
)

// fakeNetwork stands in for vpc.Network: it proves nothing about security groups and routes.
type fakeNetwork struct {
	mu     sync.Mutex
	dial   map[netip.AddrPort]func(context.Context) (net.Conn, error)
	check  func(from, to vpc.Interface, port int) error
	dialed []vpc.Interface
	admits error
}

func newNetwork() *fakeNetwork {
	return &fakeNetwork{dial: map[netip.AddrPort]func(context.Context) (net.Conn, error){}}
}

func (n *fakeNetwork) Check(from, to vpc.Interface, port int) error {
	if n.check == nil {
		return nil
	}
	return n.check(from, to, port)
}

func (n *fakeNetwork) Admits(vpc.Interface, int) error { return n.admits }

func (n *fakeNetwork) Dial(ctx context.Context, from vpc.Interface, to netip.AddrPort) (net.Conn, error) {
	n.mu.Lock()
	dial := n.dial[to]
	n.dialed = append(n.dialed, from)
	n.mu.Unlock()
	if dial == nil {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	return dial(ctx)
}

func (n *fakeNetwork) at(address netip.AddrPort, dial func(context.Context) (net.Conn, error)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dial[address] = dial
}

// serve puts an HTTP server behind an address, on connections in memory, which a fake clock can wait for.
func (n *fakeNetwork) serve(t testing.TB, address netip.AddrPort, handler http.HandlerFunc) {
	l := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: handler}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close(); <-done })
	n.at(address, l.dial)
}

// raw puts a function behind an address that gets each connection.
func (n *fakeNetwork) raw(address netip.AddrPort, serve func(net.Conn)) {
	n.at(address, func(context.Context) (net.Conn, error) {
		client, server := net.Pipe()
		go func() { defer server.Close(); serve(server) }()
		return client, nil
	})
}

type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipeListener) dial(ctx context.Context) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-l.closed:
		return nil, syscall.ECONNREFUSED
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.closed) }); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

// world is a load balancer in two zones that forwards to one target group, ready to be changed before it is declared.
func world() *declared.Snapshot {
	subnet := func(zone string) ec2types.Subnet { return ec2types.Subnet{AvailabilityZone: aws.String(zone)} }
	return &declared.Snapshot{
		Region: "us-east-1",
		VPC: declared.VPC{Subnets: map[string]ec2types.Subnet{
			"subnet-a": subnet("us-east-1a"), "subnet-b": subnet("us-east-1b"), "subnet-c": subnet("us-east-1c"),
		}},
		LoadBalancing: declared.LoadBalancing{
			LoadBalancers: map[string]declared.LoadBalancer{lbARN: {
				LoadBalancer: elbtypes.LoadBalancer{
					Type:              elbtypes.LoadBalancerTypeEnumApplication,
					AvailabilityZones: []elbtypes.AvailabilityZone{{SubnetId: aws.String("subnet-a")}, {SubnetId: aws.String("subnet-b")}},
					SecurityGroups:    []string{"sg-lb"},
				},
				Attributes: map[string]string{},
			}},
			Listeners: map[string]declared.Listener{listenerARN: {
				Listener: elbtypes.Listener{LoadBalancerArn: aws.String(lbARN), Port: aws.Int32(80), Protocol: elbtypes.ProtocolEnumHttp},
				Rules:    []elbtypes.Rule{{Actions: []elbtypes.Action{forwardTo(groupARN)}, IsDefault: aws.Bool(true), Priority: aws.String("default")}},
			}},
			TargetGroups: map[string]declared.TargetGroup{groupARN: targetGroup(), otherARN: targetGroup()},
		},
	}
}

func targetGroup() declared.TargetGroup {
	return declared.TargetGroup{
		TargetGroup: elbtypes.TargetGroup{
			HealthCheckPath: aws.String("/healthz"), HealthCheckPort: aws.String("traffic-port"),
			HealthCheckIntervalSeconds: aws.Int32(10), HealthCheckTimeoutSeconds: aws.Int32(5),
			HealthyThresholdCount: aws.Int32(3), UnhealthyThresholdCount: aws.Int32(2),
			Matcher: &elbtypes.Matcher{HttpCode: aws.String("200")},
		},
		Attributes: map[string]string{"deregistration_delay.timeout_seconds": "60"},
	}
}

func forwardTo(arn string) elbtypes.Action {
	return elbtypes.Action{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: aws.String(arn)}
}

func withLB(s *declared.Snapshot, key, value string) *declared.Snapshot {
	lb := s.LoadBalancers[lbARN]
	lb.Attributes = map[string]string{key: value}
	s.LoadBalancers[lbARN] = lb
	return s
}

func withGroup(s *declared.Snapshot, change func(*declared.TargetGroup)) *declared.Snapshot {
	g := s.TargetGroups[groupARN]
	change(&g)
	s.TargetGroups[groupARN] = g
	return s
}

func withRules(s *declared.Snapshot, rules ...elbtypes.Rule) *declared.Snapshot {
	l := s.Listeners[listenerARN]
	l.Rules = append(rules, l.Rules...)
	s.Listeners[listenerARN] = l
	return s
}

func start(t testing.TB, n Network, s *declared.Snapshot) *Balancer {
	t.Helper()
	b := New(n, slog.New(slog.DiscardHandler))
	b.node = func(_ *declared.Snapshot, name, subnetID string, groupIDs []string) (vpc.Interface, error) {
		return vpc.Interface{Address: netip.MustParseAddr("10.0.9.9"), SubnetID: subnetID, GroupIDs: groupIDs}, nil
	}
	b.Declare(s)
	t.Cleanup(b.Close)
	return b
}

func register(t testing.TB, b *Balancer, targets ...netip.AddrPort) {
	t.Helper()
	for _, target := range targets {
		subnet := map[netip.AddrPort]string{first: "subnet-a", second: "subnet-b"}[target]
		if err := b.Register(groupARN, subnet, target); err != nil {
			t.Fatal(err)
		}
	}
}

// healthy makes targets healthy without waiting for their checks.
func healthy(b *Balancer, targets ...netip.AddrPort) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, address := range targets {
		b.groups[groupARN].find(address).health.observe(result{}, 3, 2)
	}
}

func get(t testing.TB, b *Balancer, path string) (int, string) {
	t.Helper()
	status, body, _ := do(t, b, request(http.MethodGet, path, ""))
	return status, body
}

func do(t testing.TB, b *Balancer, r *http.Request) (int, string, http.Header) {
	t.Helper()
	answer, err := b.RoundTrip(listenerARN, link, r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body), answer.Header
}

// request is one as an http.Server hands it to a handler.
func request(method, target, body string) *http.Request {
	r, err := http.NewRequest(method, "http://app.example.com"+target, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	r.URL.Scheme, r.URL.Host = "", ""
	return r
}

func answer(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
}

// state is what DescribeTargetHealth would show of a target, in one line.
func state(b *Balancer, address netip.AddrPort) string {
	for _, d := range b.Health(groupARN) {
		if *d.Target.Id == address.Addr().String() && *d.Target.Port == int32(address.Port()) {
			return strings.TrimSpace(fmt.Sprintf("%s %s %s", d.TargetHealth.State, d.TargetHealth.Reason, aws.ToString(d.TargetHealth.Description)))
		}
	}
	return "gone"
}

func wantState(t testing.TB, b *Balancer, address netip.AddrPort, want string) {
	t.Helper()
	synctest.Wait()
	if got := state(b, address); got != want {
		t.Errorf("target is %q, want %q", got, want)
	}
}

// sleep lets fake time pass, and what is due then happen.
func sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

var errBlocked = &vpc.Blocked{Reason: "security group sg-task lets nothing in from sg-lb on port 3000"}

func blocked(context.Context) (net.Conn, error) { return nil, fmt.Errorf("dial: %w", errBlocked) }

func isBlocked(err error) bool {
	_, ok := errors.AsType[*vpc.Blocked](err)
	return ok
}

// drained returns a channel that is closed when a target is no more in its group: after its deregistration delay, or at
// once when it is not registered. It is not closed early for a target that nothing is outstanding with, since AWS too
// keeps it draining until the delay is over:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
func (b *Balancer) drained(targetGroupARN string, address netip.AddrPort) <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if g := b.groups[targetGroupARN]; g != nil {
		if t := g.find(address); t != nil {
			return t.ctx.Done()
		}
	}
	gone := make(chan struct{})
	close(gone)
	return gone
}

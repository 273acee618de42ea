package balancer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/vpc"
)

// defaultFlowIdle is the idle timeout of a TCP listener, and the only one of a TLS listener:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/update-idle-timeout.html
const defaultFlowIdle = 350 * time.Second

// DialLink connects to a port of a Network Load Balancer as a VPC link of a REST API does (version 1 of VPC links),
// which comes in by AWS PrivateLink: the load balancer's inbound rules judge it only where the load balancer enforces
// them on PrivateLink traffic. client is nil for plain TCP; for TLS it has the ServerName that the client verifies, and
// InsecureSkipVerify where it does not. Nothing is encrypted: the bytes of the connection are those inside of TLS.
//
// The error is *vpc.Blocked where security groups keep the connection from the listener or the target, and
// syscall.ECONNREFUSED where the target refuses it. The connection stays when what is declared changes, as on AWS: who
// keeps connections for later requests lets go of them then, or a changed rule does not show.
func (b *Balancer) DialLink(ctx context.Context, loadBalancerARN string, port int, client *tls.Config) (net.Conn, error) {
	return b.dial(ctx, loadBalancerARN, port, nil, client)
}

// DialFrom connects to a port of a Network Load Balancer from an interface in its VPC. All else is as with DialLink.
func (b *Balancer) DialFrom(ctx context.Context, loadBalancerARN string, port int, from vpc.Interface, client *tls.Config) (net.Conn, error) {
	return b.dial(ctx, loadBalancerARN, port, &from, client)
}

func (b *Balancer) dial(ctx context.Context, arn string, port int, from *vpc.Interface, client *tls.Config) (net.Conn, error) {
	l, err := b.networkListener(arn, port)
	if err != nil {
		return nil, err
	}
	route, err := b.route(l)
	if err != nil {
		return nil, err
	}
	if err := b.admit(l, route.node, from); err != nil {
		return nil, err
	}
	if err := l.agree(client); err != nil {
		return nil, err
	}
	source := route.node
	if from != nil && route.preserveClient {
		// A target's rules may name the client's address or the load balancer's groups:
		// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html
		source.Address = from.Address
	}
	conn, err := b.network.Dial(ctx, source, route.target.address)
	if err != nil {
		return nil, fmt.Errorf("target %s of load balancer %s: %w", route.target.address, arn, err)
	}
	return b.follow(l, route, conn)
}

// networkListener finds a listener of a Network Load Balancer by its port.
func (b *Balancer) networkListener(arn string, port int) (*listener, error) {
	var ports []int
	for _, l := range *b.listeners.Load() {
		if l.lb.arn != arn {
			continue
		}
		if l.port == port {
			switch {
			case l.lb.problem != nil:
				return nil, l.lb.problem
			case !l.lb.network:
				return nil, fmt.Errorf("load balancer %s is an Application Load Balancer, which takes requests and passes no connection on", arn)
			}
			return l, nil
		}
		ports = append(ports, l.port)
	}
	if ports == nil {
		return nil, fmt.Errorf("load balancer %s is not declared, or has no listener: a VPC link must name an existing Network Load Balancer", arn)
	}
	slices.Sort(ports)
	return nil, fmt.Errorf("load balancer %s has no listener on port %d, only on %v: make one, or name its port in the integration's URI", arn, port, ports)
}

// admit tells what keeps a client from a node. What a VPC link comes from is not documented, so that of the inbound rules
// that are enforced on it only one for all addresses is sure to let it in.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html
func (b *Balancer) admit(l *listener, node vpc.Interface, from *vpc.Interface) error {
	if from != nil {
		return b.network.Check(*from, node, l.port)
	}
	if !l.lb.enforcesPrivateLink {
		return nil
	}
	err := b.network.Admits(node, l.port)
	if blocked, ok := errors.AsType[*vpc.Blocked](err); ok {
		return &vpc.Blocked{Reason: fmt.Sprintf("load balancer %s enforces its inbound rules on PrivateLink traffic, by which a REST API's VPC link comes in, and %s. "+
			"Set enforceSecurityGroupInboundRulesOnPrivateLinkTraffic to off, or add that rule.", l.lb.arn, blocked.Reason)}
	}
	return err
}

// route is where a connection goes.
type route struct {
	node           vpc.Interface
	group          *group
	target         *target
	preserveClient bool
}

// route picks a node, and a target for it. A node passes connections to targets in its zone alone, unless cross-zone load
// balancing is on, which it is not by default. A zone without a healthy target is not in the load balancer's DNS name, so
// that clients pass it over; where no zone has one, all targets get connections.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html and
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html#cross-zone-load-balancing
// Both picks are random, as they look to who does not know the flow hash and the order of DNS answers.
func (b *Balancer) route(l *listener) (route, error) {
	if len(l.rules) == 0 || l.rules[0].action.Type != elbtypes.ActionTypeEnumForward {
		return route{}, fmt.Errorf("listener %s has no default action that forwards to a target group", l.arn)
	}
	arn := b.choose(l.rules[0].groups)
	b.mu.Lock()
	defer b.mu.Unlock()
	g := b.groups[arn]
	if g == nil {
		return route{}, fmt.Errorf("target group %s of listener %s is not declared", arn, l.arn)
	}
	type choice struct {
		node    vpc.Interface
		targets []*target
	}
	var healthy, all []choice
	for _, n := range l.lb.nodes {
		up, registered := choice{node: n.Interface}, choice{node: n.Interface}
		for _, t := range g.targets {
			if !t.inUse || t.draining || !g.crossZone && t.zone != "" && t.zone != n.zone {
				continue
			}
			registered.targets = append(registered.targets, t)
			if t.health.state == elbtypes.TargetHealthStateEnumHealthy {
				up.targets = append(up.targets, t)
			}
		}
		if len(up.targets) > 0 {
			healthy = append(healthy, up)
		}
		if len(registered.targets) > 0 {
			all = append(all, registered)
		}
	}
	choices := healthy
	if len(choices) == 0 {
		choices = all
	}
	if len(choices) == 0 {
		return route{}, fmt.Errorf("target group %s has no registered target that is in use: see its service's events", arn)
	}
	chosen := choices[b.random(len(choices))]
	return route{chosen.node, g, chosen.targets[b.random(len(chosen.targets))], g.preserveClient}, nil
}

// flow is a connection that a Network Load Balancer passes on.
type flow struct {
	net.Conn
	b      *Balancer
	lb     string // its ARN
	group  string // its ARN
	target *target
	idle   time.Duration
	timer  *time.Timer
	once   sync.Once
	cause  atomic.Pointer[error]
}

// follow keeps an eye on a new connection, unless what it is of went away while it was made.
func (b *Balancer) follow(l *listener, r route, conn net.Conn) (net.Conn, error) {
	f := &flow{Conn: conn, b: b, lb: l.lb.arn, group: r.group.arn, target: r.target, idle: l.flowIdle}
	b.mu.Lock()
	_, declared := b.declared.LoadBalancers[f.lb]
	alive := !b.closed && declared && r.target.ctx.Err() == nil
	if alive {
		f.timer = time.AfterFunc(f.idle, func() { f.cut("no byte passed within the idle timeout of %v", f.idle) })
		b.flows[f] = struct{}{}
	}
	b.mu.Unlock()
	if !alive {
		_ = conn.Close()
		return nil, fmt.Errorf("target %s of load balancer %s went away while it was connected to", r.target.address, f.lb)
	}
	return f, nil
}

func (f *flow) Read(p []byte) (int, error) {
	n, err := f.Conn.Read(p)
	return n, f.passed(n, err)
}

func (f *flow) Write(p []byte) (int, error) {
	n, err := f.Conn.Write(p)
	return n, f.passed(n, err)
}

// passed starts the idle timeout anew for what passed, and tells why a connection was cut.
func (f *flow) passed(n int, err error) error {
	if n > 0 {
		f.timer.Reset(f.idle)
	}
	if err != nil {
		if cause := f.cause.Load(); cause != nil {
			return *cause
		}
	}
	return err
}

// CloseWrite passes on that the client sends no more.
func (f *flow) CloseWrite() error {
	if half, ok := f.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

func (f *flow) Close() error {
	err := net.ErrClosed
	f.once.Do(func() { err = f.end() })
	return err
}

// cut ends a connection that neither side ended: both get a reset.
func (f *flow) cut(format string, args ...any) {
	f.once.Do(func() {
		cause := fmt.Errorf("load balancer %s reset the connection to target %s: %s: %w", f.lb, f.target.address, fmt.Sprintf(format, args...), syscall.ECONNRESET)
		f.cause.Store(&cause)
		if c, ok := f.Conn.(*net.TCPConn); ok {
			_ = c.SetLinger(0)
		}
		_ = f.end()
	})
}

func (f *flow) end() error {
	f.timer.Stop()
	f.b.mu.Lock()
	delete(f.b.flows, f)
	f.b.mu.Unlock()
	return f.Conn.Close()
}

// flowsOf returns the connections that a test holds for. The caller holds b.mu, and cuts them without it.
func (b *Balancer) flowsOf(holds func(*flow) bool) []*flow {
	var found []*flow
	for f := range b.flows {
		if holds(f) {
			found = append(found, f)
		}
	}
	return found
}

// unhealthyFlows returns the connections that a target's health ends: those of an unhealthy one, unless no target is
// healthy that the same node has, when the load balancer fails open. The caller holds b.mu.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html#unhealthy-target-connection-termination
func (b *Balancer) unhealthyFlows(g *group) []*flow {
	if g.keepUnhealthy {
		return nil
	}
	return b.flowsOf(func(f *flow) bool {
		t := f.target
		return slices.Contains(g.targets, t) && t.health.state == elbtypes.TargetHealthStateEnumUnhealthy && slices.ContainsFunc(g.targets, func(other *target) bool {
			return other.health.state == elbtypes.TargetHealthStateEnumHealthy && other.inUse && !other.draining && (g.crossZone || other.zone == t.zone)
		})
	})
}

// compileNetwork takes over what a Network Load Balancer has of its own. Cross-zone load balancing is off and inbound
// rules are enforced on PrivateLink traffic unless something else is declared:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-load-balancer-attributes.html and
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetSecurityGroups.html
func (c *loadBalancer) compileNetwork(lb declared.LoadBalancer) {
	c.network = true
	c.crossZone = lb.Attributes["load_balancing.cross_zone.enabled"] == "true"
	c.enforcesPrivateLink = len(lb.SecurityGroups) > 0 && aws.ToString(lb.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic) != string(elbtypes.EnforceSecurityGroupInboundRulesOnPrivateLinkTrafficEnumOff)
}

// Package balancer is the load balancers of one Region: it takes over what is declared of them, checks the health of
// registered targets, and sends requests (Application Load Balancers) or passes connections (Network Load Balancers) to
// those that are healthy. A load balancer has no address outside the local cloud; the gateway hands it requests and
// opens connections in process.
package balancer

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"reflect"
	"sync"
	"sync/atomic"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/vpc"
)

// Network is what a balancer needs of vpc.Network.
type Network interface {
	// Check returns nil when a TCP connection passes, and *vpc.Blocked when not.
	Check(from, to vpc.Interface, port int) error
	// Admits returns nil when TCP connections from every address pass the inbound rules of an interface, and *vpc.Blocked
	// when not.
	Admits(to vpc.Interface, port int) error
	// Dial connects to a private address; what keeps it from doing so is *vpc.Blocked.
	Dial(ctx context.Context, from vpc.Interface, to netip.AddrPort) (net.Conn, error)
}

// Balancer is all load balancers of one Region. Its methods may be called from everywhere at once.
type Balancer struct {
	network Network
	log     *slog.Logger
	node    func(s *declared.Snapshot, name, subnetID string, groupIDs []string) (vpc.Interface, error)
	random  func(n int) int

	// listeners is replaced as a whole, so that a request reads it without a lock.
	listeners atomic.Pointer[map[string]*listener]
	checks    sync.WaitGroup

	mu       sync.Mutex
	declared *declared.Snapshot
	groups   map[string]*group
	flows    map[*flow]struct{}
	closed   bool
}

// New returns a balancer that knows of nothing until Declare.
func New(network Network, log *slog.Logger) *Balancer {
	b := &Balancer{
		network:  network,
		log:      log,
		node:     vpc.Node,
		random:   rand.IntN,
		declared: &declared.Snapshot{},
		groups:   map[string]*group{},
		flows:    map[*flow]struct{}{},
	}
	b.listeners.Store(&map[string]*listener{})
	return b
}

// Declare takes over what is declared now. A target group that is gone loses its targets, with their connections; one
// whose health check changed keeps the state of its targets and counts anew. Where the network or a load balancer
// changed, later requests get new connections, so that a security group that was closed shows at once; on AWS,
// established connections can outlive it.
//
// A connection through a Network Load Balancer stays until the load balancer or its target group is gone. What AWS does
// with it when its listener alone is deleted is not documented: here it stays.
func (b *Balancer) Declare(s *declared.Snapshot) {
	for _, f := range b.declare(s) {
		f.cut("the load balancer or the target group was deleted")
	}
}

// declare returns the connections that what is declared ends.
func (b *Balancer) declare(s *declared.Snapshot) []*flow {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	reconnect := !reflect.DeepEqual(s.VPC, b.declared.VPC) || !reflect.DeepEqual(s.LoadBalancers, b.declared.LoadBalancers)
	b.declared = s
	listeners, users := b.compile(s)
	b.listeners.Store(&listeners)
	for arn, g := range b.groups {
		if _, kept := s.TargetGroups[arn]; !kept {
			delete(b.groups, arn)
			for _, t := range g.targets {
				t.end()
			}
		}
	}
	for arn, declaredGroup := range s.TargetGroups {
		g := b.groups[arn]
		if g == nil {
			g = &group{arn: arn}
			b.groups[arn] = g
		}
		old := g.check
		g.check = checkSettings(declaredGroup)
		g.user = users[arn]
		g.configure(declaredGroup.Attributes)
		for _, t := range g.targets {
			if reconnect {
				t.dropTransport()
			}
			b.supervise(g, t, old != g.check)
		}
	}
	return b.flowsOf(func(f *flow) bool {
		_, balancerKept := s.LoadBalancers[f.lb]
		_, groupKept := s.TargetGroups[f.group]
		return !balancerKept || !groupKept
	})
}

// Close ends all health checks and cuts all connections. What is called afterwards fails or does nothing.
func (b *Balancer) Close() {
	b.mu.Lock()
	b.closed = true
	b.listeners.Store(&map[string]*listener{})
	for _, g := range b.groups {
		for _, t := range g.targets {
			t.end()
		}
		g.targets = nil
	}
	flows := b.flowsOf(func(*flow) bool { return true })
	b.mu.Unlock()
	for _, f := range flows {
		f.cut("the local cloud is stopping")
	}
	b.checks.Wait()
}

var errClosed = errors.New("the balancer is closed: the local cloud is stopping")

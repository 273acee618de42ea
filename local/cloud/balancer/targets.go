package balancer

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// defaultDeregistrationDelay is that of
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html
const defaultDeregistrationDelay = 300 * time.Second

// group is a target group with its registered targets. Balancer.mu guards it and them.
type group struct {
	arn              string
	user             *loadBalancer // nil while no listener forwards to the group
	check            settings
	delay            time.Duration
	leastOutstanding bool
	targets          []*target
	turn             int

	// What follows is for the connections of a Network Load Balancer.
	crossZone      bool
	preserveClient bool
	cutDrained     bool
	keepUnhealthy  bool
}

type target struct {
	address  netip.AddrPort
	subnetID string
	zone     string
	// ctx ends when the target is gone; its connections end with it.
	ctx          context.Context
	cancel       context.CancelFunc
	transport    *http.Transport
	user         string // the load balancer that transport is of
	inUse        bool
	health       health
	cancelChecks context.CancelFunc
	draining     bool
	drained      *time.Timer
	outstanding  atomic.Int64
}

// configure takes over the attributes, after the load balancer. Those of a Network Load Balancer's groups are in
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html
func (g *group) configure(attributes map[string]string) {
	g.delay = seconds(attributes["deregistration_delay.timeout_seconds"], defaultDeregistrationDelay)
	g.leastOutstanding = attributes["load_balancing.algorithm.type"] == "least_outstanding_requests"
	g.preserveClient = attributes["preserve_client_ip.enabled"] == "true"
	g.cutDrained = attributes["deregistration_delay.connection_termination.enabled"] == "true"
	g.keepUnhealthy = attributes["target_health_state.unhealthy.connection_termination.enabled"] == "false"
	switch attributes["load_balancing.cross_zone.enabled"] {
	case "true":
		g.crossZone = true
	case "false":
		g.crossZone = false
	default:
		g.crossZone = g.user != nil && g.user.crossZone
	}
}

func (g *group) find(address netip.AddrPort) *target {
	for _, t := range g.targets {
		if t.address == address {
			return t
		}
	}
	return nil
}

func (t *target) stopChecks() {
	if t.cancelChecks != nil {
		t.cancelChecks()
		t.cancelChecks = nil
	}
}

// dropTransport makes later requests use new connections; those that are under way go on.
func (t *target) dropTransport() {
	if t.transport != nil {
		t.transport.CloseIdleConnections()
		t.transport = nil
	}
}

// end cuts all that goes on with a target.
func (t *target) end() {
	if t.drained != nil {
		t.drained.Stop()
	}
	t.cancel()
	t.dropTransport()
}

// Register adds targets, whose addresses are in a subnet, to a target group. A target that is registered already stays
// as it is; one that is draining is taken back and checked like a new one.
func (b *Balancer) Register(targetGroupARN, subnetID string, targets ...netip.AddrPort) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return errClosed
	}
	g := b.groups[targetGroupARN]
	if g == nil {
		return fmt.Errorf("target group %s is not declared: create it first", targetGroupARN)
	}
	for _, address := range targets {
		t := g.find(address)
		if t == nil {
			t = &target{address: address}
			t.ctx, t.cancel = context.WithCancel(context.Background())
			g.targets = append(g.targets, t)
		}
		if t.draining {
			t.drained.Stop()
			t.draining = false
		}
		t.subnetID = subnetID
		b.supervise(g, t, false)
	}
	return nil
}

// Deregister takes targets out of a target group: they get no new request or connection, and after the group's
// deregistration delay they are gone. What connections they still have are cut then; those of a Network Load Balancer
// only where deregistration_delay.connection_termination.enabled says so. A target that is not registered is passed over.
func (b *Balancer) Deregister(targetGroupARN string, targets ...netip.AddrPort) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	g := b.groups[targetGroupARN]
	if g == nil {
		return fmt.Errorf("target group %s is not declared: nothing can be deregistered from it", targetGroupARN)
	}
	for _, address := range targets {
		t := g.find(address)
		if t == nil || t.draining {
			continue
		}
		t.draining = true
		t.stopChecks()
		t.dropTransport()
		t.drained = time.AfterFunc(g.delay, func() { b.remove(g, t) })
	}
	return nil
}

// remove ends a target whose deregistration delay is over.
func (b *Balancer) remove(g *group, t *target) {
	for _, f := range b.takeOut(g, t) {
		f.cut("the deregistration delay of the target is over")
	}
}

// takeOut returns the connections that go with the target.
func (b *Balancer) takeOut(g *group, t *target) []*flow {
	b.mu.Lock()
	defer b.mu.Unlock()
	// Taken back while the timer fired.
	if !t.draining {
		return nil
	}
	g.targets = slices.DeleteFunc(g.targets, func(other *target) bool { return other == t })
	t.end()
	return b.flowsOf(func(f *flow) bool { return g.cutDrained && f.target == t })
}

// Explanation says in plain words what the last health check of a target failed of: what DescribeTargetHealth has no
// field for, such as the security group in the way. It is empty when the check passed.
func (b *Balancer) Explanation(targetGroupARN string, address netip.AddrPort) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if g := b.groups[targetGroupARN]; g != nil {
		if t := g.find(address); t != nil {
			return t.health.explanation
		}
	}
	return ""
}

// Health returns the registered targets of a target group and their health, as DescribeTargetHealth has it:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
func (b *Balancer) Health(targetGroupARN string) []elbtypes.TargetHealthDescription {
	b.mu.Lock()
	defer b.mu.Unlock()
	g := b.groups[targetGroupARN]
	if g == nil {
		return nil
	}
	var all []elbtypes.TargetHealthDescription
	for _, t := range g.targets {
		port := int(t.address.Port())
		if g.check.port != 0 {
			port = g.check.port
		}
		d := elbtypes.TargetHealthDescription{
			HealthCheckPort: aws.String(strconv.Itoa(port)),
			Target: &elbtypes.TargetDescription{
				Id:   aws.String(t.address.Addr().String()),
				Port: aws.Int32(int32(t.address.Port())),
			},
			TargetHealth: t.described(g),
		}
		if t.zone != "" {
			d.Target.AvailabilityZone = aws.String(t.zone)
		}
		all = append(all, d)
	}
	return all
}

func (t *target) described(g *group) *elbtypes.TargetHealth {
	h := t.health
	description := h.description()
	switch {
	case t.draining:
		h.state, h.reason = elbtypes.TargetHealthStateEnumDraining, elbtypes.TargetHealthReasonEnumDeregistrationInProgress
		description = descriptions[h.reason]
	case !t.inUse:
		h.state, h.reason = elbtypes.TargetHealthStateEnumUnused, elbtypes.TargetHealthReasonEnumNotInUse
		description = descriptions[h.reason]
		if g.user != nil {
			description = "Target is in an Availability Zone that is not enabled for the load balancer"
		}
	}
	d := &elbtypes.TargetHealth{State: h.state, Reason: h.reason}
	if description != "" {
		d.Description = aws.String(description)
	}
	return d
}

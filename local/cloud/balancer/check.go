package balancer

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/vpc"
)

// registrationDelay is how long a target takes to be registered before its first health check. AWS tells no number;
// there it takes some seconds, in which a container starts to listen.
const registrationDelay = 2 * time.Second

// maxHeader is the largest header of a target's answer:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
const maxHeader = 32 << 10

// settings are the health check settings of a target group.
type settings struct {
	tcp                bool // a connection is enough; else it is HTTP
	path, matcher      string
	port               int // 0 is the target's own
	interval, timeout  time.Duration
	healthy, unhealthy int
}

// checkSettings reads the settings. The defaults are those of target groups of IP addresses:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html#health-check-settings
// and, for those of Network Load Balancers,
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html#health-check-settings
func checkSettings(g declared.TargetGroup) settings {
	number := func(declared *int32, otherwise int) int {
		if n := int(aws.ToInt32(declared)); n > 0 {
			return n
		}
		return otherwise
	}
	matcher, timeout, overTCP := "200", 5, false
	if g.Protocol == elbtypes.ProtocolEnumTcp {
		matcher, timeout = "200-399", 6
		if overTCP = g.HealthCheckProtocol == "" || g.HealthCheckProtocol == elbtypes.ProtocolEnumTcp; overTCP {
			timeout = 10
		}
	}
	s := settings{
		tcp:       overTCP,
		matcher:   matcher,
		path:      cmp.Or(aws.ToString(g.HealthCheckPath), "/"),
		interval:  time.Duration(number(g.HealthCheckIntervalSeconds, 30)) * time.Second,
		timeout:   time.Duration(number(g.HealthCheckTimeoutSeconds, timeout)) * time.Second,
		healthy:   number(g.HealthyThresholdCount, 5),
		unhealthy: number(g.UnhealthyThresholdCount, 2),
	}
	if g.Matcher != nil {
		s.matcher = cmp.Or(aws.ToString(g.Matcher.HttpCode), matcher)
	}
	// "traffic-port" is no number.
	s.port, _ = strconv.Atoi(aws.ToString(g.HealthCheckPort))
	return s
}

// supervise starts, stops or restarts the health checks of a target as its group's use and settings ask for. The
// caller holds b.mu.
func (b *Balancer) supervise(g *group, t *target, changed bool) {
	t.zone = aws.ToString(b.declared.Subnets[t.subnetID].AvailabilityZone)
	t.inUse = g.user != nil && g.user.problem == nil && g.user.serves(t.zone)
	if !t.inUse || t.draining {
		t.stopChecks()
		return
	}
	if t.transport == nil || t.user != g.user.arn {
		b.renewTransport(g, t)
	}
	delay := time.Duration(0)
	switch {
	case t.cancelChecks == nil:
		t.health = health{state: elbtypes.TargetHealthStateEnumInitial, reason: elbtypes.TargetHealthReasonEnumRegistrationInProgress}
		delay = registrationDelay
	case changed:
		t.stopChecks()
		t.health.successes, t.health.failures = 0, 0
	default:
		return
	}
	ctx, cancel := context.WithCancel(t.ctx)
	t.cancelChecks = cancel
	s := g.check
	b.checks.Go(func() { b.check(ctx, g, t, s, delay) })
}

// check checks a target's health every interval, however long each check takes, until ctx ends.
func (b *Balancer) check(ctx context.Context, g *group, t *target, s settings, delay time.Duration) {
	select {
	case <-ctx.Done():
		return
	case <-time.After(delay):
	}
	ticks := time.NewTicker(s.interval)
	defer ticks.Stop()
	for {
		b.mu.Lock()
		if ctx.Err() != nil {
			b.mu.Unlock()
			return
		}
		if t.health.reason == elbtypes.TargetHealthReasonEnumRegistrationInProgress {
			t.health.reason = elbtypes.TargetHealthReasonEnumInitialHealthChecking
		}
		from := g.user.nodeFor(t.zone)
		b.mu.Unlock()

		r := b.checkOnce(ctx, from, t.address, s)

		b.mu.Lock()
		if ctx.Err() != nil {
			b.mu.Unlock()
			return
		}
		before := t.health.state
		t.health.observe(r, s.healthy, s.unhealthy)
		now := t.health
		var cut []*flow
		if now.state != before {
			cut = b.unhealthyFlows(g)
		}
		b.mu.Unlock()
		for _, f := range cut {
			f.cut("the target is unhealthy")
		}
		if now.state != before {
			b.log.Info("health of target", "group", g.arn, "target", t.address, "state", now.state, "reason", now.reason, "explanation", now.explanation)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
	}
}

// checkOnce checks by a connection of its own, which is closed afterwards. Nothing of the answer counts but its status.
func (b *Balancer) checkOnce(ctx context.Context, from vpc.Interface, address netip.AddrPort, s settings) result {
	if s.port != 0 {
		address = netip.AddrPortFrom(address.Addr(), uint16(s.port))
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if s.tcp {
		conn, err := b.network.Dial(ctx, from, address)
		if err != nil {
			return s.failed(ctx, fmt.Sprintf("a connection to %s", address), err)
		}
		_ = conn.Close()
		return result{}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address.String()+s.path, nil)
	if err != nil {
		return result{reason: elbtypes.TargetHealthReasonEnumInternalError, explanation: fmt.Sprintf("the health check path %q is not a path: %v", s.path, err)}
	}
	r.Header.Set("User-Agent", "ELB-HealthChecker/2.0")
	r.Close = true

	answer, err := b.exchangeOnce(ctx, from, address, r)
	if err == nil {
		if matcherHolds(s.matcher, answer) {
			return result{}
		}
		return result{elbtypes.TargetHealthReasonEnumResponseCodeMismatch, answer, fmt.Sprintf("GET %s on %s answered %d, not %s", s.path, address, answer, s.matcher)}
	}
	return s.failed(ctx, fmt.Sprintf("GET %s on %s", s.path, address), err)
}

// failed is the outcome of a check that got no answer.
func (s settings) failed(ctx context.Context, what string, err error) result {
	if blocked, ok := errors.AsType[*vpc.Blocked](err); ok {
		return result{reason: elbtypes.TargetHealthReasonEnumTimeout, explanation: blocked.Reason}
	}
	if ctx.Err() != nil {
		return result{reason: elbtypes.TargetHealthReasonEnumTimeout, explanation: fmt.Sprintf("%s gave no answer within %v", what, s.timeout)}
	}
	return result{reason: elbtypes.TargetHealthReasonEnumFailedHealthChecks, explanation: fmt.Sprintf("%s: %v", what, err)}
}

// exchangeOnce returns the status of the answer to a request on a new connection.
func (b *Balancer) exchangeOnce(ctx context.Context, from vpc.Interface, address netip.AddrPort, r *http.Request) (int, error) {
	conn, err := b.network.Dial(ctx, from, address)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if err := r.Write(conn); err != nil {
		return 0, fmt.Errorf("send the request: %w", err)
	}
	limited := bufio.NewReader(io.LimitReader(conn, maxHeader))
	for {
		answer, err := http.ReadResponse(limited, r)
		if err != nil {
			return 0, fmt.Errorf("read the answer: %w", err)
		}
		if answer.StatusCode >= 200 {
			return answer.StatusCode, nil
		}
	}
}

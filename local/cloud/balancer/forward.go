package balancer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"sallyport/local/cloud/vpc"
)

// connectTimeout is how long a target may take to accept a connection:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#http-504-issues
const connectTimeout = 10 * time.Second

var (
	errIdle           = errors.New("no byte passed within the idle timeout")
	errConnectTimeout = errors.New("the target did not accept the connection within 10 seconds")
)

// renewTransport gives a target a transport without connections. Requests that are under way go on with the old one.
// The caller holds b.mu.
func (b *Balancer) renewTransport(g *group, t *target) {
	t.dropTransport()
	from, ctx := g.user.nodeFor(t.zone), t.ctx
	t.user = g.user.arn
	t.transport = &http.Transport{
		DialContext: func(dialing context.Context, _, _ string) (net.Conn, error) {
			dialing, cancel := context.WithTimeoutCause(dialing, connectTimeout, errConnectTimeout)
			defer cancel()
			defer context.AfterFunc(ctx, cancel)()
			conn, err := b.network.Dial(dialing, from, t.address)
			if err != nil {
				if errors.Is(context.Cause(dialing), errConnectTimeout) {
					return nil, errConnectTimeout
				}
				return nil, err
			}
			return &targetConn{conn, context.AfterFunc(ctx, func() { _ = conn.Close() })}, nil
		},
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeader,
		MaxIdleConnsPerHost:    1024,
		IdleConnTimeout:        g.user.idleTimeout,
		Protocols:              http1,
	}
}

var http1 = func() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	return p
}()

// targetConn is a connection that is cut when its target is gone.
type targetConn struct {
	net.Conn
	release func() bool
}

func (c *targetConn) Close() error {
	c.release()
	return c.Conn.Close()
}

// pick returns the target for a request: of the healthy ones, or of all when none is healthy, which is the default
// target_group_health.unhealthy_state_routing of one healthy target:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html
// All are those that are unhealthy or still initial; a draining or unused target never gets a request.
func (b *Balancer) pick(groupARN string) (*target, *http.Transport) {
	b.mu.Lock()
	defer b.mu.Unlock()
	g := b.groups[groupARN]
	if g == nil {
		return nil, nil
	}
	healthy, all := 0, 0
	for _, t := range g.targets {
		if t.inUse && !t.draining {
			all++
			if t.health.state == elbtypes.TargetHealthStateEnumHealthy {
				healthy++
			}
		}
	}
	if all == 0 {
		return nil, nil
	}
	g.turn++
	nth := g.turn % cmp.Or(healthy, all)
	var picked *target
	for _, t := range g.targets {
		if !t.inUse || t.draining || healthy > 0 && t.health.state != elbtypes.TargetHealthStateEnumHealthy {
			continue
		}
		switch {
		case g.leastOutstanding:
			if picked == nil || t.outstanding.Load() < picked.outstanding.Load() {
				picked = t
			}
		case nth == 0:
			picked = t
		}
		nth--
	}
	picked.outstanding.Add(1)
	return picked, picked.transport
}

// forward sends a request to a target of a group.
func (b *Balancer) forward(l *listener, groupARN string, from vpc.Interface, r *http.Request) (*http.Response, error) {
	t, transport := b.pick(groupARN)
	if t == nil {
		return page(r, http.StatusServiceUnavailable, "target group "+groupARN+" has no registered target that is in use: see its service's events"), nil
	}
	x := &exchange{b: b, t: t, transport: transport, idle: l.lb.idleTimeout}
	x.ctx, x.cancel = context.WithCancelCause(r.Context())
	x.timer = time.AfterFunc(x.idle, func() { x.cancel(errIdle) })

	url := *r.URL
	url.Scheme, url.Host, url.Opaque, url.User = "http", t.address.String(), "", nil
	out := (&http.Request{
		Method:        r.Method,
		URL:           &url,
		Host:          r.Host,
		Header:        targetHeader(r, l.lb, l.protocol(), l.port, from.Address),
		ContentLength: r.ContentLength,
	}).WithContext(x.ctx)
	if !l.lb.preserveHost {
		out.Host = withPort(r.Host, l.port)
	}
	if r.Body != nil && r.Body != http.NoBody {
		out.Body = x.upload(r.Body)
	}
	// The transport sends an idempotent request without a body once more, to the same target, when a connection that was
	// kept alive turns out to be closed. An Application Load Balancer answers 502 in that moment.
	answer, err := transport.RoundTrip(out)
	if err != nil {
		defer x.end()
		return x.failed(r, err)
	}
	problem := ""
	switch {
	case answer.StatusCode == http.StatusSwitchingProtocols:
		problem = "switched protocols without being asked to"
	case !validAnswer(answer.Header):
		problem = "sent a header that is not valid: a control character, or a space in a name"
	}
	if problem != "" {
		_ = answer.Body.Close()
		x.end()
		return page(r, http.StatusBadGateway, "the target "+t.address.String()+" "+problem), nil
	}
	dropHopByHop(answer.Header)
	answer.Close = false
	answer.Request = r
	answer.Body = &answerBody{answer.Body, x}
	return answer, nil
}

// failed turns what went wrong before an answer into what a load balancer answers:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#load-balancer-http-error-codes
func (x *exchange) failed(r *http.Request, err error) (*http.Response, error) {
	address := x.t.address.String()
	if clientErr := x.clientErr.Load(); clientErr != nil {
		return nil, fmt.Errorf("body of the request: %w", *clientErr)
	}
	if gone := r.Context().Err(); gone != nil {
		return nil, fmt.Errorf("the client gave up waiting for target %s: %w", address, gone)
	}
	if blocked, ok := errors.AsType[*vpc.Blocked](err); ok {
		return page(r, http.StatusGatewayTimeout, blocked.Reason), nil
	}
	switch {
	case errors.Is(err, errConnectTimeout):
		return page(r, http.StatusGatewayTimeout, "target "+address+": "+errConnectTimeout.Error()), nil
	case errors.Is(context.Cause(x.ctx), errIdle) && x.waiting.Load():
		return page(r, http.StatusRequestTimeout, ""), nil
	case errors.Is(context.Cause(x.ctx), errIdle):
		return page(r, http.StatusGatewayTimeout, fmt.Sprintf("the target %s did not answer within the idle timeout of %v", address, x.idle)), nil
	case x.t.ctx.Err() != nil:
		return page(r, http.StatusBadGateway, "the deregistration delay of target "+address+" was over before it answered"), nil
	}
	return page(r, http.StatusBadGateway, fmt.Sprintf("target %s: %v", address, err)), nil
}

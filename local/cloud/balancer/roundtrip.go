package balancer

import (
	"errors"
	"fmt"
	"net/http"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"sallyport/local/cloud/vpc"
)

// RoundTrip answers a request that a client's interface, such as that of a VPC link, sends to a listener. A connection
// that does not pass is *vpc.Blocked; a listener that is not declared or not served is an error that says so, and so is
// a TLS handshake that fails, or a client that goes away or whose body can't be read. All that goes wrong with targets is an answer, as of an
// Application Load Balancer. The request is not changed; the answer's body is streamed and must be closed.
func (b *Balancer) RoundTrip(listenerARN string, from vpc.Interface, r *http.Request) (*http.Response, error) {
	l := (*b.listeners.Load())[listenerARN]
	if l == nil {
		return nil, fmt.Errorf("listener %s is not declared: an integration must name an existing listener's ARN", listenerARN)
	}
	if l.lb.problem != nil {
		return nil, l.lb.problem
	}
	if l.lb.network {
		return nil, fmt.Errorf("listener %s is a Network Load Balancer's: here only a REST API's VPC link leads to one", listenerARN)
	}
	if err := b.enter(l, from); err != nil {
		return nil, err
	}
	switch err := l.handshake(r); {
	case errors.Is(err, errNoTLS):
		return page(r, http.StatusBadRequest, err.Error()), nil
	case err != nil:
		return nil, err
	}
	if status := refused(r); status != 0 {
		return page(r, status, ""), nil
	}
	matched := l.match(r, from.Address)
	if matched == nil {
		return nil, fmt.Errorf("listener %s has no default action", listenerARN)
	}
	switch a := matched.action; {
	case a.Type == elbtypes.ActionTypeEnumFixedResponse && a.FixedResponseConfig != nil:
		return fixedResponse(r, a.FixedResponseConfig), nil
	case a.Type == elbtypes.ActionTypeEnumRedirect && a.RedirectConfig != nil:
		return redirect(r, a.RedirectConfig, l.protocol(), l.port), nil
	case a.Type == elbtypes.ActionTypeEnumForward:
		return b.forward(l, b.choose(matched.groups), from, r)
	default:
		return nil, fmt.Errorf("listener %s has an action %q, which the local cloud does not serve", listenerARN, a.Type)
	}
}

// enter lets a client in by a node that it reaches: the one in its zone, else any other.
func (b *Balancer) enter(l *listener, from vpc.Interface) error {
	zone := l.zones[from.SubnetID]
	var first error
	for _, own := range []bool{true, false} {
		for _, n := range l.lb.nodes {
			if (n.zone == zone) != own {
				continue
			}
			err := b.network.Check(from, n.Interface, l.port)
			if err == nil {
				return nil
			}
			if _, blocked := errors.AsType[*vpc.Blocked](err); !blocked {
				return fmt.Errorf("connection to load balancer %s: %w", l.lb.arn, err)
			}
			if first == nil {
				first = err
			}
		}
	}
	return first
}

// choose returns a target group by weight. A group whose targets are all gone is still chosen: a load balancer does
// not fail over to another group.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html
func (b *Balancer) choose(groups []weighted) string {
	if len(groups) == 1 {
		return groups[0].arn
	}
	total := 0
	for _, g := range groups {
		total += g.weight
	}
	if total <= 0 {
		return ""
	}
	n := b.random(total)
	for _, g := range groups {
		if n -= g.weight; n < 0 {
			return g.arn
		}
	}
	return ""
}

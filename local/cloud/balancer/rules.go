package balancer

import (
	"cmp"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// rule is a listener's rule: all of its conditions must hold.
type rule struct {
	conditions []condition
	action     elbtypes.Action
	// groups are where a forward action sends requests, by weight.
	groups []weighted
}

type weighted struct {
	arn    string
	weight int
}

type condition func(r *http.Request, source netip.Addr) bool

func compileRule(declaredRule elbtypes.Rule) rule {
	var r rule
	actions := slices.SortedStableFunc(slices.Values(declaredRule.Actions), func(a, b elbtypes.Action) int {
		return cmp.Compare(aws.ToInt32(a.Order), aws.ToInt32(b.Order))
	})
	if len(actions) > 0 {
		// The last one decides what is answered; what may come before it, authentication, is refused where it is declared.
		r.action = actions[len(actions)-1]
	}
	if r.action.Type == elbtypes.ActionTypeEnumForward {
		r.groups = forwardGroups(r.action)
	}
	for _, c := range declaredRule.Conditions {
		r.conditions = append(r.conditions, compileCondition(c))
	}
	return r
}

// forwardGroups returns the target groups of a forward action. A group without a weight has 1:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupTuple.html
func forwardGroups(action elbtypes.Action) []weighted {
	if action.ForwardConfig == nil || len(action.ForwardConfig.TargetGroups) == 0 {
		if arn := aws.ToString(action.TargetGroupArn); arn != "" {
			return []weighted{{arn, 1}}
		}
		return nil
	}
	var groups []weighted
	for _, g := range action.ForwardConfig.TargetGroups {
		weight := 1
		if g.Weight != nil {
			weight = int(*g.Weight)
		}
		groups = append(groups, weighted{aws.ToString(g.TargetGroupArn), weight})
	}
	return groups
}

// match returns the first rule whose conditions hold; the default rule, which has none, comes last.
func (l *listener) match(r *http.Request, source netip.Addr) *rule {
	for i := range l.rules {
		holds := func(c condition) bool { return c(r, source) }
		if !slices.ContainsFunc(l.rules[i].conditions, func(c condition) bool { return !holds(c) }) {
			return &l.rules[i]
		}
	}
	return nil
}

// compileCondition follows https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html.
// A condition that is unknown never holds.
func compileCondition(c elbtypes.RuleCondition) condition {
	never := func(*http.Request, netip.Addr) bool { return false }
	switch aws.ToString(c.Field) {
	case "path-pattern":
		values := c.Values
		if c.PathPatternConfig != nil {
			values = c.PathPatternConfig.Values
		}
		return func(r *http.Request, _ netip.Addr) bool { return anyMatch(values, r.URL.EscapedPath(), false) }
	case "host-header":
		values := c.Values
		if c.HostHeaderConfig != nil {
			values = c.HostHeaderConfig.Values
		}
		values = lower(values)
		return func(r *http.Request, _ netip.Addr) bool {
			return anyMatch(values, strings.ToLower(hostname(r.Host)), false)
		}
	case "http-header":
		if c.HttpHeaderConfig == nil {
			return never
		}
		name, values := http.CanonicalHeaderKey(aws.ToString(c.HttpHeaderConfig.HttpHeaderName)), lower(c.HttpHeaderConfig.Values)
		return func(r *http.Request, _ netip.Addr) bool {
			sent := r.Header[name]
			if name == "Host" {
				sent = []string{r.Host}
			}
			return slices.ContainsFunc(sent, func(v string) bool { return anyMatch(values, strings.ToLower(v), false) })
		}
	case "http-request-method":
		if c.HttpRequestMethodConfig == nil {
			return never
		}
		values := c.HttpRequestMethodConfig.Values
		return func(r *http.Request, _ netip.Addr) bool { return slices.Contains(values, r.Method) }
	case "query-string":
		if c.QueryStringConfig == nil {
			return never
		}
		return queryCondition(c.QueryStringConfig.Values)
	case "source-ip":
		if c.SourceIpConfig == nil {
			return never
		}
		var prefixes []netip.Prefix
		for _, v := range c.SourceIpConfig.Values {
			if p, err := netip.ParsePrefix(v); err == nil {
				prefixes = append(prefixes, p)
			}
		}
		return func(_ *http.Request, source netip.Addr) bool {
			return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(source) })
		}
	}
	return never
}

// queryCondition holds when one key/value pair of the query string, as it was sent, matches one of the declared pairs;
// a pair declared without a key matches any key.
func queryCondition(pairs []elbtypes.QueryStringKeyValuePair) condition {
	type pair struct{ key, value string }
	var wanted []pair
	for _, p := range pairs {
		wanted = append(wanted, pair{strings.ToLower(cmp.Or(aws.ToString(p.Key), "*")), strings.ToLower(aws.ToString(p.Value))})
	}
	return func(r *http.Request, _ netip.Addr) bool {
		for part := range strings.SplitSeq(strings.ToLower(r.URL.RawQuery), "&") {
			key, value, _ := strings.Cut(part, "=")
			for _, w := range wanted {
				if part != "" && matches(w.key, key, true) && matches(w.value, value, true) {
					return true
				}
			}
		}
		return false
	}
}

func anyMatch(patterns []string, s string, escapes bool) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, s, escapes) })
}

func lower(values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = strings.ToLower(v)
	}
	return out
}

// hostname is a Host header without its port: patterns cannot hold one.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}

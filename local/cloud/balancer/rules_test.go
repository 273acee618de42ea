package balancer

import (
	"net/http"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"sallyport/local/cloud/vpc"
)

// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
func TestPattern(t *testing.T) {
	for _, test := range []struct {
		pattern, s string
		escapes    bool
		want       bool
	}{
		{"/img/*", "/img/picture.jpg", false, true},
		{"/img/*", "/img/", false, true},
		{"/img/*", "/img", false, false},
		{"/img/*/pics", "/img/a/b/pics", false, true},
		{"/img/*/pics", "/img/pics", false, false},
		{"/img/?", "/img/a", false, true},
		{"/img/?", "/img/", false, false},
		{"/IMG/*", "/img/a", false, false},
		{"*", "", false, true},
		{"", "", false, true},
		{"", "a", false, false},
		{"a*b*c", "aXbXbXc", false, true},
		{"a*b*c", "aXbXbX", false, false},
		{"**a", "ba", false, true},
		{"*.example.com", "test.example.com", false, true},
		{"*.example.com", "example.com", false, false},
		{`a\*`, "a*", true, true},
		{`a\*`, "ab", true, false},
		{`a\?`, "ab", true, false},
		{`*\*`, "xy*", true, true},
		{`a\b`, `a\b`, true, true},
		{`a\*`, `a\b`, false, true},
	} {
		if got := matches(test.pattern, test.s, test.escapes); got != test.want {
			t.Errorf("matches(%q, %q, %v) = %v", test.pattern, test.s, test.escapes, got)
		}
	}
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
func TestConditions(t *testing.T) {
	path := func(v ...string) elbtypes.RuleCondition {
		return elbtypes.RuleCondition{Field: aws.String("path-pattern"), PathPatternConfig: &elbtypes.PathPatternConditionConfig{Values: v}}
	}
	header := func(name string, v ...string) elbtypes.RuleCondition {
		return elbtypes.RuleCondition{Field: aws.String("http-header"), HttpHeaderConfig: &elbtypes.HttpHeaderConditionConfig{HttpHeaderName: aws.String(name), Values: v}}
	}
	host := func(v ...string) elbtypes.RuleCondition {
		return elbtypes.RuleCondition{Field: aws.String("host-header"), HostHeaderConfig: &elbtypes.HostHeaderConditionConfig{Values: v}}
	}
	method := func(v ...string) elbtypes.RuleCondition {
		return elbtypes.RuleCondition{Field: aws.String("http-request-method"), HttpRequestMethodConfig: &elbtypes.HttpRequestMethodConditionConfig{Values: v}}
	}
	query := func(pairs ...string) elbtypes.RuleCondition {
		c := &elbtypes.QueryStringConditionConfig{}
		for pair := range slices.Chunk(pairs, 2) {
			p := elbtypes.QueryStringKeyValuePair{Value: aws.String(pair[1])}
			if pair[0] != "" {
				p.Key = aws.String(pair[0])
			}
			c.Values = append(c.Values, p)
		}
		return elbtypes.RuleCondition{Field: aws.String("query-string"), QueryStringConfig: c}
	}
	source := func(v ...string) elbtypes.RuleCondition {
		return elbtypes.RuleCondition{Field: aws.String("source-ip"), SourceIpConfig: &elbtypes.SourceIpConditionConfig{Values: v}}
	}
	r := request("GET", "/img/a%20b?version=v1&q=Example", "")
	r.Host = "Test.Example.com:80"
	r.Header.Set("User-Agent", "Mozilla Chrome/1")
	for _, test := range []struct {
		name       string
		conditions []elbtypes.RuleCondition
		want       bool
	}{
		{"no condition always holds", nil, true},
		{"a path without its query", []elbtypes.RuleCondition{path("/img/a%20b")}, true},
		{"a path is case-sensitive", []elbtypes.RuleCondition{path("/IMG/*")}, false},
		{"one of several values is enough", []elbtypes.RuleCondition{path("/x", "/img/*")}, true},
		{"values in the older form", []elbtypes.RuleCondition{{Field: aws.String("path-pattern"), Values: []string{"/img/*"}}}, true},
		{"a host is not case-sensitive", []elbtypes.RuleCondition{host("*.EXAMPLE.com")}, true},
		{"another host", []elbtypes.RuleCondition{host("example.com")}, false},
		{"a header's value is not case-sensitive", []elbtypes.RuleCondition{header("user-agent", "*chrome*")}, true},
		{"a header that was not sent", []elbtypes.RuleCondition{header("X-Other", "*")}, false},
		{"a method", []elbtypes.RuleCondition{method("POST", "GET")}, true},
		{"a method is case-sensitive", []elbtypes.RuleCondition{method("get")}, false},
		{"a query's pair", []elbtypes.RuleCondition{query("version", "v1")}, true},
		{"any key of a query is not case-sensitive", []elbtypes.RuleCondition{query("", "*EXAMPLE*")}, true},
		{"a query's key with another value", []elbtypes.RuleCondition{query("version", "v2")}, false},
		{"a source address", []elbtypes.RuleCondition{source("192.0.2.0/24", "10.0.1.0/24")}, true},
		{"another source address", []elbtypes.RuleCondition{source("10.0.2.0/24")}, false},
		{"all conditions must hold", []elbtypes.RuleCondition{path("/img/*"), method("POST")}, false},
		{"an unknown condition never holds", []elbtypes.RuleCondition{{Field: aws.String("moon-phase"), Values: []string{"*"}}}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := &listener{rules: []rule{compileRule(elbtypes.Rule{Conditions: test.conditions})}}
			if got := l.match(r, link.Address) != nil; got != test.want {
				t.Errorf("holds is %v", got)
			}
		})
	}
}

func fixed(status, contentType, body string) elbtypes.Action {
	return elbtypes.Action{Type: elbtypes.ActionTypeEnumFixedResponse, FixedResponseConfig: &elbtypes.FixedResponseActionConfig{
		StatusCode: aws.String(status), ContentType: aws.String(contentType), MessageBody: aws.String(body)}}
}

func on(pattern string, action elbtypes.Action) elbtypes.Rule {
	return elbtypes.Rule{Actions: []elbtypes.Action{action}, Conditions: []elbtypes.RuleCondition{{Field: aws.String("path-pattern"), Values: []string{pattern}}}}
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html
func TestActions(t *testing.T) {
	t.Run("the first rule that holds decides", func(t *testing.T) {
		b := start(t, newNetwork(), withRules(world(), on("/a/*", fixed("201", "", "one")), on("/a/b", fixed("202", "", "two"))))
		if status, body := get(t, b, "/a/b"); status != 201 || body != "one" {
			t.Errorf("%d %q", status, body)
		}
	})
	t.Run("a fixed response has its status, type and body", func(t *testing.T) {
		b := start(t, newNetwork(), withRules(world(), on("/*", fixed("418", "application/json", `{"a":1}`))))
		status, body, header := do(t, b, request("GET", "/", ""))
		if status != 418 || body != `{"a":1}` || header.Get("Content-Type") != "application/json; charset=utf-8" || header.Get("Server") != "awselb/2.0" {
			t.Errorf("%d %q %v", status, body, header)
		}
	})
	t.Run("a fixed response to HEAD has no body", func(t *testing.T) {
		b := start(t, newNetwork(), withRules(world(), on("/*", fixed("200", "", "hello"))))
		if _, body, header := do(t, b, request("HEAD", "/", "")); body != "" || header.Get("Content-Length") != "5" {
			t.Errorf("%q %v", body, header)
		}
	})
	for _, test := range []struct {
		name   string
		config elbtypes.RedirectActionConfig
		status int
		want   string
	}{
		{"to HTTPS keeps the rest", elbtypes.RedirectActionConfig{Protocol: aws.String("HTTPS"), Port: aws.String("443"), Host: aws.String("#{host}"), Path: aws.String("/#{path}"), Query: aws.String("#{query}"), StatusCode: "HTTP_301"}, 301, "https://app.example.com:443/a/b?c=d"},
		{"keeps what is not declared", elbtypes.RedirectActionConfig{Host: aws.String("www.#{host}"), StatusCode: "HTTP_302"}, 302, "http://www.app.example.com:80/a/b?c=d"},
		{"puts a path before the path", elbtypes.RedirectActionConfig{Path: aws.String("/new/#{path}"), StatusCode: "HTTP_302"}, 302, "http://app.example.com:80/new/a/b?c=d"},
		{"adds to the query", elbtypes.RedirectActionConfig{Path: aws.String("/"), Query: aws.String("#{query}&from=#{host}:#{port}"), StatusCode: "HTTP_302"}, 302, "http://app.example.com:80/?c=d&from=app.example.com:80"},
		{"drops the query", elbtypes.RedirectActionConfig{Path: aws.String("/"), Query: aws.String(""), StatusCode: "HTTP_302"}, 302, "http://app.example.com:80/"},
	} {
		t.Run("a redirect "+test.name, func(t *testing.T) {
			b := start(t, newNetwork(), withRules(world(), on("/*", elbtypes.Action{Type: elbtypes.ActionTypeEnumRedirect, RedirectConfig: &test.config})))
			status, _, header := do(t, b, request("GET", "/a/b?c=d", ""))
			if status != test.status || header.Get("Location") != test.want {
				t.Errorf("%d to %s", status, header.Get("Location"))
			}
		})
	}
	t.Run("target groups are chosen by weight", func(t *testing.T) {
		b := start(t, newNetwork(), world())
		got := map[string]int{}
		for n := range 30 {
			b.random = func(total int) int {
				if total != 30 {
					t.Fatalf("weights add up to %d", total)
				}
				return n
			}
			got[b.choose([]weighted{{"blue", 10}, {"none", 0}, {"green", 20}})]++
		}
		if got["blue"] != 10 || got["green"] != 20 || len(got) != 2 {
			t.Error(got)
		}
	})
	t.Run("a weighted group without targets is 503: there is no failover", func(t *testing.T) {
		n := newNetwork()
		n.serve(t, first, answer("first"))
		action := elbtypes.Action{Type: elbtypes.ActionTypeEnumForward, ForwardConfig: &elbtypes.ForwardActionConfig{TargetGroups: []elbtypes.TargetGroupTuple{
			{TargetGroupArn: aws.String(groupARN), Weight: aws.Int32(1)}, {TargetGroupArn: aws.String(otherARN), Weight: aws.Int32(1)}}}}
		b := start(t, n, withRules(world(), on("/*", action)))
		register(t, b, first)
		for i, want := range []int{200, 503} {
			b.random = func(int) int { return i }
			if status, _ := get(t, b, "/"); status != want {
				t.Errorf("%d, want %d", status, want)
			}
		}
	})
}

func TestEntrance(t *testing.T) {
	t.Run("a listener that is not declared is an error that says so", func(t *testing.T) {
		b := start(t, newNetwork(), world())
		_, err := b.RoundTrip("arn:none", link, request("GET", "/", ""))
		if err == nil || err.Error() != "listener arn:none is not declared: an integration must name an existing listener's ARN" {
			t.Error(err)
		}
	})
	t.Run("a network load balancer and a TCP listener are errors that name them", func(t *testing.T) {
		s := world()
		lb := s.LoadBalancers[lbARN]
		lb.Type = elbtypes.LoadBalancerTypeEnumNetwork
		s.LoadBalancers[lbARN] = lb
		if _, err := start(t, newNetwork(), s).RoundTrip(listenerARN, link, request("GET", "/", "")); err == nil {
			t.Error("a network load balancer answers")
		}
		s = world()
		l := s.Listeners[listenerARN]
		l.Protocol = elbtypes.ProtocolEnumTcp
		s.Listeners[listenerARN] = l
		if _, err := start(t, newNetwork(), s).RoundTrip(listenerARN, link, request("GET", "/", "")); err == nil {
			t.Error("a TCP listener answers")
		}
	})
	t.Run("a client that reaches no node is blocked", func(t *testing.T) {
		n := newNetwork()
		n.check = func(_, to vpc.Interface, port int) error {
			if port != 80 || to.GroupIDs[0] != "sg-lb" {
				t.Errorf("checked %v:%d", to, port)
			}
			return errBlocked
		}
		b := start(t, n, world())
		if _, err := b.RoundTrip(listenerARN, link, request("GET", "/", "")); !isBlocked(err) {
			t.Error(err)
		}
	})
	t.Run("a client comes in by the node in its zone, else by any that it reaches", func(t *testing.T) {
		n := newNetwork()
		var asked []string
		n.check = func(_, to vpc.Interface, _ int) error {
			asked = append(asked, to.SubnetID)
			if to.SubnetID == "subnet-b" {
				return errBlocked
			}
			return nil
		}
		b := start(t, n, withRules(world(), on("/*", fixed("200", "", ""))))
		from := link
		from.SubnetID = "subnet-b"
		if _, err := b.RoundTrip(listenerARN, from, request(http.MethodGet, "/", "")); err != nil || !slices.Equal(asked, []string{"subnet-b", "subnet-a"}) {
			t.Error(err, asked)
		}
	})
}

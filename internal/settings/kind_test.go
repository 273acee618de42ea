package settings

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestWhatOneKindCantDoNamesTheOther(t *testing.T) {
	const webACL = "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/shop/12345678-1234-1234-1234-123456789012"
	for _, c := range []struct {
		name   string
		config map[string]string
		want   []string // of each problem, its key, what is wrong and what instead
	}{
		{"a REST API with what it has", map[string]string{"gateway.kind": "rest", "gateway.webAclArn": webACL, "gateway.tracing": "true", "gateway.logsRole": "existing",
			"gateway.apiKeys": `{"partner":{"rate":5},"shop":{}}`, "gateway.routes": `[{"path":"/feed","auth":"key"}]`}, nil},
		{"an HTTP API", map[string]string{"gateway.webAclArn": webACL, "gateway.tracing": "true", "gateway.apiKeys": `{"partner":{}}`, "gateway.logsRole": "existing",
			"gateway.routes": `[{"path":"/feed","auth":"key"}]`}, []string{
			"gateway.webAclArn: gateway.kind is http: an HTTP API takes no web ACL > loadBalancer.webAclArn, or gateway.kind rest",
			"gateway.tracing: gateway.kind is http: an HTTP API has no tracing > gateway.kind rest",
			"gateway.apiKeys: gateway.kind is http: an HTTP API has no API keys > gateway.kind rest, or another auth in gateway.routes",
			"gateway.logsRole: gateway.kind is http: an HTTP API writes its log without a role > gateway.kind rest, or leave it out",
			`gateway.routes: route 1 (ANY /feed): the auth "key" is none of none, iam, jwt: a REST API has it (gateway.kind rest) > `,
		}},
		{"a REST API", map[string]string{"gateway.kind": "rest", "gateway.timeout": "30", "gateway.vpcLinkId": "abcd12",
			"network.vpcId": "vpc-0123456789abcdef0", "network.privateSubnetIds": `["subnet-0123456789abcdef0","subnet-12345678"]`,
			"loadBalancer.webAclArn": webACL, "loadBalancer.idleTimeout": "65", "scaling.max": "4", "scaling.targetRequests": "100", "gateway.routes": `[{"path":"/{id}"}]`}, []string{
			"gateway.timeout: gateway.kind is rest: a REST API waits 29 seconds at most > 29 seconds or less, or gateway.kind http",
			"gateway.vpcLinkId: gateway.kind is rest: a REST API's VPC link leads to one network load balancer, this stack's own > gateway.kind http, or leave it out",
			"loadBalancer.webAclArn: gateway.kind is rest: a Network Load Balancer takes no web ACL, the REST API itself does > gateway.webAclArn, or gateway.kind http",
			"loadBalancer.idleTimeout: gateway.kind is rest: a Network Load Balancer passes connections on, and closes none that a request waits in > gateway.kind http, or leave it out",
			"scaling.targetRequests: gateway.kind is rest: a Network Load Balancer counts connections, and no requests > scaling.targetCpu or scaling.targetMemory, or gateway.kind http",
			"gateway.routes: route 1 (ANY /{id}): {id} stands where gateway.default has {proxy+}, and a REST API takes one variable there, with one name; an HTTP API takes several (gateway.kind http) > ",
		}},
		{"a route that asks for a key that there is not", map[string]string{"gateway.kind": "rest", "gateway.routes": `[{"path":"/feed","auth":"key"}]`},
			[]string{"gateway.routes: route 1 (ANY /feed) has auth key, and there is no key > a key in gateway.apiKeys, or another auth"}},
		{"a key that no route asks for", map[string]string{"gateway.kind": "rest", "gateway.apiKeys": `{"partner":{}}`},
			[]string{"gateway.apiKeys: no route asks for a key > auth key for a route in gateway.routes, or leave it out"}},
		{"CORS that a REST API's preflight can't tell", map[string]string{"gateway.kind": "rest", "gateway.routes": `[{"path":"/a","methods":["OPTIONS"]}]`,
			"gateway.cors": `{"allowOrigins":["https://a"],"allowHeaders":["x'"]}`}, []string{
			`gateway.cors: route 1 (OPTIONS /a) takes OPTIONS, which a REST API with CORS answers itself: take OPTIONS out of the route, or let the app do all of CORS; ` +
				`the header "x'" has a quote, which a REST API can't answer with; an HTTP API can (gateway.kind http) > `}},
		{"a web ACL of another Region", map[string]string{"gateway.kind": "rest", "gateway.webAclArn": strings.Replace(webACL, "us-east-1", "eu-west-1", 1)},
			[]string{"gateway.webAclArn: it is in eu-west-1, and the stack in us-east-1 > "}},
		{"a kind that there is not", map[string]string{"gateway.kind": "websocket", "gateway.tracing": "true", "gateway.routes": `[{"path":"/a","auth":"key"}]`},
			[]string{"gateway.kind: it is none of the values allowed > "}},
		{"keys that are none", map[string]string{"gateway.kind": "rest", "gateway.routes": `[{"path":"/feed","auth":"key"}]`,
			"gateway.apiKeys": `{"A b":{},"a":{"rate":-1,"burst":5001},"b":{"quota":10},"c":{"quota":1,"period":"YEAR"},"d":[],"e":{"limit":1}}`}, []string{
			"gateway.apiKeys: d: it is not an object; {} is a key without limits; e: there is no limit, only rate, burst, quota, period; " +
				"A b: the name is not 1 to 40 lower-case letters, digits and single hyphens between them; " +
				"a: the burst is 5001, and must be 1 to 5000 requests; a: the rate is -1, and must be 1 to 10000 requests a second; " +
				"b: quota and period go together: set both, or neither; c: the period \"YEAR\" is none of DAY, WEEK, MONTH > "}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := load(t, "dev", ours(c.config))
			var got []string
			if err != nil {
				for _, p := range err.(*Error).problems {
					got = append(got, strings.TrimPrefix(p.key, "sallyport:")+": "+p.wrong+" > "+p.instead)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// ours is the configuration with these settings of the project's.
func ours(settings map[string]string) map[string]string {
	config := map[string]string{}
	for key, value := range settings {
		config["sallyport:"+key] = value
	}
	return with(config)
}

func TestTheTimeoutIsWhatTheKindCanWait(t *testing.T) {
	for _, c := range []struct {
		config map[string]string
		want   int
	}{
		{nil, 30}, {map[string]string{"gateway.kind": "rest"}, 29},
		{map[string]string{"gateway.kind": "rest", "gateway.timeout": "10"}, 10}, {map[string]string{"gateway.timeout": "10"}, 10},
	} {
		s, err := load(t, "dev", ours(c.config))
		if err != nil || s.Gateway.Timeout != c.want {
			t.Errorf("%v: %+v %v, want %d", c.config, s, err, c.want)
		}
	}
}

func TestTimeoutsOfAConnectionThatNoBalancerEnds(t *testing.T) {
	if _, err := load(t, "dev", ours(map[string]string{"gateway.kind": "rest", "app.keepAlive": "5"})); err != nil {
		t.Error(err)
	}
	_, err := load(t, "dev", ours(map[string]string{"gateway.kind": "rest", "loadBalancer.deregistrationDelay": "28"}))
	if got := problemsOf(t, err); len(got) != 1 || !strings.Contains(got[0], "it must be at least gateway.timeout, which is 29") {
		t.Errorf("got %s", got)
	}
}

func TestThePathInTheBrowserGoesIntoTheImage(t *testing.T) {
	for _, c := range []struct {
		name   string
		config map[string]string
		path   string
		args   map[string]string
	}{
		{"an HTTP API has none", nil, "", map[string]string{}},
		{"a REST API has its stage", map[string]string{"gateway.kind": "rest"}, "/live", map[string]string{"PUBLIC_PATH": "/live"}},
		{"with a domain it has none", map[string]string{"gateway.kind": "rest", "domain.name": "a.example.com", "domain.zoneId": "Z1"}, "", map[string]string{}},
		{"an argument of one's own wins", map[string]string{"gateway.kind": "rest", "app.buildArgs": `{"PUBLIC_PATH":"","A":"1"}`}, "/live", map[string]string{"PUBLIC_PATH": "", "A": "1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := load(t, "dev", ours(c.config))
			if err != nil {
				t.Fatal(err)
			}
			if s.PublicPath() != c.path || !maps.Equal(s.BuildArgs(), c.args) {
				t.Errorf("got %q and %v", s.PublicPath(), s.BuildArgs())
			}
		})
	}
}

func TestWarningsAboutARESTAPI(t *testing.T) {
	for _, c := range []struct {
		name   string
		config map[string]string
		want   string
	}{
		{"what the app answers is passed on as it is", map[string]string{"gateway.kind": "rest", "gateway.cors": `{"allowOrigins":["*"]}`}, "gateway.cors: a REST API answers preflights"},
		{"an image from elsewhere must know the path", map[string]string{"gateway.kind": "rest",
			"app.image": "ghcr.io/a/b@sha256:" + strings.Repeat("a", 64)}, "app.image: in the browser the app is under /live"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := load(t, "dev", ours(c.config))
			if err != nil {
				t.Fatal(err)
			}
			if got := s.warnings(); len(got) != 1 || !strings.HasPrefix(got[0], c.want) {
				t.Errorf("got %q", got)
			}
			s.Gateway.Kind = "http"
			if got := s.warnings(); len(got) != 0 {
				t.Errorf("with an HTTP API: %q", got)
			}
		})
	}
}

func TestAPreflightOfARESTAPINeedsNoRoute(t *testing.T) {
	s, err := load(t, "dev", ours(map[string]string{"gateway.kind": "rest", "gateway.cors": `{"allowOrigins":["*"]}`, "gateway.routes": `[{"path":"/a","auth":"iam"}]`}))
	if err != nil {
		t.Fatal(err)
	}
	if got := s.warnings(); len(got) != 1 || !strings.HasPrefix(got[0], "gateway.cors: a REST API answers preflights") {
		t.Errorf("got %q", got)
	}
}

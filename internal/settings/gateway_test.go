package settings

import (
	"slices"
	"strings"
	"testing"
)

func TestRoutesAreToldByTheirPlace(t *testing.T) {
	for _, c := range []struct{ name, routes, want string }{
		{"no list", `{"path":"/"}`, "it is not a list"},
		{"entries that are no objects", `["/a",{"path":"/b"},null]`, "route 1: it is not an object with a path; route 3: it is not an object with a path"},
		{"values of another type", `[{"path":1,"methods":"GET"},{"path":"/b","methods":["GET",1.5],"throttleBurst":"many","throttleRate":1.5,"scopes":[{}]}]`,
			"route 1: methods is not a list; route 1: path is not text: write it in quotes; " +
				"route 2: entry 1 of scopes is not text: write it in quotes; route 2: entry 2 of methods is not text: write it in quotes; " +
				"route 2: throttleBurst is not a whole number; route 2: throttleRate is not a whole number"},
		{"members that there are not", `[{"path":"/a","method":"GET","authorization":"jwt"}]`,
			"route 1: there is no authorization, only path, methods, target, auth, issuer, audience, scopes, userPools, authorizer, throttleBurst, throttleRate; " +
				"route 1: there is no method, only path, methods, target, auth, issuer, audience, scopes, userPools, authorizer, throttleBurst, throttleRate"},
		{"what AWS would refuse", `[{"path":"/a"},{"path":"b"},{"path":"/a","target":"deny"}]`,
			`route 2 (ANY b): the path "b" doesn't start with /; route 3 (ANY /a) takes the same ANY requests as route 1 (ANY /a)`},
		{"a function of another Region", `[{"path":"/a","target":"arn:aws:lambda:eu-west-1:123456789012:function:f"}]`,
			"route 1 (ANY /a): its function is in eu-west-1, the stack in us-east-1\n  Allowed: functions in aws:region, us-east-1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := load(t, "dev", with(map[string]string{"sallyport:gateway.routes": c.routes}))
			got := problemsOf(t, err)[0]
			if !strings.HasPrefix(got, "sallyport:gateway.routes = ") || !strings.Contains(got, "\n  Problem: "+c.want+"\n") {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
	t.Run("digits in quotes are a number", func(t *testing.T) {
		s, err := load(t, "dev", with(map[string]string{"sallyport:gateway.routes": `[{"path":"/a","throttleBurst":"5","throttleRate":6}]`}))
		if err != nil || s.Gateway.Routes[0].ThrottleBurst != 5 || s.Gateway.Routes[0].ThrottleRate != 6 {
			t.Errorf("%+v %v", s, err)
		}
	})
}

func TestCORSIsToldByItsMembers(t *testing.T) {
	for given, want := range map[string]string{
		`[]`: "it is not an object of names and values",
		`{"allowOrigins":"*","maxAge":"long","allowCredentials":1,"origins":[]}`: "allowCredentials is neither true nor false; allowOrigins is not a list; maxAge is not a whole number; " +
			"there is no origins, only allowOrigins, allowMethods, allowHeaders, exposeHeaders, maxAge, allowCredentials",
		`{"allowOrigins":["*"],"allowCredentials":true}`: "with allowCredentials, allowOrigins can't have *, which browsers then take for a name",
	} {
		_, err := load(t, "dev", with(map[string]string{"sallyport:gateway.cors": given}))
		if got := problemsOf(t, err)[0]; !strings.Contains(got, "\n  Problem: "+want+"\n") {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func TestProbesGoThroughTheTable(t *testing.T) {
	health := "GET /api/health"
	probes := []string{"GET /", "GET /api/echo/a/deep/path", "POST /api/echo"}
	for _, c := range []struct {
		name    string
		config  map[string]string
		problem string   // of app.probes
		want    []string // what the stack must answer
		warning string   // what a warning contains
	}{
		{"without routes the container answers all", nil, "", append(slices.Clone(probes), health), ""},
		{"an allow-list must name them", map[string]string{"gateway.default": "deny", "gateway.routes": `[{"path":"/"}]`},
			"GET /api/echo/a/deep/path is not answered: no route takes it, and gateway.default is deny; POST /api/echo is not answered: no route takes it, and gateway.default is deny", nil, ""},
		{"nothing may deny them or ask for a token", map[string]string{
			"gateway.routes": `[{"path":"/","auth":"iam"},{"path":"/api/{proxy+}","methods":["POST"],"target":"deny"}]`,
		}, "GET / is not answered: route 1 (ANY /) has auth iam; POST /api/echo is not answered: route 2 (POST /api/{proxy+}) denies it", nil, ""},
		{"an allow-list that names all", map[string]string{"gateway.default": "deny", "gateway.routes": `[{"path":"/"},{"path":"/api/{proxy+}"}]`},
			"", append(slices.Clone(probes), health), ""},
		{"a health path that is not public is left out of a verify", map[string]string{"gateway.routes": `[{"path":"/api/health","target":"deny"}]`},
			"", probes, "make verify can't ask for app.healthPath: GET /api/health is not answered through the gateway: route 1 (ANY /api/health) denies it"},
		{"browsers ask beforehand without credentials", map[string]string{
			"gateway.cors":   `{"allowOrigins":["https://a.example"]}`,
			"gateway.routes": `[{"path":"/a","auth":"iam"},{"path":"/b","auth":"iam","methods":["GET"]},{"path":"/c"}]`,
		}, "", append(slices.Clone(probes), health), "gateway.routes: route 1 (ANY /a) takes OPTIONS and has auth iam"},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := with(nil)
			for key, value := range c.config {
				config["sallyport:"+key] = value
			}
			s, err := load(t, "dev", config)
			if c.problem != "" {
				if got := problemsOf(t, err)[0]; !strings.HasPrefix(got, "sallyport:app.probes = ") || !strings.Contains(got, "\n  Problem: "+c.problem+"\n") {
					t.Errorf("got\n%s\nwant\n%s", got, c.problem)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Probes(); !slices.Equal(got, c.want) {
				t.Errorf("it must answer %q, want %q", got, c.want)
			}
			warnings := s.warnings()
			if len(warnings) != min(len(c.warning), 1) || c.warning != "" && !strings.HasPrefix(warnings[0], c.warning) {
				t.Errorf("warnings are %q, want %q", warnings, c.warning)
			}
		})
	}
}

func TestAnEmptyAllowListIsRefused(t *testing.T) {
	_, err := load(t, "dev", with(map[string]string{"sallyport:gateway.default": "deny", "sallyport:app.probes": "[]"}))
	want := "sallyport:gateway.default = deny\n  Problem: gateway.routes is empty, so nobody would get an answer\n"
	if got := problemsOf(t, err); len(got) != 1 || !strings.HasPrefix(got[0], want) {
		t.Errorf("got %q", got)
	}
}

func TestPublicHostHeader(t *testing.T) {
	_, err := load(t, "dev", with(map[string]string{"sallyport:gateway.publicHostHeader": "X-Forwarded-Host"}))
	if got := problemsOf(t, err)[0]; !strings.Contains(got, "\n  Problem: API Gateway keeps the header for itself\n") {
		t.Error(got)
	}
}

func TestNoHeaderTellsTwoThings(t *testing.T) {
	given := map[string]string{
		"sallyport:gateway.publicHostHeader": "X-Client-IP",
		"sallyport:loadBalancer.webAclArn":   "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/shop/12345678-1234-1234-1234-123456789012",
	}
	_, err := load(t, "dev", with(given))
	want := "sallyport:gateway.publicHostHeader = X-Client-IP\n  Problem: with loadBalancer.webAclArn this header tells the client's address\n"
	if got := problemsOf(t, err); len(got) != 1 || !strings.HasPrefix(got[0], want) {
		t.Errorf("got %q", got)
	}
	for key := range given {
		if _, err := load(t, "dev", with(map[string]string{key: given[key]})); err != nil {
			t.Errorf("%s alone: %v", key, err)
		}
	}
}

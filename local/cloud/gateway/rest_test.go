package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/vpc"
)

// The rules are of https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html
// and of https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html; which of two
// resources matches better is not documented.
func TestRestRouting(t *testing.T) {
	const none = `{"message":"Missing Authentication Token"}`
	s := newRestStand(t, func(_ *restStand, d *declared.RestDefinition, _ *declared.RestStage) {
		d.Resources = []declared.RestResource{
			proxyTo("a", "/", "GET"), proxyTo("b", "/teams", "GET", "ANY"), proxyTo("c", "/teams/{code}", "GET"), proxyTo("d", "/teams/new", "POST"),
			proxyTo("e", "/{proxy+}", "ANY"), proxyTo("f", "/teams/{code}/answers/{round}", "PUT"), {ID: "g", Path: "/bare"},
		}
	})
	s.handle = func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Method, " ", r.RequestURI) }
	for _, c := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/live", 200, "GET /"},
		{"GET", "/live/", 200, "GET /"},
		{"POST", "/live", 403, none},
		{"GET", "/live/teams", 200, "GET /teams"},
		{"GET", "/live/teams/", 200, "GET /teams"},
		{"DELETE", "/live/teams", 200, "DELETE /teams"},
		{"GET", "/live/teams/red", 200, "GET /teams/red"},
		{"GET", "/live/teams/r%C3%A9d%20x", 200, "GET /teams/r%C3%A9d%20x"},
		{"POST", "/live/teams/new", 200, "POST /teams/new"},
		{"GET", "/live/teams/new", 403, none},
		{"POST", "/live/teams/red", 403, none},
		{"PUT", "/live/teams/red/answers/2", 200, "PUT /teams/red/answers/2"},
		{"GET", "/live/teams/red/answers", 200, "GET /teams/red/answers"},
		{"GET", "/live/bare", 200, "GET /bare"},
		{"GET", "/live/a//b?c=d&c=e", 200, "GET /a//b?c=d&c=e"},
		{"GET", "/live/a%2Fb", 200, "GET /a/b"},
		{"GET", "/live/Teams", 200, "GET /Teams"},
		{"GET", "/", 403, `{"message":"Forbidden"}`},
		{"GET", "/teams", 403, `{"message":"Forbidden"}`},
		{"GET", "/Live/teams", 403, `{"message":"Forbidden"}`},
		{"GET", "/livex", 403, `{"message":"Forbidden"}`},
		{"BREW", "/live", 403, `{"message":"Forbidden"}`},
	} {
		if answer := s.send(c.method, c.path, ""); answer.Code != c.status || answer.Body.String() != c.body {
			t.Errorf("%s %s: %d %s, want %d %s", c.method, c.path, answer.Code, answer.Body, c.status, c.body)
		}
	}
	t.Run("a request for another host's name is for nobody here", func(t *testing.T) {
		request := s.request("GET", "/live", "")
		request.Host = "evil.example"
		if answer := s.sent(request); answer.Code != 403 {
			t.Errorf("%d", answer.Code)
		}
	})
	t.Run("an API that is switched off answers for its domain alone", func(t *testing.T) {
		s := newRestStand(t, func(_ *restStand, d *declared.RestDefinition, _ *declared.RestStage) {
			d.DisableExecuteAPIEndpoint = true
		})
		want(t, s.send("GET", "/live", ""), 403, `{"message":"Forbidden"}`, "disableExecuteApiEndpoint")
	})
	t.Run("what is declared anew is served with the next request", func(t *testing.T) {
		s := newRestStand(t, nil)
		want(t, s.send("GET", "/live", ""), 200, "hello", "")
		api := s.rest.RestAPIs["abc"]
		s.rest.RestAPIs = map[string]declared.RestAPI{"abc": {ID: "abc", Deployments: api.Deployments}}
		s.redeclare()
		want(t, s.send("GET", "/live", ""), 403, `{"message":"Forbidden"}`, "begins with its stage")
	})
}

// What a backend gets: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html and
// https://docs.aws.amazon.com/apigateway/latest/developerguide/setup-http-integrations.html
func TestRestRequest(t *testing.T) {
	sent := func(s *restStand, method, target, body string, headers ...string) http.Header {
		t.Helper()
		if answer := s.send(method, target, body, headers...); answer.Code != 200 {
			t.Fatalf("%d %s %v", answer.Code, answer.Body, answer.Header())
		}
		return s.seen.Header
	}
	t.Run("the host is that of the integration's URI, and the link leads to the balancer's port", func(t *testing.T) {
		s := newRestStand(t, nil)
		sent(s, "GET", "/live/a", "")
		if s.seen.Host != "nlb.example" || s.dialled.balancer != balancerARN || s.dialled.port != 80 || s.dialled.name != "" {
			t.Errorf("%s %+v", s.seen.Host, s.dialled)
		}
	})
	t.Run("a URI with https has its name verified", func(t *testing.T) {
		s := newRestStand(t, func(_ *restStand, d *declared.RestDefinition, _ *declared.RestStage) {
			change(&d.Resources[0], "ANY", func(m *declared.RestMethod) { m.MethodIntegration.URI = "https://inside.example.com:8443/" })
		})
		sent(s, "GET", "/live", "")
		if s.dialled.port != 8443 || s.dialled.name != "inside.example.com" || s.seen.Host != "inside.example.com:8443" {
			t.Errorf("%+v %s", s.dialled, s.seen.Host)
		}
	})
	t.Run("the client's address, port and protocol are told, and who asks", func(t *testing.T) {
		got := sent(newRestStand(t, nil), "GET", "/live", "", "X-Forwarded-For", "10.9.8.7", "X-Forwarded-Proto", "gopher")
		for name, value := range map[string]string{
			"X-Forwarded-For": "10.9.8.7, 127.0.0.1", "X-Forwarded-Proto": "http", "X-Forwarded-Port": "4568", "X-Amzn-Apigateway-Api-Id": "abc",
		} {
			if got.Get(name) != value {
				t.Errorf("%s is %q, want %q", name, got.Get(name), value)
			}
		}
		if !regexp.MustCompile(`^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$`).MatchString(got.Get("X-Amzn-Trace-Id")) {
			t.Error(got.Get("X-Amzn-Trace-Id"))
		}
	})
	t.Run("a trace goes on, and with tracing it has the gateway's segment", func(t *testing.T) {
		s := newRestStand(t, func(_ *restStand, _ *declared.RestDefinition, stage *declared.RestStage) { stage.TracingEnabled = true })
		got := sent(s, "GET", "/live", "", "X-Amzn-Trace-Id", "Root=1-00000001-000000000000000000000001;Parent=1").Get("X-Amzn-Trace-Id")
		if !regexp.MustCompile(`^Root=1-00000001-000000000000000000000001;Parent=[0-9a-f]{16};Sampled=1$`).MatchString(got) {
			t.Error(got)
		}
	})
	t.Run("headers of a connection, and those that AWS drops, end at the gateway", func(t *testing.T) {
		s := newRestStand(t, nil)
		got := sent(s, "GET", "/live", "", "Connection", "X-Hop", "X-Hop", "1", "TE", "trailers", "Via", "1.1 proxy", "Content-MD5", "x", "Max-Forwards", "3",
			"Upgrade", "websocket", "Cookie", "a=b", "Authorization", "Bearer x", "X-Api-Key", "k")
		for _, name := range []string{"X-Hop", "Te", "Via", "Content-Md5", "Max-Forwards", "Upgrade"} {
			if got.Get(name) != "" {
				t.Errorf("%s is there", name)
			}
		}
		if got.Get("Cookie") != "a=b" || got.Get("Authorization") != "Bearer x" {
			t.Error(got)
		}
	})
	t.Run("a signature of AWS is not passed on", func(t *testing.T) {
		if got := sent(newRestStand(t, nil), "GET", "/live", "", "Authorization", "AWS4-HMAC-SHA256 Credential=x"); got.Get("Authorization") != "" {
			t.Error(got)
		}
	})
	t.Run("parameters are mapped, over what the client sent", func(t *testing.T) {
		s := newRestStand(t, func(_ *restStand, d *declared.RestDefinition, stage *declared.RestStage) {
			stage.Variables = map[string]string{"tier": "gold"}
			change(&d.Resources[1], "ANY", func(m *declared.RestMethod) {
				for target, value := range map[string]string{
					"header.x-client-ip": "context.identity.sourceIp", "header.x-public-host": "context.domainName", "header.x-tier": "stageVariables.tier",
					"header.x-fixed": "'yes'", "header.x-none": "method.request.header.none", "querystring.q": "method.request.querystring.p", "header.x-proxy": "method.request.path.proxy",
				} {
					m.MethodIntegration.RequestParameters["integration.request."+target] = value
				}
			})
		})
		got := sent(s, "GET", "/live/a%20b?p=1%262&q=old", "", "X-Client-Ip", "1.2.3.4")
		if got.Get("X-Client-Ip") != "127.0.0.1" || got.Get("X-Public-Host") != "127.92.86.205" || got.Get("X-Tier") != "gold" || got.Get("X-Fixed") != "yes" ||
			got.Get("X-None") != "" || got.Get("X-Proxy") != "a b" || s.seen.URL.Query().Get("q") != "1&2" || len(s.seen.URL.Query()["q"]) != 1 {
			t.Errorf("%v %s", got, s.seen.URL)
		}
	})
	t.Run("a payload passes byte by byte, both ways", func(t *testing.T) {
		all := make([]byte, 256)
		for i := range all {
			all[i] = byte(i)
		}
		s := newRestStand(t, nil)
		s.handle = func(w http.ResponseWriter, r *http.Request) {
			got, _ := io.ReadAll(r.Body)
			if !bytes.Equal(got, all) || r.ContentLength != 256 || len(r.TransferEncoding) != 0 {
				t.Errorf("the backend got %x, %d %v", got, r.ContentLength, r.TransferEncoding)
			}
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(got)
		}
		answer := s.send("POST", "/live", string(all), "Accept-Encoding", "gzip", "Content-Type", "application/octet-stream")
		if !bytes.Equal(answer.Body.Bytes(), all) || answer.Header().Get("Content-Encoding") != "gzip" {
			t.Errorf("the client got %x %v", answer.Body, answer.Header())
		}
	})
	t.Run("a fixed method of the integration replaces the client's", func(t *testing.T) {
		s := newRestStand(t, func(_ *restStand, d *declared.RestDefinition, _ *declared.RestStage) {
			change(&d.Resources[0], "ANY", func(m *declared.RestMethod) { m.MethodIntegration.HTTPMethod = "PUT" })
		})
		if sent(s, "POST", "/live", ""); s.seen.Method != "PUT" {
			t.Error(s.seen.Method)
		}
	})
}

func TestRestAnswer(t *testing.T) {
	t.Run("status, headers and body are the backend's; some headers get a name of their own", func(t *testing.T) {
		s := newRestStand(t, nil)
		s.handle = func(w http.ResponseWriter, _ *http.Request) {
			for name, value := range map[string]string{"Server": "tea", "Www-Authenticate": "Basic", "X-Amzn-Requestid": "fake", "Content-Type": "text/tea", "Keep-Alive": "timeout=5"} {
				w.Header().Set(name, value)
			}
			w.Header()["Set-Cookie"] = []string{"a=1", "b=2"}
			w.WriteHeader(418)
			_, _ = w.Write([]byte("teapot"))
		}
		answer := s.send("GET", "/live", "")
		want(t, answer, 418, "teapot", "")
		h := answer.Header()
		for name, value := range map[string]string{
			"X-Amzn-Remapped-Server": "tea", "X-Amzn-Remapped-Www-Authenticate": "Basic", "Server": "", "Www-Authenticate": "", "Keep-Alive": "",
			"Content-Type": "text/tea", "Content-Length": "6", "X-Amzn-Remapped-Content-Length": "6",
		} {
			if h.Get(name) != value {
				t.Errorf("%s is %q, want %q", name, h.Get(name), value)
			}
		}
		if len(h["Set-Cookie"]) != 2 || h.Get("X-Amzn-Remapped-Date") == "" {
			t.Error(h)
		}
		if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(h.Get("X-Amzn-Requestid")) || h.Get("X-Amz-Apigw-Id") == "" || h.Get("Apigw-Requestid") != "" {
			t.Error(h)
		}
	})
	t.Run("an answer without a payload has none", func(t *testing.T) {
		for status, method := range map[int]string{204: "GET", 304: "GET", 200: "HEAD"} {
			s := newRestStand(t, nil)
			s.handle = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
			want(t, s.send(method, "/live", ""), status, "", "")
		}
	})
}

// https://repost.aws/knowledge-center/api-gateway-500-error-vpc, and for the timeout
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
func TestRestFailures(t *testing.T) {
	t.Run("what security groups block is 500, with the reason for who runs the local cloud", func(t *testing.T) {
		s := newRestStand(t, nil)
		s.dialError = fmt.Errorf("target: %w", &vpc.Blocked{Reason: "no rule lets it"})
		want(t, s.send("GET", "/live", ""), 500, `{"message":"Internal server error"}`, "no rule lets it")
	})
	t.Run("no healthy target is 500", func(t *testing.T) {
		s := newRestStand(t, nil)
		s.dialError = errors.New("no target is healthy")
		want(t, s.send("GET", "/live", ""), 500, `{"message":"Internal server error"}`, "no target is healthy")
	})
	t.Run("a link that is gone, and a Region without balancers, are 500", func(t *testing.T) {
		s := newRestStand(t, func(s *restStand, _ *declared.RestDefinition, _ *declared.RestStage) { s.rest.RestVpcLinks = nil })
		want(t, s.send("GET", "/live", ""), 500, `{"message":"Internal server error"}`, "VPC link l1, which does not exist")
		s = newRestStand(t, nil)
		s.gateway.Links = nil
		want(t, s.send("GET", "/live", ""), 500, `{"message":"Internal server error"}`, "no load balancer runs")
	})
	t.Run("a backend that breaks off is 504", func(t *testing.T) {
		s := newRestStand(t, nil)
		s.handle = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10")
			_, _ = w.Write([]byte("half"))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
		want(t, s.send("GET", "/live", ""), 504, `{"message":"Network error communicating with endpoint"}`, "broke off after 4 bytes")
	})
	t.Run("a backend that is slow is 504, before its answer and in it", func(t *testing.T) {
		for _, begins := range []bool{false, true} {
			s := newRestStand(t, func(_ *restStand, d *declared.RestDefinition, _ *declared.RestStage) {
				change(&d.Resources[0], "ANY", func(m *declared.RestMethod) { m.MethodIntegration.TimeoutInMillis = 50 })
			})
			s.handle = func(w http.ResponseWriter, r *http.Request) {
				if begins {
					_, _ = w.Write([]byte("a"))
					_ = http.NewResponseController(w).Flush()
				}
				<-r.Context().Done()
			}
			want(t, s.send("GET", "/live", ""), 504, `{"message":"Endpoint request timed out"}`, "integration timeout of 50 ms")
		}
	})
	t.Run("29 s are the most", func(t *testing.T) {
		s := newRestStand(t, func(_ *restStand, d *declared.RestDefinition, _ *declared.RestStage) {
			change(&d.Resources[0], "ANY", func(m *declared.RestMethod) { m.MethodIntegration.TimeoutInMillis = 60000 })
		})
		site := newRestSite(s.snapshot, "abc", throttles{})
		if got := site.stages["live"].resources[0].methods["ANY"].integration.timeout; got != 29*time.Second {
			t.Error(got)
		}
	})
	t.Run("payloads of 10 MB pass, and larger ones don't", func(t *testing.T) {
		s := newRestStand(t, nil)
		answer := strings.Repeat("x", 10<<20)
		s.handle = func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(w, answer)
		}
		if got := s.send("POST", "/live", answer); got.Code != 200 || got.Body.Len() != 10<<20 {
			t.Errorf("%d with %d bytes", got.Code, got.Body.Len())
		}
		want(t, s.send("POST", "/live", answer+"x"), 413, `{"message":"Request Too Long"}`, "larger than 10 MB")
		answer += "x"
		want(t, s.send("GET", "/live", ""), 500, `{"message":"Internal server error"}`, "larger than 10 MB")
	})
	t.Run("a Lambda function does not run", func(t *testing.T) {
		s := newRestStand(t, func(_ *restStand, d *declared.RestDefinition, _ *declared.RestStage) {
			change(&d.Resources[0], "ANY", func(m *declared.RestMethod) {
				m.MethodIntegration = &declared.RestIntegration{Type: "AWS_PROXY", HTTPMethod: "POST", URI: "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:1:function:f/invocations"}
			})
		})
		want(t, s.send("GET", "/live", ""), 500, `{"message":"Internal server error"}`, "the Lambda function arn:aws:lambda:eu-west-1:1:function:f, and the local cloud runs no")
	})
	t.Run("heads of more than 10,240 bytes are refused", func(t *testing.T) {
		if got := newRestStand(t, nil).send("GET", "/live", "", "X", strings.Repeat("x", 11<<10)); got.Code != 431 {
			t.Error(got.Code)
		}
	})
}

// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
func TestGatewayResponses(t *testing.T) {
	s := newRestStand(t, func(_ *restStand, d *declared.RestDefinition, _ *declared.RestStage) {
		d.Resources = d.Resources[:1]
		d.GatewayResponses = map[string]declared.GatewayResponse{
			"DEFAULT_4XX":         {ResponseParameters: map[string]string{"gatewayresponse.header.Access-Control-Allow-Origin": "'*'", "gatewayresponse.header.X-Path": "method.request.header.x-sent"}},
			"INTEGRATION_TIMEOUT": {StatusCode: "503"}, "API_CONFIGURATION_ERROR": {ResponseTemplates: map[string]string{
				"application/json": `{"error":$context.error.messageString,"type":"$context.error.responseType","id":"$context.requestId"}`}},
		}
	})
	t.Run("a default holds for all of its kind", func(t *testing.T) {
		answer := s.send("GET", "/live/none", "", "X-Sent", "a")
		want(t, answer, 403, `{"message":"Missing Authentication Token"}`, "no resource")
		if h := answer.Header(); h.Get("Access-Control-Allow-Origin") != "*" || h.Get("X-Path") != "a" || h.Get("X-Amzn-Errortype") != "MissingAuthenticationTokenException" {
			t.Error(h)
		}
	})
	t.Run("a template has context variables in it", func(t *testing.T) {
		s.dialError = errors.New("no")
		answer := s.send("GET", "/live", "")
		id := answer.Header().Get("X-Amzn-Requestid")
		want(t, answer, 500, `{"error":"Internal server error","type":"API_CONFIGURATION_ERROR","id":"`+id+`"}`, "no")
		if answer.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Error("a 5XX has the headers of a 4XX")
		}
	})
}

// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html and
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
func TestKeys(t *testing.T) {
	const value = "0123456789012345678901"
	keyed := func(plan declared.UsagePlan) *restStand {
		return newRestStand(t, func(s *restStand, d *declared.RestDefinition, _ *declared.RestStage) {
			change(&d.Resources[1], "ANY", func(m *declared.RestMethod) { m.APIKeyRequired = true })
			plan.ID, plan.Name, plan.Keys = "p1", "plan", []string{"k1", "k2", "off"}
			plan.APIStages = append(plan.APIStages, declared.APIStage{APIID: "abc", Stage: "live"})
			s.rest.UsagePlans["p1"] = plan
			s.rest.APIKeys = map[string]declared.APIKey{
				"k1": {ID: "k1", Value: value + "1", Enabled: true}, "k2": {ID: "k2", Value: value + "2", Enabled: true},
				"off": {ID: "off", Value: value + "3"}, "free": {ID: "free", Value: value + "4", Enabled: true},
			}
		})
	}
	t.Run("a method that needs a key takes an enabled one of a plan with the stage", func(t *testing.T) {
		s := keyed(declared.UsagePlan{})
		want(t, s.send("GET", "/live/a", "", "X-Api-Key", value+"1"), 200, "hello", "")
		for _, sent := range []string{"", value, value + "3", value + "4"} {
			answer := s.send("GET", "/live/a", "", "X-Api-Key", sent)
			if answer.Code != 403 || answer.Body.String() != `{"message":"Forbidden"}` || answer.Header().Get("X-Amzn-Errortype") != "ForbiddenException" {
				t.Errorf("%q: %d %s", sent, answer.Code, answer.Body)
			}
		}
		want(t, s.send("GET", "/live", ""), 200, "hello", "")
	})
	t.Run("a plan's throttle is that of each key", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			u := &usage{}
			plan := declared.UsagePlan{ID: "p", Name: "plan", Throttle: &declared.Limits{RateLimit: 1, BurstLimit: 2}}
			take := func(key string) string {
				if f, _ := u.take(plan, key, time.Now()); f != nil {
					return f.message
				}
				return "ok"
			}
			for i, w := range []string{"ok", "ok", "Too Many Requests"} {
				if got := take("a"); got != w {
					t.Errorf("request %d: %s, want %s", i, got, w)
				}
			}
			if got := take("b"); got != "ok" {
				t.Errorf("another key: %s", got)
			}
			time.Sleep(time.Second)
			if take("a") != "ok" || take("a") != "Too Many Requests" {
				t.Error("a second does not fill in one token")
			}
		})
	})
	t.Run("a quota is used up until its period ends, and its first one has the offset taken off", func(t *testing.T) {
		at := func(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 0, 0, 0, time.UTC) }
		for _, c := range []struct {
			period       string
			offset       int
			times        []time.Time
			want, reason string
		}{
			{"DAY", 0, []time.Time{at(20, 1), at(20, 23), at(20, 23), at(21, 0), at(21, 0)}, "yynyy", ""},
			{"DAY", 1, []time.Time{at(20, 1), at(20, 23), at(21, 0), at(21, 1), at(21, 2)}, "ynyyn", ""},
			{"WEEK", 0, []time.Time{at(21, 23), at(21, 23), at(21, 23), at(22, 0)}, "yyny", "a Sunday begins a week"},
			{"MONTH", 0, []time.Time{at(1, 0), at(30, 23), at(30, 23), at(31, 0)}, "yyny", "the 31st of November is the 1st of December"},
		} {
			u := &usage{}
			var got string
			for _, now := range c.times {
				f, _ := u.take(declared.UsagePlan{ID: "p", Quota: &declared.Quota{Limit: 2, Offset: c.offset, Period: c.period}}, "k", now)
				switch {
				case f == nil:
					got += "y"
				case *f == quotaExceeded:
					got += "n"
				}
			}
			if got != c.want {
				t.Errorf("%s, offset %d: %s, want %s (%s)", c.period, c.offset, got, c.want, c.reason)
			}
		}
	})
	t.Run("both are 429, with messages of their own", func(t *testing.T) {
		s := keyed(declared.UsagePlan{Throttle: &declared.Limits{RateLimit: 0.001, BurstLimit: 1}})
		s.send("GET", "/live/a", "", "X-Api-Key", value+"1")
		want(t, s.send("GET", "/live/a", "", "X-Api-Key", value+"1"), 429, `{"message":"Too Many Requests"}`, "the usage plan plan lets each API key have 0.001 requests a second, and 1 at once")
		s = keyed(declared.UsagePlan{Quota: &declared.Quota{Limit: 1, Period: "DAY"}})
		s.send("GET", "/live/a", "", "X-Api-Key", value+"2")
		want(t, s.send("GET", "/live/a", "", "X-Api-Key", value+"2"), 429, `{"message":"Limit Exceeded"}`, "1 requests a DAY")
	})
}

func TestMethodThrottles(t *testing.T) {
	limits := func(rate float64, burst int) declared.MethodSettings {
		return declared.MethodSettings{ThrottlingRateLimit: &rate, ThrottlingBurstLimit: &burst}
	}
	s := newRestStand(t, func(_ *restStand, d *declared.RestDefinition, stage *declared.RestStage) {
		d.Resources = append(d.Resources, proxyTo("r3", "/teams/{code}", "GET", "PUT"))
		stage.MethodSettings = map[string]declared.MethodSettings{
			"*/*": limits(0.001, 2), "~1teams~1{code}/PUT": limits(0.001, 1), "~1/POST": limits(0, 0), "{proxy+}/GET": limits(-1, -1),
		}
	})
	for _, c := range []struct{ name, method, path, want string }{
		{"the stage's settings hold for each method", "GET", "/live/teams/a", "yyn"},
		{"those of a method come first, whatever its variables are", "PUT", "/live/teams/b", "ynn"},
		{"of ANY, an HTTP method may have its own: zero lets nothing through", "POST", "/live", "nnn"},
		{"the other HTTP methods share what is left", "GET", "/live", "yyn"},
		{"a limit below zero is none", "GET", "/live/else", "yyy"},
	} {
		got := ""
		for range 3 {
			switch answer := s.send(c.method, c.path, ""); {
			case answer.Code == 200:
				got += "y"
			case answer.Code == 429 && answer.Body.String() == `{"message":"Too Many Requests"}`:
				got += "n"
			}
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

const poolIssuer = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a"

// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-integrate-with-cognito.html
func TestUserPools(t *testing.T) {
	i := newIssuer(t)
	other := newIssuer(t)
	pooled := func(scopes ...string) *restStand {
		s := newRestStand(t, func(_ *restStand, d *declared.RestDefinition, _ *declared.RestStage) {
			d.Authorizers = map[string]declared.RestAuthorizer{"a1": {ID: "a1", Name: "users", Type: "COGNITO_USER_POOLS", IdentitySource: "method.request.header.Authorization",
				ProviderARNs: []string{"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_b", "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_a"}}}
			change(&d.Resources[0], "ANY", func(m *declared.RestMethod) {
				m.AuthorizationType, m.AuthorizerID, m.AuthorizationScopes = "COGNITO_USER_POOLS", "a1", scopes
			})
		})
		s.gateway.UserPool = func(_ context.Context, region, id string) (jose.JSONWebKeySet, error) {
			if region != "eu-west-1" || id != "eu-west-1_a" {
				return jose.JSONWebKeySet{}, fmt.Errorf("there is no pool %s in %s", id, region)
			}
			return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: i.key.Public(), KeyID: "k1", Algorithm: "RS256", Use: "sig"}}}, nil
		}
		return s
	}
	id := map[string]any{"iss": poolIssuer, "token_use": "id"}
	access := map[string]any{"iss": poolIssuer, "token_use": "access", "aud": nil, "client_id": "web"}
	with := func(claims map[string]any, name string, value any) map[string]any {
		changed := map[string]any{name: value}
		for n, v := range claims {
			if n != name {
				changed[n] = v
			}
		}
		return changed
	}
	const no = `{"message":"Unauthorized"}`
	for _, c := range []struct {
		name, sent  string
		scopes      []string
		status      int
		body, event string
	}{
		{"an ID token, where no scope is asked for", "Bearer " + i.token(id), nil, 200, "hello", ""},
		{"without Bearer", i.token(id), nil, 200, "hello", ""},
		{"an access token, where no scope is asked for", i.token(access), nil, 401, no, `for use as "access": a method without scopes takes ID tokens alone`},
		{"an access token with one of the scopes", i.token(access), []string{"admin", "write"}, 200, "hello", ""},
		{"an access token with none", i.token(access), []string{"admin"}, 401, no, "asks for one of"},
		{"an ID token, where a scope is asked for", i.token(with(id, "scope", "write")), []string{"write"}, 401, no, "access tokens alone"},
		{"no token", "", nil, 401, no, "no token in the header Authorization"},
		{"what is no token", "Bearer abc", nil, 401, no, "the token is none"},
		{"another's signature", other.token(id), nil, 401, no, "valid signature"},
		{"a secret instead of a key", i.sign(map[string]any{"iss": poolIssuer, "token_use": "id", "exp": time.Now().Unix() + 60}, jose.HS256, make([]byte, 32), "k1"), nil, 401, no, "not signed with RS256"},
		{"of another pool", i.token(with(id, "iss", poolIssuer+"c")), nil, 401, no, "none of the authorizer's user pools"},
		{"of a pool that is not there", i.token(with(id, "iss", strings.TrimSuffix(poolIssuer, "a")+"b")), nil, 401, no, "there is no pool eu-west-1_b"},
		{"of a pool of another Region", i.token(with(id, "iss", "https://cognito-idp.us-east-1.amazonaws.com/eu-west-1_a")), nil, 401, no, "none of the authorizer's"},
		{"expired", i.token(with(id, "exp", time.Now().Unix()-1)), nil, 401, `{"message":"The incoming token has expired"}`, "expired"},
		{"without an end", i.token(with(id, "exp", nil)), nil, 401, no, "valid exp"},
		{"for no use", i.token(with(id, "token_use", nil)), nil, 401, no, "for use as"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := pooled(c.scopes...)
			want(t, s.send("GET", "/live", "", "Authorization", c.sent), c.status, c.body, c.event)
			if passed := s.seen != nil; passed != (c.status == 200) {
				t.Errorf("the backend got a request: %v", passed)
			}
		})
	}
}

func TestRestAuthorization(t *testing.T) {
	asked := func(authorizer declared.RestAuthorizer) *restStand {
		return newRestStand(t, func(_ *restStand, d *declared.RestDefinition, _ *declared.RestStage) {
			d.Authorizers = map[string]declared.RestAuthorizer{"a1": authorizer}
			change(&d.Resources[0], "ANY", func(m *declared.RestMethod) { m.AuthorizationType, m.AuthorizerID = "CUSTOM", "a1" })
		})
	}
	const no = `{"message":"Unauthorized"}`
	uri := "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:1:function:check/invocations"
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/configure-api-gateway-lambda-authorization.html
	t.Run("a Lambda authorizer is not asked without a token, nor with one of another form", func(t *testing.T) {
		s := asked(declared.RestAuthorizer{Name: "check", Type: "TOKEN", AuthorizerURI: uri, IdentitySource: "method.request.header.X-Token", IdentityValidationExpression: "[0-9]+"})
		want(t, s.send("GET", "/live", ""), 401, no, "no token in the header X-Token")
		want(t, s.send("GET", "/live", "", "X-Token", "12x"), 401, no, "validation expression")
		want(t, s.send("GET", "/live", "", "X-Token", "12"), 500, `{"message":"Internal server error"}`, "the Lambda function arn:aws:lambda:eu-west-1:1:function:check, and the local cloud runs no Lambda functions")
	})
	t.Run("nor without all that it is told by", func(t *testing.T) {
		s := asked(declared.RestAuthorizer{Name: "check", Type: "REQUEST", AuthorizerURI: uri, IdentitySource: "method.request.header.X-Token, method.request.querystring.q"})
		want(t, s.send("GET", "/live", "", "X-Token", "1"), 401, no, "lacks method.request.querystring.q")
		want(t, s.send("GET", "/live?q=1", "", "X-Token", "1"), 500, `{"message":"Internal server error"}`, "runs no Lambda functions")
	})
	t.Run("an authorizer that is not in the deployment lets nobody in", func(t *testing.T) {
		s := newRestStand(t, func(_ *restStand, d *declared.RestDefinition, _ *declared.RestStage) {
			change(&d.Resources[0], "ANY", func(m *declared.RestMethod) { m.AuthorizationType, m.AuthorizerID = "CUSTOM", "gone" })
		})
		want(t, s.send("GET", "/live", ""), 500, `{"message":"Internal server error"}`, `asks authorizer "gone", which is not in the deployment`)
	})
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html
	t.Run("IAM takes a request that has the form of a signature", func(t *testing.T) {
		s := newRestStand(t, func(_ *restStand, d *declared.RestDefinition, _ *declared.RestStage) {
			change(&d.Resources[0], "ANY", func(m *declared.RestMethod) { m.AuthorizationType = "AWS_IAM" })
		})
		signature := "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/%s/aws4_request, SignedHeaders=host, Signature=" + strings.Repeat("a", 64)
		want(t, s.send("GET", "/live", "", "Authorization", fmt.Sprintf(signature, "execute-api")), 200, "hello", "")
		want(t, s.send("GET", "/live", ""), 403, `{"message":"Missing Authentication Token"}`, "is not signed")
		if answer := s.send("GET", "/live", "", "Authorization", fmt.Sprintf(signature, "s3")); answer.Code != 403 || answer.Header().Get("X-Amzn-Errortype") != "InvalidSignatureException" {
			t.Errorf("%d %v", answer.Code, answer.Header())
		}
		if answer := s.send("GET", "/live", "", "Authorization", "Bearer x"); answer.Code != 403 {
			t.Errorf("%d", answer.Code)
		}
	})
}

// https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html
func TestMock(t *testing.T) {
	mocked := func(f func(*declared.RestIntegration)) *restStand {
		return newRestStand(t, func(_ *restStand, d *declared.RestDefinition, _ *declared.RestStage) {
			change(&d.Resources[0], "ANY", func(m *declared.RestMethod) {
				m.MethodIntegration = &declared.RestIntegration{Type: "MOCK", ContentHandling: "CONVERT_TO_TEXT", PassthroughBehavior: "WHEN_NO_MATCH",
					RequestTemplates:     map[string]string{"application/json": `{"statusCode": 204}`},
					IntegrationResponses: map[string]declared.IntegrationResponse{"204": {StatusCode: "204", ResponseParameters: map[string]string{"method.response.header.Vary": "'Origin'"}}}}
				f(m.MethodIntegration)
			})
		})
	}
	t.Run("it answers without a backend", func(t *testing.T) {
		s := mocked(func(*declared.RestIntegration) {})
		answer := s.send("OPTIONS", "/live", "")
		want(t, answer, 204, "", "")
		if answer.Header().Get("Vary") != "Origin" || s.seen != nil {
			t.Errorf("%v", answer.Header())
		}
	})
	t.Run("the response is chosen by the template's status", func(t *testing.T) {
		s := mocked(func(i *declared.RestIntegration) {
			i.RequestTemplates["application/json"] = `{"statusCode": 403}`
			i.IntegrationResponses["403"] = declared.IntegrationResponse{StatusCode: "403", SelectionPattern: "4\\d{2}", ResponseTemplates: map[string]string{"application/json": `{"message":"Forbidden"}`}}
		})
		want(t, s.send("GET", "/live", ""), 403, `{"message":"Forbidden"}`, "")
	})
	t.Run("where all media types are binary, it must turn the payload into text", func(t *testing.T) {
		want(t, mocked(func(i *declared.RestIntegration) { i.ContentHandling = "" }).send("GET", "/live", ""), 500, `{"message":"Internal server error"}`, "CONVERT_TO_TEXT")
	})
	t.Run("a media type without a template passes with its own status, or not at all", func(t *testing.T) {
		s := mocked(func(*declared.RestIntegration) {})
		want(t, s.send("POST", "/live", `{"statusCode":204}`, "Content-Type", "text/plain"), 204, "", "")
		want(t, s.send("POST", "/live", `a`, "Content-Type", "text/plain"), 500, `{"message":"Internal server error"}`, "names no statusCode")
		for _, behaviour := range []string{"NEVER", "WHEN_NO_TEMPLATES"} {
			s := mocked(func(i *declared.RestIntegration) { i.PassthroughBehavior = behaviour })
			want(t, s.send("POST", "/live", `{"statusCode":204}`, "Content-Type", "text/plain"), 415, `{"message":"Unsupported Media Type"}`, "no template for text/plain")
		}
	})
	t.Run("a status without a response is an error", func(t *testing.T) {
		s := mocked(func(i *declared.RestIntegration) {
			i.IntegrationResponses = map[string]declared.IntegrationResponse{"200": {StatusCode: "200", SelectionPattern: "200"}}
		})
		want(t, s.send("GET", "/live", ""), 500, `{"message":"Internal server error"}`, "no response for the status 204")
	})
}

// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
func TestRestLog(t *testing.T) {
	const format = `$context.requestId|$context.extendedRequestId|$context.apiId|$context.stage|$context.httpMethod|$context.resourcePath|$context.resourceId|$context.path|$context.status|` +
		`$context.identity.sourceIp|$context.identity.apiKeyId|$context.error.responseType|$context.error.message|$context.integration.status|$context.responseLength|$context.deploymentId|` +
		`$context.xrayTraceId|$context.routeKey|$context.authorizer.status|$context.requestTimeEpoch|$context.integrationLatency|$context.responseLatency|$context.webaclArn|$context.customDomain.basePathMatched`
	logged := func(s *restStand) func(method, path string, headers ...string) string {
		return func(method, path string, headers ...string) string {
			s.lines = nil
			s.send(method, path, "", headers...)
			if len(s.lines) != 1 {
				return fmt.Sprint(s.lines)
			}
			return s.lines[0]
		}
	}
	s := newRestStand(t, func(_ *restStand, d *declared.RestDefinition, stage *declared.RestStage) {
		d.Resources = append(d.Resources, proxyTo("r3", "/teams/{code}", "GET"))
		stage.AccessLogSettings = &struct{ DestinationARN, Format string }{logGroupARN + ":*", format}
		stage.TracingEnabled, stage.WebACLARN = true, "arn:acl"
	})
	uuid, epoch, latency := `[0-9a-f-]{36}`, `1\d{12}`, `\d+`
	for _, c := range []struct{ name, method, path, want string }{
		{"a request that passes", "GET", "/live/teams/a", uuid + `\|[A-Za-z0-9+/]{15}=\|abc\|live\|GET\|/teams/\{code\}\|r3\|/live/teams/a\|200\|127.0.0.1\|-\|-\|-\|200\|5\|d1\|1-[0-9a-f]{8}-[0-9a-f]{24}\|-\|-\|` + epoch + `\|` + latency + `\|` + latency + `\|arn:acl\|-`},
		{"one that no method takes", "PUT", "/live/teams/a", uuid + `\|\S+\|abc\|live\|PUT\|/teams/\{code\}\|r3\|/live/teams/a\|403\|127.0.0.1\|-\|MISSING_AUTHENTICATION_TOKEN\|Missing Authentication Token\|-\|42\|d1\|-\|-\|-\|` + epoch + `\|-\|` + latency + `\|arn:acl\|-`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := logged(s)(c.method, c.path); !regexp.MustCompile(`^eu-west-1 ` + regexp.QuoteMeta(logGroupARN) + ` ` + c.want + `$`).MatchString(got) {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
	t.Run("a request without a stage is in no log", func(t *testing.T) {
		if got := logged(s)("GET", "/none"); got != "[]" {
			t.Error(got)
		}
	})
}

func TestRestDomain(t *testing.T) {
	s := newRestStand(t, nil)
	stage, id := "live", "abc"
	s.snapshot.Domains = map[string]declared.Domain{"quiz.example.com": {}}
	domain := s.snapshot.Domains["quiz.example.com"]
	domain.Mappings = append(domain.Mappings, mappingTo(id, stage))
	s.snapshot.Domains["quiz.example.com"] = domain
	s.gateway.Domain = func(name string) (*declared.Snapshot, bool) { _, ok := s.snapshot.Domains[name]; return s.snapshot, ok }
	request := s.request("GET", "/a", "")
	request.Host = "quiz.example.com"
	if answer := s.sent(request); answer.Code != 200 || s.seen.RequestURI != "/a" {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
}

func TestUnsupportedRest(t *testing.T) {
	for _, c := range []struct {
		kind string
		made map[string]any
		want []string
	}{
		{"restapi", map[string]any{"name": "a", "endpointConfiguration": map[string]any{"types": []any{"REGIONAL"}, "ipAddressType": "ipv4"}, "binaryMediaTypes": []any{"*/*"}, "apiKeySource": "HEADER", "policy": nil, "minimumCompressionSize": nil}, nil},
		{"restapi", map[string]any{"endpointConfiguration": map[string]any{"types": []any{"PRIVATE"}, "vpcEndpointIds": []any{"v"}}, "policy": "{}", "apiKeySource": "AUTHORIZER", "minimumCompressionSize": 0, "cloneFrom": "x"},
			[]string{"endpoint type PRIVATE", "vpcEndpointIds", "resource policies", "apiKeySource AUTHORIZER", "compression", "cloneFrom"}},
		{"method", map[string]any{"authorizationType": "NONE"}, nil},
		{"method", map[string]any{"authorizationType": "JWT", "requestValidatorId": "v"}, []string{"authorizationType JWT", "validation of requests"}},
		{"integration", map[string]any{"type": "HTTP_PROXY", "connectionType": "VPC_LINK", "uri": "http://a/", "cacheKeyParameters": []any{}, "tlsConfig": map[string]any{}}, nil},
		{"integration", map[string]any{"type": "HTTP_PROXY", "connectionType": "VPC_LINK", "uri": "http://${stageVariables.a}/", "cacheKeyParameters": []any{"a"}, "credentials": "arn", "tlsConfig": map[string]any{"insecureSkipVerification": true},
			"requestTemplates": map[string]any{"a": "b"}, "contentHandling": "CONVERT_TO_TEXT", "requestParameters": map[string]any{"integration.request.header.a": "method.request.body"}},
			[]string{"credentials", "caching", "insecureSkipVerification", "stage variables in a URI", "requestTemplates", "contentHandling", "method.request.body"}},
		{"integration", map[string]any{"type": "HTTP", "uri": "http://a"}, []string{`the integration type "HTTP"`}},
		{"integration", map[string]any{"type": "AWS_PROXY", "uri": "arn:aws:apigateway:eu-west-1:sqs:path/q"}, []string{"only a Lambda function"}},
		{"integration", map[string]any{"type": "MOCK", "requestTemplates": map[string]any{"application/json": `{"statusCode": $x}`}}, []string{"it must be JSON with a statusCode"}},
		{"integrationresponse", map[string]any{"responseParameters": map[string]any{"method.response.header.a": "'b'"}, "responseTemplates": map[string]any{"application/json": "a"}}, nil},
		{"integrationresponse", map[string]any{"contentHandling": "CONVERT_TO_TEXT", "responseParameters": map[string]any{"method.response.header.a": "integration.response.body.b"}, "responseTemplates": map[string]any{"text/plain": "#foreach($a in $b)#end"}},
			[]string{"contentHandling", "integration.response.body.b", "only for application/json", "the response template for text/plain"}},
		{"authorizer", map[string]any{"type": "TOKEN", "identitySource": "method.request.header.Authorization"}, nil},
		{"authorizer", map[string]any{"type": "JWT", "identitySource": "method.request.querystring.a", "authorizerCredentials": "arn"}, []string{"authorizerCredentials", `the authorizer type "JWT"`, "of a token only a header"}},
		{"authorizer", map[string]any{"type": "COGNITO_USER_POOLS", "providerARNs": []any{"pool"}}, []string{`the user pool "pool"`}},
		{"gatewayresponse", map[string]any{"responseType": "DEFAULT_5XX", "responseTemplates": map[string]any{"application/json": `{"m":$context.error.messageString}`}}, nil},
		{"gatewayresponse", map[string]any{"responseType": "TEAPOT", "responseParameters": map[string]any{"header.a": "b"}, "responseTemplates": map[string]any{"application/json": `$input.a`}}, []string{`type "TEAPOT"`, "the value b", "the parameter header.a", "this template"}},
		{"stage", map[string]any{"stageName": "live", "methodSettings": map[string]any{"*/*": map[string]any{"metricsEnabled": true, "loggingLevel": "OFF"}}, "accessLogSettings": map[string]any{"destinationArn": logGroupARN, "format": "$context.requestId"}}, nil},
		{"stage", map[string]any{"cacheClusterEnabled": true, "canarySettings": map[string]any{}, "clientCertificateId": "c", "methodSettings": map[string]any{"a/GET": map[string]any{"loggingLevel": "INFO", "cachingEnabled": true}}, "accessLogSettings": map[string]any{"destinationArn": "arn:aws:firehose:x", "format": "a"}},
			[]string{"cacheClusterEnabled", "canary", "clientCertificateId", "execution logs", "cachingEnabled of a/GET", "access logs to arn:aws:firehose:x", "without $context.requestId"}},
		{"usageplan", map[string]any{"productCode": "p", "apiStages": []any{map[string]any{"throttle": map[string]any{"/a/GET": map[string]any{}}}}}, []string{"productCode", "throttles of a usage plan for one method"}},
		{"apikey", map[string]any{"stageKeys": []any{"a/b"}}, []string{"stageKeys"}},
		{"vpclink", map[string]any{"targetArns": []any{"arn:a", "arn:b"}}, []string{"2 targets", `"arn:a"`, `"arn:b"`}},
	} {
		got := UnsupportedRest(c.kind, c.made)
		ok := len(got) == len(c.want)
		for i := range min(len(got), len(c.want)) {
			ok = ok && strings.Contains(got[i], c.want[i]) && strings.HasPrefix(got[i], "The local cloud does not support ")
		}
		if !ok {
			t.Errorf("%s %v: %q, want %q", c.kind, c.made, got, c.want)
		}
	}
}

func FuzzRestRequest(f *testing.F) {
	f.Add("GET", "/live/a%2Fb/../c", "q=1;2", "X-Api-Key", "v")
	f.Add("OPTIONS", "/live//", "", "Authorization", "Bearer a.b.c")
	f.Add("POST", "/live/%zz", "%", "Content-Type", "\x00")
	s := newRestStand(f, func(_ *restStand, d *declared.RestDefinition, stage *declared.RestStage) {
		d.Resources = append(d.Resources, proxyTo("r3", "/teams/{code}", "GET"))
		stage.AccessLogSettings = &struct{ DestinationARN, Format string }{logGroupARN, `"$context.path$context.resourcePath$context.identity.userAgent"`}
	})
	s.handle = func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusTeapot) }
	f.Fuzz(func(t *testing.T, method, path, query, name, value string) {
		request := s.request("GET", "/", "")
		request.Method, request.URL.Path, request.URL.RawPath, request.URL.RawQuery = method, path, path, query
		if isToken(name) {
			request.Header[http.CanonicalHeaderKey(name)] = []string{value}
		}
		if answer := s.sent(request); answer.Code < 200 || answer.Code > 599 {
			t.Errorf("%d", answer.Code)
		}
	})
}

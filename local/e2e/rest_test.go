package e2e

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestRest deploys behind a REST API from nothing, changes one route of its table, and destroys it all. It does not show what
// AWS makes of a signature or of a Lambda function: nothing here checks the one or runs the other.
func TestRest(t *testing.T) {
	run(t, "destroy") // of nothing: it starts the cloud
	acl := newWebACL(t)
	empty := inventory(t)
	pool := newUserPool(t)
	table := []string{
		"config:",
		"  sallyport:gateway.kind: rest",
		"  sallyport:gateway.publicHostHeader: x-public-host",
		"  sallyport:gateway.tracing: \"true\"",
		"  sallyport:gateway.webAclArn: " + acl,
		"  sallyport:gateway.cors:",
		"    allowOrigins: [https://www.example.com, https://shop.example.com]",
		"    allowMethods: [GET]",
		"    maxAge: 60",
		"  sallyport:gateway.apiKeys:",
		"    partner: {rate: 1, burst: 1}",
		"  sallyport:gateway.routes:",
		"    - {path: '/api/echo/ops/{id}', auth: iam}",
		"    - {path: /api/echo/partner, methods: [GET], auth: key}",
		"    - {path: /api/echo/me, auth: cognito, userPools: ['" + pool.arn + "']}",
		"    - {path: /api/echo/checked, auth: lambda, authorizer: 'arn:aws:lambda:us-east-1:123456789012:function:check'}",
		"    - {path: /api/echo/slow, methods: [GET], throttleBurst: 1, throttleRate: 1}",
		"    - {path: '/api/thumb/{id}', target: 'arn:aws:lambda:us-east-1:123456789012:function:thumb:live'}",
		"    - {path: '/api/echo/admin/{proxy+}', target: deny}",
		"",
	}
	edit(t, "Pulumi.local.yaml", replace("config:\n", strings.Join(table, "\n")))
	var s *site

	t.Run("an up from nothing ends with the URL, which ends in the stage's name", func(t *testing.T) {
		run(t, "up") // which ends with a verification
		s = &site{outputs(t)}
		if url := s.exported["url"]; !strings.HasPrefix(url, "http://127.") || !strings.HasSuffix(url, "/live") {
			t.Fatalf("the URL is %s", url)
		}
		s.settled(t)
	})
	if t.Failed() {
		t.FailNow()
	}
	t.Run("a second up changes nothing", func(t *testing.T) {
		run(t, "up", "--", "--expect-no-changes")
	})
	t.Run("a preview that reads the cloud anew finds nothing to change", func(t *testing.T) {
		run(t, "preview", "--", "--refresh", "--expect-no-changes")
	})
	t.Run("the web ACL looks at the stage, which is traced", func(t *testing.T) {
		path := "/restapis/" + s.exported["apiId"] + "/stages/live"
		found := ask[struct{ WebACL struct{ ARN string } }](t, "wafv2", "GetWebACLForResource", map[string]any{"ResourceArn": "arn:aws:apigateway:us-east-1::" + path})
		if found.WebACL.ARN != acl {
			t.Errorf("it is %q, want %s", found.WebACL.ARN, acl)
		}
		var stage struct{ TracingEnabled bool }
		if err := json.Unmarshal(aws(t, "apigateway", http.MethodGet, path, nil, nil), &stage); err != nil || !stage.TracingEnabled {
			t.Errorf("the stage is %+v, %v", stage, err)
		}
	})
	t.Run("the stage's name is no part of what the app sees", func(t *testing.T) {
		s.send(t, "GET", "/", 200, "<html")
		echoed := s.send(t, "POST", "/api/echo/any/path?a=1", 200, `"path":"/api/echo/any/path?a=1"`)
		if strings.Contains(echoed.body, "/live") {
			t.Errorf("the app got %s", echoed.body)
		}
	})
	t.Run("what a client sends under the public host's name does not reach the app", func(t *testing.T) {
		if page := s.send(t, "GET", "/arrival", 200, "X-Public-Host", "X-Public-Host", "evil.example"); strings.Contains(page.body, "evil.example") {
			t.Errorf("the app got %s", page.body)
		}
	})
	t.Run("each route lets in whom it says", func(t *testing.T) {
		s.send(t, "GET", "/api/echo/ops/1", 403, `{"message":"Missing Authentication Token"}`)
		s.send(t, "GET", "/api/echo/ops/1", 200, `"path":"/api/echo/ops/1"`, "Authorization", signature)
		s.send(t, "GET", "/api/echo/me", 401, `{"message":"Unauthorized"}`)
		s.send(t, "GET", "/api/echo/me", 200, `"path":"/api/echo/me"`, "Authorization", pool.token(t))
		s.send(t, "GET", "/api/echo/checked", 500, "", "Authorization", "x").explains(t, "runs no Lambda functions")
		s.send(t, "GET", "/api/thumb/1", 500, "").explains(t, "runs no Lambda functions")
		s.send(t, "GET", "/api/echo/admin/users", 403, `{"message":"Missing Authentication Token"}`)
		s.send(t, "POST", "/api/echo/admin/users", 403, `{"message":"Forbidden"}`, "Authorization", signature, "Content-Type", "application/json")
	})
	t.Run("a key is asked for, and good for what its plan says", func(t *testing.T) {
		var exported struct{ APIKeys map[string]string }
		if err := json.Unmarshal(run(t, "pulumi", "stack", "output", "--json", "--show-secrets", "--stack", "local").stdout.Bytes(), &exported); err != nil {
			t.Fatal(err)
		}
		key := exported.APIKeys["partner"]
		if len(key) < 20 || strings.Contains(s.exported["apiKeys"], key) {
			t.Fatalf("the key is %q, and without --show-secrets %q", key, s.exported["apiKeys"])
		}
		s.send(t, "GET", "/api/echo/partner", 403, `{"message":"Forbidden"}`)
		s.send(t, "GET", "/api/echo/partner", 403, `{"message":"Forbidden"}`, "X-Api-Key", key[1:])
		s.send(t, "GET", "/api/echo/partner", 200, `"path":"/api/echo/partner"`, "X-Api-Key", key)
		eventually(t, "the key has been used up", func() bool {
			return s.ask(t, "GET", "/api/echo/partner", "X-Api-Key", key).status == http.StatusTooManyRequests
		})
	})
	t.Run("a route's throttle is its own", func(t *testing.T) {
		s.answers(t, "/api/echo/slow", http.StatusTooManyRequests).is(t, `{"message":"Too Many Requests"}`)
		s.send(t, "GET", "/api/echo/fast", 200, "/api/echo/fast")
	})
	t.Run("a preflight names the origin that asks, if it may", func(t *testing.T) {
		for origin, want := range map[string]string{"https://shop.example.com": "https://shop.example.com", "https://evil.example": ""} {
			preflight := s.send(t, "OPTIONS", "/api/echo/me", 204, "", "Origin", origin, "Access-Control-Request-Method", "GET")
			if got := preflight.header.Get("Access-Control-Allow-Origin"); got != want {
				t.Errorf("%s is answered with %q, want %q", origin, got, want)
			}
			if got := preflight.header.Get("Access-Control-Allow-Methods"); got != "GET" {
				t.Errorf("the methods are %q", got)
			}
		}
	})
	t.Run("requests are in the access log under the same names as an HTTP API's", func(t *testing.T) {
		eventually(t, "the denied request is in the access log", func() bool {
			for line := range strings.Lines(logged(t, "/aws/vendedlogs/sallyport-local-access-")) {
				var entry struct{ Method, Path, Route, Status string }
				if json.Unmarshal([]byte(line), &entry) == nil && entry.Path == "/live/api/echo/admin/users" && entry.Method == "GET" {
					return entry.Route == "GET /api/echo/admin/{proxy+}" && entry.Status == "403"
				}
			}
			return false
		})
	})
	t.Run("make verify reports what was changed by hand", func(t *testing.T) { verifiesDoor(t, s.exported) })
	t.Run("a quiz is played through it, while its only task is killed", func(t *testing.T) {
		playQuiz(t, s.exported["url"], func() {
			docker(t, "kill", tasksOf(t, s.exported, "RUNNING")[0].Containers[0].RuntimeID)
		})
	})
	t.Run("a route less makes a new deployment, and nothing else, and is gone", func(t *testing.T) {
		edit(t, "Pulumi.local.yaml", replace(table[len(table)-2]+"\n", ""))
		up := run(t, "up")
		want := []string{
			"create-replacement aws:apigateway/deployment:Deployment sallyport-local",
			"delete-replaced aws:apigateway/deployment:Deployment sallyport-local",
			"replace aws:apigateway/deployment:Deployment sallyport-local",
			"update aws:apigateway/restApi:RestApi sallyport-local",
			"update aws:apigateway/stage:Stage sallyport-local",
		}
		if changes := up.changes(); !slices.Equal(changes, want) {
			t.Errorf("it did\n  %s\nwant\n  %s", strings.Join(changes, "\n  "), strings.Join(want, "\n  "))
		}
		if got := outputs(t)["url"]; got != s.exported["url"] {
			t.Errorf("the URL is %s, and was %s", got, s.exported["url"])
		}
		s.send(t, "GET", "/api/echo/admin/users", 200, `"path":"/api/echo/admin/users"`)
		s.send(t, "GET", "/api/echo/ops/1", 403, "")
	})
	throughTheBalancer(t, s)
	t.Run("a destroy leaves nothing but the role that the account's REST APIs log with", func(t *testing.T) {
		destroy := run(t, "destroy")
		destroy.says("other REST APIs of the account may write their logs with it")
		left := more(empty, inventory(t))
		kept := map[string]int{"RoleName": 1, "PolicyName": 1}
		if got := kinds(left); !maps.Equal(got, kept) || slices.ContainsFunc(left, func(one string) bool { return !strings.Contains(one, " sallyport-local-gateway-logs-") }) {
			t.Errorf("it left %v", left)
		}
	})
}

// signature has the form of one, which is what is looked at here.
var signature = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=" + strings.Repeat("0a", 32)

// userPool is a user pool of Cognito with one user.
type userPool struct{ arn, id, client string }

func newUserPool(t *testing.T) *userPool {
	t.Helper()
	pool := cognito[struct{ UserPool struct{ ID, ARN string } }](t, "CreateUserPool", map[string]any{"PoolName": "visitors"}).UserPool
	client := cognito[struct{ UserPoolClient struct{ ClientID string } }](t, "CreateUserPoolClient", map[string]any{
		"UserPoolId": pool.ID, "ClientName": "web", "ExplicitAuthFlows": []string{"ALLOW_USER_PASSWORD_AUTH"},
	}).UserPoolClient.ClientID
	cognito[any](t, "AdminCreateUser", map[string]any{"UserPoolId": pool.ID, "Username": "visitor"})
	cognito[any](t, "AdminSetUserPassword", map[string]any{"UserPoolId": pool.ID, "Username": "visitor", "Password": "Passw0rd!visitor", "Permanent": true})
	return &userPool{pool.ARN, pool.ID, client}
}

// token is an ID token of the user.
func (p *userPool) token(t *testing.T) string {
	t.Helper()
	return cognito[struct{ AuthenticationResult struct{ IDToken string } }](t, "InitiateAuth", map[string]any{
		"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": p.client, "AuthParameters": map[string]string{"USERNAME": "visitor", "PASSWORD": "Passw0rd!visitor"},
	}).AuthenticationResult.IDToken
}

func cognito[T any](t *testing.T, action string, input any) (answer T) {
	t.Helper()
	body, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	got := aws(t, "cognito-idp", http.MethodPost, "/", map[string]string{
		"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AWSCognitoIdentityProviderService." + action,
	}, body)
	if len(got) == 0 {
		return answer
	}
	if err := json.Unmarshal(got, &answer); err != nil {
		t.Fatalf("%s: %v", action, err)
	}
	return answer
}

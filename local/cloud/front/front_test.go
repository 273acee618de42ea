package front

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestForward(t *testing.T) {
	t.Run("a request reaches moto as it came, and the answer comes back as it is", func(t *testing.T) {
		b := setUp(t)
		b.status, b.answer = 418, "<Answer/>"
		request := signed(t, "POST", b.server.URL+"/a%2Fb?x=1", "iam", "", "Action=ListRoles&Version=2010-05-08")
		response, body := b.send(t, request)
		if response.StatusCode != 418 || body != "<Answer/>" || response.Header.Get("X-Amzn-Requestid") != "from-moto" {
			t.Errorf("%d %s %v", response.StatusCode, body, response.Header)
		}
		if b.seen.RequestURI != "/a%2Fb?x=1" || b.seen.Host != request.Host || b.body != "Action=ListRoles&Version=2010-05-08" || b.seen.Header.Get("Authorization") != request.Header.Get("Authorization") {
			t.Errorf("moto got %s, host %s, %q, %v", b.seen.RequestURI, b.seen.Host, b.body, b.seen.Header)
		}
	})
	t.Run("the log has the call and no credentials", func(t *testing.T) {
		b := setUp(t)
		b.send(t, signed(t, "POST", b.server.URL+"/", "iam", "", "Action=ListRoles"))
		b.send(t, signed(t, "GET", b.server.URL+"/k?X-Amz-Signature=feedbeef", "s3", "", ""))
		b.server.Close()
		if log := b.log.String(); !strings.Contains(log, "service=iam action=ListRoles region=eu-west-1 status=200") || strings.Contains(log, "AKIDSECRET") || strings.Contains(log, "feedbeef") {
			t.Error(log)
		}
	})
	t.Run("repositories are at the local registry", func(t *testing.T) {
		b := setUp(t)
		b.answer = `{"repositories":[{"repositoryUri":"123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/web","createdAt":1795294617.205,"n":"<&>","size":1234567890123456789}]}`
		_, body := b.send(t, signed(t, "POST", b.server.URL, "ecr", ecrTarget+"DescribeRepositories", "{}"))
		if want := `{"repositories":[{"createdAt":1795294617.205,"n":"<&>","repositoryUri":"127.0.0.1:4567/team/web","size":1234567890123456789}]}`; body != want {
			t.Errorf("%s, want %s", body, want)
		}
	})
	t.Run("a token is the local registry's and good for 12 hours", func(t *testing.T) {
		b := setUp(t)
		b.answer = `{"authorizationData":[{"authorizationToken":"x","expiresAt":1420070400,"proxyEndpoint":"https://123456789012.dkr.ecr.us-west-2.amazonaws.com"}]}`
		_, body := b.send(t, signed(t, "POST", b.server.URL, "ecr", ecrTarget+"GetAuthorizationToken", "{}"))
		var answer struct {
			AuthorizationData []struct {
				AuthorizationToken, ProxyEndpoint string
				ExpiresAt                         int64
			}
		}
		if err := json.Unmarshal([]byte(body), &answer); err != nil || len(answer.AuthorizationData) != 1 {
			t.Fatal(body, err)
		}
		data := answer.AuthorizationData[0]
		token, _ := base64.StdEncoding.DecodeString(data.AuthorizationToken)
		left := time.Until(time.Unix(data.ExpiresAt, 0))
		if string(token) != "AWS:password-of-us-west-2" || data.ProxyEndpoint != "http://127.0.0.1:4567" || left < 11*time.Hour || left > 12*time.Hour {
			t.Errorf("token %s, endpoint %s, good for %s", token, data.ProxyEndpoint, left)
		}
	})
	t.Run("an API is at the local gateway, which opens its address", func(t *testing.T) {
		b := setUp(t)
		b.status, b.answer = 201, `{"apiId":"abc","apiEndpoint":"https://abc.execute-api.eu-west-1.amazonaws.com","tags":{"apiId":"t","apiEndpoint":"mine"}}`
		_, body := b.send(t, signed(t, "POST", b.server.URL+"/v2/apis", "apigateway", "", "{}"))
		if want := `{"apiEndpoint":"http://127.64.0.1:4568/abc","apiId":"abc","tags":{"apiEndpoint":"mine","apiId":"t"}}`; body != want {
			t.Errorf("%s, want %s", body, want)
		}
		b.status, b.answer = 204, ""
		b.send(t, signed(t, "DELETE", b.server.URL+"/v2/apis/abc", "apigateway", "", ""))
		b.send(t, signed(t, "DELETE", b.server.URL+"/v2/apis/abc/routes/r", "apigateway", "", ""))
		if got := strings.Join(b.told, ", "); got != "open abc, close abc" {
			t.Errorf("told %s", got)
		}
	})
	t.Run("the registry is told of deletions that succeed, and of no other", func(t *testing.T) {
		b := setUp(t)
		b.answer = `{}`
		for _, action := range []string{"DeleteRepository", "BatchDeleteImage", "DescribeRepositories"} {
			b.send(t, signed(t, "POST", b.server.URL, "ecr", ecrTarget+action, `{"repositoryName":"a/b"}`))
		}
		b.status = 400
		b.send(t, signed(t, "POST", b.server.URL, "ecr", ecrTarget+"DeleteRepository", `{"repositoryName":"c"}`))
		if got := strings.Join(b.told, ", "); got != "drop eu-west-1 a/b, prune eu-west-1 a/b" {
			t.Errorf("told %s", got)
		}
		if b.body != `{"repositoryName":"c"}` {
			t.Errorf("moto got %q", b.body)
		}
	})
	t.Run("an answer that can't be read is an error, not an address of AWS", func(t *testing.T) {
		b := setUp(t)
		b.answer = `<html>`
		response, body := b.send(t, signed(t, "POST", b.server.URL, "ecr", ecrTarget+"DescribeRepositories", "{}"))
		if response.StatusCode != 503 || !strings.Contains(body, "answer to ecr DescribeRepositories: invalid character") {
			t.Errorf("%d %s", response.StatusCode, body)
		}
	})
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		request func(url string) *http.Request
		status  int
		want    string
	}{
		"a request that is not signed": {func(url string) *http.Request { return httptest.NewRequest("GET", url, nil) }, 400,
			"This is the AWS API of a local cloud, and the request is not signed as AWS requests are. `make env` prints what to export so that the aws command line talks to it; /_sallyport/status tells what runs here.\n"},
		"a page in a browser": {func(url string) *http.Request {
			r := signed(t, "POST", url, "ecr", ecrTarget+"DescribeRepositories", "{}")
			r.Header.Set("Origin", "https://example.com")
			return r
		}, 403, "The local cloud takes requests for 127.0.0.1 or localhost only, and none from a web page in a browser.\n"},
		"an image in a page": {func(url string) *http.Request {
			r := httptest.NewRequest("GET", url+"/?Action=DeleteVpc&VpcId=vpc-1&X-Amz-Credential=K/20260101/eu-west-1/ec2/aws4_request", nil)
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			return r
		}, 403, "The local cloud takes requests for 127.0.0.1 or localhost only, and none from a web page in a browser.\n"},
		"an address that the user entered": {func(url string) *http.Request {
			r := httptest.NewRequest("GET", url+"/", nil)
			r.Header.Set("Sec-Fetch-Site", "none")
			return r
		}, 400, "This is the AWS API of a local cloud, and the request is not signed"},
		"a name that only points here": {func(url string) *http.Request {
			r := signed(t, "POST", url, "ecr", ecrTarget+"DescribeRepositories", "{}")
			r.Host = "rebound.example.com:4566"
			return r
		}, 403, "The local cloud takes requests for 127.0.0.1 or localhost only"},
		"moto's own API": {func(url string) *http.Request { return httptest.NewRequest("POST", url+"/moto-api/reset", nil) }, 403,
			"The local cloud does not pass on moto's own API: it would empty or change the cloud behind a stack's back. `make local-stop` empties it.\n"},
		"an unknown path of the front": {func(url string) *http.Request { return httptest.NewRequest("GET", url+"/_sallyport/x", nil) }, 404,
			"The local cloud has no /_sallyport/x; it has /_sallyport/status.\n"},
		"faults where they are off": {func(url string) *http.Request {
			return httptest.NewRequest("PUT", url+FaultsPath, strings.NewReader("[]"))
		}, 404, "The local cloud has no /_sallyport/faults"},
	} {
		t.Run(name, func(t *testing.T) {
			b := setUp(t)
			b.handler.Faults = nil
			recorder := httptest.NewRecorder()
			b.handler.ServeHTTP(recorder, c.request("http://127.0.0.1:4566"))
			if recorder.Code != c.status || !strings.HasPrefix(recorder.Body.String(), c.want) || b.seen != nil {
				t.Errorf("%d %s, reached moto: %v", recorder.Code, recorder.Body, b.seen != nil)
			}
		})
	}
	t.Run("the status is told", func(t *testing.T) {
		b := setUp(t)
		_, body := b.send(t, must(http.NewRequest("GET", b.server.URL+StatusPath, nil)))
		if body != "{\"id\":\"X\"}\n" {
			t.Error(body)
		}
	})
}

func TestErrorsHaveTheShapeOfTheProtocol(t *testing.T) {
	message := "moto, the AWS API of the local cloud, is starting; it starts empty, so run `make up` again"
	const none = "00000000-0000-0000-0000-000000000000"
	for _, c := range []struct{ method, path, service, target, body, want string }{
		{"POST", "/", "ecr", ecrTarget + "CreateRepository", "{}", `{"__type":"ServiceUnavailable","message":"` + message + `"}`},
		{"POST", "/v2/apis", "apigateway", "", "{}", `{"message":"` + message + `"}`},
		{"POST", "/", "iam", "", "Action=ListRoles", `<ErrorResponse><Error><Type>Receiver</Type><Code>ServiceUnavailable</Code><Message>` + message + `</Message></Error><RequestId>` + none + `</RequestId></ErrorResponse>`},
		{"POST", "/", "ec2", "", "Action=DescribeVpcs", `<Response><Errors><Error><Code>ServiceUnavailable</Code><Message>` + message + `</Message></Error></Errors><RequestID>` + none + `</RequestID></Response>`},
		{"GET", "/b", "s3", "", "", `<Error><Code>ServiceUnavailable</Code><Message>` + message + `</Message><RequestId>` + none + `</RequestId></Error>`},
	} {
		t.Run(c.service, func(t *testing.T) {
			b := setUp(t)
			b.handler.Upstream = func() (string, bool) { return "127.0.0.1:0", false }
			response, body := b.send(t, signed(t, c.method, b.server.URL+c.path, c.service, c.target, c.body))
			if response.StatusCode != 503 || body != c.want || response.Header.Get("X-Amzn-Errortype") != "ServiceUnavailable" {
				t.Errorf("%d %s, want %s", response.StatusCode, body, c.want)
			}
		})
	}
	t.Run("a moto that goes away in the middle is an AWS error, not a broken connection", func(t *testing.T) {
		b := setUp(t)
		gone := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
		defer gone.Close()
		b.handler.Upstream = func() (string, bool) { return strings.TrimPrefix(gone.URL, "http://"), true }
		response, body := b.send(t, signed(t, "POST", b.server.URL, "ecr", ecrTarget+"CreateRepository", "{}"))
		if response.StatusCode != 503 || !strings.HasPrefix(body, `{"__type":"ServiceUnavailable","message":"moto, the AWS API of the local cloud, gave no answer that can be used: `) {
			t.Errorf("%d %s", response.StatusCode, body)
		}
	})
}

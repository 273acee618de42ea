package front

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// told notes what the registry and the gateway are told.
type told []string

func (x *told) Drop(region, name string) { *x = append(*x, "drop "+region+" "+name) }

func (x *told) Prune(_ context.Context, region, name string) error {
	*x = append(*x, "prune "+region+" "+name)
	return nil
}

func (x *told) Open(id string) { *x = append(*x, "open "+id) }

func (x *told) Close(id string) { *x = append(*x, "close "+id) }

// bench is a front before a stand-in for moto, which answers with a given status and body.
type bench struct {
	handler *Handler
	server  *httptest.Server
	told    told
	log     bytes.Buffer
	// seen is the last request that came through.
	seen *http.Request
	body string
	// What the stand-in answers.
	status int
	answer string
}

var places = Local{
	RegistryAddr: "127.0.0.1:4567",
	Password:     func(region string) string { return "password-of-" + region },
	Endpoint:     func(id string) string { return "http://127.64.0.1:4568/" + id },
}

func setUp(t *testing.T) *bench {
	b := &bench{status: http.StatusOK}
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, _ := io.ReadAll(r.Body)
		b.seen, b.body = r, string(content)
		w.Header().Set("X-Amzn-Requestid", "from-moto")
		w.WriteHeader(b.status)
		_, _ = io.WriteString(w, b.answer)
	}))
	t.Cleanup(upstream.Close)
	address := strings.TrimPrefix(upstream.URL, "http://")
	b.handler = &Handler{
		Upstream: func() (string, bool) { return address, true }, Local: places, Images: &b.told, APIs: &b.told,
		Status: func() any { return map[string]string{"id": "X"} }, Log: slog.New(slog.NewTextHandler(&b.log, nil)), Faults: &Faults{},
	}
	b.server = httptest.NewServer(b.handler)
	t.Cleanup(b.server.Close)
	return b
}

// signed makes a request as an AWS client signs it.
func signed(t testing.TB, method, url, service, target, body string) *http.Request {
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDSECRET/20260101/eu-west-1/"+service+"/aws4_request, SignedHeaders=host, Signature=feedbeef")
	if target != "" {
		request.Header.Set("X-Amz-Target", target)
		request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	} else if strings.Contains(body, "Action=") {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	}
	return request
}

const ecrTarget = "AmazonEC2ContainerRegistry_V20150921."

func (b *bench) send(t *testing.T, request *http.Request) (*http.Response, string) {
	t.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if length := response.Header.Get("Content-Length"); length != "" && length != strconv.Itoa(len(body)) {
		t.Errorf("Content-Length %s of %d bytes", length, len(body))
	}
	return response, string(body)
}

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
		b.answer = `{"repositories":[{"repositoryUri":"123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/web","createdAt":1795294617.205,"n":"<&>"}]}`
		_, body := b.send(t, signed(t, "POST", b.server.URL, "ecr", ecrTarget+"DescribeRepositories", "{}"))
		if want := `{"repositories":[{"createdAt":1795294617.205,"n":"<&>","repositoryUri":"127.0.0.1:4567/team/web"}]}`; body != want {
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

func TestFaults(t *testing.T) {
	set := func(t *testing.T, b *bench, rules string, status int) string {
		t.Helper()
		request, _ := http.NewRequest("PUT", b.server.URL+FaultsPath, strings.NewReader(rules))
		response, body := b.send(t, request)
		if response.StatusCode != status {
			t.Fatalf("%d %s", response.StatusCode, body)
		}
		return body
	}
	create := func(t *testing.T, b *bench) *http.Request {
		return signed(t, "POST", b.server.URL, "ecr", ecrTarget+"CreateRepository", "{}")
	}
	t.Run("a rule spoils as many calls as it says, and no others", func(t *testing.T) {
		b := setUp(t)
		b.answer = "{}"
		set(t, b, `[{"service":"ECR","action":"CreateRepository","times":2}]`, 204)
		var got []int
		for range 3 {
			response, _ := b.send(t, create(t, b))
			got = append(got, response.StatusCode)
		}
		response, _ := b.send(t, signed(t, "POST", b.server.URL, "ecr", ecrTarget+"DescribeRepositories", "{}"))
		if fmt.Sprint(append(got, response.StatusCode)) != "[500 500 200 200]" {
			t.Error(got, response.StatusCode)
		}
	})
	t.Run("throttling is what that service says", func(t *testing.T) {
		b := setUp(t)
		set(t, b, `[{"code":"throttling"}]`, 204)
		var got []string
		for _, c := range [][3]string{{"ecr", ecrTarget + "X", "{}"}, {"iam", "", "Action=A"}, {"ec2", "", "Action=A"}, {"apigateway", "", ""}, {"s3", "", ""}, {"route53", "", ""}} {
			response, _ := b.send(t, signed(t, "POST", b.server.URL, c[0], c[1], c[2]))
			got = append(got, fmt.Sprint(response.StatusCode, " ", response.Header.Get("X-Amzn-Errortype")))
		}
		if want := "400 ThrottlingException, 400 Throttling, 503 RequestLimitExceeded, 429 TooManyRequestsException, 503 SlowDown, 400 Throttling"; strings.Join(got, ", ") != want {
			t.Errorf("%s, want %s", strings.Join(got, ", "), want)
		}
	})
	t.Run("a lost call is done, and its connection cut", func(t *testing.T) {
		b := setUp(t)
		b.answer = `{"apiId":"abc","apiEndpoint":"https://abc.execute-api.eu-west-1.amazonaws.com"}`
		set(t, b, `[{"mode":"lost","times":1}]`, 204)
		response, err := http.DefaultClient.Do(signed(t, "POST", b.server.URL+"/v2/apis", "apigateway", "", "{}"))
		if err == nil {
			t.Errorf("an answer came: %s", response.Status)
		}
		b.server.Close() // waits for what it does
		if b.seen == nil || strings.Join(b.told, ", ") != "open abc" {
			t.Errorf("reached moto: %v, told %v", b.seen != nil, b.told)
		}
	})
	t.Run("a call that hangs gets no answer until the rules change, and is not done", func(t *testing.T) {
		b := setUp(t)
		set(t, b, `[{"mode":"hang"}]`, 204)
		ended := make(chan error)
		go func() {
			_, err := http.DefaultClient.Do(create(t, b))
			ended <- err
		}()
		for hits := 0; hits == 0; {
			_, body := b.send(t, must(http.NewRequest("GET", b.server.URL+FaultsPath, nil)))
			var rules []Fault
			if err := json.Unmarshal([]byte(body), &rules); err != nil || len(rules) != 1 {
				t.Fatal(body)
			}
			hits = rules[0].Hits
		}
		b.send(t, must(http.NewRequest("DELETE", b.server.URL+FaultsPath, nil)))
		if err := <-ended; err == nil || b.seen != nil {
			t.Errorf("error %v, reached moto: %v", err, b.seen != nil)
		}
	})
	t.Run("rules that are wrong are refused", func(t *testing.T) {
		b := setUp(t)
		if body := set(t, b, `[{"mode":"slow"}]`, 400); body != "faults: mode \"slow\": must be error, hang or lost\n" {
			t.Error(body)
		}
		if body := set(t, b, `[{"acton":"x"}]`, 400); body != "faults: json: unknown field \"acton\"\n" {
			t.Error(body)
		}
	})
}

func must(r *http.Request, err error) *http.Request {
	if err != nil {
		panic(err)
	}
	return r
}

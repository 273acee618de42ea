package front

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
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

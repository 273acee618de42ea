package dataplane

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/smithy-go"

	"sallyport/local/cloud/front"
)

// https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
func TestFunctionPolicy(t *testing.T) {
	moto := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/2015-03-31/functions/here" {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer moto.Close()
	p := &Plane{Upstream: func() (string, bool) { return strings.TrimPrefix(moto.URL, "http://"), true }, Log: slog.New(slog.DiscardHandler)}
	defer p.Close(t.Context())
	const arn = "arn:aws:lambda:eu-west-1:123456789012:function:resize"
	send := func(action, query, input string) (string, error) {
		call := front.Call{Service: "lambda", Region: "eu-west-1", Action: action, Protocol: front.RESTJSON, Query: query}
		if !p.Concerns(call) {
			t.Errorf("%s is not shown to the data plane", action)
		}
		answer, err := p.Before(t.Context(), call, []byte(input))
		return string(answer), err
	}
	refused := func(err error, code string) {
		t.Helper()
		var api smithy.APIError
		if !errors.As(err, &api) || api.ErrorCode() != code {
			t.Errorf("got %v, want %s", err, code)
		}
	}
	permission := `{"StatementId":"door","Action":"lambda:InvokeFunction","Principal":"apigateway.amazonaws.com","SourceArn":"arn:aws:execute-api:eu-west-1:123456789012:abc/*/GET/img"}`
	const made = `{"Sid":"door","Effect":"Allow","Principal":{"Service":"apigateway.amazonaws.com"},"Action":"lambda:InvokeFunction",` +
		`"Resource":"` + arn + `:live","Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:execute-api:eu-west-1:123456789012:abc/*/GET/img"}}}`

	t.Run("a function that moto knows is moto's", func(t *testing.T) {
		if answer, err := send("POST /2015-03-31/functions/here/policy", "", permission); answer != "" || err != nil {
			t.Error(answer, err)
		}
	})
	t.Run("another call about functions is moto's", func(t *testing.T) {
		if p.Concerns(front.Call{Service: "lambda", Action: "GET /2015-03-31/functions/resize"}) {
			t.Error("it is shown to the data plane")
		}
	})
	t.Run("a function without permissions has no policy", func(t *testing.T) {
		_, err := send("GET /2015-03-31/functions/resize/policy", "", "")
		refused(err, "ResourceNotFoundException")
	})
	t.Run("a permission is kept, by ARN and by name", func(t *testing.T) {
		answer, err := send("POST /2015-03-31/functions/"+arn+"/policy", "Qualifier=live", permission)
		if want := fmt.Sprintf(`{"Statement":%q}`, made); answer != want || err != nil {
			t.Errorf("%s %v\nwant %s", answer, err, want)
		}
		answer, err = send("GET /2015-03-31/functions/resize/policy", "Qualifier=live", "")
		var policy struct{ Policy string }
		if json.Unmarshal([]byte(answer), &policy) != nil || policy.Policy != `{"Id":"default","Statement":[`+made+`],"Version":"2012-10-17"}` {
			t.Errorf("%s %v", answer, err)
		}
	})
	t.Run("a statement's id is there once", func(t *testing.T) {
		_, err := send("POST /2015-03-31/functions/resize/policy", "", permission)
		refused(err, "ResourceConflictException")
	})
	t.Run("a permission is taken away", func(t *testing.T) {
		if answer, err := send("DELETE /2015-03-31/functions/resize/policy/door", "Qualifier=live", ""); answer != "{}" || err != nil {
			t.Error(answer, err)
		}
		_, err := send("DELETE /2015-03-31/functions/resize/policy/door", "", "")
		refused(err, "ResourceNotFoundException")
		_, err = send("GET /2015-03-31/functions/resize/policy", "", "")
		refused(err, "ResourceNotFoundException")
	})
}

package verify

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"sallyport/inspect/api"
)

// newFakeAWS makes clients of an AWS that is one function: of an operation, for which API Gateway has paths, and of its
// arguments as they were sent.
func newFakeAWS(t *testing.T, answer func(operation, arguments string) (status int, text string)) *api.Clients {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		arguments := r.URL.RawQuery + string(body)
		operation := r.URL.Path
		if _, name, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
			operation = name
		} else if form, _ := url.ParseQuery(string(body)); form.Get("Action") != "" {
			operation = form.Get("Action")
		}
		status, text := answer(operation, arguments)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text))
	}))
	t.Cleanup(server.Close)
	return clientsOf(server.URL, credentials.NewStaticCredentialsProvider("a", "b", ""))
}

func clientsOf(url string, credentials aws.CredentialsProvider) *api.Clients {
	return api.NewFromConfig(aws.Config{Region: "us-east-1", BaseEndpoint: &url, Credentials: credentials, RetryMaxAttempts: 1})
}

// refusal is an error in the form of the operation's service.
func refusal(operation, code string) (status int, text string) {
	switch {
	case strings.HasPrefix(operation, "/"), strings.Contains(operation, "Task"), strings.Contains(operation, "Service"), strings.Contains(operation, "Log"):
		return 400, `{"__type":"` + code + `","message":"so it is"}`
	case strings.Contains(operation, "LoadBalancers"), strings.Contains(operation, "Target"), strings.Contains(operation, "Listeners"):
		return 400, `<ErrorResponse><Error><Code>` + code + `</Code><Message>so it is</Message></Error></ErrorResponse>`
	}
	return 400, `<Response><Errors><Error><Code>` + code + `</Code><Message>so it is</Message></Error></Errors></Response>`
}

package awsprovider

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"
)

func TestInvokeURL(t *testing.T) {
	cloud := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/_sallyport/status" {
			_, _ = w.Write([]byte(`{"apis":[{"id":"a1","url":"http://127.80.1.2:4568"}]}`))
			return
		}
		w.WriteHeader(http.StatusBadRequest)
	}))
	defer cloud.Close()
	const made = "https://a1.execute-api.us-east-1.amazonaws.com/live"
	for _, c := range []struct{ name, endpoint, token, api, want string }{
		{"a stage of a local API has the local address", cloud.URL, "aws:apigateway/stage:Stage", "a1", "http://127.80.1.2:4568/live"},
		{"an API that the cloud does not know keeps its URL", cloud.URL, "aws:apigateway/stage:Stage", "b2", made},
		{"a stage of an HTTP API is left alone", cloud.URL, "aws:apigatewayv2/stage:Stage", "a1", made},
		{"without a local cloud the URL is AWS's", "", "aws:apigateway/stage:Stage", "a1", made},
		{"what answers as no cloud does is none", cloud.URL + "/elsewhere", "aws:apigateway/stage:Stage", "a1", made},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("AWS_ENDPOINT_URL", c.endpoint)
			stage, err := structpb.NewStruct(map[string]any{"restApi": c.api, "stageName": "live", "invokeUrl": made})
			if err != nil {
				t.Fatal(err)
			}
			localInvokeURL(t.Context(), c.token, stage)
			if got := stage.Fields["invokeUrl"].GetStringValue(); got != c.want {
				t.Errorf("it is %s, want %s", got, c.want)
			}
		})
	}
	t.Run("a stage that is not there has none", func(t *testing.T) {
		localInvokeURL(t.Context(), "aws:apigateway/stage:Stage", nil)
	})
}

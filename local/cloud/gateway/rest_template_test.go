package gateway

import (
	"net/http/httptest"
	"strings"
	"testing"

	"sallyport/local/cloud/velocity"
)

// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html
func TestTemplated(t *testing.T) {
	template, err := velocity.Parse(`$input.params().path.get("id") $input.params().querystring.get("q")` +
		`#if($input.params().header.get("Origin") == "https://a.example")#set($context.responseOverride.header.X-Allowed = $input.params().header.get("Origin"))#end`)
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest("OPTIONS", "/a/b%20c?q=1&q=2", nil)
	for origin, want := range map[string]string{"https://a.example": "https://a.example", "https://b.example": ""} {
		request.Header.Set("origin", origin)
		body, headers := templated(template, request, []parameter{{name: "id", value: "b%20c"}})
		if strings.TrimSpace(body) != "b c 2" || headers["X-Allowed"] != want {
			t.Errorf("%s: the payload is %q, and the headers are %v", origin, body, headers)
		}
	}
}

package front

import (
	"encoding/json"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
)

// Whatever moto answers, the rewriter gives JSON without an address of ECR's where a repository's address stands, and
// keeps all else.
func FuzzRewrite(f *testing.F) {
	f.Add("ecr", `{"repository":{"repositoryUri":"123456789012.dkr.ecr.eu-west-1.amazonaws.com/a/b","createdAt":1.5}}`)
	f.Add("ecr", `{"authorizationData":[{"proxyEndpoint":"https://1.dkr.ecr.eu-west-1.amazonaws.com"}]}`)
	f.Add("ecr", `{"repositoryUri":[1,null,{"repositoryUri":7}]}`)
	f.Add("apigateway", `{"items":[{"apiId":"abc","apiEndpoint":"https://x"},{"apiId":1,"apiEndpoint":{}}]}`)
	f.Add("apigateway", ``)
	f.Fuzz(func(t *testing.T, service, body string) {
		call := Call{Service: service, Action: "GET /v2/apis", Protocol: JSON}
		once, ids, err := places.rewrite(call, []byte(body))
		if err != nil || strings.TrimSpace(body) == "" {
			return
		}
		if !json.Valid(once) {
			t.Fatalf("%q became %q", body, once)
		}
		for _, id := range ids {
			if service == "ecr" {
				t.Errorf("an API %q in an answer of ECR", id)
			}
		}
		// expiresAt moves with the clock.
		if strings.Contains(body, "proxyEndpoint") {
			return
		}
		twice, _, err := places.rewrite(call, once)
		if err != nil || string(twice) != string(once) {
			t.Errorf("%q became %q, and then %q (%v)", body, once, twice, err)
		}
	})
}

// Whatever a request holds, classifying it does not fail and takes nothing from its body.
func FuzzClassify(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=K/20260101/eu-west-1/ecr/aws4_request, SignedHeaders=host", "X_1.CreateRepository", "", "{}")
	f.Add("AWS4-HMAC-SHA256 Credential=K/20260101/eu-west-1/ec2/aws4_request", "", "application/x-www-form-urlencoded", "Action=DescribeVpcs&Version=1")
	f.Add("Basic QVdTOng=", "", "", "")
	f.Add("Credential=////aws4_request", ".", "application/x-www-form-urlencoded", "%zz=&Action")
	f.Fuzz(func(t *testing.T, authorization, target, contentType, body string) {
		request := httptest.NewRequest("POST", "/x", strings.NewReader(body))
		request.Header.Set("Authorization", authorization)
		request.Header.Set("X-Amz-Target", target)
		request.Header.Set("Content-Type", contentType)
		call := Classify(request)
		if call.Service == "" && call.Action != "POST /x" {
			t.Errorf("%+v", call)
		}
		if rest, err := io.ReadAll(request.Body); err != nil || string(rest) != body {
			t.Errorf("body %q became %q, error %v", body, rest, err)
		}
	})
}

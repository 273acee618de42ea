package dataplane

import "testing"

func TestWhatAnUpdateHasEmptiedIsNotTold(t *testing.T) {
	for answer, want := range map[string]string{
		`{"apiId":"a","corsConfiguration":{}}`:                                      `{"apiId":"a"}`,
		`{"apiId":"a","corsConfiguration":{"maxAge":1},"tags":{}}`:                  `{"apiId":"a","corsConfiguration":{"maxAge":1},"tags":{}}`,
		`{"items":[{"integrationId":"i","tlsConfig":{}},{"tlsConfig":{"s":"n"}}]}`:  `{"items":[{"integrationId":"i"},{"tlsConfig":{"s":"n"}}]}`,
		`{"items":[{"integrationId":"i","requestParameters":{},"tlsConfig":null}]}`: `{"items":[{"integrationId":"i","requestParameters":{},"tlsConfig":null}]}`,
		``: ``,
	} {
		if got, err := withoutEmptied([]byte(answer)); err != nil || string(got) != want {
			t.Errorf("%s\n got %s, %v\nwant %s", answer, got, err, want)
		}
	}
	for call, want := range map[string]bool{
		"GET /v2/apis": true, "PATCH /v2/apis/abc": true, "GET /v2/apis/abc/integrations": true, "PATCH /v2/apis/abc/integrations/i": true,
		"GET /v2/apis/abc/routes": false, "DELETE /v2/apis/abc": false, "GET /v2/apis/abc/integrations/i/x": false, "GET /v2/vpclinks": false,
	} {
		if emptiablePath.MatchString(call) != want {
			t.Errorf("%s is looked at: %v", call, !want)
		}
	}
}

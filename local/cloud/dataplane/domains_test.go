package dataplane

import (
	"strings"
	"testing"
)

func TestCustomDomainNamesAreCompleted(t *testing.T) {
	const one = `{"domainName":"shop.example.com","domainNameConfigurations":[{"certificateArn":"arn"}],"mutualTlsAuthentication":{},"tags":{}}`
	for _, answer := range []string{one, `{"items":[` + one + `]}`} {
		got, err := (&region{name: "eu-west-1"}).completeDomains([]byte(answer))
		if err != nil {
			t.Fatal(err)
		}
		const want = `{"domainName":"shop.example.com","domainNameConfigurations":[{"apiGatewayDomainName":"d-951623a26f.execute-api.eu-west-1.amazonaws.com",` +
			`"certificateArn":"arn","domainNameStatus":"AVAILABLE","hostedZoneId":"Z00LOCALAPIGATEWAY00"}],"tags":{}}`
		if got := strings.TrimSuffix(strings.TrimPrefix(string(got), `{"items":[`), `]}`); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	for call, want := range map[string]bool{
		"GET /v2/domainnames": true, "POST /v2/domainnames": true, "GET /v2/domainnames/shop.example.com": true,
		"GET /v2/domainnames/shop.example.com/apimappings": false, "POST /v2/domainnames/x/apimappings": false, "DELETE /v2/domainnames/x": false, "GET /v2/apis": false,
	} {
		if domainPath.MatchString(call) != want {
			t.Errorf("%s is completed: %v", call, !want)
		}
	}
}

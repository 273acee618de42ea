package dataplane

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
)

func TestASourceThatMotoWouldKeepCannotBeChanged(t *testing.T) {
	moto := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`<DescribeSecurityGroupRulesResponse><securityGroupRuleSet><item><securityGroupRuleId>sgr-1</securityGroupRuleId>` +
			`<referencedGroupInfo><groupId>sg-old</groupId></referencedGroupInfo></item></securityGroupRuleSet></DescribeSecurityGroupRulesResponse>`))
	}))
	defer moto.Close()
	p := &Plane{Upstream: func() (string, bool) { return strings.TrimPrefix(moto.URL, "http://"), true }, Log: slog.New(slog.DiscardHandler)}
	defer p.Close(t.Context())
	r, err := p.region("us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	change := func(source string) error {
		return r.modifiable(t.Context(), []byte("SecurityGroupRule.1.SecurityGroupRuleId=sgr-1&SecurityGroupRule.1.SecurityGroupRule.FromPort=80&SecurityGroupRule.1.SecurityGroupRule."+source))
	}
	if err := change("ReferencedGroupId=sg-old"); err != nil {
		t.Errorf("another port for the same source: %v", err)
	}
	for _, source := range []string{"ReferencedGroupId=sg-new", "PrefixListId=pl-1", "CidrIpv6=::/0"} {
		var known smithy.APIError
		if err := change(source); !errors.As(err, &known) || known.ErrorCode() != "UnsupportedOperation" || !strings.Contains(err.Error(), "sgr-1") {
			t.Errorf("%s: %v", source, err)
		}
	}
}

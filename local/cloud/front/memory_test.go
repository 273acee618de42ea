package front

import (
	"strings"
	"testing"
)

func TestMemoryOfRuleDescriptions(t *testing.T) {
	rule := func(id string) string {
		return "<item><securityGroupRuleId>" + id + "</securityGroupRuleId><isEgress>false</isEgress></item>"
	}
	var m memory
	authorize := func(input, answer string) string {
		return string(m.complete([]byte(input), []byte(answer)))
	}
	authorize("IpPermissions.1.Groups.1.Description=link+%26+balancer", rule("sgr-01"))
	authorize("IpPermissions.1.PrefixListIds.1.Description=to+S3", rule("sgr-02"))
	authorize("IpPermissions.1.IpRanges.1.Description=moto+keeps+this+one", rule("sgr-03"))
	authorize("IpPermissions.1.Groups.1.Description=which+of+the+two", rule("sgr-04")+rule("sgr-05"))

	got := authorize("", rule("sgr-01")+rule("sgr-02")+rule("sgr-03")+rule("sgr-04")+rule("sgr-05"))
	want := strings.Replace(rule("sgr-01"), "<isEgress>", "<description>link &amp; balancer</description><isEgress>", 1) +
		strings.Replace(rule("sgr-02"), "<isEgress>", "<description>to S3</description><isEgress>", 1) +
		rule("sgr-03") + rule("sgr-04") + rule("sgr-05")
	if got != want {
		t.Errorf("the rules are told as\n%s\nwant\n%s", got, want)
	}
}

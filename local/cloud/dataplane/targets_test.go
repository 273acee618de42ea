package dataplane

import (
	"encoding/xml"
	"errors"
	"net/netip"
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/smithy-go"

	"sallyport/local/cloud/declared"
)

func TestTargets(t *testing.T) {
	group := declared.TargetGroup{TargetGroup: elbtypes.TargetGroup{Port: aws.Int32(3000), VpcId: aws.String("vpc-1")}}
	read := func(t *testing.T, form string) ([]netip.AddrPort, error) {
		t.Helper()
		values, err := url.ParseQuery(form)
		if err != nil {
			t.Fatal(err)
		}
		return formTargets(values, group)
	}
	t.Run("a target without a port has that of its group", func(t *testing.T) {
		got, err := read(t, "Targets.member.1.Id=10.0.0.5&Targets.member.2.Id=10.0.0.6&Targets.member.2.Port=8080")
		if err != nil || len(got) != 2 || got[0].String() != "10.0.0.5:3000" || got[1].String() != "10.0.0.6:8080" {
			t.Errorf("%v, %v", got, err)
		}
	})
	t.Run("what is no address and no port is refused in AWS's words", func(t *testing.T) {
		for form, code := range map[string]string{
			"Targets.member.1.Id=i-0123":                                    "InvalidTarget",
			"Targets.member.1.Id=10.0.0.5&Targets.member.1.Port=0":          "ValidationError",
			"Targets.member.1.Id=10.0.0.5&Targets.member.1.Port=65536":      "ValidationError",
			"Targets.member.1.Id=10.0.0.5&Targets.member.1.Port=%20http%20": "ValidationError",
		} {
			_, err := read(t, form)
			var known smithy.APIError
			if !errors.As(err, &known) || known.ErrorCode() != code {
				t.Errorf("%s: %v, want %s", form, err, code)
			}
		}
	})
	t.Run("an address belongs to the subnet of its VPC alone", func(t *testing.T) {
		s := &declared.Snapshot{VPC: declared.VPC{Subnets: map[string]ec2types.Subnet{
			"subnet-other": {VpcId: aws.String("vpc-2"), CidrBlock: aws.String("10.0.0.0/16")},
			"subnet-mine":  {VpcId: aws.String("vpc-1"), CidrBlock: aws.String("10.0.0.0/20")},
		}}}
		if id, ok := subnetOf(s, "vpc-1", netip.MustParseAddr("10.0.0.5")); !ok || id != "subnet-mine" {
			t.Errorf("%q, %v", id, ok)
		}
		if id, ok := subnetOf(s, "vpc-1", netip.MustParseAddr("10.0.16.5")); ok {
			t.Errorf("an address outside is in %s", id)
		}
	})
}

func TestDescribeTargetHealth(t *testing.T) {
	known := []elbtypes.TargetHealthDescription{
		{
			HealthCheckPort: aws.String("3000"),
			Target:          &elbtypes.TargetDescription{Id: aws.String("10.0.0.5"), Port: aws.Int32(3000), AvailabilityZone: aws.String("us-east-1a")},
			TargetHealth: &elbtypes.TargetHealth{State: elbtypes.TargetHealthStateEnumUnhealthy,
				Reason: elbtypes.TargetHealthReasonEnumResponseCodeMismatch, Description: aws.String("Health checks failed with these codes: [500]")},
		},
		{
			HealthCheckPort: aws.String("3000"),
			Target:          &elbtypes.TargetDescription{Id: aws.String("10.0.0.6"), Port: aws.Int32(3000)},
			TargetHealth:    &elbtypes.TargetHealth{State: elbtypes.TargetHealthStateEnumHealthy},
		},
	}
	describe := func(t *testing.T, asked ...netip.AddrPort) []targetHealth {
		t.Helper()
		text, err := describeTargetHealth(asked, known)
		if err != nil {
			t.Fatal(err)
		}
		var answer struct {
			XMLName xml.Name
			Members []targetHealth `xml:"DescribeTargetHealthResult>TargetHealthDescriptions>member"`
		}
		if err := xml.Unmarshal(text, &answer); err != nil || answer.XMLName.Local != "DescribeTargetHealthResponse" {
			t.Fatalf("%v\n%s", err, text)
		}
		return answer.Members
	}
	t.Run("all targets are told, with what is wrong with them", func(t *testing.T) {
		all := describe(t)
		if len(all) != 2 || all[0].Target.ID != "10.0.0.5" || all[0].Target.AvailabilityZone != "us-east-1a" || all[0].HealthCheckPort != "3000" ||
			all[0].TargetHealth.Reason != "Target.ResponseCodeMismatch" || all[0].TargetHealth.Description != "Health checks failed with these codes: [500]" ||
			all[1].TargetHealth.State != "healthy" {
			t.Errorf("%+v", all)
		}
	})
	t.Run("of those that are asked for, one that is not registered is told as such", func(t *testing.T) {
		all := describe(t, netip.MustParseAddrPort("10.0.0.6:3000"), netip.MustParseAddrPort("10.0.0.6:81"))
		if len(all) != 2 || all[0].TargetHealth.State != "healthy" || all[1].TargetHealth.State != "unused" ||
			all[1].TargetHealth.Reason != "Target.NotRegistered" || all[1].Target.Port != 81 {
			t.Errorf("%+v", all)
		}
	})
}

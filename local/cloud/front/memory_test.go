package front

import (
	"strings"
	"testing"
)

func TestMemoryOfServices(t *testing.T) {
	call := func(action string) Call { return Call{Service: "ecs", Action: action, Protocol: JSON} }
	complete := func(t *testing.T, m *memory, action, input, answer, want string) {
		t.Helper()
		if !m.concerns(call(action)) {
			t.Fatalf("%s is passed over", action)
		}
		got, err := m.complete(call(action), []byte(input), []byte(answer))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s answers\n%s\nwant\n%s", action, got, want)
		}
	}
	const one, two = `{"services":[{"serviceArn":"a"},{"serviceArn":"b"}]}`, `{"service":{"serviceArn":"a"}}`

	t.Run("what a service was given is told until it is deleted, and an update changes what it names alone", func(t *testing.T) {
		var m memory
		complete(t, &m, "CreateService", `{"serviceName":"x","desiredCount":2,"enableECSManagedTags":true,"healthCheckGracePeriodSeconds":60,"propagateTags":null}`, two,
			`{"service":{"enableECSManagedTags":true,"healthCheckGracePeriodSeconds":60,"serviceArn":"a"}}`)
		complete(t, &m, "UpdateService", `{"service":"x","healthCheckGracePeriodSeconds":0}`, two,
			`{"service":{"enableECSManagedTags":true,"healthCheckGracePeriodSeconds":0,"serviceArn":"a"}}`)
		complete(t, &m, "DescribeServices", `{"services":["x","y"]}`, one,
			`{"services":[{"enableECSManagedTags":true,"healthCheckGracePeriodSeconds":0,"serviceArn":"a"},{"serviceArn":"b"}]}`)
		complete(t, &m, "DeleteService", `{"service":"x"}`, two,
			`{"service":{"enableECSManagedTags":true,"healthCheckGracePeriodSeconds":0,"serviceArn":"a"}}`)
		complete(t, &m, "DescribeServices", `{}`, one, `{"services":[{"serviceArn":"a"},{"serviceArn":"b"}]}`)
	})
	t.Run("a service made again starts afresh", func(t *testing.T) {
		var m memory
		complete(t, &m, "CreateService", `{"enableECSManagedTags":true}`, two, `{"service":{"enableECSManagedTags":true,"serviceArn":"a"}}`)
		complete(t, &m, "CreateService", `{}`, two, `{"service":{"serviceArn":"a"}}`)
	})
	t.Run("an answer that is not JSON is an error, not a broken answer", func(t *testing.T) {
		var m memory
		if _, err := m.complete(call("DescribeServices"), nil, []byte("<html>")); err == nil {
			t.Error("no error")
		}
	})
	t.Run("other calls are left alone", func(t *testing.T) {
		var m memory
		for _, c := range []Call{call("ListServices"), {Service: "ec2", Action: "DescribeVpcs"}} {
			if m.concerns(c) {
				t.Errorf("%v is not", c)
			}
		}
	})
}

func TestMemoryOfRuleDescriptions(t *testing.T) {
	rule := func(id string) string {
		return "<item><securityGroupRuleId>" + id + "</securityGroupRuleId><isEgress>false</isEgress></item>"
	}
	var m memory
	authorize := func(input, answer string) string {
		got, err := m.complete(Call{Service: "ec2", Action: "AuthorizeSecurityGroupIngress"}, []byte(input), []byte(answer))
		if err != nil {
			t.Fatal(err)
		}
		return string(got)
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

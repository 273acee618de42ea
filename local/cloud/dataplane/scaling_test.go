package dataplane

import (
	"errors"
	"log/slog"
	"testing"

	"github.com/aws/smithy-go"

	"sallyport/local/cloud/front"
)

// https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TagResource.html
// https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
func TestTagsOfScalableTargets(t *testing.T) {
	p := &Plane{Upstream: func() (string, bool) { return "", false }, Log: slog.New(slog.DiscardHandler)}
	defer p.Close(t.Context())
	call := func(action string) front.Call {
		c := front.Call{Service: "application-autoscaling", Action: action, Region: "us-east-1"}
		if !p.Concerns(c) {
			t.Errorf("%s is not shown", action)
		}
		return c
	}
	ask := func(action, input string) string {
		t.Helper()
		answer, err := p.Before(t.Context(), call(action), []byte(input))
		if err != nil {
			t.Fatalf("%s: %v", action, err)
		}
		return string(answer)
	}
	register := func(input string) {
		t.Helper()
		const registered = `{"ScalableTargetARN":"arn:t"}`
		if answer, err := p.After(t.Context(), call("RegisterScalableTarget"), []byte(input), []byte(registered)); err != nil || string(answer) != registered {
			t.Fatalf("%s, %v", answer, err)
		}
	}
	tags := func(want string) {
		t.Helper()
		if got := ask("ListTagsForResource", `{"ResourceARN":"arn:t"}`); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}

	t.Run("a target that is not registered has none, by AWS's error", func(t *testing.T) {
		_, err := p.Before(t.Context(), call("ListTagsForResource"), []byte(`{"ResourceARN":"arn:t"}`))
		var known smithy.APIError
		if !errors.As(err, &known) || known.ErrorCode() != "ResourceNotFoundException" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("one that is registered goes to moto, and has the tags that it came with", func(t *testing.T) {
		if answer := ask("RegisterScalableTarget", `{}`); answer != "" {
			t.Errorf("answered %s", answer)
		}
		register(`{"Tags":{"a":"1","b":"2"}}`)
		tags(`{"Tags":{"a":"1","b":"2"}}`)
	})
	t.Run("they are kept when its limits change", func(t *testing.T) {
		register(`{"MaxCapacity":9}`)
		tags(`{"Tags":{"a":"1","b":"2"}}`)
	})
	t.Run("tags are added, changed and taken away", func(t *testing.T) {
		ask("TagResource", `{"ResourceARN":"arn:t","Tags":{"a":"0","c":"3"}}`)
		ask("UntagResource", `{"ResourceARN":"arn:t","TagKeys":["b"]}`)
		tags(`{"Tags":{"a":"0","c":"3"}}`)
	})
	t.Run("all other calls go to moto unseen", func(t *testing.T) {
		if p.Concerns(front.Call{Service: "application-autoscaling", Action: "PutScalingPolicy", Region: "us-east-1"}) {
			t.Error("PutScalingPolicy is shown")
		}
	})
}

package dataplane

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/aws/smithy-go"

	"sallyport/local/cloud/front"
	"sallyport/local/cloud/moto/mototest"
)

func TestRegions(t *testing.T) {
	p := &Plane{Upstream: func() (string, bool) { return "", false }, Log: slog.New(slog.DiscardHandler)}
	defer p.Close(t.Context())
	refused := func(name string) bool {
		_, err := p.Before(t.Context(), front.Call{Service: "ec2", Action: "CreateVpc", Region: name}, nil)
		var known smithy.APIError
		return errors.As(err, &known) && known.ErrorCode() == "InvalidClientTokenId"
	}
	t.Run("what is no Region's name is refused", func(t *testing.T) {
		for _, name := range []string{"", "x", "us-east", "US-EAST-1", "us-east-1/../..", "us-east-1 "} {
			if !refused(name) {
				t.Errorf("%q is taken", name)
			}
		}
		for _, name := range []string{"us-east-1", "us-gov-west-1", "ap-southeast-7", "mx-central-1"} {
			if refused(name) {
				t.Errorf("%q is refused", name)
			}
		}
	})
	t.Run("requests can't make more Regions than AWS has", func(t *testing.T) {
		for i := range 10 * regionLimit {
			refused(fmt.Sprintf("us-%c%c%c%c-1", 'a'+i/260%26, 'a'+i/26%26, 'a'+i%26, 'a'))
		}
		if len(p.all()) != regionLimit {
			t.Errorf("there are %d", len(p.all()))
		}
	})
}

func TestTheDefaultVPCIsKnown(t *testing.T) {
	p := &Plane{Upstream: mototest.Start(t), Log: slog.New(slog.DiscardHandler)}
	defer p.Close(t.Context())
	r, err := p.region("us-east-1")
	if err == nil {
		err = r.settle(t.Context())
	}
	if err != nil || len(r.watcher.Current().Subnets) == 0 {
		t.Errorf("no subnets, though nobody has deleted them: %v", err)
	}
}

func TestWhatIsNotServedIsRefusedByName(t *testing.T) {
	p := &Plane{Upstream: func() (string, bool) { return "", false }, Log: slog.New(slog.DiscardHandler)}
	defer p.Close(t.Context())
	for _, c := range []struct{ service, action, input, code string }{
		{"apigateway", "POST /v2/apis", `{"name":"x","protocolType":"WEBSOCKET"}`, "BadRequestException"},
		{"elasticloadbalancing", "CreateLoadBalancer", "Name=x&Type=gateway", "ValidationError"},
		{"ecs", "RunTask", `{}`, ""},
	} {
		_, err := p.Before(t.Context(), front.Call{Service: c.service, Action: c.action, Region: "us-east-1"}, []byte(c.input))
		var known smithy.APIError
		if !errors.As(err, &known) || c.code != "" && known.ErrorCode() != c.code {
			t.Errorf("%s %s: %v, want a refusal with %s", c.service, c.action, err, c.code)
		} else {
			t.Log(err)
		}
	}
}

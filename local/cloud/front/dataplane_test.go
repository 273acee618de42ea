package front

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
)

// plane is a data plane that concerns itself with ECS.
type plane struct {
	before func(call Call, input string) ([]byte, error)
	after  func(call Call, input, answer string) ([]byte, error)
}

func (plane) Concerns(call Call) bool { return call.Service == "ecs" }
func (p plane) Before(_ context.Context, call Call, input []byte) ([]byte, error) {
	return p.before(call, string(input))
}
func (p plane) After(_ context.Context, call Call, input, answer []byte) ([]byte, error) {
	return p.after(call, string(input), string(answer))
}

func TestDataPlane(t *testing.T) {
	const target = "AmazonEC2ContainerServiceV20141113."
	pass := func(Call, string) ([]byte, error) { return nil, nil }

	t.Run("what it answers reaches the caller, and moto sees nothing of the call", func(t *testing.T) {
		b := setUp(t)
		b.handler.DataPlane = plane{before: func(call Call, input string) ([]byte, error) {
			return fmt.Appendf(nil, `{"action":%q,"input":%s}`, call.Action, input), nil
		}}
		response, body := b.send(t, signed(t, "POST", b.server.URL, "ecs", target+"ListTasks", `{"cluster":"c"}`))
		if body != `{"action":"ListTasks","input":{"cluster":"c"}}` || response.StatusCode != 200 || b.seen != nil ||
			response.Header.Get("Content-Type") != "application/x-amz-json-1.1" {
			t.Errorf("%d %s %v, reached moto: %v", response.StatusCode, body, response.Header, b.seen != nil)
		}
	})
	t.Run("it completes an answer of moto that is a success, and sees no other", func(t *testing.T) {
		b := setUp(t)
		b.handler.DataPlane = plane{before: pass, after: func(call Call, input, answer string) ([]byte, error) {
			return fmt.Appendf(nil, "[%s,%s]", input, answer), nil
		}}
		b.answer = `{"b":2}`
		if _, body := b.send(t, signed(t, "POST", b.server.URL, "ecs", target+"CreateService", `{"a":1}`)); body != `[{"a":1},{"b":2}]` {
			t.Error(body)
		}
		b.status = 400
		if _, body := b.send(t, signed(t, "POST", b.server.URL, "ecs", target+"CreateService", `{"a":1}`)); body != `{"b":2}` {
			t.Error(body)
		}
	})
	t.Run("its refusal has the code and the status of AWS", func(t *testing.T) {
		for _, c := range []struct {
			err    error
			status int
			want   string
		}{
			{fmt.Errorf("x: %w", &smithy.GenericAPIError{Code: "ClientException", Message: "no EFS"}), 400, `{"__type":"ClientException","message":"no EFS"}`},
			{&smithy.GenericAPIError{Code: "ServerException", Message: "m", Fault: smithy.FaultServer}, 500, `{"__type":"ServerException","message":"m"}`},
			{errors.New("unforeseen"), 500, `{"__type":"InternalFailure","message":"unforeseen"}`},
		} {
			b := setUp(t)
			b.handler.DataPlane = plane{before: func(Call, string) ([]byte, error) { return nil, c.err }}
			response, body := b.send(t, signed(t, "POST", b.server.URL, "ecs", target+"RegisterTaskDefinition", `{}`))
			if body != c.want || response.StatusCode != c.status || b.seen != nil {
				t.Errorf("%d %s, want %d %s", response.StatusCode, body, c.status, c.want)
			}
		}
	})
	t.Run("calls that don't concern it pass by", func(t *testing.T) {
		b := setUp(t)
		b.handler.DataPlane = plane{}
		b.answer = "<Answer/>"
		if _, body := b.send(t, signed(t, "POST", b.server.URL, "iam", "", "Action=ListRoles")); !strings.Contains(body, "<Answer/>") {
			t.Error(body)
		}
	})
}

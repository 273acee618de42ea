package front

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/smithy-go"
)

// onlyTask is a task with one access key.
type onlyTask struct {
	key   string
	admit func(call Call, input string) error
}

func (o onlyTask) Calls(key string) bool { return key == o.key }
func (o onlyTask) Admit(_ context.Context, call Call, input []byte) error {
	return o.admit(call, string(input))
}

const itemsTarget = "DynamoDB_20120810."

func TestCallsOfTasks(t *testing.T) {
	pass := func(Call, string) error { return nil }
	inside := func(t *testing.T, b *bench, admit func(Call, string) error) *httptest.Server {
		b.handler.Tasks = onlyTask{"AKIDSECRET", admit}
		server := httptest.NewServer(b.handler.ForTasks())
		t.Cleanup(server.Close)
		return server
	}
	t.Run("one that is admitted goes its way, and whoever admits it sees all of it", func(t *testing.T) {
		b := setUp(t)
		b.answer = `{"Item":{}}`
		var seen string
		server := inside(t, b, func(call Call, input string) error {
			seen = call.Service + " " + call.Region + " " + call.Action + " " + call.AccessKey + " " + input
			return nil
		})
		if response, body := b.send(t, signed(t, "POST", server.URL, "dynamodb", itemsTarget+"GetItem", `{"a":1}`)); response.StatusCode != 200 || body != `{"Item":{}}` {
			t.Errorf("%d %s", response.StatusCode, body)
		}
		if want := `dynamodb eu-west-1 GetItem AKIDSECRET {"a":1}`; seen != want || b.body != `{"a":1}` {
			t.Errorf("seen %q, moto got %q", seen, b.body)
		}
	})
	t.Run("one that is refused gets AWS's code, and moto sees nothing of it, by whichever address it comes", func(t *testing.T) {
		b := setUp(t)
		server := inside(t, b, func(Call, string) error { return &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "no"} })
		for _, url := range []string{server.URL, b.server.URL} {
			response, body := b.send(t, signed(t, "POST", url, "dynamodb", itemsTarget+"GetItem", `{}`))
			if response.StatusCode != 400 || body != `{"__type":"AccessDeniedException","message":"no"}` || b.seen != nil {
				t.Errorf("%d %s", response.StatusCode, body)
			}
		}
	})
	t.Run("one without a way gets no answer: its connection ends", func(t *testing.T) {
		b := setUp(t)
		server := inside(t, b, func(Call, string) error { return &Unreachable{"no route"} })
		response, err := http.DefaultClient.Do(signed(t, "POST", server.URL, "dynamodb", itemsTarget+"GetItem", `{}`))
		if err == nil || !errors.Is(err, io.EOF) || b.seen != nil {
			t.Errorf("got %v and %v", response, err)
		}
	})
	t.Run("the address for tasks takes nobody else, no page and none of the front's own paths", func(t *testing.T) {
		b := setUp(t)
		server := inside(t, b, pass)
		b.handler.Tasks = onlyTask{"ANOTHER", pass}
		if response, body := b.send(t, signed(t, "POST", server.URL, "dynamodb", itemsTarget+"GetItem", `{}`)); response.StatusCode != 400 || !strings.Contains(body, `"UnrecognizedClientException"`) {
			t.Errorf("%d %s", response.StatusCode, body)
		}
		b.handler.Tasks = onlyTask{"AKIDSECRET", pass}
		page := signed(t, "POST", server.URL, "dynamodb", itemsTarget+"GetItem", `{}`)
		page.Header.Set("Origin", "http://example.com")
		for name, request := range map[string]*http.Request{"a page": page, "the status": signed(t, "GET", server.URL+StatusPath, "dynamodb", "", "")} {
			if response, _ := b.send(t, request); response.StatusCode != 403 {
				t.Errorf("%s: %d", name, response.StatusCode)
			}
		}
		if b.seen != nil {
			t.Error("moto got a call")
		}
	})
}

func TestCallsOfDynamoDBComeOneAtATime(t *testing.T) {
	var now, most atomic.Int32
	moto := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		most.Store(max(most.Load(), now.Add(1)))
		time.Sleep(5 * time.Millisecond)
		now.Add(-1)
		_, _ = io.WriteString(w, `{}`)
	}))
	defer moto.Close()
	b := setUp(t)
	b.handler.Upstream = func() (string, bool) { return strings.TrimPrefix(moto.URL, "http://"), true }
	send := func(service, target string, limit time.Duration) int32 {
		most.Store(0)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				response, err := http.DefaultClient.Do(signed(t, "POST", b.server.URL, service, target, `{}`).WithContext(ctx))
				if err == nil {
					_ = response.Body.Close()
				}
			})
		}
		all.Wait()
		b.handler.items.Lock() // whoever went away may still have a turn
		defer b.handler.items.Unlock()
		return most.Load()
	}
	t.Run("so that moto judges a condition and writes before the next", func(t *testing.T) {
		if got := send("dynamodb", itemsTarget+"PutItem", time.Minute); got != 1 {
			t.Errorf("%d at once", got)
		}
	})
	t.Run("also where a client goes away before its answer", func(t *testing.T) {
		if got := send("dynamodb", itemsTarget+"PutItem", 3*time.Millisecond); got > 1 {
			t.Errorf("%d at once", got)
		}
	})
	t.Run("other services' calls don't wait", func(t *testing.T) {
		if got := send("ssm", "AmazonSSM.GetParameter", time.Minute); got < 2 {
			t.Errorf("%d at once", got)
		}
	})
}

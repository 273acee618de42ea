package fargate

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/moby/moby/client"
)

// removed are the calls that remove all that twoContainers has.
var removed = []string{"DELETE /containers/app", "DELETE /containers/sidecar", "DELETE /volumes/sallyport-0123456789abcdef-data"}

func isRemoved(t *testing.T, engine *fakeEngine) {
	t.Helper()
	calls := engine.called()
	last := calls[max(0, len(calls)-3):]
	slices.Sort(last[:min(2, len(last))])
	if !slices.Equal(last, removed) {
		t.Errorf("the last calls are %q, want %q", last, removed)
	}
}

// The engine is a fake one, which answers as one does that stops, hangs or starts again.
func TestAnEngineThatGoesAway(t *testing.T) {
	t.Run("what an engine that went away has kept is removed once the next task starts", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			engine, a := newFakeEngine(t), &around{groups: []string{"/web"}}
			runtime := a.runtime(t, engine.Client)
			r, err := runtime.Run(t.Context(), twoContainers())
			if err != nil {
				t.Fatal(err)
			}
			for _, call := range removed {
				engine.answer(call, refuses(http.StatusInternalServerError, "the engine stops"))
			}
			engine.exit("app", 137)
			ends(r)
			for _, call := range removed {
				engine.answer(call, nil)
			}
			before := len(engine.called())
			next := twoContainers()
			next.ID = "fedcba9876543210"
			r, err = runtime.Run(t.Context(), next)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			for _, call := range removed {
				if n := len(slices.DeleteFunc(engine.called()[before:], func(c string) bool { return c != call })); n != 1 {
					t.Errorf("%s was called %d times", call, n)
				}
			}
			_ = r.Stop(t.Context())
			if len(runtime.left) > 0 {
				t.Errorf("still left: %d", len(runtime.left))
			}
		})
	})
	t.Run("a start that is given up while the engine makes a container leaves none", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			engine, a := newFakeEngine(t), &around{groups: []string{"/web"}}
			ctx, giveUp := context.WithCancel(t.Context())
			made := false
			engine.answer("POST /containers/create", func(w http.ResponseWriter, _ *http.Request) {
				giveUp()
				time.Sleep(10 * time.Second)
				made = true
				w.WriteHeader(http.StatusCreated)
				say(w, `{"Id":"app"}`)
			})
			_, err := a.runtime(t, engine.Client).Run(ctx, twoContainers())
			if !errors.Is(err, context.Canceled) || !made {
				t.Errorf("%v, made %v", err, made)
			}
			isRemoved(t, engine)
		})
	})
	t.Run("the error of a task that an engine went away from says so, any other does not", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			engine, a := newFakeEngine(t), &around{groups: []string{"/web"}}
			runtime := a.runtime(t, engine.Client)
			engine.answer("POST /containers/app/start", refuses(http.StatusInternalServerError, "no"))
			if _, err := runtime.Run(t.Context(), twoContainers()); err == nil || errors.As(err, &NoEngineError{}) {
				t.Errorf("%v", err)
			}
			asked := 0
			runtime.Engine = func(context.Context) (*client.Client, error) {
				if asked++; asked > 1 {
					return nil, errors.New("connection refused")
				}
				return engine.Client, nil
			}
			if _, err := runtime.Run(t.Context(), twoContainers()); !errors.As(err, &NoEngineError{}) || !strings.Contains(err.Error(), "CannotStartContainerError: ") {
				t.Errorf("%v", err)
			}
		})
	})
}

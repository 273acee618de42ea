package fargate

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func twoContainers() Task {
	t := aTask(
		ecstypes.ContainerDefinition{Name: new("app"), LogConfiguration: awslogs("/web")},
		ecstypes.ContainerDefinition{Name: new("sidecar"), Essential: new(false)},
	)
	t.Definition.Volumes = []ecstypes.Volume{{Name: new("data")}}
	return t
}

// ends is the ends of all containers, in order.
func ends(r *Running) []string {
	var list []string
	for e := range r.Exited() {
		line := e.Container
		if e.Essential {
			line += " (essential)"
		}
		if e.Code != nil {
			line = fmt.Sprintf("%s %d", line, *e.Code)
		}
		list = append(list, strings.TrimSpace(line+" "+e.Reason))
	}
	return list
}

// No real engine is in these tests: they show what becomes of its answers, in no time.
func TestTheLifeOfATask(t *testing.T) {
	run := func(t *testing.T, prepare func(*fakeEngine)) (*fakeEngine, *around, *Running) {
		t.Helper()
		engine, a := newFakeEngine(t), &around{groups: []string{"/web"}}
		if prepare != nil {
			prepare(engine)
		}
		r, err := a.runtime(t, engine.Client).Run(t.Context(), twoContainers())
		if err != nil {
			t.Fatal(err)
		}
		return engine, a, r
	}

	t.Run("a task that runs is attached with its published ports", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			_, a, r := run(t, nil)
			if got, want := a.ports()[8080], netip.MustParseAddrPort("127.0.0.1:49153"); got != want {
				t.Errorf("port 8080 is at %v, want %v", got, want)
			}
			c := r.Containers(t.Context())[0]
			if *c.Name != "app" || *c.LastStatus != "RUNNING" || *c.ImageDigest != digestOfWeb || *c.RuntimeId != "app" || c.HealthStatus != "UNKNOWN" {
				t.Errorf("%+v", c)
			}
			_ = r.Stop(t.Context())
			if a.ports() != nil {
				t.Error("it is attached after its end")
			}
			c = r.Containers(t.Context())[0]
			if *c.LastStatus != "STOPPED" || *c.ExitCode != 143 {
				t.Errorf("%+v", c)
			}
		})
	})
	t.Run("the end of an essential container ends the task", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			engine, _, r := run(t, nil)
			engine.exit("app", 1)
			if got, want := ends(r), []string{"app (essential) 1", "sidecar 143"}; !slices.Equal(got, want) {
				t.Errorf("the ends are %q, want %q", got, want)
			}
			isRemoved(t, engine)
		})
	})
	t.Run("the end of another container does not", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			engine, a, r := run(t, nil)
			engine.exit("sidecar", 0)
			if e := <-r.Exited(); e.Container != "sidecar" || e.Essential || *e.Code != 0 {
				t.Errorf("%+v", e)
			}
			time.Sleep(time.Hour)
			if a.ports() == nil {
				t.Error("the task is over")
			}
			_ = r.Stop(t.Context())
		})
	})
	t.Run("a stop waits as long as the container's stopTimeout, which the engine is told", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			told := ""
			_, _, r := run(t, func(f *fakeEngine) {
				f.answer("POST /containers/app/stop", func(w http.ResponseWriter, r *http.Request) {
					told = r.URL.Query().Get("t")
					time.Sleep(30 * time.Second)
					f.exit("app", 137)
					w.WriteHeader(http.StatusNoContent)
				})
			})
			began := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			err := r.Stop(ctx)
			if err == nil || err.Error() != "task 0123456789abcdef is still stopping: context deadline exceeded" {
				t.Errorf("%v", err)
			}
			if err := r.Stop(t.Context()); err != nil || time.Since(began) != 30*time.Second || told != "30" {
				t.Errorf("%v after %v, told %q", err, time.Since(began), told)
			}
		})
	})
	t.Run("an engine that goes away ends the task", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			gone := make(chan struct{})
			away := func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusOK)
				_ = http.NewResponseController(w).Flush()
				<-gone
				panic(http.ErrAbortHandler)
			}
			_, a, r := run(t, func(f *fakeEngine) {
				f.answer("POST /containers/app/wait", away)
				f.answer("POST /containers/sidecar/wait", away)
			})
			close(gone)
			got := ends(r)
			slices.Sort(got)
			want := []string{
				"app (essential) the Docker engine no longer tells how the container is: unexpected EOF",
				"sidecar the Docker engine no longer tells how the container is: unexpected EOF",
			}
			if !slices.Equal(got, want) {
				t.Errorf("the ends are %q, want %q", got, want)
			}
			if a.ports() != nil {
				t.Error("it is still attached")
			}
		})
	})
	t.Run("a container that does not end is given up", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			engine, _, r := run(t, func(f *fakeEngine) {
				f.answer("POST /containers/app/stop", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
			})
			began := time.Now()
			_ = r.Stop(t.Context())
			if took := time.Since(began); took != 30*time.Second+callTimeout+drainTimeout {
				t.Errorf("after %v", took)
			}
			isRemoved(t, engine)
		})
	})
	t.Run("an engine that hangs fails the start after a minute", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			engine, a := newFakeEngine(t), &around{groups: []string{"/web"}}
			engine.answer("POST /containers/sidecar/start", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
			began := time.Now()
			_, err := a.runtime(t, engine.Client).Run(t.Context(), twoContainers())
			if err == nil || !strings.HasPrefix(err.Error(), "CannotStartContainerError: ") || time.Since(began) != callTimeout {
				t.Errorf("%v after %v", err, time.Since(began))
			}
			isRemoved(t, engine)
		})
	})
	t.Run("out of memory is the container's reason", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			engine, _, r := run(t, nil)
			engine.answer("GET /containers/app/json", func(w http.ResponseWriter, _ *http.Request) {
				say(w, `{"State":{"OOMKilled":true}}`)
			})
			engine.exit("app", 137)
			if got, want := ends(r)[0], "app (essential) 137 OutOfMemoryError: Container killed due to memory usage"; got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	})
	t.Run("the health is that of the container's check", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			engine, a := newFakeEngine(t), &around{}
			task := aTask(ecstypes.ContainerDefinition{Name: new("app"), HealthCheck: &ecstypes.HealthCheck{Command: []string{"CMD", "x"}}})
			r, err := a.runtime(t, engine.Client).Run(t.Context(), task)
			if err != nil {
				t.Fatal(err)
			}
			for status, want := range map[string]ecstypes.HealthStatus{
				"starting": "UNKNOWN", "healthy": "HEALTHY", "unhealthy": "UNHEALTHY",
			} {
				engine.answer("GET /containers/app/json", func(w http.ResponseWriter, _ *http.Request) {
					say(w, `{"State":{"Health":{"Status":"`+status+`"}}}`)
				})
				if got := r.Containers(t.Context())[0].HealthStatus; got != want {
					t.Errorf("%s is %s, want %s", status, got, want)
				}
			}
			_ = r.Stop(t.Context())
		})
	})
	t.Run("output that breaks off is read on where it ended", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var since []string
			engine, a, r := run(t, func(f *fakeEngine) {
				f.answer("GET /containers/app/logs", func(w http.ResponseWriter, r *http.Request) {
					since = append(since, r.URL.Query().Get("since"))
					_, _ = w.Write(frame(1, "2026-01-02T03:04:05.000000001Z first\n"))
					if len(since) == 1 {
						_ = http.NewResponseController(w).Flush()
						panic(http.ErrAbortHandler)
					}
					_, _ = w.Write(frame(1, "2026-01-02T03:04:06Z second\n"))
				})
			})
			time.Sleep(3 * time.Second)
			engine.exit("app", 0)
			ends(r)
			if got := a.logged(); !slices.Equal(got, []string{"first", "second"}) {
				t.Errorf("the lines are %q", got)
			}
			if len(since) < 2 || since[1] != "1767323045.000000001" {
				t.Errorf("read since %q", since)
			}
		})
	})
	t.Run("output that never ends does not keep the task", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			engine, _, r := run(t, func(f *fakeEngine) {
				f.answer("GET /containers/app/logs", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
			})
			began := time.Now()
			engine.exit("app", 0)
			ends(r)
			if took := time.Since(began); took != drainTimeout {
				t.Errorf("after %v", took)
			}
		})
	})
}

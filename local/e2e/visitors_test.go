package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// buildAt is the build that the URL serves.
func buildAt(t *testing.T, url string) string {
	t.Helper()
	build, err := askBuild(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	return build
}

func askBuild(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/api/build", nil)
	if err != nil {
		return "", err
	}
	response, err := direct.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var answer struct{ Build string }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || response.StatusCode != http.StatusOK || answer.Build == "" {
		return "", fmt.Errorf("%s: %s, %+v, %v (%s)", request.URL, response.Status, answer, err, response.Header.Get("Sallyport-Explanation"))
	}
	return answer.Build, nil
}

// visitors ask the URL for its build about five times a second.
type visitors struct {
	leave    context.CancelFunc
	all      sync.WaitGroup
	builds   map[string]int
	failures []string
}

func visit(t *testing.T, url string) *visitors {
	ctx, leave := context.WithCancel(t.Context())
	v := &visitors{leave: leave, builds: map[string]int{}}
	v.all.Go(func() {
		for tick := time.NewTicker(200 * time.Millisecond); ; <-tick.C {
			build, err := askBuild(ctx, url)
			switch {
			case ctx.Err() != nil:
				tick.Stop()
				return
			case err != nil:
				v.failures = append(v.failures, time.Now().Format(time.TimeOnly)+" "+err.Error())
			default:
				v.builds[build]++
			}
		}
	})
	t.Cleanup(func() { leave(); v.all.Wait() })
	return v
}

// saw ends the visit. Each answer must have been of one of these builds, and each build must have been seen.
func (v *visitors) saw(t *testing.T, builds ...string) {
	t.Helper()
	v.leave()
	v.all.Wait()
	if len(v.failures) > 0 {
		t.Errorf("%d requests failed while these builds answered: %v; the first ones: %s", len(v.failures), v.builds, strings.Join(v.failures[:min(5, len(v.failures))], "\n"))
	}
	if got := slices.Sorted(maps.Keys(v.builds)); !slices.Equal(got, slices.Sorted(slices.Values(builds))) {
		t.Errorf("the builds that answered are %v, want %v", v.builds, builds)
	}
}

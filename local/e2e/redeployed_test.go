package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func (r *redeployments) task(t *testing.T, arn string) task {
	t.Helper()
	found := ask[struct{ Tasks []task }](t, "ecs", "DescribeTasks", map[string]any{"cluster": r.exported["clusterName"], "tasks": []string{arn}}).Tasks
	if len(found) != 1 {
		t.Fatalf("task %s: %+v", arn, found)
	}
	return found[0]
}

// event returns when the service first said something since a time.
func (r *redeployments) event(t *testing.T, since time.Time, words string) time.Time {
	t.Helper()
	answer := ask[struct {
		Services []struct {
			Events []struct {
				CreatedAt float64
				Message   string
			}
		}
	}](t, "ecs", "DescribeServices", map[string]any{"cluster": r.exported["clusterName"], "services": []string{r.exported["serviceName"]}})
	for _, e := range slices.Backward(answer.Services[0].Events) {
		// AWS tells milliseconds.
		if at := moment(e.CreatedAt); strings.Contains(e.Message, words) && !at.Before(since.Truncate(time.Millisecond)) {
			return at
		}
	}
	t.Fatalf("the service did not say %q since %v: %+v", words, since, answer)
	return time.Time{}
}

func moment(epoch float64) time.Time { return time.UnixMilli(int64(epoch*1000 + 0.5)) }

// set changes a setting of the project's copy until the test ends.
func set(t *testing.T, key string, value any) {
	t.Helper()
	edit(t, "Pulumi.local.yaml", func(settings string) string {
		line := fmt.Sprintf("  sallyport:%s: \"%v\"\n", key, value)
		before := regexp.MustCompile(`(?m)^  sallyport:` + regexp.QuoteMeta(key) + `: .*\n`)
		if before.MatchString(settings) {
			return before.ReplaceAllLiteralString(settings, line)
		}
		return strings.Replace(settings, "config:\n", "config:\n"+line, 1)
	})
}

// writeNew makes a file of the project's copy until the test ends.
func writeNew(t *testing.T, name, content string) {
	t.Helper()
	path := filepath.Join(here.project, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(filepath.Dir(path)); err != nil {
			t.Error(err)
		}
	})
}

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// healthWatch is what DescribeTargetHealth has told, asked again and again.
type healthWatch struct {
	cancel context.CancelFunc
	ended  chan struct{}
	mu     sync.Mutex
	seen   []sample
}

// sample is how many targets were healthy at a time.
type sample struct {
	at      time.Time
	healthy int
	err     error
}

// watchHealth begins to watch a target group, until the end of the test.
func watchHealth(t *testing.T, group string) *healthWatch {
	ctx, cancel := context.WithCancel(context.Background())
	w := &healthWatch{cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(w.ended)
		for ctx.Err() == nil {
			s := sample{at: time.Now()}
			s.healthy, s.err = healthyTargets(ctx, group)
			if ctx.Err() == nil {
				w.mu.Lock()
				w.seen = append(w.seen, s)
				w.mu.Unlock()
			}
			select {
			case <-ctx.Done():
			case <-time.After(loadPeriod):
			}
		}
	}()
	t.Cleanup(func() { cancel(); <-w.ended })
	return w
}

func healthyTargets(ctx context.Context, group string) (int, error) {
	form := url.Values{"Action": {"DescribeTargetHealth"}, "Version": {versions["elasticloadbalancing"]}, "TargetGroupArn": {group}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+here.front+"/", strings.NewReader(form.Encode()))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20000101/us-east-1/elasticloadbalancing/aws4_request, SignedHeaders=host, Signature=0")
	response, err := direct.Do(r)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", response.Status, content)
	}
	return bytes.Count(content, []byte("<State>healthy</State>")), err
}

// atLeast ends the watch, and fails the test for every moment with fewer healthy targets.
func (w *healthWatch) atLeast(t *testing.T, want int) []sample {
	t.Helper()
	w.cancel()
	<-w.ended
	fewest, most := len(w.seen), 0
	for _, s := range w.seen {
		if s.err != nil || s.healthy < want {
			t.Errorf("at %s %d targets were healthy, want %d: %v", s.at.Format("15:04:05.000"), s.healthy, want, s.err)
		}
		fewest, most = min(fewest, s.healthy), max(most, s.healthy)
	}
	t.Logf("asked %d times, %d to %d targets were healthy", len(w.seen), fewest, most)
	return w.seen
}

package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Each of the load's clients asks every loadPeriod, so that all of them together leave most of two cores to what is
// deployed meanwhile. loadRetry is how long a client waits before it tries again, once.
const (
	loadClients = 5
	loadPeriod  = 200 * time.Millisecond
	loadRetry   = time.Second
)

// load is constant traffic to an address on loopback.
type load struct {
	base   string
	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu   sync.Mutex
	done []reply
}

// reply is what became of one request.
type reply struct {
	what         string // method and path
	began, ended time.Time
	status       int
	err          error  // of the transport: no answer, or not all of it
	told         string // why the local cloud says that it failed
	build, task  string // which version and which task answered, where the answer tells
	slow         bool
	again        *reply // the second try of one that failed
}

func (r reply) failed() bool { return r.err != nil || r.status < 200 || r.status > 299 }

func (r reply) String() string {
	s := fmt.Sprintf("%s %s after %v: %d", r.began.Format("15:04:05.000"), r.what, r.ended.Sub(r.began).Round(time.Millisecond), r.status)
	if r.err != nil {
		s += " " + r.err.Error()
	}
	if r.told != "" {
		s += " (" + r.told + ")"
	}
	return s
}

// startLoad begins to send requests, until stop or the end of the test. All clients but one keep their connection.
func startLoad(t *testing.T, base string) *load {
	l := &load{base: strings.TrimRight(base, "/")}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	requests := []string{"GET /api/build", "GET /api/health", "GET /", "GET /api/build", "POST /"}
	for i := range loadClients {
		client := loadClient(i == loadClients-1)
		l.work.Go(func() {
			defer client.CloseIdleConnections()
			// Not all at the same moment.
			time.Sleep(loadPeriod * time.Duration(i) / loadClients)
			ticks := time.NewTicker(loadPeriod)
			defer ticks.Stop()
			for turn := i; ; turn++ {
				select {
				case <-l.ctx.Done():
					return
				case <-ticks.C:
					l.send(client, requests[turn%len(requests)], false)
				}
			}
		})
	}
	t.Cleanup(func() { l.cancel(); l.work.Wait() })
	return l
}

func loadClient(fresh bool) *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: fresh},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       time.Minute,
	}
}

// stop ends the load when the requests under way are answered. It keeps all replies as an artifact.
func (l *load) stop(t *testing.T) {
	l.cancel()
	l.work.Wait()
	var lines strings.Builder
	for _, one := range l.replies() {
		fmt.Fprintf(&lines, "%s build %s task %s\n", one, one.build, one.task)
	}
	if err := os.WriteFile(filepath.Join(t.ArtifactDir(), "replies.txt"), []byte(lines.String()), 0o644); err != nil {
		t.Error(err)
	}
}

// slowly keeps n requests under way that are answered after the delay, until the returned function is called.
func (l *load) slowly(n int, delay time.Duration) (end func()) {
	ctx, cancel := context.WithCancel(l.ctx)
	var work sync.WaitGroup
	for i := range n {
		work.Go(func() {
			client := loadClient(false)
			defer client.CloseIdleConnections()
			time.Sleep(delay * time.Duration(i) / time.Duration(n))
			for ctx.Err() == nil {
				l.send(client, fmt.Sprintf("GET /api/slow?ms=%d", delay.Milliseconds()), true)
			}
		})
	}
	return func() { cancel(); work.Wait() }
}

// send sends a request, and once more when it fails. A request is not cut off by the end of the load.
func (l *load) send(client *http.Client, what string, slow bool) {
	r := l.try(client, what, slow)
	if r.failed() {
		time.Sleep(loadRetry)
		again := l.try(client, what, slow)
		r.again = &again
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done = append(l.done, r)
}

var (
	buildTold = regexp.MustCompile(`"build":"([0-9a-f-]+)"`)
	taskTold  = regexp.MustCompile(`<dd>(ip-[^<]+)</dd>|"task":"(ip-[^"]+)"`)
)

func (l *load) try(client *http.Client, what string, slow bool) reply {
	method, path, _ := strings.Cut(what, " ")
	r := reply{what: what, slow: slow, began: time.Now()}
	request, err := http.NewRequest(method, l.base+path, nil)
	if method == http.MethodPost {
		request, err = http.NewRequest(method, l.base+path, strings.NewReader("hello"))
	}
	if err != nil {
		panic(err)
	}
	// The client would hide a kept connection that breaks, by sending the request once more.
	connections := 0
	request = request.WithContext(httptrace.WithClientTrace(request.Context(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connections++ },
	}))
	response, err := client.Do(request)
	if err == nil && connections > 1 {
		err = errors.New("the connection was cut, and the request sent once more")
	}
	if response != nil {
		content, cut := io.ReadAll(response.Body)
		_ = response.Body.Close()
		err = errors.Join(err, cut)
		r.status, r.told = response.StatusCode, response.Header.Get("Sallyport-Explanation")
		if found := buildTold.FindSubmatch(content); found != nil {
			r.build = string(found[1])
		}
		if found := taskTold.FindSubmatch(content); found != nil {
			r.task = string(found[1]) + string(found[2])
		}
	}
	r.err, r.ended = err, time.Now()
	return r
}

// replies are those of the requests that are done, in the order in which they began.
func (l *load) replies() []reply {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := slices.Clone(l.done)
	slices.SortFunc(all, func(a, b reply) int { return a.began.Compare(b.began) })
	return all
}

// between are the replies to requests that were under way at any moment between two times.
func between(all []reply, from, to time.Time) (some []reply) {
	for _, r := range all {
		if !r.ended.Before(from) && !r.began.After(to) {
			some = append(some, r)
		}
	}
	return some
}

func failures(all []reply) (some []reply) {
	for _, r := range all {
		if r.failed() {
			some = append(some, r)
		}
	}
	return some
}

// latencies tells the median and the 99th percentile of the requests that are not slow on purpose.
func latencies(all []reply) string {
	var took []time.Duration
	for _, r := range all {
		if !r.slow {
			took = append(took, r.ended.Sub(r.began))
		}
	}
	return fmt.Sprintf("%d requests, median %v, p99 %v", len(took), percentile(took, 50).Round(time.Microsecond), percentile(took, 99).Round(time.Microsecond))
}

// percentile sorts what it is given.
func percentile(all []time.Duration, p int) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[min(len(all)*p/100, len(all)-1)]
}

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sallyport/local/cloud"
)

// staticServer answers what the app's health check does, and costs next to nothing.
const staticServer = `package main

import (
	"io"
	"net/http"
)

func main() {
	http.HandleFunc("GET /api/health", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{\"status\":\"ok\"}")
	})
	panic(http.ListenAndServe(":3000", nil))
}
`

// What is measured: pairs of requests, one each way, pairPeriod apart; then rounds in which benchClients ask as fast as
// they are answered, one each way in turn; then benchRequests through the path, as fast as they are answered.
const (
	pairs         = 2000
	pairPeriod    = 10 * time.Millisecond
	rounds        = 5
	roundTime     = 3 * time.Second
	benchClients  = 16
	benchRequests = 100_000
	benchWarm     = 20_000
)

// BenchmarkPath tells what the path through gateway and balancer adds to the container alone, whose published port is
// asked in turn with it: the app with its quarter of a processor, which is then what limits the throughput; and a static
// server with two, for what the path itself can carry. Run it alone, once:
//
//	go -C local test -run '^$' -bench Path -benchtime 1x -timeout 30m ./e2e
func BenchmarkPath(b *testing.B) {
	// As much as the account's own throttle lets through.
	throttle := "  sallyport:gateway.throttleRate: \"10000\"\n  sallyport:gateway.throttleBurst: \"5000\"\n"
	b.Run("app", func(b *testing.B) {
		settle(b, throttle)
		for b.Loop() {
			comparePaths(b)
		}
	})
	b.Run("server", func(b *testing.B) {
		makeServer(b)
		settle(b, throttle+"  sallyport:app.context: static\n  sallyport:app.cpu: \"2048\"\n  sallyport:app.memory: \"4096\"\n")
		for b.Loop() {
			comparePaths(b)
		}
	})
	// With the server of before.
	b.Run("memory", func(b *testing.B) {
		for b.Loop() {
			watchMemory(b)
		}
	})
}

// settle deploys the stack with more settings.
func settle(b *testing.B, settings string) {
	b.Helper()
	path := filepath.Join(here.project, "Pulumi.local.yaml")
	before, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, bytes.Replace(before, []byte("config:\n"), []byte("config:\n"+settings), 1), 0o644)
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = os.WriteFile(path, before, 0o644) })
	perform(b, "up")
}

func makeServer(b *testing.B) {
	b.Helper()
	dir := filepath.Join(here.project, "static")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.Fatal(err)
	}
	for name, content := range map[string]string{
		"main.go":    staticServer,
		"Dockerfile": "ARG BASE_IMAGE\nFROM scratch\nARG BUILD_ID\nCOPY server /server\nVOLUME [\"/tmp\", \"/app/.next/cache\"]\nCMD [\"/server\"]\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	build := exec.Command("go", "build", "-o", "server", "main.go")
	build.Dir, build.Env = dir, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("go build: %v\n%s", err, out)
	}
}

// perform runs the command and returns what it prints.
func perform(b *testing.B, args ...string) string {
	b.Helper()
	var errors bytes.Buffer
	c := exec.Command(here.command, args...)
	c.Dir, c.Env, c.Stderr = here.project, here.environ, &errors
	out, err := c.Output()
	if err != nil {
		b.Fatalf("local %s: %v\n%s%s", strings.Join(args, " "), err, out, errors.String())
	}
	return strings.TrimSpace(string(out))
}

// ways are the addresses of the health check: the container's own and that of the path.
func ways(b *testing.B) (straight, path string) {
	b.Helper()
	cluster := perform(b, "pulumi", "stack", "output", "clusterName", "--stack", "local")
	out, err := exec.Command("docker", "ps", "--quiet", "--filter", "label=com.amazonaws.ecs.cluster="+cluster).Output()
	id := strings.Fields(string(out))
	if err != nil || len(id) != 1 {
		b.Fatalf("containers %v: %v", id, err)
	}
	out, err = exec.Command("docker", "port", id[0], "3000").Output()
	if err != nil {
		b.Fatal(err)
	}
	return "http://" + strings.TrimSpace(string(out)) + "/api/health", strings.TrimRight(perform(b, "url"), "/") + "/api/health"
}

func comparePaths(b *testing.B) {
	straight, path := ways(b)
	clients := map[string]*http.Client{straight: benchClient(), path: benchClient()}
	took := map[string][]time.Duration{}
	ticks := time.NewTicker(pairPeriod)
	defer ticks.Stop()
	for n := range pairs {
		<-ticks.C
		// Which one is first changes, since it wakes the app up for the other.
		order := []string{straight, path}
		if n%2 == 1 {
			slices.Reverse(order)
		}
		for _, url := range order {
			began := time.Now()
			if err := get(clients[url], url); err != nil {
				b.Fatal(err)
			}
			took[url] = append(took[url], time.Since(began))
		}
	}
	speed := map[string][]float64{}
	for range rounds {
		for url, client := range clients {
			speed[url] = append(speed[url], throughput(b, client, url))
		}
	}
	for _, all := range speed {
		slices.Sort(all)
	}
	through, alone := speed[path][rounds/2], speed[straight][rounds/2]
	micro := func(d time.Duration) float64 { return float64(d.Microseconds()) }
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(micro(percentile(took[path], 50)-percentile(took[straight], 50)), "added-µs-p50")
	b.ReportMetric(micro(percentile(took[path], 99)-percentile(took[straight], 99)), "added-µs-p99")
	b.ReportMetric(through/alone, "throughput-ratio")
	b.Logf("latency: alone p50 %v, p99 %v; path p50 %v, p99 %v", percentile(took[straight], 50), percentile(took[straight], 99), percentile(took[path], 50), percentile(took[path], 99))
	b.Logf("throughput: alone %.0f/s of %.0f, path %.0f/s of %.0f", alone, speed[straight], through, speed[path])
}

func benchClient() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: benchClients}, Timeout: time.Minute}
}

func get(client *http.Client, url string) error {
	response, err := client.Get(url)
	if err != nil {
		return err
	}
	content, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s %s", url, response.Status, content)
	}
	return err
}

// throughput is how many requests a second are answered in one round.
func throughput(b *testing.B, client *http.Client, url string) float64 {
	var count atomic.Int64
	began := time.Now()
	many(b, func() (bool, error) {
		count.Add(1)
		return time.Since(began) < roundTime, get(client, url)
	})
	return float64(count.Load()) / time.Since(began).Seconds()
}

// many repeats one request by all clients until it tells that it was the last, or fails.
func many(b *testing.B, one func() (more bool, err error)) {
	var work sync.WaitGroup
	for range benchClients {
		work.Go(func() {
			for more := true; more; {
				var err error
				if more, err = one(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	if work.Wait(); b.Failed() {
		b.FailNow()
	}
}

// watchMemory sends requests through the path and tells how the daemon and moto grow. moto keeps every access log line
// for as long as it runs.
func watchMemory(b *testing.B) {
	_, path := ways(b)
	client := benchClient()
	daemon, moto := processes(b)
	var left, peak atomic.Int64 // peak in MiB
	send := func(n int64) {
		left.Store(n)
		many(b, func() (bool, error) {
			number := left.Add(-1)
			if number < 0 {
				return false, nil
			}
			if number%500 == 0 {
				now := int64(resident(b, daemon))
				for before := peak.Load(); now > before && !peak.CompareAndSwap(before, now); before = peak.Load() {
				}
			}
			return true, get(client, path)
		})
	}
	tell := func(when string) (daemonMiB float64) {
		d, m := resident(b, daemon), resident(b, moto)
		b.ReportMetric(d, "daemon-MiB-"+when)
		b.ReportMetric(m, "moto-MiB-"+when)
		b.ReportMetric(float64(descriptors(b, daemon)), "daemon-files-"+when)
		return d
	}
	tell("at-rest")
	send(benchWarm)
	warm := tell("after-20k")
	began := time.Now()
	send(benchRequests - benchWarm)
	b.Logf("%.0f requests a second", (benchRequests-benchWarm)/time.Since(began).Seconds())
	full := tell("after-100k")
	b.ReportMetric(float64(peak.Load()), "daemon-MiB-under-load")
	b.ReportMetric(0, "ns/op")
	if full > warm+16 {
		b.Errorf("the daemon grew from %.0f to %.0f MiB between the first %d requests and %d", warm, full, benchWarm, benchRequests)
	}
}

// processes are the ids of the daemon and of moto.
func processes(b *testing.B) (daemon, moto int) {
	b.Helper()
	response, err := direct.Get("http://" + here.front + "/_sallyport/status")
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	var s cloud.Status
	if err := json.NewDecoder(response.Body).Decode(&s); err != nil {
		b.Fatal(err)
	}
	return s.Process.PID, s.Moto.PID
}

// resident is a process's memory in MiB, as Linux tells it.
func resident(b *testing.B, pid int) float64 {
	b.Helper()
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Skip("no memory is told here: ", err)
	}
	_, rest, _ := strings.Cut(string(content), "VmRSS:")
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		b.Fatal(err)
	}
	return float64(kib) / 1024
}

// descriptors is how many files and connections a process holds.
func descriptors(b *testing.B, pid int) int {
	b.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		b.Fatal(err)
	}
	return len(entries)
}

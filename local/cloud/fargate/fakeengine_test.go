package fargate

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/moby/moby/client"

	"sallyport/local/cloud/vpc"
)

// fakeEngine answers like a Docker engine, by script, over a network in memory, so that it can be used where time is
// not real. It shows what a Runtime asks of an engine and makes of its answers; it does not show that an engine answers
// like this: TestRealEngine does.
type fakeEngine struct {
	*client.Client

	mu sync.Mutex
	// answers replace the answer to a call such as "POST /containers/web/stop".
	answers map[string]http.HandlerFunc
	calls   []string
	made    []json.RawMessage
	// exits gives the exit code of a container, by its name, once it has one.
	exits map[string]chan int
}

func newFakeEngine(t *testing.T) *fakeEngine {
	t.Helper()
	f := &fakeEngine{answers: map[string]http.HandlerFunc{}, exits: map[string]chan int{}}
	l := pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: http.HandlerFunc(f.serve)}
	go func() { _ = server.Serve(l) }()
	c, err := client.New(client.WithHost("tcp://engine:1"), client.WithAPIVersion("1.41"), client.WithDialContext(l.dial))
	if err != nil {
		t.Fatal(err)
	}
	f.Client = c
	t.Cleanup(func() {
		_ = server.Close()
		_ = c.Close()
	})
	return f
}

type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case l.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l pipeListener) Close() error   { close(l.closed); return nil }
func (l pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

// answer scripts a call.
func (f *fakeEngine) answer(call string, h http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers[call] = h
}

// exit ends a container.
func (f *fakeEngine) exit(name string, code int) { f.exits[name] <- code }

// called returns the calls that were made, without the inspections.
func (f *fakeEngine) called() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.calls...)
}

func (f *fakeEngine) serve(w http.ResponseWriter, r *http.Request) {
	path := strings.Replace(strings.TrimPrefix(r.URL.Path, "/v1.41"), "/containers/sallyport-0123456789abcdef-", "/containers/", 1)
	call := r.Method + " " + path
	f.mu.Lock()
	if r.Method != http.MethodGet {
		f.calls = append(f.calls, call)
	}
	h := f.answers[call]
	f.mu.Unlock()
	if h != nil {
		h(w, r)
		return
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(path, "/containers/"), "/")
	switch {
	case path == "/info":
		say(w, `{"NCPU":2,"Architecture":"x86_64","OSType":"linux"}`)
	case path == "/images/create":
		say(w, `{"status":"Pulling"}`)
	case strings.HasPrefix(path, "/images/"):
		say(w, `{"Os":"linux","Architecture":"amd64","Config":{"Volumes":{"/data":{}}}}`)
	case path == "/containers/create":
		var body bytes.Buffer
		_, _ = body.ReadFrom(r.Body)
		parts := strings.SplitN(r.URL.Query().Get("name"), "-", 3)
		f.mu.Lock()
		f.made = append(f.made, body.Bytes())
		f.exits[parts[2]] = make(chan int, 1)
		f.mu.Unlock()
		w.WriteHeader(http.StatusCreated)
		say(w, `{"Id":"`+parts[2]+`"}`)
	case strings.HasSuffix(path, "/json"):
		say(w, `{"Id":"`+name+`","State":{"Running":true},"NetworkSettings":{"Ports":{"8080/tcp":[{"HostIp":"127.0.0.1","HostPort":"49153"}]}}}`)
	case strings.HasSuffix(path, "/wait"):
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		select {
		case code := <-f.exits[name]:
			_ = json.NewEncoder(w).Encode(map[string]int{"StatusCode": code})
		case <-r.Context().Done():
		}
	case strings.HasSuffix(path, "/stop"):
		f.exits[name] <- 143
		w.WriteHeader(http.StatusNoContent)
	case strings.HasSuffix(path, "/start"), r.Method == http.MethodDelete:
		w.WriteHeader(http.StatusNoContent)
	case strings.HasSuffix(path, "/logs"):
	default:
		refuses(http.StatusNotImplemented, "not scripted: "+call)(w, r)
	}
}

// refuses is a call that fails.
func refuses(status int, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"message": message})
	}
}

func say(w http.ResponseWriter, body string) { _, _ = w.Write([]byte(body)) }

// frame is what an engine sends of one line.
func frame(source byte, text string) []byte {
	b := []byte{source, 0, 0, 0, 0, 0, 0, 0}
	binary.BigEndian.PutUint32(b[4:], uint32(len(text)))
	return append(b, text...)
}

// around is what a Runtime has around it.
type around struct {
	blocked map[string]string // reason by service
	groups  []string
	secrets map[string]string

	mu       sync.Mutex
	attached map[netip.Addr]map[int]netip.AddrPort
	lines    []string
	times    []time.Time
	streams  []string
}

func (a *around) runtime(t *testing.T, docker *client.Client) *Runtime {
	a.attached = map[netip.Addr]map[int]netip.AddrPort{}
	return &Runtime{
		Engine:  func(context.Context) (*client.Client, error) { return docker, nil },
		Owner:   t.TempDir(),
		Auth:    func(string) string { return "Y3JlZGVudGlhbHM=" },
		Network: a, Logs: a, Log: slog.New(slog.DiscardHandler),
		Secrets: func(_ context.Context, _, from string) (string, error) { return a.secrets[from], nil },
	}
}

func (a *around) Reaches(_ vpc.Interface, service string) error {
	if why, ok := a.blocked[service]; ok {
		return &vpc.Blocked{Reason: why}
	}
	return nil
}

func (a *around) Attach(i vpc.Interface, ports map[int]netip.AddrPort) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.attached[i.Address] = ports
}

func (a *around) Detach(i vpc.Interface) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.attached, i.Address)
}

func (a *around) ports() map[int]netip.AddrPort {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.attached[address]
}

func (a *around) Exists(_ context.Context, _, group string) (bool, error) {
	for _, g := range a.groups {
		if g == group {
			return true, nil
		}
	}
	return false, nil
}

func (a *around) Stream(region, group, stream string) LogStream {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.streams = append(a.streams, region+" "+group+" "+stream)
	return a
}

func (a *around) Put(at time.Time, line string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lines, a.times = append(a.lines, line), append(a.times, at)
}

func (a *around) logged() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.lines...)
}

var address = netip.MustParseAddr("10.0.1.5")

// aTask is a task of the given containers, each of which lacks a name, an image and nothing else.
func aTask(containers ...ecstypes.ContainerDefinition) Task {
	for i := range containers {
		if containers[i].Image == nil {
			containers[i].Image = new("127.0.0.1:4567/web@" + digestOfWeb)
		}
	}
	return Task{
		ARN: "arn:aws:ecs:us-east-1:123456789012:task/main/0123456789abcdef", ID: "0123456789abcdef",
		Cluster: "main", Service: "web", Region: "us-east-1", Zone: "us-east-1a",
		Interface: vpc.Interface{Address: address, SubnetID: "subnet-1"},
		Definition: ecstypes.TaskDefinition{
			Family: new("web"), Revision: 7, Cpu: new("256"), Memory: new("512"),
			NetworkMode: ecstypes.NetworkModeAwsvpc, ContainerDefinitions: containers,
		},
	}
}

const digestOfWeb = "sha256:1111111111111111111111111111111111111111111111111111111111111111"

func awslogs(group string) *ecstypes.LogConfiguration {
	return &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverAwslogs, Options: map[string]string{
		"awslogs-group": group, "awslogs-region": "us-east-1", "awslogs-stream-prefix": "app",
	}}
}

package moto

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"sallyport/local/cloud/process"
)

// Marker is the environment variable that every moto_server started here carries, with the cloud's folder as its
// value: it finds one that was left behind.
const Marker = "SALLYPORT_MOTO_OF"

// How long moto_server may take to answer after its start. It takes 1 to 3 s on a laptop.
const startLimit = 60 * time.Second

// How long moto_server may take to end when asked. It has nothing to save.
const stopLimit = 3 * time.Second

// Server runs moto_server and starts it again when it dies. moto keeps everything in memory, so each start is an empty
// cloud.
type Server struct {
	// Executable is the path of moto_server, or of a shim that becomes it.
	Executable string
	// Dir is the folder of the cloud it belongs to.
	Dir string
	Log *slog.Logger
	// Started is called each time moto answers after a start, before requests are sent to it. It may be nil.
	Started func(State)
	// Lost is called each time moto has died by itself, before it is started again. It may be nil.
	Lost func()

	mu    sync.Mutex
	state State
	ready bool
}

// State tells about the moto_server that runs.
type State struct {
	process.Identity
	Port int `json:"port"`
	// Restarts counts the starts after the first.
	Restarts int `json:"restarts"`
}

// Address returns moto's host and port; false while it is not answering.
func (s *Server) Address() (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.state.Port)), s.ready
}

// State returns what runs now.
func (s *Server) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// Run keeps moto_server running until ctx is done, and ends it then. It returns an error only when the first start
// fails; a later one is tried again, after up to 10 s.
func (s *Server) Run(ctx context.Context) error {
	// The kernel ends moto when the thread that started it ends (see process.DieWithParent): this goroutine keeps its
	// thread for as long as it runs.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for starts, failures := 0, 0; ; starts++ {
		started, err := s.once(ctx, starts)
		if ctx.Err() != nil {
			return nil
		}
		if started {
			failures = 0
			s.Log.Error("moto died; everything in the cloud is lost, and it starts again empty", "error", err)
			if s.Lost != nil {
				s.Lost()
			}
		} else if failures++; starts == 0 {
			return err
		} else {
			s.Log.Error("moto does not start", "error", err, "failures", failures)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(min(time.Duration(failures)*time.Second, 10*time.Second)):
		}
	}
}

// once runs one moto_server from start to end, and reports whether it ever answered.
func (s *Server) once(ctx context.Context, restarts int) (started bool, err error) {
	port, err := freePort()
	if err != nil {
		return false, fmt.Errorf("free port: %w", err)
	}
	output := &output{log: s.Log}
	command := exec.Command(s.Executable, "-H", "127.0.0.1", "-p", strconv.Itoa(port))
	command.Dir = s.Dir
	command.Env = environment(s.Dir)
	command.Stdout, command.Stderr = output, output
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// A child of moto that keeps its output open must not keep us waiting.
	command.WaitDelay = time.Second
	process.DieWithParent(command.SysProcAttr)
	if err := command.Start(); err != nil {
		return false, err
	}
	identity, err := process.Identify(command.Process.Pid)
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	defer func() {
		s.mu.Lock()
		s.ready = false
		s.mu.Unlock()
		// Whatever is left of the group, now that its leader is or should be gone.
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
	}()

	stop := func() {
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(stopLimit):
			_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
			<-ended
		}
	}
	if err != nil { // it has ended already
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
		err = errors.Join(errEnded, <-ended)
	} else if err = answers(ctx, port, ended); err != nil && !errors.Is(err, errEnded) {
		stop()
	}
	if err != nil {
		return false, fmt.Errorf("%s: %w%s", s.Executable, err, output.tail())
	}
	state := State{Identity: identity, Port: port, Restarts: restarts}
	s.mu.Lock()
	s.state = state
	s.mu.Unlock()
	if s.Started != nil {
		s.Started(state)
	}
	s.mu.Lock()
	s.ready = true
	s.mu.Unlock()
	select {
	case <-ctx.Done():
		stop()
		return true, nil
	case err := <-ended:
		return true, fmt.Errorf("%s: %w%s", s.Executable, errors.Join(errEnded, err), output.tail())
	}
}

var errEnded = errors.New("its process ended")

func answers(ctx context.Context, port int, ended chan error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startLimit, fmt.Errorf("it did not answer within %s", startLimit))
	defer cancel()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/moto-api/data.json", port), nil)
		if err != nil {
			return err
		}
		if response, err := client.Do(request); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case err := <-ended:
			return errors.Join(errEnded, err)
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// environment gives moto only what a Python program needs to start: no credential, profile or proxy of the user.
func environment(dir string) []string {
	var kept []string
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		switch {
		case name == "PATH", name == "HOME", name == "LANG", name == "TMPDIR", name == "VIRTUAL_ENV", name == "LD_LIBRARY_PATH",
			strings.HasPrefix(name, "LC_"), strings.HasPrefix(name, "PYENV_"), strings.HasPrefix(name, "PYTHON"):
			kept = append(kept, variable)
		}
	}
	return append(kept,
		Marker+"="+dir,
		"PYTHONUNBUFFERED=1",
		// Without it, attaching a policy that AWS manages fails: moto does not know it.
		"MOTO_IAM_LOAD_MANAGED_POLICIES=true",
		// A certificate is issued once it is asked for after this many seconds, whatever is in the hosted zone: moto looks
		// at no DNS.
		"MOTO_ACM_VALIDATION_WAIT=0",
		// moto would let any web page in a browser read its answers.
		"MOTO_DISABLE_GLOBAL_CORS=true",
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_CONFIG_FILE=/dev/null", "AWS_EC2_METADATA_DISABLED=true",
	)
}

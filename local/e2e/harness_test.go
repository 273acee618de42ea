// Package e2e runs the command behind the Makefile as a person does, on a copy of the project and a local cloud of its
// own beside the user's: on the real Pulumi engine, the real Terraform provider for AWS and a real Docker engine. It
// does not show what AWS itself would answer: the AWS API is moto, and what serves traffic is the local cloud's own.
package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sallyport/local/cloud/process"
)

// commandLimit bounds every command: the first one builds the tool chain, ten minutes on a quiet machine with two cores.
const commandLimit = 30 * time.Minute

// here is where the tests of one run live.
var here struct {
	project string // copy of the checkout
	local   string // SALLYPORT_LOCAL
	command string // the built command
	front   string // host and port of the AWS API
	images  string // host and port of the image registry
	environ []string
}

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		fmt.Println("-short: the end-to-end tests need Docker and several minutes")
		os.Exit(0)
	}
	dir, err := os.MkdirTemp("", "sallyport-e2e-")
	if err == nil {
		err = setUp(dir)
	}
	code := 1
	if err == nil {
		code = m.Run()
		err = tearDown()
	}
	if err = errors.Join(err, os.RemoveAll(dir)); err != nil {
		fmt.Fprintln(os.Stderr, "end-to-end tests:", err)
		code = 1
	}
	os.Exit(code)
}

func setUp(dir string) error {
	checkout, err := filepath.Abs("../..")
	if err != nil {
		return err
	}
	here.project, here.local, here.command = filepath.Join(dir, "project"), filepath.Join(dir, "local"), filepath.Join(dir, "bin", "local")
	if err := copyProject(checkout, here.project); err != nil {
		return fmt.Errorf("copy of the project: %w", err)
	}
	if err := quicken(here.project); err != nil {
		return fmt.Errorf("copy of the project: %w", err)
	}
	// Without paths in it, the build is the same from any folder and comes out of Go's cache.
	build := exec.Command("go", "build", "-trimpath", "-o", here.command, "./cmd/local")
	build.Dir = filepath.Join(here.project, "local")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	var ports [3]string
	for i := range ports {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer listener.Close()
		_, ports[i], _ = net.SplitHostPort(listener.Addr().String())
	}
	here.front, here.images = "127.0.0.1:"+ports[0], "127.0.0.1:"+ports[1]
	toolchain := os.Getenv("SALLYPORT_TOOLCHAIN")
	if toolchain == "" {
		toolchain = filepath.Join(checkout, ".local")
	}
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		// A person's own settings are not what is tested.
		if strings.HasPrefix(name, "SALLYPORT_") && name != "SALLYPORT_TF_AWS" && name != "SALLYPORT_MOTO_SERVER" ||
			strings.HasPrefix(name, "PULUMI_") || name == "PLUGINS" {
			continue
		}
		here.environ = append(here.environ, pair)
	}
	here.environ = append(here.environ,
		"SALLYPORT_LOCAL="+here.local, "SALLYPORT_TOOLCHAIN="+toolchain, "SALLYPORT_FAULTS=1",
		"SALLYPORT_FRONT_ADDR="+here.front, "SALLYPORT_REGISTRY_ADDR="+here.images, "SALLYPORT_GATEWAY_PORT="+ports[2],
		"PULUMI_DEBUG_COMMANDS=true", // for --event-log
	)
	return nil
}

// copyProject copies what git tracks, as it is in the working tree: a file that was not added can't make a test pass.
func copyProject(from, to string) error {
	list, err := exec.Command("git", "-C", from, "ls-files", "-z").Output()
	if err != nil {
		return fmt.Errorf("git ls-files: %w", err)
	}
	for _, name := range strings.Split(strings.TrimRight(string(list), "\x00"), "\x00") {
		source, target := filepath.Join(from, name), filepath.Join(to, name)
		info, err := os.Lstat(source)
		if errors.Is(err, os.ErrNotExist) {
			continue // deleted, and not committed yet
		}
		if err != nil {
			return err
		}
		content, err := os.ReadFile(source)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(target, content, info.Mode().Perm()); err != nil {
			return err
		}
	}
	return nil
}

// quicken shortens what a deployment waits for, in the copy of the project: it is the same program, with less patience.
func quicken(project string) error {
	for name, changes := range map[string][]string{
		"Pulumi.local.yaml": {"config:\n", strings.Join([]string{
			"config:",
			"  sallyport:gateway.timeout: \"5\"",
			"  sallyport:loadBalancer.deregistrationDelay: \"5\"",
			"  sallyport:app.stopTimeout: \"10\"",
			"  sallyport:app.healthGrace: \"10\"",
			"",
		}, "\n")},
		"network/loadbalancer.go": {"pulumi.Int(10)", "pulumi.Int(5)", "pulumi.Int(5),\n\t\t\tHealthyThreshold", "pulumi.Int(2),\n\t\t\tHealthyThreshold"},
	} {
		path := filepath.Join(project, name)
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for i := 0; i < len(changes); i += 2 {
			if !bytes.Contains(content, []byte(changes[i])) {
				return fmt.Errorf("%s has no %q", name, changes[i])
			}
			content = bytes.Replace(content, []byte(changes[i]), []byte(changes[i+1]), 1)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// tearDown leaves the machine as it was, but for Docker's cache of layers.
func tearDown() error {
	stop := exec.Command(here.command, "stop")
	stop.Dir, stop.Env = here.project, here.environ
	// The engine goes with it where it was started for these tests, so images come first.
	list, _ := exec.Command("docker", "images", "--format", "{{.Repository}}:{{.Tag}}", "--filter", "reference="+here.images+"/*").Output()
	for _, name := range strings.Fields(string(list)) {
		_ = exec.Command("docker", "rmi", "--force", name).Run()
	}
	if out, err := stop.CombinedOutput(); err != nil {
		return fmt.Errorf("stop: %w\n%s", err, out)
	}
	if left := running(); len(left) > 0 {
		for _, one := range left {
			_ = process.End(one, time.Second)
		}
		return fmt.Errorf("processes %v were left behind", left)
	}
	return nil
}

// running are the processes of this run's commands, plugins and cloud.
func running() []process.Identity {
	return process.WithEnvironment("SALLYPORT_LOCAL", here.local)
}

// call is one run of the command.
type call struct {
	t       *testing.T
	name    string
	command *exec.Cmd
	cancel  context.CancelFunc
	ended   chan struct{}
	stdout  bytes.Buffer
	log     *os.File // both outputs, as a person sees them
	events  string   // file of the engine's events
	code    int
}

var calls atomic.Int32

// start runs the command. Options of the Pulumi CLI come after "--", and the engine's events are kept.
func start(t *testing.T, args ...string) *call { return startWith(t, nil, args...) }

func startWith(t *testing.T, environ []string, args ...string) *call {
	t.Helper()
	c := &call{t: t, name: "local " + strings.Join(args, " "), ended: make(chan struct{})}
	base := filepath.Join(t.ArtifactDir(), fmt.Sprintf("%02d-%s", calls.Add(1), args[0]))
	c.events = base + ".events"
	switch args[0] {
	case "up", "preview", "destroy":
		if !strings.Contains(c.name, " -- ") {
			args = append(args, "--")
		}
		args = append(args, "--event-log", c.events)
	}
	var err error
	if c.log, err = os.Create(base + ".log"); err != nil {
		t.Fatal(err)
	}
	var ctx context.Context
	ctx, c.cancel = context.WithTimeout(context.Background(), commandLimit)
	c.command = exec.CommandContext(ctx, here.command, args...)
	c.command.Dir, c.command.Env = here.project, append(append([]string{}, here.environ...), environ...)
	c.command.Stdout, c.command.Stderr = io.MultiWriter(&c.stdout, c.log), c.log
	c.command.Cancel = func() error { c.kill(); return nil }
	// What a killed command leaves behind keeps its outputs open.
	c.command.WaitDelay = 2 * time.Second
	if err := c.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = c.command.Wait()
		c.code = c.command.ProcessState.ExitCode()
		c.cancel()
		close(c.ended)
	}()
	t.Cleanup(func() {
		if c.cancel(); t.Failed() {
			<-c.ended
			t.Logf("%s ended with %d; the end of its output:\n%s", c.name, c.code, c.tail())
		}
	})
	return c
}

// kill ends the command and the Pulumi CLI as the kernel does when memory runs out: neither can clean up.
func (c *call) kill() {
	_ = c.command.Process.Kill()
	runs := filepath.Join(here.local, "state", "runs")
	entries, _ := os.ReadDir(runs)
	for _, entry := range entries {
		var cli process.Identity
		if data, err := os.ReadFile(filepath.Join(runs, entry.Name())); err == nil && json.Unmarshal(data, &cli) == nil && cli.Alive() {
			_ = syscall.Kill(cli.PID, syscall.SIGKILL)
		}
	}
}

func (c *call) wait() *call {
	c.t.Helper()
	<-c.ended
	_ = c.log.Close()
	return c
}

// output is everything that the command said.
func (c *call) output() string {
	content, err := os.ReadFile(c.log.Name())
	if err != nil {
		c.t.Fatal(err)
	}
	return string(content)
}

func (c *call) tail() string {
	lines := strings.Split(strings.TrimSpace(c.output()), "\n")
	return strings.Join(lines[max(0, len(lines)-60):], "\n")
}

// run runs the command to its end, which must be a good one.
func run(t *testing.T, args ...string) *call {
	t.Helper()
	c := start(t, args...).wait()
	if c.code != 0 {
		t.Fatalf("%s ended with %d, which must be 0", c.name, c.code)
	}
	return c
}

// fails runs the command to its end, which must be a bad one that says all of the words.
func fails(t *testing.T, words []string, args ...string) *call {
	t.Helper()
	c := start(t, args...).wait()
	c.failed(words...)
	return c
}

func (c *call) failed(words ...string) {
	c.t.Helper()
	if c.code == 0 {
		c.t.Errorf("%s ended with 0, and must fail", c.name)
	}
	c.says(words...)
}

func (c *call) says(words ...string) {
	c.t.Helper()
	for _, w := range words {
		if !strings.Contains(c.output(), w) {
			c.t.Errorf("%s does not say %q", c.name, w)
		}
	}
}

// saysNot fails when the command said any of the words.
func (c *call) saysNot(words ...string) {
	c.t.Helper()
	for _, w := range words {
		if strings.Contains(c.output(), w) {
			c.t.Errorf("%s says %q", c.name, w)
		}
	}
}

// deployed makes sure that the local stack is deployed.
func deployed(t *testing.T) {
	t.Helper()
	if c := start(t, "url").wait(); c.code != 0 || !answers() {
		run(t, "up")
	}
}

// destroyed makes sure that a cloud runs and that it holds nothing of the local stack.
func destroyed(t *testing.T) {
	t.Helper()
	run(t, "destroy")
}

// edit changes a file of the project's copy until the test ends.
func edit(t *testing.T, name string, change func(string) string) {
	t.Helper()
	path := filepath.Join(here.project, name)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	after := change(string(before))
	if after == string(before) {
		t.Fatalf("%s: the edit changes nothing", name)
	}
	if err := os.WriteFile(path, []byte(after), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.WriteFile(path, before, 0o644); err != nil {
			t.Error(err)
		}
	})
}

// until waits for what must come, for as long as a slow machine may need, or until the command ends.
func (c *call) until(what string, done func() bool) {
	c.t.Helper()
	for !done() {
		select {
		case <-c.ended:
			c.t.Fatalf("%s ended before %s", c.name, what)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

package stack

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sallyport/local/cloud"
	"sallyport/local/cloud/process"
)

// The test binary plays the Pulumi CLI: it writes its arguments to a file and answers from files beside it.
func TestMain(m *testing.M) {
	dir := os.Getenv("FAKE_CLI_DIR")
	if dir == "" {
		os.Exit(m.Run())
	}
	args := strings.Join(os.Args[1:], " ")
	f, err := os.OpenFile(filepath.Join(dir, "calls"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		panic(err)
	}
	fmt.Fprintln(f, args)
	switch {
	case args == "up": // leaves a plugin behind, in a process group of its own
		plugin := exec.Command("sleep", "60")
		plugin.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := plugin.Start(); err != nil {
			panic(err)
		}
		_ = os.WriteFile(filepath.Join(dir, "plugin"), []byte(strconv.Itoa(plugin.Process.Pid)), 0o644)
	case args == "fail":
		fmt.Fprintln(os.Stderr, "why it failed")
		os.Exit(3)
	}
}

// fake is a stack whose CLI is this test binary.
type fake struct {
	*Stack
	dir  string
	said []string
}

func newFake(t *testing.T, files map[string]string) *fake {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{dir: t.TempDir()}
	for name, content := range files {
		path := filepath.Join(f.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f.Stack = &Stack{
		Name: "local", Project: f.dir, Dir: f.dir, CLI: self, CloudID: "now",
		Env:      map[string]string{"FAKE_CLI_DIR": f.dir},
		Progress: func(format string, args ...any) { f.said = append(f.said, fmt.Sprintf(format, args...)) },
	}
	return f
}

func (f *fake) calls(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(f.dir, "calls"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(data))
}

func equal(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n%s\nwant:\n%s", what, got, want)
	}
}

const (
	stateFile    = ".pulumi/stacks/sallyport/local.json"
	empty        = `{"version":3,"checkpoint":{"stack":"local"}}`
	oneResource  = `{"checkpoint":{"latest":{"resources":[{"urn":"a","type":"pulumi:pulumi:Stack"},{"urn":"b","custom":true,"type":"pulumi:providers:aws"},{"urn":"c","custom":true,"type":"aws:ec2/vpc:Vpc"}]}}}`
	onePending   = `{"checkpoint":{"latest":{"pending_operations":[{"resource":{"urn":"urn:pulumi:local::sallyport::aws:ec2/vpc:Vpc::web"},"type":"creating"}]}}}`
	lockTemplate = `{"pid":%d,"username":"u","hostname":%q,"timestamp":"2026-01-01T00:00:00Z"}`
)

func TestPrepare(t *testing.T) {
	t.Run("attributes that a killed run left empty are taken away, whole ones stay", func(t *testing.T) {
		f := newFake(t, map[string]string{stateFile: empty, stateFile + ".attrs": "", stateFile + ".bak.attrs": "{}", "local.cloud": "now"})
		if err := f.Prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(f.dir, stateFile+".attrs")); err == nil {
			t.Error("the empty ones are still there")
		}
		if _, err := os.Stat(filepath.Join(f.dir, stateFile+".bak.attrs")); err != nil {
			t.Error("the whole ones are gone")
		}
	})
	t.Run("a state that was cut off is replaced by the one before it, and the user is told", func(t *testing.T) {
		f := newFake(t, map[string]string{stateFile: `{"checkpoint":`, stateFile + ".bak": oneResource, "local.cloud": "now"})
		if err := f.Prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(f.dir, stateFile))
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "state", string(got), oneResource)
		equal(t, "said", strings.Join(f.said, "\n"), "stack local: its state is cut off; going on from the one before it")
	})
	t.Run("without a whole state before it, that is an error that names the file", func(t *testing.T) {
		f := newFake(t, map[string]string{stateFile: `{"checkpoint":`, stateFile + ".bak": ""})
		err := f.Prepare(t.Context())
		if err == nil || !strings.Contains(err.Error(), "local.json is cut off, and there is no whole one before it") {
			t.Errorf("error is %v", err)
		}
	})
	t.Run("a stack that does not exist is made", func(t *testing.T) {
		f := newFake(t, nil)
		if err := f.Prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		equal(t, "calls", f.calls(t), "stack init local")
		equal(t, "said", strings.Join(f.said, "\n"), "")
	})
	t.Run("the state of the cloud that runs is left alone", func(t *testing.T) {
		f := newFake(t, map[string]string{stateFile: oneResource, "local.cloud": "now"})
		if err := f.Prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		equal(t, "calls", f.calls(t), "")
	})
	t.Run("the state of a cloud that is gone is dropped, and the user is told how much that was", func(t *testing.T) {
		f := newFake(t, map[string]string{stateFile: oneResource, "local.cloud": "before"})
		if err := f.Prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		equal(t, "calls", f.calls(t), "stack rm --force --yes --preserve-config --stack local\nstack init local")
		equal(t, "said", strings.Join(f.said, "\n"), "stack local: the local cloud was emptied since its last up, and with it 1 resources; starting afresh")
		recorded, _ := os.ReadFile(filepath.Join(f.dir, "local.cloud"))
		equal(t, "recorded cloud", string(recorded), "now")
	})
	t.Run("operations that an interrupted run began are named and read back", func(t *testing.T) {
		f := newFake(t, map[string]string{stateFile: onePending, "local.cloud": "now"})
		if err := f.Prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		equal(t, "calls", f.calls(t), "refresh --yes --skip-preview --clear-pending-creates --stack local")
		equal(t, "said", f.said[0], "stack local: an interrupted run left urn:pulumi:local::sallyport::aws:ec2/vpc:Vpc::web unfinished: creating")
	})
}

func TestRestoreSettings(t *testing.T) {
	const salted = "config: {}\nencryptionsalt: v1:x\n"
	for _, c := range []struct{ name, before, after, want string }{
		{"a salt that the CLI added is taken out again", "config: {}\n", salted, "config: {}\n"},
		{"a salt that was there stays, with all that has changed", salted, salted + "# mine\n", salted + "# mine\n"},
		{"a change by someone else stays", "config: {}\n", "config: {a: b}\n", "config: {a: b}\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFake(t, map[string]string{"Pulumi.local.yaml": c.before, stateFile: empty, "local.cloud": "now"})
			if err := f.Prepare(t.Context()); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(f.dir, "Pulumi.local.yaml")
			if err := os.WriteFile(path, []byte(c.after), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := f.RestoreSettings(); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "settings", string(got), c.want)
		})
	}
}

func TestLocks(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	const path = ".pulumi/locks/organization/sallyport/local/x.json"
	ended := exec.Command("true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	// A link named as the CLI is: the lock's process is told by its command.
	name := filepath.Join(t.TempDir(), "pulumi")
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(sleep, name); err != nil {
		t.Fatal(err)
	}
	living := exec.Command(name, "60")
	if err := living.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = living.Process.Kill()
		_ = living.Wait()
	}()
	for _, c := range []struct {
		name, lock  string
		stays       bool
		said, wrong string
	}{
		{"the lock of a killed run is taken away", fmt.Sprintf(lockTemplate, ended.Process.Pid, host), false,
			"stack local: its last run was killed; taking its lock away", ""},
		{"a lock whose process is another program by now is taken away", fmt.Sprintf(lockTemplate, os.Getpid(), host), false,
			"stack local: its last run was killed; taking its lock away", ""},
		{"the lock of a run that lives stays, and is an error", fmt.Sprintf(lockTemplate, living.Process.Pid, host), true, "",
			fmt.Sprintf("lock of another run: another run (process %d) is at work on stack local; wait for its end, or interrupt it", living.Process.Pid)},
		{"a lock from another machine stays, for the CLI to speak of", fmt.Sprintf(lockTemplate, ended.Process.Pid, "elsewhere"), true, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFake(t, map[string]string{stateFile: empty, "local.cloud": "now", path: c.lock})
			err := f.Prepare(t.Context())
			if c.wrong == "" && err != nil || c.wrong != "" && (err == nil || err.Error() != c.wrong) {
				t.Errorf("error is %v, want %q", err, c.wrong)
			}
			if _, err := os.Stat(filepath.Join(f.dir, path)); (err == nil) != c.stays {
				t.Errorf("the lock stays: %v, want %v", err == nil, c.stays)
			}
			equal(t, "said", strings.Join(f.said, "\n"), c.said)
		})
	}
}

func TestSessions(t *testing.T) {
	t.Run("a plugin that outlives the CLI is ended", func(t *testing.T) {
		if _, err := os.Stat("/proc/self/stat"); err != nil {
			t.Skip("needs /proc")
		}
		f := newFake(t, nil)
		if err := f.Run(t.Context(), "up"); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(f.dir, "plugin"))
		if err != nil {
			t.Fatal(err)
		}
		pid, _ := strconv.Atoi(string(data))
		waitGone(t, pid)
	})
	t.Run("the plugins of a run that was killed with its parent are ended, and nobody else", func(t *testing.T) {
		if _, err := os.Stat("/proc/self/environ"); err != nil {
			t.Skip("needs /proc")
		}
		f := newFake(t, map[string]string{"runs/THEMARK": `{"pid":0,"started":"gone"}`})
		marked := func(mark string) *exec.Cmd {
			cmd := exec.Command("sleep", "60")
			cmd.Env = []string{runVariable + "=" + mark}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
			})
			return cmd
		}
		left, other := marked("THEMARK"), marked("ANOTHER")
		if err := f.EndLeftRuns(); err != nil {
			t.Fatal(err)
		}
		waitGone(t, left.Process.Pid)
		if _, err := process.Identify(other.Process.Pid); err != nil {
			t.Error("the process of another run was ended")
		}
		if _, err := os.Stat(filepath.Join(f.dir, "runs", "THEMARK")); err == nil {
			t.Error("the run is still on file")
		}
	})
	t.Run("none of the user's settings of AWS and Pulumi reaches the CLI", func(t *testing.T) {
		got := merge([]string{"HOME=/h", "AWS_ENDPOINT_URL_S3=http://elsewhere", "AWS_PROFILE=mine", "PULUMI_BACKEND_URL=s3://mine", "PULUMI_DEBUG_COMMANDS=1"},
			map[string]string{"AWS_PROFILE": "", "AWS_REGION": "us-east-1", Passphrase: ""})
		slices.Sort(got)
		want := []string{"AWS_REGION=us-east-1", "HOME=/h", "PULUMI_CONFIG_PASSPHRASE=", "PULUMI_DEBUG_COMMANDS=1"}
		if !slices.Equal(got, want) {
			t.Errorf("it gets %q, want %q", got, want)
		}
	})
	t.Run("the cloud's environment points at the front and has no credentials but test's", func(t *testing.T) {
		t.Setenv("SALLYPORT_FRONT_ADDR", "127.0.0.1:9999")
		cfg, err := cloud.DefaultConfig(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		environ := merge([]string{"HOME=/h", "AWS_PROFILE=mine", "AWS_SESSION_TOKEN=x", "AWS_ENDPOINT_URL_ECR=https://x", "AWS_CA_BUNDLE=/b"}, cloud.Environment(cfg, "eu-west-1"))
		slices.Sort(environ)
		want := "AWS_ACCESS_KEY_ID=test AWS_CONFIG_FILE=/dev/null AWS_DEFAULT_REGION=eu-west-1 AWS_EC2_METADATA_DISABLED=true " +
			"AWS_ENDPOINT_URL=http://127.0.0.1:9999 AWS_REGION=eu-west-1 AWS_SECRET_ACCESS_KEY=test AWS_SHARED_CREDENTIALS_FILE=/dev/null HOME=/h"
		equal(t, "environment", strings.Join(environ, " "), want)
	})
	t.Run("the exit status of the CLI is the caller's to see", func(t *testing.T) {
		f := newFake(t, nil)
		_, err := f.Output(t.Context(), "fail")
		if err == nil || !strings.Contains(err.Error(), "pulumi fail: exit status 3\nwhy it failed") {
			t.Errorf("error is %v", err)
		}
	})
}

// waitGone waits until no process, or only one that waits to be reaped, has the id.
func waitGone(t *testing.T, pid int) {
	t.Helper()
	for range 500 {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || strings.Contains(string(data), ") Z ") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("process %d still runs", pid)
}

func TestStateCountsWhatExistsInTheCloud(t *testing.T) {
	var st checkpoint
	if err := json.Unmarshal([]byte(oneResource), &st); err != nil {
		t.Fatal(err)
	}
	if got := st.custom(); got != 1 {
		t.Errorf("counted %d resources, want 1: components and providers do not count", got)
	}
}

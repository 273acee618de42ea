package process

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// shell starts a shell command in a group of its own, and returns once it has printed a line.
func shell(t *testing.T, script string, environment ...string) (Identity, string) {
	command := exec.Command("sh", "-c", script)
	command.Env = append(os.Environ(), environment...)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL); _ = command.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	identity, err := Identify(command.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	return identity, strings.TrimSpace(line)
}

func TestEnd(t *testing.T) {
	t.Run("a process that obeys ends with its group", func(t *testing.T) {
		parent, child := shell(t, "sleep 600 & echo $!; wait")
		pid := 0
		for _, digit := range child {
			pid = pid*10 + int(digit-'0')
		}
		orphan, err := Identify(pid)
		if err != nil {
			t.Fatal(err)
		}
		if err := End(parent, 10*time.Second); err != nil {
			t.Fatal(err)
		}
		for range 500 {
			if !orphan.Alive() {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if parent.Alive() || orphan.Alive() {
			t.Errorf("parent alive %v, child alive %v", parent.Alive(), orphan.Alive())
		}
	})
	t.Run("a process that ignores the request is forced", func(t *testing.T) {
		stubborn, _ := shell(t, "trap '' TERM; echo ready; while :; do sleep 0.1; done")
		if err := End(stubborn, 200*time.Millisecond); err != nil || stubborn.Alive() {
			t.Errorf("error %v, alive %v", err, stubborn.Alive())
		}
	})
	t.Run("another process with the same id is left alone", func(t *testing.T) {
		bystander, _ := shell(t, "echo ready; sleep 600")
		if err := End(Identity{PID: bystander.PID, Started: "before"}, time.Second); err != nil || !bystander.Alive() {
			t.Errorf("error %v, alive %v", err, bystander.Alive())
		}
	})
	t.Run("no process is nothing to do", func(t *testing.T) {
		if err := End(Identity{}, time.Second); err != nil {
			t.Error(err)
		}
	})
}

func TestWithEnvironment(t *testing.T) {
	marked, _ := shell(t, "echo ready; sleep 600; :", "SALLYPORT_TEST_MARK=a")
	if len(WithEnvironment("PATH", os.Getenv("PATH"))) == 0 {
		t.Skip("this system does not show environments")
	}
	found := map[Identity]bool{}
	for _, one := range WithEnvironment("SALLYPORT_TEST_MARK", "a") {
		found[one] = true
	}
	if !found[marked] || len(WithEnvironment("SALLYPORT_TEST_MARK", "")) != 0 {
		t.Errorf("found %v, want %v in it", found, marked)
	}
}

func TestHolder(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	if got := Holder(port); got != os.Getpid() {
		t.Errorf("process %d, want %d", got, os.Getpid())
	}
	_ = listener.Close()
	if got := Holder(port); got != 0 {
		t.Errorf("process %d has a port that none has", got)
	}
	if got := Command(os.Getpid()); !strings.HasPrefix(got, os.Args[0]) {
		t.Errorf("command %q", got)
	}
}

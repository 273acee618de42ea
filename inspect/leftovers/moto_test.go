package leftovers

import (
	"net"
	"net/http"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
)

// motoRelease is the one whose answers these tests were written against.
const motoRelease = "5.2.1"

// readyLimit is how long moto may take to answer: it takes 1 to 3 s on a quiet machine.
const readyLimit = time.Minute

// startMoto gives the test an AWS of its own.
func startMoto(t *testing.T) aws.Config {
	t.Helper()
	path, err := exec.LookPath("moto_server")
	if err != nil {
		t.Skip("moto_server is not on PATH, so nothing is looked for in an AWS: `pip install 'moto[server]==" + motoRelease + "'`")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(listener.Addr().String())
	_ = listener.Close()
	server := exec.Command(path, "-H", host, "-p", port)
	server.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that the end is that of what the shim started too
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-server.Process.Pid, syscall.SIGKILL)
		_ = server.Wait()
	})
	address := "http://" + net.JoinHostPort(host, port)
	for end := time.Now().Add(readyLimit); ; time.Sleep(50 * time.Millisecond) {
		if answer, err := http.Get(address + "/moto-api/"); err == nil {
			_ = answer.Body.Close()
			break
		}
		if time.Now().After(end) {
			t.Fatalf("moto_server does not answer within %s", readyLimit)
		}
	}
	return awsAt(t, address)
}

// awsAt is the configuration of an AWS at an address, whatever the settings of who runs the test.
func awsAt(t *testing.T, address string) aws.Config {
	t.Helper()
	for key, value := range map[string]string{
		"AWS_ENDPOINT_URL":            address,
		"AWS_ACCESS_KEY_ID":           "test",
		"AWS_SECRET_ACCESS_KEY":       "test",
		"AWS_SESSION_TOKEN":           "",
		"AWS_PROFILE":                 "",
		"AWS_CONFIG_FILE":             "/dev/null",
		"AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
		"AWS_MAX_ATTEMPTS":            "3", // moto closes a connection now and then while it is used
	} {
		t.Setenv(key, value)
	}
	c, err := config.LoadDefaultConfig(t.Context(), config.WithRegion("us-east-1"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

package awsprovider

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// Dynamic is a running dynamic provider with the Terraform AWS provider as its child.
type Dynamic struct {
	pulumirpc.ResourceProviderClient

	cmd     *exec.Cmd
	conn    *grpc.ClientConn
	sockets string
	stop    sync.Once
}

// startLimit bounds the start of the dynamic provider; loading the AWS provider takes seconds, fetching it
// from the registry (about 700 MB unpacked) takes minutes.
const startLimit = 10 * time.Minute

// StartDynamic starts the dynamic provider at path binary and gives it the Terraform AWS provider. Logs go to
// the engine at engineAddr. The folder work keeps the link by which the provider's binary gets the name that
// the dynamic provider derives its package name from.
func StartDynamic(ctx context.Context, binary, engineAddr, work string) (*Dynamic, error) {
	provider, err := FindTerraformProvider()
	if err != nil {
		return nil, err
	}
	args, err := parameters(provider, work)
	if err != nil {
		return nil, err
	}

	logAddr, err := serveLog(ctx, engineAddr)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(binary, logAddr)
	// The sockets of the Terraform provider, which is not given the time to remove them.
	sockets, err := os.MkdirTemp("", "sallyport-")
	if err != nil {
		return nil, fmt.Errorf("folder for sockets: %w", err)
	}
	cmd.Env = append(environment(os.Environ()), "TMPDIR="+sockets)
	cmd.Stderr = os.Stderr
	// A group of its own, so that Stop reaches the Terraform provider too: the dynamic provider leaves it
	// running when it is terminated.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("dynamic provider: %w", err)
	}
	if err := cmd.Start(); err != nil {
		_ = os.RemoveAll(sockets)
		return nil, fmt.Errorf("dynamic provider: %w; `make up` builds it", err)
	}
	d := &Dynamic{cmd: cmd, sockets: sockets}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if err := d.connect(ctx, stdout, args); err != nil {
		d.Stop()
		return nil, err
	}
	return d, nil
}

func (d *Dynamic) connect(ctx context.Context, stdout io.Reader, args []string) error {
	lines := bufio.NewReader(stdout)
	line, err := lines.ReadString('\n')
	if err != nil {
		return fmt.Errorf("dynamic provider: it ended before it told its port: %w", err)
	}
	port, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		return fmt.Errorf("dynamic provider: its first line is %q, not a port", strings.TrimSpace(line))
	}
	go func() { _, _ = io.Copy(os.Stderr, lines) }()

	d.conn, err = grpc.NewClient("127.0.0.1:"+strconv.Itoa(port),
		grpc.WithTransportCredentials(insecure.NewCredentials()), rpcutil.GrpcChannelOptions())
	if err != nil {
		return fmt.Errorf("dynamic provider: %w", err)
	}
	d.ResourceProviderClient = pulumirpc.NewResourceProviderClient(d.conn)
	_, err = d.Parameterize(ctx, &pulumirpc.ParameterizeRequest{
		Parameters: &pulumirpc.ParameterizeRequest_Args{Args: &pulumirpc.ParameterizeRequest_ParametersArgs{Args: args}},
	}, grpc.WaitForReady(true))
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("dynamic provider: the Terraform AWS provider was not ready within %s", startLimit)
	}
	if err != nil {
		return fmt.Errorf("dynamic provider: Terraform AWS provider %s: %w", TerraformVersion, err)
	}
	return nil
}

// parameters are the arguments that tell the dynamic provider which Terraform provider to run.
func parameters(provider, work string) ([]string, error) {
	args := []string{"--include", strings.Join(terraformTypes(), ",")}
	if provider == "" {
		return append(args, "hashicorp/aws", TerraformVersion), nil
	}
	if err := os.MkdirAll(work, 0o755); err != nil {
		return nil, fmt.Errorf("folder for the Terraform provider: %w", err)
	}
	link := filepath.Join(work, "terraform-provider-aws")
	if current, err := os.Readlink(link); err != nil || current != provider {
		// Linked under another name first: two starts at once must both find a whole link.
		temporary := link + "." + strconv.Itoa(os.Getpid())
		if err := os.Symlink(provider, temporary); err != nil {
			return nil, fmt.Errorf("link to the Terraform provider: %w", err)
		}
		if err := os.Rename(temporary, link); err != nil {
			return nil, fmt.Errorf("link to the Terraform provider: %w", err)
		}
	}
	return append(args, link), nil
}

// environment leaves out AWS_CA_BUNDLE: with it set, the provider fails when one process is configured twice.
func environment(env []string) []string {
	var kept []string
	for _, pair := range env {
		if !strings.HasPrefix(pair, "AWS_CA_BUNDLE=") {
			kept = append(kept, pair)
		}
	}
	return kept
}

// Stop ends the dynamic provider and the Terraform provider below it. It may be called more than once.
func (d *Dynamic) Stop() {
	d.stop.Do(func() {
		if d.conn != nil {
			_ = d.conn.Close()
		}
		group := -d.cmd.Process.Pid
		_ = syscall.Kill(group, syscall.SIGTERM)
		done := make(chan struct{})
		go func() {
			_ = d.cmd.Wait()
			close(done)
		}()
		select {
		case <-done:
		case <-time.After(5 * time.Second):
		}
		_ = syscall.Kill(group, syscall.SIGKILL)
		_ = os.RemoveAll(d.sockets)
	})
}

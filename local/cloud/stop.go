package cloud

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"time"

	"sallyport/local/cloud/moto"
	"sallyport/local/cloud/process"
)

// stopLimit is how long a daemon may take to stop before it is killed: closeLimit, and 3 s for moto.
const stopLimit = closeLimit + 6*time.Second

// Stop ends the cloud that runs in cfg.Dir, with its content, and whatever one that was killed left behind. It reports
// whether any ran, and fails when something is left. out is told what is done.
func Stop(ctx context.Context, cfg Config, out io.Writer) (stopped bool, err error) {
	stopped, err = stop(ctx, cfg, out)
	if err != nil {
		err = fmt.Errorf("local cloud: %w", err)
	}
	return stopped, err
}

func stop(ctx context.Context, cfg Config, out io.Writer) (bool, error) {
	if _, err := os.Stat(cfg.Dir); err == nil {
		unlock, err := lock(ctx, cfg)
		if err != nil {
			return false, err
		}
		defer unlock()
	}
	running, err := find(ctx, cfg)
	if err != nil {
		return false, sweep(cfg)
	}
	fmt.Fprintf(out, "Stopping the local cloud (process %d)\n", running.Process.PID)
	if err := end(running); err != nil {
		return true, err
	}
	return true, sweep(cfg)
}

// end ends a daemon and its moto, and waits until the ports are free: a process that was killed gives them up a little
// after its end.
func end(running Status) error {
	failures := []error{process.End(running.Process, stopLimit), process.End(running.Moto.Identity, stopLimit)}
	for _, address := range []string{running.Config.FrontAddr, running.Config.RegistryAddr} {
		var err error
		for range 100 {
			if err = free(address); err == nil {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("it has ended, but something still has its port: %w (%s)", err, holder(address)))
		}
	}
	return errors.Join(failures...)
}

// free fails when an address can't be listened on.
func free(address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	return listener.Close()
}

// sweep ends what a daemon that was killed left behind, and removes its record.
func sweep(cfg Config) error {
	var failures []error
	// A daemon that is frozen, and whose folder was deleted, is found by nothing else. It goes before its moto, which it
	// would start again.
	left := append(process.WithEnvironment(marker, cfg.Dir), process.WithEnvironment(moto.Marker, cfg.Dir)...)
	if recorded, err := readRecord(cfg); err == nil {
		left = append(left, recorded.Moto.Identity)
	}
	for _, one := range left {
		failures = append(failures, process.End(one, stopLimit))
	}
	failures = append(failures, sweepTasks(cfg))
	if err := os.Remove(recordFile(cfg)); err != nil && !os.IsNotExist(err) {
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

// inUse explains why an address can't be listened on.
func inUse(address, variable string, err error) error {
	return fmt.Errorf("%w (%s): stop that program, or set %s to another loopback address and port", err, holder(address), variable)
}

// holder names the program that listens on the port of an address.
func holder(address string) string {
	_, text, _ := net.SplitHostPort(address)
	port, _ := strconv.Atoi(text)
	pid := process.Holder(port)
	if pid == 0 {
		return "which program has the port can't be seen: try `ss -ltnp` or `lsof -i:" + text + "` as root"
	}
	return fmt.Sprintf("process %d has the port: %.120s", pid, process.Command(pid))
}

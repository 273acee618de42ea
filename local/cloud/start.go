package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"sallyport/local/cloud/moto"
	"sallyport/local/cloud/process"
)

// readyLimit is how long a daemon may take until it answers. It takes 1 to 3 s on a laptop, almost all of it moto's.
const readyLimit = 90 * time.Second

// Start makes sure that a cloud runs in cfg.Dir and answers, and returns its status. A running one is kept; one that
// does not answer, or of another version or configuration, is replaced. out is told what is done, one line a step.
//
// The daemon is the executable of this process with the argument "serve": it must call Serve with InheritedConfig.
func Start(ctx context.Context, cfg Config, out io.Writer) (Status, error) {
	status, err := start(ctx, cfg, out)
	if err != nil {
		return Status{}, fmt.Errorf("local cloud: %w", err)
	}
	return status, nil
}

func start(ctx context.Context, cfg Config, out io.Writer) (Status, error) {
	if err := errors.Join(cfg.validate(), os.MkdirAll(cfg.Dir, 0o755)); err != nil {
		return Status{}, err
	}
	unlock, err := lock(ctx, cfg)
	if err != nil {
		return Status{}, err
	}
	defer unlock()
	if status, keep, err := heal(ctx, cfg, out); keep || err != nil {
		return status, err
	}
	for _, address := range [][2]string{{cfg.FrontAddr, frontVariable}, {cfg.RegistryAddr, registryVariable}} {
		if err := free(address[0]); err != nil {
			return Status{}, inUse(address[0], address[1], err)
		}
	}
	if cfg.MotoServer == "" {
		if cfg.MotoServer, err = moto.Find(ctx, cfg.Dir, out); err != nil {
			return Status{}, err
		}
	}
	return launch(ctx, cfg, out)
}

// heal looks at what runs or was left behind. It returns the status of a cloud that is to be kept, and otherwise
// clears the way for a new one.
func heal(ctx context.Context, cfg Config, out io.Writer) (Status, bool, error) {
	running, err := find(ctx, cfg)
	if err == nil {
		why := ""
		status, err := waitReady(ctx, running, 5*time.Second)
		wanted := cfg
		if wanted.MotoServer == "" {
			wanted.MotoServer = running.Config.MotoServer
		}
		switch {
		case ctx.Err() != nil:
			return Status{}, false, context.Cause(ctx)
		case err != nil:
			why = "does not answer"
		case running.Version != Version:
			why = fmt.Sprintf("is of version %d, and this is version %d", running.Version, Version)
		case running.Config != wanted:
			why = "has other settings"
		case missing(recordFile(cfg)) || missing(cfg.RegistryDir):
			why = "has lost its folder"
		default:
			if status.Build != build() {
				fmt.Fprintln(out, "The running local cloud is of another build of this command; `make local-stop` ends it, and its content with it.")
			}
			return status, true, nil
		}
		fmt.Fprintf(out, "The running local cloud (process %d) %s: it is replaced, and its content is lost.\n", running.Process.PID, why)
		if err := end(running); err != nil {
			return Status{}, false, err
		}
	} else if !missing(recordFile(cfg)) {
		fmt.Fprintln(out, "The local cloud was ended from outside; it starts again, empty.")
	}
	return Status{}, false, sweep(cfg)
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return os.IsNotExist(err)
}

// waitReady returns the status of a running cloud once moto answers too.
func waitReady(ctx context.Context, running Status, limit time.Duration) (Status, error) {
	for deadline := time.Now().Add(limit); ; {
		status, err := ask(ctx, running.Config.FrontAddr)
		if err == nil && status.Process == running.Process && status.Ready {
			return status, nil
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			return Status{}, errors.Join(err, errors.New("not ready in time"))
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// launch starts the daemon and waits until it answers.
func launch(ctx context.Context, cfg Config, out io.Writer) (Status, error) {
	executable, err := os.Executable()
	if err != nil {
		return Status{}, err
	}
	settings, err := json.Marshal(cfg)
	if err != nil {
		return Status{}, err
	}
	logFile, err := os.OpenFile(LogFile(cfg), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return Status{}, err
	}
	defer logFile.Close()
	from, err := logFile.Seek(0, io.SeekEnd)
	if err != nil {
		return Status{}, err
	}
	daemon := exec.Command(executable, "serve")
	daemon.Dir = cfg.Dir
	daemon.Stdout, daemon.Stderr = logFile, logFile
	daemon.Env = append(withoutCredentials(os.Environ()), configVariable+"="+string(settings), marker+"="+cfg.Dir)
	// A session of its own: it outlives the terminal, and Ctrl-C there is not for it.
	daemon.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	fmt.Fprintln(out, "Starting the local cloud")
	if err := daemon.Start(); err != nil {
		return Status{}, err
	}
	ended := make(chan struct{})
	go func() { _ = daemon.Wait(); close(ended) }()
	deadline := time.After(readyLimit)
	for {
		status, err := ask(ctx, cfg.FrontAddr)
		if err == nil && status.Process.PID == daemon.Process.Pid && status.Ready {
			return status, nil
		}
		var failure error
		select {
		case <-ended:
			return Status{}, fmt.Errorf("it ended while it started:\n%s", logSince(cfg, from))
		case <-ctx.Done():
			failure = context.Cause(ctx)
		case <-deadline:
			failure = fmt.Errorf("it did not answer within %s:\n%s", readyLimit, logSince(cfg, from))
		case <-time.After(50 * time.Millisecond):
			continue
		}
		if identity, err := process.Identify(daemon.Process.Pid); err == nil {
			failure = errors.Join(failure, process.End(identity, stopLimit))
		}
		return Status{}, errors.Join(failure, sweep(cfg))
	}
}

// withoutCredentials leaves out what the daemon has no use for and must not keep for its long life.
func withoutCredentials(environ []string) (kept []string) {
	for _, variable := range environ {
		name, _, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, "AWS_") && !strings.HasPrefix(name, "PULUMI_") && !strings.Contains(name, "TOKEN") &&
			!strings.Contains(name, "SECRET") && !strings.Contains(name, "PASSWORD") && name != configVariable && name != marker {
			kept = append(kept, variable)
		}
	}
	return kept
}

// logSince returns what a daemon wrote, for an error message.
func logSince(cfg Config, from int64) string {
	content, err := os.ReadFile(LogFile(cfg))
	if err != nil {
		return err.Error()
	}
	content = content[min(from, int64(len(content))):]
	text := strings.TrimSpace(string(content[max(0, len(content)-4000):]))
	// What the daemon said at its end is enough; its log has the rest.
	var plain []string
	for _, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(line, "time=") {
			plain = append(plain, line)
		}
	}
	if plain != nil {
		text = strings.Join(plain, "\n")
	}
	return text + "\nIts log is " + LogFile(cfg)
}

// lock keeps two commands from starting or stopping the same cloud at once.
func lock(ctx context.Context, cfg Config) (func(), error) {
	unlock, err := process.Lock(ctx, filepath.Join(cfg.Dir, "lock"), func() {})
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("another command is starting or stopping it: %w", err)
	}
	return unlock, err
}

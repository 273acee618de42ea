// Package stack runs the Pulumi CLI of the tool chain on the project, against the local cloud, and keeps the
// two in step: a state that belongs to a cloud which is gone is set aside before it can mislead an update.
package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

// Stack is one Pulumi stack of the project, deployed to the local cloud.
type Stack struct {
	Name    string
	Project string            // folder of Pulumi.yaml
	Dir     string            // folder of the state backend
	CLI     string            // path of the Pulumi CLI
	Env     map[string]string // added to the process's own environment
	CloudID string            // of the running local cloud; a new one means that its content is gone

	// Progress receives a line for each thing that is healed.
	Progress func(format string, args ...any)

	settings []byte // of Pulumi.NAME.yaml, before the CLI was run
}

// Passphrase is the one variable that means something when it is empty.
const Passphrase = "PULUMI_CONFIG_PASSPHRASE"

// Environment is what the CLI needs beside the cloud's: its home, its state backend, and nothing that asks
// or downloads.
func Environment(home, state, bin string) map[string]string {
	path := os.Getenv("PATH")
	if bin != "" {
		path = bin + string(os.PathListSeparator) + path
	}
	return map[string]string{
		"PULUMI_HOME":        home,
		"PULUMI_BACKEND_URL": "file://" + state,
		// The state holds nothing but the local cloud's values, so an empty passphrase guards enough.
		Passphrase:                                    "",
		"PULUMI_CONFIG_PASSPHRASE_FILE":               "",
		"PULUMI_ACCESS_TOKEN":                         "",
		"PULUMI_STACK":                                "",
		"PULUMI_SKIP_UPDATE_CHECK":                    "true",
		"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
		"PATH": path,
	}
}

// Run runs a command of the CLI with the terminal's own input and output. SIGINT and SIGTERM reach the CLI,
// which then finishes the steps under way; whatever plugin outlives the CLI is ended.
func (s *Stack) Run(ctx context.Context, args ...string) error {
	cmd := s.command(ctx, args)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return s.session(cmd)
}

// Output runs a command of the CLI and returns its standard output.
func (s *Stack) Output(ctx context.Context, args ...string) ([]byte, error) {
	cmd := s.command(ctx, args)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := s.session(cmd); err != nil {
		return nil, fmt.Errorf("pulumi %s: %w\n%s", strings.Join(args, " "), err, strings.TrimSpace(errs.String()))
	}
	return out.Bytes(), nil
}

func (s *Stack) command(ctx context.Context, args []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, s.CLI, args...)
	cmd.Dir = s.Project
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Env = s.Environ()
	return cmd
}

// Environ is the environment of the CLI, and of whatever else is to talk to the local cloud alone.
func (s *Stack) Environ() []string { return merge(os.Environ(), s.Env) }

// merge is base without any setting of AWS or Pulumi, which are the user's own (an endpoint of one service, a backend,
// a passphrase), and with extra. An empty value leaves the variable unset, but for the passphrase.
func merge(base []string, extra map[string]string) []string {
	var merged []string
	for _, pair := range base {
		name, _, _ := strings.Cut(pair, "=")
		_, overridden := extra[name]
		foreign := strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "PULUMI_") && name != debugCommands
		if !overridden && !foreign {
			merged = append(merged, pair)
		}
	}
	for name, value := range extra {
		if value != "" || name == Passphrase {
			merged = append(merged, name+"="+value)
		}
	}
	return merged
}

// debugCommands shows the CLI's hidden options, such as the event log.
const debugCommands = "PULUMI_DEBUG_COMMANDS"

// session runs the CLI in a session of its own, so that an interrupt of the terminal reaches it once, from here, and
// ends what it leaves behind.
func (s *Stack) session(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	mark, record, end := s.newRun()
	cmd.Env = append(cmd.Env, runVariable+"="+mark)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("pulumi: %w", err)
	}
	record(cmd.Process.Pid)
	defer end()
	done := make(chan struct{})
	defer close(done)
	go func() {
		for {
			select {
			case sig := <-signals:
				if sig == syscall.SIGHUP { // the CLI does not know it, and would be left without its terminal
					sig = syscall.SIGTERM
				}
				_ = cmd.Process.Signal(sig)
			case <-done:
				return
			}
		}
	}()
	return cmd.Wait()
}

// Outputs are the stack's exported values; none for a stack that was never deployed.
func (s *Stack) Outputs(ctx context.Context) (map[string]any, error) {
	out, err := s.Output(ctx, "stack", "output", "--json", "--stack", s.Name)
	if err != nil {
		return nil, err
	}
	outputs := map[string]any{}
	if err := json.Unmarshal(out, &outputs); err != nil {
		return nil, fmt.Errorf("stack outputs: %w", err)
	}
	return outputs, nil
}

// Prepare makes sure that the stack exists, that nothing of an interrupted run is in its way, and that its
// state describes the cloud that runs now.
func (s *Stack) Prepare(ctx context.Context) error {
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return fmt.Errorf("state folder: %w", err)
	}
	settings, err := os.ReadFile(s.settingsFile())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	s.settings = settings
	if err := s.EndLeftRuns(); err != nil {
		return fmt.Errorf("processes of an interrupted run: %w", err)
	}
	if err := s.unlock(); err != nil {
		return fmt.Errorf("lock of another run: %w", err)
	}
	if err := s.mend(); err != nil {
		return fmt.Errorf("state of an interrupted run: %w", err)
	}
	state, exists, err := s.state()
	if err != nil {
		return err
	}
	if exists {
		gone, err := s.forgetGoneCloud(ctx, state)
		if err != nil {
			return fmt.Errorf("state of a cloud that is gone: %w", err)
		}
		exists = !gone
	}
	if !exists {
		state = checkpoint{}
		if _, err := s.Output(ctx, "stack", "init", s.Name); err != nil {
			return err
		}
	}
	if err := s.clearPending(ctx, state); err != nil {
		return fmt.Errorf("operations of an interrupted run: %w", err)
	}
	return s.recordCloud()
}

// recordCloud notes which cloud the state belongs to: whole or not at all.
func (s *Stack) recordCloud() error {
	if recorded, err := os.ReadFile(s.cloudFile()); err == nil && string(recorded) == s.CloudID {
		return nil
	}
	temporary := s.cloudFile() + ".new"
	if err := os.WriteFile(temporary, []byte(s.CloudID), 0o644); err != nil {
		return err
	}
	return os.Rename(temporary, s.cloudFile())
}

func (s *Stack) settingsFile() string { return filepath.Join(s.Project, "Pulumi."+s.Name+".yaml") }

// RestoreSettings puts the stack's settings back as they were at Prepare. The CLI adds a salt for the passphrase, which
// is empty here: in the settings of a stack on AWS it would put that stack's secrets under an empty passphrase.
func (s *Stack) RestoreSettings() error {
	salt := []byte("encryptionsalt:")
	now, err := os.ReadFile(s.settingsFile())
	if err != nil || bytes.Contains(s.settings, salt) || !bytes.Contains(now, salt) {
		return nil
	}
	return os.WriteFile(s.settingsFile(), s.settings, 0o644)
}

func (s *Stack) cloudFile() string { return filepath.Join(s.Dir, s.Name+".cloud") }

// forgetGoneCloud drops the state of a stack whose cloud was stopped or lost since: none of its resources
// exist any more, and reading each of them to find that out takes longer than starting afresh.
func (s *Stack) forgetGoneCloud(ctx context.Context, state checkpoint) (bool, error) {
	recorded, err := os.ReadFile(s.cloudFile())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return false, err
	}
	if string(recorded) == s.CloudID {
		return false, nil
	}
	if n := state.custom(); n > 0 {
		s.Progress("stack %s: the local cloud was emptied since its last up, and with it %d resources; starting afresh", s.Name, n)
	}
	_, err = s.Output(ctx, "stack", "rm", "--force", "--yes", "--preserve-config", "--stack", s.Name)
	return true, err
}

// clearPending takes note of what an interrupted run had begun: the CLI was killed while the cloud was at
// work, so whether a resource was made is not known to the state.
func (s *Stack) clearPending(ctx context.Context, state checkpoint) error {
	pending := state.Checkpoint.Latest.PendingOperations
	if len(pending) == 0 {
		return nil
	}
	for _, op := range pending {
		s.Progress("stack %s: an interrupted run left %s unfinished: %s", s.Name, op.Resource.URN, op.Type)
	}
	s.Progress("stack %s: reading what is really there", s.Name)
	_, err := s.Output(ctx, "refresh", "--yes", "--skip-preview", "--clear-pending-creates", "--stack", s.Name)
	return err
}

// checkpoint is what of a state file is needed here. The file is read rather than asked of the CLI, whose
// start would be most of the time of a warm preview.
type checkpoint struct {
	Checkpoint struct {
		Latest struct {
			Resources []struct {
				Custom bool   `json:"custom"`
				Type   string `json:"type"`
			} `json:"resources"`
			PendingOperations []struct {
				Resource struct {
					URN string `json:"urn"`
				} `json:"resource"`
				Type string `json:"type"`
			} `json:"pending_operations"`
		} `json:"latest"`
	} `json:"checkpoint"`
}

// custom counts the resources that exist in the cloud: neither components nor providers.
func (c checkpoint) custom() int {
	n := 0
	for _, r := range c.Checkpoint.Latest.Resources {
		if r.Custom && !strings.HasPrefix(r.Type, "pulumi:") {
			n++
		}
	}
	return n
}

// stateFile is the path of the stack's state, or "" where the stack does not exist.
func (s *Stack) stateFile() (string, error) {
	files, err := filepath.Glob(filepath.Join(s.Dir, ".pulumi", "stacks", "*", s.Name+".json"))
	if err != nil || len(files) == 0 {
		return "", err
	}
	return files[0], nil
}

// state reads the stack's state; false where the stack does not exist.
func (s *Stack) state() (checkpoint, bool, error) {
	var c checkpoint
	file, err := s.stateFile()
	if err != nil || file == "" {
		return c, false, err
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return c, false, fmt.Errorf("stack's state: %w", err)
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return c, false, fmt.Errorf("stack's state %s: %w", file, err)
	}
	return c, true, nil
}

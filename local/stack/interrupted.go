package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"sallyport/local/cloud/process"
)

// unlock removes the lock of a run that no longer lives. A lock whose process lives is left alone: the CLI
// then refuses, and says who holds it.
func (s *Stack) unlock(ctx context.Context) error {
	locks, err := filepath.Glob(filepath.Join(s.Dir, ".pulumi", "locks", "*", "*", s.Name, "*.json"))
	if err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	for _, path := range locks {
		data, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) {
			continue // its run has just ended
		}
		if err != nil {
			return err
		}
		var lock struct {
			Pid      int    `json:"pid"`
			Hostname string `json:"hostname"`
		}
		if err := json.Unmarshal(data, &lock); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if lock.Hostname != host || alive(lock.Pid) {
			return nil
		}
	}
	if len(locks) == 0 {
		return nil
	}
	s.Progress("stack %s: its last run was killed; taking its lock away", s.Name)
	_, err = s.Output(ctx, "cancel", "--yes", "--stack", s.Name)
	return err
}

// alive is false for a process that has ended and waits for its parent to notice: where process 1 does not reap, as
// in many containers, a killed CLI stays in that state.
func alive(pid int) bool {
	_, err := process.Identify(pid)
	return err == nil
}

func (s *Stack) sessionFile(leader int) string {
	return filepath.Join(s.Dir, "sessions", strconv.Itoa(leader))
}

// noteSession writes down which session the CLI runs in, for a run that can't clean up because it is killed
// itself. Failing to is no reason to stop: it only makes that clean-up impossible.
func (s *Stack) noteSession(leader int) {
	_ = os.MkdirAll(filepath.Join(s.Dir, "sessions"), 0o755)
	_ = os.WriteFile(s.sessionFile(leader), nil, 0o644)
}

func (s *Stack) forgetSession(leader int) { _ = os.Remove(s.sessionFile(leader)) }

// EndLeftSessions ends the plugins of runs whose CLI and whose parent were killed. The number of a session
// with processes in it is not given to another one, so none but ours can be met.
func (s *Stack) EndLeftSessions() error {
	entries, err := os.ReadDir(filepath.Join(s.Dir, "sessions"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if leader, err := strconv.Atoi(e.Name()); err == nil && !alive(leader) {
			endSession(leader)
			s.forgetSession(leader)
		}
	}
	return err
}

// endSession ends every process of a session whose leader is gone. It needs /proc; elsewhere, plugins notice
// by themselves that the engine no longer answers.
func endSession(leader int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		data, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		// The command's name, in parentheses, may hold spaces: fields count from behind it.
		_, fields, ok := strings.Cut(string(data), ") ")
		if !ok {
			continue
		}
		if f := strings.Fields(fields); len(f) > 3 && f[3] == strconv.Itoa(leader) {
			if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil && pid != leader {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
	}
}

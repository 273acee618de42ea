package stack

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sallyport/local/cloud/process"
)

// unlock removes the locks of runs that no longer live, and those alone: another run may have taken one meanwhile. A
// run that lives is an error. What holds a lock on another machine can't be seen from here; the CLI says so.
func (s *Stack) unlock() error {
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
		switch {
		case lock.Hostname != host:
		case holds(lock.Pid):
			return fmt.Errorf("another run (process %d) is at work on stack %s; wait for its end, or interrupt it", lock.Pid, s.Name)
		default:
			s.Progress("stack %s: its last run was killed; taking its lock away", s.Name)
			if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// mend repairs what a run that was killed while it wrote has left of the state. The backend replaces a state as a whole,
// but writes a file of attributes beside it in place: killed in between, it leaves an empty one, which no later run could
// read. Without that file, the attributes are the usual ones.
func (s *Stack) mend() error {
	root := filepath.Join(s.Dir, ".pulumi")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".attrs" {
			return err
		}
		if data, err := os.ReadFile(path); err != nil || json.Valid(data) {
			return err
		}
		return os.Remove(path)
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := s.stateFile()
	if err != nil || file == "" {
		return err
	}
	data, err := os.ReadFile(file)
	if err != nil || json.Valid(data) {
		return err
	}
	before, err := os.ReadFile(file + ".bak")
	if err != nil || !json.Valid(before) {
		return fmt.Errorf("%s is cut off, and there is no whole one before it; `make local-stop`, and a `make up` after the file is deleted, starts afresh", file)
	}
	s.Progress("stack %s: its state is cut off; going on from the one before it", s.Name)
	return os.WriteFile(file, before, 0o644)
}

// holds tells whether the process is a CLI that runs. Its number may have gone to another program since. A killed CLI
// that its parent has not noticed, as where process 1 does not reap, does not count.
func holds(pid int) bool {
	if _, err := process.Identify(pid); err != nil {
		return false
	}
	command := process.Command(pid)
	return command == "" || strings.Contains(command, "pulumi")
}

// runVariable marks every process of a run: the CLI, and the plugins that it starts. Unlike a process's number it is
// never used again.
const runVariable = "SALLYPORT_RUN"

// newRun is the mark of one run, and the file that tells of it until the run has ended. Without the file, a clean-up
// after this very process was killed is not possible; that is no reason to stop.
func (s *Stack) newRun() (mark string, record func(pid int), end func()) {
	mark = rand.Text()
	file := filepath.Join(s.Dir, "runs", mark)
	record = func(pid int) {
		id, err := process.Identify(pid)
		if err != nil {
			return // it has ended already
		}
		if data, err := json.Marshal(id); err == nil && os.MkdirAll(filepath.Dir(file), 0o755) == nil {
			_ = os.WriteFile(file, data, 0o644)
		}
	}
	end = func() {
		endMarked(mark)
		_ = os.Remove(file)
	}
	return mark, record, end
}

// EndLeftRuns ends the plugins of runs whose CLI and whose parent were killed.
func (s *Stack) EndLeftRuns() error {
	dir := filepath.Join(s.Dir, "runs")
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, entry := range entries {
		file := filepath.Join(dir, entry.Name())
		var cli process.Identity
		if data, err := os.ReadFile(file); err != nil || json.Unmarshal(data, &cli) == nil && cli.Alive() {
			continue
		}
		endMarked(entry.Name())
		_ = os.Remove(file)
	}
	return err
}

// endMarked ends every process of a run. It needs /proc; elsewhere, plugins notice by themselves that the engine no
// longer answers.
func endMarked(mark string) {
	for _, one := range process.WithEnvironment(runVariable, mark) {
		_ = process.End(one, time.Second)
	}
}

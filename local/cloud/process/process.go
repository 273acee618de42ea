// Package process names, finds and ends operating system processes without ever touching a process that is not
// verifiably the one meant: a process id alone is not enough, because ids are used again.
package process

import (
	"errors"
	"fmt"
	"syscall"
	"time"
)

// Identity names one process for good: its id together with when it started.
// Its zero value names no process.
type Identity struct {
	PID int `json:"pid"`
	// Started is opaque: two readings for the same process are equal, and no later process with the same id has it.
	Started string `json:"started"`
}

// Identify returns the identity of the process that has this id now. It fails when there is none, and for a process
// that has ended and only waits to be reaped.
func Identify(pid int) (Identity, error) {
	if pid <= 0 {
		return Identity{}, fmt.Errorf("process %d: not a process id", pid)
	}
	started, err := startOf(pid)
	if err != nil {
		return Identity{}, fmt.Errorf("process %d: %w", pid, err)
	}
	return Identity{PID: pid, Started: started}, nil
}

// Alive reports whether this very process still runs.
func (id Identity) Alive() bool {
	now, err := Identify(id.PID)
	return err == nil && now == id
}

// End asks the process to end (SIGTERM) and forces it (SIGKILL) when it still runs after grace.
// When the process leads its own group, the whole group gets the signals. It returns nil once the process is gone,
// and does nothing when it is gone already.
func End(id Identity, grace time.Duration) error {
	if !id.Alive() {
		return nil
	}
	target := id.PID
	if group, err := syscall.Getpgid(id.PID); err == nil && group == id.PID {
		target = -id.PID
	}
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGTERM, grace}, {syscall.SIGKILL, 5 * time.Second}} {
		if err := syscall.Kill(target, step.signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("process %d: %s: %w", id.PID, step.signal, err)
		}
		for deadline := time.Now().Add(step.wait); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
			if !id.Alive() {
				// The leader is gone; members of its group that ignored the signal must not stay behind. The group's
				// number can't be taken by others as long as one of them lives.
				if target < 0 {
					_ = syscall.Kill(target, syscall.SIGKILL)
				}
				return nil
			}
		}
	}
	return fmt.Errorf("process %d still runs after SIGKILL: look at it with `ps -o pid,stat,command -p %d`", id.PID, id.PID)
}

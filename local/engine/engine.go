// Package engine is the Docker engine of this machine: it finds one, installs
// and starts one where none is, stops the one that it started, and holds the
// base image that the web app is built from.
package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/moby/moby/client"
)

// Progress receives one line of plain words per step of long work.
type Progress func(format string, args ...any)

// Options say where the engine's files live.
type Options struct {
	// Dir holds the log, the pid file and the record of an engine that we
	// started ourselves, for example .local/docker. Required.
	Dir string
}

// Engine is a Docker engine that answered.
type Engine struct {
	// Host is the address in the form of DOCKER_HOST, for example
	// unix:///var/run/docker.sock.
	Host string
	// Version is the engine's own version, for example 20.10.24.
	Version string
	// Ours is true where Ensure started the engine and Stop will end it.
	Ours bool

	client *client.Client
}

// Client returns the API client of the engine. It reads no configuration of
// the docker command: credentials are given call by call.
func (e *Engine) Client() *client.Client { return e.client }

// Close lets go of the connections to the engine. The engine runs on.
func (e *Engine) Close() error { return e.client.Close() }

// pingTimeout bounds the answer of an engine that runs: measured in
// milliseconds, but a busy machine may take longer.
const pingTimeout = 5 * time.Second

// Find returns the engine that runs: the one DOCKER_HOST names, else the first
// that answers on this machine's usual sockets. Where none does, the error says
// why and what to do next.
func Find(ctx context.Context) (*Engine, error) {
	if host := os.Getenv(client.EnvOverrideHost); host != "" {
		e, err := dial(ctx, client.FromEnv)
		if err != nil {
			return nil, fmt.Errorf("the Docker engine does not answer at %s (from DOCKER_HOST): %w; "+
				"start it, or unset DOCKER_HOST to use this machine's own", host, err)
		}
		return e, nil
	}
	var failed error
	for _, socket := range sockets() {
		e, err := dial(ctx, client.WithHost("unix://"+socket))
		if err == nil {
			return e, nil
		}
		if failed == nil {
			failed = notAnswering(thisMachine(), socket, err)
		}
	}
	return nil, failed
}

// Ensure returns a running engine. Where none answers and we are root on Debian
// or a system derived from it, it installs Debian's docker.io and starts it;
// everywhere else the error says what to install or to start.
func Ensure(ctx context.Context, opts Options, progress Progress) (*Engine, error) {
	e, err := Find(ctx)
	if err == nil {
		e.Ours = ownDockerd(opts.Dir).running()
		return e, nil
	}
	if os.Getenv(client.EnvOverrideHost) != "" {
		return nil, err
	}
	m := thisMachine()
	if !m.canStart() {
		return nil, err
	}
	if !m.hasDockerd {
		if err := m.install(ctx, progress, "Docker's engine", "docker.io", "iptables"); err != nil {
			return nil, fmt.Errorf("the Docker engine: %w", err)
		}
		// Where an init system runs, the package has had its service started.
		if e, err = Find(ctx); err == nil || m.systemd {
			return e, err
		}
	}
	if err := start(ctx, opts.Dir, progress); err != nil {
		return nil, fmt.Errorf("the Docker engine: %w", err)
	}
	e, err = Find(ctx)
	if err != nil {
		return nil, err
	}
	e.Ours = true
	return e, nil
}

// State is what Status found.
type State struct {
	// Running is true where an engine answers.
	Running bool
	// Ours is true where the engine was started by Ensure with the same Dir.
	Ours bool
	// Host and Version are the engine's, empty where none answers.
	Host, Version string
	// PID is the process of our own engine, 0 where it is not ours.
	PID int
	// Log is the file that our own engine writes to.
	Log string
	// Reason says why no engine answers, and what to do next.
	Reason string
}

// Status reports the engine without changing anything.
func Status(ctx context.Context, opts Options) State {
	own := ownDockerd(opts.Dir)
	s := State{Log: own.log()}
	if own.running() {
		s.Ours, s.PID = true, own.PID
	}
	e, err := Find(ctx)
	if err != nil {
		s.Reason = err.Error()
		return s
	}
	defer e.Close()
	s.Running, s.Host, s.Version = true, e.Host, e.Version
	return s
}

// Stop ends the engine that Ensure started with the same Dir and its children,
// and returns once they are gone. An engine that someone else started is left
// alone, and so is one in which containers still run: they are someone's.
// Stopping what does not run is no error.
func Stop(ctx context.Context, opts Options, progress Progress) error {
	own := ownDockerd(opts.Dir)
	if !own.running() {
		return own.forget()
	}
	if names := containers(ctx); len(names) > 0 {
		progress("the Docker engine (pid %d) goes on, since containers run in it that are not of this local cloud: %s", own.PID, strings.Join(names, ", "))
		return nil
	}
	progress("stopping the Docker engine (pid %d)", own.PID)
	if err := own.stop(ctx); err != nil {
		return fmt.Errorf("the Docker engine: %w", err)
	}
	return own.forget()
}

// containers returns the names of those that run.
func containers(ctx context.Context) []string {
	e, err := Find(ctx)
	if err != nil {
		return nil // it does not answer, so nothing can be said for it
	}
	defer e.Close()
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	list, err := e.client.ContainerList(ctx, client.ContainerListOptions{})
	if err != nil {
		return nil
	}
	var names []string
	for _, one := range list.Items {
		names = append(names, strings.TrimPrefix(strings.Join(one.Names, " "), "/"))
	}
	return names
}

func dial(ctx context.Context, opt client.Opt) (*Engine, error) {
	c, err := client.New(opt)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	if _, err := c.Ping(ctx, client.PingOptions{NegotiateAPIVersion: true}); err != nil {
		_ = c.Close()
		return nil, err
	}
	v, err := c.ServerVersion(ctx, client.ServerVersionOptions{})
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	return &Engine{Host: c.DaemonHost(), Version: v.Version, client: c}, nil
}

// sockets lists where engines listen: the system's own first, then those of
// rootless Docker, Docker Desktop and Colima.
func sockets() []string {
	list := []string{strings.TrimPrefix(client.DefaultDockerHost, "unix://")}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		list = append(list, filepath.Join(dir, "docker.sock"))
	}
	if home, err := os.UserHomeDir(); err == nil {
		for _, s := range []string{".docker/run/docker.sock", ".docker/desktop/docker.sock", ".colima/default/docker.sock"} {
			list = append(list, filepath.Join(home, s))
		}
	}
	return list
}

package cloud

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"sallyport/local/cloud/dataplane"
	"sallyport/local/cloud/front"
	"sallyport/local/cloud/gateway"
	"sallyport/local/cloud/logs"
	"sallyport/local/cloud/moto"
	"sallyport/local/cloud/process"
	"sallyport/local/cloud/registry"
)

// logLimit is how long the log may grow, in bytes, before its older half is dropped.
const logLimit = 8 << 20

// closeLimit is how long requests, tasks and logs may take to end, requestLimit how much of it is for requests. Tasks
// get SIGTERM; those that go on are removed by Stop, or by the next Start.
const (
	closeLimit   = 10 * time.Second
	requestLimit = 2 * time.Second
)

// Serve runs a cloud in the foreground until ctx is done or the process gets SIGTERM or SIGINT. It logs to
// LogFile(cfg).
func Serve(ctx context.Context, cfg Config) error {
	ctx, restore := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer restore()
	if err := errors.Join(cfg.validate(), os.MkdirAll(cfg.Dir, 0o755)); err != nil {
		return err
	}
	file, err := openLog(LogFile(cfg), logLimit)
	if err != nil {
		return fmt.Errorf("local cloud: log: %w", err)
	}
	defer file.Close()
	log := slog.New(slog.NewTextHandler(file, nil))
	if cfg.MotoServer == "" {
		if cfg.MotoServer, err = moto.Find(ctx, cfg.Dir, os.Stderr); err != nil {
			return fmt.Errorf("local cloud: %w", err)
		}
	}
	if err := serve(ctx, cfg, log); err != nil {
		return fmt.Errorf("local cloud: %w", err)
	}
	log.Info("the local cloud has stopped")
	return nil
}

func serve(ctx context.Context, cfg Config, log *slog.Logger) error {
	self, err := process.Identify(os.Getpid())
	if err != nil {
		return err
	}
	frontListener, err := net.Listen("tcp", cfg.FrontAddr)
	if err != nil {
		return inUse(cfg.FrontAddr, frontVariable, err)
	}
	defer frontListener.Close()
	registryListener, err := net.Listen("tcp", cfg.RegistryAddr)
	if err != nil {
		return inUse(cfg.RegistryAddr, registryVariable, err)
	}
	defer registryListener.Close()

	api := &moto.Server{Executable: cfg.MotoServer, Dir: cfg.Dir, Log: log}
	tokens := registry.NewTokens()
	lines := logs.New(api.Address, log)
	plane := &dataplane.Plane{
		Upstream: api.Address, RegistryAddr: cfg.RegistryAddr, Password: tokens.Password,
		Engine: (&docker{}).client, Owner: cfg.Dir, Logs: lines, Log: log,
	}
	c := &content{log: log, plane: plane, gateway: &gateway.Gateway{
		Port: cfg.GatewayPort, Declared: plane.API, Domain: plane.Domain, Listeners: plane.Listeners, Links: plane.Links, UserPool: plane.UserPool, AccessLog: plane.AccessLog, Log: log,
	}}
	if c.registry, err = registry.New(cfg.RegistryDir, tokens, registry.ECR{Address: api.Address}, log); err != nil {
		return err
	}
	c.id = rand.Text()
	started := Status{
		Process: self, Version: Version, Config: cfg, Build: build(), StartedAt: time.Now().UTC().Truncate(time.Second),
		Front: "http://" + cfg.FrontAddr, Registry: "http://" + cfg.RegistryAddr, GatewayPort: cfg.GatewayPort,
	}
	status := func() Status {
		now := started
		now.ID, now.Moto, now.APIs, now.Repositories = c.ID(), api.State(), c.gateway.APIs(), c.registry.Repositories()
		now.Services, now.Refused = plane.Services(), plane.RefusedCalls()
		_, now.Ready = api.Address()
		return now
	}
	record := func(state moto.State) {
		now := status()
		now.Moto, now.Ready = state, true
		if err := now.record(); err != nil {
			log.Error("record of what runs", "error", err)
		}
	}
	api.Lost = c.empty
	api.Started = func(state moto.State) {
		record(state)
		log.Info("moto answers", "cloud", c.ID(), "pid", state.PID, "port", state.Port, "restarts", state.Restarts)
	}
	handler := &front.Handler{
		Upstream: api.Address,
		Local:    front.Local{RegistryAddr: cfg.RegistryAddr, Password: tokens.Password, Endpoint: c.gateway.Endpoint},
		Images:   c.registry, APIs: c.gateway, DataPlane: plane, Tasks: plane, Status: func() any { return status() }, Log: log,
	}
	inside := &taskAPI{handler: handler.ForTasks(), log: log}
	defer inside.close()
	plane.Endpoint = inside.url
	if cfg.Faults {
		handler.Faults = &front.Faults{}
	}
	defer os.Remove(recordFile(cfg))
	defer c.gateway.CloseAll()

	asked := ctx
	ctx, cancel := context.WithCancelCause(asked)
	defer cancel(nil)
	var running sync.WaitGroup
	defer running.Wait()
	run := func(what string, f func() error) {
		running.Add(1)
		go func() {
			defer running.Done()
			if err := f(); err != nil && !errors.Is(err, http.ErrServerClosed) {
				cancel(fmt.Errorf("%s: %w", what, err))
			}
		}()
	}
	servers := map[string]*http.Server{
		"front":    front.NewServer(handler),
		"registry": {Handler: c.registry, ReadHeaderTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute},
	}
	listeners := map[string]net.Listener{"front": frontListener, "registry": registryListener}
	for name, server := range servers {
		server.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelWarn)
		run(name, func() error { return server.Serve(listeners[name]) })
	}
	run("moto", func() error { return api.Run(ctx) })
	log.Info("the local cloud starts", "cloud", c.ID(), "pid", self.PID, "front", cfg.FrontAddr, "registry", cfg.RegistryAddr, "gateway port", cfg.GatewayPort, "faults", cfg.Faults)

	<-ctx.Done()
	log.Info("the local cloud stops", "cause", context.Cause(ctx))
	grace, stop := context.WithTimeout(context.Background(), closeLimit)
	defer stop()
	requests, stop := context.WithTimeout(grace, requestLimit)
	defer stop()
	for _, server := range servers {
		if server.Shutdown(requests) != nil {
			_ = server.Close()
		}
	}
	c.gateway.CloseAll()
	if err := plane.Close(grace); err != nil {
		log.Error("tasks are still there; the next start or stop removes them", "error", err)
	}
	_ = lines.Close(grace)
	if asked.Err() != nil {
		return nil
	}
	return context.Cause(ctx)
}

// content is what is lost with moto: its own id, the images, the APIs, the tasks.
type content struct {
	log      *slog.Logger
	registry *registry.Registry
	gateway  *gateway.Gateway
	plane    *dataplane.Plane

	mu sync.Mutex
	id string
}

// ID names the content.
func (c *content) ID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.id
}

// empty is called when moto has died, and all that it knew is gone.
func (c *content) empty() {
	c.mu.Lock()
	c.id = rand.Text()
	c.mu.Unlock()
	c.gateway.CloseAll()
	c.plane.Reset()
	if err := c.registry.Reset(); err != nil {
		c.log.Error("images of the lost content", "error", err)
	}
}

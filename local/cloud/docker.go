package cloud

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/moby/moby/client"

	"sallyport/local/cloud/fargate"
	"sallyport/local/engine"
)

// docker is the connection to the Docker engine, which may come and go while the cloud runs.
type docker struct {
	mu     sync.Mutex
	engine *engine.Engine
}

// pingLimit is how long an engine may take to show that it is there. All tasks that start wait for it.
const pingLimit = 5 * time.Second

// client returns a client of the engine that answers now. The tasks hold on to it, so none is closed.
func (d *docker) client(ctx context.Context) (*client.Client, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.engine != nil {
		ctx, cancel := context.WithTimeout(ctx, pingLimit)
		defer cancel()
		if _, err := d.engine.Client().Ping(ctx, client.PingOptions{}); err == nil {
			return d.engine.Client(), nil
		}
	}
	found, err := engine.Find(ctx)
	if err != nil {
		return nil, err
	}
	if d.engine == nil || d.engine.Host != found.Host {
		d.engine = found
	} else {
		_ = found.Close()
	}
	return d.engine.Client(), nil
}

// sweepLimit bounds the removal of containers that a killed daemon left.
const sweepLimit = 30 * time.Second

// sweepTasks removes the tasks that a daemon which was killed left behind. Without an engine nothing of them runs.
func sweepTasks(cfg Config) error {
	ctx, cancel := context.WithTimeout(context.Background(), sweepLimit)
	defer cancel()
	found, err := engine.Find(ctx)
	if err != nil {
		return nil
	}
	defer found.Close()
	if err := fargate.Sweep(ctx, found.Client(), cfg.Dir); err != nil {
		return fmt.Errorf("tasks that were left behind: %w", err)
	}
	return nil
}

package verify

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/sync/errgroup"

	"sallyport/inspect/api"
)

// gatherer gathers the facts of one stack, round by round.
type gatherer struct {
	*api.Clients
	out   Outputs
	probe *http.Client

	// answers are the latest, those that asked when behind was running. An access log's line is there only a while
	// after the answer, so good answers are kept for as long as the same tasks are behind them.
	answers []Answer
	asked   time.Time // first
	behind  string
}

func newGatherer(c *api.Clients, out Outputs) *gatherer {
	return &gatherer{Clients: c, out: out, probe: newProbeClient()}
}

func (g *gatherer) close() { g.probe.CloseIdleConnections() }

// gather is one round.
func (g *gatherer) gather(ctx context.Context) (*Facts, error) {
	f := &Facts{Outputs: g.out}
	type part = func(context.Context, *Facts) error
	gateway, links := g.gateway, g.links
	if g.out.REST {
		gateway, links = g.restAPI, g.restLinks
	}
	// Each step needs what the one before has found. The parts of a step fill different fields.
	for _, step := range [][]part{
		{gateway, g.loadBalancer, g.targetGroup, g.targetHealth, g.service, g.tasks},
		{links, g.mappings, g.definitions, g.vpc, g.ask},
		{g.rules, g.logged, g.access},
	} {
		group, ctx := errgroup.WithContext(ctx)
		for _, part := range step {
			group.Go(func() error { return part(ctx, f) })
		}
		if err := group.Wait(); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// ask asks the URL what has no good answer yet of the tasks that run now.
func (g *gatherer) ask(ctx context.Context, f *Facts) error {
	var running []string
	for _, task := range f.running() {
		running = append(running, aws.ToString(task.TaskArn))
	}
	slices.Sort(running)
	behind := strings.Join(running, " ")
	if g.answers == nil {
		g.asked = time.Now()
		for _, probe := range g.out.Probes {
			g.answers = append(g.answers, Answer{Probe: probe})
		}
	}
	var all sync.WaitGroup
	for i, before := range g.answers {
		if behind == g.behind && !isBad(before) {
			continue
		}
		all.Go(func() {
			g.answers[i] = askOne(ctx, g.probe, g.out, before.Probe)
			if before.RequestID != "" {
				earlier := append(before.Earlier, before.RequestID)
				g.answers[i].Earlier = earlier[max(0, len(earlier)-rememberedRequests):]
			}
		})
	}
	all.Wait()
	g.behind = behind
	f.Answers = slices.Clone(g.answers)
	return nil
}

// rememberedRequests is how many earlier requests of a probe are looked for in the access log: lines are late, and what
// fails is asked again all the time.
const rememberedRequests = 10

func isBad(a Answer) bool { return a.Status != http.StatusOK || a.RequestID == "" }

// pages calls until an answer has no token of a next page.
func pages(call func(token *string) (next *string, err error)) error {
	for token := (*string)(nil); ; {
		next, err := call(token)
		if err != nil || aws.ToString(next) == "" {
			return err
		}
		token = next
	}
}

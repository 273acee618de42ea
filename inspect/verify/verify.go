package verify

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"sallyport/inspect/api"
	"sallyport/inspect/stack"
)

// Options are those of Run.
type Options struct {
	// Limit is how long to wait for what takes time, such as a task that starts. Zero is not to wait.
	Limit time.Duration
	// Connect is where the URL's requests are sent, with the URL's host in them: a URL such as http://127.0.0.1:8080. Nil
	// is where the URL itself leads.
	Connect *url.URL
	// Progress is told what is waited for, in one short line each time that it changes; nil for nobody.
	Progress func(line string)
}

// Between two rounds: the first follow soon, for what is nearly there.
const (
	firstPause = 2 * time.Second
	lastPause  = 10 * time.Second
)

// settling is how much longer to wait once something fails that waiting won't mend: what is only late, such as a log
// line on its way, would otherwise be reported beside it.
const settling = 30 * time.Second

// Run gathers the facts of a deployed stack and judges them, again and again while time may mend what fails, and is back
// once all holds, or nothing is left that waiting may mend. What fails is in the results; the error is for a
// verification that could not be done: no exports, no credentials, no permission, no answer of AWS, or ctx is done.
func Run(ctx context.Context, c *api.Clients, s *stack.Stack, o Options) ([]Result, error) {
	out, err := readOutputs(s)
	if err != nil {
		return nil, err
	}
	if _, err := c.EC2.Options().Credentials.Retrieve(ctx); err != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("AWS credentials: %w; set AWS_PROFILE, or aws:profile in the stack's settings, or sign in again", err)
	}
	g := newGatherer(c, out)
	defer g.close()
	if o.Connect != nil {
		g.probe.Transport = connectTo{o.Connect, g.probe.Transport}
	}
	return wait(ctx, g.gather, Checks, o)
}

// wait is Run's loop, of a way to get the facts and of the checks that judge them.
func wait(ctx context.Context, gather func(context.Context) (*Facts, error), checks func(*Facts) []Check, o Options) ([]Result, error) {
	end := time.Now().Add(o.Limit)
	var told []string
	hopeless := false
	for pause := firstPause; ; pause = min(pause*3/2, lastPause) {
		facts, err := gather(ctx)
		if ctx.Err() != nil {
			return nil, interrupted(ctx)
		}
		if err != nil {
			return nil, api.Explain(err)
		}
		results, pending, failing := judge(checks(facts), facts)
		if failing && !hopeless {
			hopeless = true
			end = earlier(end, time.Now().Add(settling))
		}
		left := time.Until(end)
		if len(pending) == 0 || left <= 0 {
			return results, nil
		}
		if o.Progress != nil && !slices.Equal(pending, told) {
			told = pending
			o.Progress("waiting for " + strings.Join(pending, ", "))
		}
		select {
		case <-ctx.Done():
			return nil, interrupted(ctx)
		case <-time.After(min(pause, left)):
		}
	}
}

// judge judges by all checks. It tells the names of those that don't hold yet, and whether others fail for good.
func judge(checks []Check, facts *Facts) (results []Result, pending []string, failing bool) {
	for _, check := range checks {
		f := check.Judge(facts)
		results = append(results, Result{Name: check.Name, Claim: check.Claim, OK: f.OK, Evidence: f.Evidence, Todo: f.Todo})
		switch {
		case f.OK:
		case f.Patience:
			pending = append(pending, check.Name)
		default:
			failing = true
		}
	}
	return results, pending, failing
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func interrupted(ctx context.Context) error {
	return fmt.Errorf("the verification was interrupted before it came to an end: %w", context.Cause(ctx))
}

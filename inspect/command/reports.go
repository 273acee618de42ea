package command

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"sallyport/inspect/leftovers"
	"sallyport/inspect/report"
	"sallyport/inspect/why"
)

func runWhy(ctx context.Context, flags *flag.FlagSet, args []string, stdout, _ io.Writer) (int, error) {
	name, asJSON := common(flags)
	quiet := flags.Bool("quiet", false, "print nothing where nothing is wrong with the service")
	if err := parse(flags, args); err != nil {
		return 0, err
	}
	s, clients, err := connect(ctx, *name)
	if err != nil {
		return 0, err
	}
	r, err := explain(ctx, clients, s)
	if err != nil {
		return 0, err
	}
	if *quiet && !r.Broken {
		return holds, nil
	}
	if *asJSON {
		return holds, writeJSON(stdout, struct {
			Stack string `json:"stack"`
			*why.Report
		}{*name, r})
	}
	return holds, write(stdout, report.Why(r, report.StyleOf(stdout)))
}

func runLeft(ctx context.Context, flags *flag.FlagSet, args []string, stdout, stderr io.Writer) (int, error) {
	name, asJSON := common(flags)
	limit := flags.Duration("limit", time.Minute, "how long to `wait` for what AWS shows though it is deleted; 0s for not at all")
	if err := parse(flags, args); err != nil {
		return 0, err
	}
	s, clients, err := connect(ctx, *name)
	if err != nil {
		return 0, err
	}
	items, err := lasting(ctx, *limit, newProgress(stderr), func() ([]leftovers.Item, error) { return findLeftovers(ctx, clients, s) })
	text := report.Leftovers(*name, items, report.StyleOf(stdout))
	switch {
	case err != nil && len(items) > 0 && !*asJSON: // what is known to be there may cost money, whatever else is unknown
		return 0, errors.Join(write(stdout, text), err)
	case err != nil:
		return 0, err
	case *asJSON:
		err = writeJSON(stdout, report.NewLeft(*name, items))
	default:
		err = write(stdout, text)
	}
	if len(leftovers.Unwanted(items)) > 0 {
		return fails, err
	}
	return holds, err
}

// leftPause is between two looks at what is left.
const leftPause = 5 * time.Second

// lasting is what is found until the limit is over: AWS goes on showing some of what was deleted for a while, such as
// the network interfaces of a VPC link.
func lasting(ctx context.Context, limit time.Duration, p *progress, find func() ([]leftovers.Item, error)) ([]leftovers.Item, error) {
	defer p.end()
	for end := time.Now().Add(limit); ; {
		items, err := find()
		unwanted := leftovers.Unwanted(items)
		if err != nil || len(unwanted) == 0 || !time.Now().Before(end) {
			return items, err
		}
		p.show(fmt.Sprintf("waiting for what is left to go, such as %s %s", unwanted[0].Kind, unwanted[0].ID))
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(leftPause):
		}
	}
}

func common(flags *flag.FlagSet) (stack *string, asJSON *bool) {
	return flags.String("stack", "", "the `NAME` of the stack; its settings are in Pulumi.NAME.yaml"),
		flags.Bool("json", false, "print a JSON document")
}

func writeJSON(out io.Writer, document any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(document); err != nil {
		return fmt.Errorf("the report could not be written: %w", err)
	}
	return nil
}

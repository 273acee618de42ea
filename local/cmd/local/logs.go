package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
)

// logs prints what the app has logged. Its options are those of `aws logs tail`, which does the same for a stack on AWS.
func logs(ctx context.Context, l *local, args []string) error {
	flags := flag.NewFlagSet("logs", flag.ContinueOnError)
	since := flags.Duration("since", 10*time.Minute, "how far back to begin, such as 30s or 2h")
	follow := flags.Bool("follow", false, "go on printing, until Ctrl-C")
	if err := flags.Parse(args); err != nil {
		if err == flag.ErrHelp {
			return nil
		}
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("logs takes the options --since and --follow, and not %q", flags.Args())
	}
	outputs, err := l.outputs(ctx)
	if err != nil {
		return err
	}
	group, ok := outputs["logGroupName"].(string)
	if !ok {
		return errNotDeployed(l.stack)
	}
	region, err := l.region()
	if err != nil {
		return err
	}
	client := cloudwatchlogs.New(cloudwatchlogs.Options{
		BaseEndpoint: aws.String("http://" + l.cloud.FrontAddr),
		Region:       region,
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	tail := tail{client: client, group: group, from: time.Now().Add(-*since), out: os.Stdout}
	for {
		if err := tail.print(ctx); err != nil || !*follow {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
	}
}

// tail prints the events of a log group, each once.
type tail struct {
	client *cloudwatchlogs.Client
	group  string
	from   time.Time
	seen   map[string]bool // by id: events of the last moment, which the next look finds again
	out    io.Writer
}

func (t *tail) print(ctx context.Context) error {
	newest, seen := t.from, map[string]bool{}
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(t.client, &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: &t.group, StartTime: aws.Int64(t.from.UnixMilli()),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("log group %s: %w", t.group, err)
		}
		for _, event := range page.Events {
			at, id := time.UnixMilli(aws.ToInt64(event.Timestamp)), aws.ToString(event.EventId)
			if at.After(newest) {
				newest = at
				clear(seen)
			}
			seen[id] = true
			if !t.seen[id] {
				fmt.Fprintf(t.out, "%s %s %s\n", at.UTC().Format("2006-01-02T15:04:05.000Z"), aws.ToString(event.LogStreamName), strings.TrimRight(aws.ToString(event.Message), "\n"))
			}
		}
	}
	if newest.Equal(t.from) {
		maps.Copy(seen, t.seen)
	}
	t.from, t.seen = newest, seen
	return nil
}

package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"golang.org/x/sync/errgroup"
)

// logged is when each running task last logged. A task's stream is PREFIX/CONTAINER/TASK:
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-log-config.html
func (g *gatherer) logged(ctx context.Context, f *Facts) error {
	f.LoggedBy = map[string]time.Time{}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(5) // GetLogEvents is throttled at 25 a second in an account, and tasks may be hundreds
	for _, task := range f.running() {
		arn := aws.ToString(task.TaskArn)
		for _, container := range f.Definitions[aws.ToString(task.TaskDefinitionArn)].ContainerDefinitions {
			if container.LogConfiguration == nil || container.LogConfiguration.LogDriver != ecstypes.LogDriverAwslogs {
				continue
			}
			stream := container.LogConfiguration.Options["awslogs-stream-prefix"] + "/" + aws.ToString(container.Name) + "/" + path.Base(arn)
			group.Go(func() error {
				at, err := g.lastEvent(ctx, stream)
				if err != nil {
					return fmt.Errorf("log stream %s: %w", stream, err)
				}
				mu.Lock()
				defer mu.Unlock()
				if at.After(f.LoggedBy[arn]) {
					f.LoggedBy[arn] = at
				}
				return nil
			})
		}
	}
	return group.Wait()
}

// lastEvent is when the latest line of a stream was logged; zero where there is none. DescribeLogStreams would tell for
// less, but up to an hour late: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogStream.html
func (g *gatherer) lastEvent(ctx context.Context, stream string) (time.Time, error) {
	// A page may be empty and not the last. The one that gives back the token that it was asked with is.
	var token *string
	for range 10 {
		page, err := g.Logs.GetLogEvents(ctx, &cloudwatchlogs.GetLogEventsInput{
			LogGroupName: &g.out.LogGroupName, LogStreamName: &stream, Limit: aws.Int32(1), StartFromHead: aws.Bool(false), NextToken: token,
		})
		if err != nil {
			return time.Time{}, found(err)
		}
		if len(page.Events) > 0 {
			return time.UnixMilli(aws.ToInt64(page.Events[len(page.Events)-1].Timestamp)), nil
		}
		if page.NextBackwardToken == nil || aws.ToString(page.NextBackwardToken) == aws.ToString(token) {
			break
		}
		token = page.NextBackwardToken
	}
	return time.Time{}, nil
}

// clockDifference is how far this machine's clock and AWS's may be apart, for a signature to be taken:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
const clockDifference = 5 * time.Minute

// access are the lines of the stages' access logs about the answers. Lines that are not JSON, which another program may
// have declared, are passed over.
func (g *gatherer) access(ctx context.Context, f *Facts) error {
	f.Access = map[string]AccessLine{}
	var wanted []string
	for _, answer := range f.Answers {
		for _, id := range append(slices.Clone(answer.Earlier), answer.RequestID) {
			if id != "" {
				wanted = append(wanted, id)
			}
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	for _, log := range f.stageLogs() {
		if group := logGroup(log.destination); group != "" {
			if err := g.accessLines(ctx, f, group, wanted); err != nil {
				return fmt.Errorf("access log %s: %w", group, err)
			}
		}
	}
	return nil
}

func (g *gatherer) accessLines(ctx context.Context, f *Facts, group string, wanted []string) error {
	events := cloudwatchlogs.NewFilterLogEventsPaginator(g.Logs, &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: &group, StartTime: aws.Int64(g.asked.Add(-clockDifference).UnixMilli()), FilterPattern: filterPattern(wanted),
	})
	for events.HasMorePages() && len(f.Access) < len(wanted) {
		page, err := events.NextPage(ctx)
		if err != nil {
			return found(err)
		}
		for _, event := range page.Events {
			var line AccessLine
			if json.Unmarshal([]byte(aws.ToString(event.Message)), &line) != nil {
				continue
			}
			for _, id := range wanted {
				if line.RequestID == id {
					f.Access[id] = line
				}
			}
		}
	}
	return nil
}

// filterPattern picks JSON lines by their request ids, so that a busy access log isn't read as a whole; none where it
// would be too long: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
func filterPattern(ids []string) *string {
	terms := make([]string, len(ids))
	for i, id := range ids {
		terms[i] = fmt.Sprintf("($.requestId = %q)", id)
	}
	pattern := "{ " + strings.Join(terms, " || ") + " }"
	if len(pattern) > 1024 {
		return nil
	}
	return &pattern
}

// logGroup is the name in the ARN of a log group, arn:aws:logs:REGION:ACCOUNT:log-group:NAME, with or without :* behind;
// empty for any other ARN.
func logGroup(arn string) string {
	_, name, _ := strings.Cut(arn, ":log-group:")
	return strings.TrimSuffix(name, ":*")
}

package why

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"sallyport/inspect/api"
)

const (
	// logLines is how much of a task's log is shown: enough for a stack trace.
	logLines = 15
	// logTries is how many tasks are asked for a log: the latest may not have come to write one.
	logTries = 3
)

// gatherLogs reads the end of the log of the latest task that failed and has one.
func (f *facts) gatherLogs(ctx context.Context, clients *api.Clients) error {
	failed := f.failed(f.blamed())
	if len(failed) == 0 {
		return nil
	}
	out, err := clients.ECS.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: failed[0].TaskDefinitionArn})
	if err != nil || out.TaskDefinition == nil {
		return err
	}
	for _, t := range failed[:min(len(failed), logTries)] {
		lines, err := lastLines(ctx, clients.Logs, out.TaskDefinition, t)
		if err != nil {
			return err
		}
		if len(lines) > 0 {
			f.logged, f.log = aws.ToString(t.TaskArn), lines
			return nil
		}
	}
	return nil
}

// lastLines are of the container that ended the task. Its stream is PREFIX/CONTAINER/TASK:
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html
func lastLines(ctx context.Context, client *cloudwatchlogs.Client, definition *ecstypes.TaskDefinition, t ecstypes.Task) ([]string, error) {
	name := culprit(t)
	for _, c := range definition.ContainerDefinitions {
		l := c.LogConfiguration
		if aws.ToString(c.Name) != name && name != "" || l == nil || l.LogDriver != ecstypes.LogDriverAwslogs || l.Options["awslogs-stream-prefix"] == "" {
			continue
		}
		out, err := client.GetLogEvents(ctx, &cloudwatchlogs.GetLogEventsInput{
			LogGroupName:  aws.String(l.Options["awslogs-group"]),
			LogStreamName: aws.String(strings.Join([]string{l.Options["awslogs-stream-prefix"], aws.ToString(c.Name), lastPart(t.TaskArn)}, "/")),
			Limit:         aws.Int32(logLines),
			StartFromHead: aws.Bool(false),
		}, func(o *cloudwatchlogs.Options) {
			if region := l.Options["awslogs-region"]; region != "" {
				o.Region = region
			}
		})
		var none *logstypes.ResourceNotFoundException
		if errors.As(err, &none) {
			return nil, nil // it never came to log
		}
		if err != nil {
			return nil, err
		}
		var lines []string
		for _, e := range out.Events {
			lines = append(lines, strings.TrimRight(aws.ToString(e.Message), "\r\n"))
		}
		return lines, nil
	}
	return nil, nil
}

// culprit is the container that ended a task: the first with an exit code other than 0, or with any.
func culprit(t ecstypes.Task) string {
	name := ""
	for _, c := range t.Containers {
		if c.ExitCode != nil && *c.ExitCode != 0 {
			return aws.ToString(c.Name)
		}
		if c.ExitCode != nil && name == "" {
			name = aws.ToString(c.Name)
		}
	}
	return name
}

// logOf is what a task logged last, or what another one did that ended with the same exit code.
func (f *facts) logOf(t ecstypes.Task) []string {
	for _, other := range f.stopped {
		if aws.ToString(other.TaskArn) == f.logged && exitOf(other) == exitOf(t) {
			return f.log
		}
	}
	return nil
}

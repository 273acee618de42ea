package logs

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"sallyport/local/cloud/declared"
)

// api is what a Writer needs of CloudWatch Logs.
type api interface {
	// put writes a batch. It returns errNotFound when there is no such stream, or no such group.
	put(ctx context.Context, stream name, events []event) error
	// create makes a stream; one that is there already is no error.
	create(ctx context.Context, stream name) error
	exists(ctx context.Context, region, group string) (bool, error)
}

var errNotFound = errors.New("there is no such log stream")

type cloudwatch struct {
	upstream func() (hostPort string, up bool)
}

func (c cloudwatch) client(region string) (*cloudwatchlogs.Client, error) {
	config, err := declared.Config(c.upstream, region)
	if err != nil {
		return nil, err
	}
	return cloudwatchlogs.NewFromConfig(config), nil
}

// onceEach makes a client try only once: the Writer tries again by itself.
func onceEach(o *cloudwatchlogs.Options) { o.Retryer = aws.NopRetryer{} }

func (c cloudwatch) put(ctx context.Context, stream name, events []event) error {
	client, err := c.client(stream.region)
	if err != nil {
		return err
	}
	input := make([]types.InputLogEvent, len(events))
	for i := range events {
		input[i] = types.InputLogEvent{Timestamp: &events[i].at, Message: &events[i].message}
	}
	_, err = client.PutLogEvents(ctx, &cloudwatchlogs.PutLogEventsInput{
		LogGroupName: &stream.group, LogStreamName: &stream.stream, LogEvents: input,
	}, onceEach)
	if _, missing := errors.AsType[*types.ResourceNotFoundException](err); missing {
		return errNotFound
	}
	return err
}

func (c cloudwatch) create(ctx context.Context, stream name) error {
	client, err := c.client(stream.region)
	if err != nil {
		return err
	}
	_, err = client.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &stream.group, LogStreamName: &stream.stream}, onceEach)
	if _, exists := errors.AsType[*types.ResourceAlreadyExistsException](err); exists {
		return nil
	}
	return err
}

// exists implements Writer.Exists.
func (c cloudwatch) exists(ctx context.Context, region, group string) (bool, error) {
	client, err := c.client(region)
	if err != nil {
		return false, err
	}
	pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(client, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &group})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(page.LogGroups, func(g types.LogGroup) bool { return aws.ToString(g.LogGroupName) == group }) {
			return true, nil
		}
	}
	return false, nil
}

// passing reports whether an error may pass by itself: the API is down, overloaded or broken. It does not when the
// API refuses what was asked.
func passing(err error) bool {
	if errors.Is(err, declared.ErrDown) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return true
	}
	if _, unsent := errors.AsType[*smithyhttp.RequestSendError](err); unsent {
		return true
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok && api.ErrorCode() == "ThrottlingException" {
		return true
	}
	response, answered := errors.AsType[*smithyhttp.ResponseError](err)
	return answered && (response.HTTPStatusCode() >= http.StatusInternalServerError || response.HTTPStatusCode() == http.StatusTooManyRequests)
}

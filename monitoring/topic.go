package monitoring

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const topicType = "sallyport:monitoring:Topic"

// TopicArgs are the arguments of NewTopic.
type TopicArgs struct {
	// Email gets every message once it has confirmed that it wants to; empty for nobody.
	Email string
}

// Topic is the SNS topic that alarms are sent to. It costs next to nothing: an alarm is a message, and emails are 2 USD
// per 100,000 (https://aws.amazon.com/sns/pricing/).
//
// It has the encryption that every topic has on disk, and no KMS key. Alarms can't publish to a topic under AWS's own
// key, alias/aws/sns, whose policy can't be changed
// (https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns), and a key of one's own costs 1 USD a month for
// messages that hold names and numbers. Who must have one brings a topic.
// The topic's policy is SNS's default, by which only this account publishes and subscribes.
type Topic struct {
	pulumi.ResourceState

	TopicARN pulumi.StringOutput
}

// NewTopic makes a Topic.
func NewTopic(ctx *pulumi.Context, name string, args *TopicArgs, opts ...pulumi.ResourceOption) (*Topic, error) {
	c := &Topic{}
	if err := ctx.RegisterComponentResource(topicType, name, c, opts...); err != nil {
		return nil, fmt.Errorf("topic %s: %w", name, err)
	}
	if err := c.build(ctx, name, args); err != nil {
		return nil, fmt.Errorf("topic %s: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"topicArn": c.TopicARN})
}

func (c *Topic) build(ctx *pulumi.Context, name string, args *TopicArgs) error {
	topic, err := sns.NewTopic(ctx, name+"-alarms", &sns.TopicArgs{}, pulumi.Parent(c))
	if err != nil {
		return fmt.Errorf("topic: %w", err)
	}
	if args.Email != "" {
		if _, err := sns.NewTopicSubscription(ctx, name+"-alarms", &sns.TopicSubscriptionArgs{
			Topic:    topic.Arn,
			Protocol: pulumi.String("email"),
			Endpoint: pulumi.String(args.Email),
		}, pulumi.Parent(c)); err != nil {
			return fmt.Errorf("subscription: %w", err)
		}
	}
	c.TopicARN = topic.Arn
	return nil
}

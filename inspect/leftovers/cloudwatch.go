package leftovers

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
)

func (f *finder) alarms(ctx context.Context) ([]Item, error) {
	all, err := collect(ctx, cloudwatch.NewDescribeAlarmsPaginator(f.CloudWatch, &cloudwatch.DescribeAlarmsInput{AlarmNamePrefix: aws.String(f.stack.Prefix + "-")}),
		func(p *cloudwatch.DescribeAlarmsOutput) []types.MetricAlarm { return p.MetricAlarms })
	if err != nil {
		return nil, err
	}
	var items []Item
	for _, a := range all {
		name := aws.ToString(a.AlarmName)
		answer, err := f.CloudWatch.ListTagsForResource(ctx, &cloudwatch.ListTagsForResourceInput{ResourceARN: a.AlarmArn})
		var gone *types.ResourceNotFoundException
		if errors.As(err, &gone) {
			continue
		}
		if err != nil {
			return items, fmt.Errorf("%s: %w", name, err)
		}
		if f.owns(tagMap(answer.Tags, func(t types.Tag) (key, value *string) { return t.Key, t.Value })) {
			items = append(items, Item{Kind: alarm, ID: name, Costs: alarmMonth, Delete: "aws cloudwatch delete-alarms --alarm-names " + name})
		}
	}
	return items, nil
}

// dashboards finds the one that has the stack's name: Pulumi gives it none of its own, and no tags.
func (f *finder) dashboards(ctx context.Context) ([]Item, error) {
	all, err := collect(ctx, cloudwatch.NewListDashboardsPaginator(f.CloudWatch, &cloudwatch.ListDashboardsInput{DashboardNamePrefix: &f.stack.Prefix}),
		func(p *cloudwatch.ListDashboardsOutput) []types.DashboardEntry { return p.DashboardEntries })
	if err != nil {
		return nil, err
	}
	var items []Item
	for _, d := range all {
		if name := aws.ToString(d.DashboardName); name == f.stack.Prefix {
			items = append(items, Item{Kind: dashboard, ID: name, Costs: dashboardMonth, Delete: "aws cloudwatch delete-dashboards --dashboard-names " + name})
		}
	}
	return items, nil
}

func (f *finder) topics(ctx context.Context) ([]Item, error) {
	all, err := collect(ctx, sns.NewListTopicsPaginator(f.SNS, &sns.ListTopicsInput{}),
		func(p *sns.ListTopicsOutput) []snstypes.Topic { return p.Topics })
	if err != nil {
		return nil, err
	}
	var items []Item
	for _, t := range all {
		arn := aws.ToString(t.TopicArn)
		name := arn[strings.LastIndex(arn, ":")+1:]
		if !f.named(name) {
			continue
		}
		answer, err := f.SNS.ListTagsForResource(ctx, &sns.ListTagsForResourceInput{ResourceArn: &arn})
		var gone *snstypes.ResourceNotFoundException
		if errors.As(err, &gone) {
			continue
		}
		if err != nil {
			return items, fmt.Errorf("%s: %w", name, err)
		}
		if f.owns(tagMap(answer.Tags, func(t snstypes.Tag) (key, value *string) { return t.Key, t.Value })) {
			items = append(items, Item{Kind: topic, ID: arn, Name: name, Delete: "aws sns delete-topic --topic-arn " + arn})
		}
	}
	return items, nil
}

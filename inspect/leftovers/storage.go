package leftovers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
)

func (f *finder) repositories(ctx context.Context) ([]Item, error) {
	all, err := collect(ctx, ecr.NewDescribeRepositoriesPaginator(f.ECR, &ecr.DescribeRepositoriesInput{}),
		func(p *ecr.DescribeRepositoriesOutput) []types.Repository { return p.Repositories })
	if err != nil {
		return nil, err
	}
	var items []Item
	for _, r := range all {
		name := aws.ToString(r.RepositoryName)
		if !f.named(name) {
			continue
		}
		item, err := f.repository(ctx, name, r.RepositoryArn)
		var gone *types.RepositoryNotFoundException
		switch {
		case errors.As(err, &gone):
		case err != nil:
			return items, fmt.Errorf("%s: %w", name, err)
		case item != nil:
			items = append(items, *item)
		}
	}
	return items, nil
}

// repository is nil for one that is not the stack's.
func (f *finder) repository(ctx context.Context, name string, arn *string) (*Item, error) {
	answer, err := f.ECR.ListTagsForResource(ctx, &ecr.ListTagsForResourceInput{ResourceArn: arn})
	if err != nil {
		return nil, err
	}
	if !f.owns(tagMap(answer.Tags, func(t types.Tag) (key, value *string) { return t.Key, t.Value })) {
		return nil, nil
	}
	images, err := collect(ctx, ecr.NewDescribeImagesPaginator(f.ECR, &ecr.DescribeImagesInput{RepositoryName: &name}),
		func(p *ecr.DescribeImagesOutput) []types.ImageDetail { return p.ImageDetails })
	if err != nil {
		return nil, err
	}
	item := &Item{Kind: ecrRepository, ID: name, Delete: "aws ecr delete-repository --force --repository-name " + name}
	if len(images) > 0 {
		item.Costs = imageGBMonth + " USD a GB-month, for " + count(len(images), "image")
	}
	return item, nil
}

// logGroups finds those that have the stack's tags, and the one that Container Insights writes without any.
func (f *finder) logGroups(ctx context.Context) ([]Item, error) {
	all, err := collect(ctx, logs.NewDescribeLogGroupsPaginator(f.Logs, &logs.DescribeLogGroupsInput{LogGroupNamePattern: &f.stack.Prefix}),
		func(p *logs.DescribeLogGroupsOutput) []logstypes.LogGroup { return p.LogGroups })
	if err != nil {
		return nil, err
	}
	var items []Item
	for _, g := range all {
		name := aws.ToString(g.LogGroupName)
		if !strings.Contains(name, f.stack.Prefix) {
			continue
		}
		item := Item{Kind: logGroup, ID: name, Delete: "aws logs delete-log-group --log-group-name " + name}
		if bytes := aws.ToInt64(g.StoredBytes); bytes > 0 {
			item.Costs = logGBMonth + " USD a GB-month, for " + size(bytes)
		}
		if f.insightsLog(name) {
			item.Why = "Container Insights writes it, and neither AWS nor Pulumi deletes it"
			items = append(items, item)
			continue
		}
		tags, err := f.Logs.ListTagsForResource(ctx, &logs.ListTagsForResourceInput{ResourceArn: aws.String(logGroupARN(g))})
		var gone *logstypes.ResourceNotFoundException
		if errors.As(err, &gone) {
			continue
		}
		if err != nil {
			return items, fmt.Errorf("%s: %w", name, err)
		}
		if f.owns(tags.Tags) {
			items = append(items, item)
		}
	}
	return items, nil
}

// insightsLog tells whether Container Insights has made a log group of that name for a cluster of the stack:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-reference-performance-logs-ECS.html
func (f *finder) insightsLog(name string) bool {
	cluster, behind, _ := strings.Cut(strings.TrimPrefix(name, "/aws/ecs/containerinsights/"), "/")
	return strings.HasPrefix(name, "/aws/ecs/containerinsights/") && behind == "performance" && f.autonamed(cluster, "")
}

// logGroupARN is without the :* at its end, which ListTagsForResource doesn't take:
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_ListTagsForResource.html
func logGroupARN(g logstypes.LogGroup) string {
	if g.LogGroupArn != nil {
		return *g.LogGroupArn
	}
	return strings.TrimSuffix(aws.ToString(g.Arn), ":*")
}

func (f *finder) tables(ctx context.Context) ([]Item, error) {
	names, err := collect(ctx, dynamodb.NewListTablesPaginator(f.DynamoDB, &dynamodb.ListTablesInput{}),
		func(p *dynamodb.ListTablesOutput) []string { return p.TableNames })
	if err != nil {
		return nil, err
	}
	var items []Item
	for _, name := range names {
		if !f.named(name) {
			continue
		}
		item, err := f.table(ctx, name)
		var gone *dynamodbtypes.ResourceNotFoundException
		switch {
		case errors.As(err, &gone):
		case err != nil:
			return items, fmt.Errorf("%s: %w", name, err)
		case item != nil:
			items = append(items, *item)
		}
	}
	return items, nil
}

// table is nil for one that is not the stack's. Its size is AWS's own, which is some six hours old:
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
func (f *finder) table(ctx context.Context, name string) (*Item, error) {
	answer, err := f.DynamoDB.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
	if err != nil {
		return nil, err
	}
	tags := map[string]string{}
	for input := (&dynamodb.ListTagsOfResourceInput{ResourceArn: answer.Table.TableArn}); ; {
		page, err := f.DynamoDB.ListTagsOfResource(ctx, input)
		if err != nil {
			return nil, err
		}
		maps.Copy(tags, tagMap(page.Tags, func(t dynamodbtypes.Tag) (key, value *string) { return t.Key, t.Value }))
		if aws.ToString(page.NextToken) == "" {
			break
		}
		input.NextToken = page.NextToken
	}
	if !f.owns(tags) {
		return nil, nil
	}
	item := &Item{Kind: dynamodbTable, ID: name, Delete: "aws dynamodb delete-table --table-name " + name}
	if bytes := aws.ToInt64(answer.Table.TableSizeBytes); bytes > 0 {
		item.Costs = tableGBMonth + " USD a GB-month, for " + size(bytes)
	}
	switch {
	case answer.Table.TableStatus == dynamodbtypes.TableStatusDeleting:
		item.Why, item.Delete = beingDeleted, ""
	case aws.ToBool(answer.Table.DeletionProtectionEnabled):
		item.Why = "its deletion protection is on"
		item.Delete = "aws dynamodb update-table --table-name " + name + " --no-deletion-protection-enabled && " + item.Delete
	}
	return item, nil
}

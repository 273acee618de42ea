package leftovers

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scaling "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

// pages reads all pages of a list of EventBridge, which the SDK has no paginators for.
func pages[Entry any](read func(token *string) ([]Entry, *string, error)) ([]Entry, error) {
	var all []Entry
	for token := (*string)(nil); ; {
		some, next, err := read(token)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
		if aws.ToString(next) == "" {
			return all, nil
		}
		token = next
	}
}

func (f *finder) eventRules(ctx context.Context) ([]Item, error) {
	all, err := pages(func(token *string) ([]types.Rule, *string, error) {
		page, err := f.Events.ListRules(ctx, &eventbridge.ListRulesInput{NamePrefix: aws.String(f.stack.Prefix + "-"), NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return page.Rules, page.NextToken, nil
	})
	if err != nil {
		return nil, err
	}
	var items []Item
	for _, r := range all {
		item, err := f.eventRule(ctx, r)
		var gone *types.ResourceNotFoundException
		switch {
		case errors.As(err, &gone):
		case err != nil:
			return items, fmt.Errorf("%s: %w", aws.ToString(r.Name), err)
		case item != nil:
			items = append(items, *item)
		}
	}
	return items, nil
}

// eventRule is nil for one that is not the stack's.
func (f *finder) eventRule(ctx context.Context, r types.Rule) (*Item, error) {
	answer, err := f.Events.ListTagsForResource(ctx, &eventbridge.ListTagsForResourceInput{ResourceARN: r.Arn})
	if err != nil || !f.owns(tagMap(answer.Tags, func(t types.Tag) (key, value *string) { return t.Key, t.Value })) {
		return nil, err
	}
	targets, err := f.Events.ListTargetsByRule(ctx, &eventbridge.ListTargetsByRuleInput{Rule: r.Name})
	if err != nil {
		return nil, err
	}
	name := aws.ToString(r.Name)
	item := &Item{Kind: eventRule, ID: name, Delete: "aws events delete-rule --name " + name}
	var ids []string
	for _, t := range targets.Targets {
		ids = append(ids, aws.ToString(t.Id))
	}
	if len(ids) > 0 { // a rule that has targets can't be deleted
		item.Delete = "aws events remove-targets --rule " + name + " --ids " + strings.Join(ids, " ") + " && " + item.Delete
	}
	return item, nil
}

func (f *finder) apiDestinations(ctx context.Context) ([]Item, error) {
	all, err := pages(func(token *string) ([]types.ApiDestination, *string, error) {
		page, err := f.Events.ListApiDestinations(ctx, &eventbridge.ListApiDestinationsInput{NamePrefix: &f.stack.Prefix, NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return page.ApiDestinations, page.NextToken, nil
	})
	if err != nil {
		return nil, err
	}
	var items []Item
	for _, d := range all {
		if name := aws.ToString(d.Name); f.autonamed(name, "-keep-warm") {
			items = append(items, Item{Kind: apiDestination, ID: name, Delete: "aws events delete-api-destination --name " + name})
		}
	}
	return items, nil
}

func (f *finder) connections(ctx context.Context) ([]Item, error) {
	all, err := pages(func(token *string) ([]types.Connection, *string, error) {
		page, err := f.Events.ListConnections(ctx, &eventbridge.ListConnectionsInput{NamePrefix: &f.stack.Prefix, NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return page.Connections, page.NextToken, nil
	})
	if err != nil {
		return nil, err
	}
	var items []Item
	for _, c := range all {
		name := aws.ToString(c.Name)
		if !f.autonamed(name, "-keep-warm") {
			continue
		}
		item := Item{Kind: connection, ID: name, Delete: "aws events delete-connection --name " + name}
		if c.ConnectionState == types.ConnectionStateDeleting {
			item.Why, item.Delete = beingDeleted, ""
		}
		items = append(items, item)
	}
	return items, nil
}

// scalableTargets goes by the service that is scaled, whose name Pulumi has made, in whichever cluster.
func (f *finder) scalableTargets(ctx context.Context) ([]Item, error) {
	all, err := collect(ctx, applicationautoscaling.NewDescribeScalableTargetsPaginator(f.Scaling,
		&applicationautoscaling.DescribeScalableTargetsInput{ServiceNamespace: scaling.ServiceNamespaceEcs}),
		func(p *applicationautoscaling.DescribeScalableTargetsOutput) []scaling.ScalableTarget {
			return p.ScalableTargets
		})
	if err != nil {
		return nil, err
	}
	var items []Item
	for _, t := range all {
		id := aws.ToString(t.ResourceId)
		if f.autonamed(id[strings.LastIndex(id, "/")+1:], "") {
			items = append(items, Item{Kind: scalableTarget, ID: id, Delete: "aws application-autoscaling deregister-scalable-target --service-namespace ecs" +
				" --scalable-dimension ecs:service:DesiredCount --resource-id " + id})
		}
	}
	return items, nil
}

package leftovers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// tagsAtOnce is how many resources DescribeTags takes:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html
const tagsAtOnce = 20

func (f *finder) loadBalancers(ctx context.Context) ([]Item, error) {
	all, err := collect(ctx, elb.NewDescribeLoadBalancersPaginator(f.ELB, &elb.DescribeLoadBalancersInput{}),
		func(p *elb.DescribeLoadBalancersOutput) []types.LoadBalancer { return p.LoadBalancers })
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, b := range all {
		names[aws.ToString(b.LoadBalancerArn)] = aws.ToString(b.LoadBalancerName)
	}
	own, failed := f.ownARNs(ctx, slices.Collect(maps.Keys(names)), tagsAtOnce)
	var items []Item
	for _, arn := range own {
		item := Item{Kind: loadBalancer, ID: arn, Name: names[arn], Costs: hourly(loadBalancerHour),
			Delete: "aws elbv2 delete-load-balancer --load-balancer-arn " + arn}
		protected, err := f.protected(ctx, arn)
		if protected {
			item.Why = "its deletion protection is on"
			item.Delete = fmt.Sprintf("aws elbv2 modify-load-balancer-attributes --load-balancer-arn %s --attributes Key=deletion_protection.enabled,Value=false && %s", arn, item.Delete)
		}
		failed = errors.Join(failed, err)
		items = append(items, item)
	}
	return items, failed
}

func (f *finder) protected(ctx context.Context, arn string) (bool, error) {
	answer, err := f.ELB.DescribeLoadBalancerAttributes(ctx, &elb.DescribeLoadBalancerAttributesInput{LoadBalancerArn: &arn})
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(answer.Attributes, func(a types.LoadBalancerAttribute) bool {
		return aws.ToString(a.Key) == "deletion_protection.enabled" && aws.ToString(a.Value) == "true"
	}), nil
}

func (f *finder) targetGroups(ctx context.Context) ([]Item, error) {
	all, err := collect(ctx, elb.NewDescribeTargetGroupsPaginator(f.ELB, &elb.DescribeTargetGroupsInput{}),
		func(p *elb.DescribeTargetGroupsOutput) []types.TargetGroup { return p.TargetGroups })
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, g := range all {
		names[aws.ToString(g.TargetGroupArn)] = aws.ToString(g.TargetGroupName)
	}
	own, err := f.ownARNs(ctx, slices.Collect(maps.Keys(names)), tagsAtOnce)
	var items []Item
	for _, arn := range own {
		items = append(items, Item{Kind: targetGroup, ID: arn, Name: names[arn],
			Delete: "aws elbv2 delete-target-group --target-group-arn " + arn})
	}
	return items, err
}

// ownARNs are those that have the stack's tags, of atMost asked for at once.
func (f *finder) ownARNs(ctx context.Context, arns []string, atMost int) ([]string, error) {
	var own []string
	for some := range slices.Chunk(arns, atMost) {
		answer, err := f.ELB.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: some})
		var noBalancer *types.LoadBalancerNotFoundException
		var noGroup *types.TargetGroupNotFoundException
		if errors.As(err, &noBalancer) || errors.As(err, &noGroup) {
			if len(some) == 1 {
				continue
			}
			// One that was deleted a moment ago has all of them refused.
			answers, err := f.ownARNs(ctx, some, 1)
			if own = append(own, answers...); err != nil {
				return own, err
			}
			continue
		}
		if err != nil {
			return own, err
		}
		for _, d := range answer.TagDescriptions {
			if f.owns(tagMap(d.Tags, func(t types.Tag) (key, value *string) { return t.Key, t.Value })) {
				own = append(own, aws.ToString(d.ResourceArn))
			}
		}
	}
	return own, nil
}

package verify

import (
	"context"
	"fmt"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

func (g *gatherer) loadBalancer(ctx context.Context, f *Facts) error {
	arn := g.out.LoadBalancerARN
	answer, err := g.ELB.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{arn}})
	if err != nil {
		return noun("load balancer", found(err))
	}
	if len(answer.LoadBalancers) > 0 {
		f.LoadBalancer = &answer.LoadBalancers[0]
	}
	listeners := elb.NewDescribeListenersPaginator(g.ELB, &elb.DescribeListenersInput{LoadBalancerArn: &arn})
	for listeners.HasMorePages() {
		page, err := listeners.NextPage(ctx)
		if err != nil {
			return noun("listeners", found(err))
		}
		f.Listeners = append(f.Listeners, page.Listeners...)
	}
	return nil
}

func (g *gatherer) targetGroup(ctx context.Context, f *Facts) error {
	answer, err := g.ELB.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{TargetGroupArns: []string{g.out.TargetGroupARN}})
	if err != nil {
		return noun("target group", found(err))
	}
	if len(answer.TargetGroups) > 0 {
		f.TargetGroup = &answer.TargetGroups[0]
	}
	return nil
}

func (g *gatherer) targetHealth(ctx context.Context, f *Facts) error {
	answer, err := g.ELB.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &g.out.TargetGroupARN})
	if err != nil {
		return noun("target health", found(err))
	}
	f.Targets = answer.TargetHealthDescriptions
	return nil
}

// noun puts in front of an error what it is about.
func noun(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

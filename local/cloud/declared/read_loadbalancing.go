package declared

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// LoadBalancing reads the load balancers of a Region.
func (r Reader) LoadBalancing(ctx context.Context, region string) (LoadBalancing, error) {
	config, err := Config(r.Upstream, region)
	if err != nil {
		return LoadBalancing{}, fmt.Errorf("load balancing: %w", err)
	}
	client := elb.NewFromConfig(config)
	read := LoadBalancing{
		LoadBalancers: map[string]LoadBalancer{}, Listeners: map[string]Listener{}, TargetGroups: map[string]TargetGroup{},
	}
	if err := r.loadBalancers(ctx, client, region, &read); err != nil {
		return LoadBalancing{}, fmt.Errorf("load balancers: %w", err)
	}
	if err := read.targetGroups(ctx, client); err != nil {
		return LoadBalancing{}, fmt.Errorf("target groups: %w", err)
	}
	return read, nil
}

func (r Reader) loadBalancers(ctx context.Context, client *elb.Client, region string, l *LoadBalancing) error {
	balancers, err := list(
		func(token *string) (*elb.DescribeLoadBalancersOutput, error) {
			return client.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{Marker: token})
		},
		func(page *elb.DescribeLoadBalancersOutput) ([]elbtypes.LoadBalancer, *string) {
			return page.LoadBalancers, page.NextMarker
		})
	if err != nil {
		return err
	}
	for _, balancer := range balancers {
		arn := aws.ToString(balancer.LoadBalancerArn)
		attributes, err := client.DescribeLoadBalancerAttributes(ctx, &elb.DescribeLoadBalancerAttributesInput{LoadBalancerArn: &arn})
		if err == nil {
			err = r.listeners(ctx, client, region, balancer, l)
		}
		if gone(err) {
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", arn, err)
		}
		l.LoadBalancers[arn] = LoadBalancer{LoadBalancer: balancer, Attributes: map[string]string{}}
		for _, attribute := range attributes.Attributes {
			l.LoadBalancers[arn].Attributes[aws.ToString(attribute.Key)] = aws.ToString(attribute.Value)
		}
	}
	return nil
}

func (r Reader) listeners(ctx context.Context, client *elb.Client, region string, balancer elbtypes.LoadBalancer, l *LoadBalancing) error {
	listeners, err := list(
		func(token *string) (*elb.DescribeListenersOutput, error) {
			return client.DescribeListeners(ctx, &elb.DescribeListenersInput{LoadBalancerArn: balancer.LoadBalancerArn, Marker: token})
		},
		func(page *elb.DescribeListenersOutput) ([]elbtypes.Listener, *string) {
			return page.Listeners, page.NextMarker
		})
	if err != nil {
		return fmt.Errorf("listeners: %w", err)
	}
	for _, listener := range listeners {
		arn := aws.ToString(listener.ListenerArn)
		rules, err := list(
			func(token *string) (*elb.DescribeRulesOutput, error) {
				return client.DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: &arn, Marker: token})
			},
			func(page *elb.DescribeRulesOutput) ([]elbtypes.Rule, *string) { return page.Rules, page.NextMarker })
		if gone(err) {
			continue
		}
		if err != nil {
			return fmt.Errorf("rules of %s: %w", arn, err)
		}
		slices.SortStableFunc(rules, func(a, b elbtypes.Rule) int { return cmp.Compare(priority(a), priority(b)) })
		read := Listener{Listener: listener, Rules: rules}
		if len(listener.Certificates) > 0 {
			if read.Names, err = r.certificateNames(ctx, region, aws.ToString(listener.Certificates[0].CertificateArn)); err != nil {
				return fmt.Errorf("certificate of %s: %w", arn, err)
			}
		}
		if balancer.Type == elbtypes.LoadBalancerTypeEnumNetwork {
			attributes, err := client.DescribeListenerAttributes(ctx, &elb.DescribeListenerAttributesInput{ListenerArn: &arn})
			if gone(err) {
				continue
			}
			if err != nil {
				return fmt.Errorf("attributes of %s: %w", arn, err)
			}
			read.Attributes = map[string]string{}
			for _, attribute := range attributes.Attributes {
				read.Attributes[aws.ToString(attribute.Key)] = aws.ToString(attribute.Value)
			}
		}
		l.Listeners[arn] = read
	}
	return nil
}

// priority is a rule's place among the rules of its listener. That of the default rule is no number: "default".
func priority(r elbtypes.Rule) int {
	if number, err := strconv.Atoi(aws.ToString(r.Priority)); err == nil {
		return number
	}
	return math.MaxInt
}

func (l *LoadBalancing) targetGroups(ctx context.Context, client *elb.Client) error {
	groups, err := list(
		func(token *string) (*elb.DescribeTargetGroupsOutput, error) {
			return client.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{Marker: token})
		},
		func(page *elb.DescribeTargetGroupsOutput) ([]elbtypes.TargetGroup, *string) {
			return page.TargetGroups, page.NextMarker
		})
	if err != nil {
		return err
	}
	for _, group := range groups {
		arn := aws.ToString(group.TargetGroupArn)
		attributes, err := client.DescribeTargetGroupAttributes(ctx, &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: &arn})
		if gone(err) {
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", arn, err)
		}
		l.TargetGroups[arn] = TargetGroup{TargetGroup: group, Attributes: map[string]string{}}
		for _, attribute := range attributes.Attributes {
			l.TargetGroups[arn].Attributes[aws.ToString(attribute.Key)] = aws.ToString(attribute.Value)
		}
	}
	return nil
}

package verify

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"golang.org/x/sync/errgroup"
)

// vpc is what the stack's VPC holds. Where neither the load balancer nor the target group is left to name it, nothing.
func (g *gatherer) vpc(ctx context.Context, f *Facts) error {
	id := vpcID(f)
	if id == "" {
		return nil
	}
	ofVPC := []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{id}}}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		tables := ec2.NewDescribeRouteTablesPaginator(g.EC2, &ec2.DescribeRouteTablesInput{Filters: ofVPC})
		for tables.HasMorePages() {
			page, err := tables.NextPage(ctx)
			if err != nil {
				return noun("route tables", err)
			}
			f.RouteTables = append(f.RouteTables, page.RouteTables...)
		}
		return nil
	})
	group.Go(func() error {
		interfaces := ec2.NewDescribeNetworkInterfacesPaginator(g.EC2, &ec2.DescribeNetworkInterfacesInput{Filters: ofVPC})
		for interfaces.HasMorePages() {
			page, err := interfaces.NextPage(ctx)
			if err != nil {
				return noun("network interfaces", err)
			}
			f.Interfaces = append(f.Interfaces, page.NetworkInterfaces...)
		}
		return nil
	})
	group.Go(func() error {
		balancers := elb.NewDescribeLoadBalancersPaginator(g.ELB, &elb.DescribeLoadBalancersInput{})
		for balancers.HasMorePages() {
			page, err := balancers.NextPage(ctx)
			if err != nil {
				return noun("load balancers", err)
			}
			for _, balancer := range page.LoadBalancers {
				if aws.ToString(balancer.VpcId) == id {
					f.LoadBalancers = append(f.LoadBalancers, balancer)
				}
			}
		}
		return nil
	})
	return group.Wait()
}

func vpcID(f *Facts) string {
	if f.LoadBalancer != nil {
		return aws.ToString(f.LoadBalancer.VpcId)
	}
	if f.TargetGroup != nil {
		return aws.ToString(f.TargetGroup.VpcId)
	}
	return ""
}

// rules are those of the security groups of the links, of the load balancer and of the service.
func (g *gatherer) rules(ctx context.Context, f *Facts) error {
	var groups []string
	for _, link := range f.Links {
		groups = append(groups, link.SecurityGroupIds...)
	}
	if f.LoadBalancer != nil {
		groups = append(groups, f.LoadBalancer.SecurityGroups...)
	}
	if f.Service != nil && f.Service.NetworkConfiguration != nil && f.Service.NetworkConfiguration.AwsvpcConfiguration != nil {
		groups = append(groups, f.Service.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups...)
	}
	slices.Sort(groups)
	groups = slices.Compact(groups)
	if len(groups) == 0 { // A filter without values would be refused.
		return nil
	}
	rules := ec2.NewDescribeSecurityGroupRulesPaginator(g.EC2, &ec2.DescribeSecurityGroupRulesInput{
		Filters: []ec2types.Filter{{Name: aws.String("group-id"), Values: groups}},
	})
	for rules.HasMorePages() {
		page, err := rules.NextPage(ctx)
		if err != nil {
			return noun("security group rules", err)
		}
		f.Rules = append(f.Rules, page.SecurityGroupRules...)
	}
	return nil
}

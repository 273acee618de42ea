package declared

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"
)

// VPC reads the networks of a Region.
func (r Reader) VPC(ctx context.Context, region string) (VPC, error) {
	config, err := Config(r.Upstream, region)
	if err != nil {
		return VPC{}, fmt.Errorf("network: %w", err)
	}
	client := ec2.NewFromConfig(config)
	var read VPC
	calls, ctx := errgroup.WithContext(ctx)
	call := func(noun string, f func() error) {
		calls.Go(func() error {
			if err := f(); err != nil {
				return fmt.Errorf("network: %s: %w", noun, err)
			}
			return nil
		})
	}
	call("subnets", func() (err error) {
		found, err := list(
			func(token *string) (*ec2.DescribeSubnetsOutput, error) {
				return client.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{NextToken: token})
			},
			func(page *ec2.DescribeSubnetsOutput) ([]ec2types.Subnet, *string) {
				return page.Subnets, page.NextToken
			})
		read.Subnets, err = byID(func(s ec2types.Subnet) *string { return s.SubnetId }, found, err)
		return err
	})
	call("route tables", func() (err error) {
		found, err := list(
			func(token *string) (*ec2.DescribeRouteTablesOutput, error) {
				return client.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{NextToken: token})
			},
			func(page *ec2.DescribeRouteTablesOutput) ([]ec2types.RouteTable, *string) {
				return page.RouteTables, page.NextToken
			})
		read.RouteTables, err = byID(func(r ec2types.RouteTable) *string { return r.RouteTableId }, found, err)
		return err
	})
	call("security groups", func() (err error) {
		found, err := list(
			func(token *string) (*ec2.DescribeSecurityGroupsOutput, error) {
				return client.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{NextToken: token})
			},
			func(page *ec2.DescribeSecurityGroupsOutput) ([]ec2types.SecurityGroup, *string) {
				return page.SecurityGroups, page.NextToken
			})
		read.SecurityGroups, err = byID(func(s ec2types.SecurityGroup) *string { return s.GroupId }, found, err)
		return err
	})
	call("internet gateways", func() (err error) {
		found, err := list(
			func(token *string) (*ec2.DescribeInternetGatewaysOutput, error) {
				return client.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{NextToken: token})
			},
			func(page *ec2.DescribeInternetGatewaysOutput) ([]ec2types.InternetGateway, *string) {
				return page.InternetGateways, page.NextToken
			})
		read.InternetGateways, err = byID(func(i ec2types.InternetGateway) *string { return i.InternetGatewayId }, found, err)
		return err
	})
	call("NAT gateways", func() (err error) {
		found, err := list(
			func(token *string) (*ec2.DescribeNatGatewaysOutput, error) {
				return client.DescribeNatGateways(ctx, &ec2.DescribeNatGatewaysInput{NextToken: token})
			},
			func(page *ec2.DescribeNatGatewaysOutput) ([]ec2types.NatGateway, *string) {
				return page.NatGateways, page.NextToken
			})
		read.NatGateways, err = byID(func(n ec2types.NatGateway) *string { return n.NatGatewayId }, found, err)
		return err
	})
	call("VPC endpoints", func() (err error) {
		found, err := list(
			func(token *string) (*ec2.DescribeVpcEndpointsOutput, error) {
				return client.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{NextToken: token})
			},
			func(page *ec2.DescribeVpcEndpointsOutput) ([]ec2types.VpcEndpoint, *string) {
				return page.VpcEndpoints, page.NextToken
			})
		read.VpcEndpoints, err = byID(func(v ec2types.VpcEndpoint) *string { return v.VpcEndpointId }, found, err)
		return err
	})
	call("prefix lists", func() (err error) {
		found, err := list(
			func(token *string) (*ec2.DescribePrefixListsOutput, error) {
				return client.DescribePrefixLists(ctx, &ec2.DescribePrefixListsInput{NextToken: token})
			},
			func(page *ec2.DescribePrefixListsOutput) ([]ec2types.PrefixList, *string) {
				return page.PrefixLists, page.NextToken
			})
		read.PrefixLists, err = byID(func(p ec2types.PrefixList) *string { return p.PrefixListId }, found, err)
		return err
	})
	if err := calls.Wait(); err != nil {
		return VPC{}, err
	}
	return read, nil
}

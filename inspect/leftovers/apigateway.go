package leftovers

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
)

func (f *finder) apis(ctx context.Context) ([]Item, error) {
	var items []Item
	for input := (&apigatewayv2.GetApisInput{}); ; {
		page, err := f.APIGateway.GetApis(ctx, input)
		if err != nil {
			return items, err
		}
		for _, a := range page.Items {
			if f.owns(a.Tags) {
				id := aws.ToString(a.ApiId)
				items = append(items, Item{Kind: httpAPI, ID: id, Name: aws.ToString(a.Name), Delete: "aws apigatewayv2 delete-api --api-id " + id})
			}
		}
		if aws.ToString(page.NextToken) == "" {
			return items, nil
		}
		input.NextToken = page.NextToken
	}
}

func (f *finder) domainNames(ctx context.Context) ([]Item, error) {
	var items []Item
	for input := (&apigatewayv2.GetDomainNamesInput{}); ; {
		page, err := f.APIGateway.GetDomainNames(ctx, input)
		if err != nil {
			return items, err
		}
		for _, d := range page.Items {
			if f.owns(d.Tags) {
				name := aws.ToString(d.DomainName)
				items = append(items, Item{Kind: domainName, ID: name, Delete: "aws apigatewayv2 delete-domain-name --domain-name " + name})
			}
		}
		if aws.ToString(page.NextToken) == "" {
			return items, nil
		}
		input.NextToken = page.NextToken
	}
}

func (f *finder) vpcLinks(ctx context.Context) ([]Item, error) {
	var items []Item
	for input := (&apigatewayv2.GetVpcLinksInput{}); ; {
		page, err := f.APIGateway.GetVpcLinks(ctx, input)
		if err != nil {
			return items, err
		}
		for _, l := range page.Items {
			if !f.owns(l.Tags) {
				continue
			}
			id := aws.ToString(l.VpcLinkId)
			item := Item{Kind: vpcLink, ID: id, Name: aws.ToString(l.Name), Delete: "aws apigatewayv2 delete-vpc-link --vpc-link-id " + id}
			if l.VpcLinkStatus == types.VpcLinkStatusDeleting {
				item.Why, item.Delete = beingDeleted, ""
			}
			items = append(items, item)
		}
		if aws.ToString(page.NextToken) == "" {
			return items, nil
		}
		input.NextToken = page.NextToken
	}
}

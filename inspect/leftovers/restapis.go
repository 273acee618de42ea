package leftovers

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

func (f *finder) restAPIs(ctx context.Context) ([]Item, error) {
	all, err := collect(ctx, apigateway.NewGetRestApisPaginator(f.REST, &apigateway.GetRestApisInput{}),
		func(p *apigateway.GetRestApisOutput) []types.RestApi { return p.Items })
	var items []Item
	for _, a := range all {
		if f.owns(a.Tags) {
			id := aws.ToString(a.Id)
			items = append(items, Item{Kind: restAPI, ID: id, Name: aws.ToString(a.Name), Delete: "aws apigateway delete-rest-api --rest-api-id " + id})
		}
	}
	return items, err
}

// restVpcLinks are those of REST APIs, which AWS keeps apart. AWS keeps each as long as a deployment names it.
func (f *finder) restVpcLinks(ctx context.Context) ([]Item, error) {
	all, err := collect(ctx, apigateway.NewGetVpcLinksPaginator(f.REST, &apigateway.GetVpcLinksInput{}),
		func(p *apigateway.GetVpcLinksOutput) []types.VpcLink { return p.Items })
	var items []Item
	for _, l := range all {
		if !f.owns(l.Tags) {
			continue
		}
		id := aws.ToString(l.Id)
		item := Item{Kind: vpcLink, ID: id, Name: aws.ToString(l.Name), Delete: "aws apigateway delete-vpc-link --vpc-link-id " + id}
		if l.Status == types.VpcLinkStatusDeleting {
			item.Why, item.Delete = beingDeleted, ""
		}
		items = append(items, item)
	}
	return items, err
}

func (f *finder) usagePlans(ctx context.Context) ([]Item, error) {
	all, err := collect(ctx, apigateway.NewGetUsagePlansPaginator(f.REST, &apigateway.GetUsagePlansInput{}),
		func(p *apigateway.GetUsagePlansOutput) []types.UsagePlan { return p.Items })
	var items []Item
	for _, u := range all {
		if f.owns(u.Tags) {
			id := aws.ToString(u.Id)
			items = append(items, Item{Kind: usagePlan, ID: id, Name: aws.ToString(u.Name), Delete: "aws apigateway delete-usage-plan --usage-plan-id " + id})
		}
	}
	return items, err
}

// apiKeys asks for no key's value.
func (f *finder) apiKeys(ctx context.Context) ([]Item, error) {
	all, err := collect(ctx, apigateway.NewGetApiKeysPaginator(f.REST, &apigateway.GetApiKeysInput{}),
		func(p *apigateway.GetApiKeysOutput) []types.ApiKey { return p.Items })
	var items []Item
	for _, k := range all {
		if f.owns(k.Tags) {
			id := aws.ToString(k.Id)
			items = append(items, Item{Kind: apiKey, ID: id, Name: aws.ToString(k.Name), Delete: "aws apigateway delete-api-key --api-key " + id})
		}
	}
	return items, err
}

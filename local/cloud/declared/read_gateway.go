package declared

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
)

// Gateway reads the HTTP APIs, the VPC links and the custom domain names of a Region. WebSocket APIs are left out.
func (r Reader) Gateway(ctx context.Context, region string) (Gateway, error) {
	config, err := Config(r.Upstream, region)
	if err != nil {
		return Gateway{}, fmt.Errorf("API Gateway: %w", err)
	}
	client := apigatewayv2.NewFromConfig(config)
	links, err := list(
		func(token *string) (*apigatewayv2.GetVpcLinksOutput, error) {
			return client.GetVpcLinks(ctx, &apigatewayv2.GetVpcLinksInput{NextToken: token})
		},
		func(page *apigatewayv2.GetVpcLinksOutput) ([]apitypes.VpcLink, *string) {
			return page.Items, page.NextToken
		})
	read := Gateway{APIs: map[string]API{}}
	if read.VpcLinks, err = byID(func(l apitypes.VpcLink) *string { return l.VpcLinkId }, links, err); err != nil {
		return Gateway{}, fmt.Errorf("API Gateway: VPC links: %w", err)
	}
	if read.Domains, err = readDomains(ctx, client); err != nil {
		return Gateway{}, fmt.Errorf("API Gateway: custom domain names: %w", err)
	}
	apis, err := list(
		func(token *string) (*apigatewayv2.GetApisOutput, error) {
			return client.GetApis(ctx, &apigatewayv2.GetApisInput{NextToken: token})
		},
		func(page *apigatewayv2.GetApisOutput) ([]apitypes.Api, *string) { return page.Items, page.NextToken })
	if err != nil {
		return Gateway{}, fmt.Errorf("API Gateway: APIs: %w", err)
	}
	for _, declared := range apis {
		if declared.ProtocolType != apitypes.ProtocolTypeHttp {
			continue
		}
		api, err := readAPI(ctx, client, declared)
		if gone(err) {
			continue
		}
		if err != nil {
			return Gateway{}, fmt.Errorf("API Gateway: API %s: %w", aws.ToString(declared.ApiId), err)
		}
		read.APIs[aws.ToString(declared.ApiId)] = api
	}
	return read, nil
}

func readDomains(ctx context.Context, client *apigatewayv2.Client) (map[string]Domain, error) {
	names, err := list(
		func(token *string) (*apigatewayv2.GetDomainNamesOutput, error) {
			return client.GetDomainNames(ctx, &apigatewayv2.GetDomainNamesInput{NextToken: token})
		},
		func(page *apigatewayv2.GetDomainNamesOutput) ([]apitypes.DomainName, *string) {
			return page.Items, page.NextToken
		})
	if err != nil {
		return nil, err
	}
	domains := map[string]Domain{}
	for _, declared := range names {
		mappings, err := list(
			func(token *string) (*apigatewayv2.GetApiMappingsOutput, error) {
				return client.GetApiMappings(ctx, &apigatewayv2.GetApiMappingsInput{DomainName: declared.DomainName, NextToken: token})
			},
			func(page *apigatewayv2.GetApiMappingsOutput) ([]apitypes.ApiMapping, *string) {
				return page.Items, page.NextToken
			})
		if gone(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("mappings of %s: %w", aws.ToString(declared.DomainName), err)
		}
		domains[aws.ToString(declared.DomainName)] = Domain{DomainName: declared, Mappings: mappings}
	}
	return domains, nil
}

func readAPI(ctx context.Context, client *apigatewayv2.Client, declared apitypes.Api) (API, error) {
	api := API{Api: declared}
	var err error
	if api.Routes, err = list(
		func(token *string) (*apigatewayv2.GetRoutesOutput, error) {
			return client.GetRoutes(ctx, &apigatewayv2.GetRoutesInput{ApiId: declared.ApiId, NextToken: token})
		},
		func(page *apigatewayv2.GetRoutesOutput) ([]apitypes.Route, *string) {
			return page.Items, page.NextToken
		}); err != nil {
		return API{}, fmt.Errorf("routes: %w", err)
	}
	integrations, err := list(
		func(token *string) (*apigatewayv2.GetIntegrationsOutput, error) {
			return client.GetIntegrations(ctx, &apigatewayv2.GetIntegrationsInput{ApiId: declared.ApiId, NextToken: token})
		},
		func(page *apigatewayv2.GetIntegrationsOutput) ([]apitypes.Integration, *string) {
			return page.Items, page.NextToken
		})
	if api.Integrations, err = byID(func(i apitypes.Integration) *string { return i.IntegrationId }, integrations, err); err != nil {
		return API{}, fmt.Errorf("integrations: %w", err)
	}
	stages, err := list(
		func(token *string) (*apigatewayv2.GetStagesOutput, error) {
			return client.GetStages(ctx, &apigatewayv2.GetStagesInput{ApiId: declared.ApiId, NextToken: token})
		},
		func(page *apigatewayv2.GetStagesOutput) ([]apitypes.Stage, *string) {
			return page.Items, page.NextToken
		})
	if api.Stages, err = byID(func(s apitypes.Stage) *string { return s.StageName }, stages, err); err != nil {
		return API{}, fmt.Errorf("stages: %w", err)
	}
	if api.Authorizers, err = readAuthorizers(ctx, client, api); err != nil {
		return API{}, fmt.Errorf("authorizers: %w", err)
	}
	return api, nil
}

// readAuthorizers asks for each authorizer by itself: moto has no list of them. One that is gone is left out.
func readAuthorizers(ctx context.Context, client *apigatewayv2.Client, api API) (map[string]Authorizer, error) {
	read := map[string]Authorizer{}
	for _, r := range api.Routes {
		id := aws.ToString(r.AuthorizerId)
		if _, known := read[id]; known || id == "" {
			continue
		}
		found, err := client.GetAuthorizer(ctx, &apigatewayv2.GetAuthorizerInput{ApiId: api.ApiId, AuthorizerId: &id})
		switch {
		case gone(err):
		case err != nil:
			return nil, err
		default:
			read[id] = Authorizer{found.JwtConfiguration, found.IdentitySource}
		}
	}
	return read, nil
}

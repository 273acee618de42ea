package verify

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	"golang.org/x/sync/errgroup"
)

func (g *gatherer) gateway(ctx context.Context, f *Facts) error {
	id := &g.out.APIID
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		answer, err := g.APIGateway.GetApi(ctx, &apigatewayv2.GetApiInput{ApiId: id})
		if err == nil {
			f.API = answer
		}
		return found(err)
	})
	group.Go(func() error {
		return found(pages(func(token *string) (*string, error) {
			answer, err := g.APIGateway.GetRoutes(ctx, &apigatewayv2.GetRoutesInput{ApiId: id, NextToken: token})
			if err != nil {
				return nil, err
			}
			f.Routes = append(f.Routes, answer.Items...)
			return answer.NextToken, nil
		}))
	})
	group.Go(func() error {
		return found(pages(func(token *string) (*string, error) {
			answer, err := g.APIGateway.GetIntegrations(ctx, &apigatewayv2.GetIntegrationsInput{ApiId: id, NextToken: token})
			if err != nil {
				return nil, err
			}
			f.Integrations = append(f.Integrations, answer.Items...)
			return answer.NextToken, nil
		}))
	})
	group.Go(func() error {
		return found(pages(func(token *string) (*string, error) {
			answer, err := g.APIGateway.GetStages(ctx, &apigatewayv2.GetStagesInput{ApiId: id, NextToken: token})
			if err != nil {
				return nil, err
			}
			f.Stages = append(f.Stages, answer.Items...)
			return answer.NextToken, nil
		}))
	})
	if err := group.Wait(); err != nil {
		return fmt.Errorf("API %s: %w", *id, err)
	}
	return nil
}

// links are the VPC links that the integrations name.
func (g *gatherer) links(ctx context.Context, f *Facts) error {
	seen := map[string]bool{}
	for _, integration := range f.Integrations {
		id := aws.ToString(integration.ConnectionId)
		if integration.ConnectionType != apitypes.ConnectionTypeVpcLink || id == "" || seen[id] {
			continue
		}
		seen[id] = true
		link, err := g.APIGateway.GetVpcLink(ctx, &apigatewayv2.GetVpcLinkInput{VpcLinkId: &id})
		if notFound(err) {
			continue
		}
		if err != nil {
			return fmt.Errorf("VPC link %s: %w", id, err)
		}
		f.Links = append(f.Links, apitypes.VpcLink{
			Name: link.Name, VpcLinkId: link.VpcLinkId, SecurityGroupIds: link.SecurityGroupIds, SubnetIds: link.SubnetIds,
			CreatedDate: link.CreatedDate, Tags: link.Tags, VpcLinkStatus: link.VpcLinkStatus,
			VpcLinkStatusMessage: link.VpcLinkStatusMessage, VpcLinkVersion: link.VpcLinkVersion,
		})
	}
	return nil
}

// mappings are the APIs behind the URL's host. An address is no custom domain name.
func (g *gatherer) mappings(ctx context.Context, f *Facts) error {
	host := hostOf(g.out.URL)
	if _, err := netip.ParseAddrPort(host); err == nil || !f.hasAPI() || host == "" || host == hostOf(f.endpoint()) {
		return nil
	}
	return noun("custom domain name "+host, found(pages(func(token *string) (*string, error) {
		answer, err := g.APIGateway.GetApiMappings(ctx, &apigatewayv2.GetApiMappingsInput{DomainName: &host, NextToken: token})
		if err != nil {
			return nil, err
		}
		f.Mappings = append(f.Mappings, answer.Items...)
		return answer.NextToken, nil
	})))
}

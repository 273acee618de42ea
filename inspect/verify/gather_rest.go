package verify

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	resttypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"golang.org/x/sync/errgroup"
)

// restAPI is the REST API with what its stages serve.
func (g *gatherer) restAPI(ctx context.Context, f *Facts) error {
	id := &g.out.APIID
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		answer, err := g.REST.GetRestApi(ctx, &apigateway.GetRestApiInput{RestApiId: id})
		if err == nil {
			f.Rest.API = answer
		}
		return found(err)
	})
	group.Go(func() error {
		answer, err := g.REST.GetStages(ctx, &apigateway.GetStagesInput{RestApiId: id})
		if err != nil {
			return found(err)
		}
		f.Rest.Stages = answer.Item
		for _, stage := range answer.Item {
			methods, err := g.methods(ctx, aws.ToString(stage.StageName))
			if err != nil {
				return fmt.Errorf("export of stage %s: %w", aws.ToString(stage.StageName), err)
			}
			f.Rest.Methods = append(f.Rest.Methods, methods...)
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return fmt.Errorf("REST API %s: %w", *id, err)
	}
	return nil
}

// methods are those that a stage serves. An export has those of its deployment, where GetResources would tell what is
// declared, deployed or not: https://docs.aws.amazon.com/apigateway/latest/api/API_GetExport.html
func (g *gatherer) methods(ctx context.Context, stage string) ([]Method, error) {
	answer, err := g.REST.GetExport(ctx, &apigateway.GetExportInput{
		RestApiId: &g.out.APIID, StageName: &stage, ExportType: aws.String("oas30"), Accepts: aws.String("application/json"),
		Parameters: map[string]string{"extensions": "integrations"},
	})
	if err != nil {
		return nil, found(err)
	}
	var document struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(answer.Body, &document); err != nil {
		return nil, fmt.Errorf("it is no OpenAPI document: %w", err)
	}
	var methods []Method
	for path, operations := range document.Paths {
		for name, operation := range operations {
			m := Method{Stage: stage, Path: path, Name: strings.ToUpper(name)}
			switch {
			case name == "x-amazon-apigateway-any-method":
				m.Name = "ANY"
			case !slices.Contains(operationNames, name):
				continue // what a path has beside its operations
			}
			var read struct {
				Integration Integration `json:"x-amazon-apigateway-integration"`
			}
			if err := json.Unmarshal(operation, &read); err != nil {
				return nil, fmt.Errorf("%s %s: %w", m.Name, path, err)
			}
			m.Integration = read.Integration
			methods = append(methods, m)
		}
	}
	slices.SortFunc(methods, func(a, b Method) int { return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Name, b.Name)) })
	return methods, nil
}

// operationNames are the methods that OpenAPI has words for: https://spec.openapis.org/oas/v3.0.3#path-item-object
var operationNames = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}

// restLinks are the VPC links that the methods name.
func (g *gatherer) restLinks(ctx context.Context, f *Facts) error {
	seen := map[string]bool{}
	for _, m := range f.Rest.Methods {
		id := m.Integration.ConnectionID
		if !m.Integration.byLink() || id == "" || seen[id] {
			continue
		}
		seen[id] = true
		link, err := g.REST.GetVpcLink(ctx, &apigateway.GetVpcLinkInput{VpcLinkId: &id})
		if notFound(err) {
			continue
		}
		if err != nil {
			return fmt.Errorf("VPC link %s: %w", id, err)
		}
		f.Rest.Links = append(f.Rest.Links, resttypes.VpcLink{
			Id: link.Id, Name: link.Name, Status: link.Status, StatusMessage: link.StatusMessage, TargetArns: link.TargetArns, Tags: link.Tags,
		})
	}
	return nil
}

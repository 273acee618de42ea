package why

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	resttypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"sallyport/inspect/api"
	"sallyport/inspect/stack"
)

// vpcLink is the link of the stack's API.
type vpcLink struct {
	of      string // the kind of API
	status  string // such as AVAILABLE; empty where AWS does not say
	message string
	gone    bool // where the state has it and AWS has not
}

func (f *facts) gatherLink(ctx context.Context, clients *api.Clients, s *stack.Stack) error {
	if links := s.OfType("aws:apigatewayv2/vpcLink:VpcLink"); len(links) > 0 {
		answer, err := clients.APIGateway.GetVpcLink(ctx, &apigatewayv2.GetVpcLinkInput{VpcLinkId: &links[0].ID})
		var none *apitypes.NotFoundException
		switch {
		case errors.As(err, &none):
			f.link = &vpcLink{of: "HTTP API", gone: true}
		case err != nil:
			return err
		default:
			f.link = &vpcLink{"HTTP API", string(answer.VpcLinkStatus), aws.ToString(answer.VpcLinkStatusMessage), false}
		}
	}
	if links := s.OfType("aws:apigateway/vpcLink:VpcLink"); len(links) > 0 {
		answer, err := clients.REST.GetVpcLink(ctx, &apigateway.GetVpcLinkInput{VpcLinkId: &links[0].ID})
		var none *resttypes.NotFoundException
		switch {
		case errors.As(err, &none):
			f.link = &vpcLink{of: "REST API", gone: true}
		case err != nil:
			return err
		default:
			f.link = &vpcLink{"REST API", string(answer.Status), aws.ToString(answer.StatusMessage), false}
		}
	}
	return nil
}

// gatherLogsRole asks whether API Gateway has a role to write the logs of REST APIs with, where the stack has one.
func (f *facts) gatherLogsRole(ctx context.Context, clients *api.Clients, s *stack.Stack) error {
	if len(s.OfType("aws:apigateway/restApi:RestApi")) == 0 {
		return nil
	}
	account, err := clients.REST.GetAccount(ctx, &apigateway.GetAccountInput{})
	if err != nil {
		return err
	}
	f.noLogsRole = aws.ToString(account.CloudwatchRoleArn) == ""
	return nil
}

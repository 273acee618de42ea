package verify

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	resttypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

const (
	nlbARN         = elbARN + "loadbalancer/net/web/aaaa"
	nlbListenerARN = elbARN + "listener/net/web/aaaa/bbbb"
)

// goodRest is the stack of good with a REST API and a Network Load Balancer. Its table of routes has one that denies and
// one to a Lambda function.
func goodRest() *Facts {
	f := good()
	f.API, f.Routes, f.Integrations, f.Stages, f.Links = nil, nil, nil, nil, nil
	f.Outputs.REST, f.Outputs.URL, f.Outputs.InvokeURL = true, "https://"+dnsName+"/live", "https://"+dnsName+"/live"
	f.Outputs.LoadBalancerARN = nlbARN
	toTasks := Integration{Type: "http_proxy", URI: "http://web.elb.amazonaws.com/{proxy}", ConnectionType: "VPC_LINK", ConnectionID: "link1"}
	root := toTasks
	root.URI = "http://web.elb.amazonaws.com/"
	f.Rest = Rest{
		API: &apigateway.GetRestApiOutput{Id: aws.String("abc"), EndpointConfiguration: &resttypes.EndpointConfiguration{Types: []resttypes.EndpointType{"REGIONAL"}}},
		Stages: []resttypes.Stage{{StageName: aws.String("live"), DeploymentId: aws.String("d1"), AccessLogSettings: &resttypes.AccessLogSettings{
			DestinationArn: aws.String("arn:aws:logs:eu-west-1:123456789012:log-group:web-access"), Format: aws.String(`{"requestId":"$context.requestId"}`),
		}}},
		Methods: []Method{
			{"live", "/", "ANY", root},
			{"live", "/thumb", "GET", Integration{Type: "aws_proxy", URI: "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/f/invocations"}},
			{"live", "/{proxy+}", "ANY", toTasks},
			{"live", "/{proxy+}", "OPTIONS", Integration{Type: "mock"}},
		},
		Links: []resttypes.VpcLink{{Id: aws.String("link1"), Status: "AVAILABLE", StatusMessage: aws.String("Your vpc link is ready for use"), TargetArns: []string{nlbARN}}},
	}
	f.LoadBalancer.LoadBalancerArn, f.LoadBalancer.Type = aws.String(nlbARN), elbtypes.LoadBalancerTypeEnumNetwork
	f.LoadBalancer.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic = aws.String("off")
	f.LoadBalancers[0].LoadBalancerArn = aws.String(nlbARN)
	f.Listeners[0].ListenerArn = aws.String(nlbListenerARN)
	f.Interfaces[2].Description = aws.String("ELB net/web/aaaa")
	f.Rules = f.Rules[2:]
	return f
}

package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// pathBreaks are the places where the way of a request leaves the stack: from the URL by a route or a
// method and its integration to a listener, the target group and the service.
func pathBreaks(f *Facts) []string {
	breaks := routeBreaks(f)
	if f.Outputs.REST {
		breaks = methodBreaks(f)
	}
	if f.TargetGroup == nil {
		breaks = append(breaks, "the target group does not exist")
	}
	if f.served() == nil {
		breaks = append(breaks, "the service does not register its tasks in the stack's target group")
	}
	return breaks
}

// routeBreaks are those of an HTTP API.
func routeBreaks(f *Facts) []string {
	var breaks []string
	if len(f.Stages) == 0 {
		breaks = append(breaks, "the API has no stage")
	}
	if len(f.Routes) == 0 {
		breaks = append(breaks, "the API has no route")
	}
	served := false
	for _, route := range f.Routes {
		if denies(route) || leadsToFunction(f, route) {
			continue
		}
		served = true
		if broken := routeBreak(f, route); broken != "" {
			breaks = append(breaks, fmt.Sprintf("route %s %s", aws.ToString(route.RouteKey), broken))
		}
	}
	if len(f.Routes) > 0 && !served {
		breaks = append(breaks, "no route leads to the load balancer")
	}
	return breaks
}

// denies tells a route that is there to pass nothing on: gateway.routes makes it so, since an HTTP API has no other.
func denies(route apitypes.Route) bool {
	return aws.ToString(route.Target) == "" && route.AuthorizationType == apitypes.AuthorizationTypeAwsIam
}

// leadsToFunction tells a route to a Lambda function, whose requests never come to the stack's tasks.
func leadsToFunction(f *Facts, route apitypes.Route) bool {
	id, _ := strings.CutPrefix(aws.ToString(route.Target), "integrations/")
	return slices.ContainsFunc(f.Integrations, func(in apitypes.Integration) bool {
		return aws.ToString(in.IntegrationId) == id && in.IntegrationType == apitypes.IntegrationTypeAwsProxy && in.IntegrationSubtype == nil
	})
}

// routeBreak says where a route leaves the stack, if it does.
func routeBreak(f *Facts, route apitypes.Route) string {
	id, ok := strings.CutPrefix(aws.ToString(route.Target), "integrations/")
	i := slices.IndexFunc(f.Integrations, func(in apitypes.Integration) bool { return aws.ToString(in.IntegrationId) == id })
	if !ok || i < 0 {
		return "leads to no integration"
	}
	uri := aws.ToString(f.Integrations[i].IntegrationUri)
	if f.Integrations[i].ConnectionType != apitypes.ConnectionTypeVpcLink {
		return fmt.Sprintf("leads to %q without a VPC link", uri)
	}
	i = slices.IndexFunc(f.Listeners, func(l elbtypes.Listener) bool { return uri != "" && aws.ToString(l.ListenerArn) == uri })
	if i < 0 {
		return fmt.Sprintf("leads to %q, which is no listener of the stack's load balancer", uri)
	}
	return groupBreak(f, f.Listeners[i])
}

// groupBreak says where a listener leaves the stack, if it does.
func groupBreak(f *Facts, l elbtypes.Listener) string {
	groups := forwards(l)
	if len(groups) == 0 {
		return "leads to a listener that forwards to no target group"
	}
	for _, group := range groups {
		if group != f.Outputs.TargetGroupARN {
			return fmt.Sprintf("leads to target group %q, which is not the stack's", group)
		}
	}
	return ""
}

// forwards are the ARNs of the target groups that a listener forwards to by default, which AWS names in one or both of
// two places.
func forwards(l elbtypes.Listener) []string {
	var groups []string
	for _, action := range l.DefaultActions {
		if arn := aws.ToString(action.TargetGroupArn); arn != "" {
			groups = append(groups, arn)
		}
		if action.ForwardConfig == nil {
			continue
		}
		for _, g := range action.ForwardConfig.TargetGroups {
			groups = append(groups, aws.ToString(g.TargetGroupArn))
		}
	}
	return groups
}

package verify

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	resttypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// judgePublicNames looks at all that is in the VPC but the tasks and the stack's own load balancer, which have checks of
// their own.
func judgePublicNames(f *Facts) Finding {
	if !f.hasAPI() {
		return fail("the API does not exist", redeploy)
	}
	var problems []problem
	host, endpoint := hostOf(f.Outputs.URL), hostOf(f.endpoint())
	disabled := f.endpointDisabled()
	mapped := slices.ContainsFunc(f.Mappings, func(m apitypes.ApiMapping) bool { return aws.ToString(m.ApiId) == f.Outputs.APIID })
	switch {
	case host == "" || host != endpoint && !mapped:
		problems = append(problems, problem{what: fmt.Sprintf("the URL's host %q is neither the API's %q nor a custom domain name that is mapped to it", host, endpoint), todo: redeploy})
	case host == endpoint && disabled:
		problems = append(problems, problem{what: fmt.Sprintf("the API's endpoint %s is disabled", endpoint), todo: redeploy})
	case host != endpoint && !disabled:
		problems = append(problems, problem{what: fmt.Sprintf("the API answers at %s too, beside its custom domain name %s", endpoint, host), todo: redeploy})
	}
	if f.Rest.API != nil {
		problems = append(problems, edgeProblems(f.Rest.API.EndpointConfiguration)...)
	}
	own := f.Outputs.LoadBalancerARN
	for _, l := range f.LoadBalancers {
		if aws.ToString(l.LoadBalancerArn) != own && l.Scheme != elbtypes.LoadBalancerSchemeEnumInternal {
			problems = append(problems, problem{what: fmt.Sprintf("load balancer %s of this VPC is %s at %s", aws.ToString(l.LoadBalancerName), l.Scheme, aws.ToString(l.DNSName)),
				todo: "Delete it, or move it into a VPC of its own."})
		}
	}
	tasks := map[string]bool{}
	for _, t := range f.Tasks {
		tasks[detail(t, "networkInterfaceId")] = true
	}
	for _, n := range f.Interfaces {
		id, public := aws.ToString(n.NetworkInterfaceId), publicAddresses(n)
		if len(public) == 0 || isNAT(n) || tasks[id] || isOf(n, own) {
			continue
		}
		problems = append(problems, problem{what: fmt.Sprintf("network interface %s (%q) of this VPC has the public address %s", id, aws.ToString(n.Description), some(public, ", ")),
			todo: "Find out what it belongs to, and disassociate the address or delete it."})
	}
	if len(f.Interfaces) == 0 {
		problems = append(problems, problem{"the VPC has no network interface, though its tasks must have some", "Run `make verify` again; see the check task-addresses.", true})
	}
	return verdict(problems, fmt.Sprintf("%s alone; nothing else among %s and %s of the VPC but NAT gateways",
		host, count(len(f.LoadBalancers), "load balancer"), count(len(f.Interfaces), "network interface")))
}

// edgeProblems tells of a REST API that answers elsewhere than in its Region.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-endpoint-types.html
func edgeProblems(c *resttypes.EndpointConfiguration) []problem {
	var types []resttypes.EndpointType
	if c != nil {
		types = c.Types
	}
	if slices.Equal(types, []resttypes.EndpointType{resttypes.EndpointTypeRegional}) {
		return nil
	}
	return []problem{{what: fmt.Sprintf("the API's endpoint type is %v, and not REGIONAL", types), todo: redeploy}}
}

func hostOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return u.Host
}

// isNAT says whether an interface is a NAT gateway's, which lets nothing in. AWS spells its type in two ways: natGateway
// in the API's reference, nat_gateway in its answers.
func isNAT(n ec2types.NetworkInterface) bool {
	return n.InterfaceType == ec2types.NetworkInterfaceTypeNatGateway || n.InterfaceType == "nat_gateway"
}

// isOf says whether an interface is that of a load balancer, whose description AWS makes of the end of its ARN:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
func isOf(n ec2types.NetworkInterface, balancer string) bool {
	_, name, ok := strings.Cut(balancer, ":loadbalancer/")
	return ok && aws.ToString(n.Description) == "ELB "+name
}

package verify

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func judgeTaskAddresses(f *Facts) Finding {
	network := f.network()
	if network == nil {
		return fail("the service or its network configuration does not exist", redeploy)
	}
	var problems []problem
	if network.AssignPublicIp == ecstypes.AssignPublicIpEnabled {
		problems = append(problems, problem{what: "the service gives its tasks public addresses (assignPublicIp)", todo: redeploy})
	}
	var good []string
	for _, t := range f.Tasks {
		id := detail(t, "networkInterfaceId")
		i := slices.IndexFunc(f.Interfaces, func(n ec2types.NetworkInterface) bool { return id != "" && aws.ToString(n.NetworkInterfaceId) == id })
		switch {
		case i >= 0:
			if public := publicAddresses(f.Interfaces[i]); len(public) > 0 {
				problems = append(problems, problem{what: fmt.Sprintf("task %s has the public address %s (%s)", tail(t.TaskArn), some(public, ", "), id),
					todo: "Disassociate an address that was given by hand; for one that the service gave: " + redeploy})
			} else if isRunning(t) {
				good = append(good, fmt.Sprintf("%s has %s alone", tail(t.TaskArn), aws.ToString(f.Interfaces[i].PrivateIpAddress)))
			}
		case isRunning(t):
			problems = append(problems, problem{fmt.Sprintf("the network interface %q of task %s was not found in the VPC, so its addresses are not known", id, tail(t.TaskArn)),
				"Run `make verify` again, in case the task has just started.", true})
		}
	}
	if len(good) == 0 && len(problems) == 0 {
		return noTask
	}
	return verdict(problems, some(good, ", "))
}

// publicAddresses are those that an interface can be reached at from outside.
func publicAddresses(n ec2types.NetworkInterface) []string {
	associations := []*ec2types.NetworkInterfaceAssociation{n.Association}
	for _, private := range n.PrivateIpAddresses {
		associations = append(associations, private.Association)
	}
	var found []string
	for _, a := range associations {
		if a == nil {
			continue
		}
		for _, address := range []string{aws.ToString(a.PublicIp), aws.ToString(a.CarrierIp)} {
			if address != "" && !slices.Contains(found, address) {
				found = append(found, address)
			}
		}
	}
	return found
}

// judgeSubnets looks at the subnets of tasks that run, and at those where the service would start the next ones.
func judgeSubnets(f *Facts) Finding {
	var subnets []string
	if network := f.network(); network != nil {
		subnets = append(subnets, network.Subnets...)
	}
	for _, t := range f.Tasks {
		subnets = append(subnets, detail(t, "subnetId"))
	}
	slices.Sort(subnets)
	subnets = slices.DeleteFunc(slices.Compact(subnets), func(id string) bool { return id == "" })
	if len(subnets) == 0 {
		return fail("neither the service nor a task has a subnet", redeploy)
	}
	var problems []problem
	var good []string
	for _, subnet := range subnets {
		table := routeTable(f.RouteTables, subnet)
		if table == nil {
			problems = append(problems, problem{what: fmt.Sprintf("no route table of the VPC is that of subnet %s", subnet), todo: redeploy})
			continue
		}
		id := aws.ToString(table.RouteTableId)
		good = append(good, fmt.Sprintf("%s by %s", subnet, id))
		for _, r := range table.Routes {
			// One whose gateway is detached counts too: it opens the subnet as soon as that is back.
			if gateway := aws.ToString(r.GatewayId); strings.HasPrefix(gateway, "igw-") {
				problems = append(problems, problem{
					what: fmt.Sprintf("subnet %s routes %s to internet gateway %s (%s)", subnet, destination(r), gateway, id),
					todo: fmt.Sprintf("Delete that route of route table %s, which Pulumi doesn't see where it was made by hand.", id),
				})
			}
		}
	}
	return verdict(problems, some(good, ", "))
}

// routeTable is the one that a subnet is associated with, else the VPC's main one.
// https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html
func routeTable(tables []ec2types.RouteTable, subnet string) *ec2types.RouteTable {
	var main *ec2types.RouteTable
	for i, table := range tables {
		for _, a := range table.Associations {
			if aws.ToString(a.SubnetId) == subnet {
				return &tables[i]
			}
			if aws.ToBool(a.Main) {
				main = &tables[i]
			}
		}
	}
	return main
}

func destination(r ec2types.Route) string {
	for _, to := range []*string{r.DestinationCidrBlock, r.DestinationIpv6CidrBlock, r.DestinationPrefixListId} {
		if aws.ToString(to) != "" {
			return *to
		}
	}
	return "an unknown destination"
}

func judgeBalancer(f *Facts) Finding {
	if f.LoadBalancer == nil {
		return fail("the load balancer does not exist", redeploy)
	}
	seen := fmt.Sprintf("%s is %s", aws.ToString(f.LoadBalancer.DNSName), cmp.Or(f.LoadBalancer.Scheme, "not said to be internal"))
	if f.LoadBalancer.Scheme != elbtypes.LoadBalancerSchemeEnumInternal {
		return fail(seen, "A load balancer can't become internal: "+redeploy)
	}
	return pass(seen)
}

// judgePublicNames looks at all that is in the VPC but the tasks and the stack's own load balancer, which have checks of
// their own.
func judgePublicNames(f *Facts) Finding {
	if f.API == nil {
		return fail("the API does not exist", redeploy)
	}
	var problems []problem
	host, endpoint := hostOf(f.Outputs.URL), hostOf(aws.ToString(f.API.ApiEndpoint))
	disabled := aws.ToBool(f.API.DisableExecuteApiEndpoint)
	mapped := slices.ContainsFunc(f.Mappings, func(m apitypes.ApiMapping) bool { return aws.ToString(m.ApiId) == f.Outputs.APIID })
	switch {
	case host == "" || host != endpoint && !mapped:
		problems = append(problems, problem{what: fmt.Sprintf("the URL's host %q is neither the API's %q nor a custom domain name that is mapped to it", host, endpoint), todo: redeploy})
	case host == endpoint && disabled:
		problems = append(problems, problem{what: fmt.Sprintf("the API's endpoint %s is disabled", endpoint), todo: redeploy})
	case host != endpoint && !disabled:
		problems = append(problems, problem{what: fmt.Sprintf("the API answers at %s too, beside its custom domain name %s", endpoint, host), todo: redeploy})
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

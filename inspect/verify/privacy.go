package verify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
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

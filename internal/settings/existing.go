package settings

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

var subnetID = regexp.MustCompile(`^subnet-([0-9a-f]{8}|[0-9a-f]{17})$`)

func checkSubnetIDs(ids []string) error {
	var wrong []string
	if n := len(ids); n == 1 || n > 6 {
		wrong = append(wrong, fmt.Sprintf("there are %d", n))
	}
	for i, id := range ids {
		if !subnetID.MatchString(id) {
			wrong = append(wrong, strconv.Quote(id)+" doesn't look like the id of a subnet, such as subnet-0123456789abcdef0")
		}
		if slices.Contains(ids[:i], id) {
			wrong = append(wrong, strconv.Quote(id)+" is there twice")
		}
	}
	return joined(wrong)
}

// checkExisting finds settings that contradict what the stack is to share with others. Whether that exists and fits is
// found out from AWS, before anything is registered.
func checkExisting(s *Settings, isSet func(key string) bool) []*problem {
	var found []*problem
	together := func(given, missing string) {
		if isSet(given) && !isSet(missing) {
			found = append(found, &problem{key: given, wrong: "it needs " + missing + ", which is not set"})
		}
	}
	together("network.vpcId", "network.privateSubnetIds")
	together("network.privateSubnetIds", "network.vpcId")
	// A link reaches what is in its own VPC alone, and nothing but this stack is in a new one.
	together("gateway.vpcLinkId", "network.vpcId")

	apart := func(given, other, wrong string) {
		if isSet(given) && isSet(other) {
			found = append(found, &problem{
				key:     given,
				wrong:   fmt.Sprintf("with %s %s", other, wrong),
				instead: fmt.Sprintf("leave out %s or %s", given, other),
			})
		}
	}
	apart("network.cidr", "network.vpcId", "the addresses are those of the VPC")
	apart("network.zones", "network.vpcId", "the zones are those of network.privateSubnetIds")
	apart("network.egress", "network.vpcId", "the way out is what the VPC has: its routes are not this stack's to change, "+
		"and an interface endpoint would take its service's name for everything else in the VPC")
	apart("network.flowLogs", "network.vpcId", "the flow log is the VPC owner's business")
	apart("cluster.containerInsights", "cluster.name", "it is the cluster's own setting")
	return found
}

// checkEgress refuses to wait for tasks that can't start.
func checkEgress(s *Settings) *problem {
	if s.Network.Existing() || s.Network.Egress != EgressNone || !s.App.WaitForSteadyState {
		return nil
	}
	return &problem{
		key: "network.egress",
		wrong: "no task can pull its image or open its log, so that an update would wait for app.deploymentTimeout and fail, " +
			"as app.waitForSteadyState is on",
		instead: "endpoints; or app.waitForSteadyState false, and interface endpoints of your own",
	}
}

package vpc

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// httpsPort is where AWS's APIs are.
const httpsPort = 443

// Reaches returns nil when an interface reaches the API of an AWS service, named as in its VPC endpoint ("ecr.api",
// "ecr.dkr", "s3", "logs", "secretsmanager", "ssm"), by port 443, and *Blocked when not.
//
// There are three ways, and the first one that is there decides: an interface endpoint with private DNS, because the
// service's name then means its addresses and no other; a gateway endpoint for s3 and dynamodb, because its route is
// more specific than the default one; the default route to a NAT gateway, or from a public address to an internet
// gateway.
//
// Which public addresses a service has is not known here. An egress rule to any public address counts.
func (n *Network) Reaches(from Interface, service string) error {
	_, err := n.Way(from, service)
	return err
}

// Way returns the VPC endpoint by which an interface reaches a service, or nil where that is by the internet; the error is
// that of Reaches. What the endpoint's policy passes is not looked at.
func (n *Network) Way(from Interface, service string) (*ec2types.VpcEndpoint, error) {
	r := n.current()
	source, err := r.side(from)
	if err != nil {
		return nil, err
	}
	table, err := r.routeTable(from.SubnetID, source.vpcID)
	if err != nil {
		return nil, err
	}
	endpoints := r.vpcEndpoints(source.vpcID, service)
	for _, e := range endpoints {
		if resolves(e) && available(e) {
			return &e, r.reachesEndpoint(from, e, service)
		}
	}
	var way *ec2types.VpcEndpoint
	if i := slices.IndexFunc(endpoints, func(e ec2types.VpcEndpoint) bool { return isRouted(e, table) && available(e) }); i >= 0 {
		way = &endpoints[i]
	} else if err := r.internet(from, source.vpcID, table); err != nil {
		return nil, blocked("%v and %s. Add a route to a working NAT gateway, or such an endpoint.",
			err, lackOfEndpoints(endpoints, service, aws.ToString(table.RouteTableId)))
	}
	return way, r.leaves(source, service)
}

// vpcEndpoints returns the endpoints of a VPC for a service, ordered by id.
func (r *ruleSet) vpcEndpoints(vpcID, service string) []ec2types.VpcEndpoint {
	var found []ec2types.VpcEndpoint
	for _, e := range r.snapshot.VpcEndpoints {
		if aws.ToString(e.VpcId) == vpcID && aws.ToString(e.ServiceName) == r.serviceName(service) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b ec2types.VpcEndpoint) int {
		return cmp.Compare(aws.ToString(a.VpcEndpointId), aws.ToString(b.VpcEndpointId))
	})
	return found
}

func (r *ruleSet) serviceName(service string) string {
	return "com.amazonaws." + r.snapshot.Region + "." + service
}

// resolves tells whether the service's name means this endpoint in the VPC. S3's may be for networks outside alone
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html).
func resolves(e ec2types.VpcEndpoint) bool {
	return e.VpcEndpointType == ec2types.VpcEndpointTypeInterface && aws.ToBool(e.PrivateDnsEnabled) &&
		(e.DnsOptions == nil || !aws.ToBool(e.DnsOptions.PrivateDnsOnlyForInboundResolverEndpoint))
}

func isRouted(e ec2types.VpcEndpoint, table ec2types.RouteTable) bool {
	return e.VpcEndpointType == ec2types.VpcEndpointTypeGateway &&
		slices.Contains(e.RouteTableIds, aws.ToString(table.RouteTableId))
}

// available ignores case: the API answers in lower case, the SDK's constants are not.
func available(e ec2types.VpcEndpoint) bool {
	return strings.EqualFold(string(e.State), string(ec2types.StateAvailable))
}

func lackOfEndpoints(endpoints []ec2types.VpcEndpoint, service, tableID string) string {
	var lacks []string
	for _, e := range endpoints {
		why := "has no private DNS in the VPC"
		switch {
		case !available(e):
			why = "is " + strings.ToLower(string(e.State))
		case e.VpcEndpointType == ec2types.VpcEndpointTypeGateway:
			why = "is not associated with " + tableID
		}
		lacks = append(lacks, fmt.Sprintf("VPC endpoint %s for %s %s", aws.ToString(e.VpcEndpointId), service, why))
	}
	if lacks == nil {
		return "there is no VPC endpoint for " + service
	}
	return strings.Join(lacks, " and ")
}

// reachesEndpoint passes when one of the endpoint's addresses is reached: clients try them in turn.
func (r *ruleSet) reachesEndpoint(from Interface, e ec2types.VpcEndpoint, service string) error {
	id := aws.ToString(e.VpcEndpointId)
	var groups []string
	for _, g := range e.Groups {
		groups = append(groups, aws.ToString(g.GroupId))
	}
	reason := "it is in no subnet. Give it one."
	for i, subnetID := range e.SubnetIds {
		node, err := Node(r.snapshot, id, subnetID, groups)
		if err == nil {
			err = r.check(from, node, httpsPort)
		}
		if err == nil {
			return nil
		}
		if i == 0 {
			reason = err.Error()
		}
	}
	return blocked("%s is behind VPC endpoint %s: %s", service, id, reason)
}

// leaves passes when an egress rule lets requests to the service out of the VPC: to the internet, or to the service's
// prefix list.
func (r *ruleSet) leaves(source side, service string) error {
	if r.any(source.groups, egress, func(rule *rule) bool {
		return httpsPort >= rule.firstPort && httpsPort <= rule.lastPort &&
			(slices.ContainsFunc(rule.prefixes, hasPublic) || slices.ContainsFunc(rule.prefixLists, func(id string) bool {
				return aws.ToString(r.snapshot.PrefixLists[id].PrefixListName) == r.serviceName(service)
			}))
	}) {
		return nil
	}
	to := "0.0.0.0/0"
	for id, list := range r.snapshot.PrefixLists {
		if aws.ToString(list.PrefixListName) == r.serviceName(service) {
			to += " or prefix list " + id
		}
	}
	return blocked("%s for TCP port %d to %s. Add one to %s.", r.lack(source.groups, egress), httpsPort, service, to)
}

package vpc

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// routeTable returns the table that a subnet is associated with, or else the main one of its VPC.
func (r *ruleSet) routeTable(subnetID, vpcID string) (ec2types.RouteTable, error) {
	var main *ec2types.RouteTable
	for _, table := range r.snapshot.RouteTables {
		for _, a := range table.Associations {
			if aws.ToString(a.SubnetId) == subnetID {
				return table, nil
			}
			if aws.ToBool(a.Main) && aws.ToString(table.VpcId) == vpcID {
				main = &table
			}
		}
	}
	if main == nil {
		return ec2types.RouteTable{}, blocked("subnet %s has no route table, and %s has no main one. Associate one.", subnetID, vpcID)
	}
	return *main, nil
}

// defaultRoute returns the route to all that no other route of the table is about.
func defaultRoute(table ec2types.RouteTable) (ec2types.Route, bool) {
	i := slices.IndexFunc(table.Routes, func(r ec2types.Route) bool {
		return aws.ToString(r.DestinationCidrBlock) == "0.0.0.0/0"
	})
	if i < 0 {
		return ec2types.Route{}, false
	}
	return table.Routes[i], true
}

// internet tells what keeps an interface from the internet. An internet gateway serves public addresses alone
// (https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html).
func (r *ruleSet) internet(from Interface, vpcID string, table ec2types.RouteTable) error {
	subnetID, tableID := from.SubnetID, aws.ToString(table.RouteTableId)
	route, ok := defaultRoute(table)
	if !ok {
		return fmt.Errorf("subnet %s has no route to the internet (route table %s)", subnetID, tableID)
	}
	var problem string
	switch {
	case route.State == ec2types.RouteStateBlackhole:
		problem = "leads nowhere: it is a blackhole"
	case route.NatGatewayId != nil:
		problem = r.natGateway(*route.NatGatewayId, vpcID)
	case !isInternetGateway(route):
		problem = "leads to neither a NAT gateway nor an internet gateway"
	case !from.PublicAddress.IsValid():
		problem = fmt.Sprintf("leads to internet gateway %s, which serves public addresses alone", *route.GatewayId)
	case !r.isAttached(*route.GatewayId, vpcID):
		problem = fmt.Sprintf("leads to internet gateway %s, which is not attached to %s", *route.GatewayId, vpcID)
	}
	if problem == "" {
		return nil
	}
	return fmt.Errorf("the default route of subnet %s (route table %s) %s", subnetID, tableID, problem)
}

// natGateway tells what keeps a NAT gateway from the internet: nothing when it is a public one that is available, in a
// subnet with a default route to an internet gateway (https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html).
func (r *ruleSet) natGateway(id, vpcID string) string {
	nat, ok := r.snapshot.NatGateways[id]
	switch {
	case !ok:
		return fmt.Sprintf("leads to NAT gateway %s, which does not exist", id)
	case nat.State != ec2types.NatGatewayStateAvailable:
		return fmt.Sprintf("leads to NAT gateway %s, which is %s", id, nat.State)
	case nat.ConnectivityType == ec2types.ConnectivityTypePrivate:
		return fmt.Sprintf("leads to NAT gateway %s, which is private and has no public address", id)
	}
	subnetID := aws.ToString(nat.SubnetId)
	table, err := r.routeTable(subnetID, vpcID)
	if err != nil {
		return fmt.Sprintf("leads to NAT gateway %s, but %v", id, err)
	}
	route, ok := defaultRoute(table)
	if !ok || !isInternetGateway(route) || !r.isAttached(*route.GatewayId, vpcID) {
		return fmt.Sprintf("leads to NAT gateway %s, whose subnet %s has no default route to an internet gateway of %s (route table %s)",
			id, subnetID, vpcID, aws.ToString(table.RouteTableId))
	}
	return ""
}

func isInternetGateway(route ec2types.Route) bool {
	return strings.HasPrefix(aws.ToString(route.GatewayId), "igw-") && route.State != ec2types.RouteStateBlackhole
}

// isAttached takes "available" as well: it is what the API calls an internet gateway's attachment.
func (r *ruleSet) isAttached(gatewayID, vpcID string) bool {
	return slices.ContainsFunc(r.snapshot.InternetGateways[gatewayID].Attachments, func(a ec2types.InternetGatewayAttachment) bool {
		return aws.ToString(a.VpcId) == vpcID && (a.State == "available" || a.State == ec2types.AttachmentStatusAttached)
	})
}

// notPublic are the networks that are not routed on the internet, without those for documentation
// (https://www.iana.org/assignments/iana-ipv4-special-registry).
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("127.0.0.0/8"),
	netip.MustParsePrefix("169.254.0.0/16"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("224.0.0.0/3"), // multicast and reserved
}

func hasPublic(p netip.Prefix) bool {
	return !slices.ContainsFunc(notPublic, func(private netip.Prefix) bool {
		return private.Bits() <= p.Bits() && private.Contains(p.Addr())
	})
}

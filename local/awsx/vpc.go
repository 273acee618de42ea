package awsx

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"

	"sallyport/local/awsx/subnets"
)

const anywhere = "0.0.0.0/0"

// vpc is the component while it is being made, with its children in the order
// in which its outputs list them: by zone, public before private before
// isolated.
type vpc struct {
	pulumi.ResourceState

	ctx  *pulumi.Context
	name string
	args *vpcArgs
	plan subnets.Plan

	vpc             *child
	internetGateway *child

	subnets, routeTables, routeTableAssociations, routes, eips, natGateways []pulumi.Resource
	subnetIDs                                                               map[string]pulumi.StringArray
}

func newVPC(ctx *pulumi.Context, name string, args *vpcArgs, options pulumi.ResourceOption) (*provider.ConstructResult, error) {
	v := &vpc{ctx: ctx, name: name, args: args, subnetIDs: map[string]pulumi.StringArray{
		subnets.Public: {}, subnets.Private: {}, subnets.Isolated: {},
	}}
	if err := ctx.RegisterComponentResource(Token, name, v, options); err != nil {
		return nil, err
	}
	// The official plugin refuses arguments once the component is registered.
	// Without the wait, an error below could be faster than the registration.
	if _, err := internals.UnsafeAwaitOutput(ctx.Context(), v.URN()); err != nil {
		return nil, err
	}
	zones, err := v.zones()
	if err != nil {
		return nil, err
	}
	if v.plan, err = subnets.Decide(args.request(name, zones)); err != nil {
		return nil, err
	}
	if err := v.warnOfLegacy(); err != nil {
		return nil, err
	}
	if err := v.build(zones); err != nil {
		return nil, err
	}
	return &provider.ConstructResult{URN: v.URN(), State: v.outputs()}, nil
}

// zones are those that the arguments name, or the first ones of the region.
func (v *vpc) zones() ([]string, error) {
	if err := v.args.check(); err != nil {
		return nil, err
	}
	zones := v.args.AvailabilityZoneNames
	if zones == nil {
		wanted := or(v.args.NumberOfAvailabilityZones, 3)
		var found struct {
			Names []string `pulumi:"names"`
		}
		err := v.ctx.Invoke("aws:index/getAvailabilityZones:getAvailabilityZones", &struct{}{}, &found,
			pulumi.Parent(v), pulumi.Version(awsVersion))
		if err != nil {
			return nil, err
		}
		if len(found.Names) < wanted {
			return nil, subnets.Refusef("The configured region for this provider does not have at least %d Availability Zones. "+
				"Either specify an explicit list of zones in availabilityZoneNames or choose a region with at least %d AZs.",
				wanted, wanted)
		}
		zones = found.Names[:wanted]
	}
	return zones, v.args.checkNATGateways(len(zones))
}

func (v *vpc) build(zones []string) (err error) {
	inputs := pulumi.Map{
		"cidrBlock": pulumi.String(v.args.cidrBlock()),
		"tags":      v.sharedTags(),
	}
	for name, value := range v.args.passed {
		inputs[name] = value
	}
	if v.vpc, err = v.register("aws:ec2/vpc:Vpc", v.name, v, inputs); err != nil {
		return err
	}
	v.internetGateway, err = v.register("aws:ec2/internetGateway:InternetGateway", v.name, v.vpc, pulumi.Map{
		"vpcId": v.vpc.ID(),
		"tags":  v.sharedTags(),
	})
	if err != nil {
		return err
	}
	for i, zone := range zones {
		for _, planned := range inZone(v.plan.Subnets, zone) {
			if err := v.buildSubnet(i, planned); err != nil {
				return err
			}
		}
	}
	return nil
}

// inZone is a zone's subnets, public ones first: a NAT gateway in a public
// subnet has to be there before the private subnets route to it.
func inZone(all []subnets.Subnet, zone string) []subnets.Subnet {
	var found []subnets.Subnet
	for _, s := range all {
		if s.Zone == zone && s.Type != subnets.Unused {
			found = append(found, s)
		}
	}
	rank := []string{subnets.Public, subnets.Private, subnets.Isolated}
	slices.SortStableFunc(found, func(a, b subnets.Subnet) int {
		return slices.Index(rank, a.Type) - slices.Index(rank, b.Type)
	})
	return found
}

func (v *vpc) buildSubnet(zone int, planned subnets.Subnet) error {
	named := pulumi.StringMap{"Name": pulumi.String(planned.Name), "SubnetType": pulumi.String(planned.Type)}
	var specTags pulumi.StringMapInput
	if planned.Spec >= 0 {
		specTags = v.args.SubnetSpecs[planned.Spec].Tags
	}
	subnet, err := v.register("aws:ec2/subnet:Subnet", planned.Name, v.vpc, pulumi.Map{
		"vpcId":               v.vpc.ID(),
		"availabilityZone":    pulumi.String(planned.Zone),
		"mapPublicIpOnLaunch": pulumi.Bool(planned.Type == subnets.Public),
		"cidrBlock":           pulumi.String(planned.CIDRBlock),
		"tags":                merge(v.sharedTags(), specTags, named),
	})
	if err != nil {
		return err
	}
	v.subnets = append(v.subnets, subnet)
	v.subnetIDs[planned.Type] = append(v.subnetIDs[planned.Type], subnet.ID().ToStringOutput())

	routeTable, err := v.register("aws:ec2/routeTable:RouteTable", planned.Name, subnet, pulumi.Map{
		"vpcId": v.vpc.ID(),
		"tags":  merge(v.sharedTags(), named),
	})
	if err != nil {
		return err
	}
	v.routeTables = append(v.routeTables, routeTable)

	association, err := v.register("aws:ec2/routeTableAssociation:RouteTableAssociation", planned.Name, routeTable, pulumi.Map{
		"routeTableId": routeTable.ID(),
		"subnetId":     subnet.ID(),
	})
	if err != nil {
		return err
	}
	v.routeTableAssociations = append(v.routeTableAssociations, association)

	switch {
	case planned.Type == subnets.Public:
		if err := v.buildNATGateway(zone, subnet); err != nil {
			return err
		}
		return v.buildRoute(planned.Name, routeTable, "gatewayId", v.internetGateway)
	case planned.Type == subnets.Private && len(v.natGateways) > 0:
		// The last gateway so far is the only one, or this zone's.
		return v.buildRoute(planned.Name, routeTable, "natGatewayId", v.natGateways[len(v.natGateways)-1].(*child))
	}
	return nil
}

// buildNATGateway makes the zone's NAT gateway, if the strategy wants one and
// no public subnet of the zone has it yet.
func (v *vpc) buildNATGateway(zone int, subnet *child) error {
	wanted := map[string]int{"none": 0, "single": 1, "oneperaz": zone + 1}[strings.ToLower(v.args.natStrategy())]
	if len(v.natGateways) >= wanted {
		return nil
	}
	name := fmt.Sprintf("%s-%d", v.name, zone+1)
	tags := merge(v.args.Tags, pulumi.StringMap{"Name": pulumi.String(name)})
	var allocationID pulumi.Input
	if given := v.args.NATGateways.ElasticIPAllocationIDs; len(given) > 0 {
		allocationID = given[zone]
	} else {
		eip, err := v.register("aws:ec2/eip:Eip", name, subnet, pulumi.Map{"tags": tags})
		if err != nil {
			return err
		}
		v.eips = append(v.eips, eip)
		allocationID = eip.AllocationID
	}
	gateway, err := v.register("aws:ec2/natGateway:NatGateway", name, subnet, pulumi.Map{
		"subnetId":     subnet.ID(),
		"allocationId": allocationID,
		"tags":         tags,
	})
	if err != nil {
		return err
	}
	v.natGateways = append(v.natGateways, gateway)
	return nil
}

func (v *vpc) buildRoute(name string, routeTable *child, target string, gateway *child) error {
	route, err := v.register("aws:ec2/route:Route", name, routeTable, pulumi.Map{
		"routeTableId":         routeTable.ID(),
		target:                 gateway.ID(),
		"destinationCidrBlock": pulumi.String(anywhere),
	})
	if err != nil {
		return err
	}
	v.routes = append(v.routes, route)
	return nil
}

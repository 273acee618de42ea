package main

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/compute"
	"sallyport/internal/settings"
	"sallyport/network"
	"sallyport/security"
)

// shared is what the stack uses of others' making: nothing by default but the zones.
type shared struct {
	zones                []string // of a VPC of the stack's own
	s3PrefixListID       string
	dynamoDBPrefixListID string
	linkGroupID          string
	cluster              *compute.Cluster
}

// lookup finds where the stack is to be and what it is to share with others, its domain's zone among it, and everything that is in the way of
// that.
func lookup(ctx *pulumi.Context, s *settings.Settings, opts ...pulumi.InvokeOption) (*shared, error) {
	var found shared
	var problems []error
	if s.Network.Existing() {
		existing, err := network.LookupExisting(ctx, &network.ExistingArgs{
			Region:    s.AWS.Region,
			VpcID:     s.Network.VpcID,
			SubnetIDs: s.Network.PrivateSubnetIDs,
			Tasks:     s.App.Count,
			Services:  s.StartServices(),
			VpcLinkID: s.Gateway.VpcLinkID,
			Table:     s.App.Table,
		}, opts...)
		if err != nil {
			problems = append(problems, err)
		} else {
			found.s3PrefixListID, found.linkGroupID = existing.S3PrefixListID, existing.LinkGroupID
			found.dynamoDBPrefixListID = existing.DynamoDBPrefixListID
			for _, warning := range existing.Warnings {
				problems = append(problems, ctx.Log.Warn(warning, nil))
			}
		}
	} else {
		zones, err := network.ChooseZones(ctx, s.AWS.Region, s.Network.Zones, opts...)
		problems = append(problems, err)
		found.zones = zones
	}
	if s.Cluster.Name != "" {
		cluster, err := compute.LookupCluster(ctx, s.Cluster.Name, opts...)
		problems = append(problems, err)
		found.cluster = cluster
	}
	if s.Domain.Name != "" {
		problems = append(problems, network.CheckZone(ctx, s.Domain.ZoneID, s.Domain.Name, opts...))
	}
	return &found, errors.Join(problems...)
}

// place is the VPC that the stack is in.
type place struct {
	id               pulumi.StringInput
	privateSubnetIDs pulumi.StringArrayInput
	s3PrefixListID   pulumi.StringInput
	// dynamoDBPrefixListID is nil without a table.
	dynamoDBPrefixListID pulumi.StringInput
	// taskSubnetIDs are the private ones, handed out once their way out exists, as far as that is made here.
	taskSubnetIDs pulumi.StringArrayInput
	// internet tells whether there is, or may be, a way to the internet.
	internet bool
}

// newPlace makes a VPC with its way out, its way to the table, if there is one, and its flow log, or takes the VPC that is
// there.
func newPlace(ctx *pulumi.Context, s *settings.Settings, found *shared, items *store, provider *aws.Provider) (*place, error) {
	if s.Network.Existing() {
		subnetIDs := pulumi.ToStringArray(s.Network.PrivateSubnetIDs)
		existing := &place{
			id:               pulumi.String(s.Network.VpcID),
			privateSubnetIDs: subnetIDs,
			s3PrefixListID:   pulumi.String(found.s3PrefixListID),
			taskSubnetIDs:    subnetIDs,
			internet:         true,
		}
		if s.App.Table {
			existing.dynamoDBPrefixListID = pulumi.String(found.dynamoDBPrefixListID)
		}
		return existing, nil
	}
	withProvider := pulumi.Providers(provider)
	vpc, err := network.NewVpc(ctx, s.Name, &network.VpcArgs{
		Region:      s.AWS.Region,
		CIDR:        s.Network.CIDR,
		Zones:       found.zones,
		TablePolicy: items.policy,
	}, withProvider)
	if err != nil {
		return nil, err
	}
	egress, err := network.NewEgress(ctx, s.Name, &network.EgressArgs{
		Mode:                 network.EgressMode(s.Network.Egress),
		Zones:                len(found.zones),
		PublicSubnetIDs:      vpc.PublicSubnetIDs,
		PrivateSubnetIDs:     vpc.PrivateSubnetIDs,
		PrivateRouteTableIDs: vpc.PrivateRouteTableIDs,
	}, withProvider)
	if err != nil {
		return nil, err
	}
	if _, err := security.NewFlowLog(ctx, s.Name, &security.FlowLogArgs{
		Region:    s.AWS.Region,
		VpcID:     vpc.VpcID,
		Traffic:   s.Network.FlowLogs,
		Retention: s.Logs.Retention,
		Protected: s.Protected,
	}, withProvider); err != nil {
		return nil, err
	}
	made := &place{
		id:               vpc.VpcID,
		privateSubnetIDs: vpc.PrivateSubnetIDs,
		s3PrefixListID:   vpc.S3PrefixListID,
		taskSubnetIDs:    egress.SubnetIDs,
		internet:         s.Network.Egress == settings.EgressNAT || s.Network.Egress == settings.EgressNATPerZone,
	}
	if s.App.Table {
		made.dynamoDBPrefixListID = vpc.DynamoDBPrefixListID
	}
	return made, nil
}

// newEndpoints makes the interface endpoints that the settings need, and returns the tasks' subnets, handed out once
// these are there.
func newEndpoints(ctx *pulumi.Context, s *settings.Settings, vpc *place, groups *security.Groups, opts ...pulumi.ResourceOption) (pulumi.StringArrayInput, error) {
	needed := s.Endpoints()
	if len(needed) == 0 {
		return vpc.taskSubnetIDs, nil
	}
	all := make([]network.Endpoint, len(needed))
	for i, service := range needed {
		policy, err := security.EndpointPolicy(service)
		if err != nil {
			return nil, fmt.Errorf("policy of the endpoint for %s: %w", service, err)
		}
		all[i] = network.Endpoint{Service: service, Policy: policy}
	}
	endpoints, err := network.NewEndpoints(ctx, s.Name, &network.EndpointsArgs{
		Region:          s.AWS.Region,
		VpcID:           vpc.id,
		SubnetIDs:       vpc.taskSubnetIDs,
		SecurityGroupID: groups.EndpointsGroupID,
		Endpoints:       all,
	}, opts...)
	if err != nil {
		return nil, err
	}
	return endpoints.SubnetIDs, nil
}

// newDomain makes the name that the API answers at, nil where it is to keep API Gateway's.
func newDomain(ctx *pulumi.Context, s *settings.Settings, opts ...pulumi.ResourceOption) (pulumi.StringInput, error) {
	if s.Domain.Name == "" {
		return nil, nil
	}
	domain, err := network.NewDomain(ctx, s.Name, &network.DomainArgs{
		Name:      s.Domain.Name,
		ZoneID:    s.Domain.ZoneID,
		Protected: s.Protected,
	}, opts...)
	if err != nil {
		return nil, err
	}
	return domain.Name, nil
}

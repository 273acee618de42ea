package network

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigatewayv2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// balancerAddresses are the free addresses that a load balancer asks for in each of its subnets:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
const balancerAddresses = 8

// ExistingArgs are the arguments of LookupExisting; all but VpcLinkID and Table are required.
type ExistingArgs struct {
	Region string
	VpcID  string
	// SubnetIDs are the private subnets to use, one a zone.
	SubnetIDs []string
	// Tasks is how many tasks are started at once.
	Tasks int
	// Services are what the tasks are started with, named as in com.amazonaws.REGION.SERVICE.
	Services []string
	// VpcLinkID is a VPC link to share.
	VpcLinkID string
	// Table tells that the tasks have a table in DynamoDB.
	Table bool
}

// Existing is what others have made and a stack may use.
type Existing struct {
	// S3PrefixListID stands for the addresses of S3 in a security group rule.
	S3PrefixListID string
	// DynamoDBPrefixListID stands for DynamoDB's; empty without Table.
	DynamoDBPrefixListID string
	// LinkGroupID is the security group of the VPC link; empty without a link.
	LinkGroupID string
	// Warnings are about what can't be seen from here, and may be well.
	Warnings []string
}

// LookupExisting finds out whether a stack can live in a VPC that is there already. It makes nothing, and its error has
// everything that is in the way.
func LookupExisting(ctx *pulumi.Context, args *ExistingArgs, opts ...pulumi.InvokeOption) (*Existing, error) {
	l := lookup{ctx: ctx, args: args, opts: opts}
	l.vpc()
	l.subnets()
	if len(l.found) > 0 {
		l.routes()
	}
	if args.VpcLinkID != "" {
		l.link()
	}
	l.existing.S3PrefixListID = l.prefixList("s3")
	if args.Table {
		l.existing.DynamoDBPrefixListID = l.prefixList("dynamodb")
	}
	if len(l.problems) > 0 {
		return nil, fmt.Errorf("VPC %s can't be used:\n%w", args.VpcID, errors.Join(l.problems...))
	}
	return &l.existing, nil
}

type lookup struct {
	ctx      *pulumi.Context
	args     *ExistingArgs
	opts     []pulumi.InvokeOption
	names    bool // resolve in the VPC
	found    []*ec2.LookupSubnetResult
	existing Existing
	problems []error
}

func (l *lookup) wrong(format string, values ...any) {
	l.problems = append(l.problems, fmt.Errorf("- "+format, values...))
}

func (l *lookup) warn(format string, values ...any) {
	l.existing.Warnings = append(l.existing.Warnings, fmt.Sprintf(format, values...))
}

func (l *lookup) vpc() {
	vpc, err := ec2.LookupVpc(l.ctx, &ec2.LookupVpcArgs{Id: &l.args.VpcID}, l.opts...)
	if err != nil {
		l.wrong("network.vpcId: %w", err)
		return
	}
	l.names = vpc.EnableDnsSupport && vpc.EnableDnsHostnames
}

// subnets looks at each subnet by itself and at all of them together. Few free addresses are no more than a warning: those
// that the stack itself holds, once it is deployed, don't count as free.
func (l *lookup) subnets() {
	allowed, listed := linkZones[l.args.Region]
	var zones []string
	free := 0
	for _, id := range l.args.SubnetIDs {
		subnet, err := ec2.LookupSubnet(l.ctx, &ec2.LookupSubnetArgs{Id: &id}, l.opts...)
		if err != nil {
			l.wrong("subnet %s: %w", id, err)
			continue
		}
		if subnet.VpcId != l.args.VpcID {
			l.wrong("subnet %s is in %s", id, subnet.VpcId)
			continue
		}
		l.found = append(l.found, subnet)
		zone := subnet.AvailabilityZoneId
		if l.args.VpcLinkID == "" && listed && !slices.Contains(allowed, zone) {
			l.wrong("subnet %s is in %s (%s), where API Gateway can't place a VPC link. Use one in %s",
				id, zone, subnet.AvailabilityZone, strings.Join(allowed, ", "))
		}
		if slices.Contains(zones, zone) {
			l.wrong("subnet %s is the second one in %s (%s): a load balancer takes one a zone", id, zone, subnet.AvailabilityZone)
		} else {
			zones = append(zones, zone)
		}
		if subnet.AvailableIpAddressCount < balancerAddresses {
			l.warn("subnet %s has %d free addresses: a load balancer that is new asks for %d in each of its subnets",
				id, subnet.AvailableIpAddressCount, balancerAddresses)
		}
		free += max(0, subnet.AvailableIpAddressCount-balancerAddresses)
	}
	if len(l.found) == len(l.args.SubnetIDs) && len(zones) < 2 {
		l.wrong("the subnets are in less than two zones: a load balancer needs two")
	}
	if len(l.found) == len(l.args.SubnetIDs) && free < l.args.Tasks {
		l.warn("the subnets have %d free addresses beside those for a new load balancer: %d tasks start at once, each with one", free, l.args.Tasks)
	}
}

// link finds the security group by which the balancer can let the link in.
func (l *lookup) link() {
	link, err := apigatewayv2.LookupVpcLink(l.ctx, &apigatewayv2.LookupVpcLinkArgs{VpcLinkId: l.args.VpcLinkID}, l.opts...)
	if err != nil {
		l.wrong("gateway.vpcLinkId: %w", err)
		return
	}
	l.linkGroup(link.SecurityGroupIds)
	if len(link.SubnetIds) == 0 {
		l.wrong("VPC link %s is in no subnet", l.args.VpcLinkID)
		return
	}
	// All of them are in one VPC.
	subnet, err := ec2.LookupSubnet(l.ctx, &ec2.LookupSubnetArgs{Id: &link.SubnetIds[0]}, l.opts...)
	if err != nil {
		l.wrong("subnet %s of VPC link %s: %w", link.SubnetIds[0], l.args.VpcLinkID, err)
	} else if subnet.VpcId != l.args.VpcID {
		l.wrong("VPC link %s is in %s: it reaches nothing outside of it", l.args.VpcLinkID, subnet.VpcId)
	}
}

// linkGroup takes a group that stands for the link: the stack adds a rule to it, and lets in whatever else is in it.
func (l *lookup) linkGroup(ids []string) {
	switch len(ids) {
	case 0:
		l.wrong("VPC link %s has no security group by which the load balancer could let it in. Use one that has", l.args.VpcLinkID)
		return
	case 1:
	default:
		l.wrong("VPC link %s has %d security groups (%s), and none of them can be told to be its own. Use a link with one",
			l.args.VpcLinkID, len(ids), strings.Join(slices.Sorted(slices.Values(ids)), ", "))
		return
	}
	group, err := ec2.LookupSecurityGroup(l.ctx, &ec2.LookupSecurityGroupArgs{Id: &ids[0]}, l.opts...)
	switch {
	case err != nil:
		l.wrong("security group %s of VPC link %s: %w", ids[0], l.args.VpcLinkID, err)
	case group.Name == "default":
		l.wrong("VPC link %s has its VPC's default security group (%s), which is everything's that names none: the load balancer would let it all in. "+
			"Use a link with a group of its own", l.args.VpcLinkID, ids[0])
	default:
		l.existing.LinkGroupID = ids[0]
	}
}

// prefixList is there in every VPC, whether it has an endpoint for the service or not.
func (l *lookup) prefixList(service string) string {
	name := "com.amazonaws." + l.args.Region + "." + service
	list, err := ec2.GetPrefixList(l.ctx, &ec2.GetPrefixListArgs{Name: &name}, l.opts...)
	if err != nil {
		l.wrong("prefix list %s: %w", name, err)
		return ""
	}
	return list.Id
}

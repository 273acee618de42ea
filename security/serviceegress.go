package security

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// httpsPort is what AWS's own APIs, ECR and S3 among them, are spoken to on.
const httpsPort = 443

// newServiceEgress lets the tasks reach S3, where the layers of their image are, DynamoDB where they have a table, and
// the APIs of ECR and CloudWatch Logs: on the internet with whatever else the app calls, or else at interface endpoints, which are in a group that is
// made for them or, when others add them, have addresses of the VPC.
func (c *Groups) newServiceEgress(ctx *pulumi.Context, name string, args *GroupsArgs, service pulumi.StringOutput) ([]pulumi.Resource, error) {
	s3, err := newHTTPSEgress(ctx, c, name+"-service-to-s3", "Tasks to S3: image layers", service,
		&vpc.SecurityGroupEgressRuleArgs{PrefixListId: args.S3PrefixListID.ToStringOutput().ToStringPtrOutput()})
	if err != nil {
		return nil, err
	}
	own := []pulumi.Resource{s3}
	if args.DynamoDBPrefixListID != nil {
		table, err := newHTTPSEgress(ctx, c, name+"-service-to-dynamodb", "Tasks to DynamoDB: the app's table", service,
			&vpc.SecurityGroupEgressRuleArgs{PrefixListId: args.DynamoDBPrefixListID.ToStringOutput().ToStringPtrOutput()})
		if err != nil {
			return nil, err
		}
		own = append(own, table)
	}
	suffix, cidr, description := "internet", "0.0.0.0/0", "Tasks to anywhere by HTTPS: image pull, logs"
	switch {
	case args.Endpoints:
		endpoints, err := c.newGroup(ctx, name+"-endpoints", "Interface endpoints of "+name, args.VpcID)
		if err != nil {
			return nil, err
		}
		rules, err := c.newHop(ctx, name+"-service-to-endpoints", "Tasks to interface endpoints by HTTPS", service, endpoints, httpsPort)
		if err != nil {
			return nil, err
		}
		c.EndpointsGroupID = pulumi.OutputWithDependencies(ctx.Context(), endpoints, rules...).(pulumi.StringOutput)
		return append(rules, own...), nil
	case !args.Internet:
		suffix, cidr, description = "endpoints", args.VpcCIDR, "Tasks to interface endpoints by HTTPS: image pull, logs"
	}
	apis, err := newHTTPSEgress(ctx, c, name+"-service-to-"+suffix, description, service,
		&vpc.SecurityGroupEgressRuleArgs{CidrIpv4: pulumi.String(cidr)})
	if err != nil {
		return nil, err
	}
	return append(own, apis), nil
}

// newHTTPSEgress opens the way from the service to what the rest of args names.
func newHTTPSEgress(ctx *pulumi.Context, parent pulumi.Resource, name, description string, service pulumi.StringOutput, args *vpc.SecurityGroupEgressRuleArgs) (pulumi.Resource, error) {
	args.SecurityGroupId = service
	args.Description = pulumi.String(description)
	args.IpProtocol = pulumi.String("tcp")
	args.FromPort, args.ToPort = pulumi.Int(httpsPort), pulumi.Int(httpsPort)
	rule, err := vpc.NewSecurityGroupEgressRule(ctx, name, args, pulumi.Parent(parent))
	if err != nil {
		return nil, fmt.Errorf("egress rule %s: %w", name, err)
	}
	return rule, nil
}

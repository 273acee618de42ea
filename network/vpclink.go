package network

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigatewayv2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// link is the id of the VPC link: of the one that is shared, or of a new one.
func (c *Gateway) link(ctx *pulumi.Context, name string, args *GatewayArgs) (pulumi.StringPtrInput, error) {
	if args.VpcLinkID != "" {
		return pulumi.String(args.VpcLinkID), nil
	}
	link, err := apigatewayv2.NewVpcLink(ctx, name, &apigatewayv2.VpcLinkArgs{
		SubnetIds:        args.SubnetIDs,
		SecurityGroupIds: pulumi.StringArray{args.SecurityGroupID},
	}, pulumi.Parent(c))
	if err != nil {
		return nil, err
	}
	return link.ID(), nil
}

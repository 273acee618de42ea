package network

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigatewayv2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// newMapping has an API's stage take every request for a name.
func newMapping(ctx *pulumi.Context, name string, parent pulumi.Resource, domainName, apiID, stageName pulumi.StringInput) (pulumi.Resource, error) {
	return apigatewayv2.NewApiMapping(ctx, name, &apigatewayv2.ApiMappingArgs{
		ApiId:      apiID,
		DomainName: domainName,
		Stage:      stageName,
	}, pulumi.Parent(parent))
}

// onceThere is true, and not before the name is handed out: an API that says so at once would answer nowhere for the
// minutes that a certificate takes. What is left is the call between this and the mapping, which needs the API's id.
func onceThere(domainName pulumi.StringInput) pulumi.BoolOutput {
	return domainName.ToStringOutput().ApplyT(func(string) bool { return true }).(pulumi.BoolOutput)
}

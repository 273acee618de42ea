package network

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigatewayv2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/internal/httpapi"
)

// integration passes requests through the VPC link to the listener.
func (a *GatewayArgs) integration(apiID pulumi.IDOutput, linkID pulumi.StringPtrInput) *apigatewayv2.IntegrationArgs {
	made := &apigatewayv2.IntegrationArgs{
		ApiId:                apiID,
		IntegrationType:      pulumi.String("HTTP_PROXY"),
		IntegrationMethod:    pulumi.String("ANY"),
		IntegrationUri:       a.ListenerARN.ToStringOutput().ToStringPtrOutput(),
		ConnectionType:       pulumi.String("VPC_LINK"),
		ConnectionId:         linkID,
		PayloadFormatVersion: pulumi.String("1.0"),
		TimeoutMilliseconds:  pulumi.Int(a.Timeout * 1000),
	}
	if a.ServerName != "" {
		made.TlsConfig = &apigatewayv2.IntegrationTlsConfigArgs{ServerNameToVerify: pulumi.String(a.ServerName)}
	}
	// Overwritten, a header can't be a client's own. X-Forwarded-Host and -For are none that can be mapped:
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
	parameters := pulumi.StringMap{}
	if a.ClientIPHeader != "" {
		parameters["overwrite:header."+a.ClientIPHeader] = pulumi.String("$context.identity.sourceIp")
	}
	if a.PublicHostHeader != "" {
		parameters["overwrite:header."+a.PublicHostHeader] = pulumi.String("$context.domainName")
	}
	if len(parameters) > 0 {
		made.RequestParameters = parameters
	}
	return made
}

// headerProblems says why API Gateway can't write its own values into these headers.
func headerProblems(publicHost, clientIP string) (problems []error) {
	if wrong := httpapi.HeaderProblem(publicHost); publicHost != "" && wrong != "" {
		problems = append(problems, fmt.Errorf("invalid PublicHostHeader %q: %s", publicHost, wrong))
	}
	if publicHost != "" && strings.EqualFold(publicHost, clientIP) {
		problems = append(problems, fmt.Errorf("invalid PublicHostHeader %q: it tells the client's address", publicHost))
	}
	return problems
}

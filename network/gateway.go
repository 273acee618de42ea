package network

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigatewayv2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/internal/httpapi"
)

const gatewayType = "sallyport:network:Gateway"

// Route says where requests go that one route takes, and who may send them.
type Route = httpapi.Route

// GatewayArgs are the arguments of NewGateway; required are those up to Retention, but for VpcLinkID.
type GatewayArgs struct {
	// ListenerARN is where the requests go: API Gateway takes a listener's ARN, not a URL.
	ListenerARN pulumi.StringInput
	// SubnetIDs are the subnets that the VPC link reaches the listener from.
	SubnetIDs       pulumi.StringArrayInput
	SecurityGroupID pulumi.StringInput
	// VpcLinkID is a VPC link to share. Empty for one of its own, which alone is in SubnetIDs and SecurityGroupID.
	VpcLinkID string
	// Timeout in seconds, at most 30, which can't be raised:
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
	Timeout int
	// ThrottleBurst is the size of the token bucket, in requests.
	ThrottleBurst int
	// ThrottleRate in requests a second. Beyond it a caller gets 429.
	ThrottleRate int
	// Retention of the access log in days.
	Retention int
	// ServerName is the name that the listener's certificate must have; empty for a listener that speaks plain HTTP.
	ServerName string
	// ClientIPHeader is a header, in lower case, that tells whoever is behind the gateway the client's address, whatever
	// the client itself has sent in it; empty for none.
	ClientIPHeader string
	// DomainName is a name of API Gateway's that the API answers at instead of its own address, which is 404 then; nil
	// for none. An API that has answered already does so until the name is there.
	DomainName pulumi.StringInput
	// Routes come before Default. Each makes a route of the API for every one of its methods.
	Routes []Route
	// Default is where requests go that no route takes: httpapi.Container (default) or httpapi.Deny.
	Default string
	// CORS of the API; its zero value leaves CORS to what stands behind it.
	CORS CORS
	// PublicHostHeader is the request header that tells the listener the host that the client asked for; empty for none.
	PublicHostHeader string
	// Protected makes Pulumi refuse to delete the API, and with it the URL, and the access log.
	Protected bool
}

// Gateway is the only public door: an HTTP API that passes requests through a VPC link to a listener, all of them unless
// its routes say otherwise.
// It costs 1 USD a million requests (us-east-1, https://aws.amazon.com/api-gateway/pricing/).
//
// A VPC link is immutable: other subnets or another security group make a new one, and the integration moves to it
// before the old one goes.
type Gateway struct {
	pulumi.ResourceState

	APIID pulumi.StringOutput
	// URL is where the API answers, handed out once its routes and its stage exist, and a domain name leads to it.
	URL pulumi.StringOutput
}

// NewGateway makes a Gateway. The VPC link takes minutes.
func NewGateway(ctx *pulumi.Context, name string, args *GatewayArgs, opts ...pulumi.ResourceOption) (*Gateway, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("gateway %s: %w", name, err)
	}
	c := &Gateway{}
	if err := ctx.RegisterComponentResource(gatewayType, name, c, opts...); err != nil {
		return nil, fmt.Errorf("gateway %s: %w", name, err)
	}
	if err := c.build(ctx, name, args); err != nil {
		return nil, fmt.Errorf("gateway %s: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"apiId": c.APIID, "url": c.URL})
}

func (a *GatewayArgs) validate() error {
	var problems []error
	if a.ListenerARN == nil || a.SubnetIDs == nil || a.SecurityGroupID == nil {
		problems = append(problems, errors.New("missing ListenerARN, SubnetIDs or SecurityGroupID"))
	}
	if a.Timeout < 1 || a.Timeout > 30 {
		problems = append(problems, fmt.Errorf("invalid Timeout %d: must be 1 to 30 seconds", a.Timeout))
	}
	// A limit of zero would turn every request away.
	if a.ThrottleBurst < 1 || a.ThrottleRate < 1 {
		problems = append(problems, fmt.Errorf("invalid ThrottleBurst %d or ThrottleRate %d: both must be at least 1",
			a.ThrottleBurst, a.ThrottleRate))
	}
	if a.Retention < 1 {
		problems = append(problems, fmt.Errorf("invalid Retention %d: must be at least 1 day", a.Retention))
	}
	for _, wrong := range httpapi.Problems(httpapi.HTTP, a.Routes, a.Default) {
		problems = append(problems, fmt.Errorf("invalid Routes: %s", wrong))
	}
	switch a.Default {
	case "", httpapi.Container, httpapi.Deny:
	default:
		problems = append(problems, fmt.Errorf("invalid Default %q: must be container or deny", a.Default))
	}
	for _, wrong := range a.CORS.Problems() {
		problems = append(problems, fmt.Errorf("invalid CORS: %s", wrong))
	}
	return errors.Join(append(problems, headerProblems(a.PublicHostHeader, a.ClientIPHeader)...)...)
}

func (c *Gateway) build(ctx *pulumi.Context, name string, args *GatewayArgs) error {
	apiArgs := &apigatewayv2.ApiArgs{ProtocolType: pulumi.String("HTTP"), CorsConfiguration: args.cors()}
	if args.DomainName != nil {
		apiArgs.DisableExecuteApiEndpoint = onceThere(args.DomainName)
	}
	api, err := apigatewayv2.NewApi(ctx, name, apiArgs, pulumi.Parent(c), pulumi.Protect(args.Protected))
	if err != nil {
		return fmt.Errorf("API: %w", err)
	}
	linkID, err := c.link(ctx, name, args)
	if err != nil {
		return fmt.Errorf("vpc link: %w", err)
	}
	// The provider sends no empty TLS settings, so an integration that goes back to HTTP would go on verifying a name.
	integration, err := apigatewayv2.NewIntegration(ctx, name, args.integration(api.ID(), linkID), pulumi.Parent(c),
		pulumi.ReplaceOnChanges([]string{"tlsConfig"}))
	if err != nil {
		return fmt.Errorf("integration: %w", err)
	}
	routes, err := c.newRoutes(ctx, name, args, api, integration)
	if err != nil {
		return err
	}
	stage, err := c.newStage(ctx, name, args, api, routes)
	if err != nil {
		return fmt.Errorf("stage: %w", err)
	}
	c.APIID = api.ID().ToStringOutput()
	ready := append(routes, stage)
	url := api.ApiEndpoint
	if args.DomainName != nil {
		mapping, err := newMapping(ctx, name, c, args.DomainName, api.ID(), stage.Name)
		if err != nil {
			return fmt.Errorf("mapping: %w", err)
		}
		url, ready = pulumi.Sprintf("https://%s", args.DomainName), append(ready, mapping)
	}
	c.URL = pulumi.OutputWithDependencies(ctx.Context(), url, ready...).(pulumi.StringOutput)
	return nil
}

// newStage makes the $default stage, the only one whose name is not part of the path that the app sees. It waits
// for the routes, so that the door opens last and closes first.
func (c *Gateway) newStage(ctx *pulumi.Context, name string, args *GatewayArgs, api *apigatewayv2.Api, routes []pulumi.Resource) (*apigatewayv2.Stage, error) {
	format, err := accessLogFormat("$context.routeKey")
	if err != nil {
		return nil, fmt.Errorf("access log format: %w", err)
	}
	log, err := cloudwatch.NewLogGroup(ctx, name+"-access", &cloudwatch.LogGroupArgs{
		// Under this prefix API Gateway's right to write doesn't use up the account's log resource policy:
		// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
		NamePrefix:      pulumi.Sprintf("/aws/vendedlogs/%s-access-", name),
		RetentionInDays: pulumi.Int(args.Retention),
	}, pulumi.Parent(c), pulumi.Protect(args.Protected))
	if err != nil {
		return nil, fmt.Errorf("access log: %w", err)
	}
	return apigatewayv2.NewStage(ctx, name, &apigatewayv2.StageArgs{
		ApiId:      api.ID(),
		Name:       pulumi.String("$default"),
		AutoDeploy: pulumi.Bool(true),
		AccessLogSettings: &apigatewayv2.StageAccessLogSettingsArgs{
			DestinationArn: log.Arn,
			Format:         pulumi.String(format),
		},
		DefaultRouteSettings: &apigatewayv2.StageDefaultRouteSettingsArgs{
			ThrottlingBurstLimit: pulumi.Int(args.ThrottleBurst),
			ThrottlingRateLimit:  pulumi.Float64(args.ThrottleRate),
		},
		RouteSettings: args.routeSettings(),
	}, pulumi.Parent(c), pulumi.DependsOn(routes))
}

package network

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigateway"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/internal/httpapi"
)

const restAPIType = "sallyport:network:RestAPI"

// APIKey is what whoever has one key of the API may do.
type APIKey = httpapi.APIKey

// Who makes the role that API Gateway writes its logs with, one for all REST APIs of an account in a Region.
const (
	LogsRoleCreate   = "create"
	LogsRoleExisting = "existing"
)

// RestAPIArgs are the arguments of NewRestAPI; required are those up to LogsRole, but for ServerName.
type RestAPIArgs struct {
	// LoadBalancerARN is a Network Load Balancer, the only target that a VPC link of a REST API has in pulumi-aws 6.
	LoadBalancerARN     pulumi.StringInput
	LoadBalancerDNSName pulumi.StringInput
	// ListenerPort is where the balancer listens.
	ListenerPort int
	// ServerName is the name that the listener's certificate must have; empty for a listener that speaks plain HTTP.
	ServerName string
	// Timeout in seconds, at most 29, which only AWS can raise:
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
	Timeout int
	// ThrottleBurst is the size of the token bucket, in requests.
	ThrottleBurst int
	// ThrottleRate in requests a second. Beyond it a caller gets 429.
	ThrottleRate int
	// Retention of the access log in days.
	Retention int
	Region    string
	// LogsRole is LogsRoleCreate, which makes LogsRoleARN the account's, or LogsRoleExisting, which uses the one that is.
	LogsRole    string
	LogsRoleARN pulumi.StringInput
	// Routes come before Default.
	Routes []Route
	// Default is where requests go that no route takes: httpapi.Container (default) or httpapi.Deny.
	Default string
	// CORS of the API; its zero value leaves CORS to what stands behind it. See restcors.go for how far it goes.
	CORS CORS
	// PublicHostHeader is the request header that tells the app the host that the client asked for; empty for none.
	PublicHostHeader string
	// ClientIPHeader is a header that tells the app the client's address, whatever the client itself has sent in it;
	// empty for none.
	ClientIPHeader string
	// DomainName is a name of API Gateway's that the API answers at instead of its own address, which is 403 then; nil
	// for none. An API that has answered already does so until the name is there.
	DomainName pulumi.StringInput
	// APIKeys by name, for the routes that ask for a key. Each is good for all of them.
	APIKeys map[string]APIKey
	// Tracing sends traces to X-Ray.
	Tracing bool
	// WebACLARN is a web ACL of AWS WAF that sees every request first; empty for none.
	WebACLARN string
	// Protected makes Pulumi refuse to delete the API, and with it the URL, and the access log.
	Protected bool
}

// RestAPI is the only public door: a regional REST API that passes requests through a VPC link to a Network Load Balancer,
// all of them unless its routes say otherwise. It costs 3.50 USD a million requests (us-east-1,
// https://aws.amazon.com/api-gateway/pricing/).
//
// What it does is one OpenAPI document, and not a resource for each path and method: an update deletes what is gone only
// after all else is done, so a deployment would still hold the routes that were taken out of the table
// (https://github.com/pulumi/pulumi-aws/issues/3683, docs/decisions/0014).
type RestAPI struct {
	pulumi.ResourceState

	APIID pulumi.StringOutput
	// Name is what CloudWatch's metrics call the API.
	Name pulumi.StringOutput
	// URL is where the API answers, with the stage's name at its end unless a domain name leads to it; handed out once all
	// of it does as it is told.
	URL pulumi.StringOutput
	// StageName and StageARN are handed out with URL.
	StageName pulumi.StringOutput
	StageARN  pulumi.StringOutput
	// APIKeys are the keys' values by their names, secret.
	APIKeys pulumi.StringMapOutput
}

// NewRestAPI makes a RestAPI. The VPC link takes minutes.
func NewRestAPI(ctx *pulumi.Context, name string, args *RestAPIArgs, opts ...pulumi.ResourceOption) (*RestAPI, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("REST API %s: %w", name, err)
	}
	c := &RestAPI{}
	if err := ctx.RegisterComponentResource(restAPIType, name, c, opts...); err != nil {
		return nil, fmt.Errorf("REST API %s: %w", name, err)
	}
	if err := c.build(ctx, name, args); err != nil {
		return nil, fmt.Errorf("REST API %s: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"apiId": c.APIID, "url": c.URL, "stageName": c.StageName})
}

func (a *RestAPIArgs) validate() error {
	var problems []error
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if a.LoadBalancerARN == nil || a.LoadBalancerDNSName == nil || a.Region == "" {
		wrong("missing LoadBalancerARN, LoadBalancerDNSName or Region")
	}
	if a.ListenerPort < 1 || a.ListenerPort > 65535 {
		wrong("invalid ListenerPort %d: must be 1 to 65535", a.ListenerPort)
	}
	if a.Timeout < 1 || a.Timeout > 29 {
		wrong("invalid Timeout %d: must be 1 to 29 seconds", a.Timeout)
	}
	// A limit of zero would turn every request away.
	if a.ThrottleBurst < 1 || a.ThrottleRate < 1 {
		wrong("invalid ThrottleBurst %d or ThrottleRate %d: both must be at least 1", a.ThrottleBurst, a.ThrottleRate)
	}
	if a.Retention < 1 {
		wrong("invalid Retention %d: must be at least 1 day", a.Retention)
	}
	switch {
	case a.LogsRole != LogsRoleCreate && a.LogsRole != LogsRoleExisting:
		wrong("invalid LogsRole %q: must be create or existing", a.LogsRole)
	case (a.LogsRole == LogsRoleCreate) != (a.LogsRoleARN != nil):
		wrong("LogsRoleARN goes with LogsRole create, and with it alone")
	}
	if a.Default != "" && a.Default != httpapi.Container && a.Default != httpapi.Deny {
		wrong("invalid Default %q: must be container or deny", a.Default)
	}
	for _, problem := range httpapi.Problems(httpapi.REST, a.Routes, a.Default) {
		wrong("invalid Routes: %s", problem)
	}
	if len(a.APIKeys) == 0 && slices.ContainsFunc(a.Routes, func(r Route) bool { return r.Auth == httpapi.AuthKey }) {
		wrong("missing APIKeys: a route asks for a key, and there is none")
	}
	for _, problem := range httpapi.KeyProblems(a.APIKeys) {
		wrong("invalid APIKeys: %s", problem)
	}
	for _, problem := range slices.Concat(a.CORS.Problems(), a.CORS.RESTProblems(a.Routes)) {
		wrong("invalid CORS: %s", problem)
	}
	problems = append(problems, headerProblems(a.PublicHostHeader, a.ClientIPHeader)...)
	return errors.Join(problems...)
}

func (c *RestAPI) build(ctx *pulumi.Context, name string, args *RestAPIArgs) error {
	// Named by the document, and so by the API and its deployment, the link goes after both: AWS keeps a link that a
	// deployment names (https://github.com/hashicorp/terraform-provider-aws/issues/12195).
	link, err := apigateway.NewVpcLink(ctx, name, &apigateway.VpcLinkArgs{TargetArn: args.LoadBalancerARN}, pulumi.Parent(c))
	if err != nil {
		return fmt.Errorf("vpc link: %w", err)
	}
	document := pulumi.All(link.ID(), args.LoadBalancerDNSName).ApplyT(func(v []any) (string, error) {
		return args.document(name, string(v[0].(pulumi.ID)), v[1].(string))
	}).(pulumi.StringOutput)
	apiArgs := &apigateway.RestApiArgs{
		Body:                      document,
		EndpointConfiguration:     &apigateway.RestApiEndpointConfigurationArgs{Types: pulumi.String("REGIONAL")},
		DisableExecuteApiEndpoint: pulumi.Bool(false),
	}
	if args.DomainName != nil {
		apiArgs.DisableExecuteApiEndpoint = onceThere(args.DomainName)
	}
	api, err := apigateway.NewRestApi(ctx, name, apiArgs, pulumi.Parent(c), pulumi.Protect(args.Protected))
	if err != nil {
		return fmt.Errorf("API: %w", err)
	}
	permissions, err := c.permit(ctx, name, args, api)
	if err != nil {
		return err
	}
	stage, ready, err := c.newStage(ctx, name, args, api, document, permissions)
	if err != nil {
		return fmt.Errorf("stage: %w", err)
	}
	c.APIID = api.ID().ToStringOutput()
	c.Name = api.Name
	url := stage.InvokeUrl
	if args.DomainName != nil {
		mapping, err := newMapping(ctx, name, c, args.DomainName, api.ID(), stage.StageName)
		if err != nil {
			return fmt.Errorf("mapping: %w", err)
		}
		url, ready = pulumi.Sprintf("https://%s", args.DomainName), append(ready, mapping)
	}
	c.URL = pulumi.OutputWithDependencies(ctx.Context(), url, ready...).(pulumi.StringOutput)
	c.StageName = pulumi.OutputWithDependencies(ctx.Context(), stage.StageName, ready...).(pulumi.StringOutput)
	c.StageARN = pulumi.OutputWithDependencies(ctx.Context(), stage.Arn, ready...).(pulumi.StringOutput)
	return c.newKeys(ctx, name, args, api, stage)
}

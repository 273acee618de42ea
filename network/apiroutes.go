package network

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigatewayv2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/internal/httpapi"
)

// newRoutes makes the routes of the API and what they need, and returns what must be there before the door opens.
//
// An HTTP API has no routes that deny, and no resource policy. A route that denies asks for IAM authorization, so that
// API Gateway answers 403 to whoever does not sign the request with credentials that are allowed execute-api:Invoke on
// it: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html
// It leads to the container as any other, since what AWS makes of a route that leads nowhere is not documented.
func (c *Gateway) newRoutes(ctx *pulumi.Context, name string, args *GatewayArgs, api *apigatewayv2.Api, integration *apigatewayv2.Integration) ([]pulumi.Resource, error) {
	made := &routes{gateway: c, name: name, api: api, targets: map[string]pulumi.StringInput{}, authorizers: map[string]pulumi.StringInput{}}
	container := pulumi.Sprintf("integrations/%s", integration.ID())
	if args.Default != httpapi.Deny {
		if err := made.add(ctx, name, "$default", Route{}, container); err != nil {
			return nil, err
		}
	}
	for _, r := range args.Routes {
		target, err := made.target(ctx, r, container)
		if err != nil {
			return nil, fmt.Errorf("integration with %s: %w", r.Target, err)
		}
		for _, key := range r.Keys() {
			if err := made.add(ctx, made.child("", key), key, r, target); err != nil {
				return nil, err
			}
		}
	}
	return made.all, nil
}

// routes collects what is made for the routes of an API.
type routes struct {
	gateway     *Gateway
	name        string
	api         *apigatewayv2.Api
	targets     map[string]pulumi.StringInput // by ARN of a function
	authorizers map[string]pulumi.StringInput // by Route.Authorizer
	all         []pulumi.Resource
}

func (m *routes) add(ctx *pulumi.Context, name, key string, r Route, target pulumi.StringPtrInput) error {
	args := &apigatewayv2.RouteArgs{
		ApiId:             m.api.ID(),
		RouteKey:          pulumi.String(key),
		AuthorizationType: pulumi.String("NONE"),
		Target:            target,
	}
	switch {
	case r.Target == httpapi.Deny || r.Auth == httpapi.AuthIAM:
		args.AuthorizationType = pulumi.String("AWS_IAM")
	case r.Auth == httpapi.AuthJWT:
		authorizer, err := m.authorizer(ctx, r)
		if err != nil {
			return fmt.Errorf("authorizer for %s: %w", r.Issuer, err)
		}
		args.AuthorizationType, args.AuthorizerId = pulumi.String("JWT"), authorizer.ToStringOutput().ToStringPtrOutput()
		if len(r.Scopes) > 0 {
			args.AuthorizationScopes = pulumi.ToStringArray(r.Scopes)
		}
	}
	route, err := apigatewayv2.NewRoute(ctx, name, args, pulumi.Parent(m.gateway))
	if err != nil {
		return fmt.Errorf("route %s: %w", key, err)
	}
	m.all = append(m.all, route)
	if f, ok := r.Function(); ok {
		return m.permit(ctx, key, f)
	}
	return nil
}

// authorizer makes one JWT authorizer for each distinct issuer and audience. API Gateway asks the issuer for its keys
// when it is made: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
func (m *routes) authorizer(ctx *pulumi.Context, r Route) (pulumi.StringInput, error) {
	if known := m.authorizers[r.Authorizer()]; known != nil {
		return known, nil
	}
	authorizer, err := apigatewayv2.NewAuthorizer(ctx, m.child("jwt", r.Authorizer()), &apigatewayv2.AuthorizerArgs{
		ApiId:           m.api.ID(),
		AuthorizerType:  pulumi.String("JWT"),
		IdentitySources: pulumi.ToStringArray([]string{"$request.header.Authorization"}),
		JwtConfiguration: &apigatewayv2.AuthorizerJwtConfigurationArgs{
			Issuer:    pulumi.String(r.Issuer),
			Audiences: pulumi.ToStringArray(r.Audience),
		},
	}, pulumi.Parent(m.gateway))
	if err != nil {
		return nil, err
	}
	m.authorizers[r.Authorizer()] = authorizer.ID()
	return authorizer.ID(), nil
}

// target is the integration of a route: the container's, or one for each Lambda function.
func (m *routes) target(ctx *pulumi.Context, r Route, container pulumi.StringPtrInput) (pulumi.StringPtrInput, error) {
	f, ok := r.Function()
	if !ok {
		return container, nil
	}
	id := m.targets[r.Target]
	if id == nil {
		integration, err := apigatewayv2.NewIntegration(ctx, m.child(f.Name, r.Target), &apigatewayv2.IntegrationArgs{
			ApiId:                m.api.ID(),
			IntegrationType:      pulumi.String("AWS_PROXY"),
			IntegrationUri:       pulumi.String(r.Target),
			PayloadFormatVersion: pulumi.String("2.0"),
		}, pulumi.Parent(m.gateway))
		if err != nil {
			return nil, err
		}
		id = integration.ID()
		m.targets[r.Target] = id
	}
	return pulumi.Sprintf("integrations/%s", id), nil
}

// permit lets this route of this API call a function. What stands for a variable in the path is not known beforehand.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
func (m *routes) permit(ctx *pulumi.Context, key string, f httpapi.Function) error {
	method, path, _ := strings.Cut(key, " ")
	if method == "ANY" {
		method = "*"
	}
	args := &lambda.PermissionArgs{
		Action:    pulumi.String("lambda:InvokeFunction"),
		Function:  pulumi.String(f.ARN),
		Principal: pulumi.String("apigateway.amazonaws.com"),
		SourceArn: pulumi.Sprintf("%s/*/%s%s", m.api.ExecutionArn, method, inBraces.ReplaceAllString(path, "*")),
	}
	if f.Qualifier != "" {
		args.Qualifier = pulumi.String(f.Qualifier)
	}
	permission, err := lambda.NewPermission(ctx, m.child("", key), args, pulumi.Parent(m.gateway))
	if err != nil {
		return fmt.Errorf("permission to call %s: %w", f.ARN, err)
	}
	m.all = append(m.all, permission)
	return nil
}

// routeSettings are the throttles of their own. One limit alone would make the other zero, which lets nothing through,
// so it is filled in with the API's.
func (a *GatewayArgs) routeSettings() apigatewayv2.StageRouteSettingArrayInput {
	var settings apigatewayv2.StageRouteSettingArray
	for _, r := range a.Routes {
		for _, key := range r.Keys() {
			if r.Throttled() {
				settings = append(settings, &apigatewayv2.StageRouteSettingArgs{
					RouteKey:             pulumi.String(key),
					ThrottlingBurstLimit: pulumi.Int(cmp.Or(r.ThrottleBurst, a.ThrottleBurst)),
					ThrottlingRateLimit:  pulumi.Float64(cmp.Or(r.ThrottleRate, a.ThrottleRate)),
				})
			}
		}
	}
	if settings == nil {
		return nil
	}
	return settings
}

var (
	inBraces  = regexp.MustCompile(`\{[^}]*\}`)
	notInName = regexp.MustCompile(`[^a-z0-9]+`)
)

func (m *routes) child(word, of string) string { return childName(m.name, word, of) }

// childName names a resource after what it is for. A permission's name becomes its statement id, which takes letters,
// digits and hyphens alone, at most 100: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
// The hash tells apart what the rest does not.
func childName(name, word, of string) string {
	if word == "" {
		word = of
	}
	word = strings.Trim(notInName.ReplaceAllString(strings.ToLower(word), "-"), "-")
	sum := sha256.Sum256([]byte(of))
	return fmt.Sprintf("%s-%.40s-%x", name, word, sum[:3])
}

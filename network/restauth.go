package network

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigateway"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/internal/httpapi"
)

// securityScheme is how API Gateway tells callers, in one header.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html
type securityScheme struct {
	Type       string      `json:"type"`
	Name       string      `json:"name"`
	In         string      `json:"in"`
	AuthType   string      `json:"x-amazon-apigateway-authtype,omitempty"`
	Authorizer *authorizer `json:"x-amazon-apigateway-authorizer,omitempty"`
}

type authorizer struct {
	Type         string   `json:"type"`
	ProviderARNs []string `json:"providerARNs,omitempty"`
	URI          string   `json:"authorizerUri,omitempty"`
}

const (
	schemeIAM = "sigv4"
	schemeKey = "api_key"
)

// scheme names what a route asks of its callers; empty for nothing.
func scheme(r Route) string {
	switch {
	case r.Target == httpapi.Deny, r.Auth == httpapi.AuthIAM:
		return schemeIAM
	case r.Auth == httpapi.AuthKey:
		return schemeKey
	case r.Authorizer() != "":
		return childName("authorizer", r.Auth, r.Authorizer())
	}
	return ""
}

func security(r Route) []map[string][]string {
	of := scheme(r)
	if of == "" {
		return nil
	}
	return []map[string][]string{{of: append([]string{}, r.Scopes...)}}
}

// securitySchemes are those that the routes name. One authorizer serves all routes that ask the same of a caller.
func (a *RestAPIArgs) securitySchemes() map[string]securityScheme {
	made := map[string]securityScheme{}
	for _, r := range a.Routes {
		s := securityScheme{Type: "apiKey", Name: "Authorization", In: "header"}
		switch of := scheme(r); {
		case of == "":
			continue
		case of == schemeIAM:
			s.AuthType = "awsSigv4"
		case of == schemeKey:
			s.Name = "x-api-key"
		case r.Auth == httpapi.AuthCognito:
			s.AuthType = "cognito_user_pools"
			s.Authorizer = &authorizer{Type: "cognito_user_pools", ProviderARNs: slices.Sorted(slices.Values(r.UserPools))}
		default:
			f, _ := r.AuthorizerFunction()
			s.AuthType = "custom"
			s.Authorizer = &authorizer{Type: "token", URI: a.invocation(f)}
		}
		made[scheme(r)] = s
	}
	return made
}

// invocation is what API Gateway calls a Lambda function by.
func (a *RestAPIArgs) invocation(f httpapi.Function) string {
	partition := strings.Split(f.ARN, ":")[1]
	return fmt.Sprintf("arn:%s:apigateway:%s:lambda:path/2015-03-31/functions/%s/invocations", partition, a.Region, qualified(f))
}

func qualified(f httpapi.Function) string {
	if f.Qualifier == "" {
		return f.ARN
	}
	return f.ARN + ":" + f.Qualifier
}

// denied answers 403. A method that asks for IAM authorization turns away whoever does not sign the request as somebody
// who is allowed execute-api:Invoke on it, before the payload is looked at, and who is allowed gets the same from a mock:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html
// A resource policy would deny all of them at once, but its Deny also wins over a route below the path that is open:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
func (a *RestAPIArgs) denied() operation {
	denial := mock(403, integrationResponse{ResponseTemplates: map[string]string{"application/json": `{"message":"Forbidden"}`}})
	denial.Security = security(Route{Target: httpapi.Deny})
	return denial
}

// permit lets the methods of this API call the functions that they lead to, and API Gateway the authorizers.
func (c *RestAPI) permit(ctx *pulumi.Context, name string, args *RestAPIArgs, api *apigateway.RestApi) ([]pulumi.Resource, error) {
	var made []pulumi.Resource
	allow := func(of string, f httpapi.Function, source pulumi.StringInput) error {
		wanted := &lambda.PermissionArgs{
			Action:    pulumi.String("lambda:InvokeFunction"),
			Function:  pulumi.String(f.ARN),
			Principal: pulumi.String("apigateway.amazonaws.com"),
			SourceArn: source.ToStringOutput().ToStringPtrOutput(),
		}
		if f.Qualifier != "" {
			wanted.Qualifier = pulumi.String(f.Qualifier)
		}
		permission, err := lambda.NewPermission(ctx, childName(name, "", of), wanted, pulumi.Parent(c))
		if err != nil {
			return fmt.Errorf("permission to call %s: %w", f.ARN, err)
		}
		made = append(made, permission)
		return nil
	}
	for _, m := range httpapi.RESTMethods(args.Routes, args.Default) {
		if f, ok := m.Route.Function(); ok {
			source := pulumi.Sprintf("%s/*/%s%s", api.ExecutionArn, strings.Replace(m.Name, anyMethod, "*", 1), inBraces.ReplaceAllString(m.Path, "*"))
			if err := allow(m.Name+" "+m.Path, f, source); err != nil {
				return nil, err
			}
		}
	}
	seen := map[string]bool{}
	for _, r := range args.Routes {
		if f, ok := r.AuthorizerFunction(); ok && !seen[r.AuthorizerARN] {
			seen[r.AuthorizerARN] = true
			// The document's import gives authorizers their ids, which nothing tells.
			if err := allow("authorizer "+r.AuthorizerARN, f, pulumi.Sprintf("%s/authorizers/*", api.ExecutionArn)); err != nil {
				return nil, err
			}
		}
	}
	return made, nil
}

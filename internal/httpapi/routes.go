// Package httpapi is what an API of API Gateway can be told about routes, API keys and CORS: plain values, and what is
// wrong with them before AWS is asked.
package httpapi

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The kinds of API. What one of them can't do is a problem that names the other.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vs-rest.html
const (
	HTTP = "http"
	REST = "rest"
)

// The targets of a route, and of the requests that no route takes. Any other target is the ARN of a Lambda function.
const (
	Container = "container"
	Deny      = "deny"
)

// Who may send the requests of a route.
const (
	AuthNone    = "none"
	AuthIAM     = "iam"
	AuthJWT     = "jwt"     // of an HTTP API
	AuthCognito = "cognito" // of a REST API, as are those below
	AuthLambda  = "lambda"
	AuthKey     = "key"
)

// Route says where requests go, and who may send them.
type Route struct {
	// Path in API Gateway's syntax: literals, {name} for one part, {name+} at the end for all the rest.
	Path string `json:"path"`
	// Methods such as GET; empty for all that no other route of the same path takes.
	Methods []string `json:"methods,omitempty"`
	// Target is Container (default), Deny, which on an HTTP API is AuthIAM before the container, or the ARN of a Lambda
	// function, which may end in an alias or a version.
	Target string `json:"target,omitempty"`
	// Auth is AuthNone (default) or another Auth… that the API's kind has.
	Auth string `json:"auth,omitempty"`
	// Issuer of the tokens that AuthJWT asks for: the URL whose /.well-known/openid-configuration tells its keys.
	Issuer string `json:"issuer,omitempty"`
	// Audience has the values of which a token must have one, as its aud or client_id.
	Audience []string `json:"audience,omitempty"`
	// UserPools are the ARNs of the Cognito user pools whose tokens AuthCognito asks for.
	UserPools []string `json:"userPools,omitempty"`
	// AuthorizerARN is the Lambda function that AuthLambda asks about the token in the header Authorization.
	AuthorizerARN string `json:"authorizer,omitempty"`
	// Scopes of which a token must have one; empty for tokens with any. With AuthCognito they make it an access token, and
	// without any it is an ID token.
	Scopes []string `json:"scopes,omitempty"`
	// ThrottleBurst in requests and ThrottleRate in requests a second; 0 for what the API has.
	ThrottleBurst int `json:"throttleBurst,omitempty"`
	ThrottleRate  int `json:"throttleRate,omitempty"`
}

// The quotas of one API: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
// and https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
// and of throttling: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
const (
	maxRoutes      = 300 // of an HTTP API
	maxResources   = 300 // of a REST API
	maxAuthorizers = 10
	maxAudience    = 50
	maxScopes      = 10
	maxBurst       = 5000
	maxRate        = 10000
)

// Methods are those that a route can name.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
var Methods = []string{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}

const anyMethod = "ANY"

// Keys are API Gateway's names of the routes that it makes of this one, one a method, such as "GET /pets/{id}".
func (r Route) Keys() []string {
	var keys []string
	for _, method := range r.methods() {
		keys = append(keys, method+" "+r.Path)
	}
	return keys
}

func (r Route) methods() []string {
	if len(r.Methods) == 0 {
		return []string{anyMethod}
	}
	return r.Methods
}

// ToContainer tells whether the requests go to the container.
func (r Route) ToContainer() bool { return r.Target == "" || r.Target == Container }

// Open tells whether anyone may send the requests.
func (r Route) Open() bool { return r.Target != Deny && (r.Auth == "" || r.Auth == AuthNone) }

// Throttled tells whether the route has a limit of its own.
func (r Route) Throttled() bool { return r.ThrottleBurst > 0 || r.ThrottleRate > 0 }

// Authorizer tells apart what routes ask of a caller: one authorizer serves all routes with the same text. It is empty
// for a route that needs none.
func (r Route) Authorizer() string {
	switch r.Auth {
	case AuthJWT:
		return strings.Join(append([]string{r.Issuer}, slices.Sorted(slices.Values(r.Audience))...), " ")
	case AuthCognito:
		return strings.Join(slices.Sorted(slices.Values(r.UserPools)), " ")
	case AuthLambda:
		return r.AuthorizerARN
	}
	return ""
}

// AuthorizerFunction is the function of AuthLambda, and false where AuthorizerARN is no function's.
func (r Route) AuthorizerFunction() (Function, bool) { return function(r.AuthorizerARN) }

// functionARN of a Lambda function: Region, name, and what follows it, an alias or a version.
var functionARN = regexp.MustCompile(`^(arn:aws[a-z-]*:lambda:([a-z0-9-]+):\d{12}:function:([A-Za-z0-9_-]{1,64}))(?::(\$LATEST|[A-Za-z0-9_-]{1,128}))?$`)

// Function is a Lambda function that a route leads to.
type Function struct{ ARN, Region, Name, Qualifier string }

// Function is what the target says, and false where it is no Lambda function.
func (r Route) Function() (Function, bool) { return function(r.Target) }

func function(arn string) (Function, bool) {
	part := functionARN.FindStringSubmatch(arn)
	if part == nil {
		return Function{}, false
	}
	return Function{ARN: part[1], Region: part[2], Name: part[3], Qualifier: part[4]}, true
}

// Elsewhere names the routes whose function or authorizer is not in the Region: an API reaches only its own.
func Elsewhere(routes []Route, region string) []string {
	var wrong []string
	for i, r := range routes {
		if f, ok := r.Function(); ok && f.Region != region {
			wrong = append(wrong, fmt.Sprintf("%s: its function is in %s, the stack in %s", Label(routes, i), f.Region, region))
		}
		if f, ok := r.AuthorizerFunction(); ok && f.Region != region {
			wrong = append(wrong, fmt.Sprintf("%s: its authorizer is in %s, the stack in %s", Label(routes, i), f.Region, region))
		}
	}
	return wrong
}

// Label names a route in an error: its place in the table, counted from 1, and what it takes.
func Label(routes []Route, i int) string {
	r := routes[i]
	return fmt.Sprintf("route %d (%s %s)", i+1, strings.Join(r.methods(), ","), r.Path)
}

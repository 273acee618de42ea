package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"sallyport/local/cloud/declared"
)

// restAccess is who may send the requests of a method.
type restAccess struct {
	problem string // why nobody can be let in, in plain words
	iam     bool
	// token is where an authorizer looks for the token, the name of a header; empty without an authorizer of tokens.
	token string
	// form is what a token must look like for a Lambda authorizer to be asked.
	form *regexp.Regexp
	// function is the Lambda function of an authorizer, which does not run here.
	function string
	identity []restExpression // what a request must have for it to be asked
	pools    []userPool
	scopes   []string
}

// userPool is a user pool of Amazon Cognito.
type userPool struct{ region, id string }

var poolARN = regexp.MustCompile(`^arn:[^:]+:cognito-idp:([a-z0-9-]+):\d*:userpool/([^/]+)$`)

func newRestAccess(definition declared.RestDefinition, method declared.RestMethod, name string) restAccess {
	switch method.AuthorizationType {
	case "NONE":
		return restAccess{}
	case "AWS_IAM":
		return restAccess{iam: true}
	}
	authorizer, ok := definition.Authorizers[method.AuthorizerID]
	if !ok {
		return restAccess{problem: fmt.Sprintf("%s asks authorizer %q, which is not in the deployment", name, method.AuthorizerID)}
	}
	const headers = "method.request.header."
	made := restAccess{scopes: method.AuthorizationScopes}
	if authorizer.Type != "REQUEST" {
		made.token = strings.TrimPrefix(authorizer.IdentitySource, headers)
		if made.token == "" {
			made.token = "Authorization"
		}
		if authorizer.IdentityValidationExpression != "" {
			form, err := regexp.Compile("^(?:" + authorizer.IdentityValidationExpression + ")$")
			if err != nil {
				return restAccess{problem: fmt.Sprintf("the identity validation expression of authorizer %s: %s", authorizer.Name, err)}
			}
			made.form = form
		}
	}
	if authorizer.Type != "COGNITO_USER_POOLS" {
		made.function = authorizer.AuthorizerURI
		for source := range strings.SplitSeq(authorizer.IdentitySource, ",") {
			if e, err := parseRestExpression(strings.TrimSpace(source)); err == nil && made.token == "" {
				made.identity = append(made.identity, e)
			}
		}
		return made
	}
	for _, arn := range authorizer.ProviderARNs {
		part := poolARN.FindStringSubmatch(arn)
		if part == nil {
			return restAccess{problem: fmt.Sprintf("authorizer %s: %q is no ARN of a user pool", authorizer.Name, arn)}
		}
		made.pools = append(made.pools, userPool{part[1], part[2]})
	}
	return made
}

// authorize tells whether a request may go on; if not, it is answered.
func (x *restExchange) authorize(a restAccess) bool {
	f, why := x.refusal(a)
	if f != nil {
		x.authorizeError = why
		x.fail(*f, why)
	}
	return f == nil
}

func (x *restExchange) refusal(a restAccess) (*failure, string) {
	x.authorized = a.iam || a.token != "" || a.function != ""
	switch {
	case a.problem != "":
		return &restConfiguration, a.problem
	case a.iam:
		why := iamForm(x.request, x.site.region)
		if why != "" && x.request.Header.Get("Authorization") == "" && !x.request.URL.Query().Has("X-Amz-Credential") {
			return &missingToken, why
		}
		if why != "" {
			return &invalidSignature, why
		}
		return nil, ""
	case !x.authorized:
		return nil, ""
	}
	// What a Lambda authorizer is not even asked for:
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/configure-api-gateway-lambda-authorization.html
	sent := ""
	if a.token != "" {
		if sent = x.request.Header.Get(a.token); sent == "" {
			return &restUnauthorized, "the request has no token in the header " + a.token
		}
		if a.form != nil && !a.form.MatchString(sent) {
			return &restUnauthorized, "the token does not match the authorizer's validation expression"
		}
	}
	for _, e := range a.identity {
		if value, ok := x.evaluate(e, nil); !ok || value == "" {
			return &restUnauthorized, fmt.Sprintf("the request lacks %s.%s, which the authorizer needs", e.source, e.name)
		}
	}
	if a.function != "" {
		return &brokenAuthorizer, "the authorizer is the Lambda function " + functionARN(a.function) + ", and the local cloud runs no Lambda functions"
	}
	return x.refusalOfToken(a, sent)
}

// refusalOfToken checks a token of a user pool. A method with scopes takes access tokens that have one of them, and one
// without takes ID tokens alone:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-integrate-with-cognito.html
// That a lack of scopes is 401 is what users report.
func (x *restExchange) refusalOfToken(a restAccess, sent string) (*failure, string) {
	if scheme, token, ok := strings.Cut(sent, " "); ok && strings.EqualFold(scheme, "Bearer") {
		sent = strings.TrimSpace(token)
	}
	pool, err := poolOf(a.pools, sent)
	if err != nil {
		return &restUnauthorized, err.Error()
	}
	said, err := parseToken(sent, func(kid string) (any, error) { return x.gateway.poolKey(x.request.Context(), pool, kid) })
	if err != nil {
		return &restUnauthorized, err.Error()
	}
	exp, ok := said["exp"].(float64)
	switch use, _ := said["token_use"].(string); {
	case !ok:
		return &restUnauthorized, "the token does not have a valid exp"
	case exp <= float64(time.Now().UnixMilli())/1000:
		return &expiredToken, "the token has expired"
	case len(a.scopes) == 0 && use != "id":
		return &restUnauthorized, fmt.Sprintf("the token is for use as %q: a method without scopes takes ID tokens alone", use)
	case len(a.scopes) > 0 && use != "access":
		return &restUnauthorized, fmt.Sprintf("the token is for use as %q: a method with scopes takes access tokens alone", use)
	case !said.inScope(a.scopes):
		return &restUnauthorized, fmt.Sprintf("the token has the scopes %q, and the method asks for one of %q", said.scopes(), a.scopes)
	}
	x.claims = said
	return nil, ""
}

// poolOf returns the user pool that a token says to be from. The signature is checked by that pool's keys.
func poolOf(pools []userPool, token string) (userPool, error) {
	unchecked, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil {
		return userPool{}, errors.New("the token is none, or is not signed with RS256, RS384 or RS512")
	}
	said, err := readClaims(unchecked.UnsafePayloadWithoutVerification())
	if err != nil {
		return userPool{}, err
	}
	issuer, _ := said["iss"].(string)
	i := slices.IndexFunc(pools, func(p userPool) bool { return issuer == "https://cognito-idp."+p.region+".amazonaws.com/"+p.id })
	if i < 0 {
		return userPool{}, fmt.Errorf("the token is of %q, which is none of the authorizer's user pools", issuer)
	}
	return pools[i], nil
}

// poolKey returns the key of a user pool that a token names.
func (g *Gateway) poolKey(ctx context.Context, pool userPool, kid string) (any, error) {
	if g.UserPool == nil {
		return nil, errors.New("no user pool can be asked for its keys")
	}
	g.pools.mu.Lock()
	g.pools.fetch = func(ctx context.Context, name string) (jose.JSONWebKeySet, error) {
		region, id, _ := strings.Cut(name, " ")
		return g.UserPool(ctx, region, id)
	}
	g.pools.mu.Unlock()
	return g.pools.key(ctx, pool.region+" "+pool.id, kid)
}

// functionARN takes the ARN of a Lambda function out of the URI of an integration or an authorizer.
func functionARN(uri string) string {
	_, after, found := strings.Cut(uri, "/functions/")
	if !found {
		return uri
	}
	return strings.TrimSuffix(after, "/invocations")
}

// signedByIAM reports whether a request carries a signature of AWS in its Authorization header.
func signedByIAM(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-")
}

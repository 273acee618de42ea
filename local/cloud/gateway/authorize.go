package gateway

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"sallyport/local/cloud/declared"
)

// access is who may send the requests of a route.
type access struct {
	problem string // why nobody can be let in, in plain words
	iam     bool
	jwt     *authorizer
	scopes  []string
}

// authorizer is a declared JWT authorizer.
type authorizer struct {
	source   expression
	issuer   string
	audience []string
}

var (
	unauthorized = failure{http.StatusUnauthorized, "Unauthorized", "UNAUTHORIZED"}
	unsigned     = failure{http.StatusForbidden, "Forbidden", "MISSING_AUTHENTICATION_TOKEN"}
)

func newAccess(api declared.API, r apitypes.Route) access {
	switch r.AuthorizationType {
	case apitypes.AuthorizationTypeAwsIam:
		return access{iam: true}
	case apitypes.AuthorizationTypeJwt:
	default:
		return access{}
	}
	id := aws.ToString(r.AuthorizerId)
	known, ok := api.Authorizers[id]
	if !ok {
		return access{problem: fmt.Sprintf("the route %q asks authorizer %q, which does not exist", aws.ToString(r.RouteKey), id)}
	}
	made := &authorizer{}
	if known.JwtConfiguration != nil {
		made.issuer, made.audience = aws.ToString(known.JwtConfiguration.Issuer), known.JwtConfiguration.Audience
	}
	if len(known.IdentitySource) != 1 {
		return access{problem: fmt.Sprintf("authorizer %s has %d identity sources, and a JWT authorizer has one", id, len(known.IdentitySource))}
	}
	var err error
	if made.source, err = parseExpression(known.IdentitySource[0], false); err != nil {
		return access{problem: fmt.Sprintf("the identity source of authorizer %s: %s", id, err)}
	}
	return access{jwt: made, scopes: r.AuthorizationScopes}
}

// authorized tells whether a request may go on; if not, it is answered.
func (x *exchange) authorized(a access) bool {
	switch {
	case a.problem != "":
		x.fail(internalError, a.problem)
	case a.iam:
		why := iamForm(x.request, x.site.region)
		if why == "" {
			return true
		}
		x.fail(unsigned, why)
	case a.jwt != nil:
		return x.authorizedByToken(a)
	default:
		return true
	}
	return false
}

// authorizedByToken answers as API Gateway does, whose header says what is wrong with a token:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-jwt.html
// The texts other than of a wrong audience, and 403 for a lack of scope, are not documented.
func (x *exchange) authorizedByToken(a access) bool {
	challenge := func(kind, description string) {
		x.writer.Header().Set("WWW-Authenticate", fmt.Sprintf("Bearer scope=%q error=%q error_description=%q", strings.Join(a.scopes, " "), kind, description))
	}
	sent, _ := a.jwt.source.evaluate(x, nil, false)
	if sent == "" {
		x.writer.Header().Set("WWW-Authenticate", "Bearer")
		x.fail(unauthorized, "the request has no token where the authorizer looks for one")
		return false
	}
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html: the token alone, or
	// after "Bearer ".
	if scheme, token, ok := strings.Cut(sent, " "); ok && strings.EqualFold(scheme, "Bearer") {
		sent = strings.TrimSpace(token)
	}
	key := func(kid string) (any, error) { return x.gateway.issuers.key(x.request.Context(), a.jwt.issuer, kid) }
	claims, err := parseToken(sent, key)
	if err == nil {
		err = claims.check(a.jwt.issuer, a.jwt.audience, time.Now())
	}
	if err != nil {
		challenge("invalid_token", err.Error())
		x.fail(unauthorized, err.Error())
		return false
	}
	if !claims.inScope(a.scopes) {
		challenge("insufficient_scope", "the token does not have a valid scope")
		x.fail(forbidden, fmt.Sprintf("the token has the scopes %q, and the route asks for one of %q", claims.scopes(), a.scopes))
		return false
	}
	x.claims = claims
	return true
}

// signature is the form of a signature of version 4.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
var signature = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=[A-Za-z0-9]+/\d{8}/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request, ?SignedHeaders=[a-z0-9;-]+, ?Signature=[0-9a-f]{64}$`)

// iamForm says why a request can't be one that an identity of AWS has signed for this API. The local cloud has no secret
// keys to check a signature with and no permissions, so it lets in everything that has the form.
func iamForm(r *http.Request, region string) string {
	query := r.URL.Query()
	credential := query.Get("X-Amz-Credential")
	sent := r.Header.Get("Authorization")
	if sent == "" && credential != "" {
		sent = fmt.Sprintf("%s Credential=%s, SignedHeaders=%s, Signature=%s",
			query.Get("X-Amz-Algorithm"), credential, query.Get("X-Amz-SignedHeaders"), query.Get("X-Amz-Signature"))
	}
	part := signature.FindStringSubmatch(sent)
	switch {
	case sent == "":
		return "the route asks for IAM authorization, and the request is not signed"
	case part == nil:
		return "the route asks for IAM authorization, and the Authorization header is no signature of version 4"
	case part[1] != region || part[2] != "execute-api":
		return fmt.Sprintf("the request is signed for %s in %s, not for execute-api in %s", part[2], part[1], region)
	}
	return ""
}

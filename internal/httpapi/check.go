package httpapi

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Problems says what AWS would refuse of a table of routes of an API of this kind, which of them no request would ever
// reach, and what another kind of API can do and this one can't, each in a sentence that names its routes. The fallback is
// where requests go that no route takes.
func Problems(kind string, routes []Route, fallback string) []string {
	var found []string
	for i, r := range routes {
		for _, wrong := range slices.Concat(r.pathProblems(kind), r.methodProblems(), r.targetProblems(), r.authProblems(kind), r.throttleProblems()) {
			found = append(found, Label(routes, i)+": "+wrong)
		}
	}
	found = append(found, conflicts(routes)...)
	if kind == REST {
		found = append(found, siblings(routes, fallback)...)
		if n := len(Resources(routes, fallback)) + 1; n > maxResources {
			found = append(found, fmt.Sprintf("the table makes %d resources, one for each level of each path, and a REST API has room for %d", n, maxResources))
		}
	} else if n := count(routes); n > maxRoutes {
		found = append(found, fmt.Sprintf("the table makes %d routes, one for each method, and an API has room for %d", n, maxRoutes))
	}
	authorizers := map[string]bool{}
	for _, r := range routes {
		if of := r.Authorizer(); of != "" {
			authorizers[r.Auth+" "+of] = true
		}
	}
	if n := len(authorizers); n > maxAuthorizers {
		of := "pairs of issuer and audience"
		if kind == REST {
			of = "sets of user pools and authorizer functions"
		}
		found = append(found, fmt.Sprintf("there are %d different %s, and an API has room for %d authorizers", n, of, maxAuthorizers))
	}
	return found
}

func count(routes []Route) (n int) {
	for _, r := range routes {
		n += len(r.methods())
	}
	return n
}

var (
	// literal is a part of a path: what RFC 3986 lets stand there unencoded.
	literal  = regexp.MustCompile(`^[A-Za-z0-9._~!$&'()*+,;=:@-]+$`)
	variable = regexp.MustCompile(`^\{([A-Za-z0-9._-]+)(\+)?\}$`)
	// restLiteral is what CreateResource takes: https://github.com/aws/aws-cdk/issues/22477 has its message.
	restLiteral = regexp.MustCompile(`^[A-Za-z0-9._:-]+$`)
)

func (r Route) pathProblems(kind string) (wrong []string) {
	if !strings.HasPrefix(r.Path, "/") {
		return []string{fmt.Sprintf("the path %q doesn't start with /", r.Path)}
	}
	parts := strings.Split(r.Path[1:], "/")
	seen := map[string]bool{}
	for i, part := range parts {
		v := variable.FindStringSubmatch(part)
		switch {
		case v == nil && part == "":
			if i < len(parts)-1 {
				wrong = append(wrong, "the path has an empty part (//)")
			} else if i > 0 && kind == REST {
				wrong = append(wrong, "a REST API has no path that ends in /, an HTTP API has (gateway.kind http)")
			}
		case v == nil && !literal.MatchString(part):
			wrong = append(wrong, fmt.Sprintf("the part %q of the path is neither a literal nor one variable in braces, {name} or {name+}", part))
		case v == nil && kind == REST && !restLiteral.MatchString(part):
			wrong = append(wrong, fmt.Sprintf("the part %q of the path has characters that a REST API refuses, and an HTTP API takes (gateway.kind http): it takes letters, digits and . _ - :", part))
		case v != nil && seen[v[1]]:
			wrong = append(wrong, fmt.Sprintf("the path has the variable %s twice", v[1]))
		case v != nil && v[2] != "" && i < len(parts)-1:
			wrong = append(wrong, fmt.Sprintf("%s must be the end of the path", part))
		}
		if v != nil {
			seen[v[1]] = true
		}
	}
	return wrong
}

func (r Route) methodProblems() (wrong []string) {
	for i, method := range r.Methods {
		switch {
		case method == anyMethod:
			wrong = append(wrong, "for all methods, leave methods out")
		case !slices.Contains(Methods, method):
			wrong = append(wrong, fmt.Sprintf("the method %q is none of %s", method, strings.Join(Methods, ", ")))
		case slices.Contains(r.Methods[:i], method):
			wrong = append(wrong, fmt.Sprintf("the method %s is there twice", method))
		}
	}
	return wrong
}

func (r Route) targetProblems() []string {
	if _, isFunction := r.Function(); r.ToContainer() || isFunction {
		return nil
	}
	if r.Target != Deny {
		return []string{fmt.Sprintf("the target %q is neither container nor deny nor the ARN of a Lambda function", r.Target)}
	}
	if r.Auth != "" && r.Auth != AuthNone || r.Throttled() {
		return []string{"it denies all requests, so auth and throttles have no use"}
	}
	return nil
}

// auths of each kind, and what goes with them.
var auths = map[string][]string{
	HTTP: {AuthNone, AuthIAM, AuthJWT},
	REST: {AuthNone, AuthIAM, AuthCognito, AuthLambda, AuthKey},
}

func (r Route) authProblems(kind string) (wrong []string) {
	auth := r.Auth
	if auth == "" {
		auth = AuthNone
	}
	if !slices.Contains(auths[kind], auth) {
		return []string{noSuchAuth(kind, auth)}
	}
	if auth != AuthJWT && (r.Issuer != "" || len(r.Audience) > 0) {
		wrong = append(wrong, "issuer and audience go with auth jwt alone")
	}
	if auth != AuthJWT && auth != AuthCognito && len(r.Scopes) > 0 {
		wrong = append(wrong, "scopes go with auth jwt or cognito alone")
	}
	if auth != AuthCognito && len(r.UserPools) > 0 {
		wrong = append(wrong, "userPools go with auth cognito alone")
	}
	if auth != AuthLambda && r.AuthorizerARN != "" {
		wrong = append(wrong, "authorizer goes with auth lambda alone")
	}
	switch auth {
	case AuthJWT:
		if !isIssuer(r.Issuer) {
			wrong = append(wrong, fmt.Sprintf("the issuer %q is no https:// address without query and fragment", r.Issuer))
		}
		if n := len(r.Audience); n < 1 || n > maxAudience {
			wrong = append(wrong, fmt.Sprintf("the audience has %d values, and must have 1 to %d", n, maxAudience))
		}
	case AuthCognito:
		if len(r.UserPools) == 0 {
			wrong = append(wrong, "userPools is missing: whose tokens are good?")
		}
		for _, pool := range r.UserPools {
			if !userPoolARN.MatchString(pool) {
				wrong = append(wrong, fmt.Sprintf("%q is not the ARN of a Cognito user pool", pool))
			}
		}
	case AuthLambda:
		if _, ok := r.AuthorizerFunction(); !ok {
			wrong = append(wrong, fmt.Sprintf("the authorizer %q is not the ARN of a Lambda function", r.AuthorizerARN))
		}
	}
	return append(wrong, r.tokenProblems()...)
}

// noSuchAuth tells an auth of the other kind from one that there is not.
func noSuchAuth(kind, auth string) string {
	none := fmt.Sprintf("the auth %q is none of %s", auth, strings.Join(auths[kind], ", "))
	switch {
	case auth == AuthJWT:
		return none + ": a REST API checks no tokens but those of Cognito (auth cognito), others are for a function (auth lambda); an HTTP API does (gateway.kind http)"
	case kind == HTTP && slices.Contains(auths[REST], auth):
		return none + ": a REST API has it (gateway.kind rest)"
	}
	return none
}

func (r Route) tokenProblems() (wrong []string) {
	if n := len(r.Scopes); n > maxScopes {
		wrong = append(wrong, fmt.Sprintf("there are %d scopes, and a route has room for %d", n, maxScopes))
	}
	for _, text := range slices.Concat(r.Audience, r.Scopes) {
		if text == "" || strings.ContainsAny(text, " \t\r\n") {
			wrong = append(wrong, fmt.Sprintf("%q can be no audience and no scope: it is empty or has spaces", text))
		}
	}
	return wrong
}

// userPoolARN of Cognito: its Region stands in it twice.
var userPoolARN = regexp.MustCompile(`^arn:aws[a-z-]*:cognito-idp:([a-z0-9-]+):\d{12}:userpool/[a-z0-9-]+_[A-Za-z0-9]+$`)

// isIssuer tells an address that API Gateway can discover keys at. Plain HTTP is for an issuer on this machine, which
// only a local stack reaches; AWS refuses it.
func isIssuer(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return false
	}
	address, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && err == nil && address.IsLoopback()
}

func (r Route) throttleProblems() (wrong []string) {
	if r.ThrottleBurst < 0 || r.ThrottleBurst > maxBurst {
		wrong = append(wrong, fmt.Sprintf("throttleBurst is %d, and must be 1 to %d requests", r.ThrottleBurst, maxBurst))
	}
	if r.ThrottleRate < 0 || r.ThrottleRate > maxRate {
		wrong = append(wrong, fmt.Sprintf("throttleRate is %d, and must be 1 to %d requests a second", r.ThrottleRate, maxRate))
	}
	return wrong
}

package httpapi

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Problems says what AWS would refuse of a table of routes, and which of them no request would ever reach, each in a
// sentence that names its routes.
func Problems(routes []Route) []string {
	var found []string
	for i, r := range routes {
		for _, wrong := range slices.Concat(r.pathProblems(), r.methodProblems(), r.targetProblems(), r.authProblems(), r.throttleProblems()) {
			found = append(found, Label(routes, i)+": "+wrong)
		}
	}
	found = append(found, conflicts(routes)...)
	if n := count(routes); n > maxRoutes {
		found = append(found, fmt.Sprintf("the table makes %d routes, one for each method, and an API has room for %d", n, maxRoutes))
	}
	authorizers := map[string]bool{}
	for _, r := range routes {
		if r.Auth == AuthJWT {
			authorizers[r.Authorizer()] = true
		}
	}
	if n := len(authorizers); n > maxAuthorizers {
		found = append(found, fmt.Sprintf("there are %d different pairs of issuer and audience, and an API has room for %d authorizers", n, maxAuthorizers))
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
)

func (r Route) pathProblems() (wrong []string) {
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
			}
		case v == nil && !literal.MatchString(part):
			wrong = append(wrong, fmt.Sprintf("the part %q of the path is neither a literal nor one variable in braces, {name} or {name+}", part))
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

func (r Route) authProblems() (wrong []string) {
	switch r.Auth {
	case "", AuthNone, AuthIAM:
		if r.Issuer != "" || len(r.Audience) > 0 || len(r.Scopes) > 0 {
			wrong = append(wrong, "issuer, audience and scopes go with auth jwt alone")
		}
		return wrong
	case AuthJWT:
	default:
		return []string{fmt.Sprintf("the auth %q is none of none, jwt and iam", r.Auth)}
	}
	if !isIssuer(r.Issuer) {
		wrong = append(wrong, fmt.Sprintf("the issuer %q is no https:// address without query and fragment", r.Issuer))
	}
	if n := len(r.Audience); n < 1 || n > maxAudience {
		wrong = append(wrong, fmt.Sprintf("the audience has %d values, and must have 1 to %d", n, maxAudience))
	}
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

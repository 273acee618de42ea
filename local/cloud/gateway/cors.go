package gateway

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
)

// cors is the CORS configuration of an API.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
type cors struct {
	origins                                         []string
	credentials                                     bool
	exposed, allowedMethods, allowedHeaders, maxAge string
}

// newCORS returns nil for an API without a configuration, whose backend does CORS itself.
func newCORS(c *apitypes.Cors) *cors {
	if c == nil || len(c.AllowOrigins)+len(c.AllowMethods)+len(c.AllowHeaders)+len(c.ExposeHeaders) == 0 && c.MaxAge == nil && c.AllowCredentials == nil {
		return nil
	}
	made := &cors{
		origins: c.AllowOrigins, credentials: aws.ToBool(c.AllowCredentials), exposed: strings.Join(c.ExposeHeaders, ","),
		allowedMethods: strings.Join(c.AllowMethods, ","), allowedHeaders: strings.Join(c.AllowHeaders, ","),
	}
	if c.MaxAge != nil {
		made.maxAge = strconv.Itoa(int(*c.MaxAge))
	}
	return made
}

// isPreflight reports whether a request asks beforehand what a page may do: it needs both headers.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Origin") != "" && r.Header.Get("Access-Control-Request-Method") != ""
}

// apply puts the configured headers in the place of the backend's, which are dropped even from an answer to a request
// that has no Origin. An origin that is not allowed gets none.
func (c *cors) apply(answer http.Header, r *http.Request, preflight bool) {
	if c == nil {
		return
	}
	for name := range answer {
		if strings.HasPrefix(name, "Access-Control-") {
			delete(answer, name)
		}
	}
	origin := r.Header.Get("Origin")
	allowed := c.allow(origin)
	if allowed == "" {
		return
	}
	set := func(name, value string) {
		if value != "" {
			answer.Set(name, value)
		}
	}
	set("Access-Control-Allow-Origin", allowed)
	if c.credentials {
		set("Access-Control-Allow-Credentials", "true")
	}
	set("Access-Control-Expose-Headers", c.exposed)
	if preflight {
		set("Access-Control-Allow-Methods", c.allowedMethods)
		set("Access-Control-Allow-Headers", c.allowedHeaders)
		set("Access-Control-Max-Age", c.maxAge)
	}
}

// allow returns the value of Access-Control-Allow-Origin, empty for an origin that is not allowed. A configuration may
// allow every origin ("*") or every one of a scheme ("https://*").
func (c *cors) allow(origin string) string {
	if origin == "" {
		return ""
	}
	if slices.Contains(c.origins, "*") {
		return "*"
	}
	for _, allowed := range c.origins {
		scheme, wildcard := strings.CutSuffix(allowed, "*")
		if strings.EqualFold(allowed, origin) || wildcard && strings.HasPrefix(origin, scheme) {
			return origin
		}
	}
	return ""
}

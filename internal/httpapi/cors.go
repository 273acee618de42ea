package httpapi

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// CORS is what pages of other origins may do with an API. The zero value leaves it to the backend.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
type CORS struct {
	// AllowOrigins such as https://www.example.com; * for all, https://* for all of a scheme.
	AllowOrigins  []string `json:"allowOrigins,omitempty"`
	AllowMethods  []string `json:"allowMethods,omitempty"`
	AllowHeaders  []string `json:"allowHeaders,omitempty"`
	ExposeHeaders []string `json:"exposeHeaders,omitempty"`
	// MaxAge is how many seconds a browser keeps the answer to a preflight: -1 for not at all, 0 for what it likes.
	MaxAge int `json:"maxAge,omitempty"`
	// AllowCredentials lets pages send cookies.
	AllowCredentials bool `json:"allowCredentials,omitempty"`
}

// IsZero tells whether nothing is set.
func (c CORS) IsZero() bool {
	return len(c.AllowOrigins)+len(c.AllowMethods)+len(c.AllowHeaders)+len(c.ExposeHeaders) == 0 && c.MaxAge == 0 && !c.AllowCredentials
}

// maxAgeLimit in seconds: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid.html
const maxAgeLimit = 86400

// Problems says what AWS or a browser would refuse.
func (c CORS) Problems() (wrong []string) {
	if c.IsZero() {
		return nil
	}
	if len(c.AllowOrigins) == 0 {
		wrong = append(wrong, "allowOrigins is missing, without which no page may do anything")
	}
	for _, origin := range c.AllowOrigins {
		if !isOrigin(origin) {
			wrong = append(wrong, fmt.Sprintf("the origin %q is neither * nor http://* nor https://* nor SCHEME://HOST, with a port or without", origin))
		}
	}
	for _, method := range c.AllowMethods {
		if method != "*" && !slices.Contains(Methods, method) {
			wrong = append(wrong, fmt.Sprintf("the method %q is neither * nor one of %s", method, strings.Join(Methods, ", ")))
		}
	}
	for _, header := range slices.Concat(c.AllowHeaders, c.ExposeHeaders) {
		if header != "*" && !isToken(header) {
			wrong = append(wrong, fmt.Sprintf("%q is no name of a header", header))
		}
	}
	if c.MaxAge < -1 || c.MaxAge > maxAgeLimit {
		wrong = append(wrong, fmt.Sprintf("maxAge is %d, and must be -1 to %d seconds", c.MaxAge, maxAgeLimit))
	}
	if c.AllowCredentials {
		for _, list := range []struct {
			name   string
			values []string
		}{{"allowOrigins", c.AllowOrigins}, {"allowMethods", c.AllowMethods}, {"allowHeaders", c.AllowHeaders}, {"exposeHeaders", c.ExposeHeaders}} {
			if slices.Contains(list.values, "*") {
				wrong = append(wrong, fmt.Sprintf("with allowCredentials, %s can't have *, which browsers then take for a name", list.name))
			}
		}
	}
	return wrong
}

func isOrigin(text string) bool {
	if slices.Contains([]string{"*", "http://*", "https://*"}, text) {
		return true
	}
	u, err := url.Parse(text)
	return err == nil && u.Scheme != "" && u.Host != "" && u.Scheme+"://"+u.Host == text && !strings.Contains(text, "*")
}

// restOrigin is an origin that can stand in a template as it is.
var restOrigin = regexp.MustCompile(`^(\*|[a-zA-Z][a-zA-Z0-9+.-]*://(\*|[a-zA-Z0-9.:\[\]_-]+))$`)

// RESTProblems says what a REST API can't do of CORS beside these routes. It answers preflights by templates and by
// text in quotes, at every path.
func (c CORS) RESTProblems(routes []Route) (wrong []string) {
	if c.IsZero() {
		return nil
	}
	for _, origin := range c.AllowOrigins {
		if !restOrigin.MatchString(origin) {
			wrong = append(wrong, fmt.Sprintf("the origin %q has characters that a REST API's template can't have; an HTTP API takes it (gateway.kind http)", origin))
		}
	}
	for _, text := range slices.Concat(c.AllowHeaders, c.ExposeHeaders) {
		if strings.Contains(text, "'") {
			wrong = append(wrong, fmt.Sprintf("the header %q has a quote, which a REST API can't answer with; an HTTP API can (gateway.kind http)", text))
		}
	}
	for i, r := range routes {
		if slices.Contains(r.Methods, "OPTIONS") {
			wrong = append(wrong, fmt.Sprintf("%s takes OPTIONS, which a REST API with CORS answers itself: take OPTIONS out of the route, or let the app do all of CORS", Label(routes, i)))
		}
	}
	return wrong
}

package httpapi

import (
	"fmt"
	"slices"
	"strings"
)

// The headers that no parameter mapping may touch; those that end in - stand for all that begin so.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html#http-api-mapping-reserved-headers
var reserved = []string{
	"access-control-", "apigw-", "authorization", "connection", "content-encoding", "content-length", "content-location",
	"forwarded", "keep-alive", "origin", "proxy-authenticate", "proxy-authorization", "te", "trailers", "transfer-encoding",
	"upgrade", "x-amz-", "x-amzn-", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "via",
}

// HeaderProblem says why API Gateway can't write a request header of its own under this name; empty where it can.
func HeaderProblem(name string) string {
	lower := strings.ToLower(name)
	switch {
	case !isToken(name):
		return fmt.Sprintf("%q is no name of a header", name)
	case lower == "host":
		return "it is what the load balancer and the app find the site by"
	case slices.ContainsFunc(reserved, func(r string) bool { return lower == r || strings.HasSuffix(r, "-") && strings.HasPrefix(lower, r) }):
		return "API Gateway keeps the header for itself"
	}
	return ""
}

func isToken(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, c)
	})
}

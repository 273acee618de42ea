package gateway

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"sallyport/local/cloud/declared"
)

// The answers of a REST API's own, with the types and statuses of
// https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html. Their messages are
// those that users report; the page has none. An unknown stage and a head that is too large have no type there.
var (
	restForbidden      = failure{http.StatusForbidden, "Forbidden", "ACCESS_DENIED"}
	restBadRequest     = failure{http.StatusBadRequest, "Bad Request", "DEFAULT_4XX"}
	restHeadTooLarge   = failure{http.StatusRequestHeaderFieldsTooLarge, "Request Header Fields Too Large", "DEFAULT_4XX"}
	missingToken       = failure{http.StatusForbidden, "Missing Authentication Token", "MISSING_AUTHENTICATION_TOKEN"}
	invalidSignature   = failure{http.StatusForbidden, "The request signature we calculated does not match the signature you provided.", "INVALID_SIGNATURE"}
	restUnauthorized   = failure{http.StatusUnauthorized, "Unauthorized", "UNAUTHORIZED"}
	expiredToken       = failure{http.StatusUnauthorized, "The incoming token has expired", "UNAUTHORIZED"}
	brokenAuthorizer   = failure{http.StatusInternalServerError, "Internal server error", "AUTHORIZER_CONFIGURATION_ERROR"}
	invalidKey         = failure{http.StatusForbidden, "Forbidden", "INVALID_API_KEY"}
	restThrottled      = failure{http.StatusTooManyRequests, "Too Many Requests", "THROTTLED"}
	quotaExceeded      = failure{http.StatusTooManyRequests, "Limit Exceeded", "QUOTA_EXCEEDED"}
	restTooLarge       = failure{http.StatusRequestEntityTooLarge, "Request Too Long", "REQUEST_TOO_LARGE"}
	unsupportedMedia   = failure{http.StatusUnsupportedMediaType, "Unsupported Media Type", "UNSUPPORTED_MEDIA_TYPE"}
	restConfiguration  = failure{http.StatusInternalServerError, "Internal server error", "API_CONFIGURATION_ERROR"}
	integrationFailure = failure{http.StatusGatewayTimeout, "Network error communicating with endpoint", "INTEGRATION_FAILURE"}
	integrationTimeout = failure{http.StatusGatewayTimeout, "Endpoint request timed out", "INTEGRATION_TIMEOUT"}
)

// exceptions are what X-Amzn-Errortype has for a type, as far as it is known.
var exceptions = map[string]string{
	"ACCESS_DENIED": "ForbiddenException", "INVALID_API_KEY": "ForbiddenException", "MISSING_AUTHENTICATION_TOKEN": "MissingAuthenticationTokenException",
	"INVALID_SIGNATURE": "InvalidSignatureException", "UNAUTHORIZED": "UnauthorizedException", "THROTTLED": "TooManyRequestsException",
	"QUOTA_EXCEEDED": "LimitExceededException", "REQUEST_TOO_LARGE": "RequestTooLargeException", "UNSUPPORTED_MEDIA_TYPE": "BadRequestException",
	"DEFAULT_4XX": "BadRequestException", "AUTHORIZER_CONFIGURATION_ERROR": "AuthorizerConfigurationException",
	"API_CONFIGURATION_ERROR": "InternalServerErrorException", "INTEGRATION_FAILURE": "InternalServerErrorException",
	"INTEGRATION_TIMEOUT": "InternalServerErrorException",
}

// fail answers with an error, as the deployment has it changed. explanation is for who runs the local cloud; AWS sends
// none.
func (x *restExchange) fail(f failure, explanation string) {
	x.status, x.errorMessage, x.errorType = f.status, f.message, f.kind
	header := x.writer.Header()
	header.Set("X-Amzn-Errortype", exceptions[f.kind])
	header.Set("Content-Type", "application/json")
	body := `{"message":` + strconv.Quote(f.message) + `}`
	if changed, ok := x.gatewayResponse(f); ok {
		if status, err := strconv.Atoi(changed.StatusCode); err == nil && status >= 200 && status <= 599 {
			x.status = status
		}
		for name, value := range changed.ResponseParameters {
			x.setParameter(header, strings.TrimPrefix(name, "gatewayresponse.header."), value)
		}
		if template, ok := changed.ResponseTemplates["application/json"]; ok {
			body = parseLogFormat(template, restVariable).line(x.exchange)
		}
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Sallyport-Explanation", oneLine(explanation))
	x.writer.WriteHeader(x.status)
	if x.request.Method != http.MethodHead {
		n, _ := io.WriteString(x.writer, body)
		x.responseLength = int64(n)
	}
}

// gatewayResponse returns how the deployment changes an answer: by its type, or else by the default of its kind.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
func (x *restExchange) gatewayResponse(f failure) (declared.GatewayResponse, bool) {
	if x.stage == nil {
		return declared.GatewayResponse{}, false
	}
	kind := "DEFAULT_4XX"
	if f.status >= 500 {
		kind = "DEFAULT_5XX"
	}
	own, ok := x.stage.responses[f.kind]
	common, hasCommon := x.stage.responses[kind]
	if !ok {
		return common, hasCommon
	}
	own.StatusCode = cmp.Or(own.StatusCode, common.StatusCode)
	return own, true
}

// setParameter sets a header of an answer to a mapped value.
func (x *restExchange) setParameter(header http.Header, name, value string) {
	e, err := parseRestExpression(value)
	if err != nil {
		return // it was refused when it was declared
	}
	if mapped, ok := x.evaluate(e, nil); ok {
		header.Set(name, oneLine(mapped))
	}
}

// newUUID makes an id of the form that requests of REST APIs have.
func newUUID() string {
	var random [16]byte
	_, _ = rand.Read(random[:])
	random[6], random[8] = random[6]&0x0f|0x40, random[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", random[:4], random[4:6], random[6:8], random[8:10], random[10:])
}

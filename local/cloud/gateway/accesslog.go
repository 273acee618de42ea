package gateway

import (
	"cmp"
	"net"
	"strconv"
	"strings"
	"time"
)

// accountID is the account of everything in the local cloud.
const accountID = "123456789012"

// logFormat is the format of a stage's access log: literals and context variables in turn.
type logFormat []logPart

type logPart struct {
	literal string
	value   func(*exchange) string
	quoted  bool
}

// parseLogFormat reads the format of an access log, such as {"id":"$context.requestId"}. Any text is a format. variable
// returns how to find a context variable.
func parseLogFormat(format string, variable func(name string) func(*exchange) string) logFormat {
	const prefix = "$context."
	var parsed logFormat
	for format != "" {
		before, after, found := strings.Cut(format, prefix)
		if before != "" {
			parsed = append(parsed, logPart{literal: before})
		}
		if !found {
			break
		}
		name, rest := cutVariable(after)
		if name == "" {
			parsed = append(parsed, logPart{literal: prefix})
		} else {
			// The only variable that brings its own quotes.
			parsed = append(parsed, logPart{value: variable(name), quoted: name == "error.messageString"})
		}
		format = rest
	}
	return parsed
}

// line writes the log line of an exchange. A variable without a value is "-". What comes from a client can't end a
// JSON string or a line: quotes, backslashes and control characters are escaped as in JSON.
func (f logFormat) line(x *exchange) string {
	var line strings.Builder
	for _, part := range f {
		if part.value == nil {
			line.WriteString(part.literal)
			continue
		}
		value := part.value(x)
		quote := ""
		if part.quoted && value != "" {
			quote = `"`
		}
		line.WriteString(quote)
		escape(&line, cmp.Or(value, "-"))
		line.WriteString(quote)
	}
	return line.String()
}

func escape(line *strings.Builder, value string) {
	const hex = "0123456789abcdef"
	for _, r := range value {
		switch {
		case r == '"' || r == '\\':
			line.WriteByte('\\')
			line.WriteRune(r)
		case r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029':
			line.WriteString(`\u`)
			for shift := 12; shift >= 0; shift -= 4 {
				line.WriteByte(hex[r>>shift&0xf])
			}
		default:
			line.WriteRune(r) // a broken byte becomes U+FFFD, so that the line is text
		}
	}
}

// contextVariable returns how to find $context.NAME; for a name that there is not, or that needs a Lambda
// authorizer, a custom domain or a client certificate, that is nothing.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
func contextVariable(name string) func(*exchange) string {
	if found := contextVariables[name]; found != nil {
		return found
	}
	if claim, ok := strings.CutPrefix(name, "authorizer.claims."); ok {
		return func(x *exchange) string { return x.claims.text(claim) }
	}
	return func(*exchange) string { return "" }
}

var contextVariables = map[string]func(*exchange) string{
	"accountId":                     func(*exchange) string { return accountID },
	"apiId":                         func(x *exchange) string { return x.apiID },
	"awsEndpointRequestId":          func(x *exchange) string { return x.backendID },
	"awsEndpointRequestId2":         func(x *exchange) string { return x.backendID2 },
	"dataProcessed":                 func(x *exchange) string { return strconv.FormatInt(x.requestLength+x.responseLength, 10) },
	"domainName":                    domainName,
	"domainPrefix":                  func(x *exchange) string { prefix, _, _ := strings.Cut(domainName(x), "."); return prefix },
	"error.message":                 func(x *exchange) string { return x.errorMessage },
	"error.messageString":           func(x *exchange) string { return x.errorMessage },
	"error.responseType":            func(x *exchange) string { return x.errorType },
	"extendedRequestId":             func(x *exchange) string { return x.requestID },
	"httpMethod":                    func(x *exchange) string { return x.request.Method },
	"identity.sourceIp":             sourceIP,
	"identity.userAgent":            func(x *exchange) string { return x.request.UserAgent() },
	"integration.error":             func(x *exchange) string { return x.integrationError },
	"integration.integrationStatus": integrationStatus,
	"integration.latency":           integrationLatency,
	"integration.requestId":         func(x *exchange) string { return x.backendID },
	"integration.status":            integrationStatus,
	"integrationErrorMessage":       func(x *exchange) string { return x.integrationError },
	"integrationLatency":            integrationLatency,
	"integrationStatus":             integrationStatus,
	"path":                          func(x *exchange) string { return x.path },
	"protocol":                      func(x *exchange) string { return x.request.Proto },
	"requestId":                     func(x *exchange) string { return x.requestID },
	"requestTime":                   func(x *exchange) string { return x.start.UTC().Format("02/Jan/2006:15:04:05 -0700") },
	"requestTimeEpoch":              func(x *exchange) string { return strconv.FormatInt(x.start.Unix(), 10) },
	"responseLatency":               func(x *exchange) string { return milliseconds(time.Since(x.start)) },
	"responseLength":                func(x *exchange) string { return strconv.FormatInt(x.responseLength, 10) },
	"routeKey":                      func(x *exchange) string { return x.routeKey },
	"stage":                         func(x *exchange) string { return x.stage.name },
	"status":                        func(x *exchange) string { return number(x.status) },
}

func domainName(x *exchange) string {
	if host, _, err := net.SplitHostPort(x.request.Host); err == nil {
		return host
	}
	return x.request.Host
}

func sourceIP(x *exchange) string {
	host, _, _ := net.SplitHostPort(x.request.RemoteAddr)
	return host
}

func integrationStatus(x *exchange) string { return number(x.integrationStatus) }

func integrationLatency(x *exchange) string {
	if x.integrationStart.IsZero() {
		return ""
	}
	return milliseconds(x.integrationLatency)
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// number is empty for a status that never came.
func number(status int) string {
	if status == 0 {
		return ""
	}
	return strconv.Itoa(status)
}

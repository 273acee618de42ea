package gateway

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// mapping is one parameter mapping: what it does to which part of a request or of a response.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
type mapping struct {
	action string // append, overwrite or remove
	place  string // header, querystring, path or statuscode
	name   string
	value  expression
}

// newMappings reads declared mappings; those that are not valid were refused when they were declared. An empty value
// is how a mapping is removed. Their order is that of their keys: append, overwrite, remove.
func newMappings(parameters map[string]string, response bool) []mapping {
	var made []mapping
	for _, key := range slices.Sorted(maps.Keys(parameters)) {
		m, err := parseMapping(key, parameters[key], response)
		if err == nil && (m.action == "remove" || parameters[key] != "") {
			made = append(made, m)
		}
	}
	return made
}

func parseMapping(key, value string, response bool) (mapping, error) {
	var m mapping
	action, target, ok := strings.Cut(key, ":")
	if !ok || action != "append" && action != "overwrite" && action != "remove" {
		return m, fmt.Errorf("parameter mapping %q: must begin with append, overwrite or remove and a colon", key)
	}
	m.action = action
	m.place, m.name, _ = strings.Cut(target, ".")
	switch {
	case m.place == "header" && !isToken(m.name):
		return m, fmt.Errorf("parameter mapping %q: %q is no name of a header", key, m.name)
	case m.place == "header" && isReserved(m.name):
		return m, fmt.Errorf("parameter mapping %q: the header %s is reserved", key, m.name)
	case m.place == "header":
	case m.place == "querystring" && !response && m.name != "":
	case m.place == "path" && !response && target == "path" && action == "overwrite":
	case m.place == "statuscode" && response && target == "statuscode" && action == "overwrite":
	default:
		return m, fmt.Errorf("parameter mapping %q: there is no such target", key)
	}
	if action == "remove" {
		return m, nil
	}
	var err error
	if m.value, err = parseExpression(value, response); err != nil {
		return m, fmt.Errorf("parameter mapping %q: %w", key, err)
	}
	return m, nil
}

// isReserved tells the headers that no mapping may touch.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html#http-api-mapping-reserved-headers
func isReserved(header string) bool {
	switch header = strings.ToLower(header); header {
	case "authorization", "connection", "content-encoding", "content-length", "content-location", "forwarded", "keep-alive",
		"origin", "proxy-authenticate", "proxy-authorization", "te", "trailers", "transfer-encoding", "upgrade",
		"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "via":
		return true
	}
	for _, prefix := range []string{"access-control-", "apigw-", "x-amz-", "x-amzn-"} {
		if strings.HasPrefix(header, prefix) {
			return true
		}
	}
	return false
}

func isToken(name string) bool {
	for _, c := range []byte(name) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return name != ""
}

var errPath = errors.New("the mapped path is no path: it must begin with a slash and be encoded")

// mapRequest applies the mappings of a request. All of them see the request as the client sent it.
func (x *exchange) mapRequest(mappings []mapping, out *http.Request) error {
	for _, m := range mappings {
		value, ok := m.value.evaluate(x, nil, m.place == "path")
		switch {
		case m.place == "path":
			path, err := url.PathUnescape(value)
			if err != nil || !strings.HasPrefix(value, "/") {
				return errPath
			}
			out.URL.Path, out.URL.RawPath = path, value
		case m.place == "querystring":
			out.URL.RawQuery = mapQuery(out.URL.RawQuery, m, value, ok)
		case strings.EqualFold(m.name, "host"):
			if ok && m.action != "remove" {
				out.Host = oneLine(value)
			}
		default:
			mapHeader(out.Header, m, value, ok)
		}
	}
	return nil
}

// mapResponse applies the mappings of a response and returns its status.
func (x *exchange) mapResponse(mappings []mapping, answer *http.Response) (status int, err error) {
	status = answer.StatusCode
	for _, m := range mappings {
		value, ok := m.value.evaluate(x, answer, false)
		if m.place != "statuscode" {
			mapHeader(answer.Header, m, value, ok)
		} else if status, err = strconv.Atoi(value); err != nil || status < 200 || status > 599 {
			return 0, fmt.Errorf("the mapped status %q is none from 200 to 599", value)
		}
	}
	return status, nil
}

// mapHeader sets no header from a variable without a value, yet removes what the client has sent under the name that
// was to be overwritten: it would pass for the gateway's. What AWS does there is not documented.
func mapHeader(header http.Header, m mapping, value string, ok bool) {
	if m.action != "append" {
		header.Del(m.name)
	}
	if ok && m.action != "remove" {
		header.Add(m.name, oneLine(value))
	}
}

// oneLine keeps a value from ending its header.
func oneLine(value string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return ' '
		}
		return r
	}, value)
}

// mapQuery leaves all other parameters as they are: their order, and how they are encoded.
func mapQuery(query string, m mapping, value string, ok bool) string {
	var kept []string
	for part := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(part, "=")
		decoded, err := url.QueryUnescape(name)
		if part != "" && (m.action == "append" || err != nil || decoded != m.name) {
			kept = append(kept, part)
		}
	}
	if ok && m.action != "remove" {
		kept = append(kept, url.QueryEscape(m.name)+"="+url.QueryEscape(value))
	}
	return strings.Join(kept, "&")
}

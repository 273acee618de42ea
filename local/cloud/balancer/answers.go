package balancer

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// titles are the reason phrases of the pages that a load balancer answers by itself. When it does is told by
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
var titles = map[int]string{
	301: "Moved Permanently",
	302: "Found",
	400: "Bad Request",
	405: "Not Allowed",
	408: "Request Time-out",
	414: "Request-URI Too Large",
	463: "",
	500: "Internal Server Error",
	502: "Bad Gateway",
	503: "Service Temporarily Unavailable",
	504: "Gateway Time-out",
}

// own answers a request in the load balancer's own name.
func own(r *http.Request, status int, contentType, body string) *http.Response {
	phrase, known := titles[status]
	if !known {
		phrase = http.StatusText(status)
	}
	answer := &http.Response{
		Status:        strings.TrimSpace(fmt.Sprintf("%d %s", status, phrase)),
		StatusCode:    status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        http.Header{"Server": {"awselb/2.0"}},
		Body:          http.NoBody,
		ContentLength: int64(len(body)),
		Request:       r,
	}
	if body != "" {
		answer.Header.Set("Content-Type", contentType)
	}
	answer.Header.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead && body != "" {
		answer.Body = io.NopCloser(strings.NewReader(body))
	}
	return answer
}

// page answers with the small page that a load balancer has for a status. An explanation, when there is one, is for
// the developer at this machine: it is no part of what AWS sends.
func page(r *http.Request, status int, explanation string) *http.Response {
	title := strings.TrimSpace(strconv.Itoa(status) + " " + titles[status])
	answer := own(r, status, "text/html", "<html>\r\n<head><title>"+title+"</title></head>\r\n<body>\r\n"+
		"<center><h1>"+title+"</h1></center>\r\n</body>\r\n</html>\r\n")
	if explanation != "" {
		answer.Header.Set("Sallyport-Explanation", oneLine(explanation))
	}
	return answer
}

// oneLine makes a text fit for a header.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return ' '
		}
		return r
	}, s)
}

// fixedResponse follows
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_FixedResponseActionConfig.html
func fixedResponse(r *http.Request, c *elbtypes.FixedResponseActionConfig) *http.Response {
	status, err := strconv.Atoi(aws.ToString(c.StatusCode))
	if err != nil || status < 200 || status > 599 {
		return page(r, http.StatusInternalServerError, "the fixed-response action has the status "+strconv.Quote(aws.ToString(c.StatusCode)))
	}
	contentType := aws.ToString(c.ContentType)
	if contentType == "" {
		contentType = "text/plain"
	}
	return own(r, status, contentType+"; charset=utf-8", aws.ToString(c.MessageBody))
}

// redirect follows https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RedirectActionConfig.html:
// what is not declared keeps its value; #{path} is the path without its leading slash.
func redirect(r *http.Request, c *elbtypes.RedirectActionConfig, protocol string, port int) *http.Response {
	host := hostname(r.Host)
	if strings.Contains(host, ":") {
		host = "[" + strings.Trim(host, "[]") + "]"
	}
	keep := strings.NewReplacer("#{protocol}", protocol, "#{host}", host, "#{port}", strconv.Itoa(port),
		"#{path}", strings.TrimPrefix(r.URL.EscapedPath(), "/"), "#{query}", r.URL.RawQuery)
	part := func(declared *string, otherwise string) string {
		if declared == nil || *declared == "" {
			return keep.Replace(otherwise)
		}
		return keep.Replace(*declared)
	}
	location := strings.ToLower(part(c.Protocol, "#{protocol}")) + "://" + part(c.Host, "#{host}") + ":" + part(c.Port, "#{port}") + part(c.Path, "/#{path}")
	query := r.URL.RawQuery
	if c.Query != nil {
		query = keep.Replace(*c.Query)
	}
	if query != "" {
		location += "?" + query
	}
	status := http.StatusFound
	if c.StatusCode == elbtypes.RedirectActionStatusCodeEnumHttp301 {
		status = http.StatusMovedPermanently
	}
	answer := page(r, status, "")
	answer.Header.Set("Location", oneLine(location))
	return answer
}

// refused returns the status for a request that a load balancer turns away, and 0 for one that does not. The limits are 16K for
// the request line, 16K for one header and 64K for the whole header:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
// A URL that is too large is 414, a header 400; more than 30 addresses in X-Forwarded-For are 463; TRACE is 405:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
func refused(r *http.Request) int {
	const line, header, whole, addresses = 16 << 10, 16 << 10, 64 << 10, 30
	requestLine := len(r.Method) + len(r.URL.RequestURI()) + len("  HTTP/1.1\r\n")
	if requestLine > line {
		return http.StatusRequestURITooLong
	}
	switch r.Method {
	case http.MethodTrace:
		return http.StatusMethodNotAllowed
	case http.MethodConnect:
		return http.StatusBadRequest
	}
	total := requestLine + len("Host: \r\n") + len(r.Host)
	for name, values := range r.Header {
		for _, v := range values {
			size := len(name) + len(v) + len(": \r\n")
			if size > header {
				return http.StatusBadRequest
			}
			total += size
		}
	}
	if total > whole {
		return http.StatusBadRequest
	}
	forwarded := 0
	for _, v := range r.Header["X-Forwarded-For"] {
		forwarded += 1 + strings.Count(v, ",")
	}
	if forwarded > addresses {
		return 463
	}
	return 0
}

// withPort is a Host header as a listener on a port other than 80 sends it on:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
func withPort(host string, port int) string {
	if port == 80 || port == 443 || host == "" {
		return host
	}
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil && a.Is6() {
		host = a.String()
	}
	return net.JoinHostPort(host, strconv.Itoa(port))
}

package gateway

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// hopByHop are the headers that concern one connection (RFC 9110, section 7.6.1), those that were once in use too.
// Upgrade is among them, so a WebSocket can't be opened through an HTTP API: the backend sees a plain GET. How AWS
// refuses it is unverified. Expect was dealt with when the payload was read.
var hopByHop = []string{
	"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer",
	"Transfer-Encoding", "Upgrade", "Expect",
}

// outgoing makes the request for the backend: path and query as the client sent them, and the client's Host, because
// a listener's ARN has no name of its own (what AWS sends there is unverified).
func (x *exchange) outgoing(ctx context.Context, i *integration, payload []byte) (*http.Request, error) {
	in := x.request
	host := in.Host
	if host == "" {
		host = x.address.String() // HTTP/1.0 has requests without a Host
	}
	method := in.Method
	if i.method != "" {
		method = i.method
	}
	out := (&http.Request{
		Method: method, Host: host, Header: in.Header.Clone(), ContentLength: int64(len(payload)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, RemoteAddr: in.RemoteAddr, Body: http.NoBody,
		URL: &url.URL{Scheme: "http", Host: host, Path: in.URL.Path, RawPath: x.path, RawQuery: in.URL.RawQuery, ForceQuery: in.URL.ForceQuery},
	}).WithContext(ctx)
	if i.serverName != "" {
		out.TLS = &tls.ConnectionState{ServerName: i.serverName} // what the listener is to be verified by
	}
	if len(payload) > 0 {
		out.Body = io.NopCloser(bytes.NewReader(payload))
	}
	dropHopByHop(out.Header)
	if err := x.mapRequest(i.request, out); err != nil {
		return nil, err
	}
	if _, ok := out.Header["User-Agent"]; !ok {
		out.Header["User-Agent"] = []string{""} // none, rather than Go's
	}
	x.addForwarding(out.Header, host)
	return out, nil
}

// addForwarding adds what API Gateway adds for an HTTP integration, as recorded by others:
//
//	Forwarded: for=203.0.113.5;host=ID.execute-api.us-east-1.amazonaws.com;proto=https
//	Via: HTTP/1.1 AmazonAPIGateway
//	X-Amzn-Trace-Id: Root=1-660a3384-698c896d0b97194374d1f362
//
// Until about 2021 the first had by=… as well. It adds no X-Forwarded-For, -Proto or -Port: those are the load
// balancer's. proto is http here because that is what the client used; an application that makes its links from it
// would send the browser to an address where nobody listens.
//
// A client's own X-Forwarded-* become entries of Forwarded
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html), so the backend sees none
// but the load balancer's. The page does not show how: here it is as RFC 7239, section 7.4 has it. The gateway's own
// entry comes last and is the only one that can be trusted. Whether a client's Forwarded and Via pass is unverified.
func (x *exchange) addForwarding(header http.Header, host string) {
	add := func(name, value string) {
		header.Set(name, strings.Join(append(header.Values(name), value), ", "))
	}
	if sent := translated(header); sent != "" {
		add("Forwarded", sent)
	}
	add("Forwarded", "for="+node(sourceIP(x))+";host="+quoted(host)+";proto=http")
	add("Via", "HTTP/1.1 AmazonAPIGateway")
	if !strings.Contains(header.Get("X-Amzn-Trace-Id"), "Root=") {
		var random [12]byte
		_, _ = rand.Read(random[:])
		header.Set("X-Amzn-Trace-Id", fmt.Sprintf("Root=1-%08x-%s", x.start.Unix(), hex.EncodeToString(random[:])))
	}
}

// translated takes X-Forwarded-* out of a header and returns what Forwarded has for them.
func translated(header http.Header) string {
	var entries []string
	for sent := range strings.SplitSeq(strings.Join(header["X-Forwarded-For"], ","), ",") {
		if sent = strings.TrimSpace(sent); sent != "" {
			entries = append(entries, "for="+node(sent))
		}
	}
	var last []string
	if len(entries) > 0 {
		last = append(last, entries[len(entries)-1])
		entries = entries[:len(entries)-1]
	}
	for _, name := range []string{"Host", "Proto"} {
		if sent := header.Get("X-Forwarded-" + name); sent != "" {
			last = append(last, strings.ToLower(name)+"="+quoted(sent))
		}
	}
	if last != nil {
		entries = append(entries, strings.Join(last, ";"))
	}
	for name := range header {
		if strings.HasPrefix(name, "X-Forwarded-") {
			delete(header, name)
		}
	}
	return strings.Join(entries, ", ")
}

// node writes an address as RFC 7239 has it: IPv6 in brackets and quotes.
func node(ip string) string {
	if address, err := netip.ParseAddr(ip); err == nil && address.Is6() {
		return `"[` + ip + `]"`
	}
	return quoted(ip)
}

// quoted quotes a value of Forwarded unless it is a token. A host with a port is none.
func quoted(value string) string {
	if isToken(value) {
		return value
	}
	return strconv.Quote(value)
}

func dropHopByHop(header http.Header) {
	for _, listed := range header.Values("Connection") {
		for name := range strings.SplitSeq(listed, ",") {
			header.Del(strings.TrimSpace(name))
		}
	}
	for _, name := range hopByHop {
		header.Del(name)
	}
}

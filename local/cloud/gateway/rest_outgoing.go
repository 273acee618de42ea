package gateway

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"strings"
)

// restOutgoing makes the request for the backend: the client's headers and query, the path and the host of the
// integration's URI. What comes from the client's path is decoded once, as AWS does, and encoded for the new one:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
// The page also lists the headers that are dropped or written anew.
func (x *restExchange) restOutgoing(ctx context.Context, i *restIntegration, payload []byte) *http.Request {
	in := x.request
	method := in.Method
	if i.method != "" {
		method = i.method
	}
	target := *i.uri
	target.RawQuery, target.ForceQuery = in.URL.RawQuery, in.URL.ForceQuery
	inPath := map[string]string{}
	out := (&http.Request{Method: method, Host: i.uri.Host, URL: &target, Header: in.Header.Clone(), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}).WithContext(ctx)
	setBody(out, payload)
	dropHopByHop(out.Header)
	for _, name := range []string{"Content-Md5", "Max-Forwards", "Server", "Via", "Www-Authenticate"} {
		out.Header.Del(name)
	}
	if signedByIAM(in) {
		out.Header.Del("Authorization")
	}
	for _, p := range i.parameters {
		value, ok := x.evaluate(p.value, nil)
		switch {
		case !ok:
		case p.place == "path":
			inPath[p.name] = value
		case p.place == "querystring":
			target.RawQuery = mapQuery(target.RawQuery, mapping{action: "overwrite", name: p.name}, value, true)
		case strings.EqualFold(p.name, "host"):
			out.Host = oneLine(value)
		default:
			out.Header.Set(p.name, oneLine(value))
		}
	}
	target.Path = uriVariable.ReplaceAllStringFunc(i.uri.Path, func(variable string) string {
		return inPath[uriVariable.FindStringSubmatch(variable)[1]]
	})
	target.RawPath = ""
	if _, ok := out.Header["User-Agent"]; !ok {
		out.Header["User-Agent"] = []string{"AmazonAPIGateway_" + x.apiID}
	}
	x.addRestForwarding(out.Header)
	return out
}

// addRestForwarding adds what a REST API adds, as recorded by others:
//
//	X-Forwarded-For: 203.0.113.5
//	X-Forwarded-Port: 443
//	X-Forwarded-Proto: https
//	X-Amzn-Trace-Id: Root=1-660a3384-698c896d0b97194374d1f362
//	X-Amzn-Apigateway-Api-Id: a1b2c3d4e5
//
// Proto and port are those that the client used, which here is plain HTTP: an application that makes its links from them
// would send the browser to an address where nobody listens. A client's own X-Forwarded-For stays before the address that
// the gateway saw; whether AWS keeps it is unverified.
// With tracing, the header has the gateway's segment as well:
// https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
func (x *restExchange) addRestForwarding(header http.Header) {
	forwarded := append(header.Values("X-Forwarded-For"), sourceIP(x.exchange))
	header.Set("X-Forwarded-For", strings.Join(forwarded, ", "))
	header.Set("X-Forwarded-Proto", "http")
	port := "80"
	if _, given, err := net.SplitHostPort(x.request.Host); err == nil {
		port = given
	}
	header.Set("X-Forwarded-Port", port)
	header.Set("X-Amzn-Apigateway-Api-Id", x.apiID)
	x.trace = header.Get("X-Amzn-Trace-Id")
	if !strings.Contains(x.trace, "Root=") {
		x.trace = fmt.Sprintf("Root=1-%08x-%s", x.start.Unix(), randomHex(12))
	}
	if x.stage.tracing {
		root := x.trace[strings.Index(x.trace, "Root="):]
		root, _, _ = strings.Cut(root, ";")
		x.trace = root + ";Parent=" + randomHex(8) + ";Sampled=1"
		x.writer.Header().Set("X-Amzn-Trace-Id", root)
	}
	header.Set("X-Amzn-Trace-Id", x.trace)
}

func randomHex(bytes int) string {
	random := make([]byte, bytes)
	_, _ = rand.Read(random)
	return hex.EncodeToString(random)
}

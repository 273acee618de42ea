package balancer

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// hopByHop are the headers that end at a proxy (RFC 9110, 7.6.1), with the older Keep-Alive and Proxy-Connection.
var hopByHop = []string{"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

func dropHopByHop(h http.Header) {
	for _, list := range h["Connection"] {
		for name := range strings.SplitSeq(list, ",") {
			h.Del(strings.TrimSpace(name))
		}
	}
	for _, name := range hopByHop {
		delete(h, name)
	}
}

// targetHeader returns the header that a target gets for a request.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html
func targetHeader(r *http.Request, lb *loadBalancer, protocol string, port int, client netip.Addr) http.Header {
	h := r.Header.Clone()
	if h == nil {
		h = http.Header{}
	}
	dropHopByHop(h)
	// The gateway has answered it.
	delete(h, "Expect")
	if lb.dropInvalid {
		for name := range h {
			if !validName(name) {
				delete(h, name)
			}
		}
	}
	switch lb.xff {
	case "preserve":
	case "remove":
		delete(h, "X-Forwarded-For")
	default:
		h["X-Forwarded-For"] = []string{strings.Join(append(h["X-Forwarded-For"], client.String()), ", ")}
	}
	h["X-Forwarded-Proto"] = []string{protocol}
	h["X-Forwarded-Port"] = []string{strconv.Itoa(port)}
	h["X-Amzn-Trace-Id"] = []string{traceID(h)}
	if _, sent := h["User-Agent"]; !sent {
		// Nil keeps the transport from sending one of its own.
		h["User-Agent"] = nil
	}
	return h
}

// validName tells whether a header's name has only letters, digits and hyphens, which is what
// routing.http.drop_invalid_header_fields.enabled lets through:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
func validName(name string) bool {
	for i := range len(name) {
		c := name[i]
		if c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return name != ""
}

// traceID returns the X-Amzn-Trace-Id of a request: a new Root, or the Root that was sent with a Self for this load
// balancer. In a header of more than 7 KB it is rewritten with a Root.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html
func traceID(h http.Header) string {
	var id [12]byte
	_, _ = rand.Read(id[:])
	fresh := fmt.Sprintf("1-%08x-%s", time.Now().Unix(), hex.EncodeToString(id[:]))
	sent := strings.Join(h["X-Amzn-Trace-Id"], ";")
	if sent == "" || headerSize(h) > 7<<10 {
		return "Root=" + fresh
	}
	var fields []string
	hasRoot := false
	for field := range strings.SplitSeq(sent, ";") {
		field = strings.TrimSpace(field)
		switch {
		case field == "" || strings.HasPrefix(field, "Self="):
			continue
		case strings.HasPrefix(field, "Root="):
			hasRoot = true
		}
		fields = append(fields, field)
	}
	name := "Root="
	if hasRoot {
		name = "Self="
	}
	return strings.Join(append([]string{name + fresh}, fields...), ";")
}

func headerSize(h http.Header) int {
	size := 0
	for name, values := range h {
		for _, v := range values {
			size += len(name) + len(v) + len(": \r\n")
		}
	}
	return size
}

// validAnswer tells whether the header of a target's answer may be passed on: no control characters in a value, and no
// space in a name, which is all that the standard forbids and package net/http lets through.
func validAnswer(h http.Header) bool {
	for name, values := range h {
		if strings.Contains(name, " ") {
			return false
		}
		for _, v := range values {
			for i := range len(v) {
				if c := v[i]; c < ' ' && c != '\t' || c == 0x7f {
					return false
				}
			}
		}
	}
	return true
}

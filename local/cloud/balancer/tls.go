package balancer

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// errNoTLS is what a client is answered that speaks plain HTTP to an HTTPS listener: a page of status 400, whose text is
// not documented.
var errNoTLS = errors.New("the listener takes HTTPS: give the integration a tlsConfig")

// handshake tells what keeps a client and a listener from agreeing on TLS. Nothing is encrypted, since both are in one
// process: what can go wrong by what is declared goes wrong, and no more. r.TLS.ServerName is the name that the client
// verifies.
func (l *listener) handshake(r *http.Request) error {
	switch {
	case l.secure && r.TLS == nil:
		return errNoTLS
	case r.TLS == nil:
		return nil
	case !l.secure:
		return fmt.Errorf("TLS handshake: listener %s speaks plain HTTP, and the integration has a tlsConfig: give the listener the protocol HTTPS and a certificate", l.arn)
	case len(l.names) == 0:
		return fmt.Errorf("TLS handshake: listener %s has a certificate that AWS Certificate Manager does not know", l.arn)
	}
	if l.certified(r.TLS.ServerName) {
		return nil
	}
	return fmt.Errorf("TLS handshake: the certificate of listener %s is for %s, and the integration's serverNameToVerify is %s", l.arn, strings.Join(l.names, ", "), r.TLS.ServerName)
}

// agree tells what keeps a client and a Network Load Balancer's listener from agreeing on TLS, as handshake does. A TCP
// listener would pass TLS on to the target.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/create-tls-listener.html
func (l *listener) agree(client *tls.Config) error {
	switch {
	case l.secure && client == nil:
		return fmt.Errorf("TLS handshake: listener %s takes TLS, and the client speaks plain TCP: give the integration a URI with https", l.arn)
	case client == nil:
		return nil
	case !l.secure:
		return fmt.Errorf("TLS handshake: listener %s passes TCP on, and its targets speak no TLS: give the integration a URI with http, or the listener the protocol TLS and a certificate", l.arn)
	case client.InsecureSkipVerify || l.certified(client.ServerName):
		return nil
	case len(l.names) == 0:
		return fmt.Errorf("TLS handshake: listener %s has a certificate that AWS Certificate Manager does not know", l.arn)
	}
	return fmt.Errorf("TLS handshake: the certificate of listener %s is for %s, and the integration's URI names %s", l.arn, strings.Join(l.names, ", "), client.ServerName)
}

// certified tells whether the listener's certificate is for a name. A wildcard in it stands for one label:
// https://docs.aws.amazon.com/acm/latest/userguide/acm-certificate-characteristics.html
func (l *listener) certified(name string) bool {
	name = strings.ToLower(name)
	_, parent, _ := strings.Cut(name, ".")
	return slices.ContainsFunc(l.names, func(certified string) bool {
		certified = strings.ToLower(certified)
		suffix, wildcard := strings.CutPrefix(certified, "*.")
		return certified == name || wildcard && suffix == parent
	})
}

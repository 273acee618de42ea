package balancer

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// errNoTLS is what a client is answered that speaks plain HTTP to an HTTPS listener: a page of status 400, whose text is
// not documented.
var errNoTLS = errors.New("the listener takes HTTPS: give the integration a tlsConfig")

// handshake tells what keeps a client and a listener from agreeing on TLS. Nothing is encrypted, since both are in one
// process: what can go wrong by what is declared goes wrong, and no more. r.TLS.ServerName is the name that the client
// verifies. A wildcard in a certificate stands for one label:
// https://docs.aws.amazon.com/acm/latest/userguide/acm-certificate-characteristics.html
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
	name := strings.ToLower(r.TLS.ServerName)
	for _, certified := range l.names {
		if certified = strings.ToLower(certified); certified == name {
			return nil
		}
		_, parent, _ := strings.Cut(name, ".")
		if suffix, ok := strings.CutPrefix(certified, "*."); ok && suffix == parent {
			return nil
		}
	}
	return fmt.Errorf("TLS handshake: the certificate of listener %s is for %s, and the integration's serverNameToVerify is %s", l.arn, strings.Join(l.names, ", "), name)
}

package gateway

import (
	"fmt"
	"net"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
)

// domain is a custom domain name, as one request found it. The address of any API takes requests for it: on AWS its DNS
// records point at API Gateway, here they point at nothing on this machine.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-custom-domain-names.html
type domain struct {
	name    string
	mapping *apitypes.ApiMapping // nil where there is none
}

// domainOf returns the custom domain name that a request is for, by its Host; nil where that is none.
func (g *Gateway) domainOf(host string) *domain {
	if g.Domain == nil {
		return nil
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	snapshot, ok := g.Domain(name)
	if !ok {
		return nil
	}
	found := &domain{name: name}
	// One with a key is refused where it is declared.
	for _, mapping := range snapshot.Domains[name].Mappings {
		if aws.ToString(mapping.ApiMappingKey) == "" {
			found.mapping = &mapping
		}
	}
	return found
}

// mapped returns the API that a request for a domain goes to. Where there is none it answers, and returns nil; what AWS
// answers then is unverified.
func (a *api) mapped(x *exchange) *api {
	if x.domain.mapping == nil {
		x.fail(forbidden, fmt.Sprintf("the custom domain name %s has no API mapping", x.domain.name))
		return nil
	}
	id := aws.ToString(x.domain.mapping.ApiId)
	if id == a.id {
		return a
	}
	a.gateway.mu.Lock()
	defer a.gateway.mu.Unlock()
	if known := a.gateway.apis[id]; known != nil && known.server != nil {
		return known
	}
	x.fail(serviceUnavailable, fmt.Sprintf("the custom domain name %s is mapped to API %s, which has no address here: `make local-status` says why", x.domain.name, id))
	return nil
}

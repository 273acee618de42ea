package gateway

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	"github.com/go-jose/go-jose/v4"

	"sallyport/local/cloud/declared"
)

const balancerARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/net/door/1"

// restStand is a gateway with one REST API, whose link leads to a backend of the test.
type restStand struct {
	*stand
	rest declared.Rest
	// dialled is how the link was last used.
	dialled struct {
		balancer, name string
		port           int
	}
	dialError error
	backend   *httptest.Server
	handle    http.HandlerFunc
}

// newRestStand declares an API as this project's program does: stage live, all requests through one link.
func newRestStand(t testing.TB, change func(s *restStand, d *declared.RestDefinition, stage *declared.RestStage)) *restStand {
	s := &restStand{stand: newStand(t, nil)}
	s.backend = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.seen = r
		s.mu.Unlock()
		if s.handle != nil {
			s.handle(w, r)
			return
		}
		_, _ = w.Write([]byte("hello"))
	}))
	t.Cleanup(s.backend.Close)
	s.gateway.Links = func(region string) Links {
		if region != "eu-west-1" {
			return nil
		}
		return s
	}
	s.gateway.UserPool = func(context.Context, string, string) (jose.JSONWebKeySet, error) { return jose.JSONWebKeySet{}, nil }
	definition := declared.RestDefinition{
		BinaryMediaTypes: []string{"*/*"},
		Resources:        []declared.RestResource{proxyTo("r1", "/", "ANY"), proxyTo("r2", "/{proxy+}", "ANY")},
	}
	stage := declared.RestStage{StageName: "live", DeploymentID: "d1"}
	s.rest = declared.Rest{
		RestVpcLinks: map[string]declared.RestVpcLink{"l1": {ID: "l1", TargetARNs: []string{balancerARN}}},
		UsagePlans:   map[string]declared.UsagePlan{}, APIKeys: map[string]declared.APIKey{},
	}
	if change != nil {
		change(s, &definition, &stage)
	}
	s.rest.RestAPIs = map[string]declared.RestAPI{"abc": {
		ID: "abc", Stages: map[string]declared.RestStage{"live": stage}, Deployments: map[string]declared.RestDefinition{"d1": definition},
	}}
	s.redeclare()
	return s
}

// redeclare makes a new snapshot of what the stand has.
func (s *restStand) redeclare() {
	snapshot := *s.snapshot
	snapshot.APIs, snapshot.Rest = nil, s.rest
	s.snapshot = &snapshot
}

func (s *restStand) DialLink(ctx context.Context, balancer string, port int, client *tls.Config) (net.Conn, error) {
	s.mu.Lock()
	s.dialled.balancer, s.dialled.port, s.dialled.name = balancer, port, ""
	if client != nil {
		s.dialled.name = client.ServerName
	}
	s.mu.Unlock()
	if s.dialError != nil {
		return nil, s.dialError
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", s.backend.Listener.Addr().String())
}

// proxyTo is a resource whose methods go through the link, with the same path.
func proxyTo(id, path string, methods ...string) declared.RestResource {
	r := declared.RestResource{ID: id, Path: path, ResourceMethods: map[string]declared.RestMethod{}}
	for _, name := range methods {
		method := declared.RestMethod{HTTPMethod: name, AuthorizationType: "NONE", MethodIntegration: &declared.RestIntegration{
			Type: "HTTP_PROXY", HTTPMethod: name, URI: "http://nlb.example" + path, ConnectionType: "VPC_LINK", ConnectionID: "l1", TimeoutInMillis: 29000,
			RequestParameters: map[string]string{},
		}}
		for _, v := range uriVariable.FindAllStringSubmatch(path, -1) {
			method.MethodIntegration.RequestParameters["integration.request.path."+v[1]] = "method.request.path." + v[1]
		}
		r.ResourceMethods[name] = method
	}
	return r
}

// change changes one method of a resource.
func change(r *declared.RestResource, name string, f func(*declared.RestMethod)) {
	method := r.ResourceMethods[name]
	f(&method)
	r.ResourceMethods[name] = method
}

// sent sends a request that is ready.
func (s *restStand) sent(r *http.Request) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	s.api.ServeHTTP(recorder, r)
	return recorder
}

func mappingTo(id, stage string) apitypes.ApiMapping {
	return apitypes.ApiMapping{ApiId: &id, Stage: &stage}
}

package declared_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"sallyport/local/cloud/declared"
)

// before returns the address of a proxy in front of moto that calls f once, just before it forwards the first request
// whose line or body has a text.
func before(t *testing.T, upstream func() (string, bool), text string, f func()) func() (string, bool) {
	address, _ := upstream()
	var once sync.Once
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: address})
	proxy.Transport = &http.Transport{DisableKeepAlives: true}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := must(io.ReadAll(r.Body))
		r.Body = io.NopCloser(bytes.NewReader(body))
		if strings.Contains(r.Method+" "+r.URL.Path+" "+string(body)+"&", text) {
			once.Do(f)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return func() (string, bool) { return server.Listener.Addr().String(), true }
}

func deletedMeanwhile(t *testing.T, upstream func() (string, bool)) {
	p := declare(t, upstream, "eu-west-1")
	read := func(t *testing.T, text string, remove func()) (balancing declared.LoadBalancing, gateway declared.Gateway) {
		removed := false
		reader := declared.Reader{Upstream: before(t, upstream, text, func() { remove(); removed = true })}
		balancing, err := reader.LoadBalancing(t.Context(), p.region)
		if err != nil {
			t.Fatal(err)
		}
		gateway, err = reader.Gateway(t.Context(), p.region)
		if err != nil {
			t.Fatal(err)
		}
		if !removed {
			t.Fatalf("no request has %q", text)
		}
		return balancing, gateway
	}
	t.Run("an API", func(t *testing.T) {
		_, gateway := read(t, "GET /v2/apis/"+p.api+"/stages", func() {
			must(p.gateway.DeleteApi(t.Context(), &apigatewayv2.DeleteApiInput{ApiId: &p.api}))
		})
		if len(gateway.APIs) != 0 || len(gateway.VpcLinks) != 1 {
			t.Errorf("%+v", gateway)
		}
	})
	t.Run("a listener", func(t *testing.T) {
		balancing, _ := read(t, "Action=DescribeRules&", func() {
			must(p.elb.DeleteListener(t.Context(), &elb.DeleteListenerInput{ListenerArn: &p.listener}))
		})
		if len(balancing.LoadBalancers) != 1 || len(balancing.Listeners) != 0 {
			t.Errorf("%+v", balancing)
		}
	})
	t.Run("a load balancer", func(t *testing.T) {
		balancing, _ := read(t, "Action=DescribeListeners&", func() {
			must(p.elb.DeleteLoadBalancer(t.Context(), &elb.DeleteLoadBalancerInput{LoadBalancerArn: &p.loadBalancer}))
		})
		if len(balancing.LoadBalancers) != 0 || len(balancing.TargetGroups) != 1 {
			t.Errorf("%+v", balancing)
		}
	})
	t.Run("a target group", func(t *testing.T) {
		balancing, _ := read(t, "Action=DescribeTargetGroupAttributes&", func() {
			must(p.elb.DeleteTargetGroup(t.Context(), &elb.DeleteTargetGroupInput{TargetGroupArn: &p.targetGroup}))
		})
		if len(balancing.TargetGroups) != 0 {
			t.Errorf("%+v", balancing)
		}
	})
}

package declared_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/moto/mototest"
)

func TestDomainsAndCertificates(t *testing.T) {
	upstream := mototest.Start(t)
	reader := declared.Reader{Upstream: upstream}
	config := must(declared.Config(upstream, "us-east-1"))
	ctx := t.Context()

	t.Run("a custom domain name is read with its mappings", func(t *testing.T) {
		client := apigatewayv2.NewFromConfig(config)
		api := must(client.CreateApi(ctx, &apigatewayv2.CreateApiInput{Name: aws.String("shop"), ProtocolType: apitypes.ProtocolTypeHttp}))
		for _, name := range []string{"shop.example.com", "empty.example.com"} {
			must(client.CreateDomainName(ctx, &apigatewayv2.CreateDomainNameInput{DomainName: &name}))
		}
		must(client.CreateApiMapping(ctx, &apigatewayv2.CreateApiMappingInput{
			ApiId: api.ApiId, DomainName: aws.String("shop.example.com"), Stage: aws.String("$default"),
		}))
		read := must(reader.Gateway(ctx, "us-east-1"))
		if len(read.Domains) != 2 || len(read.Domains["empty.example.com"].Mappings) != 0 {
			t.Errorf("there are %v", read.Domains)
		}
		mappings := read.Domains["shop.example.com"].Mappings
		if len(mappings) != 1 || *mappings[0].ApiId != *api.ApiId || *mappings[0].Stage != "$default" || aws.ToString(mappings[0].ApiMappingKey) != "" {
			t.Errorf("the mappings are %v", mappings)
		}
	})
	t.Run("an HTTPS listener is read with the names of its certificate, and a plain one with none", func(t *testing.T) {
		address, _ := upstream()
		r := must(http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/", strings.NewReader(`{"DomainName":"inside.example.com","SubjectAlternativeNames":["*.example.org"]}`)))
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20000101/us-east-1/acm/aws4_request, SignedHeaders=host, Signature=0")
		r.Header.Set("X-Amz-Target", "CertificateManager.RequestCertificate")
		answer := must(http.DefaultClient.Do(r))
		defer answer.Body.Close()
		var certificate struct{ CertificateArn string }
		if err := json.NewDecoder(answer.Body).Decode(&certificate); err != nil {
			t.Fatal(err)
		}
		client := elb.NewFromConfig(config)
		subnets := must(ec2.NewFromConfig(config).DescribeSubnets(ctx, nil)).Subnets
		balancer := must(client.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
			Name: aws.String("shop"), Subnets: []string{*subnets[0].SubnetId, *subnets[1].SubnetId},
		})).LoadBalancers[0].LoadBalancerArn
		listener := func(port int32, protocol elbtypes.ProtocolEnum, certificates ...elbtypes.Certificate) string {
			return *must(client.CreateListener(ctx, &elb.CreateListenerInput{
				LoadBalancerArn: balancer, Port: &port, Protocol: protocol, Certificates: certificates, DefaultActions: []elbtypes.Action{{
					Type: elbtypes.ActionTypeEnumFixedResponse, FixedResponseConfig: &elbtypes.FixedResponseActionConfig{StatusCode: aws.String("200")},
				}},
			})).Listeners[0].ListenerArn
		}
		secure := listener(443, elbtypes.ProtocolEnumHttps, elbtypes.Certificate{CertificateArn: &certificate.CertificateArn})
		plain := listener(80, elbtypes.ProtocolEnumHttp)
		read := must(reader.LoadBalancing(ctx, "us-east-1"))
		if names := slices.Sorted(slices.Values(read.Listeners[secure].Names)); !slices.Equal(names, []string{"*.example.org", "inside.example.com"}) {
			t.Errorf("its names are %q", names)
		}
		if names := read.Listeners[plain].Names; len(names) != 0 {
			t.Errorf("the plain one has %q", names)
		}
	})
}

package balancer

import (
	"net/url"
	"slices"
	"testing"
)

func TestUnsupported(t *testing.T) {
	for _, test := range []struct {
		action, form string
		want         []string
	}{
		{"CreateLoadBalancer", "Name=a&Type=application&IpAddressType=ipv4", nil},
		{"CreateLoadBalancer", "Name=a", nil},
		{"CreateLoadBalancer", "Type=network", []string{"The local cloud has no network load balancers, only those of the type application."}},
		{"CreateLoadBalancer", "IpAddressType=dualstack", []string{"The local cloud does not support the IP address type dualstack, only ipv4."}},
		{"ModifyLoadBalancerAttributes", "Attributes.member.1.Key=access_logs.s3.enabled&Attributes.member.1.Value=true&Attributes.member.2.Key=routing.http.xff_client_port.enabled&Attributes.member.2.Value=false", nil},
		{"ModifyLoadBalancerAttributes", "Attributes.member.1.Key=routing.http.xff_client_port.enabled&Attributes.member.1.Value=true", []string{"The local cloud does not support the load balancer attribute routing.http.xff_client_port.enabled."}},
		{"CreateListener", "Protocol=HTTP&DefaultActions.member.1.Type=forward", nil},
		{"CreateListener", "Protocol=TLS&DefaultActions.member.1.Type=authenticate-oidc&DefaultActions.member.2.Type=forward", []string{"The local cloud does not support listeners with the protocol TLS, only HTTP and HTTPS.", "The local cloud does not support authenticate-oidc actions."}},
		{"ModifyListener", "DefaultActions.member.1.Type=forward&DefaultActions.member.1.ForwardConfig.TargetGroupStickinessConfig.Enabled=true", []string{"The local cloud does not support target group stickiness."}},
		{"ModifyListenerAttributes", "Attributes.member.1.Key=routing.http.response.server.enabled&Attributes.member.1.Value=true", nil},
		{"ModifyListenerAttributes", "Attributes.member.1.Key=routing.http.response.server.enabled&Attributes.member.1.Value=false", []string{"The local cloud does not support the listener attribute routing.http.response.server.enabled."}},
		{"CreateRule", "Actions.member.1.Type=redirect&Conditions.member.1.PathPatternConfig.Values.member.1=/a", nil},
		{"CreateRule", "Actions.member.1.Type=jwt-validation&Conditions.member.1.HostHeaderConfig.RegexValues.member.1=a&Conditions.member.2.RegexValues.member.1=b&Transforms.member.1.Type=url-rewrite", []string{"The local cloud does not support jwt-validation actions.", "The local cloud does not support conditions with regular expressions (RegexValues).", "The local cloud does not support transforms of rules."}},
		{"CreateTargetGroup", "TargetType=ip&Protocol=HTTP&ProtocolVersion=HTTP1&HealthCheckEnabled=true&HealthCheckProtocol=HTTP", nil},
		{"CreateListener", "Protocol=HTTPS&SslPolicy=ELBSecurityPolicy-TLS13-1-2-2021-06&MutualAuthentication.Mode=off&Certificates.member.1.CertificateArn=arn:aws:acm:us-east-1:1:certificate/c", nil},
		{"ModifyListener", "MutualAuthentication.Mode=verify&Certificates.member.1.CertificateArn=arn:aws:iam::1:server-certificate/c", []string{"The local cloud does not support mutual TLS (MutualAuthentication.Mode verify).", "The local cloud does not support server certificates of IAM (arn:aws:iam::1:server-certificate/c), only those of AWS Certificate Manager."}},
		{"AddListenerCertificates", "", []string{"The local cloud does not support more certificates of a listener than its default one (AddListenerCertificates)."}},
		{"CreateTargetGroup", "Protocol=HTTPS", []string{"The local cloud does not support targets of the type instance, only ip.", "The local cloud does not support target groups with the protocol HTTPS, only HTTP."}},
		{"CreateTargetGroup", "TargetType=lambda&HealthCheckEnabled=false", []string{"The local cloud does not support targets of the type lambda, only ip.", "Health checks can be disabled for Lambda targets only, which the local cloud does not support."}},
		{"ModifyTargetGroup", "HealthCheckProtocol=HTTPS", []string{"The local cloud does not support health checks with the protocol HTTPS, only HTTP."}},
		{"ModifyTargetGroupAttributes", "Attributes.member.1.Key=stickiness.enabled&Attributes.member.1.Value=false&Attributes.member.2.Key=deregistration_delay.timeout_seconds&Attributes.member.2.Value=5&Attributes.member.3.Key=load_balancing.algorithm.type&Attributes.member.3.Value=least_outstanding_requests", nil},
		{"ModifyTargetGroupAttributes", "Attributes.member.1.Key=stickiness.enabled&Attributes.member.1.Value=true&Attributes.member.2.Key=load_balancing.algorithm.type&Attributes.member.2.Value=weighted_random", []string{"The local cloud does not support the load balancing algorithm weighted_random.", "The local cloud does not support the target group attribute stickiness.enabled with the value true, only false."}},
		{"DescribeLoadBalancers", "Type=network", nil},
	} {
		form, err := url.ParseQuery(test.form)
		if err != nil {
			t.Fatal(err)
		}
		if got := Unsupported(test.action, form); !slices.Equal(got, test.want) {
			t.Errorf("%s %s:\n%q, want\n%q", test.action, test.form, got, test.want)
		}
	}
}

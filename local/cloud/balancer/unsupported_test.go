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
		{"CreateLoadBalancer", "Type=network&Subnets.member.1=subnet-a&SubnetMappings.member.1.SubnetId=subnet-b", nil},
		{"CreateLoadBalancer", "Type=gateway", []string{"The local cloud has no gateway load balancers, only those of the types application and network."}},
		{"CreateLoadBalancer", "Type=network&SubnetMappings.member.1.SubnetId=subnet-a&SubnetMappings.member.1.PrivateIPv4Address=10.0.1.9&SubnetMappings.member.2.AllocationId=eipalloc-1", []string{"The local cloud does not support the subnet mapping's PrivateIPv4Address: the addresses of a load balancer can't be chosen.", "The local cloud does not support the subnet mapping's AllocationId: the addresses of a load balancer can't be chosen."}},
		{"SetSubnets", "SubnetMappings.member.1.IPv6Address=::1", []string{"The local cloud does not support the subnet mapping's IPv6Address: the addresses of a load balancer can't be chosen."}},
		{"CreateListener", "Protocol=TCP&Port=80&DefaultActions.member.1.Type=forward", nil},
		{"CreateListener", "Protocol=TLS&AlpnPolicy.member.1=None&Certificates.member.1.CertificateArn=arn:aws:acm:us-east-1:1:certificate/c&DefaultActions.member.1.Type=forward", nil},
		{"CreateListener", "Protocol=TLS&AlpnPolicy.member.1=HTTP2Preferred", []string{"The local cloud does not support ALPN (AlpnPolicy HTTP2Preferred): a TLS listener agrees on no protocol with its clients."}},
		{"CreateListener", "Protocol=UDP", []string{"The local cloud does not support listeners with the protocol UDP, only HTTP, HTTPS, TCP and TLS."}},
		{"ModifyListener", "Protocol=TCP_UDP", []string{"The local cloud does not support listeners with the protocol TCP_UDP, only HTTP, HTTPS, TCP and TLS."}},
		{"ModifyListenerAttributes", "Attributes.member.1.Key=tcp.idle_timeout.seconds&Attributes.member.1.Value=6000", nil},
		{"ModifyListenerAttributes", "Attributes.member.1.Key=tcp.idle_timeout.seconds&Attributes.member.1.Value=59", []string{"The idle timeout of a TCP listener must be 60 to 6000, and is 59."}},
		{"CreateTargetGroup", "TargetType=ip&Protocol=TCP&HealthCheckProtocol=HTTP&HealthCheckIntervalSeconds=5&HealthCheckTimeoutSeconds=2&HealthyThresholdCount=2&UnhealthyThresholdCount=10&Matcher.HttpCode=200-599", nil},
		{"CreateTargetGroup", "TargetType=ip&Protocol=TCP&HealthCheckProtocol=TCP", nil},
		{"CreateTargetGroup", "TargetType=ip&Protocol=TLS&HealthCheckIntervalSeconds=4&HealthCheckTimeoutSeconds=121&HealthyThresholdCount=1&UnhealthyThresholdCount=11&Matcher.HttpCode=199,600", []string{
			"The local cloud does not support target groups with the protocol TLS, only HTTP and TCP.", "The health check interval in seconds must be 5 to 300, and is 4.",
			"The health check timeout in seconds must be 2 to 120, and is 121.", "The healthy threshold must be 2 to 10, and is 1.", "The unhealthy threshold must be 2 to 10, and is 11.",
			"The status that a health check takes must be 200 to 599, and is 199.", "The status that a health check takes must be 200 to 599, and is 600."}},
		{"CreateTargetGroup", "TargetType=ip&Protocol=HTTP&HealthCheckProtocol=TCP&Matcher.HttpCode=500", []string{"Health checks with the protocol TCP are for target groups of Network Load Balancers, and this one has the protocol HTTP.", "The status that a health check takes must be 200 to 499, and is 500."}},
		{"ModifyTargetGroupAttributes", "Attributes.member.1.Key=proxy_protocol_v2.enabled&Attributes.member.1.Value=true&Attributes.member.2.Key=target_health_state.unhealthy.draining_interval_seconds&Attributes.member.2.Value=60", []string{
			"The local cloud does not support the target group attribute proxy_protocol_v2.enabled with the value true, only false.",
			"The local cloud does not support the target group attribute target_health_state.unhealthy.draining_interval_seconds with the value 60, only 0."}},
		{"ModifyTargetGroupAttributes", "Attributes.member.1.Key=preserve_client_ip.enabled&Attributes.member.1.Value=true&Attributes.member.2.Key=deregistration_delay.connection_termination.enabled&Attributes.member.2.Value=true&Attributes.member.3.Key=load_balancing.cross_zone.enabled&Attributes.member.3.Value=true", nil},
		{"CreateLoadBalancer", "IpAddressType=dualstack", []string{"The local cloud does not support the IP address type dualstack, only ipv4."}},
		{"ModifyLoadBalancerAttributes", "Attributes.member.1.Key=access_logs.s3.enabled&Attributes.member.1.Value=true&Attributes.member.2.Key=routing.http.xff_client_port.enabled&Attributes.member.2.Value=false", nil},
		{"ModifyLoadBalancerAttributes", "Attributes.member.1.Key=routing.http.xff_client_port.enabled&Attributes.member.1.Value=true", []string{"The local cloud does not support the load balancer attribute routing.http.xff_client_port.enabled."}},
		{"CreateListener", "Protocol=HTTP&DefaultActions.member.1.Type=forward", nil},
		{"CreateListener", "Protocol=TLS&DefaultActions.member.1.Type=authenticate-oidc&DefaultActions.member.2.Type=forward", []string{"The local cloud does not support authenticate-oidc actions."}},
		{"ModifyListener", "DefaultActions.member.1.Type=forward&DefaultActions.member.1.ForwardConfig.TargetGroupStickinessConfig.Enabled=true", []string{"The local cloud does not support target group stickiness."}},
		{"ModifyListenerAttributes", "Attributes.member.1.Key=routing.http.response.server.enabled&Attributes.member.1.Value=true", nil},
		{"ModifyListenerAttributes", "Attributes.member.1.Key=routing.http.response.server.enabled&Attributes.member.1.Value=false", []string{"The local cloud does not support the listener attribute routing.http.response.server.enabled."}},
		{"CreateRule", "Actions.member.1.Type=redirect&Conditions.member.1.PathPatternConfig.Values.member.1=/a", nil},
		{"CreateRule", "Actions.member.1.Type=jwt-validation&Conditions.member.1.HostHeaderConfig.RegexValues.member.1=a&Conditions.member.2.RegexValues.member.1=b&Transforms.member.1.Type=url-rewrite", []string{"The local cloud does not support jwt-validation actions.", "The local cloud does not support conditions with regular expressions (RegexValues).", "The local cloud does not support transforms of rules."}},
		{"CreateTargetGroup", "TargetType=ip&Protocol=HTTP&ProtocolVersion=HTTP1&HealthCheckEnabled=true&HealthCheckProtocol=HTTP", nil},
		{"CreateListener", "Protocol=HTTPS&SslPolicy=ELBSecurityPolicy-TLS13-1-2-2021-06&MutualAuthentication.Mode=off&Certificates.member.1.CertificateArn=arn:aws:acm:us-east-1:1:certificate/c", nil},
		{"ModifyListener", "MutualAuthentication.Mode=verify&Certificates.member.1.CertificateArn=arn:aws:iam::1:server-certificate/c", []string{"The local cloud does not support mutual TLS (MutualAuthentication.Mode verify).", "The local cloud does not support server certificates of IAM (arn:aws:iam::1:server-certificate/c), only those of AWS Certificate Manager."}},
		{"AddListenerCertificates", "", []string{"The local cloud does not support more certificates of a listener than its default one (AddListenerCertificates)."}},
		{"CreateTargetGroup", "Protocol=HTTPS", []string{"The local cloud does not support targets of the type instance, only ip.", "The local cloud does not support target groups with the protocol HTTPS, only HTTP and TCP."}},
		{"CreateTargetGroup", "TargetType=lambda&HealthCheckEnabled=false", []string{"The local cloud does not support targets of the type lambda, only ip.", "Health checks can be disabled for Lambda targets only, which the local cloud does not support."}},
		{"ModifyTargetGroup", "HealthCheckProtocol=HTTPS", []string{"The local cloud does not support health checks with the protocol HTTPS, only HTTP and, for target groups with the protocol TCP, TCP."}},
		{"ModifyTargetGroupAttributes", "Attributes.member.1.Key=stickiness.enabled&Attributes.member.1.Value=false&Attributes.member.2.Key=deregistration_delay.timeout_seconds&Attributes.member.2.Value=5&Attributes.member.3.Key=load_balancing.algorithm.type&Attributes.member.3.Value=least_outstanding_requests", nil},
		{"ModifyTargetGroupAttributes", "Attributes.member.1.Key=target_group_health.dns_failover.minimum_healthy_targets.count&Attributes.member.1.Value=off", nil},
		{"ModifyTargetGroupAttributes", "Attributes.member.1.Key=target_group_health.dns_failover.minimum_healthy_targets.count&Attributes.member.1.Value=2", []string{"The local cloud does not support the target group attribute target_group_health.dns_failover.minimum_healthy_targets.count with the value 2, only 1 or off."}},
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

package main

import (
	"slices"
	"strings"
	"testing"

	"sallyport/internal/record"
)

const (
	domainName  = "aws:apigatewayv2/domainName:DomainName"
	certificate = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
	webACL      = "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/shop/12345678-1234-1234-1234-123456789012"
)

// withDomain is a stack with a domain, HTTPS between API Gateway and the load balancer, and a web ACL.
func withDomain(t *testing.T) *record.Recording {
	t.Helper()
	return run(t, domainConfig(), record.Options{HostedZones: map[string]record.HostedZone{"Z1": {Name: "example.com"}}})
}

func domainConfig() map[string]any {
	return map[string]any{
		"aws:region": "us-east-1", "sallyport:domain.name": "shop.example.com", "sallyport:domain.zoneId": "Z1",
		"sallyport:loadBalancer.certificateArn": certificate, "sallyport:loadBalancer.serverName": "inside.example.com",
		"sallyport:loadBalancer.webAclArn": webACL,
	}
}

// TestControlsWithADomain holds that stack against the controls of the default one, and those that take a domain.
func TestControlsWithADomain(t *testing.T) {
	rec := withDomain(t)
	for _, c := range slices.Concat(oneEntry, anyBalancer, loadBalancerAndAPI, containerAndImage, rolesAndLogs, domainOnly) {
		t.Run(c.name, func(t *testing.T) { c.check(t, rec) })
	}
}

var domainOnly = []control{
	{"AVD-AWS-0005, SH APIGateway.11: the domain takes TLS 1.2 or better", func(t *testing.T, rec *record.Recording) {
		record.Equal(t, one(t, rec, domainName), "domainNameConfiguration.securityPolicy", "TLS_1_2")
	}},
	{"own control: the execute-api address is off, so that the domain is the only way in", func(t *testing.T, rec *record.Recording) {
		record.Equal(t, one(t, rec, "aws:apigatewayv2/api:Api"), "disableExecuteApiEndpoint", true)
	}},
	{"SH ELB.1, ELB.17, CKV_AWS_2, 103, AVD-AWS-0047, 0054, nag NIST ELBv2ACMCertificateRequired: the listener takes TLS 1.2 or better alone", func(t *testing.T, rec *record.Recording) {
		listener := one(t, rec, "aws:lb/listener:Listener")
		for path, want := range map[string]any{
			"protocol": "HTTPS", "port": 443.0, "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06", "certificateArn": certificate,
		} {
			record.Equal(t, listener, path, want)
		}
	}},
	{"SH APIGateway.10: the integration verifies the listener's name", func(t *testing.T, rec *record.Recording) {
		record.Equal(t, one(t, rec, "aws:apigatewayv2/integration:Integration"), "tlsConfig.serverNameToVerify", "inside.example.com")
	}},
	{"SH ELB.16, nag NIST ALBWAFEnabled: a web ACL sees what reaches the balancer, with the client's address", func(t *testing.T, rec *record.Recording) {
		record.Equal(t, one(t, rec, "aws:wafv2/webAclAssociation:WebAclAssociation"), "webAclArn", webACL)
		parameters, _ := one(t, rec, "aws:apigatewayv2/integration:Integration").Input("requestParameters").(map[string]any)
		if parameters["overwrite:header.x-client-ip"] != "$context.identity.sourceIp" {
			t.Errorf("the integration passes %v", parameters)
		}
	}},
}

func TestDomain(t *testing.T) {
	t.Run("a name outside the zone registers nothing but the provider", func(t *testing.T) {
		rec, err := runErr(t, domainConfig(), record.Options{HostedZones: map[string]record.HostedZone{"Z1": {Name: "example.org"}}})
		if err == nil || !strings.Contains(err.Error(), "it is the zone of example.org, which domain.name shop.example.com is not in") {
			t.Errorf("got %v", err)
		}
		if names := rec.Names(); !slices.Equal(names, []string{"pulumi:providers:aws::sallyport-dev < pulumi:pulumi:Stack::sallyport-dev"}) {
			t.Errorf("registered %v", names)
		}
	})
	t.Run("a first preview registers what the update does", func(t *testing.T) {
		preview := run(t, domainConfig(), record.Options{Preview: true, HostedZones: map[string]record.HostedZone{"Z1": {Name: "example.com"}}})
		if want, got := strings.Join(withDomain(t).Names(), "\n"), strings.Join(preview.Names(), "\n"); want != got {
			t.Errorf("the preview differs:\n%s", diff(want, got))
		}
	})
	t.Run("a certificate is validated while the rest is made: it waits for nothing of it", func(t *testing.T) {
		rec := withDomain(t)
		for _, r := range rec.Resources {
			if strings.HasPrefix(r.Type, "aws:acm/") || r.Type == domainName {
				for _, slow := range []string{"aws:lb/loadBalancer:LoadBalancer", "aws:apigatewayv2/vpcLink:VpcLink", "aws:ec2/vpc:Vpc"} {
					if waits(rec, r.String(), slow+"::sallyport-dev") {
						t.Errorf("%s waits for %s", r, slow)
					}
				}
			}
		}
	})
	t.Run("nothing of a domain, HTTPS or a web ACL is in the default stack", func(t *testing.T) {
		rec := byDefault(t)
		for _, typ := range []string{"aws:acm/", "aws:route53/", "aws:wafv2/", domainName} {
			none(t, rec, typ)
		}
		listener := one(t, rec, "aws:lb/listener:Listener")
		for path, want := range map[string]any{"protocol": "HTTP", "port": 80.0, "sslPolicy": nil, "certificateArn": nil} {
			record.Equal(t, listener, path, want)
		}
	})
}

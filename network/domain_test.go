package network_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/internal/record"
	"sallyport/network"
)

func TestDomain(t *testing.T) {
	rec := record.MustRun(t, func(ctx *pulumi.Context) error {
		domain, err := network.NewDomain(ctx, "name", &network.DomainArgs{
			Name: "shop.example.com", ZoneID: "Z1", Protected: true,
		})
		if err != nil {
			return err
		}
		return probe(ctx, domain.Name)
	})
	const dnsRecord, domainName = "aws:route53/record:Record", "aws:apigatewayv2/domainName:DomainName"

	t.Run("the certificate is for the name alone, and validated by DNS", func(t *testing.T) {
		certificate := rec.Get(t, "aws:acm/certificate:Certificate", "name")
		for path, want := range map[string]any{
			"domainName": "shop.example.com", "validationMethod": "DNS", "subjectAlternativeNames": nil, "keyAlgorithm": nil, "options": nil,
		} {
			record.Equal(t, certificate, path, want)
		}
	})
	t.Run("what ACM asks for is in the zone, and the certificate is waited for", func(t *testing.T) {
		for path, want := range map[string]any{
			"zoneId": "Z1", "name": "_d.shop.example.com.", "type": "CNAME", "records.0": "_v.acm-validations.aws.", "records.1": nil,
			"ttl": 60.0, "allowOverwrite": true,
		} {
			record.Equal(t, rec.Get(t, dnsRecord, "name-validation"), path, want)
		}
		validation := rec.Get(t, "aws:acm/certificateValidation:CertificateValidation", "name")
		record.Equal(t, validation, "certificateArn", "arn:aws:Certificate:us-east-1:123456789012:name")
		record.Equal(t, validation, "validationRecordFqdns.0", "_d.shop.example.com")
	})
	t.Run("the name is regional, takes TLS 1.2 or better, and IPv6", func(t *testing.T) {
		domain := rec.Get(t, domainName, "name")
		for path, want := range map[string]any{
			"domainName": "shop.example.com", "domainNameConfiguration.endpointType": "REGIONAL", "domainNameConfiguration.securityPolicy": "TLS_1_2",
			"domainNameConfiguration.ipAddressType": "dualstack", "domainNameConfiguration.certificateArn": "arn:aws:Certificate:us-east-1:123456789012:name",
		} {
			record.Equal(t, domain, path, want)
		}
		if !domain.Protect {
			t.Error("it is not protected")
		}
		waits(t, domain, "aws:acm/certificateValidation:CertificateValidation::name")
	})
	t.Run("its IPv4 and IPv6 addresses are API Gateway's", func(t *testing.T) {
		for name, kind := range map[string]string{"name-a": "A", "name-aaaa": "AAAA"} {
			for path, want := range map[string]any{
				"zoneId": "Z1", "name": "shop.example.com", "type": kind, "aliases.0.name": "d-name.execute-api.us-east-1.amazonaws.com",
				"aliases.0.zoneId": "Z-of-API-Gateway", "aliases.0.evaluateTargetHealth": false, "allowOverwrite": nil,
			} {
				record.Equal(t, rec.Get(t, dnsRecord, name), path, want)
			}
		}
	})
	t.Run("the name is handed out once API Gateway has it and it resolves", func(t *testing.T) {
		record.Equal(t, rec.Get(t, "aws:ec2/eip:Eip", "probe"), "instance", "shop.example.com")
		for _, dependency := range []string{domainName + "::name", dnsRecord + "::name-a", dnsRecord + "::name-aaaa"} {
			waitsFor(t, rec, dependency)
		}
	})
	t.Run("a preview knows the name's parts and nothing that only AWS can tell", func(t *testing.T) {
		rec, err := record.Run(func(ctx *pulumi.Context) error {
			_, err := network.NewDomain(ctx, "name", &network.DomainArgs{
				Name: "shop.example.com", ZoneID: "Z1",
			})
			return err
		}, record.Options{Preview: true})
		if err != nil {
			t.Fatal(err)
		}
		record.Equal(t, rec.Get(t, dnsRecord, "name-validation"), "name", record.Unknown{})
		record.Equal(t, rec.Get(t, dnsRecord, "name-a"), "aliases.0.name", record.Unknown{})
		record.Equal(t, rec.Get(t, dnsRecord, "name-a"), "name", "shop.example.com")
	})
	t.Run("wrong arguments are refused together", func(t *testing.T) {
		record.Refused(t, func(ctx *pulumi.Context) error {
			_, err := network.NewDomain(ctx, "name", &network.DomainArgs{Name: "*.example.com"})
			return err
		}, "domain name: ", `invalid Name "*.example.com"`, "missing ZoneID")
	})
}

func TestCheckZone(t *testing.T) {
	zones := map[string]record.HostedZone{"Z1": {Name: "example.com."}, "Z2": {Name: "example.com", Private: true}}
	for _, c := range []struct{ about, zone, name, want string }{
		{"a name in a public zone passes", "Z1", "shop.example.com", ""},
		{"so does the zone's own name", "Z1", "example.com", ""},
		{"a name of another zone does not", "Z1", "shop.example.org",
			"hosted zone Z1 of domain.zoneId: it is the zone of example.com, which domain.name shop.example.org is not in"},
		{"a name that only ends in the same letters does not", "Z1", "myexample.com",
			"hosted zone Z1 of domain.zoneId: it is the zone of example.com, which domain.name myexample.com is not in"},
		{"a private zone does not, and both problems are told", "Z2", "example.org",
			"hosted zone Z2 of domain.zoneId: it is private, and neither the certificate's authority nor a visitor can look into it: name a public one\n" +
				"it is the zone of example.com, which domain.name example.org is not in"},
	} {
		t.Run(c.about, func(t *testing.T) {
			rec, err := record.Run(func(ctx *pulumi.Context) error { return network.CheckZone(ctx, c.zone, c.name) }, record.Options{HostedZones: zones})
			if got := told(err); c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("it says %q, want %q", got, c.want)
			}
			if len(rec.Resources) != 0 {
				t.Errorf("it registers %v", rec.Resources)
			}
		})
	}
	t.Run("a zone that does not exist is named, with how to find the right one", func(t *testing.T) {
		record.Refused(t, func(ctx *pulumi.Context) error { return network.CheckZone(ctx, "Z3", "example.com") },
			"hosted zone Z3 of domain.zoneId: ", "NoSuchHostedZone", "aws route53 list-hosted-zones")
	})
}

func told(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func waits(t *testing.T, r record.Resource, dependency string) {
	t.Helper()
	for _, one := range r.DependsOn {
		if one == dependency {
			return
		}
	}
	t.Errorf("%s waits for %v, not for %s", r, r.DependsOn, dependency)
}

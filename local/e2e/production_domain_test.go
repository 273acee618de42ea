package e2e

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// domain deploys a stack at a name of its own, with HTTPS between gateway and load balancer, and a web ACL on the latter.
// What it does not show: DNS, a certificate that anybody trusts, encryption, and what a web ACL does.
func domain(t *testing.T) {
	deployed(t)
	writeNew(t, "webapp/app/api/headers/route.ts", headersRoute)
	zone := hostedZone(t, "example.com")
	defer aws(t, "route53", http.MethodDelete, "/2013-04-01/hostedzone/"+zone, nil, nil)
	inside := ask[struct{ CertificateArn string }](t, "acm", "RequestCertificate", map[string]any{
		"DomainName": "inside.example.com", "ValidationMethod": "DNS",
	}).CertificateArn
	acl := newWebACL(t)
	before := strings.Join(elements(records(t, zone), "Name"), " ")

	t.Run("a name that is not in the zone is refused before anything is made", func(t *testing.T) {
		domainSettings(t, "shop.example.org", zone, inside, acl)
		up := fails(t, []string{"it is the zone of example.com, which domain.name shop.example.org is not in"}, "up")
		for _, o := range up.begun() {
			if o.kind != "pulumi:pulumi:Stack" && o.kind != "pulumi:providers:aws" {
				t.Errorf("it began to %s", o)
			}
		}
	})
	domainSettings(t, "shop.example.com", zone, inside, acl)
	t.Run("up makes and verifies it, and prints the domain's URL; the API keeps its own address until certificate, name and records are there", func(t *testing.T) {
		run(t, "preview")
		up := run(t, "up")
		oneAfterTheOther(t, up, "create aws:apigatewayv2/domainName:DomainName", "update aws:apigatewayv2/api:Api", "create aws:apigatewayv2/apiMapping:ApiMapping")
		oneAfterTheOther(t, up, "create aws:route53/record:Record", "update aws:apigatewayv2/api:Api")
		lines := strings.Split(strings.TrimSpace(up.stdout.String()), "\n")
		if last := lines[len(lines)-1]; last != "https://shop.example.com" {
			t.Errorf("it ends with %s", last)
		}
		up.says("curl -H 'Host: shop.example.com' http://127.")
	})
	if t.Failed() {
		t.FailNow()
	}
	exported := outputs(t)
	t.Run("the certificate's validation and both addresses are in the zone", func(t *testing.T) {
		all := records(t, zone)
		for _, want := range []string{"<Type>CNAME</Type>", "<Type>A</Type>", "<Type>AAAA</Type>", "shop.example.com.", "_d930b28be6c5927595552b219965053e.shop.example.com."} {
			if !strings.Contains(all, want) {
				t.Errorf("the zone has no %s: %s", want, all)
			}
		}
	})
	var api struct{ APIEndpoint string }
	if err := json.Unmarshal(aws(t, "apigateway", http.MethodGet, "/v2/apis/"+exported["apiId"], nil, nil), &api); err != nil {
		t.Fatal(err)
	}
	t.Run("the app answers for the domain, is told HTTPS and the client's address, and a client can't forge it", func(t *testing.T) {
		status, body := visitAs(t, api.APIEndpoint+"/api/headers", "shop.example.com")
		for _, want := range []string{`"x-forwarded-proto":"https"`, `"x-client-ip":"127.0.0.1"`} {
			if status != http.StatusOK || !strings.Contains(body, want) {
				t.Errorf("%d %s, want %s", status, body, want)
			}
		}
	})
	t.Run("the API's own address answers no more, and no other name does", func(t *testing.T) {
		for host, want := range map[string]int{"": http.StatusNotFound, "other.example.com": http.StatusForbidden} {
			if status, body := visitAs(t, api.APIEndpoint+"/api/echo", host); status != want {
				t.Errorf("%q: %d %s, want %d", host, status, body, want)
			}
		}
	})
	t.Run("the web ACL is on the load balancer", func(t *testing.T) {
		found := ask[struct{ WebACL struct{ ARN string } }](t, "wafv2", "GetWebACLForResource", map[string]any{"ResourceArn": exported["loadBalancerArn"]})
		if found.WebACL.ARN != acl {
			t.Errorf("it is %q, want %s", found.WebACL.ARN, acl)
		}
	})
	t.Run("a second preview changes nothing", func(t *testing.T) { run(t, "preview", "--", "--expect-no-changes") })
	t.Run("a certificate for another name gets no request", func(t *testing.T) {
		edit(t, "Pulumi.local.yaml", func(settings string) string {
			return strings.Replace(settings, "serverName: inside.example.com", "serverName: outside.example.com", 1)
		})
		run(t, "up", "-verify=false")
		if status, body := visitAs(t, api.APIEndpoint+"/", "shop.example.com"); status != http.StatusServiceUnavailable {
			t.Errorf("%d %s", status, body)
		}
	})
	t.Run("taken away, the domain goes once the API's own address answers again", func(t *testing.T) {
		edit(t, "Pulumi.local.yaml", func(settings string) string {
			return strings.Replace(settings, "  sallyport:domain.name: shop.example.com\n  sallyport:domain.zoneId: "+zone+"\n", "", 1)
		})
		oneAfterTheOther(t, run(t, "up"), "update aws:apigatewayv2/api:Api", "delete aws:apigatewayv2/apiMapping:ApiMapping", "delete aws:apigatewayv2/domainName:DomainName")
	})
	t.Run("destroy leaves the zone as it was", func(t *testing.T) {
		run(t, "destroy")
		if after := strings.Join(elements(records(t, zone), "Name"), " "); after != before {
			t.Errorf("the zone has %s, and had %s", after, before)
		}
	})
}

// oneAfterTheOther fails unless the operations, each OP TYPE, were begun in this order: where there are several such, the
// last of an earlier one counts, and the first of a later.
func oneAfterTheOther(t *testing.T, up *call, operations ...string) {
	t.Helper()
	first, last := map[string]int{}, map[string]int{}
	for i, o := range up.begun() {
		what := o.op + " " + o.kind
		if _, ok := first[what]; !ok {
			first[what] = i
		}
		last[what] = i
	}
	for i, what := range operations {
		if _, ok := first[what]; !ok {
			t.Fatalf("no %s among %s", what, up.begun())
		}
		if i > 0 && last[operations[i-1]] > first[what] {
			t.Errorf("%s began before %s: %s", what, operations[i-1], up.begun())
		}
	}
}

// headersRoute tells the headers that a web ACL and the app can go by.
const headersRoute = `export const dynamic = 'force-dynamic';

export function GET({ headers }: Request) {
  return Response.json(Object.fromEntries(['x-forwarded-proto', 'x-client-ip'].map((name) => [name, headers.get(name)])));
}
`

func domainSettings(t *testing.T, name, zone, certificate, acl string) {
	t.Helper()
	edit(t, "Pulumi.local.yaml", func(settings string) string {
		return strings.Replace(settings, "config:\n", fmt.Sprintf("config:\n  sallyport:domain.name: %s\n  sallyport:domain.zoneId: %s\n"+
			"  sallyport:loadBalancer.certificateArn: %s\n  sallyport:loadBalancer.serverName: inside.example.com\n  sallyport:loadBalancer.webAclArn: %s\n",
			name, zone, certificate, acl), 1)
	})
}

// visitAs asks with a Host of its own, where it has one, and a forged header of the client's address.
func visitAs(t *testing.T, url, host string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	r.Header.Set("X-Client-Ip", "203.0.113.9")
	answer, err := direct.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body) + answer.Header.Get("Sallyport-Explanation")
}

// hostedZone makes a public zone, and returns its id.
func hostedZone(t *testing.T, name string) string {
	t.Helper()
	content := aws(t, "route53", http.MethodPost, "/2013-04-01/hostedzone", map[string]string{"Content-Type": "application/xml"},
		[]byte(`<CreateHostedZoneRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Name>`+name+`</Name><CallerReference>test</CallerReference></CreateHostedZoneRequest>`))
	var answer struct {
		ID string `xml:"HostedZone>Id"`
	}
	if err := xml.Unmarshal(content, &answer); err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(answer.ID, "/hostedzone/")
}

func records(t *testing.T, zone string) string {
	t.Helper()
	return string(aws(t, "route53", http.MethodGet, "/2013-04-01/hostedzone/"+zone+"/rrset", nil, nil))
}

// newWebACL makes a web ACL that lets everything pass, and returns its ARN.
func newWebACL(t *testing.T) string {
	t.Helper()
	return ask[struct{ Summary struct{ ARN string } }](t, "wafv2", "CreateWebACL", map[string]any{
		"Name": "shop", "Scope": "REGIONAL", "DefaultAction": map[string]any{"Allow": map[string]any{}}, "Rules": []any{},
		"VisibilityConfig": map[string]any{"SampledRequestsEnabled": false, "CloudWatchMetricsEnabled": false, "MetricName": "shop"},
	}).Summary.ARN
}

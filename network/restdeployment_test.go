package network_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/internal/record"
	"sallyport/network"
)

func TestRestDeployment(t *testing.T) {
	base := func(a *network.RestAPIArgs) {
		a.Routes = []network.Route{{Path: "/a", Auth: "key"}, {Path: "/b", Methods: []string{"GET"}}}
		a.APIKeys = map[string]network.APIKey{"app": {}}
	}
	trigger := func(t *testing.T, change func(*network.RestAPIArgs)) any {
		t.Helper()
		rec := restDoor(t, func(a *network.RestAPIArgs) { base(a); change(a) })
		return rec.Get(t, restDeployment, "door").Input("triggers.document")
	}
	before := trigger(t, func(*network.RestAPIArgs) {})
	if before == nil || before == "" {
		t.Fatal("the deployment has no trigger")
	}
	for name, change := range map[string]func(*network.RestAPIArgs){
		"a route more":           func(a *network.RestAPIArgs) { a.Routes = append(a.Routes, network.Route{Path: "/c"}) },
		"a route less":           func(a *network.RestAPIArgs) { a.Routes = a.Routes[:1] },
		"another method":         func(a *network.RestAPIArgs) { a.Routes[1].Methods = []string{"PUT"} },
		"another auth":           func(a *network.RestAPIArgs) { a.Routes[0].Auth = "iam" },
		"another target":         func(a *network.RestAPIArgs) { a.Routes[0].Target = resize },
		"the default":            func(a *network.RestAPIArgs) { a.Default = "deny" },
		"the timeout":            func(a *network.RestAPIArgs) { a.Timeout = 28 },
		"CORS":                   func(a *network.RestAPIArgs) { a.CORS = network.CORS{AllowOrigins: []string{"*"}} },
		"the public host header": func(a *network.RestAPIArgs) { a.PublicHostHeader = "x-public-host" },
		"the client IP header":   func(a *network.RestAPIArgs) { a.ClientIPHeader = "x-client-ip" },
		"the balancer's name":    func(a *network.RestAPIArgs) { a.LoadBalancerDNSName = pulumi.String("other.example") },
		"the listener's port":    func(a *network.RestAPIArgs) { a.ListenerPort = 8080 },
		"the server's name":      func(a *network.RestAPIArgs) { a.ServerName = "inside.example.com" },
		"the API's own address":  func(a *network.RestAPIArgs) { a.DomainName = pulumi.String("shop.example.com") },
	} {
		t.Run(name+" makes a new deployment", func(t *testing.T) {
			if trigger(t, change) == before {
				t.Error("it does not")
			}
		})
	}
	t.Run("another link makes a new deployment", func(t *testing.T) {
		link := func(id string) any {
			rec, err := record.Run(func(ctx *pulumi.Context) error {
				_, err := network.NewRestAPI(ctx, "door", restArgs())
				return err
			}, record.Options{IDs: map[string]string{"aws:apigateway/vpcLink:VpcLink": id}})
			if err != nil {
				t.Fatal(err)
			}
			return rec.Get(t, restDeployment, "door").Input("triggers.document")
		}
		if link("one") == link("two") || link("one") != link("one") {
			t.Error("it does not")
		}
	})
	for name, change := range map[string]func(*network.RestAPIArgs){
		"nothing":            func(*network.RestAPIArgs) {},
		"the throttle":       func(a *network.RestAPIArgs) { a.ThrottleBurst, a.ThrottleRate = 8, 12 },
		"a route's throttle": func(a *network.RestAPIArgs) { a.Routes[0].ThrottleRate = 1 },
		"the retention":      func(a *network.RestAPIArgs) { a.Retention = 30 },
		"the keys":           func(a *network.RestAPIArgs) { a.APIKeys["more"] = network.APIKey{Rate: 1} },
		"tracing":            func(a *network.RestAPIArgs) { a.Tracing = true },
		"the web ACL":        func(a *network.RestAPIArgs) { a.WebACLARN = "arn:acl" },
		"protection":         func(a *network.RestAPIArgs) { a.Protected = true },
		"the role for logs":  func(a *network.RestAPIArgs) { a.LogsRole, a.LogsRoleARN = "create", pulumi.String("arn:role") },
	} {
		t.Run(name+" makes none", func(t *testing.T) {
			if trigger(t, change) != before {
				t.Error("it does")
			}
		})
	}
}

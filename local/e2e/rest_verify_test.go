package e2e

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// verifiesDoor breaks a stack with a REST API, each time in one way, behind Pulumi's back, and sees that `make verify`
// reports it by the check for it.
func verifiesDoor(t *testing.T, exported map[string]string) {
	if broken := verified(t); len(broken) > 0 {
		t.Fatalf("before anything is broken, it reports %v", broken)
	}
	balancer := exported["loadBalancerArn"]
	groups := slices.DeleteFunc(elements(query(t, "elasticloadbalancing", "DescribeLoadBalancers", "LoadBalancerArns.member.1", balancer), "member"),
		func(text string) bool { return !strings.HasPrefix(text, "sg-") })
	if len(groups) != 1 {
		t.Fatalf("the load balancer's groups are %v", groups)
	}
	broken := func(name string, spoil, mend func(t *testing.T), want ...string) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			defer func() {
				mend(t)
				eventually(t, "it is mended", func() bool { return len(verified(t)) == 0 })
			}()
			spoil(t)
			if got := verified(t); !slices.Equal(got, want) {
				t.Errorf("it reports %v, want %v", got, want)
			}
		})
	}

	broken("a load balancer whose group admits anyone's address",
		func(t *testing.T) { query(t, "ec2", "AuthorizeSecurityGroupIngress", worldRule(groups[0])...) },
		func(t *testing.T) { query(t, "ec2", "RevokeSecurityGroupIngress", worldRule(groups[0])...) },
		"security-groups")

	enforce := func(mode string) func(*testing.T) {
		return func(t *testing.T) {
			query(t, "elasticloadbalancing", "SetSecurityGroups", "LoadBalancerArn", balancer, "SecurityGroups.member.1", groups[0],
				"EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic", mode)
		}
	}
	// Without an answer of the app no line has a latency of the integration.
	broken("a load balancer whose group, which admits nobody, holds for the VPC link too", enforce("on"), enforce("off"),
		"GET /", "GET /api/echo/a/deep/path", "POST /api/echo", "GET /api/health", "gateway-overhead", "security-groups")

	stages := "/restapis/" + exported["apiId"] + "/stages"
	broken("a stage that was made by hand, and has no access log", func(t *testing.T) {
		var live struct{ DeploymentID string }
		if err := json.Unmarshal(aws(t, "apigateway", http.MethodGet, stages+"/live", nil, nil), &live); err != nil {
			t.Fatal(err)
		}
		post(t, stages, map[string]any{"stageName": "test", "deploymentId": live.DeploymentID})
	}, func(t *testing.T) { aws(t, "apigateway", http.MethodDelete, stages+"/test", nil, nil) },
		"access-log")
}

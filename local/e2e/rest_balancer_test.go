package e2e

import (
	"net/http"
	"testing"
)

// throughTheBalancer is about the Network Load Balancer of a deployed REST API: no request is lost to a redeployment, and
// what its security groups block is named.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html
func throughTheBalancer(t *testing.T, s *site) {
	t.Run("a redeployment loses no request", func(t *testing.T) {
		build := buildAt(t, s.exported["url"])
		edit(t, "Pulumi.local.yaml", replace(`app.stopTimeout: "10"`, `app.stopTimeout: "11"`))
		people := visit(t, s.exported["url"])
		run(t, "up")
		people.saw(t, build)
		s.settled(t)
	})
	group := s.balancerGroup(t)
	enforce := func(t *testing.T, mode string) {
		t.Helper()
		query(t, "elasticloadbalancing", "SetSecurityGroups", "LoadBalancerArn", s.exported["loadBalancerArn"],
			"SecurityGroups.member.1", group, "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic", mode)
	}
	t.Run("the link is kept out where inbound rules are enforced on it, and told how to get in", func(t *testing.T) {
		enforce(t, "on")
		answer := s.answers(t, "/api/health", http.StatusInternalServerError)
		answer.explains(t, group, "has no ingress rule for TCP port 80 from 0.0.0.0/0", "Set enforceSecurityGroupInboundRulesOnPrivateLinkTraffic to off")
		s.logs(t, "/live/api/health", "500", "has no ingress rule for TCP port 80 from 0.0.0.0/0")
		enforce(t, "off")
		s.answers(t, "/api/health", http.StatusOK)
	})
}

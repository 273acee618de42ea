package e2e

import "testing"

// TestProduction is about the settings of production teams, as far as the local cloud can show what they do.
func TestProduction(t *testing.T) {
	t.Run("a second stack in the first one's VPC, behind its VPC link and in its cluster", secondStack)
	t.Run("egress by interface endpoints", egressByEndpoints)
	t.Run("scaling and Fargate Spot", scalingAndSpot)
	t.Run("a domain, HTTPS inside and a web ACL", domain)
	t.Run("variables, secrets and ECS Exec", whatTheAppRunsWith)
	t.Run("a prebuilt image", prebuiltImage)
	t.Run("a table of routes", routes)
	t.Run("alarms that can roll a deployment back, a dashboard, and a daily request", watchful)
}

package e2e

import (
	"slices"
	"strings"
	"testing"
)

// TestProtected deploys the careful stack's own settings; what is added is what this machine demands: its base image,
// and no wait for its tasks, which is tested elsewhere.
func TestProtected(t *testing.T) {
	edit(t, "Pulumi.prod.yaml", func(settings string) string {
		return strings.Replace(settings, "config:\n", strings.Join([]string{
			"config:",
			"  aws:maxRetries: \"3\"",
			"  sallyport:app.buildArgs:",
			"    BASE_IMAGE: localhost/sallyport/node:local",
			"  sallyport:app.waitForSteadyState: \"false\"",
			"",
		}, "\n"), 1)
	})
	destroyed(t)
	empty := inventory(t)

	t.Run("the prod stack has three zones, each with a NAT gateway, and is protected", func(t *testing.T) {
		run(t, "up", "-stack", "prod")
		made := more(empty, inventory(t))
		got := kinds(made)
		for kind, count := range map[string]int{"subnetId": 6, "natGatewayId": 3, "allocationId": 3, "LoadBalancerArn": 1, "vpcLinkId": 1, "TableNames": 1} {
			if got[kind] != count {
				t.Errorf("%d of %s, want %d", got[kind], kind, count)
			}
		}
		for _, one := range made {
			if table, found := strings.CutPrefix(one, "TableNames "); found {
				input := map[string]any{"TableName": table}
				protected := ask[struct {
					Table struct{ DeletionProtectionEnabled bool }
				}](t, "dynamodb", "DescribeTable", input).Table.DeletionProtectionEnabled
				backup := named(ask[map[string]any](t, "dynamodb", "DescribeContinuousBackups", input), "PointInTimeRecoveryStatus")
				if !protected || !slices.Equal(backup, []string{"ENABLED"}) {
					t.Errorf("the table is protected: %v, and its backup is %v", protected, backup)
				}
			}
			if arn, found := strings.CutPrefix(one, "LoadBalancerArn "); found {
				attributes := query(t, "elasticloadbalancing", "DescribeLoadBalancerAttributes", "LoadBalancerArn", arn)
				flat := strings.Join(strings.Fields(attributes), "")
				if !strings.Contains(flat, "<Key>deletion_protection.enabled</Key><Value>true</Value>") &&
					!strings.Contains(flat, "<Value>true</Value><Key>deletion_protection.enabled</Key>") {
					t.Errorf("the load balancer may be deleted: %s", attributes)
				}
			}
		}
	})
	if t.Failed() {
		t.FailNow()
	}
	t.Run("its destroy is refused before anything is deleted", func(t *testing.T) {
		before := inventory(t)
		destroy := fails(t, []string{"cannot be deleted", "protected", "aws:ecr/repository:Repository::sallyport-prod"}, "destroy", "-stack", "prod")
		if changes := destroy.changes(); len(changes) > 0 {
			t.Errorf("it did %v", changes)
		}
		if gone := more(inventory(t), before); len(gone) > 0 {
			t.Errorf("gone: %v", gone)
		}
	})
	t.Run("without its protection it is destroyed", func(t *testing.T) {
		edit(t, "Pulumi.prod.yaml", func(settings string) string {
			return strings.Replace(settings, `sallyport:protected: "true"`, `sallyport:protected: "false"`, 1)
		})
		run(t, "up", "-stack", "prod")
		run(t, "destroy", "-stack", "prod")
		if left := more(empty, inventory(t)); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}

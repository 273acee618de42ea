package compute

import (
	"fmt"
	"strings"
)

// rolledBack is an error where the service runs another task definition than the one that it was given. After a failed
// deployment ECS goes back to the one of before, which the provider takes for success: one deployment, and as many
// tasks running as desired. It does read back what the service runs.
// https://github.com/hashicorp/terraform-provider-aws/issues/20858
func rolledBack(service, cluster string, running *string, wanted string) error {
	if running == nil || *running == wanted {
		return nil
	}
	return fmt.Errorf("the new version does not run: ECS runs %s and not %s, since the deployment failed and was rolled back. "+
		"What its tasks died of is told by `aws ecs describe-services --cluster %s --services %s --query 'services[0].events[:10].message'` "+
		"and by the app's log. Mend the app and deploy again",
		revision(*running), revision(wanted), cluster, service)
}

// revision is FAMILY:REVISION of a task definition's ARN.
func revision(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

package balancer

import (
	"fmt"
	"strconv"
	"strings"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// health is what health checks have found of a target.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
type health struct {
	state     elbtypes.TargetHealthStateEnum
	reason    elbtypes.TargetHealthReasonEnum
	code      int // of the last ResponseCodeMismatch
	successes int // in a row
	failures  int // in a row
	// explanation says in plain words what the last check failed of; empty after one that passed.
	explanation string
}

// result is the outcome of one health check; a reason means that it failed.
type result struct {
	reason      elbtypes.TargetHealthReasonEnum
	code        int
	explanation string
}

// observe counts a health check. A registered target must pass one to be healthy; an unhealthy one must pass as many
// in a row as the healthy threshold says. It is unhealthy after as many failures in a row as the unhealthy threshold
// says; until then a new one stays initial, a healthy one healthy.
func (h *health) observe(r result, healthyThreshold, unhealthyThreshold int) {
	h.explanation = r.explanation
	if r.reason == "" {
		h.failures = 0
		h.successes++
		if h.state == elbtypes.TargetHealthStateEnumInitial || h.successes >= healthyThreshold {
			h.state, h.reason, h.code = elbtypes.TargetHealthStateEnumHealthy, "", 0
		}
		return
	}
	h.successes = 0
	h.failures++
	if h.state == elbtypes.TargetHealthStateEnumUnhealthy || h.failures >= unhealthyThreshold {
		h.state, h.reason, h.code = elbtypes.TargetHealthStateEnumUnhealthy, r.reason, r.code
	}
}

// descriptions go with the reason codes:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html#target-health-reason-codes
var descriptions = map[elbtypes.TargetHealthReasonEnum]string{
	elbtypes.TargetHealthReasonEnumRegistrationInProgress:   "Target registration is in progress",
	elbtypes.TargetHealthReasonEnumInitialHealthChecking:    "Initial health checks in progress",
	elbtypes.TargetHealthReasonEnumDeregistrationInProgress: "Target deregistration is in progress",
	elbtypes.TargetHealthReasonEnumFailedHealthChecks:       "Health checks failed",
	elbtypes.TargetHealthReasonEnumTimeout:                  "Request timed out",
	elbtypes.TargetHealthReasonEnumNotInUse:                 "Target group is not configured to receive traffic from the load balancer",
}

func (h *health) description() string {
	if h.reason == elbtypes.TargetHealthReasonEnumResponseCodeMismatch {
		return fmt.Sprintf("Health checks failed with these codes: [%d]", h.code)
	}
	return descriptions[h.reason]
}

// matcherHolds tells whether a status is one that the matcher of a target group takes: "200", "200,202" or "200-299";
// empty is 200. https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Matcher.html
func matcherHolds(matcher string, status int) bool {
	if matcher == "" {
		return status == 200
	}
	for part := range strings.SplitSeq(matcher, ",") {
		low, high, isRange := strings.Cut(strings.TrimSpace(part), "-")
		from, err := strconv.Atoi(strings.TrimSpace(low))
		if err != nil {
			continue
		}
		to := from
		if isRange {
			if to, err = strconv.Atoi(strings.TrimSpace(high)); err != nil {
				continue
			}
		}
		if from <= status && status <= to {
			return true
		}
	}
	return false
}

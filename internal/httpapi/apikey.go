package httpapi

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// APIKey is what whoever has one key of a REST API may do. Zero is no limit of the key's own.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
type APIKey struct {
	// Rate in requests a second and Burst in requests.
	Rate  int `json:"rate,omitempty"`
	Burst int `json:"burst,omitempty"`
	// Quota is how many requests there are in a Period: DAY, WEEK or MONTH. Both are set, or neither.
	Quota  int    `json:"quota,omitempty"`
	Period string `json:"period,omitempty"`
}

// Periods of a quota.
var Periods = []string{"DAY", "WEEK", "MONTH"}

// maxUsagePlans of an account and Region: each key has one.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
const maxUsagePlans = 300

// keyName leaves room for what Pulumi and the stack's name add to it.
var keyName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// KeyProblems says what AWS would refuse of API keys, each in a sentence that names the key.
func KeyProblems(keys map[string]APIKey) (wrong []string) {
	if n := len(keys); n > maxUsagePlans {
		wrong = append(wrong, fmt.Sprintf("there are %d keys with a usage plan each, and an account has room for %d", n, maxUsagePlans))
	}
	for name, key := range keys {
		fail := func(format string, values ...any) {
			wrong = append(wrong, fmt.Sprintf("%s: ", name)+fmt.Sprintf(format, values...))
		}
		if len(name) > 40 || !keyName.MatchString(name) {
			fail("the name is not 1 to 40 lower-case letters, digits and single hyphens between them")
		}
		if key.Rate < 0 || key.Rate > maxRate {
			fail("the rate is %d, and must be 1 to %d requests a second", key.Rate, maxRate)
		}
		if key.Burst < 0 || key.Burst > maxBurst {
			fail("the burst is %d, and must be 1 to %d requests", key.Burst, maxBurst)
		}
		switch {
		case key.Quota < 0:
			fail("the quota is %d, and must be 1 request or more", key.Quota)
		case (key.Quota == 0) != (key.Period == ""):
			fail("quota and period go together: set both, or neither")
		case key.Period != "" && !slices.Contains(Periods, key.Period):
			fail("the period %q is none of %s", key.Period, strings.Join(Periods, ", "))
		}
	}
	slices.Sort(wrong)
	return wrong
}

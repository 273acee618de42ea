package gateway

import (
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"sallyport/local/cloud/declared"
)

// usage is what the holders of API keys have asked for. Throttle and quota of a usage plan are those of each key, for all
// stages of the plan together:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
type usage struct {
	mu      sync.Mutex
	buckets throttles
	counts  map[[2]string]*count
}

// count is how many requests of a period were made.
type count struct {
	period time.Time // its beginning
	used   int
	first  bool // in which a quota may have an offset
}

// take takes one request of a key from its plan's limits; or it returns the answer, and why. A request that is throttled
// counts for no quota (AWS does not say).
func (u *usage) take(plan declared.UsagePlan, key string, now time.Time) (*failure, string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	name := [2]string{plan.ID, key}
	if plan.Throttle != nil {
		if u.buckets == nil {
			u.buckets = throttles{}
		}
		bucket := u.buckets.bucket(name, rate.Limit(plan.Throttle.RateLimit), plan.Throttle.BurstLimit)
		if !bucket.allow() {
			return &restThrottled, fmt.Sprintf("the usage plan %s lets each API key have %g requests a second, and %d at once", plan.Name, plan.Throttle.RateLimit, plan.Throttle.BurstLimit)
		}
	}
	if plan.Quota == nil {
		return nil, ""
	}
	if u.counts == nil {
		u.counts = map[[2]string]*count{}
	}
	begin := period(plan.Quota.Period, now)
	counted := u.counts[name]
	switch {
	case counted == nil:
		counted = &count{period: begin, first: true}
		u.counts[name] = counted
	case !counted.period.Equal(begin):
		*counted = count{period: begin}
	}
	limit := plan.Quota.Limit
	if counted.first {
		limit -= plan.Quota.Offset
	}
	if counted.used >= limit {
		return &quotaExceeded, fmt.Sprintf("the usage plan %s lets each API key make %d requests a %s, and this one has", plan.Name, limit, plan.Quota.Period)
	}
	counted.used++
	return nil, ""
}

// period is the beginning of a quota's period: midnight, of a Sunday for a week, and the first for a month, all in UTC.
// AWS does not say when periods begin.
func period(kind string, now time.Time) time.Time {
	year, month, day := now.UTC().Date()
	switch kind {
	case "WEEK":
		day -= int(now.UTC().Weekday())
	case "MONTH":
		day = 1
	}
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

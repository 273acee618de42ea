package gateway

import (
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	"golang.org/x/time/rate"
)

// The account's throttle in each Region, across all its APIs; some Regions have 2,500 and 1,250.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
const (
	accountRate  = 10000 // requests a second
	accountBurst = 5000  // requests
)

// throttle is a token bucket: one token a request.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
//
// A rate or a burst that is declared as zero lets nothing through. AWS does not say so for HTTP APIs; the provider
// sends a zero for a limit that is left out of a block which has the other one.
type throttle struct {
	limiter *rate.Limiter
	closed  bool
	kept    bool
}

func (t *throttle) allow() bool { return t == nil || !t.closed && t.limiter.Allow() }

// throttles are an API's own, by stage and route key.
type throttles map[[2]string]*throttle

// forRoute returns the throttle of a route in a stage, nil where nothing is declared. The settings of the route come
// before the stage's default ones, each by itself.
func (all throttles) forRoute(s apitypes.Stage, routeKey string) *throttle {
	perSecond, burst := routeLimits(s, routeKey)
	if perSecond == nil && burst == nil {
		return nil
	}
	limit, size := rate.Limit(accountRate), accountBurst
	if perSecond != nil {
		limit = rate.Limit(*perSecond)
	}
	if burst != nil {
		size = int(*burst)
	}
	return all.bucket([2]string{aws.ToString(s.StageName), routeKey}, limit, size)
}

// bucket returns the bucket of a name, which stays as full as it is while its limits do.
func (all throttles) bucket(name [2]string, limit rate.Limit, size int) *throttle {
	known := all[name]
	if known == nil || known.limiter.Limit() != limit || known.limiter.Burst() != size {
		known = &throttle{limiter: rate.NewLimiter(limit, size), closed: limit <= 0 || size <= 0}
		all[name] = known
	}
	known.kept = true
	return known
}

func routeLimits(s apitypes.Stage, routeKey string) (perSecond *float64, burst *int32) {
	if own, ok := s.RouteSettings[routeKey]; ok {
		perSecond, burst = own.ThrottlingRateLimit, own.ThrottlingBurstLimit
	}
	if common := s.DefaultRouteSettings; common != nil {
		if perSecond == nil {
			perSecond = common.ThrottlingRateLimit
		}
		if burst == nil {
			burst = common.ThrottlingBurstLimit
		}
	}
	return perSecond, burst
}

// sweep forgets the throttles that are declared no more.
func (all throttles) sweep() {
	for key, t := range all {
		if !t.kept {
			delete(all, key)
		}
		t.kept = false
	}
}

// accounts are the throttles of the account, by Region.
type accounts struct {
	mu       sync.Mutex
	byRegion map[string]*throttle
}

func (a *accounts) in(region string) *throttle {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.byRegion == nil {
		a.byRegion = map[string]*throttle{}
	}
	if a.byRegion[region] == nil {
		a.byRegion[region] = &throttle{limiter: rate.NewLimiter(accountRate, accountBurst)}
	}
	return a.byRegion[region]
}

package gateway

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"sallyport/local/cloud/declared"
)

func settings(burst int32, perSecond float64) apitypes.RouteSettings {
	return apitypes.RouteSettings{ThrottlingBurstLimit: &burst, ThrottlingRateLimit: &perSecond}
}

// The rules are of https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
func TestThrottle(t *testing.T) {
	throttled := func(t *testing.T, stage apitypes.Stage) *stand {
		return newStand(t, func(api *declared.API) {
			stage.StageName, stage.AutoDeploy = aws.String("$default"), aws.Bool(true)
			api.Stages["$default"], api.Routes = stage, routes("$default", "GET /own")
		})
	}
	// passed counts how many of n requests at once get through.
	passed := func(t *testing.T, s *stand, path string, n int) int {
		count := 0
		for range n {
			answer := s.send("GET", path, "")
			switch {
			case answer.Code == 200:
				count++
			case answer.Code != 429 || answer.Body.String() != `{"message":"Too Many Requests"}`:
				t.Errorf("%d %s", answer.Code, answer.Body)
			}
		}
		return count
	}
	t.Run("a burst passes, then as many as the rate lets in", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := throttled(t, apitypes.Stage{DefaultRouteSettings: new(settings(5, 2))})
			if got := passed(t, s, "/", 9); got != 5 {
				t.Errorf("%d at once, want 5", got)
			}
			time.Sleep(time.Second)
			if got := passed(t, s, "/", 9); got != 2 {
				t.Errorf("%d a second later, want 2", got)
			}
			time.Sleep(time.Hour)
			if got := passed(t, s, "/", 9); got != 5 {
				t.Errorf("%d an hour later, want 5", got)
			}
		})
	})
	t.Run("a route has a bucket and settings of its own", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := throttled(t, apitypes.Stage{DefaultRouteSettings: new(settings(5, 2)), RouteSettings: map[string]apitypes.RouteSettings{
				"GET /own": {ThrottlingBurstLimit: aws.Int32(3)},
			}})
			if got := passed(t, s, "/own", 9); got != 3 {
				t.Errorf("%d, want 3", got)
			}
			time.Sleep(time.Second)
			if got := passed(t, s, "/own", 9); got != 2 {
				t.Errorf("%d a second later, want 2, which is the stage's rate", got)
			}
			if got := passed(t, s, "/", 9); got != 5 {
				t.Errorf("%d, want 5: the other route's bucket is untouched", got)
			}
		})
	})
	t.Run("zero lets nothing in", func(t *testing.T) {
		for _, zero := range []apitypes.RouteSettings{settings(0, 10), settings(10, 0)} {
			s := throttled(t, apitypes.Stage{DefaultRouteSettings: &zero})
			if got := passed(t, s, "/", 3); got != 0 {
				t.Errorf("%d", got)
			}
		}
	})
	t.Run("without settings, the account has 5000 at once and 10000 a second", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := throttled(t, apitypes.Stage{})
			if got := passed(t, s, "/", 5010); got != 5000 {
				t.Errorf("%d at once, want 5000", got)
			}
			time.Sleep(100 * time.Millisecond)
			if got := passed(t, s, "/", 1010); got != 1000 {
				t.Errorf("%d a tenth of a second later, want 1000", got)
			}
		})
	})
	t.Run("a change elsewhere does not fill the bucket, and a new limit holds at once", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := throttled(t, apitypes.Stage{DefaultRouteSettings: new(settings(5, 1))})
			passed(t, s, "/", 5)
			api := s.snapshot.APIs["abc"]
			s.declare(api)
			if got := passed(t, s, "/", 5); got != 0 {
				t.Errorf("%d after a change elsewhere, want 0", got)
			}
			stage := api.Stages["$default"]
			stage.DefaultRouteSettings = new(settings(7, 1))
			api.Stages["$default"] = stage
			s.declare(api)
			if got := passed(t, s, "/", 9); got != 7 {
				t.Errorf("%d with the new limit, want 7", got)
			}
			api.Routes = routes("$default")
			s.declare(api)
			if s.send("GET", "/", ""); len(s.api.throttles) != 1 {
				t.Errorf("%d buckets for one route", len(s.api.throttles))
			}
		})
	})
}

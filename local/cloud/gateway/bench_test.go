package gateway

import (
	"testing"

	"golang.org/x/time/rate"
)

// The handler alone: route, throttle, headers and log line, with a backend that answers at once.
func BenchmarkGateway(b *testing.B) {
	s := logged(b, programFormat)
	api := s.snapshot.APIs["abc"]
	api.Routes = routes("GET /pets/{id}", "GET /pets/dog", "ANY /{proxy+}", "$default")
	s.declare(api)
	s.gateway.AccessLog = func(string, string, string) {}
	s.gateway.accounts.byRegion = map[string]*throttle{"eu-west-1": {limiter: rate.NewLimiter(rate.Inf, 1)}}
	b.ReportAllocs()
	for b.Loop() {
		if answer := s.send("GET", "/pets/1?a=b", ""); answer.Code != 200 {
			b.Fatal(answer.Code)
		}
	}
}

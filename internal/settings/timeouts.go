package settings

import "fmt"

// checkTimeouts holds the timeouts along the path of a request against each other. A connection must be closed first by
// whoever is nearest to the client; otherwise a request can be sent into a connection that is already gone, and the
// client gets a 502. And a task may go only when no request can be left in it.
func checkTimeouts(s *Settings, valid func(keys ...string) bool) (problems []*problem) {
	type pair struct {
		key, other string
		least      int
		why        string
	}
	values := map[string]int{
		"gateway.timeout":                  s.Gateway.Timeout,
		"loadBalancer.idleTimeout":         s.LoadBalancer.IdleTimeout,
		"app.keepAlive":                    s.App.KeepAlive,
		"loadBalancer.deregistrationDelay": s.LoadBalancer.DeregistrationDelay,
		"app.stopTimeout":                  s.App.StopTimeout,
	}
	pairs := []pair{
		{
			"loadBalancer.idleTimeout", "gateway.timeout", 1,
			"Otherwise the load balancer gives up on a slow answer that API Gateway still waits for. " +
				aws + "elasticloadbalancing/latest/application/edit-load-balancer-attributes.html",
		},
		{
			"app.keepAlive", "loadBalancer.idleTimeout", 1,
			"Otherwise the app closes a connection just when the load balancer sends a request into it: a 502. " +
				aws + "elasticloadbalancing/latest/application/edit-load-balancer-attributes.html",
		},
		{
			"loadBalancer.deregistrationDelay", "gateway.timeout", 0,
			"Otherwise a deployment cuts requests that API Gateway still waits for. " +
				aws + "elasticloadbalancing/latest/application/edit-target-group-attributes.html",
		},
		{
			"app.stopTimeout", "loadBalancer.deregistrationDelay", 1,
			"Otherwise a task is killed while the load balancer still waits for its last answers. " +
				aws + "AmazonECS/latest/developerguide/load-balancer-types.html",
		},
	}
	for _, p := range pairs {
		other := values[p.other]
		// A Network Load Balancer passes connections on: it is API Gateway itself that holds those to the app.
		if s.Gateway.REST() && (p.key == "loadBalancer.idleTimeout" || p.other == "loadBalancer.idleTimeout") {
			continue
		}
		if !valid(p.key, p.other) || values[p.key] >= other+p.least {
			continue
		}
		relation := "at least"
		if p.least == 1 {
			relation = "more than"
		}
		problems = append(problems, &problem{
			key:     p.key,
			wrong:   fmt.Sprintf("it must be %s %s, which is %d", relation, p.other, other),
			allowed: fmt.Sprintf("%d seconds or more, or less for %s", other+p.least, p.other),
			why:     p.why,
		})
	}
	return problems
}

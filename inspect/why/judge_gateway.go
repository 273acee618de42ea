package why

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// judgeGateway says what is wrong before the load balancer.
func (f *facts) judgeGateway(v *verdict) {
	f.judgeLink(v)
	if f.noLogsRole {
		// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
		v.blame("API Gateway has no role to write the logs of REST APIs with in this account and Region, so it refuses a stage with an access log",
			"set gateway.logsRole to create, or have whoever owns the account's settings name a role in them")
	}
}

func (f *facts) judgeLink(v *verdict) {
	switch {
	case f.link == nil:
		return
	case f.link.gone:
		v.blame(fmt.Sprintf("the VPC link of the %s is gone: Pulumi's state has it, and AWS does not", f.link.of),
			"pulumi refresh notes what is gone, and another update makes it again")
		return
	case f.link.status == "" || f.link.status == "AVAILABLE":
		return
	}
	says := fmt.Sprintf("the VPC link of the %s is %s", f.link.of, f.link.status)
	if message := strings.TrimSuffix(f.link.message, "."); message != "" {
		says += ": " + message
	}
	// A link of an HTTP API that no request has used for 60 days is INACTIVE:
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vpc-links.html
	todo := "wait until it is AVAILABLE, which takes some minutes"
	switch f.link.status {
	case "INACTIVE":
		todo = "send a request: it wakes the link, which takes some minutes"
	case "FAILED":
		todo = "delete the link, and update: it is made anew"
		if f.link.of == "REST API" { // API Gateway keeps a link that a deployment names
			todo = "mend what the message names, and update with --replace and the link's URN, which pulumi stack --show-urns tells: the link is made anew"
		}
	}
	v.blame(says, todo)
}

func (f *facts) judgeTargets(v *verdict) {
	var causes []cause
	count := map[cause]int{}
	serving := 0
	for _, t := range f.targets {
		if t.TargetHealth == nil {
			continue
		}
		state, code := string(t.TargetHealth.State), string(t.TargetHealth.Reason)
		switch state {
		case "healthy":
			serving++
			v.healthy++
		case "initial":
			serving++
		case "unhealthy", "unused", "unavailable":
			serving++
			c := causeOfHealth(code, aws.ToString(t.TargetHealth.Description), f.check())
			c.says = state + ": " + c.says
			if count[c]++; count[c] == 1 {
				causes = append(causes, c)
			}
		}
	}
	for _, c := range causes {
		is := "is"
		if count[c] > 1 {
			is = "are"
		}
		v.blame(fmt.Sprintf("%s of the load balancer %s %s", number(count[c], "target"), is, c.says), c.todo)
	}
	if f.group != nil && serving == 0 && f.service.DesiredCount > 0 {
		says := "the load balancer has no target that takes requests, so it answers 503"
		if f.check().network {
			says = "the load balancer has no target that takes connections, so no request gets an answer of the app"
		}
		v.blame(says, "")
	}
}

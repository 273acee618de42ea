package verify

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// explanation is the header in which a local cloud says why it refuses; AWS sends none.
const explanation = "Sallyport-Explanation"

func judgeNoProbes(*Facts) Finding {
	return fail("the stack exports no probes", "Run `make up`: the stack was deployed by a version that did not export them, or not at all.")
}

func judgeProbe(f *Facts, p Probe) Finding {
	i := slices.IndexFunc(f.Answers, func(a Answer) bool { return a.Probe == p })
	if i < 0 {
		return later("the request was not sent", "Run `make verify` again.")
	}
	answer := f.Answers[i]
	if answer.Status == 0 {
		why := "no answer"
		if answer.Err != nil {
			why += ": " + oneLine(answer.Err.Error())
		}
		return later(why, fmt.Sprintf("Try `curl -i %s`. The name of a new API takes a minute to be known everywhere; else look at this machine's network.", f.Outputs.URL))
	}
	seen := fmt.Sprintf("%d %s in %d ms", answer.Status, http.StatusText(answer.Status), answer.Took.Round(time.Millisecond).Milliseconds())
	if told := answer.Header.Get(explanation); told != "" {
		seen += ", explained: " + oneLine(told)
	}
	switch {
	case answer.Status == http.StatusOK:
		return pass(seen)
	case answer.Status == http.StatusTooManyRequests:
		return later(seen, "Requests are throttled: wait, or raise gateway.throttleRate and gateway.throttleBurst.")
	case answer.Status >= 500:
		return later(seen, lookAt(answer.Status)+" `make why` tells what broke.")
	}
	return fail(seen, "See with `make logs` what the app makes of this request; where it need not answer 200, change app.probes.")
}

// lookAt says where a server error comes from.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
func lookAt(status int) string {
	switch status {
	case http.StatusBadGateway:
		return "A task closed the connection or could not be reached: look at the checks targets and app-log."
	case http.StatusServiceUnavailable:
		return "There is no task to ask, or no way to it: look at the checks targets and vpc-link."
	case http.StatusGatewayTimeout:
		return "No answer came in time: look at the checks security-groups and targets."
	}
	return "The app or the gateway failed: look at `make logs` and at the checks targets and vpc-link."
}

func judgeLinks(f *Facts) Finding {
	if f.Outputs.REST {
		return judgeRestLinks(f)
	}
	var problems []problem
	var good, judged []string
	for _, in := range f.Integrations {
		id := aws.ToString(in.ConnectionId)
		if in.ConnectionType != apitypes.ConnectionTypeVpcLink || slices.Contains(judged, id) {
			continue
		}
		judged = append(judged, id)
		i := slices.IndexFunc(f.Links, func(l apitypes.VpcLink) bool { return aws.ToString(l.VpcLinkId) == id })
		if i < 0 {
			problems = append(problems, problem{what: fmt.Sprintf("VPC link %q of the integration does not exist", id), todo: redeploy})
			continue
		}
		what := fmt.Sprintf("VPC link %s is %s", id, f.Links[i].VpcLinkStatus)
		if told := aws.ToString(f.Links[i].VpcLinkStatusMessage); told != "" {
			what += ": " + oneLine(told)
		}
		switch f.Links[i].VpcLinkStatus {
		case apitypes.VpcLinkStatusAvailable:
			good = append(good, what)
		case apitypes.VpcLinkStatusPending:
			problems = append(problems, problem{what, "Wait: AWS makes the link's network interfaces, which takes some minutes.", true})
		case apitypes.VpcLinkStatusInactive:
			// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vpc-links.html
			problems = append(problems, problem{what, "AWS pauses a link after 60 days without traffic. These requests wake it: wait some minutes and run `make verify` again.", true})
		default:
			problems = append(problems, problem{what: what, todo: "Mend what the message names, delete the link with `aws apigatewayv2 delete-vpc-link --vpc-link-id " + id + "`, and have it made anew with `make up ARGS=--refresh`."})
		}
	}
	if len(judged) == 0 {
		return fail("no integration of the API uses a VPC link", redeploy)
	}
	return verdict(problems, some(good, "; "))
}

// redeploy is what mends a stack that is not as it was declared.
const redeploy = "Something was changed by hand or is missing: `make preview ARGS=--refresh` shows what, and `make up ARGS=--refresh` puts it right."

func judgeTargets(f *Facts) Finding {
	var problems []problem
	for _, broken := range pathBreaks(f) {
		problems = append(problems, problem{what: broken, todo: redeploy})
	}
	addresses := map[string]bool{}
	for _, t := range f.Tasks {
		if ip := detail(t, "privateIPv4Address"); ip != "" && f.served() != nil {
			addresses[address(&ip, f.served().ContainerPort)] = true
		}
	}
	var good []string
	for _, t := range f.Targets {
		if isDraining(t) {
			continue
		}
		at := targetAddress(t)
		switch {
		case t.TargetHealth == nil || t.TargetHealth.State != elbtypes.TargetHealthStateEnumHealthy:
			problems = append(problems, problem{fmt.Sprintf("target %s is %s", at, health(t.TargetHealth)),
				"A new task takes some seconds. If it stays so, `make why` tells more: the health check asks app.healthPath and wants 200.", true})
		case !addresses[at] && f.served() != nil: // else it is a break of the path
			problems = append(problems, problem{fmt.Sprintf("target %s is no task of the service", at),
				"A task that has just stopped goes away by itself; else find out who registered this target, and deregister it.", true})
		default:
			good = append(good, at)
		}
	}
	if len(good) == 0 && len(problems) == 0 {
		return later("the target group has no target", "A new task takes some seconds. If it stays so, `make why` tells why no task runs.")
	}
	return verdict(problems, fmt.Sprintf("%s healthy: %s", count(len(good), "target"), some(good, ", ")))
}

func isDraining(t elbtypes.TargetHealthDescription) bool {
	return t.TargetHealth != nil && strings.HasSuffix(string(t.TargetHealth.State), "draining")
}

func targetAddress(t elbtypes.TargetHealthDescription) string {
	if t.Target == nil {
		return "without an address"
	}
	return address(t.Target.Id, t.Target.Port)
}

// health is a target's state with the reason and description that AWS gives:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
func health(h *elbtypes.TargetHealth) string {
	if h == nil || h.State == "" {
		return "in no known state"
	}
	text := string(h.State)
	if h.Reason != "" {
		text += ", " + string(h.Reason)
	}
	if told := aws.ToString(h.Description); told != "" {
		text += ": " + oneLine(told)
	}
	return text
}

package verify

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	resttypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// methodBreaks are the places where the way of a request by a REST API leaves the stack: from a stage by a method and its
// VPC link to the load balancer, a listener and the target group.
func methodBreaks(f *Facts) []string {
	var breaks []string
	if len(f.Rest.Stages) == 0 {
		breaks = append(breaks, "the API has no stage")
	}
	if len(f.Rest.Methods) == 0 {
		breaks = append(breaks, "no stage serves a method")
	}
	served := false
	for _, m := range f.Rest.Methods {
		if m.Integration.elsewhere() {
			continue
		}
		served = true
		if broken := methodBreak(f, m.Integration); broken != "" {
			breaks = append(breaks, fmt.Sprintf("%s %s", m, broken))
		}
	}
	if len(f.Rest.Methods) > 0 && !served {
		breaks = append(breaks, "no method leads to the load balancer")
	}
	return breaks
}

// methodBreak says where a method leaves the stack, if it does. A link that does not exist is the business of the check
// of links.
func methodBreak(f *Facts, in Integration) string {
	if !in.byLink() {
		return fmt.Sprintf("leads to %q without a VPC link", in.URI)
	}
	i := slices.IndexFunc(f.Rest.Links, func(l resttypes.VpcLink) bool { return aws.ToString(l.Id) == in.ConnectionID })
	if i < 0 {
		return ""
	}
	if targets := f.Rest.Links[i].TargetArns; !slices.Equal(targets, []string{f.Outputs.LoadBalancerARN}) {
		return fmt.Sprintf("leads by VPC link %s to %q, and not to the stack's load balancer", in.ConnectionID, targets)
	}
	port := portOf(in.URI)
	i = slices.IndexFunc(f.Listeners, func(l elbtypes.Listener) bool { return aws.ToInt32(l.Port) == port })
	if port == 0 || i < 0 {
		return fmt.Sprintf("leads to %q, where the stack's load balancer has no listener", in.URI)
	}
	return groupBreak(f, f.Listeners[i])
}

// portOf is the port of the URI of an integration; 0 where it has none.
func portOf(uri string) int32 {
	// A variable such as {proxy} is no part of the host.
	scheme, rest, _ := strings.Cut(uri, "://")
	host, _, _ := strings.Cut(rest, "/")
	u, err := url.Parse(scheme + "://" + host)
	if err != nil || u.Hostname() == "" {
		return 0
	}
	if text := u.Port(); text != "" {
		port, _ := strconv.ParseInt(text, 10, 32)
		return int32(port)
	}
	return map[string]int32{"http": 80, "https": 443}[u.Scheme]
}

func judgeRestLinks(f *Facts) Finding {
	var problems []problem
	var good, judged []string
	for _, m := range f.Rest.Methods {
		id := m.Integration.ConnectionID
		if !m.Integration.byLink() || slices.Contains(judged, id) {
			continue
		}
		judged = append(judged, id)
		i := slices.IndexFunc(f.Rest.Links, func(l resttypes.VpcLink) bool { return aws.ToString(l.Id) == id })
		if i < 0 {
			problems = append(problems, problem{what: fmt.Sprintf("VPC link %q of %s does not exist", id, m), todo: redeploy})
			continue
		}
		what := fmt.Sprintf("VPC link %s is %s", id, f.Rest.Links[i].Status)
		switch f.Rest.Links[i].Status {
		case resttypes.VpcLinkStatusAvailable:
			good = append(good, what)
			continue
		case resttypes.VpcLinkStatusPending:
			problems = append(problems, problem{linkText(what, f.Rest.Links[i]), "Wait: AWS connects the link to the load balancer, which takes some minutes.", true})
		default:
			problems = append(problems, problem{what: linkText(what, f.Rest.Links[i]), todo: "Mend what the message names, and have the link made anew with `make up ARGS='--replace URN'`; `pulumi stack --show-urns` tells its URN."})
		}
	}
	if len(judged) == 0 {
		return fail("no method of the API uses a VPC link", redeploy)
	}
	return verdict(problems, some(good, "; "))
}

// linkText adds what AWS says of a link, which it does of one that is well too.
func linkText(what string, l resttypes.VpcLink) string {
	if message := aws.ToString(l.StatusMessage); message != "" {
		return what + ": " + oneLine(message)
	}
	return what
}

package balancer

import (
	"fmt"
	"iter"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Unsupported returns a sentence for each feature that a call of the Elastic Load Balancing API declares and that
// these load balancers would not obey. The form is that of the query protocol, such as
// DefaultActions.member.1.Type=forward. What is only stored and changes no answer, such as access logs, is not named.
func Unsupported(action string, form url.Values) []string {
	var found []string
	refuse := func(format string, args ...any) {
		if sentence := fmt.Sprintf(format, args...); !slices.Contains(found, sentence) {
			found = append(found, sentence)
		}
	}
	get := form.Get
	switch action {
	case "CreateLoadBalancer":
		if t := get("Type"); t != "" && t != "application" {
			refuse("The local cloud has no %s load balancers, only those of the type application.", t)
		}
		refuseDualStack(get("IpAddressType"), refuse)
	case "SetIpAddressType":
		refuseDualStack(get("IpAddressType"), refuse)
	case "ModifyLoadBalancerAttributes":
		if attributes(form)["routing.http.xff_client_port.enabled"] == "true" {
			refuse("The local cloud does not support the load balancer attribute routing.http.xff_client_port.enabled.")
		}
	case "CreateListener", "ModifyListener":
		if p := get("Protocol"); p != "" && p != "HTTP" && p != "HTTPS" {
			refuse("The local cloud does not support listeners with the protocol %s, only HTTP and HTTPS.", p)
		}
		if mode := get("MutualAuthentication.Mode"); mode != "" && mode != "off" {
			refuse("The local cloud does not support mutual TLS (MutualAuthentication.Mode %s).", mode)
		}
		if arn := get("Certificates.member.1.CertificateArn"); strings.Contains(arn, ":iam:") {
			refuse("The local cloud does not support server certificates of IAM (%s), only those of AWS Certificate Manager.", arn)
		}
		refuseActions(form, refuse)
	case "AddListenerCertificates":
		refuse("The local cloud does not support more certificates of a listener than its default one (AddListenerCertificates).")
	case "ModifyListenerAttributes":
		for key, value := range sorted(attributes(form)) {
			if value != "" && (key != "routing.http.response.server.enabled" || value != "true") {
				refuse("The local cloud does not support the listener attribute %s.", key)
			}
		}
	case "CreateRule", "ModifyRule":
		refuseActions(form, refuse)
	case "CreateTargetGroup", "ModifyTargetGroup":
		refuseTargetGroup(action, form, refuse)
	case "ModifyTargetGroupAttributes":
		refuseTargetGroupAttributes(attributes(form), refuse)
	}
	return found
}

type refusal func(format string, args ...any)

func refuseDualStack(ipAddressType string, refuse refusal) {
	if strings.HasPrefix(ipAddressType, "dualstack") {
		refuse("The local cloud does not support the IP address type %s, only ipv4.", ipAddressType)
	}
}

var (
	actionType  = regexp.MustCompile(`^(DefaultActions|Actions)\.member\.\d+\.Type$`)
	stickyGroup = regexp.MustCompile(`\.ForwardConfig\.TargetGroupStickinessConfig\.Enabled$`)
	regexValue  = regexp.MustCompile(`^Conditions\.member\.\d+\.(.*\.)?RegexValues\.`)
)

func refuseActions(form url.Values, refuse refusal) {
	for _, key := range slices.Sorted(maps.Keys(form)) {
		value := form.Get(key)
		switch {
		case actionType.MatchString(key):
			if value != "forward" && value != "redirect" && value != "fixed-response" {
				refuse("The local cloud does not support %s actions.", value)
			}
		case stickyGroup.MatchString(key):
			if value == "true" {
				refuse("The local cloud does not support target group stickiness.")
			}
		case regexValue.MatchString(key):
			refuse("The local cloud does not support conditions with regular expressions (RegexValues).")
		case strings.HasPrefix(key, "Transforms.member."):
			refuse("The local cloud does not support transforms of rules.")
		}
	}
}

func refuseTargetGroup(action string, form url.Values, refuse refusal) {
	targetType := form.Get("TargetType")
	if action == "CreateTargetGroup" && targetType == "" {
		targetType = "instance" // the API's default
	}
	if targetType != "" && targetType != "ip" {
		refuse("The local cloud does not support targets of the type %s, only ip.", targetType)
	}
	if p := form.Get("Protocol"); p != "" && p != "HTTP" {
		refuse("The local cloud does not support target groups with the protocol %s, only HTTP.", p)
	}
	if v := form.Get("ProtocolVersion"); v != "" && v != "HTTP1" {
		refuse("The local cloud does not support target groups with the protocol version %s, only HTTP1.", v)
	}
	if p := form.Get("HealthCheckProtocol"); p != "" && p != "HTTP" {
		refuse("The local cloud does not support health checks with the protocol %s, only HTTP.", p)
	}
	if form.Get("HealthCheckEnabled") == "false" {
		refuse("Health checks can be disabled for Lambda targets only, which the local cloud does not support.")
	}
	if t := form.Get("IpAddressType"); t != "" && t != "ipv4" {
		refuse("The local cloud does not support target groups with the IP address type %s, only ipv4.", t)
	}
	if form.Get("TargetControlPort") != "" {
		refuse("The local cloud does not support the target optimizer (TargetControlPort).")
	}
}

// refuseTargetGroupAttributes refuses attributes that are set to something else than their default, since providers
// send defaults too.
func refuseTargetGroupAttributes(set map[string]string, refuse refusal) {
	defaults := map[string]string{
		"stickiness.enabled":          "false",
		"slow_start.duration_seconds": "0",
		"target_group_health.unhealthy_state_routing.minimum_healthy_targets.count":      "1",
		"target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
		"load_balancing.algorithm.anomaly_mitigation":                                    "off",
	}
	for key, value := range sorted(set) {
		if standard, ok := defaults[key]; ok && value != standard {
			refuse("The local cloud does not support the target group attribute %s with the value %s, only %s.", key, value, standard)
		}
		if key == "load_balancing.algorithm.type" && value != "round_robin" && value != "least_outstanding_requests" {
			refuse("The local cloud does not support the load balancing algorithm %s.", value)
		}
	}
}

// sorted goes through a map in the order of its keys, so that sentences always come in the same order.
func sorted(m map[string]string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if !yield(key, m[key]) {
				return
			}
		}
	}
}

// attributes reads Attributes.member.N.Key and Attributes.member.N.Value.
func attributes(form url.Values) map[string]string {
	read := map[string]string{}
	for name := range form {
		if member, ok := strings.CutSuffix(name, ".Key"); ok && strings.HasPrefix(member, "Attributes.member.") {
			read[form.Get(name)] = form.Get(member + ".Value")
		}
	}
	return read
}

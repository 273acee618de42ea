package balancer

import (
	"fmt"
	"iter"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
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
		if t := get("Type"); t != "" && t != "application" && t != "network" {
			refuse("The local cloud has no %s load balancers, only those of the types application and network.", t)
		}
		refuseDualStack(get("IpAddressType"), refuse)
		refuseSubnetMappings(form, refuse)
	case "SetSubnets":
		refuseDualStack(get("IpAddressType"), refuse)
		refuseSubnetMappings(form, refuse)
	case "SetIpAddressType":
		refuseDualStack(get("IpAddressType"), refuse)
	case "ModifyLoadBalancerAttributes":
		if attributes(form)["routing.http.xff_client_port.enabled"] == "true" {
			refuse("The local cloud does not support the load balancer attribute routing.http.xff_client_port.enabled.")
		}
	case "CreateListener", "ModifyListener":
		if p := get("Protocol"); p != "" && !slices.Contains([]string{"HTTP", "HTTPS", "TCP", "TLS"}, p) {
			refuse("The local cloud does not support listeners with the protocol %s, only HTTP, HTTPS, TCP and TLS.", p)
		}
		if policy := get("AlpnPolicy.member.1"); policy != "" && policy != "None" {
			refuse("The local cloud does not support ALPN (AlpnPolicy %s): a TLS listener agrees on no protocol with its clients.", policy)
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
			switch {
			case key == "tcp.idle_timeout.seconds":
				refuseOutside("idle timeout of a TCP listener", value, 60, 6000, refuse)
			case value != "" && (key != "routing.http.response.server.enabled" || value != "true"):
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

// refuseSubnetMappings refuses addresses of one's own choosing: those of nodes follow from the load balancer's name.
func refuseSubnetMappings(form url.Values, refuse refusal) {
	for _, key := range slices.Sorted(maps.Keys(form)) {
		mapping, ok := strings.CutPrefix(key, "SubnetMappings.member.")
		if _, field, _ := strings.Cut(mapping, "."); ok && field != "SubnetId" && form.Get(key) != "" {
			refuse("The local cloud does not support the subnet mapping's %s: the addresses of a load balancer can't be chosen.", field)
		}
	}
}

// refuseOutside refuses a number that AWS does not take either.
func refuseOutside(what, value string, low, high int, refuse refusal) {
	if n, err := strconv.Atoi(value); value != "" && (err != nil || n < low || n > high) {
		refuse("The %s must be %d to %d, and is %s.", what, low, high, value)
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
	protocol, check := form.Get("Protocol"), form.Get("HealthCheckProtocol")
	if protocol != "" && protocol != "HTTP" && protocol != "TCP" {
		refuse("The local cloud does not support target groups with the protocol %s, only HTTP and TCP.", protocol)
	}
	if v := form.Get("ProtocolVersion"); v != "" && v != "HTTP1" {
		refuse("The local cloud does not support target groups with the protocol version %s, only HTTP1.", v)
	}
	switch {
	case check != "" && check != "HTTP" && check != "TCP":
		refuse("The local cloud does not support health checks with the protocol %s, only HTTP and, for target groups with the protocol TCP, TCP.", check)
	case check == "TCP" && protocol == "HTTP":
		refuse("Health checks with the protocol TCP are for target groups of Network Load Balancers, and this one has the protocol HTTP.")
	}
	refuseHealthCheck(form, refuse)
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

// refuseHealthCheck refuses what is out of range, as AWS does:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html and
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Matcher.html
func refuseHealthCheck(form url.Values, refuse refusal) {
	refuseOutside("health check interval in seconds", form.Get("HealthCheckIntervalSeconds"), 5, 300, refuse)
	refuseOutside("health check timeout in seconds", form.Get("HealthCheckTimeoutSeconds"), 2, 120, refuse)
	refuseOutside("healthy threshold", form.Get("HealthyThresholdCount"), 2, 10, refuse)
	refuseOutside("unhealthy threshold", form.Get("UnhealthyThresholdCount"), 2, 10, refuse)
	last := 599
	if form.Get("Protocol") == "HTTP" {
		last = 499
	}
	for _, status := range strings.FieldsFunc(form.Get("Matcher.HttpCode"), func(r rune) bool { return r == ',' || r == '-' }) {
		refuseOutside("status that a health check takes", strings.TrimSpace(status), 200, last, refuse)
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
		"target_group_health.dns_failover.minimum_healthy_targets.percentage":            "off",
		"load_balancing.algorithm.anomaly_mitigation":                                    "off",
		"proxy_protocol_v2.enabled":                                                      "false",
		"target_health_state.unhealthy.draining_interval_seconds":                        "0",
	}
	for key, value := range sorted(set) {
		if standard, ok := defaults[key]; ok && value != standard {
			refuse("The local cloud does not support the target group attribute %s with the value %s, only %s.", key, value, standard)
		}
		// The provider's own default turns it off, and there is no DNS to fail over here.
		if key == "target_group_health.dns_failover.minimum_healthy_targets.count" && value != "1" && value != "off" {
			refuse("The local cloud does not support the target group attribute %s with the value %s, only 1 or off.", key, value)
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

package settings

import (
	"fmt"
	"regexp"
	"strings"
)

var hostLabel = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// checkHostName lets an empty name pass. Upper case would come back from AWS as lower case, and be a change each time.
func checkHostName(most int) func(string) error {
	return func(name string) error {
		if name == "" {
			return nil
		}
		var wrong []string
		if len(name) > most {
			wrong = append(wrong, fmt.Sprintf("it has %d characters", len(name)))
		}
		labels := strings.Split(name, ".")
		if len(labels) < 2 {
			wrong = append(wrong, "it has no dot")
		}
		for _, label := range labels {
			switch {
			case label == "*":
				wrong = append(wrong, "it is a wildcard")
			case label == "":
				wrong = append(wrong, "it has nothing before, between or after two dots")
			case !hostLabel.MatchString(label):
				wrong = append(wrong, fmt.Sprintf("%.70q is not 1 to 63 lower-case letters, digits and hyphens, none of these first or last", label))
			}
		}
		return joined(wrong)
	}
}

// checkTogether finds settings of which one alone means nothing.
func checkTogether(s *Settings, valid func(keys ...string) bool) (problems []*problem) {
	for _, pair := range []struct {
		a, b           string
		valueA, valueB string
	}{
		{"domain.name", "domain.zoneId", s.Domain.Name, s.Domain.ZoneID},
		{"loadBalancer.certificateArn", "loadBalancer.serverName", s.LoadBalancer.CertificateARN, s.LoadBalancer.ServerName},
	} {
		if !valid(pair.a, pair.b) || (pair.valueA == "") == (pair.valueB == "") {
			continue
		}
		set, missing := pair.a, pair.b
		if pair.valueA == "" {
			set, missing = missing, set
		}
		problems = append(problems, &problem{key: set, wrong: fmt.Sprintf("%s is not set: set both, or neither", missing)})
	}
	return problems
}

// checkRegions holds the Region in ARNs against the stack's: what a load balancer uses is in its own.
func checkRegions(s *Settings, valid func(keys ...string) bool) (problems []*problem) {
	for _, setting := range []struct{ key, arn string }{
		{"loadBalancer.certificateArn", s.LoadBalancer.CertificateARN},
		{"loadBalancer.webAclArn", s.LoadBalancer.WebACLARN},
		{"gateway.webAclArn", s.Gateway.WebACLARN},
		{"app.secretsKeyArn", s.App.SecretsKeyARN},
	} {
		if setting.arn == "" || !valid("aws:region", setting.key) {
			continue
		}
		if region := strings.Split(setting.arn, ":")[3]; region != s.AWS.Region {
			problems = append(problems, &problem{key: setting.key, wrong: fmt.Sprintf("it is in %s, and the stack in %s", region, s.AWS.Region)})
		}
	}
	return problems
}

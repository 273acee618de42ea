package settings

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"sallyport/internal/httpapi"
)

// topicARN is a standard topic's: the name of a FIFO topic has a dot in it.
// https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
var topicARN = regexp.MustCompile(`^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$`)

func checkTopic(arn string) error {
	switch {
	case arn == "" || topicARN.MatchString(arn):
		return nil
	case strings.HasSuffix(arn, ".fifo"):
		return errors.New("it is a FIFO topic's")
	}
	return errors.New("it is not the ARN of an SNS topic, such as arn:aws:sns:us-east-1:123456789012:alarms")
}

var emailAddress = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s.]+$`)

func checkEmail(address string) error {
	if address != "" && !emailAddress.MatchString(address) {
		return errors.New("it doesn't look like an email address")
	}
	return nil
}

// checkAlarms finds what is set to no effect, and what can't be together.
func checkAlarms(s *Settings, valid func(keys ...string) bool) (problems []*problem) {
	if !valid("alarms.enabled") {
		return nil
	}
	for _, other := range []struct {
		key string
		set bool
	}{
		{"alarms.topicArn", s.Alarms.TopicARN != ""},
		{"alarms.email", s.Alarms.Email != ""},
		{"alarms.rollback", s.Alarms.Rollback},
		{"alarms.latencyMs", s.Alarms.LatencyMs != rowOf("alarms.latencyMs").value.standard()},
	} {
		if other.set && !s.Alarms.Enabled && valid(other.key) {
			problems = append(problems, &problem{key: other.key, wrong: "there are no alarms: alarms.enabled is false", instead: "set alarms.enabled to true, or remove this"})
		}
	}
	if s.Alarms.TopicARN == "" || !valid("alarms.topicArn") {
		return problems
	}
	if s.Alarms.Email != "" && valid("alarms.email") {
		problems = append(problems, &problem{
			key: "alarms.email", wrong: "alarms.topicArn is set too, and who subscribes to that topic is its owner's business",
			allowed: "an email address with a topic of the stack's own, else empty",
		})
	}
	if region := strings.Split(s.Alarms.TopicARN, ":")[3]; valid("aws:region") && region != s.AWS.Region {
		problems = append(problems, &problem{key: "alarms.topicArn", wrong: "the topic is in " + region + ", and the stack in " + s.AWS.Region})
	}
	return problems
}

// checkKeepWarm holds the daily request against the table of routes: what doesn't go through the VPC link keeps nothing
// awake.
func checkKeepWarm(s *Settings, valid func(keys ...string) bool) *problem {
	if !s.Gateway.KeepWarm || !valid("gateway.keepWarm", "gateway.routes", "gateway.default", "app.healthPath") {
		return nil
	}
	request := "GET " + s.App.HealthPath
	why := s.Gateway.unanswered(request)
	if i, found := httpapi.Find(s.Gateway.Routes, "GET", s.App.HealthPath); why == "" && found && !s.Gateway.Routes[i].ToContainer() {
		why = httpapi.Label(s.Gateway.Routes, i) + " takes it elsewhere"
	}
	if why == "" {
		return nil
	}
	return &problem{
		key: "gateway.keepWarm", wrong: fmt.Sprintf("%s doesn't go through the VPC link: %s", request, why),
		allowed: "true where gateway.routes and gateway.default pass the request to the container for anyone, else false",
	}
}

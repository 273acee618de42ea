package gateway

import (
	"maps"
	"slices"
	"strings"
)

// integration checks an integration. A change may leave out what a new one needs.
func (s *sentences) integration(d declaration, isNew bool) {
	given := func(value string) bool { return value != "" || isNew }
	if d.IntegrationType == "AWS_PROXY" && d.IntegrationSubtype == "" || !isNew && isFunction(d.IntegrationURI) {
		s.function(d, isNew)
		return
	}
	s.add(given(d.IntegrationType) && d.IntegrationType != "HTTP_PROXY", "integrationType %q: only HTTP_PROXY, and AWS_PROXY of a Lambda function", d.IntegrationType)
	s.add(given(d.ConnectionType) && d.ConnectionType != "VPC_LINK", "integrations over the internet (connectionType %q): only VPC_LINK", d.ConnectionType)
	s.add(given(d.IntegrationURI) && !isListener(d.IntegrationURI),
		"integrationUri %q: only the ARN of a listener of an Application Load Balancer, not AWS Cloud Map or a Network Load Balancer", d.IntegrationURI)
	s.add(d.IntegrationSubtype != "", "AWS service integrations (integrationSubtype)")
	s.add(d.CredentialsARN != "", "credentialsArn")
	s.add(d.PayloadFormatVersion != "" && d.PayloadFormatVersion != "1.0", "payloadFormatVersion %q: a private integration has 1.0", d.PayloadFormatVersion)
	s.add(d.ContentHandlingStrategy != "", "contentHandlingStrategy, which is for WebSocket APIs")
	s.add(d.PassthroughBehavior != "" && d.PassthroughBehavior != "WHEN_NO_MATCH", "passthroughBehavior, which is for WebSocket APIs")
	s.add(len(d.RequestTemplates) > 0 || d.TemplateSelectionExpression != "",
		"templates (requestTemplates, templateSelectionExpression), which are for WebSocket APIs")
	for _, key := range slices.Sorted(maps.Keys(d.RequestParameters)) {
		value, isText := d.RequestParameters[key].(string)
		s.mapping(key, value, isText, false)
	}
	for _, status := range slices.Sorted(maps.Keys(d.ResponseParameters)) {
		for _, key := range slices.Sorted(maps.Keys(d.ResponseParameters[status])) {
			s.mapping(key, d.ResponseParameters[status][key], true, true)
		}
	}
}

// function checks an integration with a Lambda function, which can be declared, though no function runs.
func (s *sentences) function(d declaration, isNew bool) {
	s.add((isNew || d.IntegrationURI != "") && !isFunction(d.IntegrationURI), "integrationUri %q: of AWS_PROXY only the ARN of a Lambda function", d.IntegrationURI)
	s.add(d.ConnectionType != "" && d.ConnectionType != "INTERNET", "a connectionType %q of a Lambda function, and neither does AWS", d.ConnectionType)
	s.add(d.CredentialsARN != "", "credentialsArn")
	s.add(len(d.RequestParameters)+len(d.ResponseParameters) > 0, "parameter mappings of a Lambda function")
}

func isFunction(arn string) bool {
	return strings.HasPrefix(arn, "arn:") && strings.Contains(arn, ":lambda:") && strings.Contains(arn, ":function:")
}

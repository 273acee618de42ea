package gateway

import (
	"slices"
	"strings"
	"testing"
)

func TestUnsupported(t *testing.T) {
	const integration = `"integrationType":"HTTP_PROXY","connectionType":"VPC_LINK","connectionId":"l","integrationUri":"` + listenerARN + `"`
	for _, c := range []struct {
		call, body string
		want       []string // what the sentences contain, one each
	}{
		// What this project's program makes terraform-provider-aws 5.100.0 send.
		{"POST /v2/apis", `{"apiKeySelectionExpression":"$request.header.x-api-key","name":"web","protocolType":"HTTP","routeSelectionExpression":"$request.method $request.path","tags":{}}`, nil},
		{"POST /v2/apis/a/routes", `{"apiKeyRequired":false,"authorizationType":"NONE","routeKey":"$default","target":"integrations/i"}`, nil},
		{"POST /v2/apis/a/integrations", `{` + integration + `,"integrationMethod":"ANY","payloadFormatVersion":"1.0","timeoutInMillis":30000,"passthroughBehavior":"WHEN_NO_MATCH"}`, nil},
		{"POST /v2/apis/a/stages", `{"accessLogSettings":{"destinationArn":"` + logGroupARN + `","format":"{\"id\":\"$context.requestId\"}"},"autoDeploy":true,"defaultRouteSettings":{"detailedMetricsEnabled":false,"throttlingBurstLimit":100,"throttlingRateLimit":50},"stageName":"$default","tags":{}}`, nil},
		{"POST /v2/vpclinks", `{"name":"web","securityGroupIds":["sg-1"],"subnetIds":["subnet-a"],"tags":{}}`, nil},
		// What it makes of a table of routes.
		{"POST /v2/apis/a/routes", `{"apiKeyRequired":false,"authorizationScopes":["read"],"authorizationType":"JWT","authorizerId":"x","routeKey":"GET /a","target":"integrations/i"}`, nil},
		{"POST /v2/apis/a/routes", `{"apiKeyRequired":false,"authorizationType":"AWS_IAM","routeKey":"ANY /admin/{proxy+}"}`, nil},
		{"POST /v2/apis/a/authorizers", `{"authorizerType":"JWT","identitySource":["$request.header.Authorization"],"jwtConfiguration":{"audience":["web"],"issuer":"https://login.example.com"},"name":"web"}`, nil},
		{"POST /v2/apis/a/integrations", `{"connectionType":"INTERNET","integrationType":"AWS_PROXY","integrationUri":"arn:aws:lambda:eu-west-1:1:function:f","payloadFormatVersion":"2.0","timeoutInMillis":30000}`, nil},
		{"PATCH /v2/apis/a/integrations/i", `{"integrationUri":"arn:aws:lambda:eu-west-1:1:function:g:live"}`, nil},
		// What declares nothing.
		{"POST /v2/apis/a/integrations", `{` + integration + `,"tlsConfig":{},"requestParameters":{},"responseParameters":{"200":{}},"requestTemplates":{},"credentialsArn":"","templateSelectionExpression":null,"integrationSubtype":""}`, nil},
		{"POST /v2/apis/a/routes", `{"routeKey":"GET /","authorizerId":"","authorizationScopes":[],"requestModels":{},"requestParameters":null,"apiKeyRequired":null}`, nil},
		{"PATCH /v2/apis/a/stages/$default", `{"accessLogSettings":null,"routeSettings":{},"deploymentId":"","defaultRouteSettings":{"loggingLevel":"OFF","dataTraceEnabled":false}}`, nil},
		{"PATCH /v2/apis/a", `{"corsConfiguration":{"allowOrigins":["*"],"allowCredentials":false},"disableExecuteApiEndpoint":true,"ipAddressType":"ipv4"}`, nil},
		{"PATCH /v2/apis/a/integrations/i", `{"timeoutInMillis":1000}`, nil},
		{"PATCH /v2/apis/a/integrations/i", `{"requestParameters":{"append:header.x":"","overwrite:path":"/a${request.path}"}}`, nil},
		{"GET /v2/domainnames", ``, nil},
		{"DELETE /v2/apis/a/authorizers/x", ``, nil},
		{"POST /v2/tags/arn", `{"tags":{}}`, nil},
		{"POST /", `no JSON`, nil},

		{"POST /v2/apis", `{"protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.action"}`, []string{"protocolType WEBSOCKET: only HTTP APIs", "routeSelectionExpression"}},
		{"POST /v2/apis", `{"protocolType":"HTTP","target":"https://example.com","routeKey":"GET /","credentialsArn":"arn"}`, []string{"quick create (target)", "quick create (routeKey)", "credentialsArn"}},
		{"POST /v2/apis", `{"protocolType":"HTTP","ipAddressType":"dualstack","disableSchemaValidation":true,"corsConfiguration":{"allowOrigins":["*"],"allowCredentials":true}}`,
			[]string{"disableSchemaValidation", "ipAddressType dualstack", "allowCredentials together with the origin *"}},
		{"PUT /v2/apis", `{"body":"openapi: 3"}`, []string{"the import of OpenAPI definitions"}},
		{"PUT /v2/apis/a", `{"body":"openapi: 3"}`, []string{"the import of OpenAPI definitions"}},
		{"POST /v2/apis/a/routes", `{"routeKey":"GET /{a+}/b","authorizationType":"CUSTOM","authorizerId":"x","apiKeyRequired":true}`,
			[]string{"a greedy path variable must be at the end", "authorizationType CUSTOM: only NONE, JWT and AWS_IAM", "apiKeyRequired"}},
		{"PATCH /v2/apis/a/routes/r", `{"requestModels":{"x":"m"},"requestParameters":{"p":{"required":true}},"routeResponseSelectionExpression":"$default"}`,
			[]string{"models", "requestParameters of a route", "route responses"}},
		{"POST /v2/apis/a/integrations", `{"integrationType":"HTTP","integrationUri":"https://example.com","payloadFormatVersion":"2.0"}`,
			[]string{`integrationType "HTTP": only HTTP_PROXY, and AWS_PROXY of a Lambda function`, "integrations over the internet", "integrationUri", "payloadFormatVersion"}},
		{"POST /v2/apis/a/integrations", `{"integrationType":"AWS_PROXY","integrationUri":"arn:aws:sqs:eu-west-1:1:q","connectionType":"VPC_LINK","credentialsArn":"arn","requestParameters":{"append:header.x":"1"}}`,
			[]string{"of AWS_PROXY only the ARN of a Lambda function", `a connectionType "VPC_LINK" of a Lambda function`, "credentialsArn", "parameter mappings of a Lambda function"}},
		{"POST /v2/apis/a/integrations", `{"integrationType":"AWS_PROXY","integrationSubtype":"SQS-SendMessage"}`,
			[]string{`integrationType "AWS_PROXY": only HTTP_PROXY`, "integrations over the internet", "integrationUri", "AWS service integrations"}},
		{"POST /v2/apis/a/integrations", `{"integrationType":"HTTP_PROXY","integrationUri":"https://example.com"}`, []string{"integrations over the internet", "integrationUri"}},
		{"POST /v2/apis/a/integrations", `{"integrationType":"HTTP_PROXY","connectionType":"VPC_LINK","integrationUri":"arn:aws:servicediscovery:eu-west-1:1:service/s"}`, []string{"not AWS Cloud Map"}},
		{"POST /v2/apis/a/integrations", `{"integrationType":"HTTP_PROXY","connectionType":"VPC_LINK","integrationUri":"arn:aws:elasticloadbalancing:eu-west-1:1:listener/net/n/1/2"}`, []string{"a Network Load Balancer"}},
		{"PATCH /v2/apis/a/integrations/i", `{"tlsConfig":{"serverNameToVerify":"x"},"integrationSubtype":"SQS-SendMessage","credentialsArn":"arn","contentHandlingStrategy":"CONVERT_TO_TEXT","passthroughBehavior":"NEVER","requestTemplates":{"a":"b"}}`,
			[]string{"AWS service integrations", "credentialsArn", "contentHandlingStrategy", "passthroughBehavior", "templates"}},
		{"PATCH /v2/apis/a/integrations/i", `{"requestParameters":{"append:header.x":"$request.body.a","overwrite:header.Via":"1"},"responseParameters":{"200":{"overwrite:path":"/"}}}`,
			[]string{"maps no bodies", "the header Via is reserved", "there is no such target"}},
		{"POST /v2/apis/a/stages", `{"deploymentId":"d","clientCertificateId":"c","defaultRouteSettings":{"detailedMetricsEnabled":true},"routeSettings":{"GET /":{"loggingLevel":"INFO"}}}`,
			[]string{"deployments", "clientCertificateId", "detailedMetricsEnabled (defaultRouteSettings)", `execution logs (dataTraceEnabled, loggingLevel in routeSettings of "GET /")`}},
		{"PATCH /v2/apis/a/stages/s", `{"accessLogSettings":{"destinationArn":"arn:aws:firehose:eu-west-1:1:deliverystream/x","format":"$context.path"}}`,
			[]string{"access logs to arn:aws:firehose", "without $context.requestId"}},
		{"PATCH /v2/apis/a/stages/s", `{"accessLogSettings":{"format":"$context.requestId` + strings.Repeat("x", 3<<10) + `"}}`, []string{"an access log format of 3090 bytes"}},
		{"POST /v2/apis/a/authorizers", `{"authorizerType":"REQUEST","authorizerUri":"arn"}`, []string{`authorizerType "REQUEST": only JWT`}},
		{"POST /v2/apis/a/authorizers", `{"authorizerType":"JWT"}`, []string{"a JWT authorizer without an issuer", "0 identity sources"}},
		{"PATCH /v2/apis/a/authorizers/x", `{"authorizerType":"JWT","identitySource":["$context.path"]}`, []string{`the identity source "$context.path"`}},
		{"POST /v2/apis/a/deployments", `{}`, []string{"deployments"}},
		{"POST /v2/apis/a/models", `{}`, []string{"models"}},
		{"POST /v2/apis/a/integrations/i/integrationresponses", `{}`, []string{"integration responses"}},
		{"POST /v2/apis/a/routes/r/routeresponses", `{}`, []string{"route responses"}},
		{"POST /v2/domainnames", `{"domainName":"shop.example.com","domainNameConfigurations":[{"certificateArn":"arn","endpointType":"REGIONAL","ipAddressType":"dualstack","securityPolicy":"TLS_1_2"}],"mutualTlsAuthentication":{},"routingMode":"API_MAPPING_ONLY"}`, nil},
		{"POST /v2/domainnames", `{"domainName":"*.example.com","domainNameConfigurations":[{"endpointType":"EDGE","ownershipVerificationCertificateArn":"arn"}],"mutualTlsAuthentication":{"truststoreUri":"s3://x"},"routingMode":"ROUTING_RULE_ONLY"}`,
			[]string{"wildcard custom domain names", "mutual TLS", "routing mode ROUTING_RULE_ONLY", "endpoint type EDGE", "ownershipVerificationCertificateArn"}},
		{"PATCH /v2/domainnames/x", `{}`, []string{"changes of a custom domain name"}},
		{"POST /v2/domainnames/x/apimappings", `{"apiId":"a","stage":"$default"}`, nil},
		{"POST /v2/domainnames/x/apimappings", `{"apiMappingKey":"shop"}`, []string{"API mappings with a key"}},
		{"PATCH /v2/domainnames/x/apimappings/m", `{}`, []string{"changes of a custom domain name or of an API mapping"}},
		{"POST /v2/domainnames/x/routingrules", `{}`, []string{"routing rules"}},
		{"DELETE /v2/domainnames/x", ``, nil},
		{"POST /v2/portals", `{}`, []string{"portals"}},
	} {
		t.Run(c.call+" "+c.body[:min(len(c.body), 60)], func(t *testing.T) {
			method, path, _ := strings.Cut(c.call, " ")
			got := Unsupported(method, path, []byte(c.body))
			if !slices.EqualFunc(got, c.want, func(sentence, part string) bool {
				return strings.Contains(sentence, part) && strings.HasPrefix(sentence, "The local cloud does not support ")
			}) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

package security

import "slices"

// endpointActions are what the tasks are started with, and what ECS Exec opens a shell with, by the service of an
// interface endpoint. What the app itself asks of other services has no endpoint.
//
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html (one policy for both of its endpoints),
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch-logs-and-interface-VPC.html,
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/vpc-endpoint-overview.html,
// https://docs.aws.amazon.com/systems-manager/latest/userguide/setup-create-vpc.html
var endpointActions = map[string][]string{
	"ecr.api": pullActions,
	"ecr.dkr": pullActions,
	"logs":    {"logs:CreateLogStream", "logs:PutLogEvents"},

	"secretsmanager": {"secretsmanager:GetSecretValue"},
	"ssm":            {"ssm:GetParameters"},
	"ssmmessages": {
		"ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
		"ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
	},
}

var pullActions = []string{
	"ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage",
}

// EndpointPolicy is the policy of an interface endpoint: it passes what a task is started with and nothing else, whoever
// asks and in whichever account. Who may do it is said by roles. A condition on aws:PrincipalAccount could name the account
// (https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html#vpc-endpoint-policy-considerations), but
// that key comes with signed requests, and a pull from ecr.dkr is none: what AWS knows of it is not documented, and a
// condition that fails keeps every task from starting. It is empty, which is AWS's default and passes everything, for a
// service that is not known here.
func EndpointPolicy(service string) (string, error) {
	actions, ok := endpointActions[service]
	if !ok {
		return "", nil
	}
	return allow(Statement{
		Principal: &Principal{AWS: []string{"*"}},
		Action:    slices.Clone(actions),
		Resource:  []string{"*"},
	}).JSON()
}

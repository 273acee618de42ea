package security

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"sallyport/internal/task"
)

// executionPolicy allows to pull from one repository, unless it is empty, to write to one log group, and what more says.
// It may not make a log group: one that comes back after a destroy would stand in the way of the next deployment.
func executionPolicy(repositoryARN, logGroupARN string, more ...Statement) Document {
	var statements []Statement
	if repositoryARN != "" {
		statements = append(statements,
			Statement{
				// The only wildcard: this action takes no resource.
				Sid:      "Login",
				Action:   []string{"ecr:GetAuthorizationToken"},
				Resource: []string{"*"},
			},
			Statement{
				Sid:      "Pull",
				Action:   []string{"ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"},
				Resource: []string{repositoryARN},
			})
	}
	statements = append(statements, Statement{
		Sid:      "Log",
		Action:   []string{"logs:CreateLogStream", "logs:PutLogEvents"},
		Resource: []string{logGroupARN + ":*"},
	})
	return allow(append(statements, more...)...)
}

// readSecrets allows to read exactly these secrets and parameters, and to decrypt them with a key, unless it is empty.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html and
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-ssm-paramstore.html
func readSecrets(secrets []string, keyARN string) ([]Statement, error) {
	var inManager, parameters []string
	var problems []error
	for _, secret := range secrets {
		switch parts := strings.Split(secret, ":"); {
		case len(parts) >= 7 && parts[2] == "secretsmanager":
			inManager = append(inManager, task.Secret(secret))
		case len(parts) == 6 && parts[2] == "ssm":
			parameters = append(parameters, secret)
		default:
			problems = append(problems, fmt.Errorf("invalid Secrets: %q is not the ARN of a Secrets Manager secret or an SSM parameter", secret))
		}
	}
	var statements []Statement
	for _, s := range []Statement{
		{Sid: "Secrets", Action: []string{"secretsmanager:GetSecretValue"}, Resource: inManager},
		{Sid: "Parameters", Action: []string{"ssm:GetParameters"}, Resource: parameters},
	} {
		slices.Sort(s.Resource)
		if s.Resource = slices.Compact(s.Resource); len(s.Resource) > 0 {
			statements = append(statements, s)
		}
	}
	if keyARN != "" {
		statements = append(statements, Statement{Sid: "Decrypt", Action: []string{"kms:Decrypt"}, Resource: []string{keyARN}})
	}
	return statements, errors.Join(problems...)
}

// taskPolicy allows what ECS Exec's agent does with the task role, and what the app does with its table, unless the ARN is
// empty. The agent's actions take no resource:
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html and
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsessionmanagermessagegatewayservice.html
func taskPolicy(exec bool, tableARN string) Document {
	var statements []Statement
	if exec {
		statements = append(statements, Statement{
			Sid: "Exec",
			Action: []string{
				"ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
				"ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
			},
			Resource: []string{"*"},
		})
	}
	if tableARN != "" {
		statements = append(statements, Statement{Sid: "Table", Action: slices.Clone(tableActions), Resource: []string{tableARN}})
	}
	return allow(statements...)
}

// tableActions are what the shipped app does with its items, and no more. A transaction takes the actions that it is made
// of: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
var tableActions = []string{
	"dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:GetItem",
	"dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem",
}

// TablePolicy is the policy of a gateway endpoint for DynamoDB: it passes what the app does with its own table, whoever
// asks, so that nobody inside carries data out to a table of another account. A gateway endpoint takes no other principal:
// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html#vpc-endpoint-policies-gateway
func TablePolicy(tableARN string) (string, error) {
	return allow(Statement{
		Principal: &Principal{AWS: []string{"*"}},
		Action:    slices.Clone(tableActions),
		Resource:  []string{tableARN},
	}).JSON()
}

package security

import (
	"encoding/json"
	"testing"
)

func TestDocuments(t *testing.T) {
	id := identity{account: "123456789012", partition: "aws-cn"}
	for _, c := range []struct {
		name     string
		document Document
		want     string
	}{
		{
			"a trust policy names the service and the account's own resources, in any partition",
			trustee{service: "ecs-tasks.amazonaws.com", source: "ecs:cn-north-1:%s:*"}.trust(id),
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["ecs-tasks.amazonaws.com"]},` +
				`"Action":["sts:AssumeRole"],"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws-cn:ecs:cn-north-1:123456789012:*"},` +
				`"StringEquals":{"aws:SourceAccount":"123456789012"}}}]}`,
		},
		{
			"of a service that doesn't say on whose behalf it asks, the trust policy names the service alone",
			trustee{service: "apigateway.amazonaws.com"}.trust(id),
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["apigateway.amazonaws.com"]},"Action":["sts:AssumeRole"]}]}`,
		},
		{
			"the logs role of REST APIs has the actions that API Gateway insists on, in one account and Region",
			gatewayLogsPolicy(id, "cn-north-1"),
			`{"Version":"2012-10-17","Statement":[{"Sid":"Log","Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:DescribeLogGroups",` +
				`"logs:DescribeLogStreams","logs:PutLogEvents","logs:GetLogEvents","logs:FilterLogEvents"],"Resource":["arn:aws-cn:logs:cn-north-1:123456789012:log-group:*"]}]}`,
		},
		{
			"the execution role pulls from one repository and writes to one log group",
			executionPolicy("arn:repository", "arn:group"),
			`{"Version":"2012-10-17","Statement":[` +
				`{"Sid":"Login","Effect":"Allow","Action":["ecr:GetAuthorizationToken"],"Resource":["*"]},` +
				`{"Sid":"Pull","Effect":"Allow","Action":["ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:BatchGetImage"],"Resource":["arn:repository"]},` +
				`{"Sid":"Log","Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":["arn:group:*"]}]}`,
		},
		{
			"without a repository of ECR it pulls from none and logs in nowhere",
			executionPolicy("", "arn:group"),
			`{"Version":"2012-10-17","Statement":[` +
				`{"Sid":"Log","Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":["arn:group:*"]}]}`,
		},
		{
			"ECS Exec is four actions",
			taskPolicy(true, ""),
			`{"Version":"2012-10-17","Statement":[{"Sid":"Exec","Effect":"Allow","Action":["ssmmessages:CreateControlChannel",` +
				`"ssmmessages:CreateDataChannel","ssmmessages:OpenControlChannel","ssmmessages:OpenDataChannel"],"Resource":["*"]}]}`,
		},
		{
			"the app does with the items of one table what the shipped app does, and nothing with the table",
			taskPolicy(false, "arn:table"),
			`{"Version":"2012-10-17","Statement":[{"Sid":"Table","Effect":"Allow","Action":["dynamodb:ConditionCheckItem","dynamodb:DeleteItem",` +
				`"dynamodb:GetItem","dynamodb:PutItem","dynamodb:Query","dynamodb:UpdateItem"],"Resource":["arn:table"]}]}`,
		},
		{
			"the flow log's role writes to one log group",
			flowLogPolicy("arn:group"),
			`{"Version":"2012-10-17","Statement":[{"Sid":"Log","Effect":"Allow",` +
				`"Action":["logs:CreateLogStream","logs:PutLogEvents","logs:DescribeLogGroups","logs:DescribeLogStreams"],` +
				`"Resource":["arn:group","arn:group:*"]}]}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.document.JSON()
			if err != nil || got != c.want {
				t.Errorf("got %v and\n%s\nwant\n%s", err, got, c.want)
			}
		})
	}
}

func TestParseIdentity(t *testing.T) {
	t.Run("the partition is taken from the caller's ARN", func(t *testing.T) {
		got, err := parseIdentity("123456789012", "arn:aws-us-gov:sts::123456789012:assumed-role/deploy/me")
		if want := (identity{"123456789012", "aws-us-gov"}); err != nil || got != want {
			t.Errorf("got %v and %v", got, err)
		}
	})
	t.Run("an answer that is no identity is an error", func(t *testing.T) {
		for _, c := range [][2]string{{"", "arn:aws:iam::1:user/x"}, {"1", ""}, {"1", "arn::iam"}, {"1", "user/x"}} {
			if got, err := parseIdentity(c[0], c[1]); err == nil {
				t.Errorf("%v is taken for %v", c, got)
			}
		}
	})
}

func TestReadSecrets(t *testing.T) {
	const (
		a, b      = "arn:aws:secretsmanager:us-east-1:123456789012:secret:a-AbCdEf", "arn:aws:secretsmanager:us-east-1:123456789012:secret:b-AbCdEf"
		parameter = "arn:aws:ssm:us-east-1:123456789012:parameter/prod/token"
		key       = "arn:aws:kms:us-east-1:123456789012:key/1"
	)
	manager := `{"Sid":"Secrets","Effect":"","Action":["secretsmanager:GetSecretValue"],"Resource":`
	store := `{"Sid":"Parameters","Effect":"","Action":["ssm:GetParameters"],"Resource":["` + parameter + `"]}`
	for _, c := range []struct {
		name    string
		secrets []string
		key     string
		want    string
	}{
		{"without secrets there is nothing to read", nil, "", "null"},
		{"each secret and parameter by its own action", []string{parameter, b, a}, "", `[` + manager + `["` + a + `","` + b + `"]},` + store + `]`},
		{"a secret of several keys and versions is one", []string{a + ":y::", a, a + ":x:AWSPREVIOUS:"}, "", `[` + manager + `["` + a + `"]}]`},
		{"one key to decrypt with", []string{parameter}, key, `[` + store + `,{"Sid":"Decrypt","Effect":"","Action":["kms:Decrypt"],"Resource":["` + key + `"]}]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			statements, err := readSecrets(c.secrets, c.key)
			got, _ := json.Marshal(statements)
			if err != nil || string(got) != c.want {
				t.Errorf("got %v and\n%s\nwant\n%s", err, got, c.want)
			}
		})
	}
	t.Run("what is the ARN of neither is refused", func(t *testing.T) {
		for _, secret := range []string{"token", "*", "arn:aws:s3:::bucket", "arn:aws:secretsmanager:us-east-1", parameter + ":3"} {
			if statements, err := readSecrets([]string{secret}, ""); err == nil {
				t.Errorf("%s is taken for %v", secret, statements)
			}
		}
	})
}

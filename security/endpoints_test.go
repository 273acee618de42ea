package security

import "testing"

func TestEndpointPolicy(t *testing.T) {
	const pull = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":["ecr:GetAuthorizationToken",` +
		`"ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:BatchGetImage"],"Resource":["*"]}]}`
	for service, want := range map[string]string{
		"ecr.api": pull,
		"ecr.dkr": pull,
		"logs": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["*"]},` +
			`"Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":["*"]}]}`,
		"secretsmanager": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["*"]},` +
			`"Action":["secretsmanager:GetSecretValue"],"Resource":["*"]}]}`,
		"ssm": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["*"]},` +
			`"Action":["ssm:GetParameters"],"Resource":["*"]}]}`,
		"ssmmessages": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["*"]},` +
			`"Action":["ssmmessages:CreateControlChannel","ssmmessages:CreateDataChannel","ssmmessages:OpenControlChannel",` +
			`"ssmmessages:OpenDataChannel"],"Resource":["*"]}]}`,
		"kms": "",
	} {
		t.Run(service, func(t *testing.T) {
			if got, err := EndpointPolicy(service); err != nil || got != want {
				t.Errorf("got %v and\n%s\nwant\n%s", err, got, want)
			}
		})
	}
}

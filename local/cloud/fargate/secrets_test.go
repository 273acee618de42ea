package fargate

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"
)

// fakeSecrets stands for both services. It does not show that they answer like this.
type fakeSecrets struct{}

func (fakeSecrets) GetSecretValue(_ context.Context, in *secretsmanager.GetSecretValueInput, set ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	var o secretsmanager.Options
	for _, f := range set {
		f(&o)
	}
	texts := map[string]string{
		"": `{"user":"web","port":10000000}`, "AWSPREVIOUS/": `{"user":"old"}`, "/v1": "plain",
	}
	text, ok := texts[key(in.VersionStage, in.VersionId)]
	if *in.SecretId != asmSecret || !ok || o.Region != "us-east-1" {
		return nil, &smithy.GenericAPIError{Code: "ResourceNotFoundException", Message: "Secrets Manager can't find the specified secret."}
	}
	return &secretsmanager.GetSecretValueOutput{SecretString: &text}, nil
}

func key(stage, id *string) string {
	if stage == nil && id == nil {
		return ""
	}
	return value(stage) + "/" + value(id)
}

func (fakeSecrets) GetParameters(_ context.Context, in *ssm.GetParametersInput, _ ...func(*ssm.Options)) (*ssm.GetParametersOutput, error) {
	out := &ssm.GetParametersOutput{}
	for _, name := range in.Names {
		if text, ok := map[string]string{"/prod/db": "deep", "db": "flat"}[name]; ok && *in.WithDecryption {
			out.Parameters = append(out.Parameters, ssmtypes.Parameter{Name: &name, Value: &text})
		}
	}
	return out, nil
}

// The forms of valueFrom: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
// and https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-ssm-paramstore.html
func TestReadSecret(t *testing.T) {
	for from, want := range map[string]string{
		asmSecret:                        `{"user":"web","port":10000000}`,
		asmSecret + ":user::":            "web",
		asmSecret + ":port::":            "10000000",
		asmSecret + ":user:AWSPREVIOUS:": "old",
		asmSecret + ":::v1":              "plain",
		"/prod/db":                       "deep",
		"db":                             "flat",
		"arn:aws:ssm:us-east-1:123456789012:parameter/prod/db": "deep",
		"arn:aws:ssm:us-east-1:123456789012:parameter/db":      "flat",

		asmSecret + ":none::": "unable to retrieve secret from asm: retrieved secret from Secrets Manager did not contain json key none",
		asmSecret + ":user::v1": "unable to retrieve secret from asm: the secret " + asmSecret +
			" is not a JSON object, so it has no key user",
		asmSecret + ":user": "unable to retrieve secret from asm: trying to retrieve secret with value " + asmSecret +
			":user resulted in error: an invalid ARN format for the AWS Secrets Manager secret was specified. Specify a valid ARN and try again.",
		asmSecret + "x": "unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret " +
			asmSecret + "x from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret.",
		"/none": "unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid ssm parameters: /none",
	} {
		got, err := ReadSecret(t.Context(), fakeSecrets{}, fakeSecrets{}, from)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s\ngot  %s\nwant %s", from, got, want)
		}
	}
}

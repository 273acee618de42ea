package fargate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go"
)

// SecretsManager is what ReadSecret needs of the SDK's client.
type SecretsManager interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
}

// ParameterStore is what ReadSecret needs of the SDK's client of Systems Manager.
type ParameterStore interface {
	GetParameters(context.Context, *ssm.GetParametersInput, ...func(*ssm.Options)) (*ssm.GetParametersOutput, error)
}

// secrets returns the values of the containers' secrets, by container and by name.
func (r *Runtime) secrets(ctx context.Context, t Task) (map[string]map[string]string, error) {
	values := map[string]map[string]string{}
	for _, c := range t.Definition.ContainerDefinitions {
		values[value(c.Name)] = map[string]string{}
		for _, s := range c.Secrets {
			from := value(s.ValueFrom)
			if err := r.reachSecret(t, from); err != nil {
				return nil, err
			}
			text, err := r.Secrets(ctx, t.Region, from)
			if err != nil {
				return nil, fmt.Errorf("execution resource retrieval failed: %w", err)
			}
			values[value(c.Name)][value(s.Name)] = text
		}
	}
	return values, nil
}

func (r *Runtime) reachSecret(t Task, from string) error {
	if inSecretsManager(from) {
		if err := r.Network.Reaches(t.Interface, "secretsmanager"); err != nil {
			return fmt.Errorf("unable to retrieve secret from asm: There is a connection issue between the task and AWS "+
				"Secrets Manager. Check your task network configuration. failed to fetch secret %s from secrets manager: "+
				"operation error Secrets Manager: GetSecretValue, https response error StatusCode: 0, RequestID: , "+
				"canceled, context deadline exceeded (%s)", from, reason(err))
		}
		return nil
	}
	if err := r.Network.Reaches(t.Interface, "ssm"); err != nil {
		return fmt.Errorf("unable to retrieve secrets from ssm: The task cannot pull secrets from AWS Systems Manager. "+
			"There is a connection issue between the task and AWS Systems Manager Parameter Store. Check your task network "+
			"configuration. operation error SSM: GetParameters, https response error StatusCode: 0, RequestID: , canceled, "+
			"context deadline exceeded (%s)", reason(err))
	}
	return nil
}

// ReadSecret returns what the valueFrom of a container's secret names: the ARN of a secret, which may go on with
// :json-key:version-stage:version-id, or the name or ARN of a parameter.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html and
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-ssm-paramstore.html.
// Its errors are ECS's own. The Region in an ARN comes before the clients'.
func ReadSecret(ctx context.Context, secrets SecretsManager, parameters ParameterStore, valueFrom string) (string, error) {
	if inSecretsManager(valueFrom) {
		text, err := readSecret(ctx, secrets, valueFrom)
		if err != nil {
			return "", fmt.Errorf("unable to retrieve secret from asm: %w", err)
		}
		return text, nil
	}
	text, err := readParameter(ctx, parameters, valueFrom)
	if err != nil {
		return "", fmt.Errorf("unable to retrieve secrets from ssm: service call has been retried 1 time(s): %w", err)
	}
	return text, nil
}

// inSecretsManager: whatever is not the ARN of a secret is taken for a parameter, as on AWS.
func inSecretsManager(valueFrom string) bool {
	parts := strings.SplitN(valueFrom, ":", 4)
	return len(parts) == 4 && parts[0] == "arn" && parts[2] == "secretsmanager"
}

func readSecret(ctx context.Context, client SecretsManager, valueFrom string) (string, error) {
	// arn:aws:secretsmanager:region:account:secret:name-6RANDOM:json-key:version-stage:version-id
	parts := strings.Split(valueFrom, ":")
	if n := len(parts); n != 7 && n != 10 {
		return "", inWords("trying to retrieve secret with value %s resulted in error: an invalid ARN format for the AWS "+
			"Secrets Manager secret was specified. Specify a valid ARN and try again.", valueFrom)
	}
	in := &secretsmanager.GetSecretValueInput{SecretId: new(strings.Join(parts[:7], ":"))}
	key := ""
	if len(parts) == 10 {
		key = parts[7]
		if parts[8] != "" {
			in.VersionStage = &parts[8]
		}
		if parts[9] != "" {
			in.VersionId = &parts[9]
		}
	}
	out, err := client.GetSecretValue(ctx, in, func(o *secretsmanager.Options) { o.Region = parts[3] })
	if err != nil {
		return "", fmt.Errorf("service call has been retried 1 time(s): failed to fetch secret %s from secrets manager: %w",
			valueFrom, apiError(err))
	}
	if key == "" {
		return value(out.SecretString), nil
	}
	var fields map[string]any
	decoder := json.NewDecoder(bytes.NewReader([]byte(value(out.SecretString))))
	decoder.UseNumber() // 10000000 must not become 1e+07
	if err := decoder.Decode(&fields); err != nil {
		// The decoder's error may quote the secret.
		return "", fmt.Errorf("the secret %s is not a JSON object, so it has no key %s", *in.SecretId, key)
	}
	field, ok := fields[key]
	if !ok {
		return "", fmt.Errorf("retrieved secret from Secrets Manager did not contain json key %s", key)
	}
	return fmt.Sprint(field), nil
}

func readParameter(ctx context.Context, client ParameterStore, valueFrom string) (string, error) {
	names, region := []string{valueFrom}, ""
	if parts := strings.SplitN(valueFrom, ":", 6); len(parts) == 6 && parts[0] == "arn" {
		// The ARN does not tell whether the name begins with a slash.
		name := strings.TrimPrefix(parts[5], "parameter/")
		names, region = []string{"/" + name, name}, parts[3]
	}
	out, err := client.GetParameters(ctx, &ssm.GetParametersInput{Names: names, WithDecryption: new(true)}, func(o *ssm.Options) {
		if region != "" {
			o.Region = region
		}
	})
	if err != nil {
		return "", apiError(err)
	}
	if len(out.Parameters) == 0 {
		return "", fmt.Errorf("invalid ssm parameters: %s", valueFrom)
	}
	return value(out.Parameters[0].Value), nil
}

// apiError is the error of an AWS API without what the SDK puts around it.
func apiError(err error) error {
	var api smithy.APIError
	if errors.As(err, &api) {
		return fmt.Errorf("%s: %s", api.ErrorCode(), api.ErrorMessage())
	}
	return err
}

package settings

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"sallyport/internal/task"
)

// ownVariables are those that the program always sets.
var ownVariables = []string{task.Hostname, task.KeepAlive, task.Port}

// credentialVariables are what Security Hub's ECS.8 looks for in the environment.
var credentialVariables = []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "ECS_ENGINE_AUTH_DATA"}

func wrongNames(variables map[string]string) (wrong []string) {
	for name := range variables {
		switch {
		case !variableName.MatchString(name):
			wrong = append(wrong, fmt.Sprintf("%q can't be the name of an environment variable", name))
		case slices.Contains(ownVariables, name):
			wrong = append(wrong, name+" is set by the program")
		}
	}
	return wrong
}

func checkEnvironment(variables map[string]string) error {
	wrong := wrongNames(variables)
	for _, name := range credentialVariables {
		if _, there := variables[name]; there {
			wrong = append(wrong, name+" would show credentials to whoever may read the task definition: give the task role what the app needs, or use app.secrets")
		}
	}
	return joined(wrong)
}

var (
	// Secrets Manager ends the name of a secret with a hyphen and six characters of its own.
	secretARN = regexp.MustCompile(`^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}$`)
	// https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
	parameterARN = regexp.MustCompile(`^arn:aws[a-z-]*:ssm:[a-z0-9-]+:\d{12}:parameter/[A-Za-z0-9_./-]+$`)
	keyARN       = regexp.MustCompile(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+$`)
)

// policyRoom is what the ARNs of app.secrets may have of the 6144 characters of a managed policy; the rest is for the
// image, the log and the key. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const policyRoom = 5000

func checkSecrets(secrets map[string]string) error {
	wrong := wrongNames(secrets)
	arns := map[string]bool{}
	for name, valueFrom := range secrets {
		arns[task.Secret(valueFrom)] = true
		if err := checkValueFrom(valueFrom); err != nil {
			wrong = append(wrong, fmt.Sprintf("%s: %v", name, err))
		}
	}
	length := 0
	for arn := range arns {
		length += len(arn)
	}
	if length > policyRoom {
		wrong = append(wrong, fmt.Sprintf("their ARNs have %d characters together: keep several values in one secret, by JSON keys", length))
	}
	return joined(wrong)
}

func checkValueFrom(valueFrom string) error {
	if parameterARN.MatchString(valueFrom) {
		return nil
	}
	parts := strings.Split(valueFrom, ":")
	if parts[0] != "arn" || len(parts) < 6 {
		return errors.New("it is not an ARN")
	}
	switch parts[2] {
	case "ssm":
		return errors.New("it is not the ARN of a parameter, arn:PARTITION:ssm:REGION:ACCOUNT:parameter/NAME")
	case "secretsmanager":
	default:
		return fmt.Errorf("an ARN of %s is neither a secret's nor a parameter's", parts[2])
	}
	switch {
	case !secretARN.MatchString(task.Secret(valueFrom)):
		return errors.New("it is not the whole ARN of a secret, arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME-SUFFIX, " +
			"with the six characters that Secrets Manager adds to the name")
	case len(parts) != 7 && len(parts) != 10:
		return errors.New("what follows the secret's ARN must be :JSON-KEY:VERSION-STAGE:VERSION-ID, with all three colons")
	case len(parts) == 10 && parts[8] != "" && parts[9] != "":
		return errors.New("it has a version stage and a version id, and ECS takes one of them")
	}
	return nil
}

// checkSecretsKey lets an empty key pass: it is AWS's own then.
func checkSecretsKey(arn string) error {
	if arn == "" || keyARN.MatchString(arn) {
		return nil
	}
	return errors.New("it is not the ARN of a key, arn:PARTITION:kms:REGION:ACCOUNT:key/ID")
}

// checkSecretRelations holds what the app's variables come from against each other and against the Region.
func checkSecretRelations(s *Settings, valid func(keys ...string) bool) (problems []*problem) {
	if !valid("app.secrets") {
		return nil
	}
	if valid("app.environment") {
		var both []string
		for _, name := range slices.Sorted(maps.Keys(s.App.Secrets)) {
			if _, there := s.App.Environment[name]; there {
				both = append(both, name)
			}
		}
		if len(both) > 0 {
			problems = append(problems, &problem{key: "app.secrets", wrong: "app.environment has " + strings.Join(both, ", ") + " as well: leave one of the two out"})
		}
	}
	if valid("aws:region") {
		var elsewhere []string
		for _, name := range slices.Sorted(maps.Keys(s.App.Secrets)) {
			if region := strings.Split(s.App.Secrets[name], ":")[3]; region != s.AWS.Region {
				elsewhere = append(elsewhere, fmt.Sprintf("%s is in %s", name, region))
			}
		}
		if len(elsewhere) > 0 {
			problems = append(problems, &problem{key: "app.secrets",
				wrong: strings.Join(elsewhere, ", ") + ", and the stack in " + s.AWS.Region,
				why:   "A task that reads another Region at its start depends on two, and a VPC's endpoints lead to their own Region alone. " + aws + "AmazonECS/latest/developerguide/vpc-endpoints.html",
			})
		}
	}
	if valid("app.secretsKeyArn") && s.App.SecretsKeyARN != "" && len(s.App.Secrets) == 0 {
		problems = append(problems, &problem{key: "app.secretsKeyArn", wrong: "there are no app.secrets that it could decrypt"})
	}
	return problems
}

// Reads tells whether one of the app's secrets is in a service, by the service's name in an ARN.
func (a App) Reads(service string) bool {
	for _, valueFrom := range a.Secrets {
		if strings.Split(valueFrom, ":")[2] == service {
			return true
		}
	}
	return false
}

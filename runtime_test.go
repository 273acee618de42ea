package main

import (
	"slices"
	"strings"
	"testing"

	"sallyport/internal/record"
)

// withSecrets is a stack with all of the settings that say what the app runs with.
func withSecrets(t *testing.T) *record.Recording {
	t.Helper()
	return run(t, map[string]any{
		"aws:region":                "us-east-1",
		"sallyport:app.environment": `{"NODE_ENV":"production"}`,
		"sallyport:app.secrets": `{"PASSWORD":"arn:aws:secretsmanager:us-east-1:123456789012:secret:app-AbCdEf:password::",` +
			`"TOKEN":"arn:aws:ssm:us-east-1:123456789012:parameter/token"}`,
		"sallyport:app.secretsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1",
		"sallyport:app.exec":          "true",
	}, record.Options{})
}

func TestWhatTheAppRunsWith(t *testing.T) {
	rec := withSecrets(t)
	t.Run("it adds nothing to the stack", func(t *testing.T) {
		if want, got := byDefault(t).Names(), rec.Names(); !slices.Equal(got, want) {
			t.Errorf("got:\n%s", diff(strings.Join(want, "\n"), strings.Join(got, "\n")))
		}
	})
	t.Run("the app has its variables, and each secret by where it is", func(t *testing.T) {
		definition := one(t, rec, taskDefinition).Input("containerDefinitions").(string)
		for _, part := range []string{
			`{"name":"NODE_ENV","value":"production"}`,
			`"secrets":[{"name":"PASSWORD","valueFrom":"arn:aws:secretsmanager:us-east-1:123456789012:secret:app-AbCdEf:password::"},` +
				`{"name":"TOKEN","valueFrom":"arn:aws:ssm:us-east-1:123456789012:parameter/token"}]`,
		} {
			if !strings.Contains(definition, part) {
				t.Errorf("%s is not in %s", part, definition)
			}
		}
	})
	t.Run("the execution role reads exactly these", func(t *testing.T) {
		statements := document(t, rec.Get(t, "aws:iam/policy:Policy", "sallyport-dev-execution"), "policy").Statement
		for i, want := range [][2]string{
			{"secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:123456789012:secret:app-AbCdEf"},
			{"ssm:GetParameters", "arn:aws:ssm:us-east-1:123456789012:parameter/token"},
			{"kms:Decrypt", "arn:aws:kms:us-east-1:123456789012:key/1"},
		} {
			got := statements[len(statements)-3+i]
			if !slices.Equal(got.Action, want[:1]) || !slices.Equal(got.Resource, want[1:]) {
				t.Errorf("got %+v, want %v", got, want)
			}
		}
	})
	t.Run("ECS Exec is on, and the task role may do these four things beside what it does with the table", func(t *testing.T) {
		record.Equal(t, one(t, rec, "aws:ecs/service:Service"), "enableExecuteCommand", true)
		statements := document(t, rec.Get(t, "aws:iam/policy:Policy", "sallyport-dev-task"), "policy").Statement
		if len(statements) != 2 || !slices.Equal(statements[0].Action, []string{
			"ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
		}) {
			t.Errorf("got %+v", statements)
		}
	})
	t.Run("a task starts after its task role may open channels", func(t *testing.T) {
		if !waits(rec, "aws:ecs/service:Service::sallyport-dev", "aws:iam/rolePolicyAttachment:RolePolicyAttachment::sallyport-dev-task") {
			t.Error("it does not wait")
		}
	})
	t.Run("nothing about its privacy changes", func(t *testing.T) {
		for _, c := range privacy {
			t.Run(c.name, func(t *testing.T) { c.check(t, rec) })
		}
	})
	// What ECS Exec costs: a shell, a writable root and the second action without a resource. What a variable costs: a
	// name in the environment. Every other control holds.
	t.Run("every other control holds", func(t *testing.T) {
		for _, c := range slices.Concat(oneEntry, loadBalancerAndAPI, containerAndImage, rolesAndLogs) {
			if slices.ContainsFunc([]string{"SH ECS.5,", "CKV_AWS_223,", "SH IAM.1,", "SH ECS.8,"}, func(id string) bool {
				return strings.HasPrefix(c.name, id)
			}) {
				continue
			}
			t.Run(c.name, func(t *testing.T) { c.check(t, rec) })
		}
	})
}

func TestPrebuiltImage(t *testing.T) {
	const sum = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	prebuilt := func(t *testing.T, repository string) *record.Recording {
		t.Helper()
		return run(t, map[string]any{"aws:region": "us-east-1", "sallyport:app.image": repository + sum}, record.Options{})
	}
	const inECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com/shop"
	rec := prebuilt(t, inECR)

	t.Run("no repository is made and nothing is built; all else is as it was", func(t *testing.T) {
		want := slices.DeleteFunc(byDefault(t).Names(), func(name string) bool {
			return strings.HasPrefix(name, "aws:ecr/") || strings.HasPrefix(name, "docker:")
		})
		if got := rec.Names(); !slices.Equal(got, want) {
			t.Errorf("got:\n%s", diff(strings.Join(want, "\n"), strings.Join(got, "\n")))
		}
		for _, invoke := range rec.Invokes {
			if strings.HasPrefix(invoke.Token, "aws:ecr/") {
				t.Errorf("it called %s", invoke.Token)
			}
		}
	})
	t.Run("the task runs it, and the stack exports it", func(t *testing.T) {
		if image := container(t, rec).Image; image != inECR+sum || rec.Exports["imageRef"] != image || rec.Exports["repositoryUrl"] != inECR {
			t.Errorf("the image is %s, exported are %v and %v", image, rec.Exports["imageRef"], rec.Exports["repositoryUrl"])
		}
	})
	t.Run("the execution role may pull from its repository of ECR alone", func(t *testing.T) {
		statements := document(t, rec.Get(t, "aws:iam/policy:Policy", "sallyport-dev-execution"), "policy").Statement
		if len(statements) != 3 || !slices.Equal(statements[1].Resource, []string{"arn:aws:ecr:us-east-1:123456789012:repository/shop"}) {
			t.Errorf("got %+v", statements)
		}
	})
	t.Run("and from no repository when it is in another registry", func(t *testing.T) {
		text := prebuilt(t, "nginx").Get(t, "aws:iam/policy:Policy", "sallyport-dev-execution").Input("policy").(string)
		if strings.Contains(text, "ecr:") {
			t.Errorf("the policy is %s", text)
		}
	})
	t.Run("a preview knows it", func(t *testing.T) {
		preview := run(t, map[string]any{"aws:region": "us-east-1", "sallyport:app.image": inECR + sum}, record.Options{Preview: true})
		if preview.Exports["imageRef"] != inECR+sum {
			t.Errorf("imageRef is %v", preview.Exports["imageRef"])
		}
	})
}

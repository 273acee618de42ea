package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// whatTheAppRunsWith gives the app variables and secrets and opens its tasks to ECS Exec. That a role may read the secrets
// is not shown, since moto checks no permission of ECS's.
func whatTheAppRunsWith(t *testing.T) {
	deployed(t)
	secret := ask[struct{ ARN string }](t, "secretsmanager", "CreateSecret", map[string]any{
		"Name": "sallyport/e2e", "SecretString": `{"password":"pw-first","user":"app"}`}).ARN
	ask[struct{}](t, "ssm", "PutParameter", map[string]any{"Name": "/sallyport/e2e/token", "Value": "s3cr3t", "Type": "SecureString"})
	defer func() {
		ask[struct{}](t, "secretsmanager", "DeleteSecret", map[string]any{"SecretId": secret, "ForceDeleteWithoutRecovery": true})
		ask[struct{}](t, "ssm", "DeleteParameter", map[string]any{"Name": "/sallyport/e2e/token"})
	}()
	edit(t, "Pulumi.local.yaml", replace("config:\n", strings.Join([]string{
		"config:",
		"  sallyport:app.exec: \"true\"",
		"  sallyport:app.environment:",
		"    GREETING: hello, \"world\" = 1",
		"    NOTHING: \"\"",
		"  sallyport:app.secrets:",
		"    PASSWORD: \"" + secret + ":password::\"", // YAML takes a colon at the end for a key
		"    WHOLE: " + secret,
		"    TOKEN: arn:aws:ssm:us-east-1:123456789012:parameter/sallyport/e2e/token",
		"",
	}, "\n")))
	run(t, "up")
	s := &site{exported: outputs(t)}
	s.settled(t)

	t.Run("the app has its variables beside the program's, and the secrets' values", func(t *testing.T) {
		has(t, only(t, s.exported), map[string]string{
			"GREETING": `hello, "world" = 1`, "NOTHING": "", "PASSWORD": "pw-first", "WHOLE": `{"password":"pw-first","user":"app"}`, "TOKEN": "s3cr3t",
			"PORT": "3000", "HOSTNAME": "0.0.0.0", "KEEP_ALIVE_TIMEOUT": "75000",
		})
	})
	t.Run("no value of a secret is in the stack's state", func(t *testing.T) {
		state := run(t, "pulumi", "stack", "export", "--show-secrets", "--stack", "local").stdout.String()
		for _, value := range []string{"pw-first", "s3cr3t"} {
			if strings.Contains(state, value) {
				t.Errorf("%s is", value)
			}
		}
		if !strings.Contains(state, "hello, ") {
			t.Error("nor is a plain variable: is this the state?")
		}
	})
	t.Run("ECS Exec is on, with a root that can be written to; what it would do here, docker does", func(t *testing.T) {
		one := only(t, s.exported)
		on := ask[struct {
			Services []struct{ EnableExecuteCommand bool }
			Tasks    []struct{ EnableExecuteCommand bool }
		}]
		service := on(t, "ecs", "DescribeServices", map[string]any{"cluster": s.exported["clusterName"], "services": []string{s.exported["serviceName"]}})
		tasks := on(t, "ecs", "DescribeTasks", map[string]any{"cluster": s.exported["clusterName"], "tasks": []string{one.TaskArn}})
		if !service.Services[0].EnableExecuteCommand || !tasks.Tasks[0].EnableExecuteCommand {
			t.Errorf("got %+v and %+v", service, tasks)
		}
		if readonly := docker(t, "inspect", "--format", "{{.HostConfig.ReadonlyRootfs}}", one.Containers[0].RuntimeID); readonly != "false" {
			t.Errorf("its root is read-only: %s", readonly)
		}
		if user := docker(t, "exec", one.Containers[0].RuntimeID, "id", "-u"); user != "10001" {
			t.Errorf("the app's user is %s", user)
		}
	})
	t.Run("another up changes nothing", func(t *testing.T) {
		run(t, "up", "--", "--expect-no-changes")
		run(t, "preview", "--", "--refresh", "--expect-no-changes")
	})
	t.Run("a changed secret is no change to Pulumi, and a forced deployment brings it to new tasks", func(t *testing.T) {
		old := only(t, s.exported)
		ask[struct{}](t, "secretsmanager", "PutSecretValue", map[string]any{"SecretId": secret, "SecretString": `{"password":"pw-second","user":"app"}`})
		run(t, "preview", "--", "--expect-no-changes")
		has(t, old, map[string]string{"PASSWORD": "pw-first"})
		ask[struct{}](t, "ecs", "UpdateService", map[string]any{
			"cluster": s.exported["clusterName"], "service": s.exported["serviceName"], "forceNewDeployment": true})
		eventually(t, "a new task has taken over", func() bool {
			tasks := tasksOf(t, s.exported, "RUNNING")
			return len(tasks) == 1 && tasks[0].TaskArn != old.TaskArn && tasks[0].LastStatus == "RUNNING"
		})
		has(t, only(t, s.exported), map[string]string{"PASSWORD": "pw-second"})
		run(t, "preview", "--", "--expect-no-changes")
	})
	t.Run("a secret that is not there stops new tasks, and what runs goes on", func(t *testing.T) {
		edit(t, "Pulumi.local.yaml", replace(secret+":password::", secret+":passwort::"))
		edit(t, "Pulumi.local.yaml", impatient)
		fails(t, []string{"did not contain json key passwort"}, "up")
		s.settled(t)
	})
}

// prebuiltImage runs what the stack has built from a repository of someone else.
func prebuiltImage(t *testing.T) {
	run(t, "up")
	built := outputs(t)
	build := buildAt(t, built["url"])

	const elsewhere = "built-elsewhere"
	ask[struct{}](t, "ecr", "CreateRepository", map[string]any{"repositoryName": elsewhere})
	defer ask[struct{}](t, "ecr", "DeleteRepository", map[string]any{"repositoryName": elsewhere, "force": true})
	// The same tag, by which the app knows its build.
	tag := pushed(t, built)[digest(built["imageRef"])][0]
	copied := copyImage(t, built["imageRef"], here.images+"/"+elsewhere, tag)

	t.Run("the image by its tag is refused", func(t *testing.T) {
		edit(t, "Pulumi.local.yaml", replace("config:\n", "config:\n  sallyport:app.image: "+here.images+"/"+elsewhere+":"+tag+"\n"))
		fails(t, []string{"a tag can be moved to another image"}, "up")
	})
	edit(t, "Pulumi.local.yaml", replace("config:\n", "config:\n  sallyport:app.image: "+copied+"\n"))
	t.Run("the settings of a build contradict it", func(t *testing.T) {
		fails(t, []string{"app.buildArgs", "nothing is built while app.image is set"}, "up")
	})
	edit(t, "Pulumi.local.yaml", replace("  sallyport:app.buildArgs:\n    BASE_IMAGE: localhost/sallyport/node:local\n", ""))
	t.Run("the stack that built its image gives its repository up and runs the one it is told", func(t *testing.T) {
		up := run(t, "up")
		want := []string{
			"create-replacement aws:ecs/taskDefinition:TaskDefinition sallyport-local",
			"delete aws:ecr/lifecyclePolicy:LifecyclePolicy sallyport-local",
			"delete aws:ecr/repository:Repository sallyport-local",
			"delete docker:index/image:Image sallyport-local",
			"delete-replaced aws:ecs/taskDefinition:TaskDefinition sallyport-local",
			"replace aws:ecs/taskDefinition:TaskDefinition sallyport-local",
			"update aws:ecs/service:Service sallyport-local",
			"update aws:iam/policy:Policy sallyport-local-execution",
		}
		if changes := up.changes(); !slices.Equal(changes, want) {
			t.Errorf("it did\n  %s\nwant\n  %s", strings.Join(changes, "\n  "), strings.Join(want, "\n  "))
		}
		exported := outputs(t)
		if exported["imageRef"] != copied || exported["repositoryUrl"] != here.images+"/"+elsewhere || runningContainer(t, exported).Image != copied {
			t.Errorf("exported are %v", exported)
		}
		serves(t, exported)
		if now := buildAt(t, exported["url"]); now != build {
			t.Errorf("the build is %s, and was %s", now, build)
		}
	})
	t.Run("verify finds the image that it is told, and another up changes nothing", func(t *testing.T) {
		if broken := verified(t); len(broken) > 0 {
			t.Errorf("it reports %v", broken)
		}
		run(t, "up", "--", "--expect-no-changes")
	})
	t.Run("a destroy leaves the repository that is not the stack's", func(t *testing.T) {
		run(t, "destroy")
		if images := pushed(t, map[string]string{"repositoryUrl": here.images + "/" + elsewhere}); len(images) != 1 {
			t.Errorf("it holds %v", images)
		}
	})
}

// only is the one task that runs.
func only(t *testing.T, exported map[string]string) task {
	t.Helper()
	tasks := tasksOf(t, exported, "RUNNING")
	if len(tasks) != 1 {
		t.Fatalf("there are %+v", tasks)
	}
	return tasks[0]
}

// has checks the environment of a task's container.
func has(t *testing.T, one task, want map[string]string) {
	t.Helper()
	var environment []string
	if err := json.Unmarshal([]byte(docker(t, "inspect", "--format", "{{json .Config.Env}}", one.Containers[0].RuntimeID)), &environment); err != nil {
		t.Fatal(err)
	}
	for name, value := range want {
		if !slices.Contains(environment, name+"="+value) {
			t.Errorf("%s is not %q in %q", name, value, environment)
		}
	}
}

// copyImage pushes an image that is on this machine to a repository of the local registry, and returns it by digest.
func copyImage(t *testing.T, ref, repository, tag string) string {
	t.Helper()
	login := ask[struct {
		AuthorizationData []struct{ AuthorizationToken string }
	}](t, "ecr", "GetAuthorizationToken", nil)
	token := login.AuthorizationData[0].AuthorizationToken
	host, name, _ := strings.Cut(repository, "/")
	// Docker's own folder is not touched.
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.json"), fmt.Appendf(nil, `{"auths":{%q:{"auth":%q}}}`, host, token), 0o600); err != nil {
		t.Fatal(err)
	}
	docker(t, "tag", ref, repository+":"+tag)
	docker(t, "--config", dir, "push", repository+":"+tag)
	for digest, tags := range pushed(t, map[string]string{"repositoryUrl": host + "/" + name}) {
		if slices.Contains(tags, tag) {
			return repository + "@" + digest
		}
	}
	t.Fatalf("%s:%s was not pushed", repository, tag)
	return ""
}

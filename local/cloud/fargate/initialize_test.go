package fargate

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/moby/moby/client"
)

const asmSecret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf"

// The texts are AWS's, as far as the brackets: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html
// and https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html.
func TestATaskThatDoesNotStartSaysWhy(t *testing.T) {
	const ecrImage = "127.0.0.1:4567/web@" + digestOfWeb
	for _, test := range []struct {
		name    string
		blocked string
		secret  string
		group   string
		image   string
		engine  map[string]http.HandlerFunc
		want    string
	}{{
		name: "without a way to Secrets Manager", blocked: "secretsmanager", secret: asmSecret,
		want: "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret from asm: " +
			"There is a connection issue between the task and AWS Secrets Manager. Check your task network configuration. " +
			"failed to fetch secret " + asmSecret + " from secrets manager: operation error Secrets Manager: GetSecretValue, " +
			"https response error StatusCode: 0, RequestID: , canceled, context deadline exceeded (no route)",
	}, {
		name: "without a way to Systems Manager", blocked: "ssm", secret: "/db",
		want: "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secrets from ssm: " +
			"The task cannot pull secrets from AWS Systems Manager. There is a connection issue between the task and AWS " +
			"Systems Manager Parameter Store. Check your task network configuration. operation error SSM: GetParameters, " +
			"https response error StatusCode: 0, RequestID: , canceled, context deadline exceeded (no route)",
	}, {
		name: "without its secret", secret: "/none",
		want: "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: " +
			"unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid ssm parameters: /none",
	}, {
		name: "without a way to ECR's API", blocked: "ecr.api",
		want: "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from " +
			"Amazon ECR: There is a connection issue between the task and Amazon ECR. Check your task network configuration. " +
			"operation error ECR: GetAuthorizationToken, exceeded maximum number of attempts, 3, https response error " +
			"StatusCode: 0, RequestID: , request send failed, Post \"https://api.ecr.us-east-1.amazonaws.com/\": dial tcp " +
			"api.ecr.us-east-1.amazonaws.com:443: i/o timeout (no route)",
	}, {
		name: "without a way to CloudWatch Logs", blocked: "logs", group: "/web",
		want: "ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon CloudWatch log " +
			"group defined in the task definition. There is a connection issue between the task and Amazon CloudWatch. Check " +
			"your network configuration. : signal: killed (no route)",
	}, {
		name: "without its log group", group: "/none",
		want: "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed " +
			"to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit " +
			"status 1 (/none is not in us-east-1: declare it)",
	}, {
		name: "without a way to ECR's registry", blocked: "ecr.dkr",
		want: "CannotPullContainerError: The task cannot pull '" + ecrImage + "' from the Amazon ECR repository " +
			"'127.0.0.1:4567/web'. There is a connection issue between the task and Amazon ECR. Check your task network " +
			"configuration. : failed to resolve ref " + ecrImage + ": dial tcp: i/o timeout (no route)",
	}, {
		name: "without a way to S3, which has the layers", blocked: "s3",
		want: "CannotPullContainerError: The task cannot pull " + ecrImage + " from the registry " + ecrImage + ". There is a " +
			"connection issue between the task and the registry. Check your task network configuration. : failed to copy: " +
			"httpReadSeeker: failed open: failed to do request: Get " + ecrImage + ": dial tcp: i/o timeout (no route)",
	}, {
		name: "without a way to the registry of a public image", blocked: "docker.io", image: "nginx:1",
		want: "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref nginx:1: failed " +
			"to do request: Head \"https://docker.io\": dial tcp docker.io:443: i/o timeout (no route)",
	}, {
		name:   "whose image is not there",
		engine: map[string]http.HandlerFunc{"POST /images/create": refuses(http.StatusNotFound, "manifest unknown")},
		want: "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref " + ecrImage +
			": Error response from daemon: manifest unknown",
	}, {
		name: "whose image can't be unpacked",
		engine: map[string]http.HandlerFunc{"POST /images/create": func(w http.ResponseWriter, _ *http.Request) {
			say(w, `{"status":"Pulling from web"}{"errorDetail":{"message":"no space left on device"}}`)
		}},
		want: "CannotPullContainerError: ref pull has been retried 1 time(s): failed to copy " + ecrImage +
			": no space left on device",
	}, {
		name: "whose image is for another platform",
		engine: map[string]http.HandlerFunc{"GET /images/" + ecrImage + "/json": func(w http.ResponseWriter, _ *http.Request) {
			say(w, `{"Os":"linux","Architecture":"arm64"}`)
		}},
		want: "CannotPullContainerError: pull image manifest has been retried 1 time(s): image Manifest does not contain " +
			"descriptor matching platform 'linux/amd64' (" + ecrImage + ": the image is for linux/arm64; build it for the " +
			"runtimePlatform of the task definition, or change that)",
	}, {
		name: "whose program is not in the image",
		engine: map[string]http.HandlerFunc{
			"POST /containers/app/start": refuses(http.StatusBadRequest, `exec: "/none": no such file or directory`),
		},
		want: "CannotStartContainerError: the Docker engine: Error response from daemon: exec: \"/none\": no such file or directory",
	}} {
		t.Run("a task "+test.name, func(t *testing.T) {
			engine := newFakeEngine(t)
			if test.engine != nil {
				engine.answers = test.engine
			}
			a := &around{blocked: map[string]string{test.blocked: "no route"}, groups: []string{"/web"}}
			runtime := a.runtime(t, engine.Client)
			runtime.Secrets = func(_ context.Context, _, from string) (string, error) {
				return "", errors.New("unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid ssm parameters: " + from)
			}
			app := ecstypes.ContainerDefinition{Name: new("app")}
			if test.secret != "" {
				app.Secrets = []ecstypes.Secret{{Name: new("DB"), ValueFrom: &test.secret}}
			}
			if test.group != "" {
				app.LogConfiguration = awslogs(test.group)
			}
			if test.image != "" {
				app.Image = &test.image
				runtime.Auth = func(string) string { return "" }
			}
			_, err := runtime.Run(t.Context(), aTask(app))
			if err == nil || err.Error() != test.want {
				t.Errorf("the error is\n%v\nwant\n%s", err, test.want)
			}
			if a.ports() != nil {
				t.Error("its interface is attached")
			}
			left := 0
			for _, call := range engine.called() {
				if call == "POST /containers/create" {
					left++
				}
				if strings.HasPrefix(call, "DELETE /containers/") {
					left--
				}
			}
			if left != 0 {
				t.Errorf("%d containers are left: %q", left, engine.called())
			}
		})
	}
	t.Run("a task without an engine", func(t *testing.T) {
		runtime := (&around{}).runtime(t, nil)
		runtime.Engine = func(context.Context) (*client.Client, error) { return nil, errors.New("start it") }
		_, err := runtime.Run(t.Context(), aTask(ecstypes.ContainerDefinition{Name: new("app")}))
		if err == nil || err.Error() != "CannotPullContainerError: start it" {
			t.Errorf("%v", err)
		}
	})
}

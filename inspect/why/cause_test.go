package why

import (
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// The reasons are in the words of AWS's pages, which go with each pattern. AWS may change them without notice: then a
// reason is passed on as it is, or told in general.

func TestCauseOf(t *testing.T) {
	const start, scheduler = ecstypes.TaskStopCodeTaskFailedToStart, ecstypes.TaskStopCodeServiceSchedulerInitiated
	oom := exited(137)
	oom.Containers[0].Reason = aws.String("OutOfMemoryError: Container killed due to memory usage")
	sidecar := exited(0)
	sidecar.Containers = append(sidecar.Containers, ecstypes.Container{Name: aws.String("other"), ExitCode: aws.Int32(126)})
	for _, c := range []struct {
		name      string
		task      ecstypes.Task
		unhealthy string
		log       string
		want      string
	}{
		{"an image without a way to it", stoppedTask(start, "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref 123.dkr.ecr.us-east-1.amazonaws.com/web:1: failed to do request: Head \"https://123.dkr.ecr.us-east-1.amazonaws.com/v2/web/manifests/1\": dial tcp 10.0.0.1:443: i/o timeout"), "", "",
			"the image can't be pulled: the task has no way to the registry"},
		{"the same in newer words", stoppedTask(start, "CannotPullContainerError: The task cannot pull 'web' from the Amazon ECR repository 'web'. There is a connection issue between the task and Amazon ECR. Check your task network configuration."), "", "",
			"the image can't be pulled: the task has no way to the registry"},
		{"an image that is not there", stoppedTask(start, "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref 123.dkr.ecr.us-east-1.amazonaws.com/web@sha256:00: not found"), "", "",
			"the image can't be pulled: it is not in the registry"},
		{"an image that may not be pulled", stoppedTask(start, "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref 123.dkr.ecr.us-east-1.amazonaws.com/web:1: unexpected status: 403 Forbidden"), "", "",
			"the image can't be pulled: the execution role may not, or the image is not there"},
		{"an image for another processor", stoppedTask(start, "CannotPullContainerError: pull image manifest has been retried 1 time(s): image Manifest does not contain descriptor matching platform 'linux/arm64'"), "", "",
			platform.says},
		{"an image larger than the disk", stoppedTask(start, "CannotPullContainerError: ref pull has been retried 1 time(s): failed to extract layer: write /bin/app: no space left on device: unknown"), "", "",
			"the image can't be pulled: it is larger than the task's disk"},
		{"a registry with a rate limit", stoppedTask(start, "CannotPullContainerError: toomanyrequests: You have reached your pull rate limit"), "", "",
			"the image can't be pulled: the registry refuses more pulls for the time being"},
		{"a pull that fails otherwise", stoppedTask(start, "CannotPullContainerError: the moon is full"), "", "", "the image can't be pulled"},
		{"no way to ECR's API", stoppedTask(start, "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from Amazon ECR: There is a connection issue between the task and Amazon ECR. Check your task network configuration. RequestError: send request failed caused by: Post \"https://api.ecr.us-east-1.amazonaws.com/\": dial tcp 10.0.0.1:443: i/o timeout"), "", "",
			"the task has no way to ECR's API or to where its secrets are, which it needs before it pulls the image"},
		{"a role that may not read a secret", stoppedTask(start, "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:x from secrets manager: AccessDeniedException: User: arn:y is not authorized to perform: secretsmanager:GetSecretValue"), "", "",
			"the execution role may not get the image or a secret"},
		{"a role that can't be assumed", stoppedTask(start, "ResourceInitializationError: unable to pull secrets or registry auth: unable to assume role arn:z"), "", "",
			"the execution role may not get the image or a secret"},
		{"a secret that is not there", stoppedTask(start, "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid ssm parameters: /web/key"), "", "",
			"a secret that the task definition names does not exist"},
		{"no way to CloudWatch Logs", stoppedTask(start, "ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon CloudWatch log group defined in the task definition. There is a connection issue between the task and Amazon CloudWatch. Check your network configuration. : signal: killed"), "", "",
			"the task has no way to CloudWatch Logs"},
		{"a log group that is not there", stoppedTask(start, "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1"), "", "",
			"the log group that the task definition names does not exist"},
		{"a role that may not log", stoppedTask(start, "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: AccessDeniedException: not authorized : exit status 1"), "", "",
			"the execution role may not write logs"},
		{"a start that fails otherwise", stoppedTask(start, "ResourceInitializationError: the moon is full"), "", "", "AWS could not prepare what the task needs before it starts"},
		{"a subnet without addresses", stoppedTask(start, "Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-1': InsufficientFreeAddressesInSubnet"), "", "", full.says},
		{"an account without interfaces", stoppedTask(start, "Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-1': NetworkInterfaceLimitExceeded"), "", "",
			"the account has no more network interfaces left in this Region"},
		{"an interface that never came", stoppedTask(start, "Timeout waiting for network interface provisioning to complete."), "", "", "AWS could not give the task its network interface"},
		{"a Region without capacity", stoppedTask(start, "Capacity is unavailable at this time. Please try again later or in a different availability zone"), "", "",
			"AWS has no Fargate capacity in these zones at this moment"},
		{"a command that is not there", stoppedTask(start, "CannotStartContainerError: exec: \"/app\": stat /app: no such file or directory"), "", "",
			"the container can't be started: the image does not have its command"},
		{"a command that may not be executed", stoppedTask(start, "CannotStartContainerError: exec: \"/app\": permission denied"), "", "",
			"the container can't be started: its command may not be executed by the app's user"},
		{"memory that ran out, by the container's reason", oom, "", "", "the container used more memory than it may"},
		{"exit code 0", exited(0), "", "", "the app ended by itself, without an error (exit code 0)"},
		{"exit code 1", exited(1), "", "", "the app ended with an error (exit code 1)"},
		{"exit code 126 of another container", sidecar, "", "", "the command of the image can't be executed: it is a folder, or not marked as executable (exit code 126)"},
		{"exit code 127", exited(127), "", "", "the command of the image was not found (exit code 127)"},
		{"exit code 137", exited(137), "", "", "the app was killed (SIGKILL), as happens when memory runs out or when it does not end in time after SIGTERM (exit code 137)"},
		{"exit code 139", exited(139), "", "", "the app crashed: it touched memory that is not its own (SIGSEGV) (exit code 139)"},
		{"exit code 143", exited(143), "", "", "the app was ended by SIGTERM, and not by ECS (exit code 143)"},
		{"an exit code of the app's own", exited(42), "", "", "the app ended with an error (exit code 42)"},
		{"another processor, by the log", exited(1), "", "exec /usr/local/bin/node: exec format error", platform.says},
		{"a file system that is read-only, by the log", exited(1), "", "Error: EROFS: read-only file system, mkdir '/data'",
			"the app writes to a folder that it may not write to: its file system is read-only"},
		{"a container's own health check", stoppedTask(scheduler, "Task failed container health checks"), "", "", "the health check of the container failed, so ECS replaced the task"},
		{"a status code that is not well", stoppedTask(scheduler, "Task failed ELB health checks in (target-group arn)"), "Health checks failed with these codes: [503]", "",
			"the health path /up answers 503, and not 200-299"},
		{"a health check without an answer", stoppedTask(scheduler, "Task failed ELB health checks in (target-group arn)"), "Request timed out", "",
			"the health path /up gives no answer within 5 seconds"},
		{"a port that nobody listens on", stoppedTask(scheduler, "Task failed ELB health checks in (target-group arn)"), "Health checks failed", "",
			"the load balancer can't connect to port 3000 of the task, or gets no HTTP answer"},
		{"a health check that no event tells of", stoppedTask(scheduler, "Task failed ELB health checks in (target-group arn)"), "", "", "the load balancer's health check, GET /up, failed"},
		{"a reason that is not known", stoppedTask(start, "The moon is full."), "", "", "AWS says: The moon is full"},
		{"no reason", stoppedTask(start, ""), "", "", "AWS gives no reason"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := causeOf(c.task, c.unhealthy, healthCheck{path: "/up", matcher: "200-299", seconds: 5, port: "3000"}, []string{c.log}); got.says != c.want {
				t.Errorf("got  %q\nwant %q", got.says, c.want)
			}
			if asked(c.task) {
				t.Error("it counts as asked to stop")
			}
		})
	}
}

func TestAsked(t *testing.T) {
	for _, c := range []struct {
		code   ecstypes.TaskStopCode
		reason string
	}{
		{"ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/0123456789)"},
		{"", "Scaling activity initiated by deployment ecs-svc/0123456789"},
		{"UserInitiated", "Task stopped by user"},
		{"TerminationNotice", "ECS is performing maintenance on the underlying infrastructure hosting the task."},
		{"SpotInterruption", "Your Spot Task was interrupted."},
	} {
		t.Run("it is no failure of a task: "+c.reason, func(t *testing.T) {
			if !asked(stoppedTask(c.code, c.reason)) {
				t.Error("it is taken for one")
			}
		})
	}
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
func TestCauseOfHealth(t *testing.T) {
	for code, want := range map[string]string{
		"Target.ResponseCodeMismatch": "the health path /up does not answer 200",
		"Target.Timeout":              "the health path /up gives no answer within 5 seconds",
		"Target.FailedHealthChecks":   "the load balancer can't connect to port 3000 of the task, or gets no HTTP answer",
		"Target.NotInUse":             "no listener of the load balancer forwards to the target group, or the task is in a zone that the load balancer does not have",
		"Elb.InternalError":           "the load balancer had an error of its own",
		"":                            "the load balancer's health check, GET /up, failed",
	} {
		t.Run("the reason code "+code, func(t *testing.T) {
			if got := causeOfHealth(code, "", healthCheck{path: "/up", matcher: "200", seconds: 5, port: "3000"}); got.says != want || got.todo == "" {
				t.Errorf("got %+v, want %q", got, want)
			}
		})
	}
	t.Run("the one reason of a Network Load Balancer may be any of these", func(t *testing.T) {
		want := cause{"the health path /up gives no answer on port 3000 of the task within 5 seconds, or another one than 200",
			"let the app listen on 0.0.0.0 and on port 3000, which is PORT in its environment, and answer GET /up with 200; app.port and app.healthPath set them"}
		for code, description := range map[string]string{"Target.FailedHealthChecks": "", "": "Health checks failed"} {
			if got := causeOfHealth(code, description, healthCheck{path: "/up", matcher: "200", seconds: 5, port: "3000", network: true}); got != want {
				t.Errorf("%q %q: %+v", code, description, got)
			}
		}
	})
}

func TestPatterns(t *testing.T) {
	for _, list := range [][]pattern{patterns, placement, logs} {
		for _, p := range list {
			t.Run("each has words in lower case, something to do, and its page: "+strings.Join(p.words, ", "), func(t *testing.T) {
				page, err := url.Parse(p.source)
				if err != nil || page.Scheme != "https" || len(p.words) == 0 || p.cause.says == "" || p.cause.todo == "" ||
					strings.HasSuffix(p.cause.says, ".") || strings.HasSuffix(p.cause.todo, ".") || strings.ToLower(strings.Join(p.words, "")) != strings.Join(p.words, "") {
					t.Errorf("%+v", p)
				}
			})
		}
	}
}

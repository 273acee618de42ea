package why

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// cause is why something does not work, and what to do about it, both without a full stop.
type cause struct{ says, todo string }

// asked tells whether a task was told to stop: by a newer deployment, by someone, or by AWS for its own reasons. Such an
// end is no failure. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
func asked(t ecstypes.Task) bool {
	reason := strings.ToLower(aws.ToString(t.StoppedReason))
	switch t.StopCode {
	case ecstypes.TaskStopCodeTaskFailedToStart, ecstypes.TaskStopCodeEssentialContainerExited:
		return false
	case "":
		return strings.HasPrefix(reason, "scaling activity initiated") || strings.Contains(reason, "stopped by user")
	}
	return !strings.Contains(reason, "health checks")
}

// causeOf is why a task stopped. unhealthy is what AWS's events say of its target, and log the last that it logged.
func causeOf(t ecstypes.Task, unhealthy string, check healthCheck, log []string) cause {
	reason := aws.ToString(t.StoppedReason)
	for _, c := range t.Containers {
		reason += "\n" + aws.ToString(c.Reason)
	}
	if c, ok := match(patterns, reason); ok {
		return c
	}
	lower := strings.ToLower(aws.ToString(t.StoppedReason))
	switch {
	case strings.Contains(lower, "failed container health checks"):
		return cause{"the health check of the container failed, so ECS replaced the task",
			"run the task definition's health check by hand in the image, and see what it says"}
	case strings.Contains(lower, "failed elb health checks"):
		return causeOfHealth("", unhealthy, check)
	}
	code := exitOf(t)
	if code < 0 {
		if reason = firstLine(reason); reason == "" {
			return cause{says: "AWS gives no reason"}
		}
		return cause{says: "AWS says: " + reason}
	}
	if c, ok := match(logs, strings.Join(log, "\n")); ok {
		return c
	}
	return causeOfExit(code)
}

// exitOf is the exit code that ended a task, -1 where there is none.
func exitOf(t ecstypes.Task) int32 {
	name := culprit(t)
	for _, c := range t.Containers {
		if aws.ToString(c.Name) == name && c.ExitCode != nil {
			return *c.ExitCode
		}
	}
	return -1
}

// exits are the exit codes that mean something by themselves. 125 to 127 are Docker's and the shell's, 128 and more are
// 128 and the number of the signal that ended the process:
// https://repost.aws/knowledge-center/ecs-task-stopped and https://docs.docker.com/engine/containers/run/#exit-status
var exits = map[int32]cause{
	0: {"the app ended by itself, without an error", "let the app go on running: ECS takes a service's task that ends for one that failed"},
	1: {"the app ended with an error", "read what it logged last"},
	126: {"the command of the image can't be executed: it is a folder, or not marked as executable",
		"make it executable in the Dockerfile (chmod +x)"},
	127: {"the command of the image was not found", "correct CMD or ENTRYPOINT in the Dockerfile, or install what they name"},
	134: {"the app aborted", "read what it logged last"},
	137: {"the app was killed (SIGKILL), as happens when memory runs out or when it does not end in time after SIGTERM",
		"raise app.memory (which may take a larger app.cpu), or let the app end within app.stopTimeout of SIGTERM"},
	139: {"the app crashed: it touched memory that is not its own (SIGSEGV)",
		"look at the native modules in the image: are they built for its base image and its processor?"},
	143: {"the app was ended by SIGTERM, and not by ECS", "find out what sends it: a start script that ends its children, perhaps"},
	255: {"the app ended with an error", "read what it logged last"},
}

func causeOfExit(code int32) cause {
	c, ok := exits[code]
	if !ok {
		c = exits[1]
	}
	c.says += fmt.Sprintf(" (exit code %d)", code)
	return c
}

// healthCheck is how the load balancer asks whether a target is well.
type healthCheck struct {
	path    string
	matcher string // the status codes that are well, such as 200 or 200-299
	seconds int32  // that an answer may take
	port    string // of the app
	network bool   // of a Network Load Balancer, which gives one reason for whatever is wrong
}

// statusCodes are in the description of a target that answered otherwise than it should:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
var statusCodes = regexp.MustCompile(`with these codes: \[(\d+(?:, ?\d+)*)\]`)

// causeOfHealth is why a target is not healthy, by its reason code, or by its description, which is in the events of a
// service as well:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
func causeOfHealth(code, description string, check healthCheck) cause {
	get := "GET " + check.path
	switch codes := statusCodes.FindStringSubmatch(description); {
	case codes != nil:
		return cause{fmt.Sprintf("the health path %s answers %s, and not %s", check.path, codes[1], check.matcher),
			fmt.Sprintf("make %s answer %s, or set app.healthPath to a path that does", get, check.matcher)}
	case code == "Target.ResponseCodeMismatch":
		return cause{fmt.Sprintf("the health path %s does not answer %s", check.path, check.matcher),
			fmt.Sprintf("make %s answer %s, or set app.healthPath to a path that does", get, check.matcher)}
	case code == "Target.Timeout" || description == "Request timed out":
		return cause{fmt.Sprintf("the health path %s gives no answer within %d seconds", check.path, check.seconds),
			fmt.Sprintf("see that %s is quick, and that the service's security group lets the load balancer's in on port %s", get, check.port)}
	case check.network && (code == "Target.FailedHealthChecks" || description == "Health checks failed"):
		return cause{fmt.Sprintf("the health path %s gives no answer on port %s of the task within %d seconds, or another one than %s", check.path, check.port, check.seconds, check.matcher),
			fmt.Sprintf("let the app listen on 0.0.0.0 and on port %s, which is PORT in its environment, and answer %s with %s; app.port and app.healthPath set them", check.port, get, check.matcher)}
	case code == "Target.FailedHealthChecks" || description == "Health checks failed":
		return cause{"the load balancer can't connect to port " + check.port + " of the task, or gets no HTTP answer",
			fmt.Sprintf("let the app listen on 0.0.0.0 and on port %s, which is PORT in its environment; app.port sets it", check.port)}
	case code == "Target.NotInUse":
		return cause{"no listener of the load balancer forwards to the target group, or the task is in a zone that the load balancer does not have",
			"look at the listener's default action and at the load balancer's subnets; another update puts them right where someone has changed them"}
	case code == "Elb.InternalError":
		return cause{"the load balancer had an error of its own", "wait a few minutes; if it stays, see AWS's health dashboard"}
	case description != "":
		return cause{says: "AWS says: " + description}
	}
	return cause{fmt.Sprintf("the load balancer's health check, %s, failed", get), fmt.Sprintf("see that %s answers %s", get, check.matcher)}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return strings.TrimSuffix(line, ".")
}

package why

import "strings"

// AWS's pages about the reasons that it gives.
const (
	pullPage     = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html"
	initPage     = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html"
	memoryPage   = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/out-of-memory.html"
	startPage    = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cannot-start-container.html"
	stoppedPage  = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html"
	eventsPage   = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html"
	quotaPage    = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html"
	capacityPage = "https://repost.aws/knowledge-center/ecs-fargate-runtask-capacity"
)

// platform is a mistake that shows at the pull, at the start, or only in the log.
var platform = cause{"the image is not built for the processor that the task runs on",
	"set app.architecture to X86_64 or ARM64, whichever the image is built for: an update builds it anew"}

// wayOut is what to do where a task reaches nothing.
const wayOut = "give the private subnets a way out with network.egress, by nat or nat-per-zone, or by endpoints, which makes what AWS needs to start tasks: " +
	"interface endpoints for %s. In a VPC that the stack does not make, add one or the other there. And let the service's security group send HTTPS (port 443)"

// pattern is a reason of AWS's, known by its words: all must be there, of each word one of the ways to put it.
type pattern struct {
	words  []string // in lower case; ways are parted by |
	cause  cause
	source string
}

const (
	noWay  = "i/o timeout|connection issue|request canceled|context deadline exceeded|request send failed|signal: killed|no such host"
	denied = "accessdenied|access denied|not authorized|403 forbidden|no basic auth credentials|not been granted|unable to assume|cannot assume"
)

// patterns are looked through in order: the particular comes before the general.
var patterns = []pattern{
	{[]string{"descriptor matching platform|no matching manifest|exec format error"}, platform, pullPage},
	{[]string{"outofmemoryerror"}, cause{"the container used more memory than it may",
		"raise app.memory (which may take a larger app.cpu), or let the app use less"}, memoryPage},

	{[]string{"cannotpullcontainererror", noWay}, cause{"the image can't be pulled: the task has no way to the registry",
		way("ecr.api and ecr.dkr, and a gateway endpoint for S3")}, pullPage},
	{[]string{"cannotpullcontainererror", denied}, cause{"the image can't be pulled: the execution role may not, or the image is not there",
		"allow the execution role ecr:GetAuthorizationToken, ecr:BatchGetImage and ecr:GetDownloadUrlForLayer, and see that the repository has the image"}, pullPage},
	{[]string{"cannotpullcontainererror", "toomanyrequests|too many requests|rate limit"}, cause{"the image can't be pulled: the registry refuses more pulls for the time being",
		"wait, or keep the image in ECR"}, pullPage},
	{[]string{"cannotpullcontainererror", "no space left"}, cause{"the image can't be pulled: it is larger than the task's disk",
		"make the image smaller"}, pullPage},
	{[]string{"cannotpullcontainererror", "not found|manifest unknown|does not exist|no such image"}, cause{"the image can't be pulled: it is not in the registry",
		"push it again: another update does where the image has gone from the repository"}, pullPage},
	{[]string{"cannotpullcontainererror"}, cause{"the image can't be pulled",
		"AWS's own words are with the task that stopped"}, pullPage},

	{[]string{"resourceinitializationerror", "insufficientfreeaddresses|enough free addresses|free ip addresses|insufficient free"}, full, stoppedPage},
	{[]string{"resourceinitializationerror", "logger args|log stream|log group", noWay}, cause{"the task has no way to CloudWatch Logs",
		way("logs")}, initPage},
	{[]string{"resourceinitializationerror", "logger args|log stream|log group", "does not exist|resourcenotfound"},
		cause{"the log group that the task definition names does not exist", "run an update: it makes the log group again"}, initPage},
	{[]string{"resourceinitializationerror", "logger args|log stream|log group", denied}, cause{"the execution role may not write logs",
		"allow it logs:CreateLogStream and logs:PutLogEvents on the log group"}, initPage},
	{[]string{"resourceinitializationerror", "secrets or registry auth", "resourcenotfound|invalid ssm parameters|can't find the specified secret|parameternotfound"},
		cause{"a secret that the task definition names does not exist", "make it, or correct the task definition"}, initPage},
	{[]string{"resourceinitializationerror", "secrets or registry auth", denied}, cause{"the execution role may not get the image or a secret",
		"allow it ecr:GetAuthorizationToken, and ssm:GetParameters or secretsmanager:GetSecretValue for what the task definition names; ecs-tasks.amazonaws.com must be trusted to assume it"}, initPage},
	{[]string{"resourceinitializationerror", "secrets or registry auth", noWay}, cause{"the task has no way to ECR's API or to where its secrets are, which it needs before it pulls the image",
		way("ecr.api and ecr.dkr (ssm or secretsmanager too where there are secrets), and a gateway endpoint for S3")}, initPage},
	{[]string{"resourceinitializationerror"}, cause{"AWS could not prepare what the task needs before it starts",
		"AWS's own words are with the task that stopped"}, initPage},

	{[]string{"network interface", "insufficientfreeaddresses|enough free addresses|insufficient free"}, full, stoppedPage},
	{[]string{"network interface", "limitexceeded|limit exceeded|maximum number"}, cause{"the account has no more network interfaces left in this Region",
		"delete unused ones, or have the quota raised in Service Quotas (Amazon VPC: network interfaces per Region)"}, stoppedPage},
	{[]string{"network interface"}, cause{"AWS could not give the task its network interface",
		"try again; if it stays, AWS's own words are with the task that stopped"}, stoppedPage},
	{[]string{"limit on the number of vcpus|limit on the number of tasks"}, cause{"the account may not run more on Fargate in this Region",
		"stop other tasks, or have the quota raised in Service Quotas (AWS Fargate: On-Demand vCPU resource count)"}, quotaPage},
	{[]string{"capacity is unavailable|capacity unavailable"}, cause{"AWS has no Fargate capacity in these zones at this moment",
		"wait: ECS goes on trying; another app.cpu or more network.zones may find some"}, capacityPage},

	{[]string{"cannotstartcontainererror|cannotcreatecontainererror", "no such file or directory|executable file not found"}, cause{"the container can't be started: the image does not have its command",
		"correct CMD or ENTRYPOINT in the Dockerfile"}, startPage},
	{[]string{"cannotstartcontainererror|cannotcreatecontainererror", "permission denied"}, cause{"the container can't be started: its command may not be executed by the app's user",
		"make it executable for app.user in the Dockerfile"}, startPage},
	{[]string{"cannotstartcontainererror|cannotcreatecontainererror|containerruntimeerror|containerruntimetimeouterror"}, cause{"the container can't be started",
		"AWS's own words are with the task that stopped"}, startPage},
}

// full is said of a task's network interface in several ways.
var full = cause{"the private subnets have no free address left for the task",
	"free some: tasks and endpoints that are not needed, or a lower app.count; network.cidr is fixed once the stack is deployed"}

// placement are reasons that only the events of a service tell, when no task came to be.
var placement = []pattern{
	{[]string{"unable to assume"}, cause{"ECS can't assume its service-linked role or the task's roles",
		"let the roles trust ecs-tasks.amazonaws.com; the service-linked role is AWSServiceRoleForECS"}, eventsPage},
	{[]string{"unable to consistently start tasks"}, cause{"tasks fail to start again and again, so ECS waits longer and longer between tries",
		"find out why from the tasks that stopped, and update"}, eventsPage},
	{[]string{"minimumhealthypercent or maximumpercent"}, cause{"the deployment can neither start nor stop a task within the limits of the service",
		"let maximumPercent or minimumHealthyPercent leave room for one task"}, eventsPage},
}

func way(endpoints string) string { return strings.Replace(wayOut, "%s", endpoints, 1) }

// logs are what an app says when it is put up in the wrong way, where AWS only has an exit code.
var logs = []pattern{
	{[]string{"exec format error"}, platform, pullPage},
	{[]string{"read-only file system"}, cause{"the app writes to a folder that it may not write to: its file system is read-only",
		"add the folder to app.writablePaths, and declare it as a VOLUME of app.user in the Dockerfile"},
		"https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html"},
}

// match translates a reason of AWS's.
func match(patterns []pattern, reason string) (cause, bool) {
	reason = strings.ToLower(reason)
	for _, p := range patterns {
		if p.in(reason) {
			return p.cause, true
		}
	}
	return cause{}, false
}

func (p pattern) in(reason string) bool {
	for _, ways := range p.words {
		found := false
		for way := range strings.SplitSeq(ways, "|") {
			found = found || strings.Contains(reason, way)
		}
		if !found {
			return false
		}
	}
	return true
}

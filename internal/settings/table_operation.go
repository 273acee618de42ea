package settings

import "fmt"

var operationTable = []setting{
	{
		key: "scaling.max",
		description: "The most tasks that run at the same time: load decides between app.count and this. 0 for always app.count. " +
			"Where it or scaling.park is set, an update leaves the count as it is; once neither is, the scaled count stays until an update with --refresh.",
		allowed: "0, or up to 500 and more than app.count",
		why: "A deployment doubles the tasks for a while, and a target group takes 1000 targets. " +
			aws + "elasticloadbalancing/latest/application/load-balancer-limits.html",
		value: of[int]{in: func(s *Settings) *int { return &s.Scaling.Max }, check: between(0, 500)},
	},
	{
		key: "scaling.targetCpu",
		description: fmt.Sprintf("Average CPU of the tasks, in percent, that the count keeps; 0: not used. "+
			"Where scaling.max is set and no such target, it is %d.", standardCPU),
		allowed: "0 to 90 percent",
		why:     "Tasks are added above the target only. " + trackingPage,
		value:   of[int]{in: func(s *Settings) *int { return &s.Scaling.TargetCPU }, check: between(0, 90)},
	},
	{
		key:         "scaling.targetMemory",
		description: "Average memory of the tasks, in percent, that the count keeps; 0: not used.",
		allowed:     "0 to 90 percent",
		why:         "Tasks are added above the target only. " + trackingPage,
		value:       of[int]{in: func(s *Settings) *int { return &s.Scaling.TargetMemory }, check: between(0, 90)},
	},
	{
		key:         "scaling.targetRequests",
		description: "Requests a minute for each task that the count keeps; 0: not used.",
		allowed:     "0 to 1000000 requests a minute",
		why:         "The metric is ALBRequestCountPerTarget. " + trackingPage,
		value:       of[int]{in: func(s *Settings) *int { return &s.Scaling.TargetRequests }, check: between(0, 1000000)},
	},
	{
		key: "scaling.park",
		description: "When all tasks stop, such as cron(0 20 ? * MON-FRI *); empty for never. " +
			"Requests get a 503 then, and the load balancer and the NAT gateways keep costing.",
		allowed: "empty, or cron(MINUTES HOURS DAY MONTH WEEKDAY YEAR), with ? for either day or weekday; together with scaling.wake",
		why:     cronPage,
		value:   of[string]{in: func(s *Settings) *string { return &s.Scaling.Park }, check: checkCron},
	},
	{
		key:         "scaling.wake",
		description: "When the tasks that scaling.park stopped start again, such as cron(0 7 ? * MON-FRI *).",
		allowed:     "empty, or cron(MINUTES HOURS DAY MONTH WEEKDAY YEAR), with ? for either day or weekday; together with scaling.park",
		why:         cronPage,
		value:       of[string]{in: func(s *Settings) *string { return &s.Scaling.Wake }, check: checkCron},
	},
	{
		key:         "scaling.timezone",
		description: "The time zone of scaling.park and scaling.wake.",
		allowed:     "the name of an IANA time zone, such as Europe/Berlin",
		why:         cronPage,
		value:       of[string]{in: func(s *Settings) *string { return &s.Scaling.Timezone }, value: "UTC", check: checkTimezone},
	},
	{
		key:         "logs.retention",
		description: "Days that logs are kept.",
		allowed:     orList(retentions),
		why:         "CloudWatch Logs knows no other number of days. " + aws + "AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html",
		value:       of[int]{in: func(s *Settings) *int { return &s.Logs.Retention }, value: 30, check: oneOf(retentions...)},
	},
	{
		key:         "cluster.containerInsights",
		description: "CPU, memory, network and disk metrics of each task, at CloudWatch's price.",
		allowed:     "true or false",
		value:       of[bool]{in: func(s *Settings) *bool { return &s.Cluster.ContainerInsights }},
	},
	{
		key:         "cluster.name",
		description: "An ECS cluster to run in instead of a new one; empty for a new one. Setting, changing or clearing it replaces the service.",
		allowed:     "empty, or the name of a cluster of this Region; without cluster.containerInsights, which is the cluster's own",
		why:         aws + "AmazonECS/latest/developerguide/clusters.html",
		value: of[string]{in: func(s *Settings) *string { return &s.Cluster.Name },
			check: matching(`^[A-Za-z0-9_-]{0,255}$`, "it is not made of at most 255 letters, digits, hyphens and underscores")},
	},
	{
		key:         "alarms.enabled",
		description: "CloudWatch alarms on errors, latency, unhealthy targets, CPU, memory and missing tasks.",
		allowed:     "true or false",
		why:         aws + "AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html",
		value:       of[bool]{in: func(s *Settings) *bool { return &s.Alarms.Enabled }},
	},
	{
		key:         "alarms.topicArn",
		description: "The SNS topic that alarms are sent to; empty makes one.",
		allowed:     "the ARN of a standard SNS topic in aws:region",
		why:         "An alarm takes the ARN of a topic, and calls it in its own Region. " + aws + "AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html",
		value:       of[string]{in: func(s *Settings) *string { return &s.Alarms.TopicARN }, check: checkTopic},
	},
	{
		key:         "alarms.email",
		description: "The address that the stack's own topic writes to, once it has confirmed that it wants to; empty for nobody.",
		allowed:     "an email address",
		why:         aws + "sns/latest/dg/sns-email-notifications.html",
		value:       of[string]{in: func(s *Settings) *string { return &s.Alarms.Email }, check: checkEmail},
	},
	{
		key:         "alarms.latencyMs",
		description: "Milliseconds that 99 of 100 answers of the API should stay under.",
		allowed:     "1 to 30000 milliseconds",
		why: "An HTTP API answers after 30 seconds at the latest; 2500 is what AWS recommends for 90 of 100. " +
			aws + "AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html",
		value: of[int]{in: func(s *Settings) *int { return &s.Alarms.LatencyMs }, value: 2500, check: between(1, 30000)},
	},
	{
		key:         "alarms.rollback",
		description: "Has ECS roll a deployment back when the app's errors or unhealthy targets ring, for which every revision of the task definition stays registered; needs alarms.enabled.",
		allowed:     "true or false",
		why:         aws + "AmazonECS/latest/developerguide/deployment-alarm-failure.html",
		value:       of[bool]{in: func(s *Settings) *bool { return &s.Alarms.Rollback }},
	},
	{
		key:         "dashboard.enabled",
		description: "One CloudWatch dashboard with what the alarms watch; its address is exported as dashboardUrl.",
		allowed:     "true or false",
		value:       of[bool]{in: func(s *Settings) *bool { return &s.Dashboard.Enabled }},
	},
}

var retentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

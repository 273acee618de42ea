package settings

var appTable = []setting{
	{
		key:         "app.context",
		description: "The directory that the image is built from, relative to the project.",
		allowed:     "a directory that holds a Dockerfile",
		why:         "The image is built from it.",
		value:       of[string]{in: func(s *Settings) *string { return &s.App.Context }, value: "webapp"},
	},
	{
		key: "app.image",
		description: "An image that was built elsewhere, by digest, to run instead of building one; empty to build app.context. " +
			"It must be for app.architecture.",
		allowed: "REPOSITORY@sha256:DIGEST, without a tag, not from the repository that the stack itself builds into; in ECR in aws:region unless " +
			"network.egress is a NAT gateway; together with none of app.context, app.buildArgs and app.buildOnPreview",
		why: "A tag can be moved, and then tasks of one deployment run different images, while a new image under an old tag starts no deployment. " +
			aws + "AmazonECS/latest/APIReference/API_ContainerDefinition.html",
		value: of[string]{in: func(s *Settings) *string { return &s.App.Image }, check: checkImage},
	},
	{
		key:         "app.buildArgs",
		description: "Build arguments (ARG) of the Dockerfile; not for secrets, since an image shows them.",
		allowed:     "an object; names of letters, digits and underscores, not starting with a digit, other than BUILD_ID, which the program sets",
		why:         "https://docs.docker.com/reference/dockerfile/#arg",
		value: of[map[string]string]{in: func(s *Settings) *map[string]string { return &s.App.BuildArgs },
			value: map[string]string{}, check: checkBuildArgs},
	},
	{
		key:         "app.buildOnPreview",
		description: "Builds the image in a preview too, which finds a broken Dockerfile and takes as long as a build does; a change of it builds anew.",
		allowed:     "true or false",
		value:       of[bool]{in: func(s *Settings) *bool { return &s.App.BuildOnPreview }},
	},
	{
		key:         "app.environment",
		description: "Environment variables of the app; not for secrets, since whoever may read the task definition reads them.",
		allowed: "an object; names of letters, digits and underscores, not starting with a digit, other than HOSTNAME, KEEP_ALIVE_TIMEOUT, PORT and, " +
			"with app.table, TABLE_NAME, which the program sets, and than AWS credentials",
		why: "Credentials in the environment fail Security Hub's ECS.8. " + aws + "securityhub/latest/userguide/ecs-controls.html#ecs-8",
		value: of[map[string]string]{in: func(s *Settings) *map[string]string { return &s.App.Environment },
			value: map[string]string{}, check: checkEnvironment},
	},
	{
		key: "app.secrets",
		description: "Environment variables whose values each task reads at its start: name to the ARN of a Secrets Manager secret, " +
			"which may go on with :JSON-KEY:VERSION-STAGE:VERSION-ID, or of an SSM parameter. A changed value reaches new tasks only.",
		allowed: "an object; names as in app.environment, and in one of the two only; whole ARNs in aws:region, up to 5000 characters together",
		why: "The execution role is allowed to read exactly these, in one policy of at most 6144 characters. " +
			aws + "AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html " + aws + "AmazonECS/latest/developerguide/secrets-envvar-ssm-paramstore.html",
		value: of[map[string]string]{in: func(s *Settings) *map[string]string { return &s.App.Secrets },
			value: map[string]string{}, check: checkSecrets},
	},
	{
		key:         "app.secretsKeyArn",
		description: "The customer-managed KMS key that app.secrets are encrypted with; empty for AWS's own keys.",
		allowed:     "the ARN of a key in aws:region, not of an alias, together with app.secrets",
		why:         "Only with such a key must the execution role be allowed to decrypt. " + aws + "AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html",
		value:       of[string]{in: func(s *Settings) *string { return &s.App.SecretsKeyARN }, check: checkSecretsKey},
	},
	{
		key:         "app.architecture",
		description: "The processor that the image is built for and the tasks run on.",
		allowed:     "X86_64 or ARM64",
		why:         aws + "AmazonECS/latest/APIReference/API_RuntimePlatform.html",
		value:       of[string]{in: func(s *Settings) *string { return &s.App.Architecture }, value: "X86_64", check: oneOf("X86_64", "ARM64")},
	},
	{
		key:         "app.cpu",
		description: "CPU units of a task; 1024 are one vCPU.",
		allowed:     cpus(),
		why:         "Fargate has no other sizes. " + sizesPage,
		value:       of[int]{in: func(s *Settings) *int { return &s.App.CPU }, value: 256, check: checkCPU},
	},
	{
		key:         "app.memory",
		description: "Memory of a task in MiB; each app.cpu goes with some sizes only.",
		allowed:     "512 to 122880 MiB, in the steps that go with app.cpu",
		why:         "Fargate has no other sizes. " + sizesPage,
		value:       of[int]{in: func(s *Settings) *int { return &s.App.Memory }, value: 512, check: between(512, 122880)},
	},
	{
		key:         "app.count",
		description: "Tasks that run at the same time.",
		allowed:     "1 to 500",
		why: "A deployment doubles the tasks for a while, and a target group takes 1000 targets. " +
			aws + "elasticloadbalancing/latest/application/load-balancer-limits.html",
		value: of[int]{in: func(s *Settings) *int { return &s.App.Count }, value: 1, check: between(1, 500)},
	},
	{
		key:         "app.spotPercent",
		description: "Percent of the tasks beyond app.onDemandBase that run on Fargate Spot, which costs less and may stop a task after two minutes' warning; 0 for none. Turning it on or off replaces the service. A cluster by cluster.name must have the capacity providers FARGATE and FARGATE_SPOT.",
		allowed:     "0 to 99, or 100 with an app.onDemandBase of 0",
		why: "A capacity provider without weight places no tasks, so a base needs a share of the rest. " +
			aws + "AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html",
		value: of[int]{in: func(s *Settings) *int { return &s.App.SpotPercent }, check: between(0, 100)},
	},
	{
		key:         "app.onDemandBase",
		description: "Tasks that run on demand before app.spotPercent counts.",
		allowed:     "0 or more, less than the larger of app.count and scaling.max",
		why: "A Spot task that is stopped is started anew only where there is Spot capacity. " +
			aws + "AmazonECS/latest/developerguide/fargate-capacity-providers.html",
		value: of[int]{in: func(s *Settings) *int { return &s.App.OnDemandBase }, value: 1, check: between(0, 499)},
	},
	{
		key:         "app.port",
		description: "The port that the app listens on.",
		allowed:     "1024 to 65535",
		why:         "The container runs as a non-root user without any capability, so it may not open a port below 1024.",
		value:       of[int]{in: func(s *Settings) *int { return &s.App.Port }, value: 3000, check: between(1024, 65535)},
	},
	{
		key:         "app.healthPath",
		description: "The path that answers 200 while the app is well.",
		allowed:     "a path that starts with /, of at most 1024 characters, without spaces or a fragment",
		why:         aws + "elasticloadbalancing/latest/application/target-group-health-checks.html",
		value:       of[string]{in: func(s *Settings) *string { return &s.App.HealthPath }, value: "/api/health", check: checkHealthPath},
	},
	{
		key:         "app.probes",
		description: "Requests, besides GET of app.healthPath, that make verify expects to be answered with 200.",
		allowed: "a list of distinct texts METHOD PATH; METHOD is GET or POST, " +
			"PATH starts with / and has at most 1024 characters, without spaces or a fragment",
		why: "Each is sent to the stack's URL as it stands here, again at every verify.",
		value: of[[]string]{in: func(s *Settings) *[]string { return &s.App.Probes },
			value: []string{"GET /", "GET /api/echo/a/deep/path", "POST /api/echo"}, check: checkProbes},
	},
	{
		key:         "app.healthGrace",
		description: "Seconds after its start in which a task may be unwell.",
		allowed:     "0 to 2147483647 seconds",
		why:         aws + "AmazonECS/latest/APIReference/API_CreateService.html",
		value:       of[int]{in: func(s *Settings) *int { return &s.App.HealthGrace }, value: 60, check: between(0, 2147483647)},
	},
	{
		key:         "app.keepAlive",
		description: "Seconds that the app keeps an idle connection open.",
		allowed:     "1 to 2147483 seconds, more than loadBalancer.idleTimeout",
		why:         "Node counts it in milliseconds, and its timers end at 2147483647. https://nodejs.org/api/timers.html#settimeoutcallback-delay-args",
		value:       of[int]{in: func(s *Settings) *int { return &s.App.KeepAlive }, value: 75, check: between(1, 2147483)},
	},
	{
		key:         "app.stopTimeout",
		description: "Seconds between SIGTERM and SIGKILL when a task stops.",
		allowed:     "1 to 120 seconds, more than loadBalancer.deregistrationDelay",
		why:         "120 seconds are the most that Fargate waits. " + aws + "AmazonECS/latest/APIReference/API_ContainerDefinition.html",
		value:       of[int]{in: func(s *Settings) *int { return &s.App.StopTimeout }, value: 60, check: between(1, 120)},
	},
	{
		key:         "app.user",
		description: "The user, and its group, that the app runs as.",
		allowed:     "UID or UID:GID, both numbers from 1 to 2147483647",
		why: "A name can't be told from root without looking into the image, and root is what Security Hub's ECS.20 forbids. " +
			aws + "securityhub/latest/userguide/ecs-controls.html",
		value: of[string]{in: func(s *Settings) *string { return &s.App.User }, value: "10001:10001", check: checkUser},
	},
	{
		key:         "app.writablePaths",
		description: "Directories that the app may write to; the rest of its file system is read-only.",
		allowed:     "a list of distinct, absolute paths other than /",
		why:         "Each becomes a volume of the task.",
		value: of[[]string]{in: func(s *Settings) *[]string { return &s.App.WritablePaths },
			value: []string{"/tmp", "/app/.next/cache"}, check: checkWritablePaths},
	},
	{
		key:         "app.waitForSteadyState",
		description: "Ends an update only once the new tasks run and are well. Without it, every revision of the task definition stays registered, for ECS to go back to.",
		allowed:     "true or false",
		value:       of[bool]{in: func(s *Settings) *bool { return &s.App.WaitForSteadyState }, value: true},
	},
	{
		key:         "app.deploymentTimeout",
		description: "Seconds that an update waits for the new tasks to run and be well, before it fails.",
		allowed:     "60 to 7200 seconds",
		why: "A task needs its image, its start and two health checks; ECS gives up on the first deployment after three failed tasks, " +
			"which no update is told. " + aws + "AmazonECS/latest/developerguide/deployment-circuit-breaker.html",
		value: of[int]{in: func(s *Settings) *int { return &s.App.DeploymentTimeout }, value: 1200, check: between(60, 7200)},
	},
	{
		key: "app.exec",
		description: "Lets those whom IAM allows it run commands in a task (ECS Exec), as root; the whole root file system is writable then, " +
			"as ECS Exec asks.",
		allowed: "true or false",
		why:     aws + "AmazonECS/latest/developerguide/ecs-exec.html",
		value:   of[bool]{in: func(s *Settings) *bool { return &s.App.Exec }},
	},
	{
		key: "app.table",
		description: "Gives the app a DynamoDB table of its own, whose name it finds in TABLE_NAME: keys pk and sk, both strings, items that go by themselves " +
			"after the second in expires, paid by use. Turning it off deletes the table with all that is in it, unless the stack is protected.",
		allowed: "true or false",
		why: "A task of Fargate keeps nothing. The task role is allowed to read and write the items of this one table. " +
			aws + "amazondynamodb/latest/developerguide/HowItWorks.CoreComponents.html",
		value: of[bool]{in: func(s *Settings) *bool { return &s.App.Table }, value: true},
	},
}

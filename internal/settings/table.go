package settings

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"sallyport/internal/httpapi"
)

// setting is one row of the table: everything that is known about one key.
type setting struct {
	key         string
	description string
	allowed     string
	why         string
	value       value
}

const aws = "https://docs.aws.amazon.com/"

// table is the single source of what can be set. Load reads by it, and Pulumi.yaml's config section and the README's
// table are written from it (go test ./internal/settings -update).
// Keys without a namespace are the project's own; the others are the AWS provider's.
var table = []setting{
	{
		key:         "aws:region",
		description: "The region that the stack lives in; the only setting without a default.",
		allowed:     "the name of a region, such as us-east-1",
		why:         "Nothing can be built without one. " + aws + "global-infrastructure/latest/regions/aws-regions.html",
		value: of[string]{in: func(s *Settings) *string { return &s.AWS.Region }, required: true,
			check: matching(`^[a-z]{2,5}(-[a-z]+)+-\d$`, "it doesn't look like a region")},
	},
	{
		key:         "aws:profile",
		description: "The profile of the shared AWS configuration files; empty for the credentials of the environment.",
		allowed:     "any text",
		value:       of[string]{in: func(s *Settings) *string { return &s.AWS.Profile }},
	},
	{
		key:         "aws:maxRetries",
		description: "How often one call of the AWS API is tried.",
		allowed:     "1 to 100",
		why:         "The provider takes 0 as unset, and its own 25 make a dead API look like a hang.",
		value:       of[int]{in: func(s *Settings) *int { return &s.AWS.MaxRetries }, value: 10, check: between(1, 100)},
	},
	{
		key:         "aws:allowedAccountIds",
		description: "The only accounts that the stack may touch; empty for whichever the credentials belong to.",
		allowed:     "a list of account ids of twelve digits, in quotes where they start with 0",
		why:         "With any other account the program stops before it changes something.",
		value:       of[[]string]{in: func(s *Settings) *[]string { return &s.AWS.AllowedAccountIDs }, value: []string{}, check: checkAccounts},
	},
	{
		key:         "name",
		description: "Starts the name of every resource; empty for PROJECT-STACK.",
		allowed:     "2 to 24 lower-case letters, digits and single hyphens, a letter first, no hyphen last, not starting with internal- or sg-",
		why: "Load balancers and target groups take 32 characters, of which Pulumi's random suffix needs 8; " +
			"ECR takes lower case only; AWS keeps the two prefixes for itself. " + aws + "elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html",
		value: of[string]{in: func(s *Settings) *string { return &s.Name }, check: checkName},
	},
	{
		key:         "protected",
		description: "Guards what holds data or names: deletion protection on, no forced delete.",
		allowed:     "true or false",
		value:       of[bool]{in: func(s *Settings) *bool { return &s.Protected }},
	},
	{
		key:         "tags",
		description: "Tags of every resource, beside the default ones: " + strings.Join(slices.Sorted(maps.Keys(DefaultTags("", ""))), ", ") + ".",
		allowed: "at most 40; keys of 1 to 128 characters that don't start with aws: or differ by case alone, values of at most 256; " +
			"letters, digits, spaces and _ . : / = + - @",
		why: "AWS takes 50 tags a resource, and the stack sets some of its own; IAM compares keys without case. " +
			aws + "tag-editor/latest/userguide/best-practices-and-strats.html " + aws + "IAM/latest/UserGuide/id_tags.html",
		value: of[map[string]string]{in: func(s *Settings) *map[string]string { return &s.Tags }, value: map[string]string{}, check: checkTags},
	},
	{
		// A new one replaces the VPC, under a load balancer that can't move to another.
		key:         "network.cidr",
		description: "The address range of the VPC. Fixed once the stack is deployed: a change needs a destroy first.",
		allowed: "a private IPv4 network (in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10), " +
			"of /16 to /24 with 2 zones, /23 with 3 or 4, /22 with 5 or 6",
		why: "A VPC takes /16 to /28, and each private subnet needs a /26: an ALB asks for a /27 with 8 free addresses, the tasks come on top. " +
			aws + "vpc/latest/userguide/vpc-cidr-blocks.html " + aws + "elasticloadbalancing/latest/application/application-load-balancers.html",
		value: of[string]{in: func(s *Settings) *string { return &s.Network.CIDR }, value: "10.0.0.0/16", check: checkCIDR},
	},
	{
		// The VPC is divided by their number, so each subnet would move onto addresses that another one still has:
		// https://github.com/pulumi/pulumi-awsx/issues/910
		key:         "network.zones",
		description: "Availability zones, each with a public and a private subnet. Fixed once the stack is deployed: a change needs a destroy first.",
		allowed:     "2 to 6",
		why: "An ALB needs subnets in at least two zones, and no region has more than six. " +
			aws + "elasticloadbalancing/latest/application/application-load-balancers.html",
		value: of[int]{in: func(s *Settings) *int { return &s.Network.Zones }, value: 2, check: between(2, 6)},
	},
	{
		key:         "network.egress",
		description: "The way out of the private subnets: one NAT gateway, one in each zone, interface endpoints for what starts the tasks, or none.",
		allowed:     "nat, nat-per-zone, endpoints or none; none goes with app.waitForSteadyState=false alone",
		why: "A task pulls its image from ECR and writes to CloudWatch Logs before it serves, so without a way there none starts. " +
			aws + "AmazonECS/latest/developerguide/vpc-endpoints.html",
		value: of[Egress]{in: func(s *Settings) *Egress { return &s.Network.Egress }, value: EgressNAT,
			check: oneOf(EgressNAT, EgressNATPerZone, EgressEndpoints, EgressNone)},
	},
	{
		key:         "network.flowLogs",
		description: "Which traffic the VPC's flow log records.",
		allowed:     "REJECT or ALL",
		why:         "A VPC without a flow log fails CIS 3.7 and Security Hub's EC2.6. " + aws + "vpc/latest/userguide/flow-logs.html",
		value:       of[string]{in: func(s *Settings) *string { return &s.Network.FlowLogs }, value: "REJECT", check: oneOf("REJECT", "ALL")},
	},
	{
		key:         "network.vpcId",
		description: "A VPC to use instead of a new one; empty for a new one. Fixed once the stack is deployed: a change needs a destroy first.",
		allowed:     "empty, or the id of a VPC of this Region, together with network.privateSubnetIds",
		why:         aws + "vpc/latest/userguide/how-it-works.html",
		value: of[string]{in: func(s *Settings) *string { return &s.Network.VpcID },
			check: matching(`^(vpc-([0-9a-f]{8}|[0-9a-f]{17}))?$`, "it doesn't look like the id of a VPC, such as vpc-0123456789abcdef0")},
	},
	{
		key:         "network.privateSubnetIds",
		description: "The private subnets of network.vpcId for the load balancer, the VPC link and the tasks, one a zone.",
		allowed:     "a list of two to six ids of subnets in as many zones, together with network.vpcId",
		why: "An ALB takes one subnet a zone, of two zones or more. " +
			aws + "elasticloadbalancing/latest/application/application-load-balancers.html",
		value: of[[]string]{in: func(s *Settings) *[]string { return &s.Network.PrivateSubnetIDs }, value: []string{}, check: checkSubnetIDs},
	},
	{
		key:         "loadBalancer.idleTimeout",
		description: "Seconds without a byte after which the load balancer closes a connection.",
		allowed:     "1 to 4000 seconds, more than gateway.timeout and less than app.keepAlive",
		why:         aws + "elasticloadbalancing/latest/application/edit-load-balancer-attributes.html",
		value:       of[int]{in: func(s *Settings) *int { return &s.LoadBalancer.IdleTimeout }, value: 60, check: between(1, 4000)},
	},
	{
		key:         "loadBalancer.deregistrationDelay",
		description: "Seconds that a task which leaves has to answer what it was asked before.",
		allowed:     "0 to 119 seconds, at least gateway.timeout and less than app.stopTimeout",
		why: "A target group takes up to 3600, but the delay must end before the task is killed, and Fargate waits at most 120. " +
			aws + "AmazonECS/latest/developerguide/load-balancer-types.html",
		value: of[int]{in: func(s *Settings) *int { return &s.LoadBalancer.DeregistrationDelay }, value: 30, check: between(0, 119)},
	},
	{
		key:         "loadBalancer.certificateArn",
		description: "The ACM certificate of the load balancer's listener, which then takes HTTPS on port 443 and nothing else; empty for plain HTTP inside the VPC.",
		allowed:     "the ARN of a certificate of AWS Certificate Manager in aws:region, together with loadBalancer.serverName",
		why:         "A load balancer takes certificates of its own Region alone. " + aws + "elasticloadbalancing/latest/application/https-listener-certificates.html",
		value: of[string]{in: func(s *Settings) *string { return &s.LoadBalancer.CertificateARN },
			check: matching(`^(arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[a-f0-9-]+)?$`, "it is not the ARN of a certificate")},
	},
	{
		key:         "loadBalancer.serverName",
		description: "The name that API Gateway must find in the listener's certificate; where it does not, the load balancer gets no request.",
		allowed:     "a name that loadBalancer.certificateArn is for, together with it: lower-case letters, digits and hyphens between dots, no wildcard",
		why:         aws + "AWSCloudFormation/latest/UserGuide/aws-properties-apigatewayv2-integration-tlsconfig.html",
		value:       of[string]{in: func(s *Settings) *string { return &s.LoadBalancer.ServerName }, check: checkHostName(253)},
	},
	{
		key:         "loadBalancer.webAclArn",
		description: "The AWS WAF web ACL that looks at every request before the load balancer takes it; empty for none.",
		allowed:     "the ARN of a regional web ACL (AWS WAF v2) in aws:region",
		why:         "An HTTP API takes no web ACL, a load balancer does. " + aws + "waf/latest/developerguide/how-aws-waf-works-resources.html",
		value: of[string]{in: func(s *Settings) *string { return &s.LoadBalancer.WebACLARN },
			check: matching(`^(arn:aws[a-z-]*:wafv2:[a-z0-9-]+:\d{12}:regional/webacl/[A-Za-z0-9_-]+/[a-f0-9-]+)?$`, "it is not the ARN of a regional web ACL")},
	},
	{
		key:         "gateway.timeout",
		description: "Seconds that API Gateway waits for an answer.",
		allowed:     "1 to 30 seconds",
		why:         "30 seconds are the most that an HTTP API waits, and no quota raises it. " + aws + "apigateway/latest/developerguide/http-api-quotas.html",
		value:       of[int]{in: func(s *Settings) *int { return &s.Gateway.Timeout }, value: 30, check: between(1, 30)},
	},
	{
		key:         "gateway.throttleBurst",
		description: "Requests that may come at once before API Gateway answers 429.",
		allowed:     "1 to 5000 requests",
		why:         "0 refuses every request; 5000 is what the account has for all its APIs. " + aws + "apigateway/latest/developerguide/limits.html",
		value:       of[int]{in: func(s *Settings) *int { return &s.Gateway.ThrottleBurst }, value: 500, check: between(1, 5000)},
	},
	{
		key:         "gateway.throttleRate",
		description: "Requests a second, over time, before API Gateway answers 429.",
		allowed:     "1 to 10000 requests a second",
		why:         "0 refuses every request; 10000 is what the account has for all its APIs. " + aws + "apigateway/latest/developerguide/limits.html",
		value:       of[int]{in: func(s *Settings) *int { return &s.Gateway.ThrottleRate }, value: 1000, check: between(1, 10000)},
	},
	{
		key:         "gateway.vpcLinkId",
		description: "A VPC link of network.vpcId to share instead of a new one; empty for a new one.",
		allowed:     "empty, or the id of a VPC link of this Region, together with network.vpcId",
		why:         "An account has ten VPC links a Region, and one serves many APIs. " + aws + "apigateway/latest/developerguide/http-api-quotas.html",
		value: of[string]{in: func(s *Settings) *string { return &s.Gateway.VpcLinkID },
			check: matching(`^[a-z0-9]*$`, "it doesn't look like the id of a VPC link, such as abcd12")},
	},
	{
		key: "gateway.routes",
		description: "A table of routes: where the requests of a path go, and who may send them. " +
			"Each has a path in API Gateway's syntax, methods (default: all), target: container (default), deny or a Lambda function's ARN, " +
			"auth: none (default), iam or jwt with issuer, audience and scopes, throttleBurst and throttleRate.",
		allowed: "a list of objects; at most 300 routes, one for each method of each object, and 10 pairs of issuer and audience; no two for the same requests",
		why:     "The quotas are those of one API. " + aws + "apigateway/latest/developerguide/http-api-develop-routes.html " + aws + "apigateway/latest/developerguide/http-api-quotas.html",
		value: of[[]httpapi.Route]{in: func(s *Settings) *[]httpapi.Route { return &s.Gateway.Routes },
			value: []httpapi.Route{}, check: checkRoutes},
	},
	{
		key:         "gateway.default",
		description: "Where the requests go that no route takes: to the container, or to nobody, which makes gateway.routes an allow-list.",
		allowed:     "container or deny",
		why:         "API Gateway answers 404 to what no route takes. " + aws + "apigateway/latest/developerguide/http-api-develop-routes.html",
		value: of[string]{in: func(s *Settings) *string { return &s.Gateway.Default }, value: httpapi.Container,
			check: oneOf(httpapi.Container, httpapi.Deny)},
	},
	{
		key:         "gateway.cors",
		description: "What pages of other origins may do: allowOrigins, allowMethods, allowHeaders, exposeHeaders, maxAge, allowCredentials. Empty leaves it to the app.",
		allowed:     "an object; allowOrigins in it, maxAge of -1 to 86400 seconds, no * together with allowCredentials",
		why: "API Gateway then ignores what the app says of CORS. " + aws + "apigateway/latest/developerguide/http-api-cors.html " +
			aws + "apigatewayv2/latest/api-reference/apis-apiid.html",
		value: of[httpapi.CORS]{in: func(s *Settings) *httpapi.CORS { return &s.Gateway.CORS }, check: checkCORS},
	},
	{
		key:         "gateway.publicHostHeader",
		description: "A request header, such as x-public-host, that tells the app the host that the browser asked for; empty for none.",
		allowed:     "the name of a header that API Gateway doesn't keep for itself",
		why: "X-Forwarded-Host is one of those that it keeps. " +
			aws + "apigateway/latest/developerguide/http-api-parameter-mapping.html",
		value: of[string]{in: func(s *Settings) *string { return &s.Gateway.PublicHostHeader }, check: checkPublicHostHeader},
	},
	{
		key:         "gateway.keepWarm",
		description: "Asks for app.healthPath once a day, so that the VPC link of a stack without visitors never becomes inactive.",
		allowed:     "true or false",
		why: "After 60 days without traffic the link is inactive, and the first requests fail. " +
			aws + "apigateway/latest/developerguide/http-api-vpc-links.html",
		value: of[bool]{in: func(s *Settings) *bool { return &s.Gateway.KeepWarm }},
	},
	{
		key:         "domain.name",
		description: "The name that the app answers at, with a certificate of its own; empty for API Gateway's.",
		allowed:     "a name in domain.zoneId, together with it: lower-case letters, digits and hyphens between dots, at most 64 characters, no wildcard",
		why:         "A certificate's first name has at most 64 characters. " + aws + "acm/latest/APIReference/API_RequestCertificate.html",
		value:       of[string]{in: func(s *Settings) *string { return &s.Domain.Name }, check: checkHostName(64)},
	},
	{
		key:         "domain.zoneId",
		description: "The Route 53 hosted zone that domain.name is in: the stack writes the name's addresses and the certificate's validation there.",
		allowed:     "the id of a public hosted zone, such as Z0123456789ABCDEFGHIJ, together with domain.name",
		why:         aws + "Route53/latest/APIReference/API_HostedZone.html",
		value:       of[string]{in: func(s *Settings) *string { return &s.Domain.ZoneID }, check: matching(`^[A-Z0-9]{0,32}$`, "it is not the id of a hosted zone")},
	},
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
		allowed: "an object; names of letters, digits and underscores, not starting with a digit, other than HOSTNAME, KEEP_ALIVE_TIMEOUT and PORT, " +
			"which the program sets, and than AWS credentials",
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
		key:         "app.spot",
		description: "Percent of the tasks beyond app.spotBase that run on Fargate Spot, which costs less and may stop a task after two minutes' warning; 0 for none. Turning it on or off replaces the service. A cluster by cluster.name must have the capacity providers FARGATE and FARGATE_SPOT.",
		allowed:     "0 to 99, or 100 with an app.spotBase of 0",
		why: "A capacity provider without weight places no tasks, so a base needs a share of the rest. " +
			aws + "AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html",
		value: of[int]{in: func(s *Settings) *int { return &s.App.Spot }, check: between(0, 100)},
	},
	{
		key:         "app.spotBase",
		description: "Tasks that run on demand before app.spot counts.",
		allowed:     "0 or more, less than the larger of app.count and scaling.max",
		why: "A Spot task that is stopped is started anew only where there is Spot capacity. " +
			aws + "AmazonECS/latest/developerguide/fargate-capacity-providers.html",
		value: of[int]{in: func(s *Settings) *int { return &s.App.SpotBase }, value: 1, check: between(0, 499)},
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
		description: "Ends an update only once the new tasks run and are well. Without it, a rollback by ECS may find the old task definition deregistered.",
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
		key: "scaling.max",
		description: "The most tasks that run at the same time: load decides between app.count and this. 0 for always app.count. " +
			"Where it or scaling.park is set, an update leaves the count as it is; once neither is, the scaled count stays until an update with --refresh.",
		allowed: "0, or up to 500 and more than app.count",
		why: "A deployment doubles the tasks for a while, and a target group takes 1000 targets. " +
			aws + "elasticloadbalancing/latest/application/load-balancer-limits.html",
		value: of[int]{in: func(s *Settings) *int { return &s.Scaling.Max }, check: between(0, 500)},
	},
	{
		key: "scaling.cpu",
		description: fmt.Sprintf("Average CPU of the tasks, in percent, that the count keeps; 0: not used. "+
			"Where scaling.max is set and no such target, it is %d.", standardCPU),
		allowed: "0 to 90 percent",
		why:     "Tasks are added above the target only. " + trackingPage,
		value:   of[int]{in: func(s *Settings) *int { return &s.Scaling.CPU }, check: between(0, 90)},
	},
	{
		key:         "scaling.memory",
		description: "Average memory of the tasks, in percent, that the count keeps; 0: not used.",
		allowed:     "0 to 90 percent",
		why:         "Tasks are added above the target only. " + trackingPage,
		value:       of[int]{in: func(s *Settings) *int { return &s.Scaling.Memory }, check: between(0, 90)},
	},
	{
		key:         "scaling.requests",
		description: "Requests a minute for each task that the count keeps; 0: not used.",
		allowed:     "0 to 1000000 requests a minute",
		why:         "The metric is ALBRequestCountPerTarget. " + trackingPage,
		value:       of[int]{in: func(s *Settings) *int { return &s.Scaling.Requests }, check: between(0, 1000000)},
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
		key:         "alarms.latency",
		description: "Milliseconds that 99 of 100 answers of the API should stay under.",
		allowed:     "1 to 30000 milliseconds",
		why: "An HTTP API answers after 30 seconds at the latest; 2500 is what AWS recommends for 90 of 100. " +
			aws + "AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html",
		value: of[int]{in: func(s *Settings) *int { return &s.Alarms.Latency }, value: 2500, check: between(1, 30000)},
	},
	{
		key:         "alarms.rollback",
		description: "Has ECS roll a deployment back when the app's errors or unhealthy targets ring; needs alarms.enabled.",
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

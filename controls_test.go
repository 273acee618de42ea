package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sallyport/internal/record"
	"sallyport/security"
)

// A control is what one or more published rule sets ask for, under the ids they give it: SH is AWS Security Hub,
// CKV Checkov, AVD Trivy, CIS the AWS Foundations Benchmark 5.0, nag the rules of cdk-nag.
type control struct {
	name  string
	check func(t *testing.T, rec *record.Recording)
}

// TestControlsByDefault holds the default stack, which is the cheapest, against every control that costs next to
// nothing. Rules about what the program does not build (a database) have no row; those about a domain are in domain_test.go.
func TestControlsByDefault(t *testing.T) {
	rec := byDefault(t)
	for _, c := range slices.Concat(oneEntry, anyBalancer, loadBalancerAndAPI, containerAndImage, rolesAndLogs) {
		t.Run(c.name, func(t *testing.T) { c.check(t, rec) })
	}
}

// TestControlsOfProd holds the stack of Pulumi.prod.yaml against the same controls and those that cost money or stand
// in the way of a teardown.
func TestControlsOfProd(t *testing.T) {
	rec := prod(t)
	for _, c := range slices.Concat(oneEntry, anyBalancer, loadBalancerAndAPI, containerAndImage, rolesAndLogs, prodOnly) {
		t.Run(c.name, func(t *testing.T) { c.check(t, rec) })
	}
}

var oneEntry = []control{
	{"AVD-AWS-0053, CKV2_AWS_28: the load balancer does not face the internet", internalBalancer},
	{"SH ECS.2, ECS.16, CKV_AWS_333: tasks have no public IP", taskAddresses},
	{"SH EC2.15, CKV_AWS_130, AVD-AWS-0164, nag NIST VPCSubnetAutoAssignPublicIpDisabled: no subnet gives a public IP", noLaunchAddresses},
	{"SH EC2.18, EC2.19, EC2.53, EC2.54, CIS 5.3, 5.4, CKV_AWS_24, 25, 260, 277, AVD-AWS-0107, nag EC23: a source is always a security group", groupSources},
	{"CKV_AWS_382, AVD-AWS-0104: no egress of every protocol to everywhere", func(t *testing.T, rec *record.Recording) {
		for _, rule := range some(t, rec, egressRule) {
			record.Equal(t, rule, "ipProtocol", "tcp")
			record.Equal(t, rule, "fromPort", rule.Input("toPort"))
			if rule.Input("cidrIpv4") != nil || rule.Input("cidrIpv6") != nil {
				// The way to ECR and CloudWatch Logs, through NAT.
				record.Equal(t, rule, "securityGroupId", "securitygroup-"+name(rec)+"-service")
				record.Equal(t, rule, "fromPort", 443.0)
			}
		}
		for _, group := range some(t, rec, securityGroup) {
			record.Equal(t, group, "egress", nil)
		}
	}},
	{"SH EC2.2, CIS 5.5, CKV2_AWS_12, AVD-AWS-0173, nag NIST VPCDefaultSecurityGroupClosed: the default security group allows nothing", func(t *testing.T, rec *record.Recording) {
		group := one(t, rec, "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
		record.Equal(t, group, "vpcId", "vpc-"+name(rec))
		for _, direction := range []string{"ingress", "egress"} {
			if rules := list(t, group, direction); len(rules) > 0 {
				t.Errorf("%s is %v", direction, rules)
			}
		}
	}},
	{"AVD-AWS-0101: nothing is in the default VPC", func(t *testing.T, rec *record.Recording) {
		one(t, rec, "aws:ec2/vpc:Vpc")
		none(t, rec, "aws:ec2/defaultVpc:")
		for _, typ := range []string{"aws:ec2/subnet:Subnet", securityGroup, "aws:lb/targetGroup:TargetGroup"} {
			for _, r := range some(t, rec, typ) {
				record.Equal(t, r, "vpcId", "vpc-"+name(rec))
			}
		}
	}},
	{"SH EC2.16, EC2.21, CIS 5.2, AVD-AWS-0102, 0105, nag VPC3: no network ACL is written by hand", func(t *testing.T, rec *record.Recording) {
		none(t, rec, "aws:ec2/networkAcl")
		none(t, rec, "aws:ec2/defaultNetworkAcl:")
	}},
	{"SH EC2.12, EC2.22, CKV2_AWS_5, 19, 35: no idle group or address, and private subnets leave through NAT", func(t *testing.T, rec *record.Recording) {
		used := fmt.Sprint(one(t, rec, balancer).Input("securityGroups"), one(t, rec, ecsService).Input("networkConfiguration.securityGroups"))
		for _, link := range rec.OfType(vpcLink) {
			used += fmt.Sprint(link.Input("securityGroupIds"))
		}
		for _, group := range some(t, rec, securityGroup) {
			if !strings.Contains(used, "securitygroup-"+group.Name+"]") {
				t.Errorf("%s is used by nothing", group)
			}
		}
		natAddresses(t, rec)
		for _, table := range privateTables(t, rec) {
			routes := routesOf(rec, table)
			if len(routes) != 1 || routes[0].Input("natGatewayId") == nil || routes[0].Input("destinationCidrBlock") != "0.0.0.0/0" {
				t.Errorf("%s has the routes %v", table, routes)
			}
		}
	}},
	{"own control: public subnets hold only NAT gateways", func(t *testing.T, rec *record.Recording) {
		for _, r := range rec.Resources {
			mayBe := r.Type == natGateway || r.Type == "aws:ec2/routeTable:RouteTable" || r.Type == "aws:ec2/route:Route"
			if text := fmt.Sprint(r.Inputs); strings.Contains(text, "subnet-"+name(rec)+"-public-") && !mayBe {
				t.Errorf("%s is in a public subnet", r)
			}
		}
	}},
}

// anyBalancer is about a load balancer of either type.
var anyBalancer = []control{
	{"SH ELB.13: the load balancer is in two zones or more", func(t *testing.T, rec *record.Recording) {
		var zones []any
		for _, subnet := range list(t, one(t, rec, "aws:lb/loadBalancer:LoadBalancer"), "subnets") {
			zone := rec.Get(t, "aws:ec2/subnet:Subnet", strings.TrimPrefix(subnet.(string), "subnet-")).Input("availabilityZone")
			if slices.Contains(zones, zone) {
				t.Errorf("twice in %s", zone)
			}
			zones = append(zones, zone)
		}
		if len(zones) < 2 {
			t.Errorf("it is in %v", zones)
		}
	}},
	{"CKV_AWS_261: the target group has a health check", func(t *testing.T, rec *record.Recording) {
		group := one(t, rec, "aws:lb/targetGroup:TargetGroup")
		record.Equal(t, group, "healthCheck.enabled", true)
		record.Equal(t, group, "healthCheck.path", "/api/health")
		record.Equal(t, group, "healthCheck.matcher", "200")
	}},
}

var loadBalancerAndAPI = []control{
	{"SH ELB.4, CKV_AWS_131, AVD-AWS-0052: invalid header fields are dropped", func(t *testing.T, rec *record.Recording) {
		record.Equal(t, one(t, rec, "aws:lb/loadBalancer:LoadBalancer"), "dropInvalidHeaderFields", true)
	}},
	{"SH ELB.12, CKV_AWS_328: desync attacks are mitigated", func(t *testing.T, rec *record.Recording) {
		record.Equal(t, one(t, rec, "aws:lb/loadBalancer:LoadBalancer"), "desyncMitigationMode", "defensive")
	}},
	{"SH APIGateway.9, CKV_AWS_76, AVD-AWS-0001, nag APIG1, nag Serverless APIGWStructuredLogging: the stage logs access as JSON", func(t *testing.T, rec *record.Recording) {
		stage := one(t, rec, "aws:apigatewayv2/stage:Stage")
		var line map[string]string
		if err := json.Unmarshal([]byte(stage.Input("accessLogSettings.format").(string)), &line); err != nil {
			t.Fatal(err)
		}
		for _, variable := range []string{
			"$context.requestId", "$context.identity.sourceIp", "$context.routeKey", "$context.status",
			"$context.responseLatency", "$context.integrationLatency", "$context.integrationErrorMessage",
		} {
			if !strings.Contains(stage.Input("accessLogSettings.format").(string), `"`+variable+`"`) {
				t.Errorf("%s is missing", variable)
			}
		}
		record.Equal(t, stage, "accessLogSettings.destinationArn", arn("LogGroup", name(rec)+"-access"))
		prefix, _ := rec.Get(t, logGroup, name(rec)+"-access").Input("namePrefix").(string)
		if !strings.HasPrefix(prefix, "/aws/vendedlogs/") {
			t.Errorf("the log group's name begins with %s", prefix)
		}
	}},
	{"nag Serverless APIGWDefaultThrottling: the stage is throttled", func(t *testing.T, rec *record.Recording) {
		stage := one(t, rec, "aws:apigatewayv2/stage:Stage")
		record.Equal(t, stage, "defaultRouteSettings.throttlingBurstLimit", 500.0)
		record.Equal(t, stage, "defaultRouteSettings.throttlingRateLimit", 1000.0)
	}},
}

var containerAndImage = []control{
	{"SH ECR.1, CKV_AWS_163, AVD-AWS-0030: images are scanned on push", func(t *testing.T, rec *record.Recording) {
		record.Equal(t, one(t, rec, repository), "imageScanningConfiguration.scanOnPush", true)
	}},
	{"SH ECR.2, CKV_AWS_51, AVD-AWS-0031: tags are immutable, and the task definition has the digest", func(t *testing.T, rec *record.Recording) {
		record.Equal(t, one(t, rec, repository), "imageTagMutability", "IMMUTABLE")
		if image := container(t, rec).Image; !strings.Contains(image, "@sha256:") || image != rec.Exports["imageRef"] {
			t.Errorf("the image is %s", image)
		}
	}},
	{"SH ECR.3: the repository has a lifecycle policy that keeps enough images to roll back", func(t *testing.T, rec *record.Recording) {
		policy := one(t, rec, "aws:ecr/lifecyclePolicy:LifecyclePolicy")
		record.Equal(t, policy, "repository", name(rec))
		if text := policy.Input("policy").(string); !strings.Contains(text, `"countType":"imageCountMoreThan","countNumber":30}`) {
			t.Errorf("the policy is %s", text)
		}
	}},
	{"CKV_AWS_32, AVD-AWS-0032, nag ECR1: the repository has no policy, so nobody else may pull", func(t *testing.T, rec *record.Recording) {
		none(t, rec, "aws:ecr/repositoryPolicy:")
	}},
	{"SH ECS.20: the container definition names a user that is not root", func(t *testing.T, rec *record.Recording) {
		if user := container(t, rec).User; user != "10001:10001" {
			t.Errorf("the user is %q", user)
		}
	}},
	{"SH ECS.21: the task definition says Linux", func(t *testing.T, rec *record.Recording) {
		record.Equal(t, one(t, rec, taskDefinition), "runtimePlatform.operatingSystemFamily", "LINUX")
	}},
	{"SH ECS.5, CKV_AWS_336: the root file system is read-only, with volumes where Next.js must write", func(t *testing.T, rec *record.Recording) {
		c := container(t, rec)
		if !c.ReadonlyRootFilesystem {
			t.Error("it is not")
		}
		var paths []string
		for i, mount := range c.MountPoints {
			paths = append(paths, mount.ContainerPath)
			record.Equal(t, one(t, rec, taskDefinition), fmt.Sprintf("volumes.%d.name", i), mount.SourceVolume)
			if mount.ReadOnly {
				t.Errorf("%s is read-only", mount.ContainerPath)
			}
		}
		if !slices.Equal(paths, []string{"/tmp", "/app/.next/cache"}) {
			t.Errorf("the volumes are at %v", paths)
		}
	}},
	{"SH ECS.4, CKV_AWS_334: the container is not privileged and has no capability", func(t *testing.T, rec *record.Recording) {
		c := container(t, rec)
		if c.Privileged == nil || *c.Privileged || !slices.Equal(c.LinuxParameters.Capabilities.Drop, []string{"ALL"}) {
			t.Errorf("got %+v", c)
		}
	}},
	{"SH ECS.3, ECS.17, CKV_AWS_335, nag NIST ECSTaskDefinitionUserForHostMode: tasks share neither network nor processes with the host", func(t *testing.T, rec *record.Recording) {
		record.Equal(t, one(t, rec, taskDefinition), "networkMode", "awsvpc")
		record.Equal(t, one(t, rec, taskDefinition), "pidMode", nil)
		record.Equal(t, one(t, rec, taskDefinition), "ipcMode", nil)
	}},
	{"SH ECS.8, AVD-AWS-0036, nag ECS2: the environment has no secret, only these plain settings", func(t *testing.T, rec *record.Recording) {
		var names []string
		for _, variable := range container(t, rec).Environment {
			names = append(names, variable.Name)
		}
		if !slices.Equal(names, []string{"HOSTNAME", "KEEP_ALIVE_TIMEOUT", "PORT", "TABLE_NAME"}) {
			t.Errorf("the environment is %v", names)
		}
	}},
	{"SH ECS.9, nag ECS7: the container logs, and never waits for the log", func(t *testing.T, rec *record.Recording) {
		log := container(t, rec).LogConfiguration
		if log.LogDriver != "awslogs" || log.Options["mode"] != "non-blocking" || log.Options["awslogs-group"] != name(rec)+"-app-1234567" {
			t.Errorf("got %+v", log)
		}
	}},
	{"SH ECS.10, CKV_AWS_332: tasks run on the latest Fargate platform", func(t *testing.T, rec *record.Recording) {
		service := one(t, rec, "aws:ecs/service:Service")
		record.Equal(t, service, "platformVersion", "LATEST")
		if service.Input("capacityProviderStrategies") == nil {
			record.Equal(t, service, "launchType", "FARGATE")
			return
		}
		for i := range list(t, service, "capacityProviderStrategies") {
			provider := service.Input(fmt.Sprintf("capacityProviderStrategies.%d.capacityProvider", i))
			if provider != "FARGATE" && provider != "FARGATE_SPOT" {
				t.Errorf("tasks run on %v", provider)
			}
		}
	}},
	{"CKV_AWS_223, 224: nobody can open a shell in a task", func(t *testing.T, rec *record.Recording) {
		record.Equal(t, one(t, rec, "aws:ecs/service:Service"), "enableExecuteCommand", false)
	}},
}

var rolesAndLogs = []control{
	{"CKV_AWS_249: the execution role is not the task role", func(t *testing.T, rec *record.Recording) {
		task := one(t, rec, taskDefinition)
		record.Equal(t, task, "executionRoleArn", arn("Role", name(rec)+"-execution"))
		record.Equal(t, task, "taskRoleArn", arn("Role", name(rec)+"-task"))
	}},
	{"SH IAM.1, IAM.21, KMS.1, KMS.2, CIS 1.15, CKV_AWS_62, 63, 274, 286-290, 355, CKV2_AWS_40, 56, nag IAM5: no wildcard but the one that can't go", func(t *testing.T, rec *record.Recording) {
		for _, policy := range some(t, rec, "aws:iam/policy:Policy") {
			for _, statement := range document(t, policy, "policy").Statement {
				for _, action := range statement.Action {
					if strings.Contains(action, "*") {
						t.Errorf("%s allows %s", policy, action)
					}
				}
				if slices.Contains(statement.Resource, "*") && !slices.Equal(statement.Action, []string{"ecr:GetAuthorizationToken"}) {
					t.Errorf("%s allows %v on everything", policy, statement.Action)
				}
				for _, resource := range statement.Resource {
					if resource != "*" && !strings.HasPrefix(resource, "arn:aws:") {
						t.Errorf("%s is about %s", policy, resource)
					}
				}
			}
		}
	}},
	{"nag IAM4: no policy is AWS's own", func(t *testing.T, rec *record.Recording) {
		for _, attachment := range some(t, rec, "aws:iam/rolePolicyAttachment:RolePolicyAttachment") {
			record.Equal(t, attachment, "policyArn", arn("Policy", attachment.Name))
		}
		for _, role := range some(t, rec, "aws:iam/role:Role") {
			record.Equal(t, role, "managedPolicyArns", nil)
		}
	}},
	{"CKV_AWS_60, 61, 393: a role trusts one service, for this account alone", func(t *testing.T, rec *record.Recording) {
		services := map[string]string{
			name(rec) + "-execution": "ecs-tasks.amazonaws.com",
			name(rec) + "-task":      "ecs-tasks.amazonaws.com",
			name(rec) + "-flow":      "vpc-flow-logs.amazonaws.com",
			name(rec) + "-keep-warm": "events.amazonaws.com",
			// The account's settings name it, and no resource of the account asks by it.
			name(rec) + "-gateway-logs": "apigateway.amazonaws.com",
		}
		for _, role := range some(t, rec, "aws:iam/role:Role") {
			trust := document(t, role, "assumeRolePolicy").Statement
			if len(trust) != 1 || !slices.Equal(trust[0].Principal.Service, []string{services[role.Name]}) ||
				trust[0].Condition["StringEquals"]["aws:SourceAccount"] != "123456789012" && role.Name != name(rec)+"-gateway-logs" {
				t.Errorf("%s trusts %+v", role, trust)
			}
		}
	}},
	{"AVD-AWS-0342: no role may pass a role", func(t *testing.T, rec *record.Recording) {
		for _, policy := range some(t, rec, "aws:iam/policy:Policy") {
			if text := policy.Input("policy").(string); strings.Contains(text, "iam:") {
				t.Errorf("%s is %s", policy, text)
			}
		}
	}},
	{"nag NIST IAMNoInlinePolicy: policies are resources of their own", func(t *testing.T, rec *record.Recording) {
		none(t, rec, "aws:iam/rolePolicy:")
		for _, role := range some(t, rec, "aws:iam/role:Role") {
			record.Equal(t, role, "inlinePolicies", nil)
		}
	}},
	{"CKV_AWS_66, nag Serverless and NIST CloudWatchLogGroupRetentionPeriod: every log ends some day", func(t *testing.T, rec *record.Recording) {
		groups := some(t, rec, logGroup)
		if len(groups) != 3 {
			t.Errorf("there are %v", groups)
		}
		for _, group := range groups {
			if days, _ := group.Input("retentionInDays").(float64); days < 1 {
				t.Errorf("%s is kept for ever", group)
			}
		}
	}},
	{"SH EC2.6, CIS 3.7, CKV2_AWS_11, AVD-AWS-0178, nag VPC7: the VPC has a flow log, whose role can't make log groups", func(t *testing.T, rec *record.Recording) {
		log := one(t, rec, "aws:ec2/flowLog:FlowLog")
		record.Equal(t, log, "vpcId", "vpc-"+name(rec))
		record.Equal(t, log, "logDestination", arn("LogGroup", name(rec)+"-flow"))
		record.Equal(t, log, "iamRoleArn", arn("Role", name(rec)+"-flow"))
		if traffic := log.Input("trafficType"); traffic != "REJECT" && traffic != "ALL" {
			t.Errorf("it records %v", traffic)
		}
		for _, policy := range some(t, rec, "aws:iam/policy:Policy") {
			// API Gateway takes no role for a REST API's logs that lacks the right.
			if text := policy.Input("policy").(string); strings.Contains(text, "logs:CreateLogGroup") && policy.Name != name(rec)+"-gateway-logs" {
				t.Errorf("%s is %s", policy, text)
			}
		}
	}},
	{"CKV_AWS_23, AVD-AWS-0099, AVD-AWS-0124, nag EC27: every security group and rule says what it is for", func(t *testing.T, rec *record.Recording) {
		for _, r := range slices.Concat(some(t, rec, securityGroup), some(t, rec, ingressRule), some(t, rec, egressRule)) {
			if text, _ := r.Input("description").(string); text == "" || text == "Managed by Pulumi" {
				t.Errorf("%s has the description %q", r, text)
			}
		}
	}},
	{"SH ECS.13-15 and the other tag controls: everything is tagged, tasks too", func(t *testing.T, rec *record.Recording) {
		tags := configValue(t, one(t, rec, "pulumi:providers:aws").Input("defaultTags"))
		if !strings.Contains(tags, `"managed-by":"pulumi","project":"sallyport","stack":`) {
			t.Errorf("the default tags are %s", tags)
		}
		record.Equal(t, one(t, rec, "aws:ecs/service:Service"), "propagateTags", "SERVICE")
		record.Equal(t, one(t, rec, "aws:ecs/service:Service"), "enableEcsManagedTags", true)
	}},
	{"SH DynamoDB.1, CKV2_AWS_16: the table's capacity follows demand", func(t *testing.T, rec *record.Recording) {
		record.Equal(t, one(t, rec, table), "billingMode", "PAY_PER_REQUEST")
	}},
	{"own control: the app does what it needs with the items of its table and nothing with the table, and the VPC's endpoint passes no more", func(t *testing.T, rec *record.Recording) {
		want := []string{"dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"}
		for what, d := range map[string]security.Document{
			"the task role's": document(t, rec.Get(t, "aws:iam/policy:Policy", name(rec)+"-task"), "policy"),
			"the endpoint's":  document(t, rec.Get(t, vpcEndpoint, name(rec)+"-dynamodb"), "policy"),
		} {
			s := d.Statement[len(d.Statement)-1]
			if s.Effect != "Allow" || !slices.Equal(s.Action, want) || !slices.Equal(s.Resource, []string{arn("Table", name(rec))}) {
				t.Errorf("%s policy is %+v", what, d)
			}
		}
	}},
	{"CKV_AWS_41: the provider has no keys", func(t *testing.T, rec *record.Recording) {
		for _, key := range []string{"accessKey", "secretKey", "token"} {
			record.Equal(t, one(t, rec, "pulumi:providers:aws"), key, nil)
		}
	}},
}

var prodOnly = []control{
	{"SH ELB.6, CKV_AWS_150, nag NIST ELBDeletionProtectionEnabled: AWS refuses to delete the load balancer", func(t *testing.T, rec *record.Recording) {
		record.Equal(t, one(t, rec, "aws:lb/loadBalancer:LoadBalancer"), "enableDeletionProtection", true)
	}},
	{"own control: AWS refuses to delete a repository that has images", func(t *testing.T, rec *record.Recording) {
		record.Equal(t, one(t, rec, repository), "forceDelete", false)
	}},
	{"own control: Pulumi refuses to delete what holds data or names", func(t *testing.T, rec *record.Recording) {
		var protected []string
		for _, r := range rec.Resources {
			if r.Protect {
				protected = append(protected, r.String())
			}
		}
		if want := []string{
			"aws:apigatewayv2/api:Api::sallyport-prod",
			"aws:cloudwatch/logGroup:LogGroup::sallyport-prod-access",
			"aws:cloudwatch/logGroup:LogGroup::sallyport-prod-app",
			"aws:cloudwatch/logGroup:LogGroup::sallyport-prod-flow",
			"aws:dynamodb/table:Table::sallyport-prod",
			"aws:ecr/repository:Repository::sallyport-prod",
			"aws:lb/loadBalancer:LoadBalancer::sallyport-prod",
		}; !slices.Equal(protected, want) {
			t.Errorf("protected are %v", protected)
		}
	}},
	{"SH DynamoDB.2, CKV_AWS_28, AVD-AWS-0024, nag DDB3: the table goes back to any second of the last 35 days", func(t *testing.T, rec *record.Recording) {
		record.Equal(t, one(t, rec, table), "pointInTimeRecovery.enabled", true)
	}},
	{"SH DynamoDB.6: AWS refuses to delete the table", func(t *testing.T, rec *record.Recording) {
		record.Equal(t, one(t, rec, table), "deletionProtectionEnabled", true)
	}},
	{"SH ECS.12, CKV_AWS_65, AVD-AWS-0034, nag ECS4: Container Insights is on", func(t *testing.T, rec *record.Recording) {
		record.Equal(t, one(t, rec, "aws:ecs/cluster:Cluster"), "settings.0.name", "containerInsights")
		record.Equal(t, one(t, rec, "aws:ecs/cluster:Cluster"), "settings.0.value", "enabled")
	}},
	{"SH CloudWatch.16, CKV_AWS_338: logs are kept for a year", func(t *testing.T, rec *record.Recording) {
		for _, group := range some(t, rec, logGroup) {
			record.Equal(t, group, "retentionInDays", 365.0)
		}
	}},
	{"own control: the flow log has all traffic", func(t *testing.T, rec *record.Recording) {
		record.Equal(t, one(t, rec, "aws:ec2/flowLog:FlowLog"), "trafficType", "ALL")
	}},
	{"own control: each zone has its own way out", func(t *testing.T, rec *record.Recording) {
		var gateways []any
		for i, table := range privateTables(t, rec) {
			gateway := routesOf(rec, table)[0].Input("natGatewayId")
			if slices.Contains(gateways, gateway) {
				t.Errorf("%v serves two zones", gateway)
			}
			gateways = append(gateways, gateway)
			nat := rec.Get(t, natGateway, fmt.Sprintf("sallyport-prod-%d", i+1))
			record.Equal(t, nat, "subnetId", fmt.Sprintf("subnet-sallyport-prod-public-%d", i+1))
		}
		if len(gateways) != 3 {
			t.Errorf("the gateways are %v", gateways)
		}
	}},
	{"Well-Architected REL10, REL11: one task less is not an outage", func(t *testing.T, rec *record.Recording) {
		record.Equal(t, one(t, rec, "aws:ecs/service:Service"), "desiredCount", 2.0)
	}},
}

func TestTheDefaultStackCanBeTornDown(t *testing.T) {
	rec := byDefault(t)
	for _, r := range rec.Resources {
		if r.Protect {
			t.Errorf("%s is protected", r)
		}
	}
	record.Equal(t, one(t, rec, repository), "forceDelete", true)
	record.Equal(t, one(t, rec, "aws:lb/loadBalancer:LoadBalancer"), "enableDeletionProtection", false)
	record.Equal(t, one(t, rec, table), "deletionProtectionEnabled", false)
}

const (
	securityGroup  = "aws:ec2/securityGroup:SecurityGroup"
	ingressRule    = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	egressRule     = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
	natGateway     = "aws:ec2/natGateway:NatGateway"
	logGroup       = "aws:cloudwatch/logGroup:LogGroup"
	repository     = "aws:ecr/repository:Repository"
	taskDefinition = "aws:ecs/taskDefinition:TaskDefinition"
	table          = "aws:dynamodb/table:Table"
)

func list(t *testing.T, r record.Resource, path string) []any {
	t.Helper()
	values, ok := r.Input(path).([]any)
	if !ok {
		t.Errorf("%s: %s is %v", r, path, r.Input(path))
	}
	return values
}

func one(t *testing.T, rec *record.Recording, typ string) record.Resource {
	t.Helper()
	found := some(t, rec, typ)
	if len(found) != 1 {
		t.Fatalf("there are %v", found)
	}
	return found[0]
}

func some(t *testing.T, rec *record.Recording, typ string) []record.Resource {
	t.Helper()
	found := rec.OfType(typ)
	if len(found) == 0 {
		t.Fatalf("there is no %s", typ)
	}
	return found
}

func none(t *testing.T, rec *record.Recording, prefix string) {
	t.Helper()
	for _, r := range rec.Resources {
		if strings.HasPrefix(r.Type, prefix) {
			t.Errorf("there is %s", r)
		}
	}
}

// name is what the names of the stack's resources start with.
func name(rec *record.Recording) string { return rec.OfType("pulumi:providers:aws")[0].Name }

func arn(kind, name string) string { return "arn:aws:" + kind + ":us-east-1:123456789012:" + name }

func privateTables(t *testing.T, rec *record.Recording) []record.Resource {
	t.Helper()
	return slices.DeleteFunc(some(t, rec, "aws:ec2/routeTable:RouteTable"), func(r record.Resource) bool {
		return !strings.Contains(r.Name, "-private-")
	})
}

func routesOf(rec *record.Recording, table record.Resource) []record.Resource {
	return slices.DeleteFunc(rec.OfType("aws:ec2/route:Route"), func(r record.Resource) bool {
		return r.Input("routeTableId") != "routetable-"+table.Name
	})
}

func document(t *testing.T, r record.Resource, path string) security.Document {
	t.Helper()
	var d security.Document
	if err := json.Unmarshal([]byte(r.Input(path).(string)), &d); err != nil {
		t.Fatalf("%s: %s: %v", r, path, err)
	}
	return d
}

type definition struct {
	Image                  string
	User                   string
	Privileged             *bool
	ReadonlyRootFilesystem bool
	Environment            []struct{ Name, Value string }
	MountPoints            []struct {
		SourceVolume, ContainerPath string
		ReadOnly                    bool
	}
	LinuxParameters  struct{ Capabilities struct{ Drop []string } }
	LogConfiguration struct {
		LogDriver string
		Options   map[string]string
	}
}

func container(t *testing.T, rec *record.Recording) definition {
	t.Helper()
	var definitions []definition
	if err := json.Unmarshal([]byte(one(t, rec, taskDefinition).Input("containerDefinitions").(string)), &definitions); err != nil {
		t.Fatal(err)
	}
	if len(definitions) != 1 {
		t.Fatalf("there are %d containers", len(definitions))
	}
	return definitions[0]
}

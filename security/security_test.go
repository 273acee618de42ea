package security_test

import (
	"slices"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/internal/record"
	"sallyport/security"
)

// What a resource record doesn't prove is said in package record.

const (
	ingressType = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	egressType  = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
	attachment  = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
)

// probe makes a resource out of an output, so that the record shows what the output makes it wait for.
func probe(ctx *pulumi.Context, name string, output pulumi.StringInput) error {
	_, err := ec2.NewEip(ctx, name, &ec2.EipArgs{Instance: output.ToStringOutput().ToStringPtrOutput()})
	return err
}

func waitsFor(t *testing.T, rec *record.Recording, probe string, dependencies ...string) {
	t.Helper()
	for _, dependency := range dependencies {
		if p := rec.Get(t, "aws:ec2/eip:Eip", probe); !slices.Contains(p.DependsOn, dependency) {
			t.Errorf("%s waits for %v, not for %s", probe, p.DependsOn, dependency)
		}
	}
}

func TestGroups(t *testing.T) {
	groups := func(internet bool) *record.Recording {
		return record.MustRun(t, func(ctx *pulumi.Context) error {
			groups, err := security.NewGroups(ctx, "sg", &security.GroupsArgs{
				VpcID: pulumi.String("vpc-1"), VpcCIDR: "10.9.0.0/16", ListenerPort: 80, ContainerPort: 3000, Internet: internet,
				S3PrefixListID: pulumi.String("pl-1"),
			})
			if err != nil {
				return err
			}
			for name, id := range map[string]pulumi.StringOutput{
				"link": groups.LinkGroupID, "balancer": groups.BalancerGroupID, "service": groups.ServiceGroupID,
			} {
				if err := probe(ctx, name, id); err != nil {
					return err
				}
			}
			return nil
		})
	}
	rec := groups(true)

	t.Run("each hop is open on both sides, on one port", func(t *testing.T) {
		for _, hop := range []struct {
			from, to string
			port     float64
		}{{"link", "balancer", 80}, {"balancer", "service", 3000}} {
			for typ, ends := range map[string][2]string{egressType: {hop.from, hop.to}, ingressType: {hop.to, hop.from}} {
				rule := rec.Get(t, typ, "sg-"+hop.from+"-to-"+hop.to)
				for path, want := range map[string]any{
					"securityGroupId": "securitygroup-sg-" + ends[0], "referencedSecurityGroupId": "securitygroup-sg-" + ends[1],
					"ipProtocol": "tcp", "fromPort": hop.port, "toPort": hop.port, "cidrIpv4": nil,
				} {
					record.Equal(t, rule, path, want)
				}
			}
		}
	})
	t.Run("there is no other way in", func(t *testing.T) {
		if rules := rec.OfType(ingressType); len(rules) != 2 {
			t.Errorf("there are %v", rules)
		}
	})
	isEgress := func(t *testing.T, rec *record.Recording, suffix, target, to string) {
		t.Helper()
		rule := rec.Get(t, egressType, "sg-service-to-"+suffix)
		for path, want := range map[string]any{
			"securityGroupId": "securitygroup-sg-service", target: to, "ipProtocol": "tcp", "fromPort": 443.0, "toPort": 443.0,
		} {
			record.Equal(t, rule, path, want)
		}
		if rules := rec.OfType(egressType); len(rules) != 4 {
			t.Errorf("there are %v", rules)
		}
	}
	t.Run("the tasks reach S3 and, by HTTPS, the world", func(t *testing.T) {
		isEgress(t, rec, "s3", "prefixListId", "pl-1")
		isEgress(t, rec, "internet", "cidrIpv4", "0.0.0.0/0")
	})
	closed := groups(false)
	t.Run("without a way out, they reach S3 and, by HTTPS, the interface endpoints in the VPC", func(t *testing.T) {
		isEgress(t, closed, "s3", "prefixListId", "pl-1")
		isEgress(t, closed, "endpoints", "cidrIpv4", "10.9.0.0/16")
	})
	toEndpoints := record.MustRun(t, func(ctx *pulumi.Context) error {
		groups, err := security.NewGroups(ctx, "sg", &security.GroupsArgs{
			VpcID: pulumi.String("vpc-1"), ListenerPort: 80, ContainerPort: 3000, Endpoints: true, S3PrefixListID: pulumi.String("pl-1"),
			SharedLinkGroupID: "sg-shared",
		})
		if err != nil {
			return err
		}
		if err := probe(ctx, "endpoints", groups.EndpointsGroupID); err != nil {
			return err
		}
		if err := probe(ctx, "link", groups.LinkGroupID); err != nil {
			return err
		}
		return probe(ctx, "service", groups.ServiceGroupID)
	})
	t.Run("with endpoints of the stack's own, they reach S3 and these alone, and the endpoints are reached by them alone", func(t *testing.T) {
		isEgress(t, toEndpoints, "s3", "prefixListId", "pl-1")
		isEgress(t, toEndpoints, "endpoints", "referencedSecurityGroupId", "securitygroup-sg-endpoints")
		for _, rule := range toEndpoints.OfType(egressType) {
			record.Equal(t, rule, "cidrIpv4", nil)
		}
		rule := toEndpoints.Get(t, ingressType, "sg-service-to-endpoints")
		for path, want := range map[string]any{
			"securityGroupId": "securitygroup-sg-endpoints", "referencedSecurityGroupId": "securitygroup-sg-service",
			"ipProtocol": "tcp", "fromPort": 443.0, "toPort": 443.0, "cidrIpv4": nil,
		} {
			record.Equal(t, rule, path, want)
		}
		if rules := toEndpoints.OfType(ingressType); len(rules) != 3 {
			t.Errorf("there are %v", rules)
		}
		waitsFor(t, toEndpoints, "endpoints", ingressType+"::sg-service-to-endpoints")
		waitsFor(t, toEndpoints, "service", ingressType+"::sg-service-to-endpoints", egressType+"::sg-service-to-endpoints")
	})
	t.Run("tasks with a table reach DynamoDB too, and start after they may", func(t *testing.T) {
		rec := record.MustRun(t, func(ctx *pulumi.Context) error {
			groups, err := security.NewGroups(ctx, "sg", &security.GroupsArgs{
				VpcID: pulumi.String("vpc-1"), ListenerPort: 80, ContainerPort: 3000, Endpoints: true,
				S3PrefixListID: pulumi.String("pl-1"), DynamoDBPrefixListID: pulumi.String("pl-2"),
			})
			if err != nil {
				return err
			}
			return probe(ctx, "service", groups.ServiceGroupID)
		})
		rule := rec.Get(t, egressType, "sg-service-to-dynamodb")
		for path, want := range map[string]any{
			"securityGroupId": "securitygroup-sg-service", "prefixListId": "pl-2", "cidrIpv4": nil, "ipProtocol": "tcp", "fromPort": 443.0, "toPort": 443.0,
		} {
			record.Equal(t, rule, path, want)
		}
		waitsFor(t, rec, "service", egressType+"::sg-service-to-dynamodb")
	})
	t.Run("the group of a shared link gets a rule to the balancer beside its own", func(t *testing.T) {
		for _, group := range toEndpoints.OfType("aws:ec2/securityGroup:SecurityGroup") {
			if group.Name == "sg-link" {
				t.Errorf("there is %s", group)
			}
		}
		record.Equal(t, toEndpoints.Get(t, egressType, "sg-link-to-balancer"), "securityGroupId", "sg-shared")
		record.Equal(t, toEndpoints.Get(t, egressType, "sg-link-to-balancer"), "referencedSecurityGroupId", "securitygroup-sg-balancer")
		record.Equal(t, toEndpoints.Get(t, ingressType, "sg-link-to-balancer"), "securityGroupId", "securitygroup-sg-balancer")
		record.Equal(t, toEndpoints.Get(t, ingressType, "sg-link-to-balancer"), "referencedSecurityGroupId", "sg-shared")
		record.Equal(t, toEndpoints.Get(t, "aws:ec2/eip:Eip", "link"), "instance", "sg-shared")
	})
	t.Run("a group is handed out once its rules exist", func(t *testing.T) {
		waitsFor(t, rec, "link", egressType+"::sg-link-to-balancer")
		waitsFor(t, rec, "balancer", ingressType+"::sg-link-to-balancer", egressType+"::sg-balancer-to-service")
		waitsFor(t, rec, "service", ingressType+"::sg-balancer-to-service", egressType+"::sg-service-to-s3", egressType+"::sg-service-to-internet")
		waitsFor(t, closed, "service", egressType+"::sg-service-to-endpoints")
	})
	t.Run("by PrivateLink, the balancer's group lets nobody in, there is no group of a link, and the service's lets in the balancer alone", func(t *testing.T) {
		rec := record.MustRun(t, func(ctx *pulumi.Context) error {
			groups, err := security.NewGroups(ctx, "sg", &security.GroupsArgs{
				VpcID: pulumi.String("vpc-1"), ListenerPort: 80, ContainerPort: 3000, Internet: true, PrivateLink: true,
				S3PrefixListID: pulumi.String("pl-1"),
			})
			if err != nil {
				return err
			}
			return probe(ctx, "balancer", groups.BalancerGroupID)
		})
		for _, group := range rec.OfType("aws:ec2/securityGroup:SecurityGroup") {
			if group.Name != "sg-balancer" && group.Name != "sg-service" {
				t.Errorf("there is %s", group)
			}
		}
		if rules := rec.OfType(ingressType); len(rules) != 1 || rules[0].Input("securityGroupId") != "securitygroup-sg-service" ||
			rules[0].Input("referencedSecurityGroupId") != "securitygroup-sg-balancer" {
			t.Errorf("there are %v", rules)
		}
		waitsFor(t, rec, "balancer", egressType+"::sg-balancer-to-service")
	})
	t.Run("wrong arguments are refused together", func(t *testing.T) {
		record.Refused(t, func(ctx *pulumi.Context) error {
			_, err := security.NewGroups(ctx, "sg", &security.GroupsArgs{Internet: true, PrivateLink: true, SharedLinkGroupID: "sg-1"})
			return err
		}, "both PrivateLink and SharedLinkGroupID")
		record.Refused(t, func(ctx *pulumi.Context) error {
			_, err := security.NewGroups(ctx, "sg", &security.GroupsArgs{VpcCIDR: "fd00::/8", ContainerPort: 65536})
			return err
		}, "security groups sg: ", "missing VpcID", `invalid VpcCIDR "fd00::/8"`, "invalid ListenerPort 0", "invalid ContainerPort 65536")
		record.Refused(t, func(ctx *pulumi.Context) error {
			_, err := security.NewGroups(ctx, "sg", &security.GroupsArgs{Internet: true, Endpoints: true})
			return err
		}, "both Internet and Endpoints")
	})
}

func TestRoles(t *testing.T) {
	rec := record.MustRun(t, func(ctx *pulumi.Context) error {
		roles, err := security.NewRoles(ctx, "app", &security.RolesArgs{
			Region: "us-east-1", RepositoryARN: pulumi.String("arn:repository"), LogGroupARN: pulumi.String("arn:group"),
		})
		if err != nil {
			return err
		}
		if err := probe(ctx, "task", roles.TaskRoleARN); err != nil {
			return err
		}
		return probe(ctx, "execution", roles.ExecutionRoleARN)
	})
	t.Run("the execution role has its policy, and is handed out once it is attached", func(t *testing.T) {
		attached := rec.Get(t, attachment, "app-execution")
		record.Equal(t, attached, "role", "app-execution-1234567")
		record.Equal(t, attached, "policyArn", "arn:aws:Policy:us-east-1:123456789012:app-execution")
		record.Equal(t, rec.Get(t, "aws:ec2/eip:Eip", "execution"), "instance", "arn:aws:Role:us-east-1:123456789012:app-execution")
		waitsFor(t, rec, "execution", attachment+"::app-execution")
	})
	t.Run("the task role is another one and has no policy", func(t *testing.T) {
		record.Equal(t, rec.Get(t, "aws:ec2/eip:Eip", "task"), "instance", "arn:aws:Role:us-east-1:123456789012:app-task")
		if attachments := rec.OfType(attachment); len(attachments) != 1 {
			t.Errorf("there are %v", attachments)
		}
	})
	t.Run("wrong arguments are refused together", func(t *testing.T) {
		record.Refused(t, func(ctx *pulumi.Context) error {
			_, err := security.NewRoles(ctx, "app", &security.RolesArgs{Secrets: []string{"*"}})
			return err
		}, "roles app: ", "missing Region", "missing RepositoryARN", "missing LogGroupARN", `invalid Secrets: "*"`)
	})
	t.Run("with secrets and ECS Exec, the execution role may read these alone and the task role opens channels, each before a task starts", func(t *testing.T) {
		rec := record.MustRun(t, func(ctx *pulumi.Context) error {
			roles, err := security.NewRoles(ctx, "app", &security.RolesArgs{
				Region: "us-east-1", RepositoryARN: pulumi.String(""), LogGroupARN: pulumi.String("arn:group"),
				Secrets:       []string{"arn:aws:ssm:us-east-1:123456789012:parameter/token"},
				SecretsKeyARN: "arn:aws:kms:us-east-1:123456789012:key/1", Exec: true,
			})
			if err != nil {
				return err
			}
			return probe(ctx, "task", roles.TaskRoleARN)
		})
		record.Equal(t, rec.Get(t, "aws:iam/policy:Policy", "app-execution"), "policy", `{"Version":"2012-10-17","Statement":[`+
			`{"Sid":"Log","Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":["arn:group:*"]},`+
			`{"Sid":"Parameters","Effect":"Allow","Action":["ssm:GetParameters"],"Resource":["arn:aws:ssm:us-east-1:123456789012:parameter/token"]},`+
			`{"Sid":"Decrypt","Effect":"Allow","Action":["kms:Decrypt"],"Resource":["arn:aws:kms:us-east-1:123456789012:key/1"]}]}`)
		record.Equal(t, rec.Get(t, attachment, "app-task"), "policyArn", "arn:aws:Policy:us-east-1:123456789012:app-task")
		record.Equal(t, rec.Get(t, attachment, "app-task"), "role", "app-task-1234567")
		record.Equal(t, rec.Get(t, "aws:ec2/eip:Eip", "task"), "instance", "arn:aws:Role:us-east-1:123456789012:app-task")
		waitsFor(t, rec, "task", attachment+"::app-task")
	})
}

func TestGatewayLogsRole(t *testing.T) {
	rec := record.MustRun(t, func(ctx *pulumi.Context) error {
		role, err := security.NewGatewayLogsRole(ctx, "api", &security.GatewayLogsRoleArgs{Region: "us-east-1"})
		if err != nil {
			return err
		}
		return probe(ctx, "role", role.RoleARN)
	})
	t.Run("it is handed out once its policy is attached", func(t *testing.T) {
		record.Equal(t, rec.Get(t, "aws:ec2/eip:Eip", "role"), "instance", "arn:aws:Role:us-east-1:123456789012:api-gateway-logs")
		waitsFor(t, rec, "role", attachment+"::api-gateway-logs")
	})
	t.Run("the role and its policy are kept when the stack goes", func(t *testing.T) {
		for _, typ := range []string{"aws:iam/role:Role", "aws:iam/policy:Policy", attachment} {
			if r := rec.Get(t, typ, "api-gateway-logs"); !r.RetainOnDelete {
				t.Errorf("%s goes with it", r)
			}
		}
	})
	t.Run("wrong arguments are refused together", func(t *testing.T) {
		record.Refused(t, func(ctx *pulumi.Context) error {
			_, err := security.NewGatewayLogsRole(ctx, "api", &security.GatewayLogsRoleArgs{})
			return err
		}, "gateway logs role api: missing Region")
	})
}

func TestTheTaskRoleOfAnAppWithATable(t *testing.T) {
	role := func(exec bool) *record.Recording {
		return record.MustRun(t, func(ctx *pulumi.Context) error {
			roles, err := security.NewRoles(ctx, "app", &security.RolesArgs{
				Region: "us-east-1", RepositoryARN: pulumi.String(""), LogGroupARN: pulumi.String("arn:group"),
				TableARN: pulumi.String("arn:table"), Exec: exec,
			})
			if err != nil {
				return err
			}
			return probe(ctx, "task", roles.TaskRoleARN)
		})
	}
	const table = `{"Sid":"Table","Effect":"Allow","Action":["dynamodb:ConditionCheckItem","dynamodb:DeleteItem","dynamodb:GetItem",` +
		`"dynamodb:PutItem","dynamodb:Query","dynamodb:UpdateItem"],"Resource":["arn:table"]}`
	rec, exec := role(false), role(true)
	t.Run("allows what the app does with the items of this table", func(t *testing.T) {
		record.Equal(t, rec.Get(t, "aws:iam/policy:Policy", "app-task"), "policy", `{"Version":"2012-10-17","Statement":[`+table+`]}`)
	})
	t.Run("is handed out once it does", func(t *testing.T) { waitsFor(t, rec, "task", attachment+"::app-task") })
	t.Run("opens the channels of ECS Exec in the same policy, which isn't replaced for it", func(t *testing.T) {
		policy := exec.Get(t, "aws:iam/policy:Policy", "app-task")
		record.Equal(t, policy, "policy", `{"Version":"2012-10-17","Statement":[{"Sid":"Exec","Effect":"Allow","Action":["ssmmessages:CreateControlChannel",`+
			`"ssmmessages:CreateDataChannel","ssmmessages:OpenControlChannel","ssmmessages:OpenDataChannel"],"Resource":["*"]},`+table+`]}`)
		record.Equal(t, policy, "description", rec.Get(t, "aws:iam/policy:Policy", "app-task").Input("description"))
	})
}

func TestFlowLog(t *testing.T) {
	rec := record.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := security.NewFlowLog(ctx, "net", &security.FlowLogArgs{
			Region: "us-east-1", VpcID: pulumi.String("vpc-1"), Traffic: "REJECT", Retention: 14, Protected: true,
		})
		return err
	})
	t.Run("it records the VPC's traffic in a log group of its own", func(t *testing.T) {
		log := rec.Get(t, "aws:ec2/flowLog:FlowLog", "net")
		for path, want := range map[string]any{
			"vpcId": "vpc-1", "trafficType": "REJECT", "logDestinationType": "cloud-watch-logs",
			"logDestination": "arn:aws:LogGroup:us-east-1:123456789012:net-flow",
			"iamRoleArn":     "arn:aws:Role:us-east-1:123456789012:net-flow",
		} {
			record.Equal(t, log, path, want)
		}
	})
	t.Run("it starts once its role may write", func(t *testing.T) {
		if log := rec.Get(t, "aws:ec2/flowLog:FlowLog", "net"); !slices.Contains(log.DependsOn, attachment+"::net-flow") {
			t.Errorf("it waits for %v", log.DependsOn)
		}
	})
	t.Run("the old one goes before one of other traffic comes, which the VPC has no room for", func(t *testing.T) {
		if !rec.Get(t, "aws:ec2/flowLog:FlowLog", "net").DeleteBeforeReplace {
			t.Error("it stays")
		}
	})
	t.Run("the log is kept for the given time, and protected", func(t *testing.T) {
		group := rec.Get(t, "aws:cloudwatch/logGroup:LogGroup", "net-flow")
		record.Equal(t, group, "retentionInDays", 14.0)
		if !group.Protect {
			t.Error("it is not protected")
		}
	})
	t.Run("wrong arguments are refused together", func(t *testing.T) {
		record.Refused(t, func(ctx *pulumi.Context) error {
			_, err := security.NewFlowLog(ctx, "net", &security.FlowLogArgs{Traffic: "SOME"})
			return err
		}, "flow log net: ", "missing Region", "missing VpcID", `invalid Traffic "SOME"`, "invalid Retention 0")
	})
}

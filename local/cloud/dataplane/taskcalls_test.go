package dataplane

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"

	"sallyport/local/cloud/front"
	"sallyport/local/cloud/moto/mototest"
	"sallyport/local/cloud/policy"
	"sallyport/local/cloud/vpc"
)

func TestPermissionsThatACallTakes(t *testing.T) {
	const table = "arn:aws:dynamodb:us-east-1:123456789012:table/"
	for _, c := range []struct {
		service, action, input string
		want                   []policy.Request
	}{
		{"dynamodb", "GetItem", `{"TableName":"app"}`, []policy.Request{{Action: "dynamodb:GetItem", Resource: table + "app"}}},
		{"dynamodb", "PutItem", `{"TableName":"arn:aws:dynamodb:eu-west-1:1:table/x"}`, []policy.Request{{Action: "dynamodb:PutItem", Resource: "arn:aws:dynamodb:eu-west-1:1:table/x"}}},
		{"dynamodb", "Query", `{"TableName":"app","IndexName":"by-code"}`, []policy.Request{{Action: "dynamodb:Query", Resource: table + "app/index/by-code"}}},
		{"dynamodb", "BatchGetItem", `{"RequestItems":{"b":{},"a":{}}}`, []policy.Request{{Action: "dynamodb:BatchGetItem", Resource: table + "a"}, {Action: "dynamodb:BatchGetItem", Resource: table + "b"}}},
		{"dynamodb", "TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"a"}},{"Get":{"TableName":"a"}}]}`, []policy.Request{{Action: "dynamodb:GetItem", Resource: table + "a"}}},
		{"dynamodb", "TransactWriteItems", `{"TransactItems":[{"ConditionCheck":{"TableName":"a"}},{"Put":{"TableName":"a"}},{"Update":{"TableName":"a"}},{"Delete":{"TableName":"b"}}]}`,
			[]policy.Request{{Action: "dynamodb:ConditionCheckItem", Resource: table + "a"}, {Action: "dynamodb:PutItem", Resource: table + "a"},
				{Action: "dynamodb:UpdateItem", Resource: table + "a"}, {Action: "dynamodb:DeleteItem", Resource: table + "b"}}},
		{"dynamodb", "ListTables", `{}`, []policy.Request{{Action: "dynamodb:ListTables", Resource: "*"}}},
		{"dynamodb", "ListTagsOfResource", `{"ResourceArn":"arn:x"}`, []policy.Request{{Action: "dynamodb:ListTagsOfResource", Resource: "arn:x"}}},
		{"sts", "GetCallerIdentity", ``, nil},
		{"ssm", "GetParameter", `{}`, []policy.Request{{Action: "ssm:GetParameter", Resource: "*"}}},
	} {
		t.Run(c.action, func(t *testing.T) {
			got, err := requests(front.Call{Service: c.service, Region: "us-east-1", Action: c.action, Protocol: front.JSON}, []byte(c.input))
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("got %v and %v", got, err)
			}
		})
	}
	for action, want := range map[string]string{"ExecuteStatement": "does not read PartiQL", "GET /bucket/key": "does not know which action"} {
		t.Run(action+" is refused by name", func(t *testing.T) {
			service := map[bool]string{true: "s3", false: "dynamodb"}[strings.Contains(action, " ")]
			_, err := requests(front.Call{Service: service, Action: action}, []byte(`{}`))
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestAdmit has a task in the default VPC, whose way out is an internet gateway that serves public addresses alone.
func TestAdmit(t *testing.T) {
	p := &Plane{Upstream: mototest.Start(t), Log: slog.New(slog.DiscardHandler)}
	defer p.Close(t.Context())
	r, err := p.region("us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	config, err := r.config()
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	// What the test changes in moto is told as the front would tell it.
	changed := func(service, action string) {
		t.Helper()
		_, err := p.After(t.Context(), front.Call{Service: service, Action: action, Region: "us-east-1"}, nil, nil)
		must(err)
	}
	identities, network := iam.NewFromConfig(config), ec2.NewFromConfig(config)
	subnets, err := network.DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{})
	must(err)
	group, err := network.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{GroupName: aws.String("tasks"), Description: aws.String("tasks"), VpcId: subnets.Subnets[0].VpcId})
	must(err)
	tables, err := network.DescribeRouteTables(t.Context(), &ec2.DescribeRouteTablesInput{Filters: []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{*subnets.Subnets[0].VpcId}}}})
	must(err)
	_, err = identities.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("app"), AssumeRolePolicyDocument: aws.String(`{"Statement":[]}`)})
	must(err)
	changed("ec2", "CreateSecurityGroup")

	const id = "0123456789abcdef0123456789abcdef"
	p.callers.add(&caller{region: r, id: id, service: "web", roleName: "app", network: vpc.Interface{
		Address: netip.MustParseAddr("172.31.0.9"), SubnetID: *subnets.Subnets[0].SubnetId, GroupIDs: []string{*group.GroupId}}})
	call := front.Call{Service: "dynamodb", Region: "us-east-1", Action: "GetItem", Protocol: front.JSON, AccessKey: "ASIA" + strings.ToUpper(id)}
	admit := func(table string) error {
		return p.Admit(context.WithoutCancel(t.Context()), call, []byte(`{"TableName":"`+table+`"}`))
	}
	unreachable := func(t *testing.T, err error, want string) {
		t.Helper()
		if known, ok := errors.AsType[*front.Unreachable](err); !ok || !strings.Contains(known.Reason, want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	refused := func(t *testing.T, err error, want string) {
		t.Helper()
		known, ok := errors.AsType[smithy.APIError](err)
		if !ok || known.ErrorCode() != "AccessDeniedException" || known.ErrorMessage() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	const on = "User: arn:aws:sts::123456789012:assumed-role/app/" + id + " is not authorized to perform: dynamodb:GetItem on resource: arn:aws:dynamodb:us-east-1:123456789012:table/"

	t.Run("a key that is no task's is nobody's business", func(t *testing.T) {
		other := call
		other.AccessKey = "test"
		if err := p.Admit(t.Context(), other, nil); err != nil || p.Calls("test") || !p.Calls(call.AccessKey) {
			t.Error(err)
		}
	})
	t.Run("without a way the call does not arrive, and what is in the way is remembered once", func(t *testing.T) {
		for range 2 {
			unreachable(t, admit("app"), "there is no VPC endpoint for dynamodb")
		}
		got := p.RefusedCalls()
		if len(got) != 1 || got[0].Count != 2 || got[0].Task != id || got[0].Service != "web" || got[0].Call != "dynamodb:GetItem" || !strings.Contains(got[0].Reason, "no VPC endpoint") {
			t.Errorf("remembered is %+v", got)
		}
	})
	endpoint, err := network.CreateVpcEndpoint(t.Context(), &ec2.CreateVpcEndpointInput{VpcId: subnets.Subnets[0].VpcId, VpcEndpointType: ec2types.VpcEndpointTypeGateway,
		ServiceName: aws.String("com.amazonaws.us-east-1.dynamodb"), RouteTableIds: []string{*tables.RouteTables[0].RouteTableId}})
	must(err)
	changed("ec2", "CreateVpcEndpoint")
	t.Run("with an endpoint and without a policy the role may not", func(t *testing.T) {
		refused(t, admit("app"), on+"app because no identity-based policy allows the dynamodb:GetItem action")
	})
	_, err = identities.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: aws.String("app"), PolicyName: aws.String("own"), PolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"arn:aws:dynamodb:us-east-1:123456789012:table/app"}]}`)})
	must(err)
	changed("iam", "PutRolePolicy")
	t.Run("a policy of the role's own allows its table and no other", func(t *testing.T) {
		if err := admit("app"); err != nil {
			t.Error(err)
		}
		refused(t, admit("others"), on+"others because no identity-based policy allows the dynamodb:GetItem action")
	})
	made, err := identities.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String("deny"), PolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"dynamodb:*","Resource":"*"}]}`)})
	must(err)
	_, err = identities.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: aws.String("app"), PolicyArn: made.Policy.Arn})
	must(err)
	changed("iam", "AttachRolePolicy")
	t.Run("an attached policy that denies outdoes it", func(t *testing.T) {
		refused(t, admit("app"), on+"app with an explicit deny in an identity-based policy")
	})
	_, err = identities.DetachRolePolicy(t.Context(), &iam.DetachRolePolicyInput{RoleName: aws.String("app"), PolicyArn: made.Policy.Arn})
	must(err)
	changed("iam", "DetachRolePolicy")
	_, err = network.ModifyVpcEndpoint(t.Context(), &ec2.ModifyVpcEndpointInput{VpcEndpointId: endpoint.VpcEndpoint.VpcEndpointId, PolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"dynamodb:PutItem","Resource":"*"}]}`)})
	must(err)
	changed("ec2", "ModifyVpcEndpoint")
	t.Run("the endpoint's policy counts too", func(t *testing.T) {
		refused(t, admit("app"), on+"app because no VPC endpoint policy allows the dynamodb:GetItem action")
	})
	_, err = network.RevokeSecurityGroupEgress(t.Context(), &ec2.RevokeSecurityGroupEgressInput{GroupId: group.GroupId, IpPermissions: []ec2types.IpPermission{
		{IpProtocol: aws.String("-1"), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}}}})
	must(err)
	changed("ec2", "RevokeSecurityGroupEgress")
	t.Run("a group without a rule to DynamoDB is in the way", func(t *testing.T) {
		unreachable(t, admit("app"), "has no egress rule for TCP port 443 to dynamodb")
	})
	t.Run("another Region is out of reach", func(t *testing.T) {
		other := call
		other.Region = "eu-west-1"
		unreachable(t, p.Admit(t.Context(), other, []byte(`{}`)), "the task is in us-east-1, and calls dynamodb in eu-west-1")
	})
	t.Run("a task that is over calls no more", func(t *testing.T) {
		if p.callers.remove(id); p.Calls(call.AccessKey) {
			t.Error("it may")
		}
	})
}

func TestATaskWithoutARoleHasNoKey(t *testing.T) {
	var c callers
	if c.add(&caller{id: "1"}); len(c.byKey) > 0 {
		t.Errorf("known are %v", c.byKey)
	}
}

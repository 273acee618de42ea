// Package security says who may talk to whom and what a role may do: the chain of security groups, the roles of the
// tasks, and the flow log that records what the network turned away.
package security

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Document is an IAM policy document:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
type Document struct {
	Version   string      `json:"Version"`
	Statement []Statement `json:"Statement"`
}

// Statement allows or denies Action. A trust policy names a Principal, a role's policy a Resource, an endpoint's both.
type Statement struct {
	Sid       string     `json:"Sid,omitempty"`
	Effect    string     `json:"Effect"`
	Principal *Principal `json:"Principal,omitempty"`
	Action    []string   `json:"Action"`
	Resource  []string   `json:"Resource,omitempty"`
	Condition Condition  `json:"Condition,omitempty"`
}

// Principal names the AWS services that may assume a role, or the accounts and roles that may use an endpoint.
type Principal struct {
	Service []string `json:"Service,omitempty"`
	AWS     []string `json:"AWS,omitempty"`
}

// Condition maps an operator to keys, and each key to the value that it must have.
type Condition map[string]map[string]string

func allow(statements ...Statement) Document {
	for i := range statements {
		statements[i].Effect = "Allow"
	}
	return Document{Version: "2012-10-17", Statement: statements}
}

// JSON is the document as IAM takes it.
func (d Document) JSON() (string, error) {
	text, err := json.Marshal(d)
	return string(text), err
}

// identity is the account that the stack is deployed to.
type identity struct {
	account   string
	partition string // aws, aws-cn or aws-us-gov
}

// trustee is an AWS service that assumes a role, and the resources that it may do so for.
type trustee struct {
	service string // such as ecs-tasks.amazonaws.com
	// source is the ARN pattern after the partition, with %s for the account: ecs:eu-west-1:%s:*. Empty for a service that
	// is not documented to say on whose behalf it asks.
	source string
}

// trust lets the service assume the role, and only on behalf of this account's own resources. Without the condition
// the service could be made to use the role for somebody else:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
func (t trustee) trust(id identity) Document {
	if t.source == "" {
		return allow(Statement{Principal: &Principal{Service: []string{t.service}}, Action: []string{"sts:AssumeRole"}})
	}
	return allow(Statement{
		Principal: &Principal{Service: []string{t.service}},
		Action:    []string{"sts:AssumeRole"},
		Condition: Condition{
			"StringEquals": {"aws:SourceAccount": id.account},
			"ArnLike":      {"aws:SourceArn": "arn:" + id.partition + ":" + fmt.Sprintf(t.source, id.account)},
		},
	})
}

// parseIdentity takes the partition from the caller's own ARN, which spares a second call.
func parseIdentity(account, arn string) (identity, error) {
	parts := strings.SplitN(arn, ":", 3)
	if account == "" || len(parts) != 3 || parts[0] != "arn" || parts[1] == "" {
		return identity{}, fmt.Errorf("caller identity: AWS answered account %q and ARN %q", account, arn)
	}
	return identity{account: account, partition: parts[1]}, nil
}

// ownDocument is a document that names the account and the partition of whoever deploys.
func ownDocument(ctx *pulumi.Context, parent pulumi.Resource, write func(identity) Document) pulumi.StringOutput {
	caller := aws.GetCallerIdentityOutput(ctx, aws.GetCallerIdentityOutputArgs{}, pulumi.Parent(parent))
	return pulumi.All(caller.AccountId(), caller.Arn()).ApplyT(func(v []any) (string, error) {
		id, err := parseIdentity(v[0].(string), v[1].(string))
		if err != nil {
			return "", err
		}
		return write(id).JSON()
	}).(pulumi.StringOutput)
}

// newRole makes a role that one AWS service may assume.
func newRole(ctx *pulumi.Context, parent pulumi.Resource, name, description string, t trustee, opts ...pulumi.ResourceOption) (*iam.Role, error) {
	document := ownDocument(ctx, parent, t.trust)
	return iam.NewRole(ctx, name, &iam.RoleArgs{
		Description:      pulumi.String(description),
		AssumeRolePolicy: document,
	}, append(opts, pulumi.Parent(parent))...)
}

// grant gives a role one customer-managed policy and returns the role's ARN, handed out once the policy is attached.
func grant(ctx *pulumi.Context, parent pulumi.Resource, name, description string, role *iam.Role, document pulumi.StringInput, opts ...pulumi.ResourceOption) (pulumi.StringOutput, error) {
	opts = append(opts, pulumi.Parent(parent))
	policy, err := iam.NewPolicy(ctx, name, &iam.PolicyArgs{
		Description: pulumi.String(description),
		Policy:      document,
	}, opts...)
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("policy: %w", err)
	}
	attachment, err := iam.NewRolePolicyAttachment(ctx, name, &iam.RolePolicyAttachmentArgs{
		Role:      role.Name,
		PolicyArn: policy.Arn,
	}, opts...)
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("policy attachment: %w", err)
	}
	return pulumi.OutputWithDependencies(ctx.Context(), role.Arn, attachment).(pulumi.StringOutput), nil
}

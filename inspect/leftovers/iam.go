package leftovers

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func iamTags(tags []types.Tag) map[string]string {
	return tagMap(tags, func(t types.Tag) (key, value *string) { return t.Key, t.Value })
}

func (f *finder) policies(ctx context.Context) ([]Item, error) {
	all, err := collect(ctx, iam.NewListPoliciesPaginator(f.IAM, &iam.ListPoliciesInput{Scope: types.PolicyScopeTypeLocal}),
		func(p *iam.ListPoliciesOutput) []types.Policy { return p.Policies })
	if err != nil {
		return nil, err
	}
	var items []Item
	for _, p := range all {
		name := aws.ToString(p.PolicyName)
		if !f.named(name) {
			continue
		}
		item, err := f.policy(ctx, name, aws.ToString(p.Arn))
		var gone *types.NoSuchEntityException
		switch {
		case errors.As(err, &gone):
		case err != nil:
			return items, fmt.Errorf("%s: %w", name, err)
		case item != nil:
			items = append(items, *item)
		}
	}
	return items, nil
}

// policy is nil for one that is not the stack's.
func (f *finder) policy(ctx context.Context, name, arn string) (*Item, error) {
	tags, err := collect(ctx, iam.NewListPolicyTagsPaginator(f.IAM, &iam.ListPolicyTagsInput{PolicyArn: &arn}),
		func(p *iam.ListPolicyTagsOutput) []types.Tag { return p.Tags })
	if err != nil || !f.owns(iamTags(tags)) {
		return nil, err
	}
	roles, err := collect(ctx, iam.NewListEntitiesForPolicyPaginator(f.IAM, &iam.ListEntitiesForPolicyInput{PolicyArn: &arn}),
		func(p *iam.ListEntitiesForPolicyOutput) []types.PolicyRole { return p.PolicyRoles })
	if err != nil {
		return nil, err
	}
	item := &Item{Kind: iamPolicy, ID: arn, Name: name, Delete: "aws iam delete-policy --policy-arn " + arn}
	for _, r := range roles { // neither the policy nor the role can be deleted while it is attached
		item.Delete = fmt.Sprintf("aws iam detach-role-policy --role-name %s --policy-arn %s && %s", aws.ToString(r.RoleName), arn, item.Delete)
	}
	f.shared(item, name)
	return item, nil
}

// shared marks what a stack with a REST API leaves to its account: the role that API Gateway writes all of the account's
// logs with, and its policy.
func (f *finder) shared(item *Item, name string) {
	if f.autonamed(name, "-gateway-logs") {
		item.Kept, item.Why = true, "other REST APIs of the account may write their logs with it"
	}
}

func (f *finder) roles(ctx context.Context) ([]Item, error) {
	all, err := collect(ctx, iam.NewListRolesPaginator(f.IAM, &iam.ListRolesInput{}),
		func(p *iam.ListRolesOutput) []types.Role { return p.Roles })
	if err != nil {
		return nil, err
	}
	var items []Item
	for _, r := range all {
		name := aws.ToString(r.RoleName)
		if !f.named(name) {
			continue
		}
		tags, err := collect(ctx, iam.NewListRoleTagsPaginator(f.IAM, &iam.ListRoleTagsInput{RoleName: &name}),
			func(p *iam.ListRoleTagsOutput) []types.Tag { return p.Tags })
		var gone *types.NoSuchEntityException
		if errors.As(err, &gone) {
			continue
		}
		if err != nil {
			return items, fmt.Errorf("%s: %w", name, err)
		}
		if f.owns(iamTags(tags)) {
			item := Item{Kind: iamRole, ID: name, Delete: "aws iam delete-role --role-name " + name}
			f.shared(&item, name)
			items = append(items, item)
		}
	}
	return items, nil
}

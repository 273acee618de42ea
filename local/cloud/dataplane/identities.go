package dataplane

import (
	"context"
	"fmt"
	"net/url"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"sallyport/local/cloud/policy"
)

// identities are the policies of roles, each read when it is first asked for after a change of IAM.
type identities struct {
	mu      sync.Mutex
	changes int
	byRole  map[string][]policy.Policy
}

// changed forgets everything: any call may be about any role.
func (i *identities) changed() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.changes++
	i.byRole = nil
}

// rolePolicies are all that a role has, attached and of its own; none without a role.
func (p *Plane) rolePolicies(ctx context.Context, r *region, role string) ([]policy.Policy, error) {
	if role == "" {
		return nil, nil
	}
	p.identities.mu.Lock()
	known, there := p.identities.byRole[role]
	changes := p.identities.changes
	p.identities.mu.Unlock()
	if there {
		return known, nil
	}
	config, err := r.config()
	if err != nil {
		return nil, err
	}
	read, err := readPolicies(ctx, iam.NewFromConfig(config), role)
	if err != nil {
		return nil, fmt.Errorf("policies of the role %s: %w", role, err)
	}
	p.identities.mu.Lock()
	defer p.identities.mu.Unlock()
	if p.identities.changes == changes {
		if p.identities.byRole == nil {
			p.identities.byRole = map[string][]policy.Policy{}
		}
		p.identities.byRole[role] = read
	}
	return read, nil
}

func readPolicies(ctx context.Context, client *iam.Client, role string) (read []policy.Policy, err error) {
	add := func(name, document string) error {
		text, err := url.PathUnescape(document) // https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyVersion.html
		if err != nil {
			return fmt.Errorf("policy %s: %w", name, err)
		}
		parsed, err := policy.Parse(name, text)
		read = append(read, parsed)
		return err
	}
	for pages := iam.NewListAttachedRolePoliciesPaginator(client, &iam.ListAttachedRolePoliciesInput{RoleName: &role}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, attached := range page.AttachedPolicies {
			current, err := client.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: attached.PolicyArn})
			if err != nil {
				return nil, err
			}
			version, err := client.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: attached.PolicyArn, VersionId: current.Policy.DefaultVersionId})
			if err != nil {
				return nil, err
			}
			if err := add(aws.ToString(attached.PolicyName), aws.ToString(version.PolicyVersion.Document)); err != nil {
				return nil, err
			}
		}
	}
	for pages := iam.NewListRolePoliciesPaginator(client, &iam.ListRolePoliciesInput{RoleName: &role}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, name := range page.PolicyNames {
			own, err := client.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &name})
			if err != nil {
				return nil, err
			}
			if err := add(name, aws.ToString(own.PolicyDocument)); err != nil {
				return nil, err
			}
		}
	}
	return read, nil
}

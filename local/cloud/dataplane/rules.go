package dataplane

import (
	"cmp"
	"context"
	"fmt"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go"
)

// modifiable refuses to change the group or the prefix list that is the source of a security group rule: moto says that
// it has, and keeps the old one. The provider makes a rule anew when the rule is replaced.
func (r *region) modifiable(ctx context.Context, input []byte) error {
	form, err := url.ParseQuery(string(input))
	if err != nil {
		return validation("the form can't be read: %s", err)
	}
	config, err := r.config()
	if err != nil {
		return err
	}
	for n := 1; form.Has(fmt.Sprintf("SecurityGroupRule.%d.SecurityGroupRuleId", n)); n++ {
		prefix := fmt.Sprintf("SecurityGroupRule.%d.", n)
		id := form.Get(prefix + "SecurityGroupRuleId")
		current, err := ec2.NewFromConfig(config).DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: []string{id}})
		if err != nil || len(current.SecurityGroupRules) != 1 {
			return nil // moto says what is wrong
		}
		group, list := "", aws.ToString(current.SecurityGroupRules[0].PrefixListId)
		if referenced := current.SecurityGroupRules[0].ReferencedGroupInfo; referenced != nil {
			group = aws.ToString(referenced.GroupId)
		}
		wanted := prefix + "SecurityGroupRule."
		if cmp.Or(form.Get(wanted+"ReferencedGroupId"), group) != group || cmp.Or(form.Get(wanted+"PrefixListId"), list) != list || form.Has(wanted+"CidrIpv6") {
			return &smithy.GenericAPIError{Code: "UnsupportedOperation", Message: fmt.Sprintf(
				"The local cloud can't change the source of security group rule %s in place: moto would keep the old one. Rename the rule's resource, so that it is made anew.", id)}
		}
	}
	return nil
}

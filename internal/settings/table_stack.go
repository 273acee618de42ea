package settings

import (
	"maps"
	"slices"
	"strings"
)

var stackTable = []setting{
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
}

package main

import (
	"maps"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/internal/settings"
)

// newProvider makes the one AWS provider that everything in the stack is made with. Its default tags reach every
// resource that can carry tags; a tag of the settings wins over a default one of the same key.
func newProvider(ctx *pulumi.Context, s *settings.Settings) (*aws.Provider, error) {
	tags := settings.DefaultTags(ctx.Project(), ctx.Stack())
	maps.Copy(tags, s.Tags)
	args := &aws.ProviderArgs{
		Region:      pulumi.String(s.AWS.Region),
		MaxRetries:  pulumi.Int(s.AWS.MaxRetries),
		DefaultTags: &aws.ProviderDefaultTagsArgs{Tags: pulumi.ToStringMap(tags)},
	}
	if s.AWS.Profile != "" {
		args.Profile = pulumi.String(s.AWS.Profile)
	}
	if len(s.AWS.AllowedAccountIDs) > 0 {
		args.AllowedAccountIds = pulumi.ToStringArray(s.AWS.AllowedAccountIDs)
	}
	return aws.NewProvider(ctx, s.Name, args)
}

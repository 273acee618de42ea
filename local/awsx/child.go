package awsx

import (
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// child is any resource of the component. Registering by token gives the same
// resources as the aws SDK would, without its size; the allocation id is the
// one output that another child needs, and only an Eip has it.
type child struct {
	pulumi.CustomResourceState

	AllocationID pulumi.StringOutput `pulumi:"allocationId"`
}

// register makes a child below parent. A child of another child also waits for
// it; the VPC itself, whose parent is the component, waits for nothing.
func (v *vpc) register(typ, name string, parent pulumi.Resource, inputs pulumi.Map) (*child, error) {
	options := []pulumi.ResourceOption{pulumi.Parent(parent), pulumi.Version(awsVersion)}
	if parent != pulumi.Resource(v) {
		options = append(options, pulumi.DependsOn([]pulumi.Resource{parent}))
	}
	c := &child{}
	return c, v.ctx.RegisterResource(typ, name, inputs, c, options...)
}

func (v *vpc) sharedTags() pulumi.StringMapInput {
	return merge(pulumi.StringMap{"Name": pulumi.String(v.name)}, v.args.Tags)
}

// merge lays tags over one another, later ones on top. Only where a whole map
// is an output does the result have to be one: else each tag stays itself, and
// one unknown value does not make the others unknown.
func merge(layers ...pulumi.StringMapInput) pulumi.StringMapInput {
	merged := pulumi.StringMap{}
	var all []any
	plain := true
	for _, layer := range layers {
		if layer == nil {
			continue
		}
		all = append(all, layer)
		if tags, ok := layer.(pulumi.StringMap); ok {
			maps.Copy(merged, tags)
		} else {
			plain = false
		}
	}
	if plain {
		return merged
	}
	return pulumi.All(all...).ApplyT(func(resolved []any) map[string]string {
		tags := map[string]string{}
		for _, layer := range resolved {
			maps.Copy(tags, layer.(map[string]string))
		}
		return tags
	}).(pulumi.StringMapOutput)
}

package awsx

import (
	"encoding/json"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/local/awsx/subnets"
)

// outputs are the component's. Each one depends on the VPC and on all subnets,
// and a list of resources on those as well, as the official plugin reports it:
// the engine makes users of any output wait for them.
//
// In a preview the ids are unknown, whole lists of them too, while lists of
// resources are known in length and order.
func (v *vpc) outputs() pulumi.Map {
	return pulumi.Map{
		"vpc":                    v.settled(pulumi.NewResourceOutput(v.vpc)),
		"vpcId":                  v.settled(v.vpc.ID().ToStringOutput()),
		"internetGateway":        v.settled(pulumi.NewResourceOutput(v.internetGateway), v.internetGateway),
		"subnets":                v.list(v.subnets),
		"routeTables":            v.list(v.routeTables),
		"routeTableAssociations": v.list(v.routeTableAssociations),
		"routes":                 v.list(v.routes),
		"eips":                   v.list(v.eips),
		"natGateways":            v.list(v.natGateways),
		// The official plugin lists no endpoints even where it makes some.
		"vpcEndpoints":      v.list(nil),
		"publicSubnetIds":   v.settled(v.subnetIDs[subnets.Public].ToStringArrayOutput()),
		"privateSubnetIds":  v.settled(v.subnetIDs[subnets.Private].ToStringArrayOutput()),
		"isolatedSubnetIds": v.settled(v.subnetIDs[subnets.Isolated].ToStringArrayOutput()),
		"subnetLayout":      v.settled(v.layout()),
	}
}

func (v *vpc) settled(output pulumi.Output, own ...pulumi.Resource) pulumi.Output {
	deps := append([]pulumi.Resource{v.vpc}, v.subnets...)
	return pulumi.OutputWithDependencies(v.ctx.Context(), output, append(deps, own...)...)
}

func (v *vpc) list(resources []pulumi.Resource) pulumi.Output {
	items := make([]pulumi.ResourceOutput, len(resources))
	for i, r := range resources {
		items[i] = pulumi.NewResourceOutput(r)
	}
	return v.settled(pulumi.NewResourceArrayOutput(items...), resources...)
}

func (v *vpc) layout() pulumi.Output {
	layout := pulumi.Array{}
	for _, s := range v.plan.Layout {
		spec := pulumi.Map{"type": pulumi.String(s.Type)}
		if s.Name != "" {
			spec["name"] = pulumi.String(s.Name)
		}
		if s.CIDRMask != 0 {
			spec["cidrMask"] = pulumi.Int(s.CIDRMask)
		}
		if s.Size != 0 {
			spec["size"] = pulumi.Int(s.Size)
		}
		if s.CIDRBlocks != nil {
			spec["cidrBlocks"] = pulumi.ToStringArray(s.CIDRBlocks)
		}
		layout = append(layout, spec)
	}
	return layout.ToArrayOutput()
}

// warnOfLegacy warns as the official plugin does where specs are given without
// a strategy and without CIDR blocks.
func (v *vpc) warnOfLegacy() error {
	explicit := slices.ContainsFunc(v.args.SubnetSpecs, func(s subnetSpec) bool { return s.CIDRBlocks != nil })
	if v.args.SubnetStrategy != nil || v.args.SubnetSpecs == nil || explicit {
		return nil
	}
	type spec struct {
		CIDRMask int    `json:"cidrMask,omitempty"`
		Type     string `json:"type"`
	}
	var layout []spec
	for _, s := range v.plan.Layout {
		layout = append(layout, spec{CIDRMask: s.CIDRMask, Type: s.Type})
	}
	text, err := json.Marshal(layout)
	if err != nil {
		return err
	}
	return v.ctx.Log.Warn(`The default subnetStrategy will change from "Legacy" to "Auto" in the next major version. `+
		"Please specify the subnetStrategy explicitly. The current subnet layout can be specified via \"Auto\" as:\n\n"+
		string(text), &pulumi.LogArgs{Resource: v})
}

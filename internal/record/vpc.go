package record

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

const awsxVpc = "awsx:ec2:Vpc"

// vpc stands for the awsx plugin's Vpc component with one public and one private subnet a zone and no NAT gateway:
// as much of it as a program can see. Its children pass the program's transforms, as the engine has it.
type vpc struct {
	monitor    *monitor
	urn        string
	name       string
	provider   string
	transforms []*pulumirpc.Callback
}

func (v vpc) construct(ctx context.Context, inputs resource.PropertyMap) (resource.PropertyMap, error) {
	unknown := resource.MakeComputed(resource.NewProperty(""))
	network, vpcID, err := v.child(ctx, v.urn, "aws:ec2/vpc:Vpc", v.name, resource.PropertyMap{"cidrBlock": inputs["cidrBlock"]})
	if err != nil {
		return nil, err
	}
	if _, _, err := v.child(ctx, network, "aws:ec2/internetGateway:InternetGateway", v.name, resource.PropertyMap{"vpcId": vpcID}); err != nil {
		return nil, err
	}
	var subnets, tables []resource.PropertyValue
	ids := map[string][]resource.PropertyValue{}
	for i, zone := range inputs["availabilityZoneNames"].ArrayValue() {
		for _, kind := range []string{"public", "private"} {
			name := fmt.Sprintf("%s-%s-%d", v.name, kind, i+1)
			subnet, id, err := v.child(ctx, network, "aws:ec2/subnet:Subnet", name, resource.PropertyMap{
				"vpcId":               vpcID,
				"availabilityZone":    zone,
				"mapPublicIpOnLaunch": resource.NewProperty(kind == "public"),
			})
			if err != nil {
				return nil, err
			}
			table, tableID, err := v.child(ctx, subnet, "aws:ec2/routeTable:RouteTable", name, resource.PropertyMap{"vpcId": vpcID})
			if err != nil {
				return nil, err
			}
			if kind == "public" {
				if _, _, err := v.child(ctx, table, "aws:ec2/route:Route", name, resource.PropertyMap{
					"routeTableId":         tableID,
					"destinationCidrBlock": resource.NewProperty("0.0.0.0/0"),
					"gatewayId":            resource.NewProperty("internetgateway-" + v.name),
				}); err != nil {
					return nil, err
				}
			}
			ids[kind] = append(ids[kind], id)
			subnets = append(subnets, resource.MakeCustomResourceReference(resource.URN(subnet), resource.ID(id.V.(string)), ""))
			tables = append(tables, resource.MakeCustomResourceReference(resource.URN(table), resource.ID(tableID.V.(string)), ""))
		}
	}
	outputs := resource.PropertyMap{
		"vpcId":            vpcID,
		"publicSubnetIds":  resource.NewProperty(ids["public"]),
		"privateSubnetIds": resource.NewProperty(ids["private"]),
		"subnets":          resource.NewProperty(subnets),
		"routeTables":      resource.NewProperty(tables),
	}
	if v.monitor.options.Preview {
		// The official plugin's lists of ids are wholly unknown in a preview, those of resources are not.
		outputs["vpcId"], outputs["publicSubnetIds"], outputs["privateSubnetIds"] = unknown, unknown, unknown
	}
	return outputs, nil
}

// child registers one resource of the component and returns its URN and id. In a preview the id is empty.
func (v vpc) child(ctx context.Context, parent, typ, name string, inputs resource.PropertyMap) (string, resource.PropertyValue, error) {
	object, err := plugin.MarshalProperties(inputs, marshal)
	if err != nil {
		return "", resource.PropertyValue{}, err
	}
	request := &pulumirpc.TransformRequest{
		Type: typ, Name: name, Custom: true, Parent: parent, Properties: object,
		Options: &pulumirpc.TransformResourceOptions{},
	}
	if err := v.monitor.transform(ctx, v.transforms, request); err != nil {
		return "", resource.PropertyValue{}, err
	}
	inputs, err = plugin.UnmarshalProperties(request.GetProperties(), marshal)
	if err != nil {
		return "", resource.PropertyValue{}, err
	}
	v.monitor.add(Resource{
		Type: typ, Name: name, Parent: short(parent), Custom: true, Inputs: plainMap(inputs), Provider: v.provider,
		DependsOn: []string{},
	})
	s := v.monitor.create(typ, name, inputs, true)
	urn := v.monitor.urn(parent, typ, name)
	v.monitor.keep(urn, s)
	return urn, resource.NewProperty(s.id), nil
}

package network_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/internal/record"
	"sallyport/network"
)

func TestEndpoints(t *testing.T) {
	const endpoint = "aws:ec2/vpcEndpoint:VpcEndpoint"
	rec := record.MustRun(t, func(ctx *pulumi.Context) error {
		endpoints, err := network.NewEndpoints(ctx, "net", &network.EndpointsArgs{
			Region: "us-east-1", VpcID: pulumi.String("vpc-1"), SubnetIDs: ids("private-", 2), SecurityGroupID: pulumi.String("sg-1"),
			Endpoints: []network.Endpoint{{Service: "ecr.api", Policy: "{}"}, {Service: "logs"}},
		})
		if err != nil {
			return err
		}
		return probe(ctx, endpoints.SubnetIDs.Index(pulumi.Int(1)))
	})
	t.Run("each service has one, in every subnet, and its usual name means it", func(t *testing.T) {
		if made := rec.OfType(endpoint); len(made) != 2 {
			t.Errorf("there are %v", made)
		}
		for name, policy := range map[string]any{"ecr-api": "{}", "logs": nil} {
			made := rec.Get(t, endpoint, "net-"+name)
			for path, want := range map[string]any{
				"vpcId": "vpc-1", "vpcEndpointType": "Interface", "privateDnsEnabled": true, "policy": policy,
				"subnetIds.0": "private-1", "subnetIds.1": "private-2", "subnetIds.2": nil,
				"securityGroupIds.0": "sg-1", "securityGroupIds.1": nil,
			} {
				record.Equal(t, made, path, want)
			}
		}
		record.Equal(t, rec.Get(t, endpoint, "net-ecr-api"), "serviceName", "com.amazonaws.us-east-1.ecr.api")
		record.Equal(t, rec.Get(t, endpoint, "net-logs"), "serviceName", "com.amazonaws.us-east-1.logs")
	})
	t.Run("a subnet is handed out once all of them are there", func(t *testing.T) {
		record.Equal(t, rec.Get(t, "aws:ec2/eip:Eip", "probe"), "instance", "private-2")
		waitsFor(t, rec, endpoint+"::net-ecr-api")
		waitsFor(t, rec, endpoint+"::net-logs")
	})
	t.Run("wrong arguments are refused together", func(t *testing.T) {
		record.Refused(t, func(ctx *pulumi.Context) error {
			_, err := network.NewEndpoints(ctx, "net", &network.EndpointsArgs{})
			return err
		}, "endpoints net: ", "missing Region", "missing VpcID", "missing Endpoints")
		record.Refused(t, func(ctx *pulumi.Context) error {
			_, err := network.NewEndpoints(ctx, "net", &network.EndpointsArgs{Endpoints: []network.Endpoint{{}, {Service: "logs"}, {Service: "logs"}}})
			return err
		}, `invalid Service "" of endpoint 1`, `invalid Service "logs" of endpoint 3`)
	})
}

package main

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"sallyport/internal/record"
)

const vpcEndpoint = "aws:ec2/vpcEndpoint:VpcEndpoint"

func TestEgressByEndpoints(t *testing.T) {
	rec := run(t, map[string]any{"aws:region": "us-east-1", "sallyport:network.egress": "endpoints"}, record.Options{})
	t.Run("the default stack has its NAT gateway exchanged for three endpoints and their group, and nothing else", func(t *testing.T) {
		before, after := byDefault(t).Names(), rec.Names()
		var gone, added []string
		for _, name := range before {
			if !slices.Contains(after, name) {
				gone = append(gone, name)
			}
		}
		for _, name := range after {
			if !slices.Contains(before, name) {
				added = append(added, name)
			}
		}
		if want := []string{
			"aws:ec2/eip:Eip::sallyport-dev-1 < sallyport:network:Egress::sallyport-dev",
			"aws:ec2/natGateway:NatGateway::sallyport-dev-1 < sallyport:network:Egress::sallyport-dev",
			"aws:ec2/route:Route::sallyport-dev-1 < sallyport:network:Egress::sallyport-dev",
			"aws:ec2/route:Route::sallyport-dev-2 < sallyport:network:Egress::sallyport-dev",
			egressRule + "::sallyport-dev-service-to-internet < sallyport:security:Groups::sallyport-dev",
		}; !slices.Equal(gone, want) {
			t.Errorf("gone are %q", gone)
		}
		if want := []string{
			securityGroup + "::sallyport-dev-endpoints < sallyport:security:Groups::sallyport-dev",
			vpcEndpoint + "::sallyport-dev-ecr-api < sallyport:network:Endpoints::sallyport-dev",
			vpcEndpoint + "::sallyport-dev-ecr-dkr < sallyport:network:Endpoints::sallyport-dev",
			vpcEndpoint + "::sallyport-dev-logs < sallyport:network:Endpoints::sallyport-dev",
			egressRule + "::sallyport-dev-service-to-endpoints < sallyport:security:Groups::sallyport-dev",
			ingressRule + "::sallyport-dev-service-to-endpoints < sallyport:security:Groups::sallyport-dev",
			"sallyport:network:Endpoints::sallyport-dev < pulumi:pulumi:Stack::sallyport-dev",
		}; !slices.Equal(added, want) {
			t.Errorf("added are %q", added)
		}
	})
	t.Run("they are in the private subnets and in their own group, with a policy of their own", func(t *testing.T) {
		for _, name := range []string{"ecr-api", "ecr-dkr", "logs"} {
			endpoint := rec.Get(t, vpcEndpoint, "sallyport-dev-"+name)
			for path, want := range map[string]any{
				"vpcId": "vpc-sallyport-dev", "securityGroupIds.0": "securitygroup-sallyport-dev-endpoints",
				"subnetIds.0": "subnet-sallyport-dev-private-1", "subnetIds.1": "subnet-sallyport-dev-private-2",
			} {
				record.Equal(t, endpoint, path, want)
			}
			if d := document(t, endpoint, "policy"); len(d.Statement) != 1 {
				t.Errorf("%s has the policy %v", endpoint, d)
			}
		}
	})
	t.Run("nothing may leave to an address range", func(t *testing.T) {
		for _, rule := range some(t, rec, egressRule) {
			record.Equal(t, rule, "cidrIpv4", nil)
		}
	})
	t.Run("a task waits for them, and nothing else does", func(t *testing.T) {
		for _, r := range rec.Resources {
			for _, name := range []string{"ecr-api", "ecr-dkr", "logs"} {
				is := waits(rec, r.String(), vpcEndpoint+"::sallyport-dev-"+name)
				if must := r.Type == "aws:ecs/service:Service"; is != must {
					t.Errorf("%s waits for %s: %v, want %v", r, name, is, must)
				}
			}
		}
	})
	t.Run("the claims about privacy hold but for those about NAT gateways, of which there is none", func(t *testing.T) {
		none(t, rec, natGateway)
		none(t, rec, "aws:ec2/eip:")
		taskAddresses(t, rec)
		privateSubnets(t, rec)
		internalBalancer(t, rec)
		groupSources(t, rec)
		noLaunchAddresses(t, rec)
	})
}

// theirs are the answers of AWS about a VPC, a VPC link and a cluster of others.
func theirs() map[string]record.Function {
	known := func(values map[string]any) record.Function {
		return func(map[string]any) (map[string]any, error) {
			values["id"] = "known"
			return values, nil
		}
	}
	zones := map[any]string{"subnet-11111111": "use1-az1", "subnet-22222222": "use1-az2"}
	return map[string]record.Function{
		"aws:ec2/getVpc:getVpc": known(map[string]any{"enableDnsSupport": true, "enableDnsHostnames": true}),
		"aws:ec2/getSubnet:getSubnet": func(args map[string]any) (map[string]any, error) {
			return map[string]any{"id": args["id"], "vpcId": "vpc-12345678", "availabilityZoneId": zones[args["id"]], "availableIpAddressCount": 100.0}, nil
		},
		"aws:ec2/getRouteTables:getRouteTables": known(map[string]any{"ids": []any{"rtb-1"}}),
		"aws:ec2/getRouteTable:getRouteTable": known(map[string]any{
			"routeTableId": "rtb-1", "associations": []any{map[string]any{"main": true}},
			"routes": []any{map[string]any{"cidrBlock": "0.0.0.0/0", "natGatewayId": "nat-1"}},
		}),
		"aws:ec2/getPrefixList:getPrefixList":       known(map[string]any{}),
		"aws:apigatewayv2/getVpcLink:getVpcLink":    known(map[string]any{"securityGroupIds": []any{"sg-shared"}, "subnetIds": []any{"subnet-11111111"}}),
		"aws:ec2/getSecurityGroup:getSecurityGroup": known(map[string]any{"name": "link"}),
		"aws:ecs/getCluster:getCluster":             known(map[string]any{"arn": "arn:aws:ecs:us-east-1:123456789012:cluster/shared", "status": "ACTIVE"}),
	}
}

var sharing = map[string]any{
	"aws:region": "us-east-1", "sallyport:network.vpcId": "vpc-12345678", "sallyport:network.privateSubnetIds": `["subnet-11111111","subnet-22222222"]`,
	"sallyport:gateway.vpcLinkId": "abcd12", "sallyport:cluster.name": "shared",
}

func TestSharing(t *testing.T) {
	rec := run(t, sharing, record.Options{Functions: theirs()})
	t.Run("it makes no network, no VPC link and no cluster, and no flow log of what is not its own", func(t *testing.T) {
		for _, prefix := range []string{
			"awsx:", "aws:ec2/vpc", "aws:ec2/subnet:", "aws:ec2/route", "aws:ec2/internetGateway:", natGateway, "aws:ec2/eip:", "aws:ec2/flowLog:",
			"aws:ec2/defaultSecurityGroup:", "aws:apigatewayv2/vpcLink:", "aws:ecs/cluster:",
		} {
			none(t, rec, prefix)
		}
		if groups := some(t, rec, securityGroup); len(groups) != 2 {
			t.Errorf("there are %v, want the balancer's and the service's", groups)
		}
	})
	for _, c := range []struct {
		what, typ, name, path string
		want                  any
	}{
		{"the balancer is in the given subnets", "aws:lb/loadBalancer:LoadBalancer", "", "subnets.1", "subnet-22222222"},
		{"the target group is in the given VPC", "aws:lb/targetGroup:TargetGroup", "", "vpcId", "vpc-12345678"},
		{"the security groups are in the given VPC", securityGroup, "-service", "vpcId", "vpc-12345678"},
		{"the tasks are in the given subnets", "aws:ecs/service:Service", "", "networkConfiguration.subnets.0", "subnet-11111111"},
		{"the tasks reach what the VPC lets them", egressRule, "-service-to-internet", "cidrIpv4", "0.0.0.0/0"},
		{"requests come by the given link", "aws:apigatewayv2/integration:Integration", "", "connectionId", "abcd12"},
		{"the link may reach the balancer", egressRule, "-link-to-balancer", "securityGroupId", "sg-shared"},
		{"the balancer lets the link in", ingressRule, "-link-to-balancer", "referencedSecurityGroupId", "sg-shared"},
		{"the service is in the given cluster", "aws:ecs/service:Service", "", "cluster", "arn:aws:ecs:us-east-1:123456789012:cluster/shared"},
	} {
		t.Run(c.what, func(t *testing.T) { record.Equal(t, rec.Get(t, c.typ, "sallyport-dev"+c.name), c.path, c.want) })
	}
	t.Run("it exports the cluster's name", func(t *testing.T) {
		if got := rec.Exports["clusterName"]; got != "shared" {
			t.Errorf("got %v", got)
		}
	})
	t.Run("AWS is asked by the one provider", func(t *testing.T) {
		for _, invoke := range rec.Invokes {
			if invoke.Provider != "sallyport-dev" {
				t.Errorf("%s has the provider %q", invoke.Token, invoke.Provider)
			}
		}
	})
	t.Run("what does not fit in the VPC and in the cluster is told at once, and nothing is registered but the provider", func(t *testing.T) {
		functions := theirs()
		functions["aws:ec2/getVpc:getVpc"] = func(map[string]any) (map[string]any, error) { return nil, errors.New("no such VPC") }
		functions["aws:ecs/getCluster:getCluster"] = func(map[string]any) (map[string]any, error) {
			return map[string]any{"id": "shared", "status": "INACTIVE"}, nil
		}
		rec, err := runErr(t, sharing, record.Options{Functions: functions})
		for _, want := range []string{"VPC vpc-12345678 can't be used:", "no such VPC", "cluster shared is INACTIVE: it must be ACTIVE to run tasks"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s is not in %v", want, err)
			}
		}
		if names := rec.Names(); len(names) != 1 {
			t.Errorf("registered %v", names)
		}
	})
}

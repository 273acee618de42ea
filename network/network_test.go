package network_test

import (
	"slices"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/internal/record"
	"sallyport/network"
)

// What a resource record doesn't prove is said in package record.

func ids(prefix string, n int) pulumi.StringArray {
	all := make(pulumi.StringArray, n)
	for i := range all {
		all[i] = pulumi.String(prefix + string(rune('1'+i)))
	}
	return all
}

// probe makes a resource out of an output, so that the record shows what the output makes it wait for.
func probe(ctx *pulumi.Context, output pulumi.StringInput) error {
	_, err := ec2.NewEip(ctx, "probe", &ec2.EipArgs{Instance: output.ToStringOutput().ToStringPtrOutput()})
	return err
}

func waitsFor(t *testing.T, rec *record.Recording, dependency string) {
	t.Helper()
	if probe := rec.Get(t, "aws:ec2/eip:Eip", "probe"); !slices.Contains(probe.DependsOn, dependency) {
		t.Errorf("it waits for %v, not for %s", probe.DependsOn, dependency)
	}
}

func TestVpc(t *testing.T) {
	rec := record.MustRun(t, func(ctx *pulumi.Context) error {
		vpc, err := network.NewVpc(ctx, "net", &network.VpcArgs{
			Region: "us-east-1", CIDR: "10.1.0.0/16", Zones: []string{"us-east-1b", "us-east-1c", "us-east-1d"},
		})
		if err != nil {
			return err
		}
		return probe(ctx, vpc.PrivateRouteTableIDs.Index(pulumi.Int(2)))
	})
	vpc := rec.Get(t, "awsx:ec2:Vpc", "net")

	t.Run("it lies in the zones that it is given", func(t *testing.T) {
		record.Equal(t, vpc, "cidrBlock", "10.1.0.0/16")
		record.Equal(t, vpc, "availabilityZoneNames.0", "us-east-1b")
		record.Equal(t, vpc, "availabilityZoneNames.2", "us-east-1d")
		record.Equal(t, vpc, "numberOfAvailabilityZones", nil)
	})
	t.Run("each zone has a public and a private subnet, and nothing waits for a NAT gateway", func(t *testing.T) {
		record.Equal(t, vpc, "subnetStrategy", "Auto")
		record.Equal(t, vpc, "subnetSpecs.0.type", "Public")
		record.Equal(t, vpc, "subnetSpecs.1.type", "Private")
		record.Equal(t, vpc, "subnetSpecs.2", nil)
		record.Equal(t, vpc, "natGateways.strategy", "None")
	})
	t.Run("names resolve in it", func(t *testing.T) {
		record.Equal(t, vpc, "enableDnsHostnames", true)
		record.Equal(t, vpc, "enableDnsSupport", true)
	})
	t.Run("public subnets give no public addresses, though awsx wants them to", func(t *testing.T) {
		for _, subnet := range rec.OfType("aws:ec2/subnet:Subnet") {
			record.Equal(t, subnet, "mapPublicIpOnLaunch", false)
		}
	})
	t.Run("the S3 endpoint is a gateway on every private route table", func(t *testing.T) {
		endpoint := rec.Get(t, "aws:ec2/vpcEndpoint:VpcEndpoint", "net-s3")
		record.Equal(t, endpoint, "serviceName", "com.amazonaws.us-east-1.s3")
		record.Equal(t, endpoint, "vpcEndpointType", "Gateway")
		record.Equal(t, endpoint, "routeTableIds.0", "routetable-net-private-1")
		record.Equal(t, endpoint, "routeTableIds.1", "routetable-net-private-2")
		record.Equal(t, endpoint, "routeTableIds.2", "routetable-net-private-3")
		record.Equal(t, endpoint, "routeTableIds.3", nil)
	})
	t.Run("without a policy for a table there is no other endpoint", func(t *testing.T) {
		if endpoints := rec.OfType("aws:ec2/vpcEndpoint:VpcEndpoint"); len(endpoints) != 1 {
			t.Errorf("there are %v", endpoints)
		}
	})
	t.Run("with one, DynamoDB has a gateway on every private route table, which passes what the policy says, and its addresses are handed out then", func(t *testing.T) {
		rec := record.MustRun(t, func(ctx *pulumi.Context) error {
			vpc, err := network.NewVpc(ctx, "net", &network.VpcArgs{
				Region: "us-east-1", CIDR: "10.1.0.0/16", Zones: []string{"us-east-1b", "us-east-1c"}, TablePolicy: pulumi.String("{}"),
			})
			if err != nil {
				return err
			}
			return probe(ctx, vpc.DynamoDBPrefixListID)
		})
		endpoint := rec.Get(t, "aws:ec2/vpcEndpoint:VpcEndpoint", "net-dynamodb")
		for path, want := range map[string]any{
			"serviceName": "com.amazonaws.us-east-1.dynamodb", "vpcEndpointType": "Gateway", "policy": "{}",
			"routeTableIds.0": "routetable-net-private-1", "routeTableIds.1": "routetable-net-private-2", "routeTableIds.2": nil,
		} {
			record.Equal(t, endpoint, path, want)
		}
		record.Equal(t, rec.Get(t, "aws:ec2/vpcEndpoint:VpcEndpoint", "net-s3"), "policy", nil)
		record.Equal(t, rec.Get(t, "aws:ec2/eip:Eip", "probe"), "instance", "pl-net-dynamodb")
		waitsFor(t, rec, "aws:ec2/vpcEndpoint:VpcEndpoint::net-dynamodb")
	})
	t.Run("the private route tables are in the order of the zones", func(t *testing.T) {
		record.Equal(t, rec.Get(t, "aws:ec2/eip:Eip", "probe"), "instance", "routetable-net-private-3")
	})
	t.Run("wrong arguments are refused together", func(t *testing.T) {
		record.Refused(t, func(ctx *pulumi.Context) error {
			_, err := network.NewVpc(ctx, "net", &network.VpcArgs{Zones: []string{"us-east-1a"}})
			return err
		}, "vpc net: ", "missing Region", "missing CIDR", "invalid Zones: 1 given")
	})
}

func TestEgress(t *testing.T) {
	egress := func(mode network.EgressMode) *record.Recording {
		return record.MustRun(t, func(ctx *pulumi.Context) error {
			egress, err := network.NewEgress(ctx, "out", &network.EgressArgs{
				Mode: mode, Zones: 3, PublicSubnetIDs: ids("public-", 3), PrivateSubnetIDs: ids("private-", 3),
				PrivateRouteTableIDs: ids("table-", 3),
			})
			if err != nil {
				return err
			}
			return probe(ctx, egress.SubnetIDs.Index(pulumi.Int(1)))
		})
	}
	const gateway, route = "aws:ec2/natGateway:NatGateway", "aws:ec2/route:Route"

	t.Run("with nat, one gateway in the first zone serves all zones", func(t *testing.T) {
		rec := egress(network.EgressNAT)
		if gateways := rec.OfType(gateway); len(gateways) != 1 {
			t.Fatalf("there are %v", gateways)
		}
		record.Equal(t, rec.Get(t, gateway, "out-1"), "subnetId", "public-1")
		record.Equal(t, rec.Get(t, gateway, "out-1"), "allocationId", "eip-out-1")
		for _, n := range []string{"1", "2", "3"} {
			r := rec.Get(t, route, "out-"+n)
			record.Equal(t, r, "routeTableId", "table-"+n)
			record.Equal(t, r, "destinationCidrBlock", "0.0.0.0/0")
			record.Equal(t, r, "natGatewayId", "natgateway-out-1")
		}
	})
	t.Run("with nat-per-zone, each zone has its own", func(t *testing.T) {
		rec := egress(network.EgressNATPerZone)
		for _, n := range []string{"1", "2", "3"} {
			record.Equal(t, rec.Get(t, gateway, "out-"+n), "subnetId", "public-"+n)
			record.Equal(t, rec.Get(t, gateway, "out-"+n), "allocationId", "eip-out-"+n)
			record.Equal(t, rec.Get(t, route, "out-"+n), "natGatewayId", "natgateway-out-"+n)
		}
	})
	t.Run("with none, there is no gateway, address or route, and the subnets are handed out all the same", func(t *testing.T) {
		rec := egress(network.EgressNone)
		if names := rec.Names(); len(names) != 2 {
			t.Errorf("there are %v", names)
		}
		record.Equal(t, rec.Get(t, "aws:ec2/eip:Eip", "probe"), "instance", "private-2")
	})
	t.Run("a subnet is handed out once every zone has its way out", func(t *testing.T) {
		rec := egress(network.EgressNAT)
		record.Equal(t, rec.Get(t, "aws:ec2/eip:Eip", "probe"), "instance", "private-2")
		for _, n := range []string{"1", "2", "3"} {
			waitsFor(t, rec, route+"::out-"+n)
		}
	})
	t.Run("wrong arguments are refused together", func(t *testing.T) {
		record.Refused(t, func(ctx *pulumi.Context) error {
			_, err := network.NewEgress(ctx, "out", &network.EgressArgs{Mode: "tunnel"})
			return err
		}, "egress out: ", `invalid Mode "tunnel"`, "invalid Zones 0", "missing PublicSubnetIDs")
	})
}

func TestLoadBalancer(t *testing.T) {
	rec := record.MustRun(t, func(ctx *pulumi.Context) error {
		balancer, err := network.NewLoadBalancer(ctx, "lb", &network.LoadBalancerArgs{
			VpcID: pulumi.String("vpc-1"), SubnetIDs: ids("private-", 2), SecurityGroupID: pulumi.String("sg-1"),
			ListenerPort: 80, ContainerPort: 3000, HealthPath: "/health", IdleTimeout: 61, DeregistrationDelay: 31, Protected: true,
		})
		if err != nil {
			return err
		}
		return probe(ctx, balancer.TargetGroupARN)
	})
	t.Run("the balancer is internal, in the given subnets and group", func(t *testing.T) {
		balancer := rec.Get(t, "aws:lb/loadBalancer:LoadBalancer", "lb")
		for path, want := range map[string]any{
			"internal": true, "loadBalancerType": "application", "subnets.1": "private-2", "securityGroups.0": "sg-1", "idleTimeout": 61.0,
			"dropInvalidHeaderFields": true, "desyncMitigationMode": "defensive", "enableDeletionProtection": true,
		} {
			record.Equal(t, balancer, path, want)
		}
		if !balancer.Protect {
			t.Error("it is not protected")
		}
	})
	t.Run("its target group has addresses on the container's port", func(t *testing.T) {
		group := rec.Get(t, "aws:lb/targetGroup:TargetGroup", "lb")
		for path, want := range map[string]any{
			"vpcId": "vpc-1", "targetType": "ip", "protocol": "HTTP", "port": 3000.0, "deregistrationDelay": 31.0,
			"healthCheck.path": "/health", "healthCheck.port": "traffic-port", "healthCheck.matcher": "200",
			"healthCheck.interval": 10.0, "healthCheck.timeout": 5.0, "healthCheck.healthyThreshold": 2.0, "healthCheck.unhealthyThreshold": 3.0,
		} {
			record.Equal(t, group, path, want)
		}
	})
	t.Run("its listener forwards everything to it", func(t *testing.T) {
		listener := rec.Get(t, "aws:lb/listener:Listener", "lb")
		for path, want := range map[string]any{
			"protocol": "HTTP", "port": 80.0, "defaultActions.0.type": "forward",
			"defaultActions.0.targetGroupArn": "arn:aws:TargetGroup:us-east-1:123456789012:lb",
		} {
			record.Equal(t, listener, path, want)
		}
	})
	t.Run("the target group is handed out once the listener exists", func(t *testing.T) {
		waitsFor(t, rec, "aws:lb/listener:Listener::lb")
	})
	t.Run("wrong arguments are refused together", func(t *testing.T) {
		record.Refused(t, func(ctx *pulumi.Context) error {
			_, err := network.NewLoadBalancer(ctx, "lb", &network.LoadBalancerArgs{
				ContainerPort: 65536, HealthPath: "health", IdleTimeout: 4001, DeregistrationDelay: 3601,
			})
			return err
		}, "load balancer lb: ", "missing VpcID", "invalid ListenerPort 0", "invalid ContainerPort 65536",
			`invalid HealthPath "health"`, "invalid IdleTimeout 4001", "invalid DeregistrationDelay 3601")
	})
}

func TestLoadBalancerWithHTTPSAndAWebACL(t *testing.T) {
	const (
		certificate = "arn:aws:acm:us-east-1:123456789012:certificate/c"
		webACL      = "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/shop/w"
		association = "aws:wafv2/webAclAssociation:WebAclAssociation"
	)
	balancer := func(certificate, webACL string) *record.Recording {
		return record.MustRun(t, func(ctx *pulumi.Context) error {
			balancer, err := network.NewLoadBalancer(ctx, "lb", &network.LoadBalancerArgs{
				VpcID: pulumi.String("vpc-1"), SubnetIDs: ids("private-", 2), SecurityGroupID: pulumi.String("sg-1"), CertificateARN: certificate,
				WebACLARN: webACL, ListenerPort: 443, ContainerPort: 3000, HealthPath: "/health", IdleTimeout: 61, DeregistrationDelay: 31,
			})
			if err != nil {
				return err
			}
			return probe(ctx, balancer.ListenerARN)
		})
	}
	t.Run("with a certificate, the listener speaks TLS 1.2 and 1.3", func(t *testing.T) {
		listener := balancer(certificate, "").Get(t, "aws:lb/listener:Listener", "lb")
		for path, want := range map[string]any{
			"protocol": "HTTPS", "port": 443.0, "certificateArn": certificate, "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
		} {
			record.Equal(t, listener, path, want)
		}
	})
	t.Run("another protocol makes another listener, since an HTTP one can't be rid of its TLS policy", func(t *testing.T) {
		for _, rec := range []*record.Recording{balancer(certificate, ""), balancer("", "")} {
			listener := rec.Get(t, "aws:lb/listener:Listener", "lb")
			if !slices.Equal(listener.ReplaceOnChanges, []string{"protocol"}) || listener.DeleteBeforeReplace {
				t.Errorf("replaced on changes of %v, the old one first: %t", listener.ReplaceOnChanges, listener.DeleteBeforeReplace)
			}
		}
	})
	t.Run("the tasks get plain HTTP all the same", func(t *testing.T) {
		record.Equal(t, balancer(certificate, "").Get(t, "aws:lb/targetGroup:TargetGroup", "lb"), "protocol", "HTTP")
	})
	t.Run("the web ACL is associated with the balancer", func(t *testing.T) {
		found := balancer("", webACL).Get(t, association, "lb")
		record.Equal(t, found, "resourceArn", "arn:aws:LoadBalancer:us-east-1:123456789012:lb")
		record.Equal(t, found, "webAclArn", webACL)
		if found.Parent != "sallyport:network:LoadBalancer::lb" {
			t.Errorf("its parent is %s", found.Parent)
		}
	})
	t.Run("another web ACL comes once the one before is gone, whose end would take it away", func(t *testing.T) {
		if !balancer("", webACL).Get(t, association, "lb").DeleteBeforeReplace {
			t.Error("it is made before the old one is deleted")
		}
	})
	t.Run("the listener is handed out once the web ACL looks at requests", func(t *testing.T) {
		waitsFor(t, balancer("", webACL), association+"::lb")
	})
	t.Run("without a web ACL there is no association", func(t *testing.T) {
		if found := balancer("", "").OfType(association); len(found) != 0 {
			t.Errorf("there are %v", found)
		}
	})
}

func TestGateway(t *testing.T) {
	rec := record.MustRun(t, func(ctx *pulumi.Context) error {
		gateway, err := network.NewGateway(ctx, "door", &network.GatewayArgs{
			ListenerARN: pulumi.String("arn:listener"), SubnetIDs: ids("private-", 2), SecurityGroupID: pulumi.String("sg-1"),
			Timeout: 29, ThrottleBurst: 7, ThrottleRate: 11, Retention: 14,
		})
		if err != nil {
			return err
		}
		return probe(ctx, gateway.URL)
	})
	t.Run("the API speaks HTTP and answers at its own endpoint", func(t *testing.T) {
		record.Equal(t, rec.Get(t, "aws:apigatewayv2/api:Api", "door"), "protocolType", "HTTP")
		record.Equal(t, rec.Get(t, "aws:ec2/eip:Eip", "probe"), "instance", "https://door.execute-api.us-east-1.amazonaws.com")
	})
	t.Run("the link lies in the given subnets and group", func(t *testing.T) {
		link := rec.Get(t, "aws:apigatewayv2/vpcLink:VpcLink", "door")
		record.Equal(t, link, "subnetIds.1", "private-2")
		record.Equal(t, link, "securityGroupIds.0", "sg-1")
	})
	t.Run("the link has no fixed name, so that a new one can be made before the old one goes", func(t *testing.T) {
		record.Equal(t, rec.Get(t, "aws:apigatewayv2/vpcLink:VpcLink", "door"), "name", nil)
	})
	t.Run("the integration passes requests on to the listener", func(t *testing.T) {
		integration := rec.Get(t, "aws:apigatewayv2/integration:Integration", "door")
		for path, want := range map[string]any{
			"apiId": "api-door", "integrationType": "HTTP_PROXY", "integrationMethod": "ANY", "integrationUri": "arn:listener",
			"connectionType": "VPC_LINK", "connectionId": "vpclink-door", "payloadFormatVersion": "1.0", "timeoutMilliseconds": 29000.0,
		} {
			record.Equal(t, integration, path, want)
		}
	})
	t.Run("one route takes every request", func(t *testing.T) {
		if routes := rec.OfType("aws:apigatewayv2/route:Route"); len(routes) != 1 {
			t.Fatalf("there are %v", routes)
		}
		route := rec.Get(t, "aws:apigatewayv2/route:Route", "door")
		record.Equal(t, route, "routeKey", "$default")
		record.Equal(t, route, "target", "integrations/integration-door")
	})
	t.Run("the stage is the one whose name stays out of the path, and is throttled", func(t *testing.T) {
		stage := rec.Get(t, "aws:apigatewayv2/stage:Stage", "door")
		for path, want := range map[string]any{
			"name": "$default", "autoDeploy": true,
			"defaultRouteSettings.throttlingBurstLimit": 7.0, "defaultRouteSettings.throttlingRateLimit": 11.0,
		} {
			record.Equal(t, stage, path, want)
		}
	})
	t.Run("its access log is kept for the given time", func(t *testing.T) {
		log := rec.Get(t, "aws:cloudwatch/logGroup:LogGroup", "door-access")
		record.Equal(t, log, "retentionInDays", 14.0)
		record.Equal(t, log, "namePrefix", "/aws/vendedlogs/door-access-")
	})
	t.Run("the URL is handed out once route and stage exist", func(t *testing.T) {
		waitsFor(t, rec, "aws:apigatewayv2/stage:Stage::door")
		waitsFor(t, rec, "aws:apigatewayv2/route:Route::door")
	})
	t.Run("wrong arguments are refused together", func(t *testing.T) {
		record.Refused(t, func(ctx *pulumi.Context) error {
			_, err := network.NewGateway(ctx, "door", &network.GatewayArgs{Timeout: 31})
			return err
		}, "gateway door: ", "missing ListenerARN", "invalid Timeout 31", "invalid ThrottleBurst 0 or ThrottleRate 0", "invalid Retention 0")
	})
}

func TestGatewayBehindADomainAndInFrontOfHTTPS(t *testing.T) {
	gateway := func(change func(*network.GatewayArgs)) *record.Recording {
		return record.MustRun(t, func(ctx *pulumi.Context) error {
			args := &network.GatewayArgs{
				ListenerARN: pulumi.String("arn:listener"), SubnetIDs: ids("private-", 2), SecurityGroupID: pulumi.String("sg-1"),
				Timeout: 29, ThrottleBurst: 7, ThrottleRate: 11, Retention: 14,
			}
			change(args)
			gateway, err := network.NewGateway(ctx, "door", args)
			if err != nil {
				return err
			}
			return probe(ctx, gateway.URL)
		})
	}
	t.Run("a domain name takes every path to the stage, and is the URL", func(t *testing.T) {
		rec := gateway(func(a *network.GatewayArgs) { a.DomainName = pulumi.String("shop.example.com") })
		const mapping = "aws:apigatewayv2/apiMapping:ApiMapping"
		for path, want := range map[string]any{"domainName": "shop.example.com", "stage": "$default", "apiMappingKey": nil} {
			record.Equal(t, rec.Get(t, mapping, "door"), path, want)
		}
		waits(t, rec.Get(t, mapping, "door"), "aws:apigatewayv2/api:Api::door")
		record.Equal(t, rec.Get(t, "aws:ec2/eip:Eip", "probe"), "instance", "https://shop.example.com")
		waitsFor(t, rec, mapping+"::door")
	})
	t.Run("the API's own address is switched off once the name is there", func(t *testing.T) {
		rec := record.MustRun(t, func(ctx *pulumi.Context) error {
			domain, err := network.NewDomain(ctx, "name", &network.DomainArgs{Name: "shop.example.com", ZoneID: "Z1"})
			if err != nil {
				return err
			}
			_, err = network.NewGateway(ctx, "door", &network.GatewayArgs{
				ListenerARN: pulumi.String("arn:listener"), SubnetIDs: ids("private-", 2), SecurityGroupID: pulumi.String("sg-1"),
				Timeout: 29, ThrottleBurst: 7, ThrottleRate: 11, Retention: 14, DomainName: domain.Name,
			})
			return err
		})
		api := rec.Get(t, "aws:apigatewayv2/api:Api", "door")
		record.Equal(t, api, "disableExecuteApiEndpoint", true)
		for _, dependency := range []string{
			"aws:apigatewayv2/domainName:DomainName::name", "aws:route53/record:Record::name-a", "aws:route53/record:Record::name-aaaa",
		} {
			waits(t, api, dependency)
		}
	})
	t.Run("the name in the listener's certificate is verified", func(t *testing.T) {
		rec := gateway(func(a *network.GatewayArgs) { a.ServerName = "inside.example.com" })
		record.Equal(t, rec.Get(t, "aws:apigatewayv2/integration:Integration", "door"), "tlsConfig.serverNameToVerify", "inside.example.com")
		if made := rec.Get(t, "aws:apigatewayv2/integration:Integration", "door").ReplaceOnChanges; !slices.Equal(made, []string{"tlsConfig"}) {
			t.Errorf("of what makes a new integration it says %v", made)
		}
	})
	t.Run("a header tells the client's address, and a client can't forge it", func(t *testing.T) {
		rec := gateway(func(a *network.GatewayArgs) { a.ClientIPHeader = "x-client-ip" })
		integration := rec.Get(t, "aws:apigatewayv2/integration:Integration", "door")
		parameters, _ := integration.Input("requestParameters").(map[string]any)
		if len(parameters) != 1 || parameters["overwrite:header.x-client-ip"] != "$context.identity.sourceIp" {
			t.Errorf("the parameters are %v", parameters)
		}
	})
	t.Run("by default there is none of it", func(t *testing.T) {
		rec := gateway(func(*network.GatewayArgs) {})
		record.Equal(t, rec.Get(t, "aws:apigatewayv2/api:Api", "door"), "disableExecuteApiEndpoint", nil)
		record.Equal(t, rec.Get(t, "aws:apigatewayv2/integration:Integration", "door"), "tlsConfig", nil)
		record.Equal(t, rec.Get(t, "aws:apigatewayv2/integration:Integration", "door"), "requestParameters", nil)
	})
	t.Run("the URL is handed out once route and stage exist", func(t *testing.T) {
		rec := gateway(func(*network.GatewayArgs) {})
		waitsFor(t, rec, "aws:apigatewayv2/stage:Stage::door")
		waitsFor(t, rec, "aws:apigatewayv2/route:Route::door")
	})
}

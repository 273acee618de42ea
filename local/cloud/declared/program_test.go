package declared_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"sallyport/local/cloud/declared"
)

// program declares through the SDK what the stack's program declares through the provider, and keeps the ids.
type program struct {
	t       *testing.T
	region  string
	ec2     *ec2.Client
	elb     *elb.Client
	gateway *apigatewayv2.Client

	vpc, internetGateway, natGateway, endpoint, prefixList string
	public, private, publicTables, privateTables           []string
	link, balancer, service                                string // security groups
	loadBalancer, targetGroup, listener                    string
	api, vpcLink, integration, authorizer                  string
}

// must returns the result of a call that may not fail.
func must[T any](result T, err error) T {
	if err != nil {
		panic(err)
	}
	return result
}

func declare(t *testing.T, upstream func() (string, bool), region string) *program {
	config := must(declared.Config(upstream, region))
	p := &program{t: t, region: region, ec2: ec2.NewFromConfig(config), elb: elb.NewFromConfig(config), gateway: apigatewayv2.NewFromConfig(config)}
	p.network()
	p.groups()
	p.loadBalancing()
	p.apiGateway()
	return p
}

func (p *program) network() {
	ctx := p.t.Context()
	p.vpc = *must(p.ec2.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})).Vpc.VpcId
	p.internetGateway = *must(p.ec2.CreateInternetGateway(ctx, nil)).InternetGateway.InternetGatewayId
	must(p.ec2.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: &p.internetGateway, VpcId: &p.vpc}))
	subnet := func(cidr, zone string) (id, table string) {
		id = *must(p.ec2.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &p.vpc, CidrBlock: &cidr, AvailabilityZone: aws.String(p.region + zone)})).Subnet.SubnetId
		table = *must(p.ec2.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: &p.vpc})).RouteTable.RouteTableId
		must(p.ec2.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &table, SubnetId: &id}))
		return id, table
	}
	for i, zone := range []string{"a", "b"} {
		id, table := subnet(fmt.Sprintf("10.0.%d.0/24", 2*i), zone)
		p.public, p.publicTables = append(p.public, id), append(p.publicTables, table)
		must(p.ec2.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &table, DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: &p.internetGateway}))
		id, table = subnet(fmt.Sprintf("10.0.%d.0/24", 2*i+1), zone)
		p.private, p.privateTables = append(p.private, id), append(p.privateTables, table)
	}
	address := must(p.ec2.AllocateAddress(ctx, &ec2.AllocateAddressInput{Domain: ec2types.DomainTypeVpc}))
	p.natGateway = *must(p.ec2.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{AllocationId: address.AllocationId, SubnetId: &p.public[0]})).NatGateway.NatGatewayId
	for _, table := range p.privateTables {
		must(p.ec2.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &table, DestinationCidrBlock: aws.String("0.0.0.0/0"), NatGatewayId: &p.natGateway}))
	}
	p.endpoint = *must(p.ec2.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{
		VpcId: &p.vpc, ServiceName: aws.String("com.amazonaws." + p.region + ".s3"), VpcEndpointType: ec2types.VpcEndpointTypeGateway, RouteTableIds: p.privateTables,
	})).VpcEndpoint.VpcEndpointId
	// This is how the provider finds the endpoint's prefix list.
	p.prefixList = *must(p.ec2.DescribePrefixLists(ctx, &ec2.DescribePrefixListsInput{Filters: []ec2types.Filter{
		{Name: aws.String("prefix-list-name"), Values: []string{"com.amazonaws." + p.region + ".s3"}},
	}})).PrefixLists[0].PrefixListId
}

// https opens port 443 to an address range or a prefix list.
func https() ec2types.IpPermission {
	return ec2types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(443), ToPort: aws.Int32(443)}
}

func (p *program) groups() {
	ctx := p.t.Context()
	group := func(name string) string {
		id := *must(p.ec2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: &name, Description: &name, VpcId: &p.vpc})).GroupId
		// The provider takes away the rule that AWS gives to each new group.
		must(p.ec2.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: &id, IpPermissions: []ec2types.IpPermission{
			{IpProtocol: aws.String("-1"), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}},
		}}))
		return id
	}
	p.link, p.balancer, p.service = group("link"), group("balancer"), group("service")
	hop := func(from, to string, port int32) {
		rule := func(peer string) []ec2types.IpPermission {
			return []ec2types.IpPermission{{IpProtocol: aws.String("tcp"), FromPort: &port, ToPort: &port,
				UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: &peer, Description: aws.String("a hop")}}}}
		}
		must(p.ec2.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{GroupId: &from, IpPermissions: rule(to)}))
		must(p.ec2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &to, IpPermissions: rule(from)}))
	}
	hop(p.link, p.balancer, 80)
	hop(p.balancer, p.service, 3000)
	s3, anywhere := https(), https()
	s3.PrefixListIds = []ec2types.PrefixListId{{PrefixListId: &p.prefixList, Description: aws.String("image layers")}}
	anywhere.IpRanges = []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0"), Description: aws.String("image pull")}}
	for _, rule := range []ec2types.IpPermission{s3, anywhere} {
		must(p.ec2.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{GroupId: &p.service, IpPermissions: []ec2types.IpPermission{rule}}))
	}
}

func (p *program) loadBalancing() {
	ctx := p.t.Context()
	p.loadBalancer = *must(p.elb.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
		Name: aws.String("web"), Type: elbtypes.LoadBalancerTypeEnumApplication, Scheme: elbtypes.LoadBalancerSchemeEnumInternal,
		Subnets: p.private, SecurityGroups: []string{p.balancer},
	})).LoadBalancers[0].LoadBalancerArn
	must(p.elb.ModifyLoadBalancerAttributes(ctx, &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: &p.loadBalancer, Attributes: []elbtypes.LoadBalancerAttribute{
		{Key: aws.String("idle_timeout.timeout_seconds"), Value: aws.String("60")},
		{Key: aws.String("routing.http.drop_invalid_header_fields.enabled"), Value: aws.String("true")},
		{Key: aws.String("routing.http.desync_mitigation_mode"), Value: aws.String("defensive")},
	}}))
	p.targetGroup = *must(p.elb.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name: aws.String("web"), VpcId: &p.vpc, TargetType: elbtypes.TargetTypeEnumIp, Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(3000),
		HealthCheckEnabled: aws.Bool(true), HealthCheckProtocol: elbtypes.ProtocolEnumHttp, HealthCheckPort: aws.String("traffic-port"),
		HealthCheckPath: aws.String("/api/health"), Matcher: &elbtypes.Matcher{HttpCode: aws.String("200")}, HealthCheckIntervalSeconds: aws.Int32(10),
		HealthCheckTimeoutSeconds: aws.Int32(5), HealthyThresholdCount: aws.Int32(2), UnhealthyThresholdCount: aws.Int32(3),
	})).TargetGroups[0].TargetGroupArn
	must(p.elb.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: &p.targetGroup, Attributes: []elbtypes.TargetGroupAttribute{
		{Key: aws.String("deregistration_delay.timeout_seconds"), Value: aws.String("35")},
	}}))
	p.listener = *must(p.elb.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: &p.loadBalancer, Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80),
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &p.targetGroup}},
	})).Listeners[0].ListenerArn
}

const logGroup = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/vendedlogs/web-access"

func (p *program) apiGateway() {
	ctx := p.t.Context()
	p.api = *must(p.gateway.CreateApi(ctx, &apigatewayv2.CreateApiInput{Name: aws.String("web"), ProtocolType: apitypes.ProtocolTypeHttp})).ApiId
	p.vpcLink = *must(p.gateway.CreateVpcLink(ctx, &apigatewayv2.CreateVpcLinkInput{
		Name: aws.String("web"), SubnetIds: p.private, SecurityGroupIds: []string{p.link},
	})).VpcLinkId
	p.integration = *must(p.gateway.CreateIntegration(ctx, &apigatewayv2.CreateIntegrationInput{
		ApiId: &p.api, IntegrationType: apitypes.IntegrationTypeHttpProxy, IntegrationMethod: aws.String("ANY"), IntegrationUri: &p.listener,
		ConnectionType: apitypes.ConnectionTypeVpcLink, ConnectionId: &p.vpcLink, PayloadFormatVersion: aws.String("1.0"), TimeoutInMillis: aws.Int32(29000),
	})).IntegrationId
	must(p.gateway.CreateRoute(ctx, &apigatewayv2.CreateRouteInput{
		ApiId: &p.api, RouteKey: aws.String("$default"), AuthorizationType: apitypes.AuthorizationTypeNone, Target: aws.String("integrations/" + p.integration),
	}))
	p.authorizer = *must(p.gateway.CreateAuthorizer(ctx, &apigatewayv2.CreateAuthorizerInput{
		ApiId: &p.api, Name: aws.String("web"), AuthorizerType: apitypes.AuthorizerTypeJwt, IdentitySource: []string{"$request.header.Authorization"},
		JwtConfiguration: &apitypes.JWTConfiguration{Issuer: aws.String("https://login.example.com"), Audience: []string{"web"}},
	})).AuthorizerId
	must(p.gateway.CreateRoute(ctx, &apigatewayv2.CreateRouteInput{
		ApiId: &p.api, RouteKey: aws.String("GET /me"), AuthorizationType: apitypes.AuthorizationTypeJwt, AuthorizerId: &p.authorizer,
		AuthorizationScopes: []string{"read"}, Target: aws.String("integrations/" + p.integration),
	}))
	must(p.gateway.CreateStage(ctx, &apigatewayv2.CreateStageInput{
		ApiId: &p.api, StageName: aws.String("$default"), AutoDeploy: aws.Bool(true),
		AccessLogSettings:    &apitypes.AccessLogSettings{DestinationArn: aws.String(logGroup), Format: aws.String(`{"status":"$context.status"}`)},
		DefaultRouteSettings: &apitypes.RouteSettings{ThrottlingBurstLimit: aws.Int32(200), ThrottlingRateLimit: aws.Float64(100)},
	}))
}

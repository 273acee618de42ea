package declared_test

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/moto/mototest"
)

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}

// What the program declares is read as it was declared. The store is moto: that AWS itself answers the same is not
// shown here.
func TestReader(t *testing.T) {
	upstream := mototest.Start(t)
	reader := declared.Reader{Upstream: upstream}
	// Whatever the user has set up for AWS, the reader doesn't see it.
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_EC2": "http://127.0.0.1:1", "AWS_PROFILE": "nobody", "HTTP_PROXY": "http://127.0.0.1:1",
	} {
		t.Setenv(name, value)
	}
	p := declare(t, upstream, "eu-central-1")
	t.Run("the network", func(t *testing.T) {
		read, err := reader.VPC(t.Context(), p.region)
		if err != nil {
			t.Fatal(err)
		}
		t.Run("has each subnet with its range and VPC", func(t *testing.T) {
			for id, cidr := range map[string]string{
				p.public[0]: "10.0.0.0/24", p.private[0]: "10.0.1.0/24", p.public[1]: "10.0.2.0/24", p.private[1]: "10.0.3.0/24",
			} {
				s := read.Subnets[id]
				equal(t, "subnet", []string{aws.ToString(s.CidrBlock), aws.ToString(s.VpcId)}, []string{cidr, p.vpc})
			}
		})
		t.Run("has routes to the internet gateway, the NAT gateway and S3", func(t *testing.T) {
			for i := range 2 {
				equal(t, "public", routes(read, p.public[i]), map[string]string{"10.0.0.0/16": "local", "0.0.0.0/0": p.internetGateway})
				equal(t, "private", routes(read, p.private[i]), map[string]string{"10.0.0.0/16": "local", "0.0.0.0/0": p.natGateway, p.prefixList: p.endpoint})
			}
			internet := read.InternetGateways[p.internetGateway]
			equal(t, "attached to", len(internet.Attachments), 1)
			equal(t, "attached to", aws.ToString(internet.Attachments[0].VpcId), p.vpc)
			nat := read.NatGateways[p.natGateway]
			equal(t, "NAT gateway", []string{string(nat.State), aws.ToString(nat.SubnetId)}, []string{"available", p.public[0]})
			s3 := read.VpcEndpoints[p.endpoint]
			equal(t, "endpoint", []string{string(s3.State), aws.ToString(s3.ServiceName)}, []string{"available", "com.amazonaws.eu-central-1.s3"})
			slices.Sort(s3.RouteTableIds)
			equal(t, "endpoint", s3.RouteTableIds, slices.Sorted(slices.Values(p.privateTables)))
			equal(t, "prefix list", aws.ToString(read.PrefixLists[p.prefixList].PrefixListName), "com.amazonaws.eu-central-1.s3")
		})
		t.Run("has each security group's rules: by group, by address range, by prefix list", func(t *testing.T) {
			for id, want := range map[string][2][]string{
				p.link:     {nil, {"tcp 80-80 " + p.balancer}},
				p.balancer: {{"tcp 80-80 " + p.link}, {"tcp 3000-3000 " + p.service}},
				p.service:  {{"tcp 3000-3000 " + p.balancer}, {"tcp 443-443 0.0.0.0/0", "tcp 443-443 " + p.prefixList}},
			} {
				group := read.SecurityGroups[id]
				equal(t, aws.ToString(group.GroupName)+" ingress", rules(group.IpPermissions), want[0])
				equal(t, aws.ToString(group.GroupName)+" egress", rules(group.IpPermissionsEgress), want[1])
			}
		})
	})
	t.Run("the load balancer", func(t *testing.T) {
		read, err := reader.LoadBalancing(t.Context(), p.region)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "sizes", []int{len(read.LoadBalancers), len(read.Listeners), len(read.TargetGroups)}, []int{1, 1, 1})
		balancer := read.LoadBalancers[p.loadBalancer]
		equal(t, "scheme", balancer.Scheme, elbtypes.LoadBalancerSchemeEnumInternal)
		equal(t, "security groups", balancer.SecurityGroups, []string{p.balancer})
		var subnets []string
		for _, zone := range balancer.AvailabilityZones {
			subnets = append(subnets, aws.ToString(zone.SubnetId))
		}
		equal(t, "subnets", slices.Sorted(slices.Values(subnets)), slices.Sorted(slices.Values(p.private)))
		equal(t, "idle timeout", balancer.Attributes["idle_timeout.timeout_seconds"], "60")
		equal(t, "invalid header fields", balancer.Attributes["routing.http.drop_invalid_header_fields.enabled"], "true")
		equal(t, "desync", balancer.Attributes["routing.http.desync_mitigation_mode"], "defensive")
		listener := read.Listeners[p.listener]
		equal(t, "listener", []any{listener.Protocol, *listener.Port, *listener.LoadBalancerArn}, []any{elbtypes.ProtocolEnumHttp, int32(80), p.loadBalancer})
		equal(t, "rules", []any{len(listener.Rules), *listener.Rules[0].IsDefault, *listener.Rules[0].Actions[0].TargetGroupArn}, []any{1, true, p.targetGroup})
		group := read.TargetGroups[p.targetGroup]
		equal(t, "target group", []any{group.TargetType, group.Protocol, *group.Port}, []any{elbtypes.TargetTypeEnumIp, elbtypes.ProtocolEnumHttp, int32(3000)})
		equal(t, "health check", []any{*group.HealthCheckEnabled, group.HealthCheckProtocol, *group.HealthCheckPort, *group.HealthCheckPath, *group.Matcher.HttpCode},
			[]any{true, elbtypes.ProtocolEnumHttp, "traffic-port", "/api/health", "200"})
		equal(t, "health check times", []int32{*group.HealthCheckIntervalSeconds, *group.HealthCheckTimeoutSeconds, *group.HealthyThresholdCount, *group.UnhealthyThresholdCount}, []int32{10, 5, 2, 3})
		equal(t, "deregistration delay", group.Attributes["deregistration_delay.timeout_seconds"], "35")
	})
	t.Run("the HTTP API", func(t *testing.T) {
		read, err := reader.Gateway(t.Context(), p.region)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "sizes", []int{len(read.APIs), len(read.VpcLinks)}, []int{1, 1})
		link := read.VpcLinks[p.vpcLink]
		equal(t, "link", []any{link.VpcLinkStatus, link.SubnetIds, link.SecurityGroupIds}, []any{apitypes.VpcLinkStatusAvailable, p.private, []string{p.link}})
		api := read.APIs[p.api]
		equal(t, "routes", []any{len(api.Routes), *api.Routes[0].RouteKey, *api.Routes[0].Target}, []any{2, "$default", "integrations/" + p.integration})
		equal(t, "the route with a token", []any{api.Routes[1].AuthorizationType, *api.Routes[1].AuthorizerId, api.Routes[1].AuthorizationScopes[0]},
			[]any{apitypes.AuthorizationTypeJwt, p.authorizer, "read"})
		authorizer := api.Authorizers[p.authorizer]
		equal(t, "authorizer", []any{len(api.Authorizers), *authorizer.JwtConfiguration.Issuer, authorizer.JwtConfiguration.Audience[0], authorizer.IdentitySource[0]},
			[]any{1, "https://login.example.com", "web", "$request.header.Authorization"})
		equal(t, "integrations", slices.Collect(maps.Keys(api.Integrations)), []string{p.integration})
		integration := api.Integrations[p.integration]
		equal(t, "integration", []any{integration.IntegrationType, *integration.IntegrationMethod, *integration.IntegrationUri, *integration.TimeoutInMillis, *integration.PayloadFormatVersion},
			[]any{apitypes.IntegrationTypeHttpProxy, "ANY", p.listener, int32(29000), "1.0"})
		equal(t, "connection", []any{integration.ConnectionType, *integration.ConnectionId}, []any{apitypes.ConnectionTypeVpcLink, p.vpcLink})
		equal(t, "stages", slices.Collect(maps.Keys(api.Stages)), []string{"$default"})
		stage := api.Stages["$default"]
		equal(t, "access log", []string{*stage.AccessLogSettings.DestinationArn, *stage.AccessLogSettings.Format}, []string{logGroup, `{"status":"$context.status"}`})
		equal(t, "throttling", []any{*stage.DefaultRouteSettings.ThrottlingBurstLimit, *stage.DefaultRouteSettings.ThrottlingRateLimit}, []any{int32(200), 100.0})
	})
	t.Run("a watcher's snapshot has all of it", func(t *testing.T) {
		w := declared.NewWatcher(p.region, reader, slog.New(slog.DiscardHandler))
		defer w.Close()
		if err := refresh(t.Context(), w); err != nil {
			t.Fatal(err)
		}
		now := w.Current()
		_, link := now.SecurityGroups[p.link]
		_, listener := now.Listeners[p.listener]
		_, api := now.APIs[p.api]
		equal(t, "snapshot", []any{now.Region, link, listener, api}, []any{"eu-central-1", true, true, true})
	})
	t.Run("rules of a listener are read from all pages, in the order of their priorities, the default rule last", func(t *testing.T) {
		// moto's page has 50.
		want := []string{"default"}
		for i := range 55 {
			number := 200 - i
			must(p.elb.CreateRule(t.Context(), &elb.CreateRuleInput{
				ListenerArn: &p.listener, Priority: aws.Int32(int32(number)),
				Conditions: []elbtypes.RuleCondition{{Field: aws.String("path-pattern"), Values: []string{fmt.Sprintf("/%d", number)}}},
				Actions:    []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &p.targetGroup}},
			}))
			want = slices.Insert(want, 0, fmt.Sprint(number))
		}
		read, err := reader.LoadBalancing(t.Context(), p.region)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, rule := range read.Listeners[p.listener].Rules {
			got = append(got, aws.ToString(rule.Priority))
		}
		equal(t, "priorities", got, want)
	})
	t.Run("what is deleted while it is read is left out", func(t *testing.T) { deletedMeanwhile(t, upstream) })
}

func TestReaderDown(t *testing.T) {
	reader := declared.Reader{Upstream: func() (string, bool) { return "127.0.0.1:1", false }}
	_, network := reader.VPC(t.Context(), "eu-central-1")
	_, balancing := reader.LoadBalancing(t.Context(), "eu-central-1")
	_, gateway := reader.Gateway(t.Context(), "eu-central-1")
	for part, err := range map[string]error{"network": network, "load balancing": balancing, "API Gateway": gateway} {
		if want := part + ": the AWS API of the local cloud is not running; it is tried again until it is"; !errors.Is(err, declared.ErrDown) || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// routes returns where the table of a subnet leads, by destination.
func routes(v declared.VPC, subnet string) map[string]string {
	found := map[string]string{}
	for _, table := range v.RouteTables {
		if !slices.ContainsFunc(table.Associations, func(a ec2types.RouteTableAssociation) bool { return aws.ToString(a.SubnetId) == subnet }) {
			continue
		}
		for _, r := range table.Routes {
			found[aws.ToString(r.DestinationCidrBlock)+aws.ToString(r.DestinationPrefixListId)] = aws.ToString(r.GatewayId) + aws.ToString(r.NatGatewayId)
		}
	}
	return found
}

// rules returns one line for each peer of each permission.
func rules(permissions []ec2types.IpPermission) (lines []string) {
	for _, p := range permissions {
		add := func(peer *string) {
			lines = append(lines, fmt.Sprintf("%s %d-%d %s", aws.ToString(p.IpProtocol), aws.ToInt32(p.FromPort), aws.ToInt32(p.ToPort), aws.ToString(peer)))
		}
		for _, peer := range p.IpRanges {
			add(peer.CidrIp)
		}
		for _, peer := range p.PrefixListIds {
			add(peer.PrefixListId)
		}
		for _, peer := range p.UserIdGroupPairs {
			add(peer.GroupId)
		}
	}
	return lines
}

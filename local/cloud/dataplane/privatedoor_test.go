package dataplane

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/front"
	"sallyport/local/cloud/gateway"
	"sallyport/local/cloud/moto/mototest"
	"sallyport/local/cloud/vpc"
)

// REST API, VPC link, Network Load Balancer and groups are declared by the AWS SDK, and requests go all the way; only the
// task is a server of the test's own.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html
func TestWhatBlocksARESTAPIIsExplained(t *testing.T) {
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "app "+r.URL.Path) }))
	defer app.Close()
	p := &Plane{Upstream: mototest.Start(t), Log: slog.New(slog.DiscardHandler)}
	defer p.Close(t.Context())
	g := &gateway.Gateway{Log: p.Log, Declared: p.API, Domain: p.Domain, Listeners: p.Listeners, Links: p.Links}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = free.Close()
	g.Port = free.Addr().(*net.TCPAddr).Port
	defer g.CloseAll()
	server := httptest.NewServer(&front.Handler{Upstream: p.Upstream, Local: front.Local{Endpoint: g.Endpoint}, Images: nobody{}, APIs: g, DataPlane: p, Log: p.Log})
	defer server.Close()
	config := must(declared.Config(func() (string, bool) { return server.Listener.Addr().String(), true }, "us-east-1"))
	ctx, network, balancers, apis := t.Context(), ec2.NewFromConfig(config), elb.NewFromConfig(config), apigateway.NewFromConfig(config)
	r := must(p.region("us-east-1"))
	if err := r.settle(ctx); err != nil {
		t.Fatal(err)
	}

	subnets := must(network.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})).Subnets[:2]
	group := func(name string) *string {
		id := must(network.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: &name, Description: &name, VpcId: subnets[0].VpcId})).GroupId
		must(network.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: id, IpPermissions: []ec2types.IpPermission{
			{IpProtocol: aws.String("-1"), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}}}}))
		return id
	}
	balancerGroup, serviceGroup := group("door-balancer"), group("door-service")
	hop := func(peer *string) []ec2types.IpPermission {
		return []ec2types.IpPermission{{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(3000), ToPort: aws.Int32(3000), UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: peer}}}}
	}
	must(network.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{GroupId: balancerGroup, IpPermissions: hop(serviceGroup)}))
	must(network.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: serviceGroup, IpPermissions: hop(balancerGroup)}))

	nlb := must(balancers.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
		Name: aws.String("door"), Type: elbtypes.LoadBalancerTypeEnumNetwork, Scheme: elbtypes.LoadBalancerSchemeEnumInternal,
		Subnets: []string{*subnets[0].SubnetId, *subnets[1].SubnetId}, SecurityGroups: []string{*balancerGroup},
	})).LoadBalancers[0]
	enforce := func(mode elbtypes.EnforceSecurityGroupInboundRulesOnPrivateLinkTrafficEnum) {
		must(balancers.SetSecurityGroups(ctx, &elb.SetSecurityGroupsInput{LoadBalancerArn: nlb.LoadBalancerArn, SecurityGroups: []string{*balancerGroup}, EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: mode}))
	}
	enforce("off")
	targets := must(balancers.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name: aws.String("door"), VpcId: subnets[0].VpcId, TargetType: elbtypes.TargetTypeEnumIp, Protocol: elbtypes.ProtocolEnumTcp, Port: aws.Int32(3000),
		HealthCheckProtocol: elbtypes.ProtocolEnumHttp, HealthCheckPath: aws.String("/api/health"), HealthCheckIntervalSeconds: aws.Int32(5), HealthCheckTimeoutSeconds: aws.Int32(2),
		HealthyThresholdCount: aws.Int32(2), UnhealthyThresholdCount: aws.Int32(2), Matcher: &elbtypes.Matcher{HttpCode: aws.String("200")},
	})).TargetGroups[0].TargetGroupArn
	must(balancers.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: nlb.LoadBalancerArn, Protocol: elbtypes.ProtocolEnumTcp, Port: aws.Int32(80),
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: targets}},
	}))
	address, err := r.network.Allocate(r.watcher.Current(), *subnets[0].SubnetId)
	if err != nil {
		t.Fatal(err)
	}
	r.network.Attach(vpc.Interface{Address: address, SubnetID: *subnets[0].SubnetId, GroupIDs: []string{*serviceGroup}},
		map[int]netip.AddrPort{3000: netip.MustParseAddrPort(app.Listener.Addr().String())})
	must(balancers.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: targets, Targets: []elbtypes.TargetDescription{{Id: aws.String(address.String())}}}))

	api := must(apis.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: aws.String("door"), EndpointConfiguration: &apitypes.EndpointConfiguration{Types: []apitypes.EndpointType{apitypes.EndpointTypeRegional}}}))
	link := must(apis.CreateVpcLink(ctx, &apigateway.CreateVpcLinkInput{Name: aws.String("door"), TargetArns: []string{*nlb.LoadBalancerArn}}))
	must(apis.PutRestApi(ctx, &apigateway.PutRestApiInput{RestApiId: api.Id, Mode: apitypes.PutModeOverwrite, Body: []byte(fmt.Sprintf(document, *link.Id))}))
	deployment := must(apis.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: api.Id}))
	must(apis.CreateStage(ctx, &apigateway.CreateStageInput{RestApiId: api.Id, StageName: aws.String("live"), DeploymentId: deployment.Id}))

	get := func(t *testing.T) (int, string, string) {
		t.Helper()
		if err := r.settle(ctx); err != nil {
			t.Fatal(err)
		}
		response, err := http.Get(g.Endpoint(*api.Id) + "/live/rounds")
		if err != nil {
			if opError, ok := errors.AsType[*net.OpError](err); ok && opError.Op == "dial" {
				t.Skip(err) // no loopback address for the API on this system
			}
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		return response.StatusCode, string(body), response.Header.Get("Sallyport-Explanation")
	}
	health := func() elbtypes.TargetHealth {
		return *must(balancers.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: targets})).TargetHealthDescriptions[0].TargetHealth
	}
	until := func(t *testing.T, state elbtypes.TargetHealthStateEnum) {
		t.Helper()
		for end := time.Now().Add(time.Minute); health().State != state; time.Sleep(50 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("the target is %v after a minute, want %s", health(), state)
			}
		}
	}
	until(t, "healthy")

	t.Run("a group that lets nobody in does not keep the link out", func(t *testing.T) {
		if status, body, why := get(t); status != 200 || body != "app /rounds" {
			t.Errorf("%d %s (%s)", status, body, why)
		}
	})
	t.Run("with inbound rules enforced on PrivateLink traffic it does, and the rule to add is named", func(t *testing.T) {
		enforce("on")
		status, _, why := get(t)
		want := "security group " + *balancerGroup + " (door-balancer) has no ingress rule for TCP port 80 from 0.0.0.0/0. Set enforceSecurityGroupInboundRulesOnPrivateLinkTraffic to off, or add that rule."
		if status < 500 || !strings.HasSuffix(why, want) {
			t.Errorf("%d, explained as %q, want %q", status, why, want)
		}
		enforce("off")
		if status, _, why := get(t); status != 200 {
			t.Errorf("off again: %d (%s)", status, why)
		}
	})
	t.Run("a service's group without the rule for the load balancer is named, to the client and of the target", func(t *testing.T) {
		must(network.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: serviceGroup, IpPermissions: hop(balancerGroup)}))
		status, _, why := get(t)
		want := "security group " + *serviceGroup + " (door-service) has no ingress rule for TCP port 3000 from " + *balancerGroup + " (door-balancer)."
		if status < 500 || !strings.Contains(why, want) {
			t.Errorf("%d, explained as %q, want %q", status, why, want)
		}
		until(t, "unhealthy")
		if got := health(); got.Reason != "Target.Timeout" {
			t.Errorf("the target is %v", got)
		}
		if got := r.balancer.Explanation(*targets, netip.AddrPortFrom(address, 3000)); !strings.Contains(got, want) {
			t.Errorf("its health is explained as %q", got)
		}
	})
}

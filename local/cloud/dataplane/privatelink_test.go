package dataplane

import (
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/front"
	"sallyport/local/cloud/moto/mototest"
)

// Calls go by the front and moto here, as a client's do.
func TestNetworkLoadBalancersThroughMoto(t *testing.T) {
	p := &Plane{Upstream: mototest.Start(t), Log: slog.New(slog.DiscardHandler)}
	defer p.Close(t.Context())
	r, err := p.region("us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(&front.Handler{Upstream: p.Upstream, DataPlane: p, Log: p.Log})
	defer server.Close()
	config, err := declared.Config(func() (string, bool) { return strings.TrimPrefix(server.URL, "http://"), true }, "us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	ctx, network, client := t.Context(), ec2.NewFromConfig(config), elb.NewFromConfig(config)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(r.settle(ctx))
	found, err := network.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})
	must(err)
	subnets := []string{*found.Subnets[0].SubnetId, *found.Subnets[1].SubnetId}
	groups, err := network.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{})
	must(err)
	group := *groups.SecurityGroups[0].GroupId
	create := func(name string, kind elbtypes.LoadBalancerTypeEnum, groups ...string) elbtypes.LoadBalancer {
		t.Helper()
		made, err := client.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
			Name: &name, Type: kind, Scheme: elbtypes.LoadBalancerSchemeEnumInternal, Subnets: subnets, SecurityGroups: groups,
		})
		must(err)
		return made.LoadBalancers[0]
	}
	enforced := func(arn *string) string {
		t.Helper()
		told, err := client.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{*arn}})
		must(err)
		must(r.settle(ctx))
		answered := aws.ToString(told.LoadBalancers[0].EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic)
		if kept := aws.ToString(r.watcher.Current().LoadBalancers[*arn].EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic); kept != answered {
			t.Errorf("the balancer goes by %q, and %q is told", kept, answered)
		}
		return answered
	}
	guarded, open, app := create("guarded", "network", group), create("open", "network"), create("app", "application", group)

	// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetSecurityGroups.html
	t.Run("inbound rules are enforced on PrivateLink traffic unless that is switched off, and there are none without groups", func(t *testing.T) {
		if got := aws.ToString(guarded.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic); got != "on" {
			t.Errorf("a new one tells %q", got)
		}
		for arn, want := range map[*string]string{guarded.LoadBalancerArn: "on", open.LoadBalancerArn: "", app.LoadBalancerArn: ""} {
			if got := enforced(arn); got != want {
				t.Errorf("%s tells %q, want %q", *arn, got, want)
			}
		}
	})
	set := func(arn *string, mode elbtypes.EnforceSecurityGroupInboundRulesOnPrivateLinkTrafficEnum) (*elb.SetSecurityGroupsOutput, error) {
		return client.SetSecurityGroups(ctx, &elb.SetSecurityGroupsInput{LoadBalancerArn: arn, SecurityGroups: []string{group}, EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: mode})
	}
	t.Run("off is remembered, told, and kept by a call that does not name it", func(t *testing.T) {
		out, err := set(guarded.LoadBalancerArn, "off")
		must(err)
		if out.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic != "off" || enforced(guarded.LoadBalancerArn) != "off" {
			t.Errorf("it answers %q and tells %q", out.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic, enforced(guarded.LoadBalancerArn))
		}
		_, err = set(guarded.LoadBalancerArn, "")
		must(err)
		if got := enforced(guarded.LoadBalancerArn); got != "off" {
			t.Errorf("it tells %q afterwards", got)
		}
	})
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html
	t.Run("a load balancer that was made without groups gets none later", func(t *testing.T) {
		if _, err := set(open.LoadBalancerArn, ""); codeOf(err) != "InvalidConfigurationRequest" || !strings.Contains(err.Error(), "created without any") {
			t.Error(err)
		}
	})
	t.Run("another value is refused, and so is any for an Application Load Balancer", func(t *testing.T) {
		if _, err := set(guarded.LoadBalancerArn, "maybe"); codeOf(err) != "ValidationError" || !strings.Contains(err.Error(), `is "maybe", and must be on or off`) {
			t.Error(err)
		}
		if _, err := set(app.LoadBalancerArn, "off"); codeOf(err) != "InvalidConfigurationRequest" {
			t.Error(err)
		}
	})
	t.Run("its listener, target group and their attributes are read", func(t *testing.T) {
		made, err := client.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
			Name: aws.String("tcp"), VpcId: found.Subnets[0].VpcId, TargetType: elbtypes.TargetTypeEnumIp, Protocol: elbtypes.ProtocolEnumTcp, Port: aws.Int32(3000),
			HealthCheckProtocol: elbtypes.ProtocolEnumHttp, HealthCheckPath: aws.String("/api/health"), HealthCheckIntervalSeconds: aws.Int32(10), HealthCheckTimeoutSeconds: aws.Int32(5),
			HealthyThresholdCount: aws.Int32(2), UnhealthyThresholdCount: aws.Int32(2), Matcher: &elbtypes.Matcher{HttpCode: aws.String("200")},
		})
		must(err)
		group := made.TargetGroups[0].TargetGroupArn
		var attributes []elbtypes.TargetGroupAttribute
		for key, value := range map[string]string{
			"deregistration_delay.timeout_seconds": "35", "deregistration_delay.connection_termination.enabled": "true", "preserve_client_ip.enabled": "false",
			"proxy_protocol_v2.enabled": "false", "target_health_state.unhealthy.connection_termination.enabled": "true",
		} {
			attributes = append(attributes, elbtypes.TargetGroupAttribute{Key: &key, Value: &value})
		}
		_, err = client.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: group, Attributes: attributes})
		must(err)
		listener, err := client.CreateListener(ctx, &elb.CreateListenerInput{
			LoadBalancerArn: guarded.LoadBalancerArn, Protocol: elbtypes.ProtocolEnumTcp, Port: aws.Int32(80),
			DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: group}},
		})
		must(err)
		_, err = client.ModifyListenerAttributes(ctx, &elb.ModifyListenerAttributesInput{ListenerArn: listener.Listeners[0].ListenerArn,
			Attributes: []elbtypes.ListenerAttribute{{Key: aws.String("tcp.idle_timeout.seconds"), Value: aws.String("600")}}})
		must(err)
		must(r.settle(ctx))
		now := r.watcher.Current()
		read := now.Listeners[*listener.Listeners[0].ListenerArn]
		if read.Attributes["tcp.idle_timeout.seconds"] != "600" || len(read.Rules) != 1 || aws.ToString(read.Rules[0].Actions[0].TargetGroupArn) != *group {
			t.Errorf("listener: %+v", read)
		}
		if g := now.TargetGroups[*group]; g.Protocol != "TCP" || g.HealthCheckProtocol != "HTTP" || aws.ToString(g.HealthCheckPath) != "/api/health" ||
			g.Attributes["deregistration_delay.connection_termination.enabled"] != "true" || g.Attributes["preserve_client_ip.enabled"] != "false" {
			t.Errorf("target group: %+v", g)
		}
		if _, err := r.balancer.DialLink(ctx, *guarded.LoadBalancerArn, 80, nil); err == nil || !strings.Contains(err.Error(), "has no registered target that is in use") {
			t.Errorf("the balancer does not have it: %v", err)
		}
	})
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html
	t.Run("each load balancer has a network interface in each of its subnets, until it is deleted", func(t *testing.T) {
		interfaces := func(filter, value string) []ec2types.NetworkInterface {
			t.Helper()
			told, err := network.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{Filters: []ec2types.Filter{{Name: &filter, Values: []string{value}}}})
			must(err)
			return told.NetworkInterfaces
		}
		for _, c := range []struct {
			description, kind, owner, id string
			groups                       int
		}{
			{"ELB net/guarded/", "network_load_balancer", "amazon-aws", *guarded.LoadBalancerArn, 1},
			{"ELB net/open/", "network_load_balancer", "amazon-aws", *open.LoadBalancerArn, 0},
			{"ELB app/app/", "interface", "amazon-elb", *app.LoadBalancerArn, 1},
		} {
			all := interfaces("description", c.description+c.id[strings.LastIndex(c.id, "/")+1:])
			if len(all) != 2 {
				t.Errorf("%s has %d", c.description, len(all))
				continue
			}
			for i, one := range all {
				if string(one.InterfaceType) != c.kind || aws.ToString(one.SubnetId) != subnets[i] && aws.ToString(one.SubnetId) != subnets[1-i] ||
					len(one.Groups) != c.groups || !aws.ToBool(one.RequesterManaged) || aws.ToString(one.Attachment.InstanceOwnerId) != c.owner || one.Association != nil {
					t.Errorf("%s: %+v", c.description, one)
				}
			}
		}
		if n := len(interfaces("group-id", group)); n != 4 {
			t.Errorf("%d interfaces use the group, want 4", n)
		}
		_, err := client.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: app.LoadBalancerArn})
		must(err)
		if n := len(interfaces("group-id", group)); n != 2 {
			t.Errorf("%d interfaces use the group after a load balancer is gone, want 2", n)
		}
	})
}

package network_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/internal/record"
	"sallyport/network"
)

func TestNetworkLoadBalancer(t *testing.T) {
	make := func(certificate string, protected bool) *record.Recording {
		return record.MustRun(t, func(ctx *pulumi.Context) error {
			balancer, err := network.NewNetworkLoadBalancer(ctx, "nlb", &network.NetworkLoadBalancerArgs{
				VpcID: pulumi.String("vpc-1"), SubnetIDs: ids("subnet-", 2), SecurityGroupID: pulumi.String("sg-1"),
				ListenerPort: 80, ContainerPort: 3000, HealthPath: "/health", DeregistrationDelay: 20,
				CertificateARN: certificate, Protected: protected,
			})
			if err != nil {
				return err
			}
			return probe(ctx, pulumi.Sprintf("%s %s %s", balancer.LoadBalancerARN, balancer.TargetGroupARN, balancer.DNSName))
		})
	}
	rec := make("", false)
	balancer := rec.Get(t, "aws:lb/loadBalancer:LoadBalancer", "nlb")

	t.Run("it is internal, and its connections reach tasks in every zone", func(t *testing.T) {
		for path, want := range map[string]any{
			"loadBalancerType": "network", "internal": true, "subnets.1": "subnet-2", "enableCrossZoneLoadBalancing": true,
			"enableDeletionProtection": false, "idleTimeout": nil,
		} {
			record.Equal(t, balancer, path, want)
		}
	})
	t.Run("it has a security group from the start, which PrivateLink goes past", func(t *testing.T) {
		record.Equal(t, balancer, "securityGroups.0", "sg-1")
		record.Equal(t, balancer, "enforceSecurityGroupInboundRulesOnPrivateLinkTraffic", "off")
	})
	t.Run("it passes TCP on, and asks for the health path by HTTP", func(t *testing.T) {
		target := rec.Get(t, "aws:lb/targetGroup:TargetGroup", "nlb")
		for path, want := range map[string]any{
			"vpcId": "vpc-1", "targetType": "ip", "protocol": "TCP", "port": 3000.0, "preserveClientIp": "false", "deregistrationDelay": 20.0,
			"healthCheck.protocol": "HTTP", "healthCheck.path": "/health", "healthCheck.matcher": "200", "healthCheck.port": "traffic-port",
		} {
			record.Equal(t, target, path, want)
		}
		listener := rec.Get(t, "aws:lb/listener:Listener", "nlb")
		for path, want := range map[string]any{"protocol": "TCP", "port": 80.0, "certificateArn": nil, "defaultActions.0.type": "forward"} {
			record.Equal(t, listener, path, want)
		}
	})
	t.Run("what it hands out waits for the listener", func(t *testing.T) {
		waitsFor(t, rec, "aws:lb/listener:Listener::nlb")
	})
	t.Run("with a certificate it speaks TLS", func(t *testing.T) {
		listener := make("arn:aws:acm:us-east-1:123456789012:certificate/a", false).Get(t, "aws:lb/listener:Listener", "nlb")
		record.Equal(t, listener, "protocol", "TLS")
		record.Equal(t, listener, "certificateArn", "arn:aws:acm:us-east-1:123456789012:certificate/a")
		record.Equal(t, listener, "sslPolicy", "ELBSecurityPolicy-TLS13-1-2-2021-06")
	})
	t.Run("protected, it can't be deleted", func(t *testing.T) {
		balancer := make("", true).Get(t, "aws:lb/loadBalancer:LoadBalancer", "nlb")
		record.Equal(t, balancer, "enableDeletionProtection", true)
		if !balancer.Protect {
			t.Error("Pulumi would delete it")
		}
	})
	t.Run("wrong arguments are refused together", func(t *testing.T) {
		record.Refused(t, func(ctx *pulumi.Context) error {
			_, err := network.NewNetworkLoadBalancer(ctx, "nlb", &network.NetworkLoadBalancerArgs{DeregistrationDelay: -1})
			return err
		}, "network load balancer nlb: ", "missing VpcID, SubnetIDs or SecurityGroupID", "invalid ListenerPort 0", "invalid ContainerPort 0",
			`invalid HealthPath ""`, "invalid DeregistrationDelay -1")
	})
}

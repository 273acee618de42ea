package balancer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/vpc"
)

// networkWorld is world with a Network Load Balancer.
func networkWorld() *declared.Snapshot { return asNetwork(world()) }

func asNetwork(s *declared.Snapshot) *declared.Snapshot {
	lb := s.LoadBalancers[lbARN]
	lb.Type = elbtypes.LoadBalancerTypeEnumNetwork
	s.LoadBalancers[lbARN] = lb
	l := s.Listeners[listenerARN]
	l.Protocol = elbtypes.ProtocolEnumTcp
	s.Listeners[listenerARN] = l
	for arn, g := range s.TargetGroups {
		g.Protocol, g.HealthCheckProtocol = elbtypes.ProtocolEnumTcp, elbtypes.ProtocolEnumHttp
		s.TargetGroups[arn] = g
	}
	return s
}

// closedBalancer is a VPC as the REST gateway's stack declares it: the load balancer's group lets nobody in.
func closedBalancer() *declared.Snapshot {
	s := asNetwork(guarded())
	g := s.SecurityGroups["sg-lb"]
	g.IpPermissions = nil
	s.SecurityGroups["sg-lb"] = g
	return enforce(s, "off")
}

func enforce(s *declared.Snapshot, mode string) *declared.Snapshot {
	lb := s.LoadBalancers[lbARN]
	lb.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic = aws.String(mode)
	s.LoadBalancers[lbARN] = lb
	return s
}

func withoutGroups(s *declared.Snapshot) *declared.Snapshot {
	lb := s.LoadBalancers[lbARN]
	lb.SecurityGroups, lb.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic = nil, nil
	s.LoadBalancers[lbARN] = lb
	return s
}

func withAttribute(s *declared.Snapshot, key, value string) *declared.Snapshot {
	return withGroup(s, func(g *declared.TargetGroup) { g.Attributes[key] = value })
}

func ingressFrom(s *declared.Snapshot, group string, port int32, peer ec2types.IpPermission) *declared.Snapshot {
	g := s.SecurityGroups[group]
	peer.IpProtocol, peer.FromPort, peer.ToPort = aws.String("tcp"), &port, &port
	g.IpPermissions = []ec2types.IpPermission{peer}
	s.SecurityGroups[group] = g
	return s
}

func from(cidr string) ec2types.IpPermission {
	return ec2types.IpPermission{IpRanges: []ec2types.IpRange{{CidrIp: &cidr}}}
}

func fromGroup(id string) ec2types.IpPermission {
	return ec2types.IpPermission{UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: &id}}}
}

// echo is a TCP server on loopback that sends back what it gets, up to its end.
func echo(t testing.TB) netip.AddrPort {
	return listen(t, func(c net.Conn) { _, _ = io.Copy(c, c) })
}

func listen(t testing.TB, serve func(net.Conn)) netip.AddrPort {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); serve(c) }()
		}
	}()
	return netip.MustParseAddrPort(l.Addr().String())
}

// realNetwork has a task at first, which is a server on loopback.
func realNetwork(server netip.AddrPort, now func() *declared.Snapshot) *vpc.Network {
	network := &vpc.Network{Declared: now}
	network.Attach(vpc.Interface{Address: first.Addr(), SubnetID: "subnet-a", GroupIDs: []string{"sg-task"}}, map[int]netip.AddrPort{3000: server})
	return network
}

func exchangeText(c net.Conn, text string) error {
	if _, err := io.WriteString(c, text); err != nil {
		return err
	}
	got := make([]byte, len(text))
	if _, err := io.ReadFull(c, got); err != nil {
		return err
	}
	if string(got) != text {
		return fmt.Errorf("got %q for %q", got, text)
	}
	return nil
}

// Who reaches a Network Load Balancer and its targets by security groups:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html, and whose address
// targets see: https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html#client-ip-preservation
func TestWhoReachesANetworkLoadBalancer(t *testing.T) {
	const noTaskRule = "security group sg-task has no ingress rule for TCP port 3000 from "
	nodeA := "10.0.1.135"
	for _, c := range []struct {
		about   string
		change  func(*declared.Snapshot) *declared.Snapshot
		client  *vpc.Interface // nil for a VPC link
		blocked string         // what the reason holds; "" when the connection passes
	}{
		{about: "a VPC link passes a group without a rule where inbound rules are not enforced on PrivateLink traffic"},
		{about: "and is kept out where they are",
			change: func(s *declared.Snapshot) *declared.Snapshot { return enforce(s, "on") },
			blocked: "load balancer " + lbARN + " enforces its inbound rules on PrivateLink traffic, by which a REST API's VPC link comes in, and " +
				"security group sg-lb has no ingress rule for TCP port 80 from 0.0.0.0/0. Set enforceSecurityGroupInboundRulesOnPrivateLinkTraffic to off, or add that rule."},
		{about: "which is the default",
			change: func(s *declared.Snapshot) *declared.Snapshot {
				lb := s.LoadBalancers[lbARN]
				lb.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic = nil
				s.LoadBalancers[lbARN] = lb
				return s
			}, blocked: "enforces its inbound rules on PrivateLink traffic"},
		{about: "a rule for the VPC's addresses is none for a VPC link, whose addresses are API Gateway's",
			change: func(s *declared.Snapshot) *declared.Snapshot {
				return ingressFrom(enforce(s, "on"), "sg-lb", 80, from("10.0.0.0/16"))
			}, blocked: "no ingress rule for TCP port 80 from 0.0.0.0/0"},
		{about: "a rule for all addresses lets the link in",
			change: func(s *declared.Snapshot) *declared.Snapshot {
				return ingressFrom(enforce(s, "on"), "sg-lb", 80, from("0.0.0.0/0"))
			}},
		{about: "but not one for another port",
			change: func(s *declared.Snapshot) *declared.Snapshot {
				return ingressFrom(enforce(s, "on"), "sg-lb", 443, from("0.0.0.0/0"))
			}, blocked: "no ingress rule for TCP port 80 from 0.0.0.0/0"},
		{about: "who is in the VPC is judged by the group, enforced or not", client: &link,
			blocked: "security group sg-lb has no ingress rule for TCP port 80 from sg-link."},
		{about: "and comes in by a rule of it", client: &link,
			change: func(s *declared.Snapshot) *declared.Snapshot {
				return ingressFrom(s, "sg-lb", 80, fromGroup("sg-link"))
			}},
		{about: "its own group must let it out", client: &link,
			change: func(s *declared.Snapshot) *declared.Snapshot {
				g := s.SecurityGroups["sg-link"]
				g.IpPermissionsEgress = nil
				s.SecurityGroups["sg-link"] = g
				return ingressFrom(s, "sg-lb", 80, fromGroup("sg-link"))
			}, blocked: "security group sg-link has no egress rule for TCP port 80 to sg-lb."},
		{about: "the load balancer's group must let it out to the task",
			change: func(s *declared.Snapshot) *declared.Snapshot {
				g := s.SecurityGroups["sg-lb"]
				g.IpPermissionsEgress = nil
				s.SecurityGroups["sg-lb"] = g
				return s
			}, blocked: "security group sg-lb has no egress rule for TCP port 3000 to sg-task."},
		{about: "the task's group must let the load balancer in",
			change: func(s *declared.Snapshot) *declared.Snapshot {
				return ingressFrom(s, "sg-task", 3000, fromGroup("sg-link"))
			}, blocked: noTaskRule + "sg-lb."},
		{about: "a load balancer without groups is open to links",
			change: func(s *declared.Snapshot) *declared.Snapshot {
				return ingressFrom(withoutGroups(s), "sg-task", 3000, from(nodeA+"/32"))
			}},
		{about: "and to the VPC", client: &link,
			change: func(s *declared.Snapshot) *declared.Snapshot {
				return ingressFrom(withoutGroups(s), "sg-task", 3000, from(nodeA+"/32"))
			}},
		{about: "then a task's rule names addresses, since there is no group to name",
			change:  withoutGroups,
			blocked: noTaskRule + nodeA + ". Add one, with an address range of " + nodeA + " as its source."},
		{about: "a task sees the load balancer's address and not its client's", client: &link,
			change: func(s *declared.Snapshot) *declared.Snapshot {
				return ingressFrom(withoutGroups(s), "sg-task", 3000, from("10.0.1.7/32"))
			}, blocked: noTaskRule + nodeA},
		{about: "with client IP preservation it sees the client's", client: &link,
			change: func(s *declared.Snapshot) *declared.Snapshot {
				return withAttribute(ingressFrom(withoutGroups(s), "sg-task", 3000, from("10.0.1.7/32")), "preserve_client_ip.enabled", "true")
			}},
		{about: "then a rule for the load balancer's address is not enough", client: &link,
			change: func(s *declared.Snapshot) *declared.Snapshot {
				return withAttribute(ingressFrom(withoutGroups(s), "sg-task", 3000, from(nodeA+"/32")), "preserve_client_ip.enabled", "true")
			}, blocked: noTaskRule + "10.0.1.7."},
		{about: "while one for the load balancer's group is", client: &link,
			change: func(s *declared.Snapshot) *declared.Snapshot {
				return withAttribute(ingressFrom(s, "sg-lb", 80, fromGroup("sg-link")), "preserve_client_ip.enabled", "true")
			}},
		{about: "client IP preservation has no effect on what comes by PrivateLink",
			change: func(s *declared.Snapshot) *declared.Snapshot {
				return withAttribute(ingressFrom(withoutGroups(s), "sg-task", 3000, from(nodeA+"/32")), "preserve_client_ip.enabled", "true")
			}},
	} {
		t.Run(c.about, func(t *testing.T) {
			s := closedBalancer()
			if c.change != nil {
				s = c.change(s)
			}
			b := New(realNetwork(echo(t), func() *declared.Snapshot { return s }), slog.New(slog.DiscardHandler))
			b.Declare(s)
			defer b.Close()
			register(t, b, first)
			conn, err := b.dial(t.Context(), lbARN, 80, c.client, nil)
			if c.blocked != "" {
				if !isBlocked(err) || !strings.Contains(err.Error(), c.blocked) {
					t.Errorf("it says %v,\nwant %s", err, c.blocked)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if err := exchangeText(conn, "hello"); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDialErrors(t *testing.T) {
	for _, c := range []struct {
		about  string
		change func(*declared.Snapshot)
		port   int
		client *tls.Config
		want   string
	}{
		{about: "a port without a listener", port: 8080, want: "has no listener on port 8080, only on [80]"},
		{about: "a load balancer that is gone", port: 80, change: func(s *declared.Snapshot) { s.Listeners = nil }, want: "is not declared, or has no listener"},
		{about: "an Application Load Balancer", port: 80, change: func(s *declared.Snapshot) {
			*s = *world()
		}, want: "is an Application Load Balancer, which takes requests and passes no connection on"},
		{about: "no target", port: 80, want: "target group " + groupARN + " has no registered target that is in use"},
	} {
		t.Run(c.about, func(t *testing.T) {
			s := networkWorld()
			if c.change != nil {
				c.change(s)
			}
			b := start(t, newNetwork(), s)
			if _, err := b.DialLink(t.Context(), lbARN, c.port, c.client); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("it says %v, want %s", err, c.want)
			}
		})
	}
	t.Run("a target that refuses the connection refuses it for the client", func(t *testing.T) {
		b := start(t, newNetwork(), networkWorld())
		register(t, b, first)
		if _, err := b.DialLink(t.Context(), lbARN, 80, nil); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Error(err)
		}
	})
	t.Run("a client that gives up ends the wait for a target", func(t *testing.T) {
		n := newNetwork()
		n.at(first, func(ctx context.Context) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() })
		b := start(t, n, networkWorld())
		register(t, b, first)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := b.DialLink(ctx, lbARN, 80, nil); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	t.Run("requests do not go to a Network Load Balancer's listener", func(t *testing.T) {
		b := start(t, newNetwork(), networkWorld())
		if _, err := b.RoundTrip(listenerARN, link, request("GET", "/", "")); err == nil || !strings.Contains(err.Error(), "is a Network Load Balancer's") {
			t.Error(err)
		}
	})
}

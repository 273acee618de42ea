package balancer

import (
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/vpc"
)

// guarded is the world with a VPC whose security groups let traffic from the link to the load balancer and on to tasks.
func guarded() *declared.Snapshot {
	s := world()
	for id, cidr := range map[string]string{"subnet-a": "10.0.1.0/24", "subnet-b": "10.0.2.0/24", "subnet-c": "10.0.3.0/24"} {
		subnet := s.Subnets[id]
		subnet.SubnetId, subnet.CidrBlock, subnet.VpcId = aws.String(id), aws.String(cidr), aws.String("vpc-1")
		s.Subnets[id] = subnet
	}
	group := func(id, from string, port int32) ec2types.SecurityGroup {
		g := ec2types.SecurityGroup{GroupId: aws.String(id), VpcId: aws.String("vpc-1"), IpPermissionsEgress: []ec2types.IpPermission{
			{IpProtocol: aws.String("-1"), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}}}}
		if from != "" {
			g.IpPermissions = []ec2types.IpPermission{{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(port), ToPort: aws.Int32(port),
				UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: aws.String(from)}}}}
		}
		return g
	}
	s.SecurityGroups = map[string]ec2types.SecurityGroup{
		"sg-link": group("sg-link", "", 0), "sg-lb": group("sg-lb", "sg-link", 80), "sg-task": group("sg-task", "sg-lb", 3000),
	}
	return s
}

// The real network stands between link, load balancer and a real server here; only what is declared is made up.
func TestWithRealNetwork(t *testing.T) {
	server := httptest.NewServer(answer("ok"))
	defer server.Close()
	now := guarded()
	network := &vpc.Network{Declared: func() *declared.Snapshot { return now }}
	network.Attach(vpc.Interface{Address: first.Addr(), SubnetID: "subnet-a", GroupIDs: []string{"sg-task"}},
		map[int]netip.AddrPort{3000: netip.MustParseAddrPort(server.Listener.Addr().String())})
	b := New(network, slog.New(slog.DiscardHandler))
	defer b.Close()
	declare := func(s *declared.Snapshot) { now = s; b.Declare(s) }
	declare(now)
	register(t, b, first)

	if status, body := get(t, b, "/"); status != 200 || body != "ok" {
		t.Fatalf("%d %q through groups that let it pass", status, body)
	}
	t.Run("a service's group without its ingress is 504, over a connection that was open too", func(t *testing.T) {
		s := guarded()
		g := s.SecurityGroups["sg-task"]
		g.IpPermissions = nil
		s.SecurityGroups["sg-task"] = g
		declare(s)
		status, _, header := do(t, b, request("GET", "/", ""))
		if status != 504 || !strings.Contains(header.Get("Sallyport-Explanation"), "sg-task") {
			t.Error(status, header)
		}
	})
	t.Run("a balancer's group without its ingress blocks the client", func(t *testing.T) {
		s := guarded()
		g := s.SecurityGroups["sg-lb"]
		g.IpPermissions = nil
		s.SecurityGroups["sg-lb"] = g
		declare(s)
		if _, err := b.RoundTrip(listenerARN, link, request("GET", "/", "")); !isBlocked(err) || !strings.Contains(err.Error(), "sg-lb") {
			t.Error(err)
		}
	})
	t.Run("what is repaired answers again", func(t *testing.T) {
		declare(guarded())
		if status, _ := get(t, b, "/"); status != 200 {
			t.Error(status)
		}
	})
}

package vpc

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func dial(t *testing.T, n *Network, from Interface, to string) error {
	t.Helper()
	conn, err := n.Dial(t.Context(), from, netip.MustParseAddrPort(to))
	if err == nil {
		conn.Close()
	}
	return err
}

func listen(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().(*net.TCPAddr).AddrPort()
}

func TestDial(t *testing.T) {
	t.Run("an attached interface is reached where its port is on this machine", func(t *testing.T) {
		n := networkOf(stack())
		n.Attach(service, map[int]netip.AddrPort{3000: listen(t)})
		if err := dial(t, n, balancer, "10.0.1.30:3000"); err != nil {
			t.Error(err)
		}
	})
	t.Run("nobody has the address", func(t *testing.T) {
		mustBe(t, dial(t, networkOf(stack()), balancer, "10.0.1.5:3000"),
			"nobody has 10.0.1.5 in vpc-1. What had it is gone, or the address is wrong.")
	})
	t.Run("the address in another VPC is another one", func(t *testing.T) {
		n := networkOf(stack())
		n.Attach(Interface{Address: service.Address, SubnetID: "subnet-other"}, map[int]netip.AddrPort{3000: listen(t)})
		mustBe(t, dial(t, n, balancer, "10.0.1.30:3000"),
			"nobody has 10.0.1.30 in vpc-1. What had it is gone, or the address is wrong.")
		mustBe(t, dial(t, n, Interface{Address: netip.MustParseAddr("10.0.1.7"), SubnetID: "subnet-other"}, "10.0.1.30:3000"), "")
	})
	t.Run("an interface whose subnet is not declared is nowhere", func(t *testing.T) {
		mustBe(t, dial(t, networkOf(nil), balancer, "10.0.1.30:3000"),
			"subnet subnet-2 of 10.0.2.20 does not exist. Declare it, or use one that does.")
	})
	t.Run("what Check blocks is not dialled", func(t *testing.T) {
		s := stack()
		setIngress(s, "sg-service")
		n := networkOf(s)
		n.Attach(service, map[int]netip.AddrPort{3000: listen(t)})
		mustBe(t, dial(t, n, balancer, "10.0.1.30:3000"), "security group sg-service (sallyport-service) has no ingress rule "+
			"for TCP port 3000 from sg-balancer (sallyport-balancer). Add one, with a group or an address range of 10.0.2.20 as its source.")
	})
	t.Run("a port that the interface doesn't have is refused", func(t *testing.T) {
		n := networkOf(stack())
		n.Attach(service, map[int]netip.AddrPort{8080: listen(t)})
		err := dial(t, n, balancer, "10.0.1.30:3000")
		if !errors.Is(err, syscall.ECONNREFUSED) || err.Error() != "dial tcp 10.0.1.30:3000: connect: connection refused" {
			t.Errorf("got: %v", err)
		}
	})
	t.Run("a port where nobody listens is refused", func(t *testing.T) {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		n := networkOf(stack())
		n.Attach(service, map[int]netip.AddrPort{3000: l.Addr().(*net.TCPAddr).AddrPort()})
		l.Close()
		err = dial(t, n, balancer, "10.0.1.30:3000")
		if !errors.Is(err, syscall.ECONNREFUSED) || !strings.HasPrefix(err.Error(), "port 3000 of 10.0.1.30: ") {
			t.Errorf("got: %v", err)
		}
	})
	t.Run("nothing but loopback is dialled", func(t *testing.T) {
		n := networkOf(stack())
		n.Attach(service, map[int]netip.AddrPort{3000: netip.MustParseAddrPort("192.0.2.1:3000")})
		err := dial(t, n, balancer, "10.0.1.30:3000")
		if err == nil || !strings.HasPrefix(err.Error(), "port 3000 of 10.0.1.30 is at 192.0.2.1:3000, which is not a loopback address") {
			t.Errorf("got: %v", err)
		}
	})
	t.Run("a context that has ended ends it", func(t *testing.T) {
		n := networkOf(stack())
		n.Attach(service, map[int]netip.AddrPort{3000: listen(t)})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := n.Dial(ctx, balancer, netip.MustParseAddrPort("10.0.1.30:3000")); !errors.Is(err, context.Canceled) {
			t.Errorf("got: %v", err)
		}
	})
}

func TestAttach(t *testing.T) {
	t.Run("an interface is found by the VPC of any of its subnets", func(t *testing.T) {
		n := networkOf(stack())
		n.Attach(service, nil)
		i, ok := n.Interface("subnet-2", service.Address)
		if !ok || i.SubnetID != "subnet-1" || i.GroupIDs[0] != "sg-service" {
			t.Errorf("got: %v, %v", i, ok)
		}
		if i, ok := n.Interface("subnet-other", service.Address); ok {
			t.Errorf("found in another VPC: %v", i)
		}
		if i, ok := n.Interface("subnet-unknown", service.Address); ok {
			t.Errorf("found in an unknown subnet: %v", i)
		}
	})
	t.Run("an interface may be attached before its subnet is known", func(t *testing.T) {
		s := stack()
		s.Subnets = map[string]ec2types.Subnet{}
		n := networkOf(s)
		n.Attach(service, nil)
		if _, ok := n.Interface("subnet-1", service.Address); !ok {
			t.Error("not found by its own subnet")
		}
		full := stack()
		n.Declared = networkOf(full).Declared
		if _, ok := n.Interface("subnet-2", service.Address); !ok {
			t.Error("not found once the subnets are known")
		}
	})
	t.Run("an interface that is detached is gone, and another one with its address in another subnet is not", func(t *testing.T) {
		n := networkOf(stack())
		other := Interface{Address: service.Address, SubnetID: "subnet-other"}
		n.Attach(service, nil)
		n.Attach(other, nil)
		n.Detach(service)
		n.Detach(service)
		if _, ok := n.Interface("subnet-1", service.Address); ok {
			t.Error("it is still there")
		}
		if _, ok := n.Interface("subnet-other", service.Address); !ok {
			t.Error("the other one is gone")
		}
		n.Detach(other)
		if len(n.attached) != 0 {
			t.Errorf("left over: %v", n.attached)
		}
	})
	t.Run("an interface that is attached again is replaced", func(t *testing.T) {
		n := networkOf(stack())
		n.Attach(service, map[int]netip.AddrPort{3000: netip.MustParseAddrPort("127.0.0.1:1")})
		n.Attach(service, map[int]netip.AddrPort{3000: listen(t)})
		if err := dial(t, n, balancer, "10.0.1.30:3000"); err != nil {
			t.Error(err)
		}
	})
}

package vpc

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"sallyport/local/cloud/declared"
)

func subnetOf(block string) *declared.Snapshot {
	return &declared.Snapshot{VPC: declared.VPC{Subnets: map[string]ec2types.Subnet{"subnet-1": subnet("vpc-1", block)}}}
}

// https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html: a /28 has 16 addresses, of which AWS reserves
// the first four and the last one.
func TestReservedAddresses(t *testing.T) {
	s := subnetOf("10.0.0.16/28")
	usable := map[string]bool{}
	for last := 20; last <= 30; last++ {
		usable[fmt.Sprintf("10.0.0.%d", last)] = true
	}
	t.Run("tasks get each of the others once", func(t *testing.T) {
		n, seen := networkOf(s), map[string]bool{}
		for range len(usable) {
			address, err := n.Allocate(s, "subnet-1")
			if err != nil {
				t.Fatal(err)
			}
			if a := address.String(); seen[a] || !usable[a] {
				t.Errorf("%s is reserved or was handed out before", a)
			}
			seen[address.String()] = true
		}
		_, err := n.Allocate(s, "subnet-1")
		if !errors.Is(err, ErrSubnetFull) || err.Error() != "subnet subnet-1 (10.0.0.16/28): InsufficientFreeAddressesInSubnet: "+
			"The specified subnet does not have enough free addresses to satisfy the request." {
			t.Errorf("got: %v", err)
		}
	})
	t.Run("nodes get none of the reserved", func(t *testing.T) {
		for i := range 1000 {
			node, err := Node(s, fmt.Sprint("node-", i), "subnet-1", nil)
			if err != nil {
				t.Fatal(err)
			}
			if !usable[node.Address.String()] {
				t.Errorf("%s is reserved", node.Address)
			}
		}
	})
}

func TestAllocate(t *testing.T) {
	t.Run("an address that was released is not used again at once", func(t *testing.T) {
		s := subnetOf("10.0.0.0/28")
		n := networkOf(s)
		var before netip.Addr
		for range 50 {
			address, err := n.Allocate(s, "subnet-1")
			if err != nil {
				t.Fatal(err)
			}
			if address == before {
				t.Errorf("%s again", address)
			}
			n.Release("subnet-1", address)
			before = address
		}
		if len(n.reserved) != 0 {
			t.Errorf("left over: %v", n.reserved)
		}
	})
	t.Run("an address that an interface has is left out", func(t *testing.T) {
		s := subnetOf("10.0.0.0/28")
		n := networkOf(s)
		for last := 4; last <= 13; last++ {
			n.Attach(Interface{Address: netip.MustParseAddr(fmt.Sprintf("10.0.0.%d", last)), SubnetID: "subnet-1"}, nil)
		}
		address, err := n.Allocate(s, "subnet-1")
		if err != nil || address.String() != "10.0.0.14" {
			t.Errorf("got: %v, %v", address, err)
		}
	})
	t.Run("the address in another subnet doesn't count", func(t *testing.T) {
		s := subnetOf("10.0.0.0/28")
		s.Subnets["subnet-2"] = subnet("vpc-2", "10.0.0.0/28")
		n := networkOf(s)
		for range 11 {
			for _, id := range []string{"subnet-1", "subnet-2"} {
				if _, err := n.Allocate(s, id); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
	t.Run("tasks take the addresses of nodes last", func(t *testing.T) {
		s := subnetOf("10.0.0.0/24")
		n := networkOf(s)
		for i := range 125 {
			task, err := n.Allocate(s, "subnet-1")
			if err != nil {
				t.Fatal(err)
			}
			node, err := Node(s, fmt.Sprint("node-", i), "subnet-1", nil)
			if err != nil {
				t.Fatal(err)
			}
			if !task.Less(node.Address) || task.Compare(netip.MustParseAddr("10.0.0.128")) > 0 {
				t.Errorf("task %s, node %s", task, node.Address)
			}
		}
	})
	t.Run("no address is handed out twice at the same time", func(t *testing.T) {
		s := subnetOf("10.0.0.0/24")
		n := networkOf(s)
		var wait sync.WaitGroup
		var all sync.Map
		for range 8 {
			wait.Go(func() {
				for range 31 {
					address, err := n.Allocate(s, "subnet-1")
					if _, twice := all.LoadOrStore(address, true); err != nil || twice {
						t.Errorf("%s, twice %v, error %v", address, twice, err)
					}
				}
			})
		}
		wait.Wait()
	})
}

func TestSubnetsWithoutAddresses(t *testing.T) {
	for _, c := range []struct{ block, err string }{
		{"10.0.0.0/30", "InsufficientFreeAddressesInSubnet"},
		{"10.0.0.0/32", "InsufficientFreeAddressesInSubnet"},
		{"fd00::/64", `its CIDR block "fd00::/64" is not an IPv4 network`},
		{"nonsense", `its CIDR block "nonsense" is not an IPv4 network`},
	} {
		t.Run(c.block, func(t *testing.T) {
			s := subnetOf(c.block)
			_, err := networkOf(s).Allocate(s, "subnet-1")
			_, nodeErr := Node(s, "node", "subnet-1", nil)
			for _, err := range []error{err, nodeErr} {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("got: %v", err)
				}
			}
		})
	}
	t.Run("a subnet that does not exist", func(t *testing.T) {
		s := subnetOf("10.0.0.0/24")
		if _, err := networkOf(s).Allocate(s, "subnet-2"); err == nil || err.Error() != "InvalidSubnetID.NotFound: The subnet ID 'subnet-2' does not exist" {
			t.Errorf("got: %v", err)
		}
	})
}

func TestNodeIsAlwaysTheSame(t *testing.T) {
	s := stack()
	// A load balancer's targets see the address, so it must not change with the program.
	node, err := Node(s, "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/sallyport/0123456789abcdef", "subnet-1", []string{"sg-balancer"})
	if err != nil || node.Address.String() != "10.0.1.224" || node.SubnetID != "subnet-1" || node.GroupIDs[0] != "sg-balancer" {
		t.Errorf("got: %v, %v", node, err)
	}
}

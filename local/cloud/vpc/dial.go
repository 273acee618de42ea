package vpc

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
)

// Dial connects to an address of the VPC that from is in. An address that nobody has is *Blocked, as on AWS where
// nobody answers; a port that nobody listens on is refused, and the error is then syscall.ECONNREFUSED.
//
// Where Docker's userland proxy holds a published port, it takes the connection although nobody listens in the
// container, and closes it at once. Dial can't tell: what is refused on AWS is then a connection that ends before its
// first byte.
func (n *Network) Dial(ctx context.Context, from Interface, to netip.AddrPort) (net.Conn, error) {
	r := n.current()
	address, port := to.Addr().Unmap(), int(to.Port())
	target, ok := n.lookup(r, from.SubnetID, address)
	if !ok {
		if _, err := r.side(from); err != nil {
			return nil, err
		}
		return nil, blocked("nobody has %s in %s. What had it is gone, or the address is wrong.", address, r.vpcs[from.SubnetID])
	}
	if err := r.check(from, target.Interface, port); err != nil {
		return nil, err
	}
	local, ok := target.ports[port]
	if !ok {
		return nil, refused(to)
	}
	if !local.Addr().IsLoopback() {
		return nil, fmt.Errorf("port %d of %s is at %s, which is not a loopback address: nothing outside this machine "+
			"is part of the local cloud. Publish it on 127.0.0.1", port, address, local)
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", local.String())
	if err != nil {
		return nil, fmt.Errorf("port %d of %s: %w", port, address, err)
	}
	return conn, nil
}

// refused is the error that the net package has for a connection that was refused.
func refused(to netip.AddrPort) error {
	return &net.OpError{
		Op:   "dial",
		Net:  "tcp",
		Addr: net.TCPAddrFromAddrPort(to),
		Err:  os.NewSyscallError("connect", syscall.ECONNREFUSED),
	}
}

package cloud

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"

	"github.com/moby/moby/client"

	"sallyport/local/cloud/fargate"
	"sallyport/local/cloud/front"
)

// taskAPI is where the containers of tasks reach the AWS API: not on loopback, which is each container's own, and not on an
// address by which other machines know this one.
//
// An engine that runs on this machine has a bridge with an address of the machine's, and that is it; it takes connections from
// the bridge's own network alone. An engine in a virtual machine, as Docker Desktop and Colima have it, or in a network
// namespace, as a rootless one has it, has its bridge there. Its containers are given the name host.docker.internal, by which
// Docker Desktop and Colima lead to the loopback addresses of this machine. A rootless engine does so where it is told to:
// https://docs.docker.com/engine/security/rootless/tips/
type taskAPI struct {
	handler http.Handler
	log     *slog.Logger

	mu      sync.Mutex
	servers map[netip.Addr]*http.Server
	ports   map[netip.Addr]uint16
}

// fromInside is how an engine in a virtual machine calls the machine around it.
const fromInside = "host.docker.internal"

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// url returns where an engine's containers reach the API, which is served there from then on.
func (a *taskAPI) url(ctx context.Context, docker *client.Client) (fargate.API, error) {
	bridge, err := docker.NetworkInspect(ctx, "bridge", client.NetworkInspectOptions{})
	if err != nil {
		return fargate.API{}, fmt.Errorf("the engine's default bridge: %w", err)
	}
	own, err := net.InterfaceAddrs()
	if err != nil {
		return fargate.API{}, fmt.Errorf("addresses of this machine: %w", err)
	}
	for _, config := range bridge.Network.IPAM.Config {
		gateway := config.Gateway.Unmap()
		if gateway.Is4() && slices.ContainsFunc(own, func(at net.Addr) bool {
			prefix, err := netip.ParsePrefix(at.String())
			return err == nil && prefix.Addr().Unmap() == gateway
		}) {
			port, err := a.listen(gateway, config.Subnet)
			return fargate.API{URL: fmt.Sprintf("http://%s", netip.AddrPortFrom(gateway, port))}, err
		}
	}
	port, err := a.listen(loopback, netip.PrefixFrom(loopback, 8))
	return fargate.API{URL: fmt.Sprintf("http://%s:%d", fromInside, port), Host: fromInside + ":host-gateway"}, err
}

// listen serves at an address, for peers of a network.
func (a *taskAPI) listen(at netip.Addr, peers netip.Prefix) (port uint16, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if port, there := a.ports[at]; there {
		return port, nil
	}
	listener, err := net.Listen("tcp4", netip.AddrPortFrom(at, 0).String())
	if err != nil {
		return 0, err
	}
	server := front.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if peer, err := netip.ParseAddrPort(r.RemoteAddr); err != nil || !peers.Contains(peer.Addr().Unmap()) {
			panic(http.ErrAbortHandler)
		}
		a.handler.ServeHTTP(w, r)
	}))
	server.ErrorLog = slog.NewLogLogger(a.log.Handler(), slog.LevelWarn)
	if a.servers == nil {
		a.servers, a.ports = map[netip.Addr]*http.Server{}, map[netip.Addr]uint16{}
	}
	a.servers[at], a.ports[at] = server, listener.Addr().(*net.TCPAddr).AddrPort().Port()
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			a.log.Error("the AWS API for tasks", "error", err)
		}
	}()
	a.log.Info("the AWS API for tasks", "address", listener.Addr().String())
	return a.ports[at], nil
}

func (a *taskAPI) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, server := range a.servers {
		_ = server.Close()
	}
}

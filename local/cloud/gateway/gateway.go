// Package gateway gives every HTTP API of the local cloud an address of its own on this machine. It serves no traffic
// yet: each address answers 503 and says so.
package gateway

import (
	"crypto/sha256"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sort"
	"sync"
)

// Gateway listens on one loopback address per API.
type Gateway struct {
	// Port is the same for all APIs.
	Port int
	Log  *slog.Logger

	mu   sync.Mutex
	apis map[string]*api
}

type api struct {
	server  *http.Server
	problem string
}

// API tells about one API's address.
type API struct {
	ID  string `json:"id"`
	URL string `json:"url"`
	// Problem says why the address does not answer, and what to do; empty when it does.
	Problem string `json:"problem,omitempty"`
}

// Address returns the loopback address of an API, always the same for the same id: 127.64.0.1 to 127.127.255.254,
// clear of 127.0.0.1 and of the addresses that systems use for their resolvers.
func Address(id string) netip.Addr {
	sum := sha256.Sum256([]byte(id))
	return netip.AddrFrom4([4]byte{127, 64 + sum[0]%64, sum[1], 1 + sum[2]%254})
}

// Endpoint returns the URL of an API, without a slash at its end, as ApiEndpoint has it.
func (g *Gateway) Endpoint(id string) string {
	return "http://" + netip.AddrPortFrom(Address(id), uint16(g.Port)).String()
}

// Open starts to listen for an API. It does nothing when the address answers already, and tries again when it failed
// before.
func (g *Gateway) Open(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if known := g.apis[id]; known != nil && known.problem == "" {
		return
	}
	if g.apis == nil {
		g.apis = map[string]*api{}
	}
	address := netip.AddrPortFrom(Address(id), uint16(g.Port))
	listener, err := net.Listen("tcp", address.String())
	if err != nil {
		problem := fmt.Sprintf("API %s: %s. Where only 127.0.0.1 is set up (macOS), add the address with `sudo ifconfig lo0 alias %s up`; "+
			"when another program has the port, set SALLYPORT_GATEWAY_PORT", id, err, address.Addr())
		g.apis[id] = &api{problem: problem}
		g.Log.Error("the gateway has no address for an API", "problem", problem)
		return
	}
	opened := &api{server: &http.Server{Handler: http.HandlerFunc(unavailable), ErrorLog: log.New(io.Discard, "", 0)}}
	g.apis[id] = opened
	go func() { _ = opened.server.Serve(listener) }()
}

// Close stops to listen for an API.
func (g *Gateway) Close(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if known := g.apis[id]; known != nil && known.server != nil {
		_ = known.server.Close()
	}
	delete(g.apis, id)
}

// CloseAll stops to listen for all APIs.
func (g *Gateway) CloseAll() {
	for _, known := range g.APIs() {
		g.Close(known.ID)
	}
}

// APIs returns the known APIs, ordered by id.
func (g *Gateway) APIs() []API {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := []API{}
	for id, known := range g.apis {
		all = append(all, API{ID: id, URL: g.Endpoint(id), Problem: known.problem})
	}
	sort.Slice(all, func(i, j int) bool { return all[i].ID < all[j].ID })
	return all
}

func unavailable(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Sallyport-Explanation", "this local cloud has the API but does not serve its traffic yet")
	w.WriteHeader(http.StatusServiceUnavailable)
	// The body is API Gateway's own.
	_, _ = io.WriteString(w, `{"message":"Service Unavailable"}`)
}

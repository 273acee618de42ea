// Package gateway is API Gateway for HTTP and REST APIs: every one has an address of its own on this machine, and its
// requests go by what is declared to the listeners of load balancers.
package gateway

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"

	"sallyport/local/cloud/declared"
)

// Gateway listens on one loopback address per API.
type Gateway struct {
	// Port is the same for all APIs.
	Port int
	Log  *slog.Logger
	// Declared returns the snapshot that has an API, and false while none has it. A snapshot that is another one is
	// taken over with the next request.
	Declared func(apiID string) (*declared.Snapshot, bool)
	// Domain returns the snapshot that has a custom domain name, and false while none has it; nil where there are none.
	Domain func(name string) (*declared.Snapshot, bool)
	// Listeners returns the listeners of a Region, nil where there are none.
	Listeners func(region string) Listeners
	// AccessLog writes a line of an access log. It is called while a client waits, so it must not block.
	AccessLog func(region, logGroupARN, line string)

	// Links returns what VPC links of REST APIs in a Region lead to, nil where there is nothing.
	Links func(region string) Links
	// UserPool fetches the keys of a user pool of Amazon Cognito.
	UserPool func(ctx context.Context, region, id string) (jose.JSONWebKeySet, error)

	accounts accounts
	usage    usage
	pools    issuers
	issuers  issuers
	held     atomic.Int64 // bytes of payloads
	mu       sync.Mutex
	apis     map[string]*api
}

// api is the address of an API and what it serves there.
type api struct {
	gateway *Gateway
	id      string
	address netip.AddrPort
	server  *http.Server
	problem string

	site      atomic.Pointer[site]     // of an HTTP API
	restSite  atomic.Pointer[restSite] // of a REST API
	mu        sync.Mutex               // guards throttles
	throttles throttles
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

// Endpoint returns the URL of an API, without a slash at its end, as ApiEndpoint has it. That of a REST API is before its
// stages' names.
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
	opened := &api{gateway: g, id: id, address: address, throttles: throttles{}}
	opened.server = newServer(opened)
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

var discard = log.New(io.Discard, "", 0)

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{
		gateway: a.gateway, apiID: a.id, address: a.address, writer: w, request: r,
		start: time.Now(), requestID: newRequestID(), path: sentPath(r.URL),
	}
	defer x.release()
	x.limitDiscard()
	w.Header().Set("Apigw-Requestid", x.requestID)
	if a.gateway.Declared == nil {
		x.fail(serviceUnavailable, "this local cloud has the API but does not serve its traffic yet")
		return
	}
	target := a
	if x.domain = a.gateway.domainOf(r.Host); x.domain != nil {
		if target = a.mapped(x); target == nil {
			return
		}
		x.apiID = target.id
	}
	snapshot, ok := a.gateway.Declared(target.id)
	if ok {
		if _, isREST := snapshot.RestAPIs[target.id]; isREST {
			target.serveRest(x, snapshot)
			return
		}
		_, ok = snapshot.APIs[target.id]
	}
	if !ok {
		x.fail(serviceUnavailable, "what is declared of API "+target.id+" is not read yet, or it is no longer there: try again, then look at `aws apigatewayv2 get-apis`")
		return
	}
	x.site = target.current(snapshot)
	x.serve()
}

// current returns what the API serves by a snapshot, made ready once for each snapshot.
func (a *api) current(snapshot *declared.Snapshot) *site {
	if known := a.site.Load(); known != nil && known.declared == snapshot {
		return known
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if known := a.site.Load(); known != nil && known.declared == snapshot {
		return known
	}
	made := newSite(snapshot, a.id, a.throttles)
	a.site.Store(made)
	return made
}

// newRequestID makes an id of the form that HTTP APIs have: 16 characters, such as JKJaXmPLvHcESHA=.
func newRequestID() string {
	var random [11]byte
	_, _ = rand.Read(random[:])
	return base64.StdEncoding.EncodeToString(random[:])
}

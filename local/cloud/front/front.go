// Package front is the one address of the local cloud's AWS API. It forwards every request to moto and changes only
// what must be local.
package front

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Paths below this one are the front's own; no AWS service has them.
const own = "/_sallyport/"

// StatusPath is where the front tells, as JSON, what runs behind it.
const StatusPath = own + "status"

// FaultsPath is where tests set the rules of what goes wrong; see Faults.
const FaultsPath = own + "faults"

// answerLimit is the largest answer that is rewritten, in bytes. moto gives no pages, so a list comes whole.
const answerLimit = 64 << 20

// Images is told what happens to the images of ECR; see registry.Registry.
type Images interface {
	Drop(region string, name string)
	Prune(ctx context.Context, region string, name string) error
}

// APIs is told which HTTP and REST APIs there are; see gateway.Gateway.
type APIs interface {
	Open(id string)
	Close(id string)
}

// DataPlane serves the traffic of what is declared, and knows better than moto what runs.
type DataPlane interface {
	// Concerns reports whether the data plane is shown a call.
	Concerns(call Call) bool
	// Before is shown a call before moto sees it. An answer that is not nil is the caller's, and moto sees nothing of
	// the call. An error refuses it; a smithy.APIError in it names the code.
	Before(ctx context.Context, call Call, input []byte) (answer []byte, err error)
	// After is shown moto's answer to a call that succeeded, and returns the caller's.
	After(ctx context.Context, call Call, input, answer []byte) ([]byte, error)
}

// Handler serves the AWS API. All fields but DataPlane, Tasks and Faults are needed.
type Handler struct {
	// Upstream returns moto's host and port, and false while it is not answering.
	Upstream func() (string, bool)
	Local    Local
	Images   Images
	APIs     APIs
	// DataPlane is nil where nothing is served.
	DataPlane DataPlane
	// Tasks decides on the calls of tasks; nil where none calls.
	Tasks Tasks
	// Status is told at StatusPath, as JSON.
	Status func() any
	// Faults spoils calls for tests; nil spoils none, and FaultsPath is not served.
	Faults *Faults
	Log    *slog.Logger

	memory memory
	items  sync.Mutex // see inTurn
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !local(r.Host) || fromPage(r) {
		http.Error(w, "The local cloud takes requests for 127.0.0.1 or localhost only, and none from a web page in a browser.", http.StatusForbidden)
		return
	}
	h.serve(w, r)
}

func (h *Handler) serve(w http.ResponseWriter, r *http.Request) {
	if status, code, err := readBody(w, r); err != nil {
		r.Body = http.NoBody
		writeError(w, Classify(r), status, code, err.Error())
		return
	}
	call := Classify(r)
	switch {
	case r.URL.Path == StatusPath && r.Method == http.MethodGet:
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(h.Status())
		return
	case r.URL.Path == FaultsPath && h.Faults != nil:
		h.Faults.ServeHTTP(w, r)
		return
	case strings.HasPrefix(r.URL.Path, own):
		http.Error(w, fmt.Sprintf("The local cloud has no %s; it has %s.", r.URL.Path, StatusPath), http.StatusNotFound)
		return
	case strings.HasPrefix(r.URL.Path, "/moto-api/"):
		http.Error(w, "The local cloud does not pass on moto's own API: it would empty or change the cloud behind a stack's back. `make local-stop` empties it.", http.StatusForbidden)
		return
	case call.Service == "":
		http.Error(w, "This is the AWS API of a local cloud, and the request is not signed as AWS requests are. "+
			"`make env` prints what to export so that the aws command line talks to it; "+StatusPath+" tells what runs here.", http.StatusBadRequest)
		return
	}
	start := time.Now()
	answer := &observed{ResponseWriter: w}
	cut := true
	defer func() {
		attributes := []any{"service", call.Service, "action", call.Action, "region", call.Region, "status", answer.status, "ms", time.Since(start).Milliseconds()}
		if cut {
			attributes = append(attributes, "cut", true)
		}
		h.Log.Info("request", attributes...)
	}()
	if h.Faults == nil || !h.Faults.spoil(answer, r, call, func(w http.ResponseWriter) { h.forward(w, r, call) }) {
		h.forward(answer, r, call)
	}
	cut = false
}

func (h *Handler) forward(w http.ResponseWriter, r *http.Request, call Call) {
	upstream, up := h.Upstream()
	if !up {
		writeError(w, call, http.StatusServiceUnavailable, "ServiceUnavailable", "moto, the AWS API of the local cloud, is starting; it starts empty, so run `make up` again")
		return
	}
	if !h.admit(w, r, call) {
		return
	}
	if call.Service == "dynamodb" {
		var done func()
		r, done = h.inTurn(r)
		defer done()
	}
	served := h.DataPlane != nil && h.DataPlane.Concerns(call)
	concerned := served || h.Local.concerns(call) || h.memory.concerns(call)
	var input []byte
	if concerned {
		input = peek(r)
	}
	if served {
		answer, err := h.DataPlane.Before(r.Context(), call, input)
		if err != nil {
			refuse(w, call, err)
			return
		}
		if answer != nil {
			h.openRest(call, answer)
			writeAnswer(w, call, answer)
			return
		}
	}
	proxy := httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(&url.URL{Scheme: "http", Host: upstream})
			// Answers that name the endpoint (an SQS queue's URL) must name this one.
			p.Out.Host = p.In.Host
			if concerned {
				p.Out.Header.Del("Accept-Encoding")
			}
		},
		Transport:     transport,
		FlushInterval: -1,
		ErrorLog:      slog.NewLogLogger(h.Log.Handler(), slog.LevelDebug),
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() == nil {
				h.Log.Error("forward", "service", call.Service, "action", call.Action, "error", err)
			}
			writeError(w, call, http.StatusServiceUnavailable, "ServiceUnavailable", "moto, the AWS API of the local cloud, gave no answer that can be used: "+err.Error())
		},
		ModifyResponse: func(response *http.Response) error {
			if !concerned || response.StatusCode != http.StatusOK && response.StatusCode != http.StatusCreated && response.StatusCode != http.StatusNoContent {
				return nil
			}
			return h.localise(r.Context(), call, input, served, response)
		},
	}
	proxy.ServeHTTP(w, r)
}

// transport opens a connection for each request: moto's server closes idle ones at a time of its own, and a request
// that meets this would fail though nothing is wrong.
var transport = &http.Transport{DisableKeepAlives: true, DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext}

// localise changes a successful answer, and tells the registry and the gateway what it means for them.
func (h *Handler) localise(ctx context.Context, call Call, input []byte, served bool, response *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(response.Body, answerLimit+1))
	_ = response.Body.Close()
	if err != nil {
		return err
	}
	if len(body) > answerLimit {
		return errors.New("the answer is larger than 64 MiB")
	}
	var rewritten []byte
	var apiIDs []string
	switch {
	case h.memory.concerns(call):
		rewritten = h.memory.complete(input, body)
	case h.Local.concerns(call):
		rewritten, apiIDs, err = h.Local.rewrite(call, body)
	default:
		rewritten = body
	}
	// What moto has done is done: the caller going away must not keep it from the others.
	ctx = context.WithoutCancel(ctx)
	if err == nil && served {
		rewritten, err = h.DataPlane.After(ctx, call, input, rewritten)
	}
	if err != nil {
		return err
	}
	response.Body = io.NopCloser(bytes.NewReader(rewritten))
	if len(rewritten) > 0 {
		response.Header.Set("Content-Length", strconv.Itoa(len(rewritten)))
	}

	switch {
	case call.Service == "ecr" && call.Action == "DeleteRepository":
		h.Images.Drop(call.Region, repositoryName(input))
	case call.Service == "ecr" && call.Action == "BatchDeleteImage":
		if err := h.Images.Prune(ctx, call.Region, repositoryName(input)); err != nil {
			h.Log.Error("deleted images are still in the registry", "error", err)
		}
	case call.Service == "apigateway" && strings.HasPrefix(call.Action, "DELETE "):
		h.APIs.Close(strings.TrimPrefix(call.Action, "DELETE /v2/apis/"))
	}
	for _, id := range apiIDs {
		h.APIs.Open(id)
	}
	return nil
}

// openRest tells the gateway of a REST API that the data plane has made or deleted.
func (h *Handler) openRest(call Call, answer []byte) {
	if call.Service != "apigateway" {
		return
	}
	if id, ok := strings.CutPrefix(call.Action, "DELETE /restapis/"); ok && !strings.Contains(id, "/") {
		h.APIs.Close(id)
	}
	var made struct{ ID string }
	if call.Action == "POST /restapis" && json.Unmarshal(answer, &made) == nil && made.ID != "" {
		h.APIs.Open(made.ID)
	}
}

// peek reads the body of a request, which readBody has made sure of, and puts it back.
func peek(r *http.Request) []byte {
	if r.Body == nil {
		return nil
	}
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body
}

// repositoryName reads the name from the input of an ECR call.
func repositoryName(input []byte) string {
	var given struct {
		Name string `json:"repositoryName"`
	}
	_ = json.Unmarshal(input, &given)
	return given.Name
}

// local reports whether a request was sent to a name of this machine: a web page may have its own name point here.
func local(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && address.IsLoopback()
}

// fromPage reports whether a page in a browser makes a request. Signatures are not checked, so any page could sign one; an
// image or a link needs no Origin, but browsers send Sec-Fetch-Site to this machine, which is "none" for an address that
// the user entered: https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
func fromPage(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return r.Header.Get("Origin") != "" || site != "" && site != "none"
}

// observed notes the status for the log.
type observed struct {
	http.ResponseWriter
	status int
}

func (o *observed) WriteHeader(status int) {
	o.status = status
	o.ResponseWriter.WriteHeader(status)
}

// Unwrap lets the reverse proxy flush.
func (o *observed) Unwrap() http.ResponseWriter { return o.ResponseWriter }

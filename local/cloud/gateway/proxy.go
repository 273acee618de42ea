package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"sallyport/local/cloud/vpc"
)

// Listeners are the listeners of the load balancers in one Region.
type Listeners interface {
	// RoundTrip sends a request from an interface to a listener and returns the answer, which may be the load
	// balancer's own 502, 503 or 504. The error is *vpc.Blocked when nothing reaches the listener.
	RoundTrip(listenerARN string, from vpc.Interface, r *http.Request) (*http.Response, error)
}

const (
	// maxPayload is the largest payload of a request and of a response, in bytes.
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
	maxPayload = 10 << 20
	// uploadTime is how long the payload of a request may take to come in.
	uploadTime = time.Minute
)

var errIntegrationTimeout = errors.New("integration timeout")

// integrate sends the request to the backend and its answer to the client. The payload is read before: an HTTP API
// does so too, its backend sees a length and no chunks, and the integration timeout does not include a slow upload.
func (x *exchange) integrate(i *integration) {
	payload, failed, why := x.readPayload()
	if failed != nil {
		x.writer.Header().Set("Connection", "close")
		x.fail(*failed, why)
		return
	}
	if i.problem != "" {
		x.integrationError = i.problem
		x.fail(internalError, i.problem)
		return
	}
	ctx, cancel := context.WithTimeoutCause(x.request.Context(), i.timeout, errIntegrationTimeout)
	defer cancel()
	out, err := x.outgoing(ctx, i, payload)
	if err != nil {
		x.fail(badRequest, err.Error())
		return
	}
	var listeners Listeners
	if x.gateway.Listeners != nil {
		listeners = x.gateway.Listeners(x.site.region)
	}
	if listeners == nil {
		x.unreachable(ctx, i, fmt.Errorf("no load balancer runs in Region %s", x.site.region))
		return
	}
	x.integrationStart = time.Now()
	answer, err := listeners.RoundTrip(i.listener, i.interfaceInTurn(), out)
	x.integrationLatency = time.Since(x.integrationStart)
	if err != nil {
		x.unreachable(ctx, i, err)
		return
	}
	defer answer.Body.Close()
	x.integrationStatus = answer.StatusCode
	x.backendID = answer.Header.Get("X-Amz-Request-Id")
	if x.backendID == "" {
		x.backendID = answer.Header.Get("X-Amzn-Requestid")
	}
	x.backendID2 = answer.Header.Get("X-Amz-Id-2")
	x.answer(ctx, i, answer)
}

// readPayload reads the payload of a request up to its limit. A client that is told the limit closes the connection.
func (x *exchange) readPayload() ([]byte, *failure, string) {
	r := x.request
	const limit = "the payload of the request is larger than 10 MB, which an HTTP API does not take"
	if r.ContentLength > maxPayload {
		return nil, &tooLarge, limit
	}
	if r.ContentLength == 0 || r.Body == nil {
		return nil, nil, ""
	}
	if r.ContentLength < 0 {
		// net/http takes chunks with a Content-Length beside them, which is a way to smuggle a request, and does not tell.
		// After such a request the connection must be closed: RFC 9112, section 6.1.
		x.writer.Header().Set("Connection", "close")
	}
	// Deadlines fail for writers that have no connection, in tests.
	controller := http.NewResponseController(x.writer)
	_ = controller.SetReadDeadline(time.Now().Add(uploadTime))
	var payload bytes.Buffer
	if r.ContentLength > 0 {
		// What a client promises it need not send.
		payload.Grow(int(min(r.ContentLength+bytes.MinRead, 1<<16)))
	}
	n, err := payload.ReadFrom(io.LimitReader(r.Body, maxPayload+1))
	_ = controller.SetReadDeadline(time.Time{})
	x.requestLength = min(n, maxPayload)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, &requestTimeout, "the payload of the request did not come within a minute"
	case err != nil:
		return nil, &badRequest, "payload of the request: " + err.Error()
	case n > maxPayload:
		return nil, &tooLarge, limit
	}
	return payload.Bytes(), nil, ""
}

// unreachable answers for a backend that gave no answer.
func (x *exchange) unreachable(ctx context.Context, i *integration, err error) {
	if x.request.Context().Err() != nil {
		x.integrationError = "the client went away"
		panic(http.ErrAbortHandler)
	}
	var blocked *vpc.Blocked
	switch {
	case errors.Is(context.Cause(ctx), errIntegrationTimeout):
		x.integrationError = fmt.Sprintf("the backend gave no answer within the integration timeout of %d ms", i.timeout.Milliseconds())
		x.fail(timedOut, x.integrationError)
	case errors.As(err, &blocked):
		x.integrationError = blocked.Reason
		x.fail(serviceUnavailable, blocked.Reason)
	default:
		x.integrationError = err.Error()
		x.fail(serviceUnavailable, "no connection to the listener: "+err.Error())
	}
}

// answer sends the backend's answer to the client as it comes. AWS does not document what becomes of an answer that is
// too large: here it is a 500 when its length is told beforehand, else it ends where the limit is, with the connection.
func (x *exchange) answer(ctx context.Context, i *integration, answer *http.Response) {
	status, err := x.mapResponse(i.response[answer.StatusCode], answer)
	switch {
	case err != nil:
		x.integrationError = err.Error()
		x.fail(internalError, err.Error())
		return
	case answer.StatusCode < 200:
		x.integrationError = fmt.Sprintf("the backend answered %d, which an HTTP API does not pass", answer.StatusCode)
		x.fail(internalError, x.integrationError)
		return
	case answer.ContentLength > maxPayload && x.request.Method != http.MethodHead:
		x.integrationError = "the payload of the answer is larger than 10 MB, which an HTTP API does not pass"
		x.fail(internalError, x.integrationError)
		return
	}
	dropHopByHop(answer.Header)
	x.site.cors.apply(answer.Header, x.request, false)
	header := x.writer.Header()
	for name, values := range answer.Header {
		if name != "Apigw-Requestid" {
			header[name] = values
		}
	}
	if status != answer.StatusCode && (status == http.StatusNoContent || status == http.StatusNotModified) {
		header.Del("Content-Length")
	}
	if strings.EqualFold(x.request.Header.Get("Upgrade"), "websocket") {
		header.Set("Sallyport-Explanation", "an HTTP API opens no WebSockets: the backend got a plain request")
	}
	x.status = status
	x.writer.WriteHeader(status)
	if err := x.copyBody(answer); err != nil {
		x.integrationError = err.Error()
		if errors.Is(context.Cause(ctx), errIntegrationTimeout) {
			x.integrationError = fmt.Sprintf("the answer did not end within the integration timeout of %d ms", i.timeout.Milliseconds())
		}
		x.integrationLatency = time.Since(x.integrationStart)
		// The status is sent: only the end of the connection still tells that the answer is not whole.
		panic(http.ErrAbortHandler)
	}
	x.integrationLatency = time.Since(x.integrationStart)
}

var buffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

func (x *exchange) copyBody(answer *http.Response) error {
	buffer := buffers.Get().(*[32 << 10]byte)
	defer buffers.Put(buffer)
	controller := http.NewResponseController(x.writer)
	for {
		n, err := answer.Body.Read(buffer[:])
		if x.responseLength+int64(n) > maxPayload {
			return errors.New("the payload of the answer is larger than 10 MB, which an HTTP API does not pass")
		}
		if n > 0 {
			written, err := x.writer.Write(buffer[:n])
			x.responseLength += int64(written)
			if errors.Is(err, http.ErrBodyNotAllowed) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("answer to the client: %w", err)
			}
			if answer.ContentLength < 0 {
				_ = controller.Flush()
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("answer of the backend: %w", err)
		}
	}
}

// newServer makes the HTTP server of one API. Slow clients end at a deadline; while they wait they cost a goroutine
// and a few kilobytes each.
func newServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       time.Minute,
		// An upload, an integration at its longest, and a slow reader.
		WriteTimeout: uploadTime + maxTimeout + time.Minute,
		// Requests up to here get the gateway's own answer, larger ones net/http's.
		MaxHeaderBytes:               64 << 10,
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     discard,
	}
}

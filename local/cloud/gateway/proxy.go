package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sallyport/local/cloud/vpc"
)

// Listeners are the listeners of the load balancers in one Region.
type Listeners interface {
	// RoundTrip sends a request from an interface to a listener and returns the answer, which may be the load
	// balancer's own 502, 503 or 504. The error is *vpc.Blocked when nothing reaches the
	// listener. r.TLS, where there is one, has the name that the listener's certificate is verified by.
	RoundTrip(listenerARN string, from vpc.Interface, r *http.Request) (*http.Response, error)
}

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
		x.unreachable(ctx, i, fmt.Errorf("no connection to the listener: %w", err))
		return
	}
	defer answer.Body.Close()
	x.integrationStatus = answer.StatusCode
	x.backendID = answer.Header.Get("X-Amz-Request-Id")
	if x.backendID == "" {
		x.backendID = answer.Header.Get("X-Amzn-Requestid")
	}
	x.backendID2 = answer.Header.Get("X-Amz-Id-2")
	if answer.StatusCode < 200 {
		x.integrationError = fmt.Sprintf("the backend answered %d, which an HTTP API does not pass", answer.StatusCode)
		x.fail(internalError, x.integrationError)
		return
	}
	payload, err = x.readAnswer(answer)
	x.integrationLatency = time.Since(x.integrationStart)
	if err != nil {
		x.unreachable(ctx, i, err)
		return
	}
	x.answer(i, answer, payload)
}

// readAnswer reads the payload of the backend's answer to its end: an HTTP API streams nothing. Only REST APIs do:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html
func (x *exchange) readAnswer(answer *http.Response) ([]byte, error) {
	if answer.ContentLength > maxPayload && x.request.Method != http.MethodHead {
		return nil, errTooLarge
	}
	payload, err := x.hold(answer.Body, answer.ContentLength)
	if err != nil {
		err = fmt.Errorf("the answer broke off after %d bytes: %w", len(payload), err)
	}
	return payload, err
}

// unreachable answers for a backend that gave no answer, or not all of one. What AWS says of an answer that broke off or
// is too large is unverified.
func (x *exchange) unreachable(ctx context.Context, i *integration, err error) {
	if x.request.Context().Err() != nil {
		x.integrationError = "the client went away"
		panic(http.ErrAbortHandler)
	}
	failed := serviceUnavailable
	var blocked *vpc.Blocked
	switch {
	case errors.Is(context.Cause(ctx), errIntegrationTimeout) && x.integrationStatus != 0:
		failed = timedOut
		x.integrationError = fmt.Sprintf("the answer did not end within the integration timeout of %d ms, and an HTTP API passes on nothing before the end", i.timeout.Milliseconds())
	case errors.Is(context.Cause(ctx), errIntegrationTimeout):
		failed = timedOut
		x.integrationError = fmt.Sprintf("the backend gave no answer within the integration timeout of %d ms", i.timeout.Milliseconds())
	case errors.Is(err, errTooLarge):
		failed = internalError
		x.integrationError = "the payload of the answer is larger than 10 MB, which an HTTP API does not pass"
	case errors.As(err, &blocked):
		x.integrationError = blocked.Reason
	default:
		x.integrationError = err.Error()
	}
	x.fail(failed, x.integrationError)
}

// answer sends the backend's answer to the client.
func (x *exchange) answer(i *integration, answer *http.Response, payload []byte) {
	status, err := x.mapResponse(i.response[answer.StatusCode], answer)
	if err != nil {
		x.integrationError = err.Error()
		x.fail(internalError, err.Error())
		return
	}
	dropHopByHop(answer.Header)
	// A preflight that a route takes gets all headers as well: AWS's page has an integration answer it on a $default route
	// with an authorizer, and the backend's own headers count for nothing.
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html#http-api-cors-default-route
	x.site.cors.apply(answer.Header, x.request, isPreflight(x.request))
	header := x.writer.Header()
	for name, values := range answer.Header {
		if name != "Apigw-Requestid" {
			header[name] = values
		}
	}
	if _, ok := header["Content-Type"]; !ok {
		header["Content-Type"] = nil // none, rather than net/http's guess
	}
	switch {
	case status == http.StatusNoContent || status == http.StatusNotModified:
		if status != answer.StatusCode {
			header.Del("Content-Length")
		}
	case x.request.Method != http.MethodHead:
		header.Set("Content-Length", strconv.Itoa(len(payload)))
	}
	if strings.EqualFold(x.request.Header.Get("Upgrade"), "websocket") {
		header.Set("Sallyport-Explanation", "an HTTP API opens no WebSockets: the backend got a plain request")
	}
	x.status = status
	x.writer.WriteHeader(status)
	// A client that went away, or a status without a payload: there is nobody to tell.
	written, _ := x.writer.Write(payload)
	x.responseLength = int64(written)
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

package gateway

import (
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"time"
)

const (
	// maxPayload is the largest payload of a request and of a response, in bytes.
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
	maxPayload = 10 << 20
	// maxHeld is how many bytes of payloads all requests of all APIs together may hold in memory. AWS has no such limit.
	maxHeld = 512 << 20
	// uploadTime is how long the payload of a request may take to come in.
	uploadTime = time.Minute
	// discardTime is how long net/http may wait for a payload that the gateway does not want, before it answers.
	discardTime = time.Second
)

var (
	errTooLarge = errors.New("payload larger than 10 MB")
	errHeld     = errors.New("the payloads that the gateway holds are 512 MB together, which is its limit")
)

// limitDiscard keeps a client that never sends its payload from keeping its answer and its goroutine waiting.
func (x *exchange) limitDiscard() {
	if x.request.ContentLength != 0 {
		// Deadlines fail for writers that have no connection, in tests.
		_ = http.NewResponseController(x.writer).SetReadDeadline(time.Now().Add(discardTime))
	}
}

// readPayload reads the payload of a request up to its limit. A client that is told the limit closes the connection.
func (x *exchange) readPayload() ([]byte, *failure, string) {
	r := x.request
	const limit = "the payload of the request is larger than 10 MB, which API Gateway does not take"
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
	controller := http.NewResponseController(x.writer)
	_ = controller.SetReadDeadline(time.Now().Add(uploadTime))
	payload, err := x.hold(r.Body, r.ContentLength)
	x.requestLength = int64(len(payload))
	if err == nil {
		_ = controller.SetReadDeadline(time.Time{})
		return payload, nil, ""
	}
	x.limitDiscard()
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, &requestTimeout, "the payload of the request did not come within a minute"
	case errors.Is(err, errTooLarge):
		return nil, &tooLarge, limit
	case errors.Is(err, errHeld):
		return nil, &serviceUnavailable, err.Error()
	}
	return nil, &badRequest, "payload of the request: " + err.Error()
}

// hold reads a payload into memory, where it stays until the exchange ends. length is what was promised, negative when
// nothing was; it need not be kept.
func (x *exchange) hold(body io.Reader, length int64) ([]byte, error) {
	if length < 0 {
		length = 4 << 10
	}
	payload := make([]byte, 0, min(length, 64<<10)+1)
	for {
		if len(payload) == cap(payload) {
			payload = slices.Grow(payload, len(payload))
		}
		n, err := body.Read(payload[len(payload):cap(payload)])
		if n > maxPayload-len(payload) {
			return payload, errTooLarge
		}
		payload = payload[:len(payload)+n]
		x.held += int64(n)
		switch {
		case x.gateway.held.Add(int64(n)) > maxHeld:
			return payload, errHeld
		case err == io.EOF:
			return payload, nil
		case err != nil:
			return payload, err
		}
	}
}

// release gives back what the exchange holds.
func (x *exchange) release() { x.gateway.held.Add(-x.held) }

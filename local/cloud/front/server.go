package front

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

const (
	// requestLimit is the longest body of a request, in bytes. No call of the AWS API that moto takes has a longer one:
	// S3's objects are sent in parts of any size, and Lambda's archives end at 50 MB.
	requestLimit = 64 << 20
	// bodyTimeout is how long a client may take to send a body. The server's own limit would end long answers as well.
	bodyTimeout = time.Minute
	// headerLimit is the longest header, in bytes; a signature with a session token has some 3 KB.
	headerLimit = 64 << 10
)

// NewServer returns a server of the AWS API. No client can keep it from serving the others, or make it grow.
func NewServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    headerLimit,
	}
}

// readBody reads the body of a request, so that all of it is there before anything is done. When it can't, it returns
// the status and the code of the answer.
func readBody(w http.ResponseWriter, r *http.Request) (status int, code string, err error) {
	if r.ContentLength > requestLimit {
		w.Header().Set("Connection", "close")
		return http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", errTooLong
	}
	connection := http.NewResponseController(w)
	// A writer that has no connection needs no deadline.
	_ = connection.SetReadDeadline(time.Now().Add(bodyTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, requestLimit))
	switch _, tooLong := errors.AsType[*http.MaxBytesError](err); {
	case err == nil:
		_ = connection.SetReadDeadline(time.Time{})
		r.Body, r.ContentLength, r.TransferEncoding = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
		return 0, "", nil
	case tooLong:
		return http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", errTooLong
	case errors.Is(err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout, "RequestTimeout", fmt.Errorf("the body of the request did not come within %s", bodyTimeout)
	}
	return http.StatusBadRequest, "IncompleteBody", fmt.Errorf("the body of the request can't be read: %w", err)
}

var errTooLong = fmt.Errorf("the local cloud takes requests of at most %d bytes", requestLimit)

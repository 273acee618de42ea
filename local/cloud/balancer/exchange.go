package balancer

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// exchange is one request that a target is answering.
type exchange struct {
	b         *Balancer
	t         *target
	transport *http.Transport
	ctx       context.Context
	cancel    context.CancelCauseFunc
	idle      time.Duration
	timer     *time.Timer
	once      sync.Once
	// waiting is true while the client is to send more of the request's body.
	waiting   atomic.Bool
	clientErr atomic.Pointer[error]
}

// touch starts the idle timeout anew.
func (x *exchange) touch() { x.timer.Reset(x.idle) }

// end gives back what an exchange holds.
func (x *exchange) end() {
	x.once.Do(func() {
		x.timer.Stop()
		x.cancel(nil)
		x.t.outstanding.Add(-1)
		x.b.mu.Lock()
		stale := x.t.transport != x.transport
		x.b.mu.Unlock()
		if stale {
			x.transport.CloseIdleConnections()
		}
	})
}

var uploads = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// upload returns the body of a request in a form that ends with the exchange. Reading from a client's connection does
// not, and the transport would wait for it.
func (x *exchange) upload(client io.Reader) io.ReadCloser {
	body, w := io.Pipe()
	context.AfterFunc(x.ctx, func() { _ = w.CloseWithError(context.Cause(x.ctx)) })
	go func() {
		buffer := uploads.Get().(*[32 << 10]byte)
		defer uploads.Put(buffer)
		_, err := io.CopyBuffer(w, &clientBody{client, x}, buffer[:])
		_ = w.CloseWithError(err)
	}()
	return body
}

type clientBody struct {
	io.Reader
	x *exchange
}

func (b *clientBody) Read(p []byte) (int, error) {
	b.x.waiting.Store(true)
	n, err := b.Reader.Read(p)
	b.x.waiting.Store(false)
	if err != nil && err != io.EOF {
		b.x.clientErr.Store(&err)
	}
	if n > 0 {
		b.x.touch()
	}
	return n, err
}

type answerBody struct {
	io.ReadCloser
	x *exchange
}

func (b *answerBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch {
	case err == io.EOF:
		b.x.end()
	case err != nil:
		err = fmt.Errorf("answer of target %s: %w", b.x.t.address, cmp.Or(context.Cause(b.x.ctx), err))
		b.x.end()
	case n > 0:
		b.x.touch()
	}
	return n, err
}

func (b *answerBody) Close() error {
	err := b.ReadCloser.Close()
	b.x.end()
	return err
}

package front

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
)

// Tasks knows the tasks that call the AWS API, by their access keys.
type Tasks interface {
	// Calls reports whether an access key is that of a task.
	Calls(key string) bool
	// Admit is shown a task's call before anything is done. An error refuses it; *Unreachable breaks it off.
	Admit(ctx context.Context, call Call, input []byte) error
}

// Unreachable is the error of a call that does not get as far as AWS.
type Unreachable struct{ Reason string }

func (u *Unreachable) Error() string { return u.Reason }

// ForTasks serves the calls of tasks and no others. Their containers don't reach the loopback addresses of this machine,
// and so neither ServeHTTP's; what comes to an address that they do reach may come from elsewhere.
func (h *Handler) ForTasks() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		service, region, key := signedFor(r)
		call := Call{Service: service, Region: region, Protocol: JSON}
		switch {
		case fromPage(r) || strings.HasPrefix(r.URL.Path, own):
			http.Error(w, "This is the AWS API of a local cloud, for its tasks alone.", http.StatusForbidden)
		case h.Tasks == nil || !h.Tasks.Calls(key):
			writeError(w, call, http.StatusBadRequest, "UnrecognizedClientException",
				"The security token included in the request is invalid. (This address of the local cloud is for its tasks alone, each with the credentials that it finds in its environment.)")
		default:
			h.serve(w, r)
		}
	})
}

// admit tells whether a call goes on. Where there is no way for it, the connection just ends: on AWS nobody would answer,
// and a client would wait for its timeout.
func (h *Handler) admit(w http.ResponseWriter, r *http.Request, call Call) bool {
	if h.Tasks == nil || !h.Tasks.Calls(call.AccessKey) {
		return true
	}
	err := h.Tasks.Admit(r.Context(), call, peek(r))
	if _, unreachable := errors.AsType[*Unreachable](err); unreachable {
		panic(http.ErrAbortHandler)
	}
	if err != nil {
		refuse(w, call, err)
	}
	return err == nil
}

// turnLimit is how long a call of DynamoDB may take; moto takes milliseconds.
const turnLimit = 30 * time.Second

// inTurn waits until no other call of DynamoDB is with moto, which judges a condition and writes in two steps between which
// others would come. A client that goes away must not end its turn early: moto goes on.
func (h *Handler) inTurn(r *http.Request) (*http.Request, func()) {
	h.items.Lock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), turnLimit)
	return r.WithContext(ctx), func() {
		cancel()
		h.items.Unlock()
	}
}

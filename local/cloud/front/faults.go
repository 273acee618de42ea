package front

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Fault is one rule of what goes wrong.
type Fault struct {
	// Service and Action say which calls it is for, as in Call, in any case; empty is any.
	Service string `json:"service,omitempty"`
	Action  string `json:"action,omitempty"`
	// Times is how many calls it spoils; 0 is all of them.
	Times int `json:"times,omitempty"`
	// Mode is "error" (the default: nothing is done, an error is answered), "hang" (nothing is done or answered until
	// the client gives up or the rules change) or "lost" (the call is done, and the connection cut before its answer).
	Mode string `json:"mode,omitempty"`
	// Status of the error; 500 by default.
	Status int `json:"status,omitempty"`
	// Code of the error; InternalFailure by default. "throttling" takes the status and code with which that service
	// throttles.
	Code string `json:"code,omitempty"`
	// Message of the error.
	Message string `json:"message,omitempty"`
	// Hits counts the calls that it spoiled; it is told, not set.
	Hits int `json:"hits"`
}

// Faults spoils calls for tests. Its zero value spoils none.
type Faults struct {
	mu      sync.Mutex
	rules   []*Fault
	changed chan struct{}
}

// ServeHTTP shows the rules (GET), replaces them all (PUT, a JSON list of Fault) or removes them (DELETE).
func (f *Faults) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rules := []*Fault{}
	switch r.Method {
	case http.MethodGet:
		f.mu.Lock()
		defer f.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(append(rules, f.rules...))
		return
	case http.MethodPut:
		decoder := json.NewDecoder(r.Body)
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&rules); err != nil {
			http.Error(w, "faults: "+err.Error(), http.StatusBadRequest)
			return
		}
		for _, rule := range rules {
			if !slices.Contains([]string{"", "error", "hang", "lost"}, rule.Mode) {
				http.Error(w, fmt.Sprintf("faults: mode %q: must be error, hang or lost", rule.Mode), http.StatusBadRequest)
				return
			}
			rule.Hits = 0
		}
	case http.MethodDelete:
	default:
		http.Error(w, "faults: use GET, PUT or DELETE", http.StatusMethodNotAllowed)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = rules
	if f.changed != nil {
		close(f.changed)
	}
	f.changed = make(chan struct{})
	w.WriteHeader(http.StatusNoContent)
}

// pick returns the first rule for a call that is not used up, and a channel that is closed when the rules change.
func (f *Faults) pick(call Call) (*Fault, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, rule := range f.rules {
		if (rule.Service == "" || strings.EqualFold(rule.Service, call.Service)) &&
			(rule.Action == "" || strings.EqualFold(rule.Action, call.Action)) && (rule.Times == 0 || rule.Hits < rule.Times) {
			rule.Hits++
			chosen := *rule
			return &chosen, f.changed
		}
	}
	return nil, nil
}

// spoil does what the rules have for a call, and reports whether it was spoiled. perform does the call.
func (f *Faults) spoil(w http.ResponseWriter, r *http.Request, call Call, perform func(http.ResponseWriter)) bool {
	rule, changed := f.pick(call)
	if rule == nil {
		return false
	}
	switch rule.Mode {
	case "hang":
		select {
		case <-r.Context().Done():
		case <-changed:
		}
		panic(http.ErrAbortHandler)
	case "lost":
		perform(&nowhere{header: http.Header{}})
		panic(http.ErrAbortHandler)
	}
	status, code, message := rule.Status, rule.Code, rule.Message
	if strings.EqualFold(code, "throttling") {
		status, code = throttled(call)
		if rule.Status != 0 {
			status = rule.Status
		}
	}
	if status == 0 {
		status = http.StatusInternalServerError
	}
	if code == "" {
		code = "InternalFailure"
	}
	if message == "" {
		message = "a fault that a test asked for"
	}
	writeError(w, call, status, code, message)
	return true
}

// nowhere takes an answer that nobody is to get.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header { return n.header }

func (n *nowhere) WriteHeader(int) {}

func (n *nowhere) Write(data []byte) (int, error) { return len(data), nil }

package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
)

// refuse answers with an error of the Docker registry protocol.
func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"errors": []map[string]string{{"code": code, "message": message}}})
}

// refuseFor answers with what ECR's registry says for an error of its API.
func (r *Registry) refuseFor(w http.ResponseWriter, err error) {
	var refused *APIError
	switch {
	case !errors.As(err, &refused):
		r.log.Error("registry", "error", err)
		refuse(w, http.StatusServiceUnavailable, "UNAVAILABLE", "the registry could not ask ECR: "+err.Error())
	case refused.Code == "RepositoryNotFoundException":
		refuse(w, http.StatusNotFound, "NAME_UNKNOWN", refused.Message)
	case refused.Code == "ImageTagAlreadyExistsException":
		refuse(w, http.StatusBadRequest, "TAG_INVALID", refused.Message)
	default:
		refuse(w, http.StatusBadRequest, "DENIED", refused.Error())
	}
}

// kept is an answer that is looked at before it is sent.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *kept) Header() http.Header { return k.header }

func (k *kept) WriteHeader(status int) { k.status = status }

func (k *kept) Write(data []byte) (int, error) { return k.body.Write(data) }

func (k *kept) replay(w http.ResponseWriter) {
	for name, values := range k.header {
		w.Header()[name] = values
	}
	w.WriteHeader(k.status)
	_, _ = w.Write(k.body.Bytes())
}

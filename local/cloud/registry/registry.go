// Package registry is the image registry of the local cloud: a Docker registry that stands behind ECR, and keeps ECR's
// rules for who may push what.
package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"sync"

	ggcr "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// ManifestLimit is the largest manifest that is taken, in bytes: ECR's own limit for imageManifest,
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html
const ManifestLimit = 4194304

// Catalog is what the registry asks of ECR; see type ECR.
type Catalog interface {
	Repository(ctx context.Context, region string, name string) error
	Images(ctx context.Context, region string, name string) (map[string][]string, error)
	PutImage(ctx context.Context, region string, name, tag, digest, mediaType string, manifest []byte) error
}

// Registry serves the Docker registry protocol. Layers are files under its folder; they are shared by all repositories.
// Manifests are in memory, as is the catalogue of ECR without which nobody may ask for them.
type Registry struct {
	dir     string
	tokens  *Tokens
	catalog Catalog
	log     *slog.Logger

	mu           sync.Mutex
	repositories map[key]*repository
}

// key names a repository: ECR keeps them by region.
type key struct{ region, name string }

type repository struct {
	http.Handler
	// pushing keeps what ECR knows and what the registry holds in step.
	pushing sync.Mutex
	mu      sync.Mutex
	// manifests has the layers of each manifest, by each tag and digest that it can be pulled under.
	manifests map[string][]string
}

// New returns an empty registry that keeps its layers in dir/blobs, which it empties.
func New(dir string, tokens *Tokens, catalog Catalog, log *slog.Logger) (*Registry, error) {
	r := &Registry{dir: filepath.Join(dir, "blobs"), tokens: tokens, catalog: catalog, log: log}
	return r, r.Reset()
}

// Reset drops all repositories and their images.
func (r *Registry) Reset() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.repositories = map[key]*repository{}
	if err := os.RemoveAll(r.dir); err != nil {
		return fmt.Errorf("registry: images: %w", err)
	}
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return fmt.Errorf("registry: images: %w", err)
	}
	return nil
}

// Repositories returns how many repositories hold images.
func (r *Registry) Repositories() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.repositories)
}

func (r *Registry) repository(k key) *repository {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := r.repositories[k]
	if found == nil {
		// One handler a repository, so that dropping a repository is dropping its handler.
		found = &repository{manifests: map[string][]string{}, Handler: ggcr.New(
			ggcr.WithBlobHandler(ggcr.NewDiskBlobHandler(r.dir)), ggcr.Logger(log.New(io.Discard, "", 0)))}
		r.repositories[k] = found
	}
	return found
}

// route takes a path of the protocol apart: /v2/NAME/(manifests|blobs|tags)/REFERENCE. A name may contain slashes.
var route = regexp.MustCompile(`^/v2/(.+?)/(manifests|blobs|tags)/(.+)$`)

func (r *Registry) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	w.Header().Set("Docker-Distribution-API-Version", "registry/2.0")
	user, password, given := request.BasicAuth()
	region, good := r.tokens.Check(password)
	if !given || user != "AWS" || !good {
		w.Header().Set("WWW-Authenticate", `Basic realm="http://`+request.Host+`/",service="ecr.amazonaws.com"`)
		refuse(w, http.StatusUnauthorized, "UNAUTHORIZED", "authentication required: log in as user AWS with the password of `aws ecr get-login-password`; it changes when the local cloud starts")
		return
	}
	if request.URL.Path == "/v2/" || request.URL.Path == "/v2" {
		w.WriteHeader(http.StatusOK)
		return
	}
	parts := route.FindStringSubmatch(request.URL.Path)
	if parts == nil {
		refuse(w, http.StatusNotFound, "UNSUPPORTED", "the operation is unsupported: "+request.Method+" "+request.URL.Path)
		return
	}
	name, kind, reference := parts[1], parts[2], parts[3]
	if err := r.catalog.Repository(request.Context(), region, name); err != nil {
		r.refuseFor(w, err)
		return
	}
	repository := r.repository(key{region, name})
	switch {
	case kind == "manifests" && request.Method == http.MethodPut:
		r.push(w, request, repository, key{region, name}, reference)
	case request.Method == http.MethodDelete:
		refuse(w, http.StatusMethodNotAllowed, "UNSUPPORTED", "images are deleted with `aws ecr batch-delete-image`")
	default:
		repository.ServeHTTP(w, request)
	}
}

// push takes a manifest: ECR is told of it and decides on the tag, and only then the tag points at it.
func (r *Registry) push(w http.ResponseWriter, request *http.Request, repository *repository, k key, reference string) {
	content, err := io.ReadAll(http.MaxBytesReader(w, request.Body, ManifestLimit))
	if err != nil {
		refuse(w, http.StatusBadRequest, "MANIFEST_INVALID", "manifest: "+err.Error())
		return
	}
	hash, _, _ := v1.SHA256(bytes.NewReader(content))
	digest, tag := hash.String(), reference
	if strings.Contains(reference, ":") {
		if tag = ""; reference != digest {
			refuse(w, http.StatusBadRequest, "DIGEST_INVALID", "the manifest's digest is "+digest+", not "+reference)
			return
		}
	}
	var manifest v1.Manifest
	if err := json.Unmarshal(content, &manifest); err != nil {
		refuse(w, http.StatusBadRequest, "MANIFEST_INVALID", "manifest: "+err.Error())
		return
	}
	layers, missing := r.layers(manifest)
	if missing != nil {
		refuse(w, http.StatusBadRequest, "MANIFEST_BLOB_UNKNOWN", "layers that were not pushed: "+strings.Join(missing, ", ")+": push the image again")
		return
	}
	repository.pushing.Lock()
	defer repository.pushing.Unlock()
	put := func(w http.ResponseWriter, path string) {
		copied := request.Clone(request.Context())
		copied.URL.Path = path
		copied.Body, copied.ContentLength = io.NopCloser(bytes.NewReader(content)), int64(len(content))
		repository.ServeHTTP(w, copied)
	}
	// By digest first: it can't replace anything, and it checks the manifest.
	checked := &kept{header: http.Header{}}
	if put(checked, "/v2/"+k.name+"/manifests/"+digest); checked.status != http.StatusCreated {
		checked.replay(w)
		return
	}
	repository.remember(digest, layers)
	if err := r.record(request.Context(), k, tag, digest, request.Header.Get("Content-Type"), content); err != nil {
		r.refuseFor(w, err)
		return
	}
	if tag == "" {
		checked.replay(w)
		return
	}
	repository.remember(tag, layers)
	put(w, request.URL.Path)
	// The layers of the push have been in memory, hundreds of megabytes that Go would keep for minutes.
	go debug.FreeOSMemory()
}

// record tells ECR of a pushed image, unless it knows it.
func (r *Registry) record(ctx context.Context, k key, tag, digest, mediaType string, manifest []byte) error {
	images, err := r.catalog.Images(ctx, k.region, k.name)
	if err != nil {
		return err
	}
	tags, known := images[digest]
	if known && tag == "" {
		return nil
	}
	for _, existing := range tags {
		if existing == tag {
			return nil
		}
	}
	err = r.catalog.PutImage(ctx, k.region, k.name, tag, digest, mediaType, manifest)
	var refused *APIError
	if errors.As(err, &refused) && strings.HasSuffix(refused.Code, "AlreadyExistsException") {
		return &APIError{Code: "ImageTagAlreadyExistsException", Message: fmt.Sprintf(
			"The image tag '%s' already exists in the '%s' repository and cannot be overwritten because the repository is immutable.", tag, k.name)}
	}
	return err
}

// layers returns the digests of a manifest's layers and configuration, and those of them that were not pushed.
func (r *Registry) layers(manifest v1.Manifest) (layers, missing []string) {
	for _, blob := range append(manifest.Layers, manifest.Config) {
		if blob.Digest == (v1.Hash{}) || len(blob.URLs) > 0 {
			continue
		}
		if _, err := os.Stat(filepath.Join(r.dir, blob.Digest.Algorithm, blob.Digest.Hex)); err != nil {
			missing = append(missing, blob.Digest.String())
		}
		layers = append(layers, blob.Digest.String())
	}
	return layers, missing
}

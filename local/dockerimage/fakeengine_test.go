package dockerimage

import (
	"archive/tar"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// fakeEngine answers like a Docker engine, by script. It shows what the stand-in
// asks of an engine and makes of its answers; it does not show that an engine
// answers like this: TestRealEngine does.
type fakeEngine struct {
	build func(w http.ResponseWriter, r *http.Request) // default: one step that succeeds
	push  func(w http.ResponseWriter, r *http.Request) // default: pushedDigest
	// tagDigest is what the registry has under the tag; localDigest under what
	// digest the engine knows the image.
	tagDigest, localDigest string
	arch                   string // default amd64

	mu     sync.Mutex
	query  url.Values // of the last build
	files  []string   // of the last build's context
	auth   string     // of the last push
	builds int
	pushes int
}

const (
	builtID      = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
	pushedDigest = "sha256:2222222222222222222222222222222222222222222222222222222222222222"
)

func (f *fakeEngine) start(t *testing.T) {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "d.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(f.serve)}}
	s.Start()
	t.Cleanup(s.Close)
	t.Setenv("DOCKER_HOST", "unix://"+socket)
}

func (f *fakeEngine) serve(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if rest, ok := strings.CutPrefix(path, "/v1.41"); ok {
		path = rest
	}
	switch {
	case path == "/_ping":
		w.Header().Set("Api-Version", "1.41")
	case path == "/version":
		arch := f.arch
		if arch == "" {
			arch = "amd64"
		}
		answer(w, map[string]string{"Version": "20.10.24", "ApiVersion": "1.41", "Os": "linux", "Arch": arch})
	case path == "/build":
		f.mu.Lock()
		f.builds++
		f.query, f.files = r.URL.Query(), nil
		for t := tar.NewReader(r.Body); ; {
			h, err := t.Next()
			if err != nil {
				break
			}
			f.files = append(f.files, h.Name)
		}
		sort.Strings(f.files)
		f.mu.Unlock()
		if f.build != nil {
			f.build(w, r)
			return
		}
		answer(w, map[string]any{"stream": "Step 1/1 : FROM scratch\n"}, map[string]any{"aux": map[string]string{"ID": builtID}})
	case strings.HasSuffix(path, "/push"):
		f.mu.Lock()
		f.pushes++
		f.auth = r.Header.Get("X-Registry-Auth")
		f.mu.Unlock()
		if f.push != nil {
			f.push(w, r)
			return
		}
		answer(w, map[string]any{"status": "Pushed", "id": "abc"}, map[string]any{"aux": map[string]any{"Tag": "t", "Digest": pushedDigest, "Size": 1}})
	case strings.HasPrefix(path, "/distribution/"):
		if f.tagDigest == "" {
			http.Error(w, `{"message":"manifest unknown"}`, http.StatusNotFound)
			return
		}
		answer(w, map[string]any{"Descriptor": map[string]any{"digest": f.tagDigest}})
	case strings.HasPrefix(path, "/images/"):
		answer(w, map[string]any{"Id": builtID, "RepoDigests": []string{"127.0.0.1:4567/web@" + f.localDigest}})
	default:
		http.Error(w, `{"message":"not scripted: `+path+`"}`, http.StatusNotImplemented)
	}
}

func answer(w http.ResponseWriter, messages ...any) {
	for _, m := range messages {
		_ = json.NewEncoder(w).Encode(m)
	}
}

// says is a push or build that ends in an error of the engine's stream.
func says(message string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		answer(w, map[string]any{"errorDetail": map[string]string{"message": message}, "error": message})
	}
}

// recorder is the display of a test.
type recorder struct {
	mu    sync.Mutex
	lines []string
}

func (r *recorder) Log(_ context.Context, severity diag.Severity, _ resource.URN, msg string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, fmt.Sprintf("%s: %s", severity, msg))
	return nil
}

func (r *recorder) LogStatus(_ context.Context, _ diag.Severity, _ resource.URN, msg string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, msg)
	return nil
}

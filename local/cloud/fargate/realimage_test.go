package fargate

import (
	"archive/tar"
	"bytes"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// push makes an image of testdata/server, with /data as a VOLUME of the user 10001 and /other of the same user without
// one, and returns its name by digest. platform is what the image claims to be for.
func push(t *testing.T, host, platform, arch string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "server")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", binary, "./testdata/server")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	program, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	var files bytes.Buffer
	w := tar.NewWriter(&files)
	for _, f := range []struct {
		tar.Header
		content []byte
	}{
		{tar.Header{Name: "server", Mode: 0o755}, program},
		{tar.Header{Name: "data/", Mode: 0o755, Uid: 10001, Gid: 10001, Typeflag: tar.TypeDir}, nil},
		{tar.Header{Name: "data/file", Mode: 0o644, Uid: 10001, Gid: 10001}, []byte("content")},
		{tar.Header{Name: "other/", Mode: 0o755, Uid: 10001, Gid: 10001, Typeflag: tar.TypeDir}, nil},
	} {
		f.Size = int64(len(f.content))
		if err := w.WriteHeader(&f.Header); err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write(f.content)
	}
	_ = w.Close()
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(files.Bytes())), nil })
	if err != nil {
		t.Fatal(err)
	}
	image, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		t.Fatal(err)
	}
	image, err = mutate.ConfigFile(image, func() *v1.ConfigFile {
		config, _ := image.ConfigFile()
		config = config.DeepCopy()
		config.OS, config.Architecture = "linux", platform
		config.Config = v1.Config{
			Entrypoint: []string{"/server"}, Volumes: map[string]struct{}{"/data": {}},
			Env: []string{"HOSTNAME=from-image", "IMAGE=from-image", "ONLY=from-image"},
		}
		return config
	}())
	if err != nil {
		t.Fatal(err)
	}
	tag, err := name.ParseReference(host + "/web:" + platform)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(tag, image, remote.WithAuth(&authn.Basic{Username: "AWS", Password: "token"})); err != nil {
		t.Fatal(err)
	}
	digest, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return host + "/web@" + digest.String()
}

// startRegistry takes the credentials that ECR gives out.
func startRegistry(t *testing.T) string {
	images := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "AWS" || password != "token" {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			http.Error(w, `{"errors":[{"code":"UNAUTHORIZED","message":"no basic auth credentials"}]}`, http.StatusUnauthorized)
			return
		}
		images.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

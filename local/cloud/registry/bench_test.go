package registry

import (
	"context"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"sallyport/local/cloud/moto"
)

const region = "eu-west-1"

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// bench is a registry before a real moto, and a client that is logged in.
type bench struct {
	*testing.T
	registry *Registry
	ecr      ECR
	host     string
	password string
	dir      string
}

func setUp(t *testing.T) bench {
	executable, err := moto.Find(t.Context(), t.TempDir(), os.Stderr)
	if err != nil {
		t.Skip(err)
	}
	up := make(chan moto.State, 1)
	api := &moto.Server{Executable: executable, Dir: t.TempDir(), Log: quiet, Started: func(s moto.State) { up <- s }}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- api.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	select {
	case <-up:
	case err := <-done:
		done <- err
		t.Fatal(err)
	}
	for _, up := api.Address(); !up; _, up = api.Address() {
	}
	tokens, catalog, dir := NewTokens(), ECR{Address: api.Address}, t.TempDir()
	registry, err := New(dir, tokens, catalog, quiet)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(registry)
	t.Cleanup(server.Close)
	return bench{T: t, registry: registry, ecr: catalog, host: strings.TrimPrefix(server.URL, "http://"), password: tokens.Password(region), dir: dir}
}

func (b bench) in(t *testing.T) bench { b.T = t; return b }

// create makes a repository in ECR.
func (b bench) create(name, mutability string) {
	b.Helper()
	input := map[string]any{"repositoryName": name, "imageTagMutability": mutability}
	if err := b.ecr.call(b.Context(), region, "CreateRepository", input, nil); err != nil {
		b.Fatal(err)
	}
}

func (b bench) reference(text string) name.Reference {
	b.Helper()
	reference, err := name.ParseReference(b.host + "/" + text)
	if err != nil {
		b.Fatal(err)
	}
	return reference
}

func (b bench) login() remote.Option {
	return remote.WithAuth(&authn.Basic{Username: "AWS", Password: b.password})
}

func (b bench) image() (v1.Image, string) {
	b.Helper()
	image, err := random.Image(1000, 2)
	if err != nil {
		b.Fatal(err)
	}
	digest, err := image.Digest()
	if err != nil {
		b.Fatal(err)
	}
	return image, digest.String()
}

// refused fails unless the error holds the code and the words.
func (b bench) refused(err error, words ...string) {
	b.Helper()
	for _, word := range words {
		if err == nil || !strings.Contains(err.Error(), word) {
			b.Errorf("error %v, want %q in it", err, word)
		}
	}
}

func (b bench) files() int {
	files, _ := filepath.Glob(filepath.Join(b.dir, "blobs", "sha256", "*"))
	return len(files)
}

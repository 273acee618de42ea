package registry

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
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

func TestRegistry(t *testing.T) {
	all := setUp(t)
	t.Run("a push is known to ECR, and can be pulled by tag and by digest", func(t *testing.T) {
		b := all.in(t)
		b.create("team/web/app", "IMMUTABLE")
		image, digest := b.image()
		if err := remote.Write(b.reference("team/web/app:v1"), image, b.login()); err != nil {
			t.Fatal(err)
		}
		images, err := b.ecr.Images(t.Context(), region, "team/web/app")
		if err != nil || len(images) != 1 || strings.Join(images[digest], " ") != "v1" {
			t.Errorf("images %v, error %v, want %s with v1", images, err, digest)
		}
		for _, reference := range []string{"team/web/app:v1", "team/web/app@" + digest} {
			pulled, err := remote.Image(b.reference(reference), b.login())
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := pulled.Digest(); got.String() != digest {
				t.Errorf("%s: %s, want %s", reference, got, digest)
			}
			if layers, err := pulled.Layers(); err != nil || len(layers) != 2 {
				t.Errorf("layers %v, %v", layers, err)
			} else if _, err := layers[0].Uncompressed(); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("a push to a repository that does not exist is refused", func(t *testing.T) {
		b := all.in(t)
		image, _ := b.image()
		err := remote.Write(b.reference("nowhere:v1"), image, b.login())
		b.refused(err, "NAME_UNKNOWN", "The repository with name 'nowhere' does not exist in the registry with id '123456789012'")
	})
	t.Run("a repository of another region does not exist", func(t *testing.T) {
		b := all.in(t)
		b.create("here", "IMMUTABLE")
		b.password = b.registry.tokens.Password("us-east-1")
		image, _ := b.image()
		b.refused(remote.Write(b.reference("here:v1"), image, b.login()), "NAME_UNKNOWN")
	})
	t.Run("another image under a tag of an immutable repository is refused, and the tag stays", func(t *testing.T) {
		b := all.in(t)
		b.create("fixed", "IMMUTABLE")
		image, digest := b.image()
		other, _ := b.image()
		if err := remote.Write(b.reference("fixed:v1"), image, b.login()); err != nil {
			t.Fatal(err)
		}
		err := remote.Write(b.reference("fixed:v1"), other, b.login())
		b.refused(err, "TAG_INVALID", "The image tag 'v1' already exists in the 'fixed' repository and cannot be overwritten because the repository is immutable.")
		if now, err := remote.Head(b.reference("fixed:v1"), b.login()); err != nil || now.Digest.String() != digest {
			t.Errorf("v1 is %v, error %v, want %s", now, err, digest)
		}
		if err := remote.Write(b.reference("fixed:v1"), image, b.login()); err != nil {
			t.Errorf("the same image again: %v", err)
		}
		if err := remote.Write(b.reference("fixed:v2"), image, b.login()); err != nil {
			t.Errorf("the same image under another tag: %v", err)
		}
	})
	t.Run("a tag of a mutable repository moves", func(t *testing.T) {
		b := all.in(t)
		b.create("moving", "MUTABLE")
		image, _ := b.image()
		other, digest := b.image()
		for _, pushed := range []v1.Image{image, other} {
			if err := remote.Write(b.reference("moving:latest"), pushed, b.login()); err != nil {
				t.Fatal(err)
			}
		}
		if now, err := remote.Head(b.reference("moving:latest"), b.login()); err != nil || now.Digest.String() != digest {
			t.Errorf("latest is %v, error %v, want %s", now, err, digest)
		}
	})
	t.Run("an index with its images is taken twice", func(t *testing.T) {
		b := all.in(t)
		b.create("multi", "IMMUTABLE")
		image, _ := b.image()
		index := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: image})
		for range 2 {
			if err := remote.WriteIndex(b.reference("multi:v1"), index, b.login()); err != nil {
				t.Fatal(err)
			}
		}
		if images, err := b.ecr.Images(t.Context(), region, "multi"); err != nil || len(images) != 2 {
			t.Errorf("images %v, error %v, want the index and its image", images, err)
		}
	})
	t.Run("images that ECR deleted are gone, and layers that others use are not", func(t *testing.T) {
		b := all.in(t)
		b.create("pruned", "IMMUTABLE")
		b.create("other", "IMMUTABLE")
		image, digest := b.image()
		for _, reference := range []string{"pruned:v1", "other:v1"} {
			if err := remote.Write(b.reference(reference), image, b.login()); err != nil {
				t.Fatal(err)
			}
		}
		before := b.files()
		input := map[string]any{"repositoryName": "pruned", "imageIds": []map[string]string{{"imageDigest": digest}}}
		if err := b.ecr.call(t.Context(), region, "BatchDeleteImage", input, nil); err != nil {
			t.Fatal(err)
		}
		if err := b.registry.Prune(t.Context(), region, "pruned"); err != nil {
			t.Fatal(err)
		}
		for _, reference := range []string{"pruned:v1", "pruned@" + digest} {
			if _, err := remote.Head(b.reference(reference), b.login()); err == nil {
				t.Errorf("%s can be pulled", reference)
			}
		}
		if b.files() != before {
			t.Errorf("%d layers, want %d", b.files(), before)
		}
		b.registry.Drop(region, "other")
		if b.files() != before-3 {
			t.Errorf("%d layers after the other is dropped too, want %d", b.files(), before-3)
		}
	})
	t.Run("a reset leaves no image", func(t *testing.T) {
		b := all.in(t)
		if err := b.registry.Reset(); err != nil {
			t.Fatal(err)
		}
		if b.files() != 0 || b.registry.Repositories() != 0 {
			t.Errorf("%d layers, %d repositories", b.files(), b.registry.Repositories())
		}
	})
}

// catalog stands for ECR where the real one is not asked.
type catalog struct{ err error }

func (c catalog) Repository(context.Context, string, string) error { return c.err }

func (c catalog) Images(context.Context, string, string) (map[string][]string, error) {
	return nil, c.err
}

func (c catalog) PutImage(context.Context, string, string, string, string, string, []byte) error {
	return c.err
}

func TestRegistryRefuses(t *testing.T) {
	tokens := NewTokens()
	good := tokens.Password(region)
	ask := func(t *testing.T, c catalog, method, path, body, user, password string) (*http.Response, string) {
		registry, err := New(t.TempDir(), tokens, c, quiet)
		if err != nil {
			t.Fatal(err)
		}
		request := httptest.NewRequest(method, path, strings.NewReader(body))
		if user != "" {
			request.SetBasicAuth(user, password)
		}
		recorder := httptest.NewRecorder()
		registry.ServeHTTP(recorder, request)
		var answer struct {
			Errors []struct{ Code, Message string }
		}
		if err := json.Unmarshal(recorder.Body.Bytes(), &answer); err != nil || len(answer.Errors) != 1 {
			return recorder.Result(), recorder.Body.String()
		}
		return recorder.Result(), answer.Errors[0].Code + ": " + answer.Errors[0].Message
	}
	layerless := `{"schemaVersion":2,"config":{"digest":"sha256:` + strings.Repeat("a", 64) + `"},"layers":[]}`
	for name, c := range map[string]struct {
		catalog                            catalog
		method, path, body, user, password string
		status                             int
		want                               string
	}{
		"no password":                  {method: "GET", path: "/v2/", status: 401, want: "UNAUTHORIZED: authentication required: log in as user AWS with the password of `aws ecr get-login-password`; it changes when the local cloud starts"},
		"another user":                 {method: "GET", path: "/v2/", user: "me", password: good, status: 401, want: "UNAUTHORIZED"},
		"a password of another cloud":  {method: "GET", path: "/v2/", user: "AWS", password: NewTokens().Password(region), status: 401, want: "UNAUTHORIZED"},
		"a password of another region": {method: "GET", path: "/v2/", user: "AWS", password: strings.Replace(good, region, "us-east-1", 1), status: 401, want: "UNAUTHORIZED"},
		"a path that is none":          {method: "GET", path: "/v2/_catalog", user: "AWS", password: good, status: 404, want: "UNSUPPORTED: the operation is unsupported: GET /v2/_catalog"},
		"a deletion":                   {method: "DELETE", path: "/v2/web/manifests/v1", user: "AWS", password: good, status: 405, want: "UNSUPPORTED: images are deleted with `aws ecr batch-delete-image`"},
		"a manifest without its layers": {method: "PUT", path: "/v2/web/manifests/v1", body: layerless, user: "AWS", password: good, status: 400,
			want: "MANIFEST_BLOB_UNKNOWN: layers that were not pushed: sha256:" + strings.Repeat("a", 64) + ": push the image again"},
		"a manifest that is none":           {method: "PUT", path: "/v2/web/manifests/v1", body: "<", user: "AWS", password: good, status: 400, want: "MANIFEST_INVALID: manifest: invalid character '<'"},
		"a digest that is another's":        {method: "PUT", path: "/v2/web/manifests/sha256:b", body: layerless, user: "AWS", password: good, status: 400, want: "DIGEST_INVALID: the manifest's digest is sha256:"},
		"anything while the API is down":    {catalog: catalog{io.ErrUnexpectedEOF}, method: "GET", path: "/v2/web/tags/list", user: "AWS", password: good, status: 503, want: "UNAVAILABLE: the registry could not ask ECR: unexpected EOF"},
		"what ECR refuses, in ECR's words":  {catalog: catalog{&APIError{"AccessDeniedException", "no"}}, method: "GET", path: "/v2/web/tags/list", user: "AWS", password: good, status: 400, want: "DENIED: AccessDeniedException: no"},
		"a repository that ECR has not got": {catalog: catalog{&APIError{"RepositoryNotFoundException", "none of that name"}}, method: "POST", path: "/v2/a/b/blobs/uploads/", user: "AWS", password: good, status: 404, want: "NAME_UNKNOWN: none of that name"},
	} {
		t.Run(name, func(t *testing.T) {
			response, got := ask(t, c.catalog, c.method, c.path, c.body, c.user, c.password)
			if response.StatusCode != c.status || !strings.HasPrefix(got, c.want) {
				t.Errorf("%d %s, want %d %s", response.StatusCode, got, c.status, c.want)
			}
			challenge := response.Header.Get("WWW-Authenticate")
			if (c.status == 401) != strings.HasPrefix(challenge, `Basic realm="http://`) {
				t.Errorf("WWW-Authenticate %q with status %d", challenge, c.status)
			}
		})
	}
}

package registry

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// catalog stands for ECR where the real one is not asked.
type catalog struct {
	err    error
	images map[string][]string
	// put counts the images that it was told of.
	put *int
}

func (c catalog) Repository(context.Context, string, string) error { return c.err }

func (c catalog) Images(context.Context, string, string) (map[string][]string, error) {
	return c.images, c.err
}

func (c catalog) PutImage(context.Context, string, string, string, string, string, []byte) error {
	if c.put != nil {
		*c.put++
	}
	return c.err
}

func TestRecord(t *testing.T) {
	const manifest = `{"schemaVersion":2,"layers":[]}`
	digest := fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(manifest)))
	for name, c := range map[string]struct {
		known     map[string][]string
		reference string
		put       int
	}{
		"a new image is told to ECR":                       {nil, "v1", 1},
		"a new image without a tag is told to ECR":         {nil, digest, 1},
		"a known image under a new tag is told to ECR":     {map[string][]string{digest: {"v1"}}, "v2", 1},
		"a known image under its tag is not told again":    {map[string][]string{digest: {"v0", "v1"}}, "v1", 0},
		"a known image that comes by digest is not either": {map[string][]string{digest: {""}}, digest, 0},
	} {
		t.Run(name, func(t *testing.T) {
			tokens, put := NewTokens(), 0
			registry, err := New(t.TempDir(), tokens, catalog{images: c.known, put: &put}, quiet)
			if err != nil {
				t.Fatal(err)
			}
			request := httptest.NewRequest("PUT", "/v2/web/manifests/"+c.reference, strings.NewReader(manifest))
			request.SetBasicAuth("AWS", tokens.Password(region))
			recorder := httptest.NewRecorder()
			registry.ServeHTTP(recorder, request)
			if recorder.Code != 201 || recorder.Header().Get("Docker-Content-Digest") != digest || put != c.put {
				t.Errorf("%d %s, told %d times, want %d", recorder.Code, recorder.Body, put, c.put)
			}
		})
	}
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
		"anything while the API is down":    {catalog: catalog{err: io.ErrUnexpectedEOF}, method: "GET", path: "/v2/web/tags/list", user: "AWS", password: good, status: 503, want: "UNAVAILABLE: the registry could not ask ECR: unexpected EOF"},
		"what ECR refuses, in ECR's words":  {catalog: catalog{err: &APIError{"AccessDeniedException", "no"}}, method: "GET", path: "/v2/web/tags/list", user: "AWS", password: good, status: 400, want: "DENIED: AccessDeniedException: no"},
		"a repository that ECR has not got": {catalog: catalog{err: &APIError{"RepositoryNotFoundException", "none of that name"}}, method: "POST", path: "/v2/a/b/blobs/uploads/", user: "AWS", password: good, status: 404, want: "NAME_UNKNOWN: none of that name"},
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

package engine

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestEnsureBaseImage(t *testing.T) {
	ensure := func(t *testing.T, more http.HandlerFunc) ([]string, error) {
		t.Helper()
		asked := fakeEngine(t, more)
		e, err := Find(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		err = e.EnsureBaseImage(t.Context(), Options{Dir: t.TempDir()}, silent)
		return asked(), err
	}
	missing := func(w http.ResponseWriter) { http.Error(w, `{"message":"no such image"}`, http.StatusNotFound) }

	t.Run("an image that is there is left as it is", func(t *testing.T) {
		for name, labels := range map[string]map[string]string{
			"pulled":                 nil,
			"made from this machine": {BaseLabel: "made", machineLabel: machineDigest()},
		} {
			asked, err := ensure(t, func(w http.ResponseWriter, _ *http.Request) {
				_ = json.NewEncoder(w).Encode(map[string]any{"Id": "x", "Config": map[string]any{"Labels": labels}})
			})
			if err != nil || !slices.Equal(asked, []string{"GET /images/" + BaseImage + "/json"}) {
				t.Errorf("%s: %v, %v", name, asked, err)
			}
		}
	})
	t.Run("where a registry has the public image it is pulled and given the local name", func(t *testing.T) {
		asked, err := ensure(t, func(w http.ResponseWriter, r *http.Request) {
			switch {
			case strings.HasSuffix(r.URL.Path, "/tag"):
				if got := r.URL.Query().Get("repo") + ":" + r.URL.Query().Get("tag"); got != BaseImage {
					t.Errorf("tagged %s", got)
				}
				w.WriteHeader(http.StatusCreated)
			case strings.HasPrefix(r.URL.Path, "/distribution/"), r.URL.Path == "/images/create":
				_, _ = w.Write([]byte("{}"))
			default:
				missing(w)
			}
		})
		want := []string{
			"GET /images/" + BaseImage + "/json", "GET /images/" + PublicBaseImage + "/json",
			"GET /distribution/" + PublicBaseImage + "/json", "POST /images/create", "POST /images/" + PublicBaseImage + "/tag",
		}
		if err != nil || !slices.Equal(asked, want) {
			t.Errorf("%v\n%v", err, asked)
		}
	})
	t.Run("an image of the public name that is there already is not pulled again", func(t *testing.T) {
		asked, err := ensure(t, func(w http.ResponseWriter, r *http.Request) {
			switch {
			case strings.HasSuffix(r.URL.Path, "/tag"):
				w.WriteHeader(http.StatusCreated)
			case strings.Contains(r.URL.Path, "bookworm-slim"):
				_, _ = w.Write([]byte("{}"))
			default:
				missing(w)
			}
		})
		if err != nil || len(asked) != 3 {
			t.Errorf("%v\n%v", err, asked)
		}
	})
}

func TestTree(t *testing.T) {
	t.Run("the CA bundle lands at its own path, and the image's programs are told of it", func(t *testing.T) {
		root, dir := t.TempDir(), t.TempDir()
		bundle := filepath.Join(dir, "company.pem")
		if err := os.WriteFile(bundle, []byte("PEM"), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Setenv("SSL_CERT_FILE", bundle)
		changes, err := copyTrust(root)
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(root, bundle))
		if err != nil || string(b) != "PEM" || changes[0] != "ENV NODE_EXTRA_CA_CERTS="+bundle+" SSL_CERT_FILE="+bundle {
			t.Errorf("%q, %v, %v", b, err, changes)
		}
	})
	t.Run("another CA bundle makes another image", func(t *testing.T) {
		bundle := filepath.Join(t.TempDir(), "company.pem")
		t.Setenv("SSL_CERT_FILE", bundle)
		seen := map[string]bool{}
		for _, content := range []string{"one", "two"} {
			if err := os.WriteFile(bundle, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			seen[machineDigest()] = true
		}
		if len(seen) != 2 {
			t.Errorf("%v", seen)
		}
	})
	t.Run("the files that ldd names are its libraries and the loader", func(t *testing.T) {
		got := lddPaths([]byte("\tlinux-vdso.so.1 (0x00007f)\n\tlibdl.so.2 => /lib/x86_64-linux-gnu/libdl.so.2 (0x00007f)\n\t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n"))
		if !slices.Equal(got, []string{"/lib/x86_64-linux-gnu/libdl.so.2", "/lib64/ld-linux-x86-64.so.2"}) {
			t.Errorf("%v", got)
		}
	})
}

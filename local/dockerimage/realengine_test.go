package dockerimage

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/moby/moby/client"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"sallyport/local/engine/enginetest"
)

// TestRealEngine builds with this machine's engine and pushes to a registry that
// stands on this machine for the test.
func TestRealEngine(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test needs a Docker engine")
	}
	e := enginetest.Start(t)
	v, err := e.Client().ServerVersion(t.Context(), client.ServerVersionOptions{})
	if err != nil {
		t.Fatal(err)
	}

	images := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	refuse := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refuse != 0 {
			http.Error(w, `{"errors":[{"code":"DENIED","message":"by the test"}]}`, refuse)
			return
		}
		images.ServeHTTP(w, r)
	}))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")

	t.Cleanup(func() {
		for _, name := range []string{host, "127.0.0.1:9"} {
			_, _ = e.Client().ImageRemove(context.WithoutCancel(t.Context()), name+"/sallyport-test:1", client.ImageRemoveOptions{})
		}
	})

	with := func(t *testing.T, dockerfile string) (*Provider, resource.PropertyMap) {
		p, inputs := project(t)
		file(t, "app/Dockerfile", dockerfile)
		inputs["imageName"] = resource.NewProperty(host + "/sallyport-test:1")
		inputs["build"] = resource.NewProperty(resource.PropertyMap{
			"context": resource.NewProperty("app"), "platform": resource.NewProperty(v.Os + "/" + v.Arch),
		})
		return p, inputs
	}
	digest := func(t *testing.T, p *Provider, inputs resource.PropertyMap) string {
		t.Helper()
		res, err := create(t, p, inputs, false)
		if err != nil {
			t.Fatal(err)
		}
		return properties(t, res.Properties)["repoDigest"].StringValue()
	}

	t.Run("an image is built and pushed, and the registry has it under the digest", func(t *testing.T) {
		p, inputs := with(t, "FROM scratch\nCOPY main.js /\n")
		ref := digest(t, p, inputs)
		_, sum, _ := strings.Cut(ref, "@")
		res, err := http.Get(server.URL + "/v2/sallyport-test/manifests/" + sum)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", ref, res.Status)
		}
		if again := digest(t, p, inputs); again != ref {
			t.Errorf("the same content gave %s and %s", ref, again)
		}
		file(t, "app/main.js", "another")
		if other := digest(t, p, inputs); other == ref {
			t.Errorf("another content gave the same %s", ref)
		}
	})
	t.Run("a Dockerfile that does not build says where", func(t *testing.T) {
		p, inputs := with(t, "FROM scratch\nCOPY gone.js /\n")
		_, err := create(t, p, inputs, false)
		if err == nil || !strings.Contains(err.Error(), "at step 2/2, `COPY gone.js /`") {
			t.Errorf("%v", err)
		}
	})
	t.Run("a Dockerfile that can't be read says so", func(t *testing.T) {
		p, inputs := with(t, "FRM scratch\n")
		_, err := create(t, p, inputs, false)
		if err == nil || !strings.Contains(strings.ToLower(err.Error()), "unknown instruction: frm") {
			t.Errorf("%v", err)
		}
	})
	t.Run("a base image that is nowhere says so", func(t *testing.T) {
		p, inputs := with(t, "FROM localhost/sallyport-test/none\n")
		_, err := create(t, p, inputs, false)
		if err == nil || !strings.Contains(err.Error(), "The base image is not on this engine: `make up` makes it.") {
			t.Errorf("%v", err)
		}
	})
	// Not here: 500. The engine repeats such a push five times, for 50 s in all.
	for code, want := range map[int]string{
		http.StatusForbidden:    "refuses the credentials",
		http.StatusUnauthorized: "refuses the credentials",
	} {
		t.Run("a push answered with "+http.StatusText(code)+" fails", func(t *testing.T) {
			refuse = code
			defer func() { refuse = 0 }()
			p, inputs := with(t, "FROM scratch\nCOPY main.js /\n")
			file(t, "app/main.js", "for "+http.StatusText(code))
			_, err := create(t, p, inputs, false)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v", err)
			}
		})
	}
	t.Run("a push to where nothing listens fails", func(t *testing.T) {
		p, inputs := with(t, "FROM scratch\nCOPY main.js /\n")
		inputs["imageName"] = resource.NewProperty("127.0.0.1:9/sallyport-test:1")
		_, err := create(t, p, inputs, false)
		if err == nil || !strings.Contains(err.Error(), "nothing listens at 127.0.0.1:9: start the registry") {
			t.Errorf("%v", err)
		}
	})
}

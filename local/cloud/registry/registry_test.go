package registry

import (
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

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

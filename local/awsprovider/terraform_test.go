package awsprovider

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestFindTerraformProvider(t *testing.T) {
	file := func(t *testing.T, parts ...string) string {
		t.Helper()
		path := filepath.Join(parts...)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	mirror := func(t *testing.T, root, version string) string {
		return file(t, root, "registry.terraform.io", "hashicorp", "aws", version, runtime.GOOS+"_"+runtime.GOARCH, "terraform-provider-aws_v"+version+"_x5")
	}
	find := func(t *testing.T) string {
		t.Helper()
		got, err := FindTerraformProvider()
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	t.Setenv("SALLYPORT_TF_AWS", "")
	t.Setenv("TF_PLUGIN_CACHE_DIR", "")

	t.Run("the variable comes first", func(t *testing.T) {
		cache := t.TempDir()
		mirror(t, cache, TerraformVersion)
		want := file(t, t.TempDir(), "provider")
		t.Setenv("TF_PLUGIN_CACHE_DIR", cache)
		t.Setenv("SALLYPORT_TF_AWS", want)
		if got := find(t); got != want {
			t.Errorf("found %q, want %q", got, want)
		}
	})
	t.Run("a variable that names no file is an error, not passed over", func(t *testing.T) {
		t.Setenv("SALLYPORT_TF_AWS", t.TempDir())
		if _, err := FindTerraformProvider(); err == nil {
			t.Error("no error")
		}
	})
	t.Run("then Terraform's plugin cache, then the mirror in the home folder", func(t *testing.T) {
		home, cache := t.TempDir(), t.TempDir()
		t.Setenv("HOME", home)
		inHome := mirror(t, filepath.Join(home, ".terraform.d", "plugins"), TerraformVersion)
		if got := find(t); got != inHome {
			t.Errorf("found %q, want %q", got, inHome)
		}
		t.Setenv("TF_PLUGIN_CACHE_DIR", cache)
		inCache := mirror(t, cache, TerraformVersion)
		if got := find(t); got != inCache {
			t.Errorf("found %q, want %q", got, inCache)
		}
	})
	t.Run("another version does not serve", func(t *testing.T) {
		cache := t.TempDir()
		t.Setenv("HOME", t.TempDir())
		t.Setenv("TF_PLUGIN_CACHE_DIR", cache)
		other := mirror(t, cache, "5.99.0")
		if got := find(t); got == other {
			t.Errorf("found %q", got)
		}
	})
}

package dockerimage

import (
	"io/fs"
	"os"
	"slices"
	"testing"
)

func TestBuildContext(t *testing.T) {
	files := func(t *testing.T, img image) []string {
		t.Helper()
		c, err := openContext(img)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		if err := c.walk(func(name, _ string, fi fs.FileInfo) error {
			if !fi.IsDir() {
				names = append(names, name)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return names
	}
	img := image{context: "app", dockerfile: "app/Dockerfile"}

	t.Run("an ignored folder is not even opened", func(t *testing.T) {
		project(t)
		file(t, "app/lib/a.js", "1")
		c, err := openContext(img)
		if err != nil {
			t.Fatal(err)
		}
		var opened []string
		c.readDir = func(dir string) ([]fs.DirEntry, error) {
			opened = append(opened, dir)
			return os.ReadDir(dir)
		}
		if _, err := c.digest(); err != nil || !slices.Equal(opened, []string{"app", "app/lib"}) {
			t.Errorf("opened %v, %v", opened, err)
		}
	})
	t.Run("an exception brings a file of an ignored folder back", func(t *testing.T) {
		project(t)
		file(t, "app/.dockerignore", "node_modules\n!node_modules/x/index.js\nmain.js\n.dockerignore\nDockerfile\n")
		file(t, "app/node_modules/y/index.js", "1")
		if got := files(t, img); !slices.Equal(got, []string{"node_modules/x/index.js"}) {
			t.Errorf("%v", got)
		}
	})
	t.Run("the Dockerfile's own ignore file goes before the context's", func(t *testing.T) {
		project(t)
		file(t, "app/Dockerfile.dockerignore", "*.js\nnode_modules\n*ignore\n")
		if got := files(t, img); !slices.Equal(got, []string{"Dockerfile"}) {
			t.Errorf("%v", got)
		}
	})
	t.Run("the digest knows name, content, permissions and the target of a link", func(t *testing.T) {
		project(t)
		digest := func() string {
			c, err := openContext(img)
			if err != nil {
				t.Fatal(err)
			}
			d, err := c.digest()
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		seen := map[string]string{digest(): "the start"}
		for _, step := range []struct {
			name   string
			change func() error
		}{
			{"another content", func() error { return os.WriteFile("app/main.js", []byte("2"), 0o644) }},
			{"another name", func() error { return os.Rename("app/main.js", "app/other.js") }},
			{"other permissions", func() error { return os.Chmod("app/other.js", 0o755) }},
			{"a link", func() error { return os.Symlink("other.js", "app/link") }},
			{"another target", func() error { _ = os.Remove("app/link"); return os.Symlink("gone.js", "app/link") }},
			{"another Dockerfile", func() error { return os.WriteFile("app/Dockerfile", []byte("FROM scratch\n"), 0o644) }},
		} {
			if err := step.change(); err != nil {
				t.Fatal(err)
			}
			d := digest()
			if before, ok := seen[d]; ok {
				t.Errorf("%s has the digest of %s", step.name, before)
			}
			seen[d] = step.name
		}
	})
	t.Run("a Dockerfile that .dockerignore excludes still counts", func(t *testing.T) {
		project(t)
		file(t, "app/.dockerignore", "Dockerfile\n")
		c, err := openContext(img)
		if err != nil {
			t.Fatal(err)
		}
		before, err := c.digest()
		if err != nil {
			t.Fatal(err)
		}
		file(t, "app/Dockerfile", "FROM scratch\n")
		if after, err := c.digest(); err != nil || after == before {
			t.Errorf("%s, then %s, %v", before, after, err)
		}
	})
}

func TestMayMatchBelow(t *testing.T) {
	for _, c := range []struct {
		pattern, dir string
		want         bool
	}{
		{"a/b", "a", true},
		{"a/b", "a/b", true},
		{"a", "a/b", true},
		{"**/b", "x/y", true},
		{"a*/b", "abc", true},
		{"a/b", "b", false},
		{"a/b", "a/c", false},
	} {
		if got := mayMatchBelow(c.pattern, c.dir); got != c.want {
			t.Errorf("%s below %s: %v", c.pattern, c.dir, got)
		}
	}
}

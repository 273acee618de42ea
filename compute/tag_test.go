package compute

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// site is a small build context: the content of each file by its path.
func site(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for path, content := range files {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// tag is that of a folder which is given relative to the project, as app.context is.
func tag(t *testing.T, dir string, args map[string]string, platform string) string {
	t.Helper()
	t.Chdir(dir)
	return tagIn(t, ".", args, platform, false)
}

func tagIn(t *testing.T, context string, args map[string]string, platform string, buildOnPreview bool) string {
	t.Helper()
	got, err := contentHash(context, args, platform, buildOnPreview)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestContentTag(t *testing.T) {
	base := map[string]string{
		".dockerignore":       "node_modules\n*.log\n!kept.log\nDockerfile\n",
		"Dockerfile":          "FROM scratch\n",
		"app/page.tsx":        "hello",
		"node_modules/a/x.js": "x",
		"debug.log":           "noise",
		"kept.log":            "kept",
	}
	with := func(changes map[string]string) map[string]string {
		files := maps.Clone(base)
		maps.Copy(files, changes)
		return files
	}
	args := map[string]string{"BASE_IMAGE": "node:24", "CA": "pem"}
	const platform = "linux/amd64"
	want := tag(t, site(t, base), args, platform)

	t.Run("a tag is 16 hexadecimal digits", func(t *testing.T) {
		if len(want) != 16 || strings.Trim(want, "0123456789abcdef") != "" {
			t.Errorf("got %q", want)
		}
	})
	for name, files := range map[string]map[string]string{
		"the same content in another checkout has the same tag": base,
		"a file that .dockerignore names does not matter":       with(map[string]string{"debug.log": "more noise"}),
		"nor does a new one":                     with(map[string]string{"other.log": "noise"}),
		"nor does one in a folder that it names": with(map[string]string{"node_modules/b/y.js": "y"}),
	} {
		t.Run(name, func(t *testing.T) {
			if got := tag(t, site(t, files), args, platform); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
	t.Run("the time of a change does not matter", func(t *testing.T) {
		dir := site(t, base)
		past := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
		if err := os.Chtimes(filepath.Join(dir, "app/page.tsx"), past, past); err != nil {
			t.Fatal(err)
		}
		if got := tag(t, dir, args, platform); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
	for name, files := range map[string]map[string]string{
		"one byte changes the tag":                             with(map[string]string{"app/page.tsx": "hellp"}),
		"a new file changes it":                                with(map[string]string{"app/new.tsx": ""}),
		"a file that .dockerignore excepts changes it":         with(map[string]string{"kept.log": "changed"}),
		"the Dockerfile changes it, even where it is ignored":  with(map[string]string{"Dockerfile": "FROM busybox\n"}),
		"a byte that moves from one file to the next does too": with(map[string]string{"app/page.tsx": "hellok", "kept.log": "ept"}),
	} {
		t.Run(name, func(t *testing.T) {
			if got := tag(t, site(t, files), args, platform); got == want {
				t.Errorf("it is still %s", got)
			}
		})
	}
	t.Run("another name for the same file changes it", func(t *testing.T) {
		files := with(map[string]string{"app/start.tsx": "hello"})
		delete(files, "app/page.tsx")
		if tag(t, site(t, files), args, platform) == want {
			t.Error("it does not")
		}
	})
	t.Run("a file's mode changes it", func(t *testing.T) {
		dir := site(t, base)
		if err := os.Chmod(filepath.Join(dir, "app/page.tsx"), 0o755); err != nil {
			t.Fatal(err)
		}
		if tag(t, dir, args, platform) == want {
			t.Error("it does not")
		}
	})
	t.Run("where a symbolic link points changes it", func(t *testing.T) {
		one, other := site(t, base), site(t, base)
		for dir, target := range map[string]string{one: "page.tsx", other: "else.tsx"} {
			if err := os.Symlink(target, filepath.Join(dir, "app/link")); err != nil {
				t.Fatal(err)
			}
		}
		if tag(t, one, args, platform) == tag(t, other, args, platform) {
			t.Error("it does not")
		}
	})
	t.Run("an empty folder changes it, since it would be in the image", func(t *testing.T) {
		dir := site(t, base)
		if err := os.Mkdir(filepath.Join(dir, "public"), 0o755); err != nil {
			t.Fatal(err)
		}
		if tag(t, dir, args, platform) == want {
			t.Error("it does not")
		}
	})
	t.Run("a build argument changes it", func(t *testing.T) {
		for _, other := range []map[string]string{nil, {"BASE_IMAGE": "node:26", "CA": "pem"}, {"BASE_IMAGE": "node:24"}} {
			if tag(t, site(t, base), other, platform) == want {
				t.Errorf("with %v it does not", other)
			}
		}
	})
	t.Run("the platform changes it", func(t *testing.T) {
		if tag(t, site(t, base), args, "linux/arm64") == want {
			t.Error("it does not")
		}
	})
	t.Run("another folder of the same content changes it: the docker provider would push again", func(t *testing.T) {
		t.Chdir(t.TempDir())
		for _, folder := range []string{"one", "other"} {
			if err := os.CopyFS(folder, os.DirFS(site(t, base))); err != nil {
				t.Fatal(err)
			}
		}
		if tagIn(t, "one", args, platform, false) == tagIn(t, "other", args, platform, false) {
			t.Error("it does not")
		}
	})
	t.Run("building in a preview changes it, for the same reason", func(t *testing.T) {
		t.Chdir(site(t, base))
		if tagIn(t, ".", args, platform, true) == want {
			t.Error("it does not")
		}
	})
	t.Run("a context that does not exist is an error", func(t *testing.T) {
		if _, err := contentHash(filepath.Join(t.TempDir(), "none"), nil, platform, false); err == nil {
			t.Error("no error")
		}
	})
	t.Run("a pattern that can't be read is an error that names the file", func(t *testing.T) {
		_, err := contentHash(site(t, map[string]string{".dockerignore": "[", "Dockerfile": ""}), nil, platform, false)
		if err == nil || !strings.Contains(err.Error(), ".dockerignore") {
			t.Errorf("got %v", err)
		}
	})
}

func TestTheDockerfilesOwnIgnoreFileGoesFirst(t *testing.T) {
	hash := func(main, other string) string {
		t.Helper()
		t.Chdir(site(t, map[string]string{
			"Dockerfile": "", "Dockerfile.dockerignore": "*.md\n*ignore\n", ".dockerignore": "*.js\n*ignore\n", "main.js": main, "x.md": other,
		}))
		sum, err := contentHash(".", nil, "linux/amd64", false)
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	if hash("a", "a") != hash("a", "b") {
		t.Error("a file that Dockerfile.dockerignore names changes the hash")
	}
	if hash("a", "a") == hash("b", "a") {
		t.Error("a file that only .dockerignore names does not change the hash")
	}
}

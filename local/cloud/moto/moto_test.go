package moto

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func script(t *testing.T, name, text string) string {
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFind(t *testing.T) {
	t.Run("the variable comes first", func(t *testing.T) {
		path := script(t, "mine", "")
		t.Setenv("SALLYPORT_MOTO_SERVER", path)
		if got, err := Find(t.Context(), t.TempDir(), io.Discard); got != path || err != nil {
			t.Error(got, err)
		}
	})
	t.Run("a variable that names nothing is an error, not passed over", func(t *testing.T) {
		t.Setenv("SALLYPORT_MOTO_SERVER", "/nowhere/moto_server")
		_, err := Find(t.Context(), t.TempDir(), io.Discard)
		if want := "SALLYPORT_MOTO_SERVER=/nowhere/moto_server: "; err == nil || !strings.HasPrefix(err.Error(), want) || !strings.HasSuffix(err.Error(), ": set it to the path of a moto_server, or unset it") {
			t.Error(err)
		}
	})
	t.Run("PATH comes second", func(t *testing.T) {
		path := script(t, "moto_server", "")
		t.Setenv("PATH", filepath.Dir(path))
		if got, err := Find(t.Context(), t.TempDir(), io.Discard); got != path || err != nil {
			t.Error(got, err)
		}
	})
	t.Run("an environment that was made before comes third", func(t *testing.T) {
		dir := t.TempDir()
		t.Setenv("PATH", t.TempDir())
		want := filepath.Join(dir, "moto-5.2.1", "bin", "moto_server")
		if err := os.MkdirAll(filepath.Dir(want), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(want, nil, 0o700); err != nil {
			t.Fatal(err)
		}
		if got, err := Find(t.Context(), dir, io.Discard); got != want || err != nil {
			t.Error(got, err)
		}
	})
	t.Run("without Python, the error says what to install", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		_, err := Find(t.Context(), t.TempDir(), io.Discard)
		want := "moto_server was found neither in SALLYPORT_MOTO_SERVER nor on PATH, and installing it failed: python3 is not on PATH: install Python 3.10 or newer with its venv module (Debian: `apt-get install python3-venv`)\n" +
			"Install it yourself with `pip install 'moto[server]==5.2.1'` and put moto_server on PATH, or set SALLYPORT_MOTO_SERVER to its path"
		if err == nil || err.Error() != want {
			t.Error(err)
		}
	})
	t.Run("an installation that fails leaves nothing that looks like one", func(t *testing.T) {
		dir := t.TempDir()
		python := script(t, "python3", `[ "$1" = -c ] && exit 0; /bin/mkdir -p "$3/bin"; echo no venv module; exit 1`)
		t.Setenv("PATH", filepath.Dir(python))
		_, err := Find(t.Context(), dir, io.Discard)
		if err == nil || !strings.Contains(err.Error(), "python3 -m venv: exit status 1: no venv module") {
			t.Error(err)
		}
		if left, _ := os.ReadDir(dir); len(left) != 0 {
			t.Errorf("left %v", left)
		}
	})
}

func TestEnvironment(t *testing.T) {
	t.Setenv("AWS_PROFILE", "mine")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "mine")
	t.Setenv("HTTPS_PROXY", "http://user:mine@proxy")
	t.Setenv("GITHUB_TOKEN", "mine")
	got := strings.Join(environment("/d"), "\n")
	if strings.Contains(got, "mine") {
		t.Errorf("something of the user's is in it: %s", got)
	}
	for _, want := range []string{"PATH=", "SALLYPORT_MOTO_OF=/d", "MOTO_IAM_LOAD_MANAGED_POLICIES=true", "AWS_SECRET_ACCESS_KEY=test"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in %s", want, got)
		}
	}
}

func TestOutput(t *testing.T) {
	var log bytes.Buffer
	o := &output{log: slog.New(slog.NewTextHandler(&log, nil))}
	for _, part := range []string{
		`127.0.0.1 - - [21/Nov/2026 21:10:14] "GET /b/k?X-Amz-Signature=feedbeef HTTP/1.1" 206 -` + "\n",
		"127.0.0.1 - - [21/Nov/2026 21:10:14] \"\x1b[31m\x1b[1mPOST / HTTP/1.1\x1b[0m\" 400 -\n",
		"Trace", "back\nlast ", "words",
	} {
		if n, err := o.Write([]byte(part)); n != len(part) || err != nil {
			t.Fatal(n, err)
		}
	}
	if got := o.tail(); got != "; its last lines:\n  Traceback\n  last words" {
		t.Errorf("tail %q", got)
	}
	if strings.Contains(log.String(), "HTTP/1.1") || !strings.Contains(log.String(), "msg=Traceback from=moto") {
		t.Error(log.String())
	}
	if got := (&output{}).tail(); got != " (it printed nothing)" {
		t.Errorf("tail %q", got)
	}
}

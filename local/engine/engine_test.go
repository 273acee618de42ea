package engine

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"sallyport/local/debian"
)

// fakeEngine listens where DOCKER_HOST says and answers like an engine; more
// answers what is asked besides the version. It returns what was asked.
func fakeEngine(t *testing.T, more http.HandlerFunc) func() []string {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "d.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var asked []string
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = strings.TrimPrefix(r.URL.Path, "/v1.41")
		switch r.URL.Path {
		case "/_ping":
			w.Header().Set("Api-Version", "1.41")
		case "/version":
			_ = json.NewEncoder(w).Encode(map[string]string{"Version": "20.10.24", "ApiVersion": "1.41"})
		default:
			mu.Lock()
			asked = append(asked, r.Method+" "+r.URL.Path)
			mu.Unlock()
			more(w, r)
		}
	})}}
	s.Start()
	t.Cleanup(s.Close)
	t.Setenv("DOCKER_HOST", "unix://"+socket)
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(asked)
	}
}

func TestEnsure(t *testing.T) {
	t.Run("an engine that runs is used as it is", func(t *testing.T) {
		fakeEngine(t, nil)
		e, err := Ensure(t.Context(), Options{Dir: t.TempDir()}, silent)
		if err != nil {
			t.Fatal(err)
		}
		if e.Version != "20.10.24" || e.Ours || e.Host != os.Getenv("DOCKER_HOST") {
			t.Errorf("%+v", e)
		}
	})
	t.Run("where DOCKER_HOST does not answer nothing is installed or started", func(t *testing.T) {
		t.Setenv("DOCKER_HOST", "unix://"+filepath.Join(t.TempDir(), "none.sock"))
		_, err := Ensure(t.Context(), Options{Dir: t.TempDir()}, func(format string, _ ...any) { t.Error(format) })
		if err == nil || !strings.Contains(err.Error(), "(from DOCKER_HOST)") || !strings.Contains(err.Error(), "unset DOCKER_HOST") {
			t.Errorf("%v", err)
		}
	})
}

func TestNotAnswering(t *testing.T) {
	refused := errors.New("connect: no such file")
	debian := []string{"debian"}
	for _, c := range []struct {
		name  string
		m     machine
		err   error
		next  string
		start bool
	}{
		{"macOS", machine{os: "darwin"}, refused, "start Docker Desktop", false},
		{"no permission", machine{os: "linux", ids: debian}, os.ErrPermission, "sudo usermod -aG docker", false},
		{"stopped, with systemd", machine{os: "linux", ids: debian, hasDockerd: true, systemd: true, root: true}, refused, "sudo systemctl start docker", false},
		{"stopped, not root", machine{os: "linux", ids: debian, hasDockerd: true}, refused, "start it as root", false},
		{"stopped, root", machine{os: "linux", ids: debian, hasDockerd: true, root: true}, refused, "`make up`, which starts it", true},
		{"none on Debian, not root", machine{os: "linux", ids: debian}, refused, "sudo apt-get install docker.io", false},
		{"none on Debian, root", machine{os: "linux", ids: debian, root: true}, refused, "`make up`, which installs it", true},
		{"none on Ubuntu, root", machine{os: "linux", ids: []string{"ubuntu", "debian"}, root: true}, refused, "`make up`, which installs it", true},
		{"none on Fedora, root", machine{os: "linux", ids: []string{"fedora"}, root: true}, refused, "https://docs.docker.com/engine/install/", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := notAnswering(c.m, "/var/run/docker.sock", c.err)
			if !strings.HasPrefix(err.Error(), "the Docker engine does not answer at /var/run/docker.sock: ") || !strings.Contains(err.Error(), c.next) {
				t.Errorf("%v", err)
			}
			if c.m.canStart() != c.start {
				t.Errorf("canStart is %v", c.m.canStart())
			}
		})
	}
}

func TestRelease(t *testing.T) {
	t.Run("ID comes before ID_LIKE, with and without quotes", func(t *testing.T) {
		got := debian.Distribution([]byte("NAME=\"Ubuntu\"\nID_LIKE=\"debian other\"\nID=ubuntu\n"))
		if !slices.Equal(got, []string{"ubuntu", "debian", "other"}) {
			t.Errorf("%v", got)
		}
	})
}

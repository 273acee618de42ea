package cloud

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/moby/moby/client"

	"sallyport/local/cloud/fargate"
)

// engineWithBridge is an engine whose default bridge has that network and gateway.
func engineWithBridge(t *testing.T, subnet, gateway string) *client.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Api-Version", "1.41")
		fmt.Fprintf(w, `{"Name":"bridge","IPAM":{"Config":[{"Subnet":%q,"Gateway":%q}]}}`, subnet, gateway)
	}))
	t.Cleanup(server.Close)
	docker, err := client.New(client.WithHost("tcp://" + strings.TrimPrefix(server.URL, "http://")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = docker.Close() })
	return docker
}

func TestWhereTasksReachTheAPI(t *testing.T) {
	start := func(t *testing.T, docker *client.Client) (api fargate.API, again fargate.API) {
		t.Helper()
		a := &taskAPI{log: slog.New(slog.DiscardHandler), handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "here") })}
		t.Cleanup(a.close)
		api, err := a.url(t.Context(), docker)
		if err != nil {
			t.Fatal(err)
		}
		if again, err = a.url(t.Context(), docker); err != nil {
			t.Fatal(err)
		}
		return api, again
	}
	get := func(url string) (string, error) {
		response, err := http.Get(url)
		if err != nil {
			return "", err
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		return string(body), err
	}
	t.Run("on the engine's bridge where that is this machine's, at one port for all tasks", func(t *testing.T) {
		api, again := start(t, engineWithBridge(t, "127.0.0.0/8", "127.0.0.1"))
		if body, err := get(api.URL); body != "here" || err != nil || api != again || api.Host != "" || !strings.HasPrefix(api.URL, "http://127.0.0.1:") {
			t.Errorf("%+v, then %+v, answers %q, %v", api, again, body, err)
		}
	})
	t.Run("for peers of the bridge's network alone", func(t *testing.T) {
		api, _ := start(t, engineWithBridge(t, "192.0.2.0/24", "127.0.0.1"))
		if body, err := get(api.URL); err == nil {
			t.Errorf("it answers %q", body)
		}
	})
	t.Run("by the engine's name for this machine where the bridge is in a virtual machine, on loopback", func(t *testing.T) {
		api, _ := start(t, engineWithBridge(t, "192.0.2.0/24", "192.0.2.1"))
		_, port, err := net.SplitHostPort(strings.TrimPrefix(api.URL, "http://"))
		if err != nil || api.URL != "http://host.docker.internal:"+port || api.Host != "host.docker.internal:host-gateway" {
			t.Errorf("got %+v and %v", api, err)
		}
		if body, err := get("http://127.0.0.1:" + port); body != "here" || err != nil {
			t.Errorf("it answers %q, %v", body, err)
		}
	})
}

package fargate

import (
	"io"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/moby/moby/client"
)

// left counts what a cloud has in the engine.
func left(t *testing.T, docker *client.Client, owner string) (containers, volumes int) {
	t.Helper()
	filters := client.Filters{}.Add("label", ownerLabel+"="+owner)
	c, err := docker.ContainerList(t.Context(), client.ContainerListOptions{All: true, Filters: filters})
	if err != nil {
		t.Fatal(err)
	}
	v, err := docker.VolumeList(t.Context(), client.VolumeListOptions{Filters: filters})
	if err != nil {
		t.Fatal(err)
	}
	return len(c.Items), len(v.Items)
}

// fetch asks a container, which may still be starting.
func fetch(at netip.AddrPort, path string) (string, error) {
	var failed error
	for range 100 {
		res, err := http.Get("http://" + at.String() + path)
		if err != nil {
			failed = err
			time.Sleep(50 * time.Millisecond)
			continue
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		return string(text), err
	}
	return "", failed
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 200 {
		if is() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("not within ten seconds: %s", what)
}

func pointers[T any](list []T) []*T {
	var all []*T
	for i := range list {
		all = append(all, &list[i])
	}
	return all
}

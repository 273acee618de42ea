package compute

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
)

func TestDefinitions(t *testing.T) {
	got, err := container{
		image: "repository@sha256:0", port: 3001, keepAlive: 76, stopTimeout: 61, user: "1:1",
		writablePaths: []string{"/tmp", "/app/.next/cache"}, logGroup: "group", region: "us-east-1",
	}.definitions()
	if err != nil {
		t.Fatal(err)
	}
	t.Run("the container definition is the one in testdata/container.json", func(t *testing.T) {
		text, err := os.ReadFile("testdata/container.json")
		if err != nil {
			t.Fatal(err)
		}
		var want bytes.Buffer
		if err := json.Compact(&want, text); err != nil {
			t.Fatal(err)
		}
		if got != want.String() {
			t.Errorf("got\n%s\nwant\n%s", got, want.String())
		}
	})
	t.Run("the same settings give the same text, or every preview would show a change", func(t *testing.T) {
		for range 100 {
			again, err := container{
				image: "repository@sha256:0", port: 3001, keepAlive: 76, stopTimeout: 61, user: "1:1",
				writablePaths: []string{"/tmp", "/app/.next/cache"}, logGroup: "group", region: "us-east-1",
			}.definitions()
			if err != nil || again != got {
				t.Fatalf("got %v and %s", err, again)
			}
		}
	})
	t.Run("without writable paths the list of mounts is empty, not null", func(t *testing.T) {
		got, err := container{}.definitions()
		if err != nil || !bytes.Contains([]byte(got), []byte(`"mountPoints":[]`)) {
			t.Errorf("got %v and %s", err, got)
		}
	})
}

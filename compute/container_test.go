package compute

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
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
	t.Run("variables are sorted by name with those of the program among them, and secrets are named, never read", func(t *testing.T) {
		got, err := container{
			port: 3001, keepAlive: 76, environment: map[string]string{"Z": "", "NODE_ENV": "production", "A": "1"},
			secrets: map[string]string{"TOKEN": "arn:token", "PASSWORD": "arn:password:key::"},
		}.definitions()
		for _, want := range []string{
			`"environment":[{"name":"A","value":"1"},{"name":"HOSTNAME","value":"0.0.0.0"},{"name":"KEEP_ALIVE_TIMEOUT","value":"76000"},` +
				`{"name":"NODE_ENV","value":"production"},{"name":"PORT","value":"3001"},{"name":"Z","value":""}]`,
			`"secrets":[{"name":"PASSWORD","valueFrom":"arn:password:key::"},{"name":"TOKEN","valueFrom":"arn:token"}]`,
		} {
			if err != nil || !strings.Contains(got, want) {
				t.Errorf("got %v and %s, want %s", err, got, want)
			}
		}
	})
	t.Run("with ECS Exec the root file system can be written to, and all else is as without it", func(t *testing.T) {
		without, _ := container{port: 3001}.definitions()
		with, err := container{port: 3001, exec: true}.definitions()
		if want := strings.Replace(without, `"readonlyRootFilesystem":true`, `"readonlyRootFilesystem":false`, 1); err != nil || with != want || with == without {
			t.Errorf("got %v and %s, want %s", err, with, want)
		}
	})
}

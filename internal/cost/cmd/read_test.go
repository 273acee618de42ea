package main

import (
	"os"
	"strings"
	"testing"

	"sallyport/internal/cost"
	"sallyport/internal/settings"
)

// project makes a folder with a project, an app and the settings of stack dev, and goes there.
func project(t *testing.T, dev string) {
	t.Helper()
	t.Chdir(t.TempDir())
	t.Setenv("PULUMI_CONFIG", "") // which read sets, put back after the test
	for name, content := range map[string]string{
		"Pulumi.yaml": "name: sallyport\nruntime: go\n", "Pulumi.dev.yaml": dev, "webapp/Dockerfile": "FROM scratch\n",
	} {
		if err := os.MkdirAll("webapp", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRead(t *testing.T) {
	t.Run("the file and the defaults make the settings", func(t *testing.T) {
		project(t, "config:\n  aws:region: eu-central-1\n  sallyport:app.count: 3\n  sallyport:network.egress: endpoints\n"+
			"  sallyport:app.environment:\n    A: b\n")
		s, err := read("dev")
		if err != nil {
			t.Fatal(err)
		}
		if s.AWS.Region != "eu-central-1" || s.App.Count != 3 || s.Network.Egress != settings.EgressEndpoints ||
			s.Network.Zones != 2 || s.Name != "sallyport-dev" || s.App.Environment["A"] != "b" {
			t.Errorf("got %+v", s)
		}
	})
	t.Run("a secret is taken for not set", func(t *testing.T) {
		project(t, "encryptionsalt: v1:q7kfCrYCcWY=:v1:4wUh0yIRHJ1Xd5A6:lpuxXCPHj6O3jmxYcKb4Tg9JdAdQeQ==\n"+
			"config:\n  aws:region: us-east-1\n  sallyport:tags:\n    secure: v1:AAAA:BBBB\n")
		s, err := read("dev")
		if err != nil {
			t.Fatal(err)
		}
		if got := cost.USD(cost.Sum(cost.Monthly(s))); got != "61.94" {
			t.Errorf("got %s", got)
		}
	})
	t.Run("wrong settings are refused as the program refuses them", func(t *testing.T) {
		project(t, "config:\n  aws:region: us-east-1\n  sallyport:app.count: many\n")
		if _, err := read("dev"); err == nil || !strings.Contains(err.Error(), "sallyport:app.count = many") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a stack without a file is an error that names those with one", func(t *testing.T) {
		project(t, "config:\n  aws:region: us-east-1\n")
		if _, err := read("prod"); err == nil || !strings.Contains(err.Error(), "there is no Pulumi.prod.yaml") || !strings.Contains(err.Error(), "there are: dev") {
			t.Errorf("got %v", err)
		}
	})
}

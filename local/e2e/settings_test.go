package e2e

import (
	"strings"
	"testing"
)

func TestSettings(t *testing.T) {
	t.Run("all bad settings are told at once, and nothing is registered", func(t *testing.T) {
		edit(t, "Pulumi.local.yaml", func(settings string) string {
			settings = strings.Replace(settings, "sallyport:app.stopTimeout: \"10\"", "sallyport:app.stopTimeout: \"5\"", 1)
			return strings.Replace(settings, "config:\n", strings.Join([]string{
				"config:",
				"  sallyport:app.cpu: \"300\"",
				"  sallyport:app.memory: 512m",
				"  sallyport:network.zones: \"1\"",
				"  sallyport:network.egres: none",
				"  sallyport:logs.retention: \"31\"",
				"",
			}, "\n"), 1)
		})
		up := fails(t, []string{"app.cpu", "300", "app.memory", "512m", "network.zones", "network.egres", "network.egress", "app.stopTimeout", "logs.retention", "31"}, "up")
		for _, o := range up.begun() {
			if o.kind != "pulumi:pulumi:Stack" {
				t.Errorf("it began to %s", o)
			}
		}
		if changes := up.changes(); len(changes) > 0 {
			t.Errorf("it changed %v", changes)
		}
	})
	t.Run("a stack without a settings file is refused by name", func(t *testing.T) {
		fails(t, []string{"stack nowhere has no settings: there is no Pulumi.nowhere.yaml in " + here.project}, "up", "-stack", "nowhere")
	})
}

package cloud_test

import (
	"path/filepath"
	"testing"

	"sallyport/local/cloud"
)

func TestEnvironment(t *testing.T) {
	t.Setenv("SALLYPORT_FRONT_ADDR", "127.0.0.1:9999")
	cfg, err := cloud.DefaultConfig(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Run("says what to unset", func(t *testing.T) {
		environment := cloud.Environment(cfg, "eu-west-1")
		for _, name := range []string{"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"} {
			if value, named := environment[name]; !named || value != "" {
				t.Errorf("%s: %q, named %v", name, value, named)
			}
		}
	})
}

func TestDefaultConfig(t *testing.T) {
	for _, variable := range []string{"SALLYPORT_FRONT_ADDR", "SALLYPORT_REGISTRY_ADDR", "SALLYPORT_GATEWAY_PORT"} {
		t.Setenv(variable, "") // the user's own
	}
	t.Run("is below the folder and at the well-known ports", func(t *testing.T) {
		root := t.TempDir()
		cfg, err := cloud.DefaultConfig(root)
		want := cloud.Config{Dir: filepath.Join(root, "cloud"), RegistryDir: filepath.Join(root, "registry"), FrontAddr: "127.0.0.1:4566", RegistryAddr: "127.0.0.1:4567", GatewayPort: 4568}
		if err != nil || cfg != want {
			t.Errorf("%+v, %v, want %+v", cfg, err, want)
		}
	})
	t.Run("refuses a port that is none", func(t *testing.T) {
		t.Setenv("SALLYPORT_GATEWAY_PORT", "many")
		if _, err := cloud.DefaultConfig(t.TempDir()); err == nil || err.Error() != "local cloud: SALLYPORT_GATEWAY_PORT must be a port, 1 to 65535" {
			t.Error(err)
		}
	})
}

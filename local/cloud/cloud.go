// Package cloud is AWS on this machine: one daemon that holds the AWS API (moto, with a front before it), the image
// registry and the addresses of the HTTP APIs. Start, Stop and Inspect are for the command that controls it, Serve is
// the daemon itself.
package cloud

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
)

// Config says where a cloud lives. Clouds that differ in all of it live beside each other.
type Config struct {
	// Dir holds the record of what runs, and the log.
	Dir string `json:"dir"`
	// FrontAddr is the loopback host and port of the AWS API.
	FrontAddr string `json:"frontAddr"`
	// RegistryAddr is the loopback host and port of the image registry.
	RegistryAddr string `json:"registryAddr"`
	// GatewayPort is the port of every HTTP API; each API has a loopback address of its own.
	GatewayPort int `json:"gatewayPort"`
	// RegistryDir holds the layers of pushed images.
	RegistryDir string `json:"registryDir"`
	// MotoServer is the path of moto_server. Start finds it when it is empty.
	MotoServer string `json:"motoServer,omitempty"`
	// Faults lets tests spoil calls of the AWS API; see front.Faults.
	Faults bool `json:"faults,omitempty"`
}

// The variables that change an address, and their defaults. 4566 is the port at which local AWS APIs are commonly
// found.
const (
	frontVariable, defaultFront       = "SALLYPORT_FRONT_ADDR", "127.0.0.1:4566"
	registryVariable, defaultRegistry = "SALLYPORT_REGISTRY_ADDR", "127.0.0.1:4567"
	gatewayVariable, defaultGateway   = "SALLYPORT_GATEWAY_PORT", "4568"
)

// DefaultConfig returns the user's cloud, which lives in root/cloud and root/registry: root is the .local folder. The
// variables SALLYPORT_FRONT_ADDR, SALLYPORT_REGISTRY_ADDR and SALLYPORT_GATEWAY_PORT change its addresses.
func DefaultConfig(root string) (Config, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return Config{}, fmt.Errorf("local cloud: %w", err)
	}
	value := func(variable, otherwise string) string {
		if set := os.Getenv(variable); set != "" {
			return set
		}
		return otherwise
	}
	cfg := Config{
		Dir:          filepath.Join(root, "cloud"),
		RegistryDir:  filepath.Join(root, "registry"),
		FrontAddr:    value(frontVariable, defaultFront),
		RegistryAddr: value(registryVariable, defaultRegistry),
	}
	// A number that can't be read is 0, which validate refuses.
	cfg.GatewayPort, _ = strconv.Atoi(value(gatewayVariable, defaultGateway))
	return cfg, cfg.validate()
}

// validate returns all that is wrong.
func (cfg Config) validate() error {
	var problems []error
	for variable, address := range map[string]string{frontVariable: cfg.FrontAddr, registryVariable: cfg.RegistryAddr} {
		if at, err := netip.ParseAddrPort(address); err != nil || !at.Addr().IsLoopback() || at.Port() == 0 {
			problems = append(problems, fmt.Errorf("%s is %q: it must be a loopback address with a port, as in 127.0.0.1:4566, because the local cloud is for this machine alone", variable, address))
		}
	}
	if cfg.GatewayPort < 1 || cfg.GatewayPort > 65535 {
		problems = append(problems, fmt.Errorf("%s must be a port, 1 to 65535", gatewayVariable))
	}
	if !filepath.IsAbs(cfg.Dir) || !filepath.IsAbs(cfg.RegistryDir) {
		problems = append(problems, errors.New("the folders of a cloud must be absolute paths"))
	}
	if problems != nil {
		return fmt.Errorf("local cloud: %w", errors.Join(problems...))
	}
	return nil
}

// configVariable carries the configuration from Start to the daemon that it starts.
const configVariable = "SALLYPORT_CLOUD_CONFIG"

// marker is the variable that every daemon carries, with its folder as the value.
const marker = "SALLYPORT_CLOUD_OF"

// InheritedConfig returns the configuration that Start gave to this process; false when it was not started by Start.
func InheritedConfig() (Config, bool, error) {
	text := os.Getenv(configVariable)
	if text == "" {
		return Config{}, false, nil
	}
	var cfg Config
	if err := json.Unmarshal([]byte(text), &cfg); err != nil {
		return Config{}, true, fmt.Errorf("local cloud: %s: %w", configVariable, err)
	}
	return cfg, true, cfg.validate()
}

// Environment returns what to export so that AWS clients (the aws command line, the Terraform provider) talk to the
// cloud, and none of the user's credentials do. An empty value means that the variable is to be unset.
func Environment(cfg Config, region string) map[string]string {
	return map[string]string{
		"AWS_ENDPOINT_URL":          "http://" + cfg.FrontAddr,
		"AWS_ACCESS_KEY_ID":         "test",
		"AWS_SECRET_ACCESS_KEY":     "test",
		"AWS_REGION":                region,
		"AWS_DEFAULT_REGION":        region,
		"AWS_EC2_METADATA_DISABLED": "true",
		// No profile, endpoint or role of the user's files gets in.
		"AWS_CONFIG_FILE":             os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_PROFILE":                 "",
		"AWS_DEFAULT_PROFILE":         "",
		"AWS_SESSION_TOKEN":           "",
		"AWS_ROLE_ARN":                "",
		"AWS_WEB_IDENTITY_TOKEN_FILE": "",
		"AWS_CA_BUNDLE":               "",
		// With it, AWS_ENDPOINT_URL would count for nothing and calls would go to AWS.
		"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "",
	}
}

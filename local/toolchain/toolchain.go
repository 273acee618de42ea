// Package toolchain builds the Pulumi CLI and its plugins from Go modules and keeps them under one folder,
// so that a stack can be deployed where the official downloads are out of reach. Nothing outside the folder
// is read or written: the user's own Pulumi installation, login and plugins stay as they are.
package toolchain

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// PulumiVersion of the CLI; the same as the SDK's in go.mod.
const PulumiVersion = "v3.259.0"

// Toolchain is the set of binaries under Dir.
type Toolchain struct {
	Dir    string // where bin/ and pulumi-home/ are kept
	Source string // the local module's folder
}

// Home is the PULUMI_HOME of this tool chain.
func (t Toolchain) Home() string { return filepath.Join(t.Dir, "pulumi-home") }

// Bin is the folder of the binaries.
func (t Toolchain) Bin() string { return filepath.Join(t.Dir, "bin") }

// path is where a binary is kept. Plugins lie outside Bin, which goes on PATH: the CLI warns of a plugin that
// it finds on PATH.
func (t Toolchain) path(b binary) string {
	if strings.HasPrefix(b.name, "pulumi-resource-") {
		return filepath.Join(t.Dir, "plugins", b.name)
	}
	return filepath.Join(t.Bin(), b.name)
}

// CLI is the path of the Pulumi CLI.
func (t Toolchain) CLI() string { return filepath.Join(t.Bin(), "pulumi") }

// binary is one thing to build.
type binary struct {
	name    string // file name
	pkg     string // Go package
	plugin  string // NAME-vVERSION of the resource plugin that it is, if any
	ours    bool   // its source is in this module, not in a versioned one
	minutes string // of a first build with an empty build cache, measured on 2 cores
}

var binaries = []binary{
	{name: "pulumi", pkg: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", minutes: "4"},
	{name: "pulumi-resource-terraform-provider", pkg: "github.com/pulumi/pulumi-terraform-bridge/v3/dynamic", minutes: "2"},
	{name: "pulumi-language-go", pkg: "./cmd/pulumi-language-go", ours: true},
	{name: "pulumi-resource-aws", pkg: "./cmd/pulumi-resource-aws", plugin: "aws-v6.83.2", ours: true},
	{name: "pulumi-resource-awsx", pkg: "./cmd/pulumi-resource-awsx", plugin: "awsx-v2.22.0", ours: true},
	{name: "pulumi-resource-docker", pkg: "./cmd/pulumi-resource-docker", plugin: "docker-v4.10.0", ours: true},
}

// Describe names the tool chain as what it is: plugins that are not the official ones.
func Describe() string {
	var plugins []string
	for _, b := range binaries {
		if b.plugin != "" {
			plugins = append(plugins, b.plugin)
		}
	}
	return fmt.Sprintf("Pulumi %s with Sallyport's stand-ins for the plugins %s", PulumiVersion, strings.Join(plugins, ", "))
}

// Progress receives one line for each step that takes long.
type Progress func(format string, args ...any)

// Build makes every binary that is missing or out of date. A second call without a change takes the time of
// a few file reads.
func (t Toolchain) Build(ctx context.Context, progress Progress) error {
	goBin, err := exec.LookPath("go")
	if err != nil {
		return errors.New("the go command is not on PATH; install Go from https://go.dev/dl and try again")
	}
	for _, b := range binaries {
		if err := os.MkdirAll(filepath.Dir(t.path(b)), 0o755); err != nil {
			return fmt.Errorf("tool chain's folder: %w", err)
		}
	}
	version, err := exec.CommandContext(ctx, goBin, "env", "GOVERSION").Output()
	if err != nil {
		return fmt.Errorf("go env GOVERSION: %w", err)
	}
	stamps, err := t.stamps(strings.TrimSpace(string(version)))
	if err != nil {
		return fmt.Errorf("tool chain's state: %w", err)
	}

	var stale []binary
	for _, b := range binaries {
		if !t.current(b, stamps[b.ours]) {
			stale = append(stale, b)
		}
	}
	for i, b := range stale {
		hint := ""
		if b.minutes != "" {
			hint = fmt.Sprintf(", up to %s minutes the first time", b.minutes)
		}
		progress("tool chain: building %s (%d of %d%s)", b.name, i+1, len(stale), hint)
		if err := t.build(ctx, goBin, b, progress); err != nil {
			return fmt.Errorf("tool chain: %s: %w", b.name, err)
		}
		if err := os.WriteFile(t.stampFile(b), []byte(stamps[b.ours]), 0o644); err != nil {
			return fmt.Errorf("tool chain: %s: %w", b.name, err)
		}
	}
	return t.link()
}

func (t Toolchain) stampFile(b binary) string { return t.path(b) + ".stamp" }

func (t Toolchain) current(b binary, stamp string) bool {
	if _, err := os.Stat(t.path(b)); err != nil {
		return false
	}
	have, err := os.ReadFile(t.stampFile(b))
	return err == nil && string(have) == stamp
}

// stamps tells what a binary was built from: the Go release and the module versions, and for our own
// binaries the source as well. The key is binary.ours.
func (t Toolchain) stamps(goVersion string) (map[bool]string, error) {
	h := sha256.New()
	fmt.Fprintln(h, goVersion, runtime.GOOS, runtime.GOARCH, PulumiVersion)
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(t.Source, name))
		if err != nil {
			return nil, err
		}
		h.Write(data)
	}
	modules := hex.EncodeToString(h.Sum(nil))
	err := filepath.WalkDir(t.Source, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != t.Source) {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		data, err := os.ReadFile(path)
		// A second checkout with the same source, such as the end-to-end tests', shares the binaries.
		name := strings.TrimPrefix(path, t.Source)
		fmt.Fprintln(h, name, len(data))
		h.Write(data)
		return err
	})
	return map[bool]string{false: modules, true: hex.EncodeToString(h.Sum(nil))}, err
}

// link puts the plugins where the CLI looks for them. A plugin that lies there needs no installation and
// gives no warning.
func (t Toolchain) link() error {
	for _, b := range binaries {
		if b.plugin == "" {
			continue
		}
		dir := filepath.Join(t.Home(), "plugins", "resource-"+b.plugin)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("plugin folder: %w", err)
		}
		link := filepath.Join(dir, b.name)
		target := t.path(b)
		if current, err := os.Readlink(link); err == nil && current == target {
			continue
		}
		if err := os.Remove(link); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("plugin %s: %w", b.name, err)
		}
		if err := os.Symlink(target, link); err != nil {
			return fmt.Errorf("plugin %s: %w", b.name, err)
		}
	}
	return nil
}

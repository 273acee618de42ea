package languagehost

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// program is a module whose main reports its environment, or ends as its first argument says.
func program(t *testing.T, source string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{"go.mod": "module example\n\ngo 1.26\n", "main.go": source} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func request(dir string) *pulumirpc.RunRequest {
	return &pulumirpc.RunRequest{
		Project: "sallyport", Stack: "local", Organization: "organization", Pwd: dir, DryRun: true, Parallel: 4,
		MonitorAddress: "127.0.0.1:1", Config: map[string]string{"aws:region": "us-east-1"}, ConfigSecretKeys: []string{"aws:x"},
		Info: &pulumirpc.ProgramInfo{ProgramDirectory: dir, RootDirectory: dir},
	}
}

func TestRun(t *testing.T) {
	var said []string
	host := func(t *testing.T) *Host {
		h := &Host{Programs: t.TempDir(), Say: func(line string) { said = append(said, line) }}
		if _, err := h.Handshake(t.Context(), &pulumirpc.LanguageHandshakeRequest{EngineAddress: "127.0.0.1:2"}); err != nil {
			t.Fatal(err)
		}
		return h
	}
	t.Run("the program finds the deployment in its environment", func(t *testing.T) {
		dir := program(t, `package main

import "os"

func main() {
	out := ""
	for _, k := range []string{"ORGANIZATION", "PROJECT", "STACK", "CONFIG", "CONFIG_SECRET_KEYS", "DRY_RUN", "PARALLEL", "MONITOR", "ENGINE"} {
		out += k + "=" + os.Getenv("PULUMI_"+k) + "\n"
	}
	os.WriteFile("seen", []byte(out), 0o644)
}
`)
		resp, err := host(t).Run(t.Context(), request(dir))
		if err != nil || resp.Error != "" || resp.Bail {
			t.Fatalf("response %v, error %v", resp, err)
		}
		seen, err := os.ReadFile(filepath.Join(dir, "seen"))
		if err != nil {
			t.Fatal(err)
		}
		want := `ORGANIZATION=organization
PROJECT=sallyport
STACK=local
CONFIG={"aws:region":"us-east-1"}
CONFIG_SECRET_KEYS=["aws:x"]
DRY_RUN=true
PARALLEL=4
MONITOR=127.0.0.1:1
ENGINE=127.0.0.1:2
`
		if string(seen) != want {
			t.Errorf("the program saw\n%s\nwant\n%s", seen, want)
		}
	})
	t.Run("only the first build of a program is announced", func(t *testing.T) {
		dir, h := program(t, "package main\n\nfunc main() {}\n"), host(t)
		said = nil
		for range 2 {
			if _, err := h.Run(t.Context(), request(dir)); err != nil {
				t.Fatal(err)
			}
		}
		if len(said) != 1 || said[0] != "building the program, up to 2 minutes the first time" {
			t.Errorf("said %q", said)
		}
	})
	t.Run("a program that has told the engine why it failed ends the deployment without a second message", func(t *testing.T) {
		dir := program(t, "package main\n\nimport \"os\"\n\nfunc main() { os.Exit(32) }\n")
		resp, err := host(t).Run(t.Context(), request(dir))
		if err != nil || !resp.Bail || resp.Error != "" {
			t.Errorf("response %v, error %v", resp, err)
		}
	})
	t.Run("a program that ends in any other way is an error", func(t *testing.T) {
		dir := program(t, "package main\n\nimport \"os\"\n\nfunc main() { os.Exit(7) }\n")
		resp, err := host(t).Run(t.Context(), request(dir))
		if err != nil || resp.Bail || resp.Error != "the program ended with exit status 7" {
			t.Errorf("response %v, error %v", resp, err)
		}
	})
	t.Run("a program that does not build is an error with the compiler's words", func(t *testing.T) {
		dir := program(t, "package main\n\nfunc main() { undefinedName() }\n")
		resp, err := host(t).Run(t.Context(), request(dir))
		if err != nil || !strings.Contains(resp.GetError(), "undefined: undefinedName") {
			t.Errorf("response %v, error %v", resp, err)
		}
	})
}

func TestRequiredPackagesAreTheVersionsOfTheSDKs(t *testing.T) {
	dir := program(t, "package main\n\nfunc main() {}\n")
	mod := `module example

go 1.26

require (
	github.com/pulumi/pulumi-aws/sdk/v6 v6.83.2
	github.com/pulumi/pulumi-docker-build/sdk/go v0.1.0 // not an SDK of the usual layout
	github.com/pulumi/pulumi-random/sdk v1.0.0
	github.com/pulumi/pulumi/sdk/v3 v3.259.0
)
`
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(mod), 0o644); err != nil {
		t.Fatal(err)
	}
	resp, err := (&Host{}).GetRequiredPackages(t.Context(), &pulumirpc.GetRequiredPackagesRequest{Info: &pulumirpc.ProgramInfo{ProgramDirectory: dir}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range resp.Packages {
		got = append(got, p.Kind+" "+p.Name+" "+p.Version)
	}
	if want := "resource aws v6.83.2, resource random v1.0.0"; strings.Join(got, ", ") != want {
		t.Errorf("packages are %q, want %q", strings.Join(got, ", "), want)
	}
}

package toolchain

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The test binary plays the go command when it is called by that name: it notes its arguments and makes an
// empty file of what it was told to build.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) != "go" {
		os.Exit(m.Run())
	}
	args := os.Args[1:]
	switch args[0] {
	case "env":
		fmt.Println("go1.26.8")
	case "list":
		fmt.Print("a\nb\nc\n")
	case "build":
		pkg := args[len(args)-1]
		if pkg == os.Getenv("FAKE_GO_BROKEN") {
			fmt.Fprintln(os.Stderr, "a/b\n# a/b\na/b/x.go:1:1: what is wrong")
			os.Exit(1)
		}
		f, err := os.OpenFile(os.Getenv("FAKE_GO_CALLS"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			panic(err)
		}
		fmt.Fprintln(f, pkg)
		for i, arg := range args {
			if arg == "-o" {
				if err := os.WriteFile(args[i+1], nil, 0o755); err != nil {
					panic(err)
				}
			}
		}
	}
}

type fake struct {
	Toolchain
	t     *testing.T
	calls string
	said  []string
}

func newFake(t *testing.T) *fake {
	t.Helper()
	dir := t.TempDir()
	f := &fake{t: t, Toolchain: Toolchain{Dir: filepath.Join(dir, "out"), Source: filepath.Join(dir, "src")}, calls: filepath.Join(dir, "calls")}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(dir, "path"), f.Source} {
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(self, filepath.Join(dir, "path", "go")); err != nil {
		t.Fatal(err)
	}
	f.write("go.mod", "module x")
	f.write("go.sum", "")
	f.write("a.go", "package x")
	t.Setenv("PATH", filepath.Join(dir, "path"))
	t.Setenv("FAKE_GO_CALLS", f.calls)
	return f
}

func (f *fake) write(name, content string) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(f.Source, name), []byte(content), 0o644); err != nil {
		f.t.Fatal(err)
	}
}

// built builds and returns the packages for which the go command was called.
func (f *fake) built() string {
	f.t.Helper()
	_ = os.Remove(f.calls)
	if err := f.Build(f.t.Context(), func(format string, args ...any) { f.said = append(f.said, fmt.Sprintf(format, args...)) }); err != nil {
		f.t.Fatal(err)
	}
	data, _ := os.ReadFile(f.calls)
	return strings.Join(strings.Fields(string(data)), " ")
}

const (
	modules = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi github.com/pulumi/pulumi-terraform-bridge/v3/dynamic"
	ours    = "./cmd/pulumi-language-go ./cmd/pulumi-resource-aws ./cmd/pulumi-resource-awsx ./cmd/pulumi-resource-docker"
)

func TestBuild(t *testing.T) {
	f := newFake(t)
	for _, step := range []struct{ name, change, content, want string }{
		{"everything is built the first time", "a.go", "package x", modules + " " + ours},
		{"nothing is built twice", "a.go", "package x", ""},
		{"a change of our source builds what is ours", "a.go", "package y", ours},
		{"a change of a test builds nothing", "a_test.go", "package y", ""},
		{"a change of the module versions builds everything", "go.mod", "module y", modules + " " + ours},
	} {
		f.write(step.change, step.content)
		if got := f.built(); got != step.want {
			t.Errorf("%s: built %q, want %q", step.name, got, step.want)
		}
	}
	if want := "tool chain: building pulumi (1 of 6, up to 4 minutes the first time)"; f.said[0] != want {
		t.Errorf("said %q first, want %q", f.said[0], want)
	}
	for _, plugin := range []string{"resource-aws-v6.83.2/pulumi-resource-aws", "resource-awsx-v2.22.0/pulumi-resource-awsx", "resource-docker-v4.10.0/pulumi-resource-docker"} {
		if _, err := os.Stat(filepath.Join(f.Home(), "plugins", plugin)); err != nil {
			t.Errorf("the CLI does not find the plugin: %v", err)
		}
	}
}

func TestAFailedBuildIsToldInTheCompilersWordsAndTriedAgain(t *testing.T) {
	f := newFake(t)
	t.Setenv("FAKE_GO_BROKEN", "./cmd/pulumi-resource-aws")
	err := f.Build(t.Context(), func(string, ...any) {})
	if err == nil || !strings.Contains(err.Error(), "tool chain: pulumi-resource-aws: go build ./cmd/pulumi-resource-aws: exit status 1\n# a/b\na/b/x.go:1:1: what is wrong") {
		t.Fatalf("error is %v", err)
	}
	t.Setenv("FAKE_GO_BROKEN", "")
	if got, want := f.built(), "./cmd/pulumi-resource-aws ./cmd/pulumi-resource-awsx ./cmd/pulumi-resource-docker"; got != want {
		t.Errorf("then built %q, want %q", got, want)
	}
}

func TestWithoutGo(t *testing.T) {
	f := newFake(t)
	t.Setenv("PATH", t.TempDir())
	err := f.Build(t.Context(), func(string, ...any) {})
	if err == nil || err.Error() != "the go command is not on PATH; install Go from https://go.dev/dl and try again" {
		t.Errorf("error is %v", err)
	}
}

// The SDKs' versions in the program's go.mod are the ones that the engine asks plugins for.
func TestVersionsAreThoseOfTheModules(t *testing.T) {
	program, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	local, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, m := range regexp.MustCompile(`pulumi/pulumi-([a-z]+)/sdk/v\d+ (v\S+)`).FindAllStringSubmatch(string(program), -1) {
		want[m[1]] = m[1] + "-" + m[2]
	}
	for _, b := range binaries {
		if b.plugin == "" {
			continue
		}
		name, _, _ := strings.Cut(b.plugin, "-")
		if b.plugin != want[name] {
			t.Errorf("the plugin is %s, the program's SDK wants %s", b.plugin, want[name])
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("no plugin for %v", want)
	}
	for _, module := range []string{"github.com/pulumi/pulumi/pkg/v3 ", "github.com/pulumi/pulumi/sdk/v3 "} {
		if !strings.Contains(string(local), module+PulumiVersion) {
			t.Errorf("local/go.mod has another %sthan the CLI's version %s", module, PulumiVersion)
		}
	}
}

func TestTheStandInsAreNamedAsSuch(t *testing.T) {
	if want := "Pulumi v3.259.0 with Sallyport's stand-ins for the plugins aws-v6.83.2, awsx-v2.22.0, docker-v4.10.0"; Describe() != want {
		t.Errorf("it is %q, want %q", Describe(), want)
	}
}

package dockerimage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"github.com/moby/moby/api/types/build"
	"github.com/moby/moby/api/types/jsonstream"
	"github.com/moby/moby/client"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"sallyport/local/engine"
)

// say receives one line for the Info column of Pulumi's display.
type say func(line string)

// buildImage builds with the engine's classic builder and returns the id of the
// image. With an empty name the image gets no tag.
//
// The classic builder, because it is the one that every engine has: Debian's
// comes without buildx, which BuildKit's client side is part of.
func buildImage(ctx context.Context, e *engine.Engine, img image, say say) (id string, err error) {
	if err := emulated(ctx, e, img); err != nil {
		return "", err
	}
	c, err := openContext(img)
	if err != nil {
		return "", err
	}
	body, w := io.Pipe()
	packed := make(chan error, 1)
	go func() {
		err := c.tar(w)
		_ = w.CloseWithError(err)
		packed <- err
	}()
	options := client.ImageBuildOptions{
		Version:     build.BuilderV1,
		Dockerfile:  c.dockerfile,
		Platforms:   []ocispec.Platform{img.ociPlatform()},
		Target:      img.target,
		BuildArgs:   img.args,
		NetworkMode: img.network,
		ExtraHosts:  img.addHosts,
		Remove:      true,
		ForceRemove: true,
	}
	if img.name != "" {
		options.Tags = []string{img.name}
	}
	say("Building the image")
	res, err := e.Client().ImageBuild(ctx, body, options)
	_ = body.CloseWithError(err)
	if packErr := <-packed; packErr != nil && !errors.Is(packErr, err) {
		return "", fmt.Errorf("build context %s: %w", img.context, packErr)
	}
	if err != nil {
		return "", buildError(ctx, img, "", nil, err)
	}
	defer res.Body.Close()
	return followBuild(ctx, img, res.Body, say)
}

// followBuild reads the engine's account of a build to its end.
func followBuild(ctx context.Context, img image, stream io.Reader, say say) (string, error) {
	var id, step string
	var tail []string // of the current step
	for d := json.NewDecoder(stream); ; {
		var m jsonstream.Message
		if err := d.Decode(&m); err == io.EOF {
			break
		} else if err != nil {
			return "", buildError(ctx, img, step, tail, err)
		}
		if m.Error != nil {
			return "", buildError(ctx, img, step, tail, m.Error)
		}
		if m.Aux != nil {
			var aux build.Result
			if json.Unmarshal(*m.Aux, &aux) == nil && aux.ID != "" {
				id = aux.ID
			}
		}
		for _, line := range plainLines(m.Stream + m.Status) {
			switch {
			case bookkeeping.MatchString(line):
				continue
			case stepLine.MatchString(line):
				step, tail = line, nil
			default:
				tail = append(tail, line)
				if len(tail) > tailLines {
					tail = tail[1:]
				}
			}
			say(line)
		}
	}
	if id == "" {
		return "", buildError(ctx, img, step, tail, errors.New("the engine ended the build without an image"))
	}
	return id, nil
}

// tailLines is how much of a failed step's output an error shows: enough for the
// summary that npm and tsc end with.
const tailLines = 20

var (
	stepLine = regexp.MustCompile(`^Step \d+/\d+ : `)
	// bookkeeping is what the builder says about its own containers and layers.
	bookkeeping = regexp.MustCompile(`^ ---> |^Removing intermediate container |^Successfully (built|tagged) `)
	escapes     = regexp.MustCompile(`\x1b\[[0-9;?]*[a-zA-Z]`)
)

// plainLines splits output into lines without colours and without what a
// carriage return has overwritten.
func plainLines(s string) []string {
	var lines []string
	for line := range strings.Lines(escapes.ReplaceAllString(s, "")) {
		line = strings.TrimRight(line, "\r\n")
		line = line[strings.LastIndexByte(line, '\r')+1:]
		if strings.TrimSpace(line) != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// buildError says which step failed, with what, and what to do next.
func buildError(ctx context.Context, img image, step string, tail []string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("the build of %s was cancelled", img.dockerfile)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "the build of %s failed", img.dockerfile)
	if number, command, ok := strings.Cut(strings.TrimPrefix(step, "Step "), " : "); ok {
		fmt.Fprintf(&b, " at step %s, `%s`", number, command)
	}
	message := strings.TrimSpace(err.Error())
	fmt.Fprintf(&b, ": %s", message)
	if len(tail) > 0 {
		fmt.Fprintf(&b, "\nThe last lines of that step:\n  %s", strings.Join(tail, "\n  "))
	}
	from := strings.Contains(step, " : FROM ")
	switch {
	case strings.Contains(message, "exec format error") || strings.Contains(strings.Join(tail, "\n"), "exec format error"),
		strings.Contains(message, "does not match the specified platform"):
		fmt.Fprintf(&b, "\nThe image is built for %s: choose a platform that this engine runs, or install its emulator (qemu-user-static and binfmt-support on Debian).", img.platform)
	case from && strings.Contains(message, "localhost/"):
		b.WriteString("\nThe base image is not on this engine: `make up` makes it.")
	case from:
		b.WriteString("\nThe base image is not on this engine and no registry gave it: pull or make it, or name another.")
	case step != "":
		b.WriteString("\nMend what that step complains about and repeat; nothing was pushed.")
	}
	return errors.New(b.String())
}

// emulated refuses a platform that the engine would only fail at, half-way
// through and with the bare words "exec format error". Engines inside of a
// virtual machine, as on macOS, bring emulators along.
func emulated(ctx context.Context, e *engine.Engine, img image) error {
	v, err := e.Client().ServerVersion(ctx, client.ServerVersionOptions{})
	if err != nil {
		return err
	}
	want := img.ociPlatform()
	if want.OS == v.Os && want.Architecture == v.Arch {
		return nil
	}
	if want.OS == v.Os && (runtime.GOOS != "linux" || !strings.HasPrefix(e.Host, "unix://") || hasEmulator(binfmt, want.Architecture)) {
		return nil
	}
	return fmt.Errorf("this Docker engine runs %s/%s and has no emulator for %s: "+
		"build for %s/%s, or install the emulator (qemu-user-static and binfmt-support on Debian)",
		v.Os, v.Arch, img.platform, v.Os, v.Arch)
}

// binfmt is where Linux lists the interpreters of foreign binaries.
const binfmt = "/proc/sys/fs/binfmt_misc"

func hasEmulator(dir, architecture string) bool {
	name := map[string]string{"arm64": "aarch64", "amd64": "x86_64", "386": "i386"}[architecture]
	if name == "" {
		name = architecture
	}
	b, err := os.ReadFile(filepath.Join(dir, "qemu-"+name))
	return err == nil && strings.HasPrefix(string(b), "enabled")
}

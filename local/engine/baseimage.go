package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/jsonstream"
	"github.com/moby/moby/client"

	"sallyport/local/debian"
)

const (
	// BaseImage is the name that the local stack gives its base image, whether
	// pulled or made here: the build argument BASE_IMAGE names it.
	BaseImage = "localhost/sallyport/node:local"
	// PublicBaseImage is what BaseImage stands for where a public registry
	// answers: the default of the web app's Dockerfile.
	PublicBaseImage = "docker.io/library/node:24-bookworm-slim"

	// BaseLabel tells on an image that it was made from this machine, and of
	// what. A pulled image does not carry it.
	BaseLabel = "sallyport.base"
	// machineLabel holds a digest of the machine's part in the image, so that it
	// is made anew when, for example, the machine's CA bundle changes.
	machineLabel = "sallyport.base.machine"

	// registryTimeout is how long a public registry may take to say that it has
	// the image; the pull itself then takes as long as it takes.
	registryTimeout = 10 * time.Second
)

// EnsureBaseImage makes sure that the engine holds BaseImage: as it is there
// already, as PublicBaseImage where a public registry answers, else made from
// this machine: Debian by debootstrap, with the machine's own node, npm and CA
// bundle. The tree it is made from lives under Dir meanwhile (220 MB) and goes
// when the image is there.
func (e *Engine) EnsureBaseImage(ctx context.Context, opts Options, progress Progress) error {
	if err := e.ensureBaseImage(ctx, opts, progress); err != nil {
		return fmt.Errorf("base image %s: %w", BaseImage, err)
	}
	return nil
}

func (e *Engine) ensureBaseImage(ctx context.Context, opts Options, progress Progress) error {
	have, err := e.client.ImageInspect(ctx, BaseImage)
	switch {
	case err == nil:
		madeOf := ""
		if have.Config != nil {
			madeOf = have.Config.Labels[machineLabel]
		}
		if madeOf == "" || madeOf == machineDigest() {
			return nil
		}
		progress("the base image was made from this machine as it was before: making it anew")
		return e.makeBaseImage(ctx, opts, progress)
	case !cerrdefs.IsNotFound(err):
		return err
	}
	pullErr := e.pullBaseImage(ctx, progress)
	if pullErr == nil {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	progress("no public registry gives the base image %s (%s): making one from this machine", PublicBaseImage, firstLine(pullErr))
	if err := e.makeBaseImage(ctx, opts, progress); err != nil {
		return fmt.Errorf("it can't be pulled (%s), nor made from this machine: %w", firstLine(pullErr), err)
	}
	return nil
}

func (e *Engine) pullBaseImage(ctx context.Context, progress Progress) error {
	if _, err := e.client.ImageInspect(ctx, PublicBaseImage); err != nil {
		short, cancel := context.WithTimeout(ctx, registryTimeout)
		defer cancel()
		if _, err := e.client.DistributionInspect(short, PublicBaseImage, client.DistributionInspectOptions{}); err != nil {
			return err
		}
		progress("pulling the base image %s (about 80 MB, first time only)", PublicBaseImage)
		resp, err := e.client.ImagePull(ctx, PublicBaseImage, client.ImagePullOptions{})
		if err != nil {
			return err
		}
		if err := resp.Wait(ctx); err != nil {
			return err
		}
	}
	_, err := e.client.ImageTag(ctx, client.ImageTagOptions{Source: PublicBaseImage, Target: BaseImage})
	return err
}

// makeBaseImage imports a Debian tree with the machine's node as BaseImage.
func (e *Engine) makeBaseImage(ctx context.Context, opts Options, progress Progress) error {
	m := thisMachine()
	if m.os != "linux" || !m.root || !m.debian() {
		return fmt.Errorf("that takes root on Debian; give Docker access to a registry, or pull another Node.js image, "+
			"at least Node.js 20.9, and name it: `docker tag IMAGE %s`", BaseImage)
	}
	node, err := machineNode(ctx)
	if err != nil {
		return err
	}
	if _, err := exec.LookPath("debootstrap"); err != nil {
		if err := m.install(ctx, progress, "debootstrap", "debootstrap"); err != nil {
			return err
		}
	}
	mirror, codename, err := aptMirror(ctx)
	if err != nil {
		return err
	}

	root := filepath.Join(opts.Dir, "base")
	clear := func() error {
		// A debootstrap that was killed leaves these mounted.
		for _, mount := range []string{"proc", "sys"} {
			_ = exec.Command("umount", "--lazy", filepath.Join(root, mount)).Run()
		}
		return os.RemoveAll(root)
	}
	if err := clear(); err != nil {
		return err
	}
	defer func() { _ = clear() }()

	begin := time.Now()
	progress("making the base image: Debian %s from %s (about 40 s, first time only)", codename, mirror)
	if err := debootstrap(ctx, root, codename, mirror, progress); err != nil {
		return err
	}
	progress("  adding this machine's Node.js %s, npm and CA bundle", node.version)
	if err := node.copyInto(ctx, root); err != nil {
		return err
	}
	changes, err := copyTrust(root)
	if err != nil {
		return err
	}
	if err := addUser(root); err != nil {
		return err
	}
	changes = append(changes,
		`CMD ["node"]`,
		fmt.Sprintf(`LABEL %s="made from this machine, in place of %s: Debian %s, Node.js %s" %s=%s`,
			BaseLabel, PublicBaseImage, codename, node.version, machineLabel, machineDigest()))
	progress("  importing it into the engine")
	if err := e.importTree(ctx, root, changes); err != nil {
		return err
	}
	progress("the base image %s is there, made from this machine in %d s", BaseImage, int(time.Since(begin).Seconds()))
	return nil
}

func debootstrap(ctx context.Context, root, codename, mirror string, progress Progress) error {
	cmd := exec.CommandContext(ctx, "debootstrap", "--variant=minbase", "--include=ca-certificates", codename, root, mirror)
	debian.EndGently(cmd)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	var tail debian.Tail
	cmd.Stderr = &tail
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("debootstrap: %w", err)
	}
	debian.Watch(out, &tail, progress)
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("debootstrap: %w: %s", err, tail.String())
	}
	return nil
}

// aptMirror returns the address and the release that apt takes its packages
// from.
func aptMirror(ctx context.Context) (mirror, codename string, err error) {
	release, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return "", "", err
	}
	codename = debian.ReleaseValue(release, "VERSION_CODENAME")
	out, err := exec.CommandContext(ctx, "apt-get", "indextargets", "--format", "$(CODENAME) $(REPO_URI)",
		"Created-By: Packages", "Component: main").Output()
	if err != nil {
		return "", "", fmt.Errorf("apt's sources: %w", err)
	}
	for line := range strings.Lines(string(out)) {
		if name, uri, _ := strings.Cut(strings.TrimSpace(line), " "); name == codename {
			return strings.TrimSuffix(uri, "/"), codename, nil
		}
	}
	return "", "", fmt.Errorf("apt has no source for the release %q; run `apt-get update` and repeat", codename)
}

// nodeInstallation is the machine's own Node.js.
type nodeInstallation struct {
	version string
	binary  string // the real binary, behind the shims of version managers
	npm     string // the folder of the npm package, with its dependencies in it
	npmrc   string // npm's registry where it is not the default one
}

func machineNode(ctx context.Context) (*nodeInstallation, error) {
	out, err := exec.CommandContext(ctx, "node", "--print", "process.execPath + '\\n' + process.versions.node").Output()
	if err != nil {
		return nil, fmt.Errorf("this machine has no Node.js to make it of (%w): install Node.js 20.9 or later, https://nodejs.org, and repeat", err)
	}
	n := &nodeInstallation{}
	n.binary, n.version, _ = strings.Cut(strings.TrimSpace(string(out)), "\n")

	npm, err := exec.LookPath("npm")
	if err == nil {
		npm, err = filepath.EvalSymlinks(npm)
	}
	if err != nil {
		return nil, fmt.Errorf("this machine has no npm to make it of: %w", err)
	}
	// npm-cli.js lies in bin of its package; a version manager's npm is a shim.
	for _, dir := range []string{
		filepath.Dir(filepath.Dir(npm)),
		filepath.Join(filepath.Dir(filepath.Dir(n.binary)), "lib/node_modules/npm"),
	} {
		_, cli := os.Stat(filepath.Join(dir, "bin/npm-cli.js"))
		_, deps := os.Stat(filepath.Join(dir, "node_modules"))
		if cli == nil && deps == nil {
			n.npm = dir
			break
		}
	}
	if n.npm == "" {
		return nil, fmt.Errorf("the npm at %s does not carry its own dependencies (a distribution's package?): "+
			"install Node.js from https://nodejs.org, and repeat", npm)
	}
	if out, err := exec.CommandContext(ctx, "npm", "config", "get", "registry").Output(); err == nil {
		if registry := strings.TrimSpace(string(out)); registry != "" {
			n.npmrc = "registry=" + registry + "\n"
		}
	}
	return n, nil
}

// copyInto puts Node.js where the public image has it, /usr/local.
func (n *nodeInstallation) copyInto(ctx context.Context, root string) error {
	local := filepath.Join(root, "usr/local")
	modules := filepath.Join(local, "lib/node_modules")
	for _, dir := range []string{modules, filepath.Join(local, "bin"), filepath.Join(local, "etc")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	libraries, err := missingLibraries(ctx, root, n.binary)
	if err != nil {
		return err
	}
	if err := copyFile(n.binary, filepath.Join(local, "bin/node"), 0o755); err != nil {
		return err
	}
	for _, library := range libraries {
		if err := copyFile(library, filepath.Join(root, library), 0o644); err != nil {
			return err
		}
	}
	if out, err := exec.CommandContext(ctx, "cp", "-a", "--no-preserve=ownership", n.npm, modules).CombinedOutput(); err != nil {
		return fmt.Errorf("npm: %w: %s", err, out)
	}
	for link, target := range map[string]string{
		"npm":    "../lib/node_modules/npm/bin/npm-cli.js",
		"npx":    "../lib/node_modules/npm/bin/npx-cli.js",
		"nodejs": "node",
	} {
		if err := os.Symlink(target, filepath.Join(local, "bin", link)); err != nil {
			return err
		}
	}
	if n.npmrc == "" {
		return nil
	}
	return os.WriteFile(filepath.Join(local, "etc/npmrc"), []byte(n.npmrc), 0o644)
}

// missingLibraries lists the shared libraries of a binary that the tree lacks.
func missingLibraries(ctx context.Context, root, binary string) ([]string, error) {
	out, err := exec.CommandContext(ctx, "ldd", binary).Output()
	if err != nil {
		return nil, fmt.Errorf("the shared libraries of %s: %w", binary, err)
	}
	var missing []string
	for _, library := range lddPaths(out) {
		if _, err := os.Stat(filepath.Join(root, library)); err != nil {
			missing = append(missing, library)
		}
	}
	return missing, nil
}

// lddPaths returns the files in the output of ldd.
func lddPaths(out []byte) []string {
	var paths []string
	for line := range strings.Lines(string(out)) {
		for _, field := range strings.Fields(line) {
			if strings.HasPrefix(field, "/") {
				paths = append(paths, field)
			}
		}
	}
	return paths
}

// caBundle is the file of the certificate authorities that this machine trusts.
func caBundle() string {
	for _, path := range []string{os.Getenv("SSL_CERT_FILE"), os.Getenv("NODE_EXTRA_CA_CERTS")} {
		if fi, err := os.Stat(path); err == nil && fi.Mode().IsRegular() {
			return path
		}
	}
	return "/etc/ssl/certs/ca-certificates.crt"
}

// copyTrust puts the machine's CA bundle into the tree, at the same path, and
// returns the image's settings that make programs use it.
func copyTrust(root string) ([]string, error) {
	bundle, err := filepath.Abs(caBundle())
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(filepath.Join(root, bundle)), 0o755); err != nil {
		return nil, err
	}
	if err := copyFile(bundle, filepath.Join(root, bundle), 0o644); err != nil {
		return nil, fmt.Errorf("the machine's CA bundle: %w", err)
	}
	return []string{
		fmt.Sprintf("ENV NODE_EXTRA_CA_CERTS=%s SSL_CERT_FILE=%s", bundle, bundle),
		"ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	}, nil
}

// addUser adds the user node, which the public image has.
func addUser(root string) error {
	for file, line := range map[string]string{
		"etc/passwd": "node:x:1000:1000::/home/node:/bin/bash\n",
		"etc/group":  "node:x:1000:\n",
	} {
		f, err := os.OpenFile(filepath.Join(root, file), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteString(line)
		if e := f.Close(); err == nil {
			err = e
		}
		if err != nil {
			return err
		}
	}
	home := filepath.Join(root, "home/node")
	if err := os.MkdirAll(home, 0o755); err != nil {
		return err
	}
	return os.Chown(home, 1000, 1000)
}

// importTree sends the tree to the engine, without what a container never reads.
func (e *Engine) importTree(ctx context.Context, root string, changes []string) error {
	args := []string{"-C", root, "--one-file-system", "--numeric-owner"}
	for _, dir := range []string{"usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info",
		"var/cache/apt", "var/lib/apt/lists", "var/log", "debootstrap"} {
		args = append(args, "--exclude=./"+dir+"/*")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, "tar", append(args, "-c", ".")...)
	var tail debian.Tail
	cmd.Stderr = &tail
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	// The image appears at the end of the stream: a tar that failed half-way
	// must break it off, or the engine would take what came for the whole.
	body, end := io.Pipe()
	waited := make(chan error, 1)
	go func() {
		_, err := io.Copy(end, out)
		if e := cmd.Wait(); e != nil {
			err = fmt.Errorf("tar: %w: %s", e, tail.String())
		}
		_ = end.CloseWithError(err)
		waited <- err
	}()
	resp, err := e.client.ImageImport(ctx, client.ImageImportSource{Source: body, SourceName: "-"}, BaseImage,
		client.ImageImportOptions{Changes: changes, Message: "made from this machine by Sallyport's local stack"})
	if err != nil {
		_ = body.CloseWithError(err)
		<-waited
		return err
	}
	defer resp.Close()
	if err := streamError(resp); err != nil {
		_ = body.CloseWithError(err)
		<-waited
		return err
	}
	return <-waited
}

// streamError reads an answer of the engine to its end and returns the error
// that it reports.
func streamError(r io.Reader) error {
	for d := json.NewDecoder(r); ; {
		var m jsonstream.Message
		switch err := d.Decode(&m); {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case m.Error != nil:
			return m.Error
		}
	}
}

// machineDigest is a digest of the machine's part in an image made from it.
func machineDigest() string {
	h := sha256.New()
	for _, path := range []string{"/etc/os-release", caBundle()} {
		b, _ := os.ReadFile(path)
		fmt.Fprintf(h, "%s %d\n", path, len(b))
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

func copyFile(from, to string, mode fs.FileMode) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	return os.WriteFile(to, b, mode)
}

func firstLine(err error) string {
	line, _, _ := bytes.Cut([]byte(err.Error()), []byte("\n"))
	return string(line)
}

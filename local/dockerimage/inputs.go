package dockerimage

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sort"
	"strings"

	"github.com/distribution/reference"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// image is what a program asks for, with the defaults of pulumi-docker v4.10.0.
type image struct {
	name           string // repository:tag
	skipPush       bool
	buildOnPreview bool

	context    string // folder, relative to the Pulumi project
	dockerfile string // file, relative to the Pulumi project: not to the context
	platform   string // os/architecture
	target     string
	network    string
	addHosts   []string
	args       map[string]*string
	buildKit   bool // asked for by name

	server, username, password string
}

// properties lists what each object of the inputs may hold; what pulumi-docker
// knows besides is in unsupported.
var (
	imageProperties    = []resource.PropertyKey{"imageName", "build", "registry", "skipPush", "buildOnPreview"}
	buildProperties    = []resource.PropertyKey{"context", "dockerfile", "platform", "args", "target", "network", "addHosts", "builderVersion", contextDigest}
	registryProperties = []resource.PropertyKey{"server", "username", "password"}
)

// contextDigest is the input that Check adds to build: the digest of what goes
// into the image. It is what makes a change of a file a change of the resource.
const contextDigest = resource.PropertyKey("contextDigest")

// failure is one problem of one property.
type failure struct{ property, reason string }

// parse reads the inputs, which hold no secrets any more but may hold unknowns,
// and reports all that is wrong with them.
func parse(inputs resource.PropertyMap) (image, []failure) {
	r := reader{}
	img := image{context: ".", platform: "linux/" + runtime.GOARCH}

	r.only("", inputs, imageProperties)
	img.name = r.str("", inputs, "imageName")
	img.skipPush = r.boolean(inputs, "skipPush")
	img.buildOnPreview = r.boolean(inputs, "buildOnPreview")
	if known(inputs["imageName"]) {
		r.imageName(img.name, !img.skipPush)
	}

	build := r.object(inputs, "build")
	r.only("build.", build, buildProperties)
	if s := r.str("build.", build, "context"); s != "" {
		img.context = s
	}
	img.dockerfile = filepath.Join(img.context, "Dockerfile")
	if s := r.str("build.", build, "dockerfile"); s != "" {
		img.dockerfile = s
	}
	if s := r.str("build.", build, "platform"); s != "" {
		img.platform = s
		if n := strings.Count(s, "/"); n < 1 || n > 2 {
			r.fail("build.platform", "%q is not of the form os/architecture, for example linux/amd64", s)
		}
	}
	img.target = r.str("build.", build, "target")
	img.network = r.str("build.", build, "network")
	img.addHosts = r.strings("build.", build, "addHosts")
	img.args = r.stringMap("build.", build, "args")
	switch s := r.str("build.", build, "builderVersion"); s {
	case "", "BuilderV1":
	case "BuilderBuildKit":
		img.buildKit = true
	default:
		r.fail("build.builderVersion", "%q is neither BuilderV1 nor BuilderBuildKit", s)
	}

	registry := r.object(inputs, "registry")
	r.only("registry.", registry, registryProperties)
	img.server = r.str("registry.", registry, "server")
	img.username = r.str("registry.", registry, "username")
	img.password = r.str("registry.", registry, "password")
	if known(registry["username"]) && known(registry["password"]) && (img.username == "") != (img.password == "") {
		r.fail("registry", "username and password belong together: give both, or neither for a registry that asks for none")
	}
	return img, r.failures
}

// buildKnown tells whether all that a build takes is known: in a preview an
// argument may still be the output of a resource that is not there yet.
func buildKnown(inputs resource.PropertyMap) bool { return known(inputs["build"]) }

// files checks the Dockerfile and the context on disk.
func (img image) files() []failure {
	if fi, err := os.Stat(img.context); err != nil || !fi.IsDir() {
		return []failure{{"build.context", fmt.Sprintf("there is no folder %s (seen from %s)", img.context, workingDir())}}
	}
	if _, err := os.Stat(img.dockerfile); err != nil {
		reason := fmt.Sprintf("there is no Dockerfile at %s (seen from %s)", img.dockerfile, workingDir())
		if other := filepath.Join(img.context, img.dockerfile); !filepath.IsAbs(img.dockerfile) {
			if _, err := os.Stat(other); err == nil {
				reason += fmt.Sprintf("; the path starts at the Pulumi project, not at the context: try %s", other)
			}
		}
		return []failure{{"build.dockerfile", reason}}
	}
	if _, err := img.dockerfileInContext(); err != nil {
		return []failure{{"build.dockerfile", err.Error()}}
	}
	return nil
}

// dockerfileInContext returns the Dockerfile's path relative to the context,
// with slashes, as the engine wants it.
func (img image) dockerfileInContext() (string, error) {
	context, err := filepath.Abs(img.context)
	if err != nil {
		return "", err
	}
	file, err := filepath.Abs(img.dockerfile)
	if err != nil {
		return "", err
	}
	rel, err := filepath.Rel(context, file)
	if err != nil {
		return "", err
	}
	if !filepath.IsLocal(rel) {
		return "", unsupported("a Dockerfile outside of the build context")
	}
	return filepath.ToSlash(rel), nil
}

// ociPlatform is the platform in the engine's form.
func (img image) ociPlatform() ocispec.Platform {
	parts := strings.SplitN(img.platform+"//", "/", 4)
	return ocispec.Platform{OS: parts[0], Architecture: parts[1], Variant: parts[2]}
}

// reader takes values out of property maps and collects what is wrong.
type reader struct{ failures []failure }

func (r *reader) fail(property, format string, args ...any) {
	r.failures = append(r.failures, failure{property, fmt.Sprintf(format, args...)})
}

func (r *reader) only(prefix string, m resource.PropertyMap, allowed []resource.PropertyKey) {
	for _, k := range m.StableKeys() {
		if strings.HasPrefix(string(k), "__") || slices.Contains(allowed, k) {
			continue
		}
		r.fail(prefix+string(k), "%s", unsupported("the property "+prefix+string(k)))
	}
}

func (r *reader) imageName(name string, push bool) {
	switch _, err := reference.ParseNormalizedNamed(name); {
	case name == "":
		r.fail("imageName", "it is required: REGISTRY/REPOSITORY:TAG")
	case err != nil:
		r.fail("imageName", "%q: %s", name, err)
	case push:
		if _, err := reference.ParseNamed(name); err != nil {
			r.fail("imageName", "%q does not name its registry, which a push needs: write REGISTRY/REPOSITORY:TAG, for example docker.io/%s", name, name)
		}
	}
}

func (r *reader) object(m resource.PropertyMap, key resource.PropertyKey) resource.PropertyMap {
	v := m[key]
	switch {
	case v.IsObject():
		return v.ObjectValue()
	case !v.IsNull() && !unknown(v):
		r.fail(string(key), "it must be an object, not %s", v.TypeString())
	}
	return nil
}

func (r *reader) str(prefix string, m resource.PropertyMap, key resource.PropertyKey) string {
	v := m[key]
	switch {
	case v.IsString():
		return v.StringValue()
	case !v.IsNull() && !unknown(v):
		r.fail(prefix+string(key), "it must be a string, not %s", v.TypeString())
	}
	return ""
}

func (r *reader) boolean(m resource.PropertyMap, key resource.PropertyKey) bool {
	v := m[key]
	switch {
	case v.IsBool():
		return v.BoolValue()
	case !v.IsNull() && !unknown(v):
		r.fail(string(key), "it must be a boolean, not %s", v.TypeString())
	}
	return false
}

func (r *reader) strings(prefix string, m resource.PropertyMap, key resource.PropertyKey) []string {
	v := m[key]
	if !v.IsArray() {
		if !v.IsNull() && !unknown(v) {
			r.fail(prefix+string(key), "it must be a list of strings, not %s", v.TypeString())
		}
		return nil
	}
	var list []string
	for i, e := range v.ArrayValue() {
		switch {
		case e.IsString():
			list = append(list, e.StringValue())
		case !unknown(e):
			r.fail(fmt.Sprintf("%s%s[%d]", prefix, key, i), "it must be a string, not %s", e.TypeString())
		}
	}
	return list
}

func (r *reader) stringMap(prefix string, m resource.PropertyMap, key resource.PropertyKey) map[string]*string {
	v := m[key]
	if !v.IsObject() {
		if !v.IsNull() && !unknown(v) {
			r.fail(prefix+string(key), "it must be a map of strings, not %s", v.TypeString())
		}
		return nil
	}
	out := map[string]*string{}
	keys := v.ObjectValue().StableKeys()
	sort.Slice(keys, func(i, j int) bool { return keys[i] < keys[j] })
	for _, k := range keys {
		switch e := v.ObjectValue()[k]; {
		case e.IsString():
			s := e.StringValue()
			out[string(k)] = &s
		case !unknown(e):
			r.fail(prefix+string(key)+"."+string(k), "it must be a string, not %s", e.TypeString())
		}
	}
	return out
}

// unknown is true for a value that only the up will know.
func unknown(v resource.PropertyValue) bool { return v.IsComputed() || v.IsOutput() }

// known is true where nothing of the value is unknown.
func known(v resource.PropertyValue) bool { return !v.ContainsUnknowns() }

func workingDir() string {
	dir, err := os.Getwd()
	if err != nil {
		return "."
	}
	return dir
}

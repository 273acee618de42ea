package dockerimage

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// buildContext is the folder that a Dockerfile may copy from, without what its
// .dockerignore excludes.
type buildContext struct {
	dir        string
	dockerfile string // relative to dir, with slashes
	ignored    *patternmatcher.PatternMatcher
	readDir    func(string) ([]fs.DirEntry, error) // os.ReadDir, or a test's
}

// openContext reads the ignore file: the Dockerfile's own (NAME.dockerignore)
// before the context's, as the docker command does.
func openContext(img image) (*buildContext, error) {
	dockerfile, err := img.dockerfileInContext()
	if err != nil {
		return nil, err
	}
	c := &buildContext{dir: img.context, dockerfile: dockerfile, readDir: os.ReadDir}
	for _, file := range []string{img.dockerfile + ".dockerignore", filepath.Join(img.context, ".dockerignore")} {
		f, err := os.Open(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		patterns, err := ignorefile.ReadAll(f)
		_ = f.Close()
		if err == nil {
			c.ignored, err = patternmatcher.New(patterns)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		return c, nil
	}
	c.ignored, err = patternmatcher.New(nil)
	return c, err
}

// digest is a digest of what goes into the image: names, kinds, permissions and
// contents, and the Dockerfile. Times and owners are no part of it, so a fresh
// clone has the same.
func (c *buildContext) digest() (string, error) {
	h := sha256.New()
	add := func(name string, mode fs.FileMode, content io.Reader) error {
		inner := sha256.New()
		if _, err := io.Copy(inner, content); err != nil {
			return err
		}
		fmt.Fprintf(h, "%q %s %x\n", name, mode, inner.Sum(nil))
		return nil
	}
	dockerfile, err := os.ReadFile(filepath.Join(c.dir, filepath.FromSlash(c.dockerfile)))
	if err != nil {
		return "", err
	}
	if err := add("Dockerfile", 0, strings.NewReader(string(dockerfile))); err != nil {
		return "", err
	}
	err = c.walk(func(name, file string, fi fs.FileInfo) error {
		switch {
		case fi.Mode().IsRegular():
			f, err := os.Open(file)
			if err != nil {
				return err
			}
			defer f.Close()
			return add(name, fi.Mode(), f)
		case fi.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(file)
			if err != nil {
				return err
			}
			// The permissions of a link mean nothing and differ between systems.
			return add(name, fs.ModeSymlink, strings.NewReader(target))
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("build context %s: %w", c.dir, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// tar writes the context. The Dockerfile and .dockerignore are always in it: the
// engine reads them and then takes out what is ignored.
func (c *buildContext) tar(w io.Writer) error {
	t := tar.NewWriter(w)
	sent := map[string]bool{}
	add := func(name, file string, fi fs.FileInfo) error {
		if sent[name] {
			return nil
		}
		sent[name] = true
		link := ""
		if fi.Mode()&fs.ModeSymlink != 0 {
			var err error
			if link, err = os.Readlink(file); err != nil {
				return err
			}
		}
		header, err := tar.FileInfoHeader(fi, link)
		if err != nil {
			return err
		}
		header.Name = name
		if fi.IsDir() {
			header.Name += "/"
		}
		header.Uid, header.Gid, header.Uname, header.Gname = 0, 0, "", ""
		if err := t.WriteHeader(header); err != nil || !fi.Mode().IsRegular() {
			return err
		}
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(t, f)
		return err
	}
	for _, name := range []string{c.dockerfile, ".dockerignore"} {
		file := filepath.Join(c.dir, filepath.FromSlash(name))
		fi, err := os.Stat(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = add(name, file, fi)
		}
		if err != nil {
			return err
		}
	}
	if err := c.walk(add); err != nil {
		return err
	}
	return t.Close()
}

// walk calls visit for all that is not ignored, in a fixed order. It does not
// descend where nothing can be re-included: node_modules costs nothing.
func (c *buildContext) walk(visit func(name, file string, fi fs.FileInfo) error) error {
	return c.walkDir("", patternmatcher.MatchInfo{}, visit)
}

func (c *buildContext) walkDir(dir string, parent patternmatcher.MatchInfo, visit func(name, file string, fi fs.FileInfo) error) error {
	entries, err := c.readDir(filepath.Join(c.dir, filepath.FromSlash(dir)))
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		ignored, match, err := c.ignored.MatchesUsingParentResults(filepath.FromSlash(name), parent)
		if err != nil {
			return err
		}
		if ignored && (!e.IsDir() || !c.mayReinclude(name)) {
			continue
		}
		fi, err := e.Info()
		if err != nil {
			return err
		}
		// Sockets, pipes and devices can't be part of an image.
		if !ignored && (fi.Mode().IsRegular() || fi.IsDir() || fi.Mode()&fs.ModeSymlink != 0) {
			if err := visit(name, filepath.Join(c.dir, filepath.FromSlash(name)), fi); err != nil {
				return err
			}
		}
		if fi.IsDir() {
			if err := c.walkDir(name, match, visit); err != nil {
				return err
			}
		}
	}
	return nil
}

// mayReinclude tells whether a pattern with a leading ! could match something
// below an ignored folder.
func (c *buildContext) mayReinclude(dir string) bool {
	if !c.ignored.Exclusions() {
		return false
	}
	for _, p := range c.ignored.Patterns() {
		if p.Exclusion() && mayMatchBelow(filepath.ToSlash(p.String()), dir) {
			return true
		}
	}
	return false
}

func mayMatchBelow(pattern, dir string) bool {
	parts, names := strings.Split(pattern, "/"), strings.Split(dir, "/")
	for i, name := range names {
		if i >= len(parts) || parts[i] == "**" {
			return true
		}
		if ok, err := path.Match(parts[i], name); err != nil || !ok {
			return err != nil
		}
	}
	return true
}

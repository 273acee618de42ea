package compute

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// dockerfile is the name of the Dockerfile in a build context.
const dockerfile = "Dockerfile"

// contentTag names an image by what it is built from: every file, symbolic link and folder of the build context that
// .dockerignore lets through, with its mode and content, the build arguments and the platform. The same content has
// the same tag on every machine; modification times and ignored files don't count. 16 hexadecimal digits.
func contentTag(context string, buildArgs map[string]string, platform string) (string, error) {
	ignored, err := readIgnoreFile(context)
	if err != nil {
		return "", err
	}
	// Each field is preceded by its length, so that no two contexts can run together into the same bytes.
	hash := sha256.New()
	write := func(fields ...string) {
		for _, f := range fields {
			fmt.Fprintf(hash, "%d:%s,", len(f), f)
		}
	}
	write("platform", platform)
	for _, name := range slices.Sorted(maps.Keys(buildArgs)) {
		write("arg", name, buildArgs[name])
	}
	// WalkDir goes in lexical order.
	err = filepath.WalkDir(context, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(context, path)
		if err != nil || rel == "." {
			return err
		}
		rel = filepath.ToSlash(rel)
		skip, err := ignored.MatchesOrParentMatches(rel)
		if err != nil {
			return fmt.Errorf("match %s: %w", rel, err)
		}
		if skip && rel != dockerfile {
			if entry.IsDir() && !ignored.Exclusions() {
				return filepath.SkipDir
			}
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		write("path", rel, info.Mode().String())
		switch {
		case entry.IsDir():
			return nil
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			write("link", target)
			return err
		case info.Mode().IsRegular():
			sum, err := fileSum(path)
			write("content", sum)
			return err
		default:
			return fmt.Errorf("%s is neither a file, a folder nor a symbolic link; name it in .dockerignore", rel)
		}
	})
	if err != nil {
		return "", fmt.Errorf("build context: %w", err)
	}
	return hex.EncodeToString(hash.Sum(nil))[:16], nil
}

func readIgnoreFile(context string) (*patternmatcher.PatternMatcher, error) {
	file, err := os.Open(filepath.Join(context, ".dockerignore"))
	if errors.Is(err, fs.ErrNotExist) {
		return patternmatcher.New(nil)
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	patterns, err := ignorefile.ReadAll(file)
	if err != nil {
		return nil, fmt.Errorf(".dockerignore: %w", err)
	}
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		return nil, fmt.Errorf(".dockerignore: %w", err)
	}
	return matcher, nil
}

func fileSum(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	return string(hash.Sum(nil)), nil
}

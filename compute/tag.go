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
	"strconv"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecr"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// dockerfile is the name of the Dockerfile in a build context.
const dockerfile = "Dockerfile"

// nextTag names the image of this content, as NUMBER-CONTENT. While the content is that of the repository's latest
// image, so is the tag, and nothing is built. Any other content gets the next number: content that comes back, as with
// a reverted commit, is built again, to another digest, and ECR would refuse to move the tag that it had before.
func nextTag(ctx *pulumi.Context, repository, content string, opts ...pulumi.InvokeOption) (string, error) {
	// Asked for by name, a repository that does not exist yet would be an error.
	all, err := ecr.GetRepositories(ctx, opts...)
	if err != nil {
		return "", fmt.Errorf("repositories: %w", err)
	}
	if !slices.Contains(all.Names, repository) {
		return tagAfter(nil, content)
	}
	found, err := ecr.LookupRepository(ctx, &ecr.LookupRepositoryArgs{Name: repository}, opts...)
	if err != nil {
		return "", fmt.Errorf("repository %s: %w", repository, err)
	}
	tag, err := tagAfter(found.MostRecentImageTags, content)
	if err != nil {
		return "", fmt.Errorf("repository %s: %w", repository, err)
	}
	return tag, nil
}

// tagAfter returns the tag of this content, given the tags of the latest image.
func tagAfter(latest []string, content string) (string, error) {
	if len(latest) == 0 {
		return "1-" + content, nil
	}
	for _, tag := range latest {
		number, of, ok := strings.Cut(tag, "-")
		n, err := strconv.Atoi(number)
		if !ok || err != nil || n < 1 {
			continue
		}
		if of == content {
			return tag, nil
		}
		return fmt.Sprintf("%d-%s", n+1, content), nil
	}
	return "", fmt.Errorf("the latest image has the tags %q, and none is of the form NUMBER-CONTENT; "+
		"the repository is for this stack alone: delete that image, and push such images to another one", latest)
}

// contentHash stands for what an image is built from: every file, symbolic link and folder of the build context that
// .dockerignore lets through, with its mode and content, the build arguments and the platform. The same content has
// the same hash on every machine; modification times and ignored files don't count. 16 hexadecimal digits.
//
// The path of the context and buildOnPreview count although they make no other image: the docker provider builds and
// pushes again when any input but the credentials changes, and ECR would refuse to move the tag. So whatever an Image's
// inputs take from its arguments has to be hashed here. Give a relative path: an absolute one differs from machine to
// machine, and the hash with it.
func contentHash(context string, buildArgs map[string]string, platform string, buildOnPreview bool) (string, error) {
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
	write("context", context, "platform", platform, "buildOnPreview", strconv.FormatBool(buildOnPreview))
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

// readIgnoreFile reads the Dockerfile's own ignore file where there is one, else the context's, as the builder does:
// https://docs.docker.com/build/concepts/context/#filename-and-location
func readIgnoreFile(context string) (*patternmatcher.PatternMatcher, error) {
	for _, name := range []string{dockerfile + ".dockerignore", ".dockerignore"} {
		file, err := os.Open(filepath.Join(context, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		defer file.Close()
		patterns, err := ignorefile.ReadAll(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		matcher, err := patternmatcher.New(patterns)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return matcher, nil
	}
	return patternmatcher.New(nil)
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

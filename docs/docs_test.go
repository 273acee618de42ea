// Package docs_test holds the documentation to what is there.
package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	command = regexp.MustCompile(`(?m)(?:\x60|^ {4}|  )make (?:-s )?([a-z][a-z0-9-]*)`)
	target  = regexp.MustCompile(`(?m)^([a-z][a-z0-9 -]*):.* ## `)
)

func TestRelativeLinksLeadSomewhere(t *testing.T) {
	for file, text := range pages(t) {
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			path, section, _ := strings.Cut(found[1], "#")
			if strings.Contains(path, ":") {
				continue
			}
			to := file
			if path != "" {
				to = filepath.Join(filepath.Dir(file), path)
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s links to %s: %v", file, found[1], err)
			} else if section != "" && !slices.Contains(sections(t, to), section) {
				t.Errorf("%s links to %s, which has no such section", file, found[1])
			}
		}
	}
}

func TestEveryMakeTargetThatIsNamedExists(t *testing.T) {
	makefile := read(t, "../Makefile")
	var targets []string
	for _, found := range target.FindAllStringSubmatch(makefile, -1) {
		targets = append(targets, found[1])
	}
	all := pages(t)
	for file, text := range all {
		for _, found := range command.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(targets, found[1]) {
				t.Errorf("%s names make %s, which is none of %v", file, found[1], targets)
			}
		}
	}
	for _, name := range targets {
		if !strings.Contains(all["../README.md"], "`make "+name+"`") {
			t.Errorf("the README does not name make %s", name)
		}
	}
}

// sections are the anchors that GitHub gives to a page's headings.
func sections(t *testing.T, file string) []string {
	t.Helper()
	var names []string
	for _, found := range heading.FindAllStringSubmatch(read(t, file), -1) {
		name := regexp.MustCompile(`[^\pL\pN _-]`).ReplaceAllString(strings.ToLower(found[1]), "")
		names = append(names, strings.ReplaceAll(name, " ", "-"))
	}
	return names
}

// pages are the Markdown files of the checkout by their paths from here.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && slices.Contains([]string{".git", ".local", "node_modules", ".next"}, entry.Name()) {
			return filepath.SkipDir
		}
		if filepath.Ext(path) == ".md" {
			found[path] = read(t, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 5 {
		t.Fatalf("only %d pages were found", len(found))
	}
	return found
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

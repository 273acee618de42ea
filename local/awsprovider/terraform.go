package awsprovider

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
)

// FindTerraformProvider returns the path of a terraform-provider-aws binary of TerraformVersion on this
// machine, or "" where there is none and the dynamic provider has to fetch it from the registry.
//
// It looks at SALLYPORT_TF_AWS (a file; anything else there is an error), at TF_PLUGIN_CACHE_DIR, and at
// filesystem mirrors in Terraform's layout: the implied mirror folders
// (https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories) and any
// folder directly under /opt, where machines prepared for closed networks keep one.
func FindTerraformProvider() (string, error) {
	if path := os.Getenv("SALLYPORT_TF_AWS"); path != "" {
		if info, err := os.Stat(path); err != nil || info.IsDir() {
			return "", fmt.Errorf("SALLYPORT_TF_AWS is %q, which is not a file; set it to a terraform-provider-aws %s binary, or unset it", path, TerraformVersion)
		}
		return filepath.Abs(path)
	}
	for _, mirror := range mirrors() {
		pattern := filepath.Join(mirror, "registry.terraform.io", "hashicorp", "aws", TerraformVersion,
			runtime.GOOS+"_"+runtime.GOARCH, "terraform-provider-aws*")
		found, err := filepath.Glob(pattern)
		if err != nil {
			continue // a folder name with a bracket in it is no mirror of ours
		}
		sort.Strings(found)
		for _, path := range found {
			if info, err := os.Stat(path); err == nil && !info.IsDir() && !strings.HasSuffix(path, ".zip") {
				return path, nil
			}
		}
	}
	return "", nil
}

func mirrors() []string {
	var dirs []string
	if dir := os.Getenv("TF_PLUGIN_CACHE_DIR"); dir != "" {
		dirs = append(dirs, dir)
	}
	if home, err := os.UserHomeDir(); err == nil {
		dirs = append(dirs,
			filepath.Join(home, ".terraform.d", "plugins"),
			filepath.Join(home, ".local", "share", "terraform", "plugins"),
			filepath.Join(home, "Library", "Application Support", "io.terraform", "plugins"))
	}
	dirs = append(dirs, "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins", "/Library/Application Support/io.terraform/plugins")
	opt, _ := filepath.Glob("/opt/*")
	return append(dirs, opt...)
}

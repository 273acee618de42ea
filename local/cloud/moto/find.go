// Package moto finds, starts and watches moto_server (https://github.com/getmoto/moto), the AWS API of the local cloud.
package moto

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Release is the moto release that a virtual environment gets, and that the rewriting of its answers was written for.
const Release = "5.2.1"

// Find returns the path of a moto_server, in this order: the variable SALLYPORT_MOTO_SERVER, PATH, a virtual
// environment under dir, which it makes when there is none (this needs python3 and a package index, and takes about a
// minute; out is told).
func Find(ctx context.Context, dir string, out io.Writer) (string, error) {
	if path := os.Getenv("SALLYPORT_MOTO_SERVER"); path != "" {
		found, err := exec.LookPath(path)
		if err != nil {
			return "", fmt.Errorf("SALLYPORT_MOTO_SERVER=%s: %w: set it to the path of a moto_server, or unset it", path, err)
		}
		return filepath.Abs(found)
	}
	if path, err := exec.LookPath("moto_server"); err == nil {
		return filepath.Abs(path)
	}
	// The release is in the name, so that a new one gets an environment of its own.
	venv := filepath.Join(dir, "moto-"+Release)
	path := filepath.Join(venv, "bin", "moto_server")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := install(ctx, venv, out); err != nil {
		// A half-made environment would be taken for a whole one next time.
		_ = os.RemoveAll(venv)
		return "", fmt.Errorf("moto_server was found neither in SALLYPORT_MOTO_SERVER nor on PATH, and installing it failed: %w\n"+
			"Install it yourself with `pip install 'moto[server]==%s'` and put moto_server on PATH, or set SALLYPORT_MOTO_SERVER to its path", err, Release)
	}
	return path, nil
}

func install(ctx context.Context, venv string, out io.Writer) error {
	python, err := exec.LookPath("python3")
	if err != nil {
		return errors.New("python3 is not on PATH: install Python 3.10 or newer with its venv module (Debian: `apt-get install python3-venv`)")
	}
	// moto 5.2 says Requires-Python >=3.10.
	if err := run(ctx, python, "-c", "import sys; sys.exit('Python %d.%d is too old: moto needs 3.10 or newer' % sys.version_info[:2] if sys.version_info < (3, 10) else 0)"); err != nil {
		return err
	}
	fmt.Fprintf(out, "Installing moto %s, the AWS API of the local cloud, into %s (once; about a minute)\n", Release, venv)
	if err := run(ctx, python, "-m", "venv", venv); err != nil {
		return err
	}
	return run(ctx, filepath.Join(venv, "bin", "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "moto[server]=="+Release)
}

func run(ctx context.Context, name string, args ...string) error {
	output, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err == nil {
		return nil
	}
	text := strings.TrimSpace(string(output))
	if len(text) > 600 {
		text = "…" + text[len(text)-600:]
	}
	return fmt.Errorf("%s %s: %w: %s", filepath.Base(name), strings.Join(args[:min(2, len(args))], " "), err, text)
}

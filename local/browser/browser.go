// Package browser starts a Chromium without a window, for tests that use the app as a person does.
package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"

	"github.com/chromedp/chromedp"

	"sallyport/local/debian"
)

// Variable names the environment variable with the path of a Chromium or Chrome to use instead of the one on PATH.
const Variable = "SALLYPORT_CHROMIUM"

// names that Chromium and Chrome go by, on PATH and on macOS.
var names = []string{
	"chromium", "chromium-browser", "google-chrome", "google-chrome-stable",
	"/Applications/Chromium.app/Contents/MacOS/Chromium", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
}

// find returns the browser's path. Where there is none, root on Debian gets Debian's.
func find(ctx context.Context, progress debian.Progress) (string, error) {
	if path := os.Getenv(Variable); path != "" {
		return exec.LookPath(path)
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	release, _ := os.ReadFile("/etc/os-release")
	if os.Geteuid() != 0 || !slices.Contains(debian.Distribution(release), "debian") {
		return "", fmt.Errorf("no Chromium or Chrome was found; install one, or name it in %s, and repeat", Variable)
	}
	// Pages with letters need a font, which the browser only recommends.
	if err := debian.Install(ctx, progress, "the browser of the tests", "chromium", "fonts-dejavu-core"); err != nil {
		return "", fmt.Errorf("no Chromium was found: %w", err)
	}
	return exec.LookPath(names[0])
}

// Start starts a browser with a profile of its own, which goes with it, and returns the context that chromedp makes pages
// in. It installs Chromium where it may: see find. The returned function ends it.
func Start(ctx context.Context, progress debian.Progress) (context.Context, func(), error) {
	path, err := find(ctx, progress)
	if err != nil {
		return nil, nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		// It shows pages of this machine alone, and runs as root in containers, where its sandbox can't.
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.*, EXCLUDE localhost"),
		// A proxy of the machine's doesn't reach its own loopback.
		chromedp.Flag("no-proxy-server", true),
	)
	allocator, end := chromedp.NewExecAllocator(ctx, options...)
	browser, closed := chromedp.NewContext(allocator)
	if err := chromedp.Do(browser); err != nil {
		closed()
		end()
		return nil, nil, fmt.Errorf("browser %s: %w", path, err)
	}
	return browser, func() { closed(); end() }, nil
}

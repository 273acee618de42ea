package cloud_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"sallyport/local/cloud"
)

// TestMain lets the test's own executable be the daemon, as the command is outside of tests.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		cfg, inherited, err := cloud.InheritedConfig()
		if err == nil && inherited {
			err = cloud.Serve(context.Background(), cfg)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

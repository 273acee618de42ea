// Package enginetest gives tests this machine's Docker engine.
package enginetest

import (
	"context"
	"testing"

	"sallyport/local/engine"
)

// Start returns the engine that runs; where none does, it starts one and stops it at the end of the test.
func Start(t *testing.T) *engine.Engine {
	t.Helper()
	options := engine.Options{Dir: t.TempDir()}
	e, err := engine.Ensure(t.Context(), options, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = e.Close()
		if err := engine.Stop(context.WithoutCancel(t.Context()), options, t.Logf); err != nil {
			t.Error(err)
		}
	})
	return e
}

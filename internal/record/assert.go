package record

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// MustRun is Run with default options; a program that fails, fails the test.
func MustRun(t testing.TB, program pulumi.RunFunc) *Recording {
	t.Helper()
	rec, err := Run(program, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// Refused runs a program that makes one component with wrong arguments: its error must name all of these problems,
// and nothing may be registered.
func Refused(t testing.TB, program pulumi.RunFunc, problems ...string) {
	t.Helper()
	rec, err := Run(program, Options{})
	if err == nil {
		t.Fatal("no error")
	}
	for _, problem := range problems {
		if !strings.Contains(err.Error(), problem) {
			t.Errorf("%q is not in: %v", problem, err)
		}
	}
	if len(rec.Resources) > 0 {
		t.Errorf("registered %v", rec.Names())
	}
}

// Equal fails the test where an input of the resource is not the wanted value; see Resource.Input.
func Equal(t testing.TB, r Resource, path string, want any) {
	t.Helper()
	if got := r.Input(path); got != want {
		t.Errorf("%s: %s is %v, want %v", r, path, got, want)
	}
}

package command

import (
	"strings"
	"testing"

	"sallyport/inspect/verify"
)

func TestConnect(t *testing.T) {
	t.Run("the URL is asked where -connect says", func(t *testing.T) {
		f := &fakes{results: []verify.Result{{}}}
		runIt(t, f, "verify", "-stack", "dev", "-connect", "http://127.64.0.1:4568")
		if f.options.Connect == nil || f.options.Connect.String() != "http://127.64.0.1:4568" {
			t.Errorf("it is asked at %v", f.options.Connect)
		}
	})
	t.Run("without it, where it leads", func(t *testing.T) {
		f := &fakes{results: []verify.Result{{}}}
		runIt(t, f, "verify", "-stack", "dev")
		if f.options.Connect != nil {
			t.Errorf("it is asked at %v", f.options.Connect)
		}
	})
	for _, place := range []string{"127.64.0.1:4568", "ftp://127.64.0.1", "http://", "http://127.64.0.1/path", "http://%"} {
		t.Run(place+" is no place to ask", func(t *testing.T) {
			f := &fakes{}
			got := runIt(t, f, "verify", "-stack", "dev", "-connect", place)
			if got.exit != unknown || !strings.Contains(got.stderr, "it is not http or https, ://, a host and a port") || len(f.asked) > 0 {
				t.Errorf("%d: %s", got.exit, got.stderr)
			}
		})
	}
}

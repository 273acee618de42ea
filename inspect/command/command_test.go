package command

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"sallyport/inspect/api"
	"sallyport/inspect/leftovers"
	"sallyport/inspect/stack"
	"sallyport/inspect/verify"
	"sallyport/inspect/why"
)

// fakes answer in place of Pulumi and AWS.
type fakes struct {
	readErr, clientsErr, verifyErr, whyErr, leftErr error

	results  []verify.Result
	progress []string
	report   *why.Report
	items    []leftovers.Item

	asked   []string       // the stacks that were read
	options verify.Options // that the checks ran with
}

func (f *fakes) install(t *testing.T) {
	t.Helper()
	read, clients, checks, told, left := readStack, newClients, runChecks, explain, findLeftovers
	t.Cleanup(func() {
		readStack, newClients, runChecks, explain, findLeftovers = read, clients, checks, told, left
	})
	readStack = func(_ context.Context, name string) (*stack.Stack, error) {
		f.asked = append(f.asked, name)
		return &stack.Stack{Name: name, Region: "eu-west-1", Profile: "p"}, f.readErr
	}
	newClients = func(_ context.Context, region, profile string) (*api.Clients, error) {
		if region != "eu-west-1" || profile != "p" {
			t.Errorf("the clients are for %s, %s", region, profile)
		}
		return &api.Clients{}, f.clientsErr
	}
	runChecks = func(_ context.Context, _ *api.Clients, _ *stack.Stack, o verify.Options) ([]verify.Result, error) {
		f.options = o
		for _, text := range f.progress {
			o.Progress(text)
		}
		return f.results, f.verifyErr
	}
	explain = func(context.Context, *api.Clients, *stack.Stack) (*why.Report, error) { return f.report, f.whyErr }
	findLeftovers = func(context.Context, *api.Clients, *stack.Stack) ([]leftovers.Item, error) {
		return f.items, f.leftErr
	}
}

// outcome is what a run left.
type outcome struct {
	exit           int
	stdout, stderr string
}

func runIt(t *testing.T, f *fakes, args ...string) outcome {
	t.Helper()
	f.install(t)
	var stdout, stderr strings.Builder
	exit := Run(t.Context(), args, &stdout, &stderr)
	return outcome{exit, stdout.String(), stderr.String()}
}

func (got outcome) is(t *testing.T, want outcome) {
	t.Helper()
	if got != want {
		t.Errorf("exit status %d, standard output\n%s\nstandard error\n%s\nand not %d,\n%s\n%s", got.exit, got.stdout, got.stderr, want.exit, want.stdout, want.stderr)
	}
}

var (
	good = verify.Result{Name: "vpc-link", Claim: "The VPC link is available", OK: true, Evidence: "vpclink-1 AVAILABLE"}
	bad  = verify.Result{Name: "task-addresses", Claim: "No task has a public address", Evidence: "4f1c has <54.0.0.3>", Todo: "Run `make up`."}
)

const list = `  inspect verify -stack NAME [-limit 5m] [-connect URL] [-json] [-junit FILE]
      check that the app is up and private
  inspect verify -policy
      print the IAM policy that all of this needs, and end
  inspect why -stack NAME [-json] [-quiet]
      tell what broke a deployment, in plain words
  inspect left -stack NAME [-limit 1m] [-json]
      list what is left of a stack, what costs money first
`

func TestHelp(t *testing.T) {
	for _, help := range []string{"help", "-h", "-help", "--help"} {
		t.Run(help+" lists what there is", func(t *testing.T) {
			runIt(t, &fakes{}, help).is(t, outcome{exit: 0, stdout: "Usage:\n" + list})
		})
	}
	t.Run("a verb lists its options", func(t *testing.T) {
		runIt(t, &fakes{}, "why", "-h").is(t, outcome{exit: 0, stdout: `The options of why:
  -json
      print a JSON document
  -quiet
      print nothing where nothing is wrong with the service
  -stack NAME
      the NAME of the stack; its settings are in Pulumi.NAME.yaml
`})
	})
}

func TestBadArguments(t *testing.T) {
	options := "its options are:\n    -json\n        print a JSON document\n    -quiet\n        print nothing where nothing is wrong with the service\n    -stack NAME\n        the NAME of the stack; its settings are in Pulumi.NAME.yaml\n"
	indented := "  " + strings.ReplaceAll(strings.TrimSuffix(list, "\n"), "\n", "\n  ") + "\n"
	missing := "error: -stack is missing: name the stack, as in -stack dev\n"
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"no verb", nil, "error: say what to do:\n" + indented},
		{"a verb that there is not", []string{"fix\x1b[2J\nall"}, "error: there is no \"fix\\x1b[2J\\nall\"; there is:\n" + indented},
		{"a flag in the verb's place", []string{"-stack", "dev"}, "error: there is no \"-stack\"; there is:\n" + indented},
		{"a stray argument", []string{"why", "-stack", "dev", "prod"}, "error: why takes no argument \"prod\"; " + options},
		{"a flag that there is not", []string{"why", "-junit", "x"}, "error: why: flag provided but not defined: -junit; " + options},
		{"verify without a stack", []string{"verify"}, missing},
		{"why without a stack", []string{"why"}, missing},
		{"left with an empty stack", []string{"left", "-stack="}, missing},
		{"a limit in the past", []string{"verify", "-stack", "dev", "-limit", "-1s"}, "error: -limit -1s is in the past: name how long to wait, as in -limit 90s, or 0s for not at all\n"},
	} {
		t.Run(c.name+" is an error that says so, and nothing is asked", func(t *testing.T) {
			f := &fakes{}
			runIt(t, f, c.args...).is(t, outcome{exit: 2, stderr: c.want})
			if len(f.asked) > 0 {
				t.Errorf("%v were read", f.asked)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	no := errors.New("no\x1b[31m answer\nof AWS")
	for _, c := range []struct {
		name, verb string
		fakes      fakes
	}{
		{"a stack that can't be read", "verify", fakes{readErr: no}},
		{"a stack that can't be read, of why", "why", fakes{readErr: no}},
		{"a stack that can't be read, of left", "left", fakes{readErr: no}},
		{"no configuration of AWS", "verify", fakes{clientsErr: no}},
		{"checks that can't be run", "verify", fakes{verifyErr: no, results: []verify.Result{good}}},
		{"a cause that can't be found", "why", fakes{whyErr: no}},
		{"leftovers that can't be listed", "left", fakes{leftErr: no}},
	} {
		t.Run(c.name+": status 2, and what was not found out is not reported", func(t *testing.T) {
			runIt(t, &c.fakes, c.verb, "-stack", "dev").is(t, outcome{exit: 2, stderr: "error: no answer\n  of AWS\n"})
		})
	}
	t.Run("a run that is interrupted says so alone", func(t *testing.T) {
		f := &fakes{verifyErr: errors.New("Get: context canceled")}
		f.install(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var stdout, stderr strings.Builder
		exit := Run(ctx, []string{"verify", "-stack", "dev"}, &stdout, &stderr)
		outcome{exit, stdout.String(), stderr.String()}.is(t, outcome{exit: 2, stderr: "error: interrupted before it was found out\n"})
	})
	t.Run("no check at all does not pass", func(t *testing.T) {
		runIt(t, &fakes{}, "verify", "-stack", "dev").is(t, outcome{exit: 2, stderr: "error: there was nothing to check\n"})
	})
	for _, args := range [][]string{{"help"}, {"verify", "-policy"}, {"verify", "-stack", "dev"}, {"verify", "-stack", "dev", "-json"},
		{"why", "-stack", "dev"}, {"left", "-limit", "0s", "-stack", "dev"}, {"left", "-limit", "0s", "-stack", "dev", "-json"}} {
		t.Run(strings.Join(args, " ")+" that nobody takes the output of does not pass", func(t *testing.T) {
			f := &fakes{results: []verify.Result{good}, report: &why.Report{}, items: []leftovers.Item{{Kind: "VPC"}}}
			f.install(t)
			var stderr strings.Builder
			exit := Run(t.Context(), args, closed{}, &stderr)
			if exit != 2 || !strings.HasPrefix(stderr.String(), "error: the report could not be written: closed\n") {
				t.Errorf("status %d, %q", exit, stderr.String())
			}
		})
	}
}

type closed struct{ io.Writer }

func (closed) Write([]byte) (int, error) { return 0, errors.New("closed") }

func TestProgress(t *testing.T) {
	t.Run("in a log there is a line for each news", func(t *testing.T) {
		var out strings.Builder
		p := newProgress(&out)
		for _, text := range []string{"not yet: a", "not yet: a", "not yet: b\x1b[A\nc"} {
			p.show(text)
		}
		p.end()
		if out.String() != "not yet: a\nnot yet: b c\n" {
			t.Errorf("it is %q", out.String())
		}
	})
	t.Run("on a terminal there is one line, which never wraps and goes in the end", func(t *testing.T) {
		t.Setenv("COLUMNS", "40")
		t.Setenv("TERM", "xterm")
		var out terminal
		p := newProgress(&out)
		p.show("not yet: a")
		p.show(strings.Repeat("é", 39))
		p.show(strings.Repeat("é", 40))
		p.end()
		if want := "\r\x1b[Knot yet: a\r\x1b[K" + strings.Repeat("é", 39) + "\r\x1b[K" + strings.Repeat("é", 38) + "…\r\x1b[K"; out.String() != want {
			t.Errorf("it is %q", out.String())
		}
	})
	t.Run("without news a terminal is not touched", func(t *testing.T) {
		var out terminal
		newProgress(&out).end()
		if out.String() != "" {
			t.Errorf("it is %q", out.String())
		}
	})
}

// terminal looks like one.
type terminal struct{ strings.Builder }

func (*terminal) Stat() (os.FileInfo, error) { return device{}, nil }

type device struct{ os.FileInfo }

func (device) Mode() os.FileMode { return os.ModeCharDevice }

func TestLimit(t *testing.T) {
	for _, c := range []struct {
		args []string
		want time.Duration
	}{
		{nil, 5 * time.Minute},
		{[]string{"-limit", "90s"}, 90 * time.Second},
		{[]string{"--limit=0s"}, 0},
	} {
		f := &fakes{results: []verify.Result{good}}
		runIt(t, f, append([]string{"verify", "--stack", "org/dev"}, c.args...)...)
		if f.options.Limit != c.want || len(f.asked) != 1 || f.asked[0] != "org/dev" {
			t.Errorf("%v waits for %s, of %v", c.args, f.options.Limit, f.asked)
		}
	}
}

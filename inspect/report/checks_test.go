package report

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"sallyport/inspect/verify"
)

var (
	good = verify.Result{Name: "root", Claim: "the URL answers 200 at the root", OK: true, Evidence: "GET / 200 in 31 ms"}
	bad  = verify.Result{Name: "public-addresses", Claim: "no task has a public address",
		Evidence: "task 4f1c has 54.0.0.3", Todo: "set assignPublicIp to DISABLED\nmake up STACK=dev"}
	hostile = verify.Result{Name: "a<b&\"c\x00", Claim: "claim\nFAIL  forged", Evidence: "\x1b[2J\x1b]0;title\x07e\r\n<x>&\u202e\u009b\xff]]>", Todo: "do\x1b[31m this\x08\nand that"}
)

// terminal looks like one.
type terminal struct{ strings.Builder }

func (*terminal) Stat() (os.FileInfo, error) { return device{}, nil }

type device struct{ os.FileInfo }

func (device) Mode() os.FileMode { return os.ModeDevice | os.ModeCharDevice }
func (device) Size() int64       { return 0 }
func (device) ModTime() time.Time {
	return time.Time{}
}

// same compares texts; what differs is shown quoted.
func same(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("it is\n%s\nand not\n%s\nquoted:\n%q\n%q", got, want, got, want)
	}
}

func TestChecks(t *testing.T) {
	t.Run("each check tells its claim and evidence, in order, and the last line sums up", func(t *testing.T) {
		same(t, Checks([]verify.Result{good, good}, Style{}), ""+
			"ok    root: the URL answers 200 at the root\n"+
			"      GET / 200 in 31 ms\n"+
			"ok    root: the URL answers 200 at the root\n"+
			"      GET / 200 in 31 ms\n"+
			"all 2 checks hold\n")
	})
	t.Run("a failed check tells what to do", func(t *testing.T) {
		same(t, Checks([]verify.Result{bad, good}, Style{}), ""+
			"FAIL  public-addresses: no task has a public address\n"+
			"      task 4f1c has 54.0.0.3\n"+
			"      to do: set assignPublicIp to DISABLED\n"+
			"             make up STACK=dev\n"+
			"ok    root: the URL answers 200 at the root\n"+
			"      GET / 200 in 31 ms\n"+
			"1 of 2 checks fails\n")
	})
	t.Run("two failures are counted", func(t *testing.T) {
		if text := Checks([]verify.Result{bad, good, bad}, Style{}); !strings.HasSuffix(text, "\n2 of 3 checks fail\n") {
			t.Errorf("it ends with %q", text)
		}
	})
	t.Run("lines are wrapped behind their mark, and neither a word nor a command is cut", func(t *testing.T) {
		r := verify.Result{Name: "build", Claim: "the image that runs is the one just pushed",
			Evidence: "task 4f1c runs 123456789012.dkr.ecr.us-east-1.amazonaws.com/dev@sha256:0123 since 12:00",
			Todo:     "look with `make why STACK=dev ARGS=-json` at what broke the new one"}
		same(t, Checks([]verify.Result{r}, Style{Width: 40}), ""+
			"FAIL  build: the image that runs is the\n"+
			"      one just pushed\n"+
			"      task 4f1c runs\n"+
			"      123456789012.dkr.ecr.us-east-1.amazonaws.com/dev@sha256:0123\n"+
			"      since 12:00\n"+
			"      to do: look with\n"+
			"             `make why STACK=dev ARGS=-json`\n"+
			"             at what broke the new one\n"+
			"1 of 1 checks fails\n")
	})
	t.Run("a line that just fits is not wrapped", func(t *testing.T) {
		r := verify.Result{Name: "n", OK: true, Claim: strings.Repeat("a", 13) + " " + strings.Repeat("ü", 17), Evidence: strings.Repeat("a", 16) + " " + strings.Repeat("ü", 18)}
		same(t, Checks([]verify.Result{r}, Style{Width: 40}), ""+
			"ok    n: aaaaaaaaaaaaa üüüüüüüüüüüüüüüüü\n"+
			"      aaaaaaaaaaaaaaaa\n"+
			"      üüüüüüüüüüüüüüüüüü\n"+
			"all 1 checks hold\n")
	})
	t.Run("colours change no width", func(t *testing.T) {
		text := Checks([]verify.Result{bad, good}, Style{Width: 40, Colour: true})
		if !strings.HasPrefix(text, "\x1b[1;31mFAIL\x1b[0m  public-addresses:") || !strings.Contains(text, "\n\x1b[32mok\x1b[0m    root:") {
			t.Errorf("it is %q", text)
		}
		same(t, escapes.ReplaceAllString(text, ""), Checks([]verify.Result{bad, good}, Style{Width: 40}))
	})
	t.Run("what was seen can neither forge a line nor reach the terminal", func(t *testing.T) {
		same(t, Checks([]verify.Result{hostile}, Style{}), ""+
			"FAIL  a<b&\"c�: claim FAIL forged\n"+
			"      e <x>&���]]>\n"+
			"      to do: do this�\n"+
			"             and that\n"+
			"1 of 1 checks fails\n")
	})
}

func TestStyle(t *testing.T) {
	for _, c := range []struct {
		name string
		env  map[string]string
		want Style
	}{
		{"a terminal has 80 columns and colours", nil, Style{Width: 80, Colour: true}},
		{"COLUMNS names another width", map[string]string{"COLUMNS": "132"}, Style{Width: 132, Colour: true}},
		{"a terminal of hardly any columns is taken for one of 40", map[string]string{"COLUMNS": "3"}, Style{Width: 40, Colour: true}},
		{"COLUMNS that is no width counts for nothing", map[string]string{"COLUMNS": "-1"}, Style{Width: 80, Colour: true}},
		{"NO_COLOR takes the colours away", map[string]string{"NO_COLOR": "1"}, Style{Width: 80}},
		{"a dumb terminal has no colours", map[string]string{"TERM": "dumb"}, Style{Width: 80}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, name := range []string{"COLUMNS", "NO_COLOR"} {
				t.Setenv(name, "")
			}
			t.Setenv("TERM", "xterm")
			for name, value := range c.env {
				t.Setenv(name, value)
			}
			if got := StyleOf(&terminal{}); got != c.want {
				t.Errorf("it is %+v", got)
			}
		})
	}
	t.Run("a file and a buffer are neither wrapped nor coloured", func(t *testing.T) {
		file, err := os.Create(t.TempDir() + "/out")
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		t.Setenv("COLUMNS", "50")
		if got := [2]Style{StyleOf(file), StyleOf(&strings.Builder{})}; got != [2]Style{} {
			t.Errorf("they are %+v", got)
		}
	})
}

func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		name    string
		results []verify.Result
		want    string
	}{
		{"all that holds is ok", []verify.Result{good},
			`{"stack":"dev","ok":true,"results":[{"name":"root","claim":"the URL answers 200 at the root","ok":true,"evidence":"GET / 200 in 31 ms"}]}`},
		{"one failure is enough", []verify.Result{bad, good},
			`{"stack":"dev","ok":false,"results":[` +
				`{"name":"public-addresses","claim":"no task has a public address","ok":false,"evidence":"task 4f1c has 54.0.0.3","todo":"set assignPublicIp to DISABLED\nmake up STACK=dev"},` +
				`{"name":"root","claim":"the URL answers 200 at the root","ok":true,"evidence":"GET / 200 in 31 ms"}]}`},
		{"nothing checked is not ok", []verify.Result{}, `{"stack":"dev","ok":false,"results":[]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, err := json.Marshal(NewVerdict("dev", c.results))
			if err != nil {
				t.Fatal(err)
			}
			same(t, string(text), c.want)
		})
	}
}

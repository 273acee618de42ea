package command

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"sallyport/inspect/api"
	"sallyport/inspect/leftovers"
	"sallyport/inspect/verify"
	"sallyport/inspect/why"
)

const (
	passed = "ok    vpc-link: The VPC link is available\n      vpclink-1 AVAILABLE\nall 1 checks hold\n"
	failed = "ok    vpc-link: The VPC link is available\n      vpclink-1 AVAILABLE\n" +
		"FAIL  task-addresses: No task has a public address\n      4f1c has <54.0.0.3>\n      to do: Run `make up`.\n1 of 2 checks fails\n"
)

func TestVerify(t *testing.T) {
	t.Run("all that holds is status 0", func(t *testing.T) {
		f := &fakes{results: []verify.Result{good}, progress: []string{"not yet: The VPC link is available"}}
		runIt(t, f, "verify", "-stack", "dev").is(t, outcome{exit: 0, stdout: passed, stderr: "not yet: The VPC link is available\n"})
	})
	t.Run("one check that fails is status 1", func(t *testing.T) {
		runIt(t, &fakes{results: []verify.Result{good, bad}}, "verify", "-stack", "dev").is(t, outcome{exit: 1, stdout: failed})
	})
	t.Run("-json prints the document alone, and the table beside it", func(t *testing.T) {
		runIt(t, &fakes{results: []verify.Result{good, bad}}, "verify", "-stack", "dev", "-json").is(t, outcome{exit: 1, stderr: failed, stdout: `{
  "stack": "dev",
  "ok": false,
  "results": [
    {
      "name": "vpc-link",
      "claim": "The VPC link is available",
      "ok": true,
      "evidence": "vpclink-1 AVAILABLE"
    },
    {
      "name": "task-addresses",
      "claim": "No task has a public address",
      "ok": false,
      "evidence": "4f1c has <54.0.0.3>",
      "todo": "Run ` + "`make up`" + `."
    }
  ]
}
`})
	})
	t.Run("-policy needs no stack", func(t *testing.T) {
		f := &fakes{}
		runIt(t, f, "verify", "--policy").is(t, outcome{exit: 0, stdout: api.Policy()})
		if len(f.asked) > 0 {
			t.Errorf("%v were read", f.asked)
		}
	})
}

func TestVerifyJUnit(t *testing.T) {
	t.Chdir(t.TempDir())
	holds := func(t *testing.T, want ...string) {
		t.Helper()
		text, err := os.ReadFile("junit.xml")
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(string(text), w) {
				t.Errorf("it lacks %s:\n%s", w, text)
			}
		}
	}
	t.Run("the document is written beside the table", func(t *testing.T) {
		runIt(t, &fakes{results: []verify.Result{good, bad}}, "verify", "-stack", "dev", "-junit", "junit.xml").is(t, outcome{exit: 1, stdout: failed})
		holds(t, `tests="2" failures="1" errors="0"`, `<failure message="4f1c has &lt;54.0.0.3&gt;">`)
	})
	t.Run("what could not be found out is told there too, and the document of before is gone", func(t *testing.T) {
		runIt(t, &fakes{readErr: os.ErrPermission}, "verify", "-stack", "dev", "-junit", "junit.xml").is(t, outcome{exit: 2, stderr: "error: permission denied\n"})
		holds(t, `tests="1" failures="0" errors="1"`, `<error message="permission denied">`)
	})
	t.Run("a file that can't be written is told before anything is asked", func(t *testing.T) {
		f := &fakes{results: []verify.Result{good}}
		runIt(t, f, "verify", "-stack", "dev", "-junit", "no/junit.xml").is(t, outcome{exit: 2, stderr: "error: -junit: open no/junit.xml: no such file or directory\n"})
		if len(f.asked) > 0 {
			t.Errorf("%v were read", f.asked)
		}
	})
}

func TestWhy(t *testing.T) {
	r := &why.Report{Service: "web", Cluster: "dev", Broken: true, Summary: []string{"dev:4 <does> not run"}, Events: []why.Event{{At: time.Unix(0, 0), Message: "m"}}}
	t.Run("what broke is printed, and that it could be told is status 0", func(t *testing.T) {
		runIt(t, &fakes{report: r}, "why", "-stack", "dev").is(t, outcome{exit: 0,
			stdout: "dev:4 <does> not run\n\nEvents of the service, the newest first\n  1970-01-01 00:00:00Z  m\n"})
	})
	t.Run("a service that is well is status 0 too", func(t *testing.T) {
		runIt(t, &fakes{report: &why.Report{Summary: []string{"nothing is wrong with the service"}}}, "why", "-stack", "dev").is(t,
			outcome{exit: 0, stdout: "nothing is wrong with the service\n"})
	})
	t.Run("-quiet is for a run after a failure that may be another's: what is well is not told, what is broken is", func(t *testing.T) {
		runIt(t, &fakes{report: &why.Report{Summary: []string{"nothing is wrong with the service"}}}, "why", "-quiet", "-stack", "dev").is(t, outcome{exit: 0})
		runIt(t, &fakes{report: &why.Report{Broken: true, Summary: []string{"dev:4 does not run"}}}, "why", "-quiet", "-stack", "dev").is(t, outcome{exit: 0, stdout: "dev:4 does not run\n"})
	})
	t.Run("-json prints the same as a document", func(t *testing.T) {
		r := *r
		r.Events[0].At = r.Events[0].At.UTC()
		runIt(t, &fakes{report: &r}, "why", "-stack", "dev", "-json").is(t, outcome{exit: 0, stdout: `{
  "stack": "dev",
  "service": "web",
  "cluster": "dev",
  "broken": true,
  "summary": [
    "dev:4 <does> not run"
  ],
  "events": [
    {
      "at": "1970-01-01T00:00:00Z",
      "message": "m"
    }
  ]
}
`})
	})
}

func TestLeft(t *testing.T) {
	items := []leftovers.Item{{Kind: "NAT gateway", ID: "nat-1", Costs: "0.045 USD an hour", Delete: "aws ec2 delete-nat-gateway --nat-gateway-id nat-1"}}
	t.Run("anything left is status 1", func(t *testing.T) {
		runIt(t, &fakes{items: items}, "left", "-limit", "0s", "-stack", "dev").is(t, outcome{exit: 1, stdout: "1 resource is left of stack dev\n\n" +
			"What still costs money\n  NAT gateway nat-1: 0.045 USD an hour\n    aws ec2 delete-nat-gateway --nat-gateway-id nat-1\n"})
	})
	t.Run("nothing left is status 0", func(t *testing.T) {
		runIt(t, &fakes{}, "left", "-limit", "0s", "-stack", "dev").is(t, outcome{exit: 0, stdout: "nothing is left of stack dev\n"})
	})
	t.Run("where one service can't be asked, what others told is printed, and the status is 2", func(t *testing.T) {
		runIt(t, &fakes{items: []leftovers.Item{{Kind: "VPC", ID: "vpc-1"}}, leftErr: errors.New("IAM roles: denied")}, "left", "-limit", "0s", "-stack", "dev").is(t, outcome{exit: 2,
			stdout: "1 resource is left of stack dev\n\nWhat costs nothing by itself\n  VPC vpc-1\n", stderr: "error: IAM roles: denied\n"})
	})
	t.Run("-json has a list, and the same status", func(t *testing.T) {
		runIt(t, &fakes{items: items}, "left", "-limit", "0s", "-stack", "dev", "-json").is(t, outcome{exit: 1, stdout: `{
  "stack": "dev",
  "items": [
    {
      "kind": "NAT gateway",
      "id": "nat-1",
      "costs": "0.045 USD an hour",
      "delete": "aws ec2 delete-nat-gateway --nat-gateway-id nat-1"
    }
  ]
}
`})
		runIt(t, &fakes{}, "left", "-limit", "0s", "-stack", "dev", "--json").is(t, outcome{exit: 0, stdout: "{\n  \"stack\": \"dev\",\n  \"items\": []\n}\n"})
	})
}

package report

import (
	"encoding/xml"
	"errors"
	"reflect"
	"testing"

	"sallyport/inspect/verify"
)

func read(t *testing.T, document string) suite {
	t.Helper()
	var all suites
	if err := xml.Unmarshal([]byte(document), &all); err != nil {
		t.Fatalf("%v in\n%s", err, document)
	}
	if len(all.Suites) != 1 {
		t.Fatalf("it has %d suites", len(all.Suites))
	}
	return all.Suites[0]
}

func TestJUnit(t *testing.T) {
	t.Run("a check is a test case, and one that fails has evidence and what to do", func(t *testing.T) {
		same(t, JUnit("dev", []verify.Result{good, bad}), `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="verify stack dev" tests="2" failures="1" errors="0">
    <testcase classname="verify stack dev" name="root">
      <system-out>the URL answers 200 at the root&#xA;GET / 200 in 31 ms</system-out>
    </testcase>
    <testcase classname="verify stack dev" name="public-addresses">
      <failure message="task 4f1c has 54.0.0.3">does not hold: no task has a public address&#xA;evidence: task 4f1c has 54.0.0.3&#xA;to do: set assignPublicIp to DISABLED make up STACK=dev</failure>
    </testcase>
  </testsuite>
</testsuites>
`)
	})
	t.Run("what was seen is the same when read back, without what no XML may hold", func(t *testing.T) {
		want := suite{Name: `verify stack <dev> & "it"`, Tests: 1, Failures: 1, Cases: []test{{
			Class: `verify stack <dev> & "it"`, Name: "a<b&\"c�",
			Failure: &problem{Message: "e  <x>&���]]>", Text: "does not hold: claim FAIL  forged\nevidence: e  <x>&���]]>\nto do: do this� and that"},
		}}}
		if got := read(t, JUnit(`<dev> & "it"`, []verify.Result{hostile})); !reflect.DeepEqual(got, want) {
			t.Errorf("it is\n%+v, %+v", got, got.Cases[0].Failure)
		}
	})
	t.Run("what could not be found out is an error, and no failure", func(t *testing.T) {
		got := read(t, JUnitError("dev", errors.New("no credentials\x1b[0m\nlog in")))
		want := suite{Name: "verify stack dev", Tests: 1, Errors: 1, Cases: []test{{Class: "verify stack dev", Name: "verify",
			Error: &problem{Message: "no credentials log in", Text: "no credentials log in"}}}}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("it is %+v", got)
		}
	})
}

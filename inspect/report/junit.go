package report

import (
	"encoding/xml"
	"fmt"

	"sallyport/inspect/verify"
)

// The elements and attributes that CI systems read, as in
// https://github.com/testmoapp/junitxml#complete-junit-xml-example
type (
	suites struct {
		XMLName xml.Name `xml:"testsuites"`
		Suites  []suite  `xml:"testsuite"`
	}
	suite struct {
		Name     string `xml:"name,attr"`
		Tests    int    `xml:"tests,attr"`
		Failures int    `xml:"failures,attr"`
		Errors   int    `xml:"errors,attr"`
		Cases    []test `xml:"testcase"`
	}
	test struct {
		Class   string   `xml:"classname,attr"`
		Name    string   `xml:"name,attr"`
		Failure *problem `xml:"failure"`
		Error   *problem `xml:"error"`
		Out     string   `xml:"system-out,omitempty"`
	}
	problem struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit is a JUnit XML document with a test case for each check.
func JUnit(stack string, results []verify.Result) string {
	s := suite{Tests: len(results)}
	for _, r := range results {
		t := test{Name: r.Name, Out: Line(r.Claim) + "\n" + Line(r.Evidence)}
		if !r.OK {
			s.Failures++
			t.Out = ""
			t.Failure = &problem{Message: Line(r.Evidence), Text: fmt.Sprintf("does not hold: %s\nevidence: %s\nto do: %s", Line(r.Claim), Line(r.Evidence), Line(r.Todo))}
		}
		s.Cases = append(s.Cases, t)
	}
	return document(stack, s)
}

// JUnitError is the JUnit XML document where it could not be found out whether the checks hold.
func JUnitError(stack string, err error) string {
	text := Line(err.Error())
	return document(stack, suite{Tests: 1, Errors: 1, Cases: []test{{Name: "verify", Error: &problem{Message: text, Text: text}}}})
}

func document(stack string, s suite) string {
	s.Name = "verify stack " + Line(stack)
	for i := range s.Cases {
		s.Cases[i].Class = s.Name
	}
	text, _ := xml.MarshalIndent(suites{Suites: []suite{s}}, "", "  ") // of texts and numbers alone, which never fail
	return xml.Header + string(text) + "\n"
}

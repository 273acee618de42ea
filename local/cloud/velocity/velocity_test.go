package velocity_test

import (
	"strings"
	"testing"

	"sallyport/local/cloud/velocity"
)

func variables(headers velocity.Object) velocity.Object {
	return velocity.Object{
		"input":   velocity.Object{"params": velocity.Object{"header": headers}},
		"context": velocity.Object{"requestId": "r-1"},
	}
}

// preflight is the template that the program declares.
const preflight = `#set($headers = $input.params().header)
#set($origin = $headers.get("Origin"))
#if(!$origin)#set($origin = $headers.get("origin"))#end
#if($origin == "https://a.example" || $origin.startsWith("http://"))
#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)
#end`

func TestPreflight(t *testing.T) {
	for name, c := range map[string]struct {
		headers velocity.Object
		want    any
	}{
		"an origin of the list":            {velocity.Object{"Origin": "https://a.example"}, "https://a.example"},
		"in lower case, as HTTP/2 has it":  {velocity.Object{"origin": "https://a.example"}, "https://a.example"},
		"one of a scheme that is all open": {velocity.Object{"Origin": "http://b.example"}, "http://b.example"},
		"one that is not in the list":      {velocity.Object{"Origin": "https://a.example.org"}, nil},
		"none":                             {velocity.Object{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			template, err := velocity.Parse(preflight)
			if err != nil {
				t.Fatal(err)
			}
			of := variables(c.headers)
			if out := template.Evaluate(of); strings.TrimSpace(out) != "" {
				t.Errorf("the payload is %q", out)
			}
			override, _ := of["context"].(velocity.Object)["responseOverride"].(velocity.Object)
			header, _ := override["header"].(velocity.Object)
			if got := header["Access-Control-Allow-Origin"]; got != c.want {
				t.Errorf("%v is allowed, want %v", got, c.want)
			}
		})
	}
}

func TestEvaluate(t *testing.T) {
	for text, want := range map[string]string{
		`{"id": "$context.requestId"}`: `{"id": "r-1"}`,
		`a $none.of.it b`:              `a $none.of.it b`,
		`#if($none)1#elseif($context.requestId != "r-1")2#else 3#end`: ` 3`,
		`#if($context.requestId == 'r-1' && !($none || $none))y#end`:  `y`,
		`#set($a = "x")$a`:                 `x`,
		`#set($a = "x")#set($a = $none)$a`: `x`,
	} {
		template, err := velocity.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := template.Evaluate(variables(nil)); got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
}

func TestRefused(t *testing.T) {
	for text, want := range map[string]string{
		"\n#foreach($a in $b)#end":    "line 2 of the template: #foreach is not supported",
		`#if($a)`:                     "an #if has no #end",
		`#end`:                        "#end without an #if",
		`#if($a)#else#else#end`:       "#else after #else",
		`$util.escapeJavaScript("a")`: "the method escapeJavaScript is not supported",
		`#set($a = "b$c")`:            "references in a text are not supported",
		`#set($a = 1)`:                "an expression is missing",
		`#set($a "b")`:                `"=" is missing`,
		`#if("a`:                      "a text has no end",
		`5 $`:                         "a $ without a name",
	} {
		if _, err := velocity.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(preflight)
	f.Fuzz(func(_ *testing.T, text string) {
		if template, err := velocity.Parse(text); err == nil {
			template.Evaluate(variables(velocity.Object{"Origin": "o"}))
		}
	})
}

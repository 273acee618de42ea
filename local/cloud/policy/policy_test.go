package policy

import (
	"strings"
	"testing"
)

const (
	table  = "arn:aws:dynamodb:us-east-1:123456789012:table/app"
	others = "arn:aws:dynamodb:us-east-1:123456789012:table/others"
)

func judge(t *testing.T, r Request, documents ...string) Verdict {
	t.Helper()
	var policies []Policy
	for _, document := range documents {
		p, err := Parse("p", document)
		if err != nil {
			t.Fatal(err)
		}
		policies = append(policies, p)
	}
	return Judge(policies, r)
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html and
// .../reference_policies_elements.html
func TestJudge(t *testing.T) {
	get := Request{"dynamodb:GetItem", table}
	allowed, denied, unmentioned := Verdict{Allowed: true}, Verdict{Denied: true}, Verdict{}
	for _, c := range []struct {
		name      string
		documents []string
		want      Verdict
	}{
		{"without a policy nothing is allowed", nil, unmentioned},
		{"a statement allows its action on its resource",
			[]string{`{"Statement":[{"Effect":"Allow","Action":["dynamodb:GetItem"],"Resource":["` + table + `"]}]}`}, allowed},
		{"a text stands for a list of one, and a statement for a list of one",
			[]string{`{"Statement":{"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"` + table + `"}}`}, allowed},
		{"another action is not meant",
			[]string{`{"Statement":[{"Effect":"Allow","Action":"dynamodb:PutItem","Resource":"*"}]}`}, unmentioned},
		{"another resource is not meant",
			[]string{`{"Statement":[{"Effect":"Allow","Action":"dynamodb:*","Resource":"` + others + `"}]}`}, unmentioned},
		{"the index of a table is not the table",
			[]string{`{"Statement":[{"Effect":"Allow","Action":"dynamodb:*","Resource":"` + table + `/index/*"}]}`}, unmentioned},
		{"an action has wildcards, and no case",
			[]string{`{"Statement":[{"Effect":"Allow","Action":"DynamoDB:g?t*","Resource":"*"}]}`}, allowed},
		{"a resource has wildcards",
			[]string{`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:aws:dynamodb:*:*:table/a?p"}]}`}, allowed},
		{"a resource has case",
			[]string{`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:aws:dynamodb:*:*:table/App"}]}`}, unmentioned},
		{"policies count together",
			[]string{`{"Statement":[]}`, `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`}, allowed},
		{"a denial outdoes all that allow",
			[]string{`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"dynamodb:Get*","Resource":"*"}]}`}, denied},
		{"a denial of another action does not count",
			[]string{`{"Statement":[{"Effect":"Deny","Action":"dynamodb:DeleteTable","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*"}]}`}, allowed},
		{"NotAction means all others",
			[]string{`{"Statement":[{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}]}`}, allowed},
		{"NotAction does not mean its own",
			[]string{`{"Statement":[{"Effect":"Allow","NotAction":"dynamodb:*","Resource":"*"}]}`}, unmentioned},
		{"NotResource means all others",
			[]string{`{"Statement":[{"Effect":"Allow","Action":"*","NotResource":"` + others + `"}]}`}, allowed},
		{"NotResource does not mean its own",
			[]string{`{"Statement":[{"Effect":"Allow","Action":"*","NotResource":"` + table + `"}]}`}, unmentioned},
		{"a condition is not evaluated, and named",
			[]string{`{"Statement":[{"Sid":"Own","Effect":"Allow","Action":"*","Resource":"*","Condition":{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["a"]}}}]}`},
			Verdict{Undecided: "the condition ForAllValues:StringEquals on dynamodb:LeadingKeys in statement Own of policy p"}},
		{"a condition of a statement about something else is no matter",
			[]string{`{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}]}`}, unmentioned},
		{"what is allowed without a condition hangs on none",
			[]string{`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}},{"Effect":"Allow","Action":"*","Resource":"*"}]}`}, allowed},
		{"a denial with a condition may deny",
			[]string{`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`},
			Verdict{Undecided: "the condition Bool on aws:SecureTransport in statement 2 of policy p"}},
		{"a variable is not evaluated, and named",
			[]string{`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:aws:dynamodb:*:*:table/${aws:PrincipalTag/app}"}]}`},
			Verdict{Undecided: "the variable in arn:aws:dynamodb:*:*:table/${aws:PrincipalTag/app} in statement 1 of policy p"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := judge(t, get, c.documents...); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
func TestThePolicyOfAnEndpointNamesEveryone(t *testing.T) {
	for principal, want := range map[string]Verdict{
		`"*"`:                             {Allowed: true},
		`{"AWS":"*"}`:                     {Allowed: true},
		`{"AWS":["*"]}`:                   {Allowed: true},
		`{"AWS":"123456789012"}`:          {Undecided: "a principal other than everyone in statement 1 of policy vpce-1"},
		`{"Service":"ecs.amazonaws.com"}`: {Undecided: "a principal other than everyone in statement 1 of policy vpce-1"},
	} {
		t.Run(principal, func(t *testing.T) {
			p, err := ParseEndpoint("vpce-1", `{"Statement":[{"Effect":"Allow","Principal":`+principal+`,"Action":"*","Resource":"*"}]}`)
			if err != nil {
				t.Fatal(err)
			}
			if got := Judge([]Policy{p}, Request{"dynamodb:GetItem", table}); got != want {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestADocumentThatIsNone(t *testing.T) {
	for _, document := range []string{"", "[]", `{"Statement":7}`, `{"Statement":[{"Action":7}]}`} {
		if _, err := Parse("p", document); err == nil || !strings.HasPrefix(err.Error(), "policy p: ") {
			t.Errorf("%s: %v", document, err)
		}
	}
}

func FuzzLike(f *testing.F) {
	f.Add("a*b?c", "axxbyc")
	f.Add("*", "")
	f.Add("**a*", "ba")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 12 || len(text) > 20 {
			return
		}
		if got, want := like(pattern, text), slowly(pattern, text); got != want {
			t.Errorf("%q like %q: %v, want %v", text, pattern, got, want)
		}
	})
}

// slowly is like by its definition.
func slowly(pattern, text string) bool {
	if pattern == "" {
		return text == ""
	}
	if pattern[0] == '*' {
		return slowly(pattern[1:], text) || text != "" && slowly(pattern, text[1:])
	}
	return text != "" && (pattern[0] == '?' || pattern[0] == text[0]) && slowly(pattern[1:], text[1:])
}

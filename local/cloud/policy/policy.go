// Package policy judges calls of the AWS API by IAM policies:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
//
// It knows effects, actions and resources with wildcards. What else a statement may say, conditions, variables and principals
// other than everyone, it does not evaluate: a call that hangs on one of these is undecided, and the verdict names it.
package policy

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Policy is a policy document with a name by which it can be found.
type Policy struct {
	Name       string
	statements []statement
}

// statement is one of a policy document:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
type statement struct {
	Sid                   string
	Effect                string
	Principal             json.RawMessage
	Action, NotAction     list
	Resource, NotResource list
	Condition             map[string]map[string]json.RawMessage

	number     int
	ofResource bool // and so it names a principal
}

// list is one text or several.
type list []string

func (l *list) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*l = list{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(l))
}

// Parse reads the policy document of an identity, such as a role.
func Parse(name, document string) (Policy, error) { return parse(name, document, false) }

// ParseEndpoint reads the policy document of a VPC endpoint, whose statements name a principal.
func ParseEndpoint(name, document string) (Policy, error) { return parse(name, document, true) }

func parse(name, document string, ofResource bool) (Policy, error) {
	var parsed struct{ Statement json.RawMessage }
	if err := json.Unmarshal([]byte(document), &parsed); err != nil {
		return Policy{}, fmt.Errorf("policy %s: %w", name, err)
	}
	var statements []statement
	if err := json.Unmarshal(parsed.Statement, &statements); err != nil {
		var one statement // which needs no list
		if json.Unmarshal(parsed.Statement, &one) != nil {
			return Policy{}, fmt.Errorf("policy %s: %w", name, err)
		}
		statements = []statement{one}
	}
	for i := range statements {
		statements[i].number, statements[i].ofResource = i+1, ofResource
	}
	return Policy{name, statements}, nil
}

// Request is one permission that a call takes.
type Request struct {
	Action   string // such as dynamodb:GetItem
	Resource string // an ARN, or * of a call that is about none
}

// Verdict is what policies say of a request.
type Verdict struct {
	Allowed bool
	// Denied tells that a statement denies it, and not just that none allows it.
	Denied bool
	// Undecided names what a statement asks that is not evaluated here, where the request hangs on it.
	Undecided string
}

// Judge says what policies of one identity, or of one endpoint, say of a request: a statement that denies outdoes all that
// allow.
func Judge(policies []Policy, r Request) Verdict {
	var allowed bool
	var undecided [2]string // that might deny, that might allow
	for _, p := range policies {
		for _, s := range p.statements {
			matches, open := s.matches(r)
			if !matches {
				continue
			}
			denies := s.Effect == "Deny"
			switch {
			case open != "" && denies:
				undecided[0] = fmt.Sprintf("%s in %s of policy %s", open, s.label(), p.Name)
			case open != "":
				undecided[1] = fmt.Sprintf("%s in %s of policy %s", open, s.label(), p.Name)
			case denies:
				return Verdict{Denied: true}
			default:
				allowed = allowed || s.Effect == "Allow"
			}
		}
	}
	switch {
	case undecided[0] != "":
		return Verdict{Undecided: undecided[0]}
	case allowed:
		return Verdict{Allowed: true}
	}
	return Verdict{Undecided: undecided[1]}
}

func (s statement) label() string {
	if s.Sid != "" {
		return "statement " + s.Sid
	}
	return fmt.Sprintf("statement %d", s.number)
}

// matches tells whether a statement is, or may be, about a request, and what that hangs on.
func (s statement) matches(r Request) (matches bool, open string) {
	action := func(pattern string) bool { return like(strings.ToLower(pattern), strings.ToLower(r.Action)) }
	switch {
	case s.NotAction != nil && slices.ContainsFunc(s.NotAction, action), s.NotAction == nil && !slices.ContainsFunc(s.Action, action):
		return false, ""
	}
	patterns := slices.Concat(s.Resource, s.NotResource)
	resource := func(pattern string) bool { return like(pattern, r.Resource) }
	named := slices.ContainsFunc(patterns, resource)
	if !named {
		if i := slices.IndexFunc(patterns, func(p string) bool { return strings.Contains(p, "${") }); i >= 0 {
			return true, "the variable in " + patterns[i]
		}
	}
	if named == (s.NotResource != nil) {
		return false, ""
	}
	if s.ofResource && !s.everyone() {
		return true, "a principal other than everyone"
	}
	for _, operator := range slices.Sorted(maps.Keys(s.Condition)) {
		keys := slices.Sorted(maps.Keys(s.Condition[operator]))
		return true, fmt.Sprintf("the condition %s on %s", operator, strings.Join(keys, ", "))
	}
	return true, ""
}

// everyone is written in one of two ways:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-anonymous
func (s statement) everyone() bool {
	var text string
	if json.Unmarshal(s.Principal, &text) == nil {
		return text == "*"
	}
	var named map[string]list
	return json.Unmarshal(s.Principal, &named) == nil && slices.Contains(named["AWS"], "*")
}

// like tells whether a text is as a pattern says, in which * stands for any characters and ? for one.
func like(pattern, text string) bool {
	// Where the last * was, and what of the text it has taken so far.
	star, taken := -1, 0
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, taken = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			taken++
			p, t = star+1, taken
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

package balancer

import (
	"regexp"
	"strings"
	"testing"
)

// FuzzPattern holds the matcher of patterns against a regular expression made of the same pattern.
func FuzzPattern(f *testing.F) {
	f.Add("/img/*/pics?", "/img/a/picsX", false)
	f.Add(`a\*b*\?`, "a*bcd?", true)
	f.Add("**?*", "", false)
	f.Fuzz(func(t *testing.T, pattern, s string, escapes bool) {
		if len(pattern) > 64 || len(s) > 256 {
			return
		}
		var expression strings.Builder
		expression.WriteString(`(?s)\A`)
		for i := 0; i < len(pattern); i++ {
			switch c := pattern[i]; {
			case escapes && c == '\\' && i+1 < len(pattern) && (pattern[i+1] == '*' || pattern[i+1] == '?'):
				i++
				expression.WriteString(regexp.QuoteMeta(string(pattern[i])))
			case c == '*':
				expression.WriteString(".*")
			case c == '?':
				expression.WriteString(".")
			default:
				expression.WriteString(regexp.QuoteMeta(latin(string([]byte{c}))))
			}
		}
		expression.WriteString(`\z`)
		if want := regexp.MustCompile(expression.String()).MatchString(latin(s)); matches(pattern, s, escapes) != want {
			t.Errorf("matches(%q, %q, %v) is %v", pattern, s, escapes, !want)
		}
	})
}

// latin turns each byte into a character, as patterns see them.
func latin(s string) string {
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}

func FuzzMatcher(f *testing.F) {
	f.Add("200-299,404", 250)
	f.Add("-,9999999999999999999-", 0)
	f.Fuzz(func(t *testing.T, matcher string, status int) {
		if status < 0 || status > 999 {
			return
		}
		if matcherHolds(matcher, status) != matcherHolds(" "+strings.ReplaceAll(matcher, ",", " , "), status) && matcher != "" {
			t.Errorf("spaces change what %q says of %d", matcher, status)
		}
	})
}

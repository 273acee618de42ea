package balancer

// matches tells whether s matches a pattern, in which * stands for any number of characters and ? for exactly one.
// With escapes, as in conditions on the query string, a backslash takes their meaning from * and ?.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
func matches(pattern, s string, escapes bool) bool {
	p, i := 0, 0
	star, retry := -1, 0
	for i < len(s) {
		width := 1
		literal := false
		if escapes && p+1 < len(pattern) && pattern[p] == '\\' && (pattern[p+1] == '*' || pattern[p+1] == '?') {
			width, literal = 2, true
		}
		switch {
		case p < len(pattern) && !literal && pattern[p] == '*':
			star, retry = p, i
			p++
		case p < len(pattern) && (pattern[p+width-1] == s[i] || !literal && pattern[p] == '?'):
			p += width
			i++
		case star >= 0:
			// The last star takes one character more; no earlier one has to be tried again.
			retry++
			p, i = star+1, retry
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

package settings

import (
	"fmt"
	"strings"
)

func checkHealthPath(p string) error {
	var wrong []string
	if !strings.HasPrefix(p, "/") {
		wrong = append(wrong, "it doesn't start with /")
	}
	if len(p) > 1024 {
		wrong = append(wrong, fmt.Sprintf("it has %d characters", len(p)))
	}
	if strings.Contains(p, "#") {
		wrong = append(wrong, "it has a fragment (#), which no server ever sees")
	}
	if strings.ContainsFunc(p, func(r rune) bool { return r <= ' ' || r > '~' }) {
		wrong = append(wrong, "it has spaces or characters that must be percent-encoded")
	}
	return joined(wrong)
}

func checkProbes(probes []string) error {
	var wrong []string
	seen := map[string]bool{}
	for _, probe := range probes {
		quoted := fmt.Sprintf("%.100q", probe)
		method, path, _ := strings.Cut(probe, " ")
		if method != "GET" && method != "POST" {
			wrong = append(wrong, quoted+" doesn't start with GET or POST and a space")
		} else if err := checkHealthPath(path); err != nil {
			wrong = append(wrong, fmt.Sprintf("the path of %s: %v", quoted, err))
		}
		if seen[probe] {
			wrong = append(wrong, quoted+" is there twice")
		}
		seen[probe] = true
	}
	return joined(wrong)
}

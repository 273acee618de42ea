package dataplane

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
)

// emptiablePath is a call that answers with HTTP APIs or with their integrations: one, or a list of them.
var emptiablePath = regexp.MustCompile(`^(GET|POST|PATCH) /v2/apis(/[^/]+(/integrations(/[^/]+)?)?)?/?$`)

// withoutEmptied leaves out of an answer what an update has emptied: moto keeps an empty object, which a provider takes for
// a setting.
func withoutEmptied(answer []byte) ([]byte, error) {
	var one map[string]any
	if len(bytes.TrimSpace(answer)) == 0 {
		return answer, nil
	}
	if err := json.Unmarshal(answer, &one); err != nil {
		return nil, fmt.Errorf("HTTP APIs: %w", err)
	}
	all := []any{one}
	if items, ok := one["items"].([]any); ok {
		all = items
	}
	for _, item := range all {
		for _, name := range []string{"corsConfiguration", "tlsConfig"} {
			if resource, ok := item.(map[string]any); ok {
				if emptied, ok := resource[name].(map[string]any); ok && len(emptied) == 0 {
					delete(resource, name)
				}
			}
		}
	}
	return json.Marshal(one)
}

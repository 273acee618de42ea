package dataplane

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
)

// domainPath is the action of a call that answers with custom domain names: one, or a list of them.
var domainPath = regexp.MustCompile(`^(GET|POST) /v2/domainnames(/[^/]+)?/?$`)

// localZone is the hosted zone of API Gateway's own names, of which AWS has one in each Region. Nothing here looks into it.
const localZone = "Z00LOCALAPIGATEWAY00"

// completeDomains adds to custom domain names what API Gateway adds and moto does not: where their DNS records point, and
// that they are available. moto's empty mutual TLS would be a setting, and its tags are those of the beginning.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/domainnames-domainname.html
func (r *region) completeDomains(answer []byte) ([]byte, error) {
	var one map[string]any
	if len(bytes.TrimSpace(answer)) == 0 {
		return answer, nil
	}
	if err := json.Unmarshal(answer, &one); err != nil {
		return nil, fmt.Errorf("custom domain names: %w", err)
	}
	domains := []any{one}
	if items, ok := one["items"].([]any); ok {
		domains = items
	}
	for _, item := range domains {
		domain, ok := item.(map[string]any)
		if !ok {
			continue
		}
		name, _ := domain["domainName"].(string)
		sum := sha256.Sum256([]byte(name))
		configurations, _ := domain["domainNameConfigurations"].([]any)
		for _, item := range configurations {
			if c, ok := item.(map[string]any); ok {
				c["apiGatewayDomainName"] = fmt.Sprintf("d-%s.execute-api.%s.amazonaws.com", hex.EncodeToString(sum[:5]), r.name)
				c["hostedZoneId"] = localZone
				c["domainNameStatus"] = "AVAILABLE"
			}
		}
		if tags, changed := r.domainTags.Load(name); changed {
			domain["tags"] = tags
		}
		if mutual, ok := domain["mutualTlsAuthentication"].(map[string]any); ok && len(mutual) == 0 {
			delete(domain, "mutualTlsAuthentication")
		}
	}
	return json.Marshal(one)
}

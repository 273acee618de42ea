package front

import (
	"bytes"
	"encoding/xml"
	"net/url"
	"regexp"
	"slices"
	"sync"
)

// memory keeps what moto takes and does not tell again, and puts it back into moto's answers. Without it a
// provider that reads a resource back finds it changed. Its zero value is ready to use.
type memory struct {
	mu           sync.Mutex
	descriptions map[string]string // by id: descriptions of security group rules
}

// concerns reports whether a call sets or tells something that moto forgets.
func (*memory) concerns(call Call) bool {
	return call.Service == "ec2" && slices.Contains([]string{"AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress", "DescribeSecurityGroupRules"}, call.Action)
}

var (
	// The description of a rule whose source is a group or a prefix list; moto keeps those of address ranges.
	ruleDescription = regexp.MustCompile(`^IpPermissions\.1\.(?:Groups|PrefixListIds)\.1\.Description$`)
	ruleID          = regexp.MustCompile(`<securityGroupRuleId>(sgr-[0-9a-f]+)</securityGroupRuleId>`)
)

// complete returns moto's answer with the descriptions of rules behind their ids. A call that makes more than one rule
// is left alone: its answer does not say which of them is which.
func (m *memory) complete(input, answer []byte) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ids := ruleID.FindAllSubmatch(answer, -1); len(ids) == 1 {
		form, _ := url.ParseQuery(string(input))
		for name := range form {
			if ruleDescription.MatchString(name) {
				if m.descriptions == nil {
					m.descriptions = map[string]string{}
				}
				m.descriptions[string(ids[0][1])] = form.Get(name)
			}
		}
	}
	return ruleID.ReplaceAllFunc(answer, func(element []byte) []byte {
		description := m.descriptions[string(ruleID.FindSubmatch(element)[1])]
		if description == "" {
			return element
		}
		var text bytes.Buffer
		_ = xml.EscapeText(&text, []byte(description)) // a buffer takes all that is written
		return slices.Concat(element, []byte("<description>"), text.Bytes(), []byte("</description>"))
	})
}

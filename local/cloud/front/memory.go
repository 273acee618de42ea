package front

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"sync"
)

// memory keeps what moto takes and does not tell again, and puts it back into moto's answers. Without it a
// provider that reads a resource back finds it changed. Its zero value is ready to use.
type memory struct {
	mu           sync.Mutex
	services     map[string]map[string]any // by ARN: settings of an ECS service
	descriptions map[string]string         // by id: descriptions of security group rules
}

// concerns reports whether a call sets or tells something that moto forgets.
func (*memory) concerns(call Call) bool {
	return call.Service == "ecs" && slices.Contains([]string{"CreateService", "UpdateService", "DescribeServices", "DeleteService"}, call.Action) ||
		call.Service == "ec2" && slices.Contains([]string{"AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress", "DescribeSecurityGroupRules"}, call.Action)
}

// complete returns moto's answer with what the call's own input, or an earlier one, said.
func (m *memory) complete(call Call, input, answer []byte) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if call.Service == "ec2" {
		return m.describe(input, answer), nil
	}
	object, err := decode(answer)
	if err != nil {
		return nil, err
	}
	m.completeServices(call, input, object)
	return encode(object)
}

// serviceSettings are the settings of an ECS service that moto does not tell.
var serviceSettings = []string{
	"availabilityZoneRebalancing",
	"deploymentConfiguration",
	"enableECSManagedTags",
	"enableExecuteCommand",
	"healthCheckGracePeriodSeconds",
	"networkConfiguration",
	"propagateTags",
}

func (m *memory) completeServices(call Call, input []byte, answer any) {
	object, _ := answer.(map[string]any)
	services, _ := object["services"].([]any)
	if service, ok := object["service"].(map[string]any); ok {
		services = append(services, service)
		if arn, _ := service["serviceArn"].(string); call.Action == "DeleteService" {
			defer delete(m.services, arn)
		} else {
			if call.Action == "CreateService" {
				delete(m.services, arn) // of one of that name before
			}
			m.rememberService(arn, input)
		}
	}
	for _, service := range services {
		if service, ok := service.(map[string]any); ok {
			arn, _ := service["serviceArn"].(string)
			maps.Copy(service, m.services[arn])
		}
	}
}

func (m *memory) rememberService(arn string, input []byte) {
	var given map[string]any
	if json.Unmarshal(input, &given) != nil {
		return // moto has understood it, so it is of a kind that holds none of these
	}
	maps.DeleteFunc(given, func(name string, value any) bool { return value == nil || !slices.Contains(serviceSettings, name) })
	if m.services == nil {
		m.services = map[string]map[string]any{}
	}
	if m.services[arn] == nil {
		m.services[arn] = map[string]any{}
	}
	maps.Copy(m.services[arn], given)
}

var (
	// The description of a rule whose source is a group or a prefix list; moto keeps those of address ranges.
	ruleDescription = regexp.MustCompile(`^IpPermissions\.1\.(?:Groups|PrefixListIds)\.1\.Description$`)
	ruleID          = regexp.MustCompile(`<securityGroupRuleId>(sgr-[0-9a-f]+)</securityGroupRuleId>`)
)

// describe puts the descriptions of rules behind their ids. A call that makes more than one rule is left alone:
// its answer does not say which of them is which.
func (m *memory) describe(input, answer []byte) []byte {
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

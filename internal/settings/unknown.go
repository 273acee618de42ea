package settings

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/texttheater/golang-levenshtein/levenshtein"
)

// noSuchSetting is about a key of the project's own namespace that is in no row.
func (l *loader) noSuchSetting(key, name string) problem {
	p := problem{key: key, given: "= " + l.printable(key, l.given[key]), wrong: "there is no such setting"}
	if lines := l.flat(key, name); len(lines) > 0 {
		p.wrong = "it is an object, as pulumi config set --path makes it, while every setting has a key of its own with dots in it"
		p.instead = "without --path, or in the stack file: " + strings.Join(lines, ", ")
		return p
	}
	if near := l.nearest(key); near != "" {
		p.instead = near
	} else {
		p.instead = "one of the settings in Pulumi.yaml"
	}
	return p
}

// flat writes an object that stands where dotted keys should (app: {cpu: 512}) as the keys that were meant.
func (l *loader) flat(key, name string) []string {
	group := slices.ContainsFunc(table, func(row setting) bool { return strings.HasPrefix(row.key, name+".") })
	var object map[string]json.RawMessage
	if !group || json.Unmarshal([]byte(l.given[key]), &object) != nil {
		return nil
	}
	var lines []string
	for _, member := range slices.Sorted(maps.Keys(object)) {
		if l.ctx.IsConfigSecret(key) {
			lines = append(lines, key+"."+member)
		} else {
			lines = append(lines, fmt.Sprintf("%s.%s: %s", key, member, object[member]))
		}
	}
	return lines
}

// credentials are never printed, whether or not the stack encrypts them.
var credentials = []string{"accessKey", "secretKey", "token"}

// notForTheProvider is about a key that a default AWS provider would have read.
func (l *loader) notForTheProvider(key, name string) problem {
	p := problem{
		key:     key,
		given:   "= " + l.printable(key, l.given[key]),
		wrong:   "it would be ignored without a word",
		allowed: "aws:region, aws:profile, aws:maxRetries and aws:allowedAccountIds",
		why: "Every resource uses one explicit provider, and only a default provider reads the other keys. " +
			"https://www.pulumi.com/docs/iac/concepts/resources/providers/#explicit-provider-configuration",
	}
	switch near := l.nearest(key); {
	case slices.Contains(credentials, name):
		p.given = "= [hidden]"
		p.instead = "aws:profile, or AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN in the environment"
	case name == "defaultTags":
		p.instead = l.full("tags")
	case name == "endpoints":
		p.instead = "AWS_ENDPOINT_URL in the environment"
	case near != "":
		p.instead = near
	default:
		p.instead = "an AWS_ variable in the environment, a profile in the shared AWS configuration files, or the provider in main.go"
	}
	return p
}

// nearest is the known key that someone who wrote this one most likely meant, or nothing when none is near.
// A key without its group is near as well: cpu is app.cpu.
func (l *loader) nearest(key string) string {
	namespace, name, _ := strings.Cut(key, ":")
	best, least := "", max(2, (len(name)+1)/3)+1
	for _, row := range table {
		full := l.full(row.key)
		rowNamespace, rowName, _ := strings.Cut(full, ":")
		names := []string{rowName[strings.LastIndex(rowName, ".")+1:]}
		if rowNamespace == namespace {
			names = append(names, rowName)
		}
		for _, candidate := range names {
			d := distance(name, candidate)
			if rowNamespace != namespace && d > 0 {
				continue
			}
			if d < least {
				best, least = full, d
			}
		}
	}
	return best
}

func distance(a, b string) int {
	return levenshtein.DistanceForStrings([]rune(strings.ToLower(a)), []rune(strings.ToLower(b)), levenshtein.DefaultOptionsWithSub)
}

func rowOf(key string) setting {
	for _, row := range table {
		if row.key == key {
			return row
		}
	}
	panic("no setting " + key)
}

package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// matrixFile tells the end-to-end tests, which are in another module and can't read settings, what to deploy.
const matrixFile = "local/e2e/testdata/matrix.txt"

// served are the values of the end-to-end matrix where it can't be the first of choices: since the local cloud has no such
// thing, or since it would take long. ${…} stands for what the test has made before.
var served = map[string]string{
	"aws:maxRetries":                   "4",
	"name":                             "${name}",
	"network.egress":                   "endpoints",
	"network.vpcId":                    "${vpc}",
	"network.privateSubnetIds":         `["${subnet1}","${subnet2}"]`,
	"loadBalancer.deregistrationDelay": "6",
	"loadBalancer.certificateArn":      "${certificate}",
	"loadBalancer.webAclArn":           "${webACL}",
	"gateway.timeout":                  "4",
	"gateway.vpcLinkId":                "${link}",
	"gateway.routes": `[{"path":"/"},{"path":"/api/{proxy+}"},{"path":"/ok"},{"path":"/closed","target":"deny"},` +
		`{"path":"/slow","throttleBurst":1,"throttleRate":1}]`,
	"domain.name":       "${domain}",
	"domain.zoneId":     "${zone}",
	"app.context":       "${folder}",
	"app.buildArgs":     `{"GREETING":"hello"}`,
	"app.image":         "${image}",
	"app.probes":        "[]",
	"app.count":         "2",
	"app.onDemandBase":  "0",
	"app.healthGrace":   "12",
	"app.stopTimeout":   "12",
	"app.environment":   `{"COLOUR":"green"}`,
	"app.secrets":       `{"PASSWORD":"${secret}","TOKEN":"${parameter}"}`,
	"app.secretsKeyArn": "${key}",
	"cluster.name":      "${cluster}",
	"alarms.topicArn":   "${topic}",
}

// quick are the values of the settings that are off in the end-to-end matrix, where the default would take long there.
var quick = map[string]string{
	"aws:region": "us-east-1", "aws:maxRetries": "3", "gateway.timeout": "5", "loadBalancer.deregistrationDelay": "5",
	"app.stopTimeout": "10", "app.healthGrace": "10", "app.deploymentTimeout": "300",
}

// restOnly is why the settings of REST APIs are not in the matrix.
const restOnly = "a REST API is declared by other calls, which seen of the end-to-end matrix doesn't read; TestRest deploys one"

// unserved are the settings that are not in the matrix, and why.
var unserved = map[string]string{
	"aws:profile":       "the local cloud switches the user's profiles off, and has no credentials of its own to tell one from the other",
	"gateway.kind":      restOnly,
	"gateway.webAclArn": restOnly,
	"gateway.tracing":   restOnly,
	"gateway.apiKeys":   restOnly,
	"gateway.logsRole":  restOnly,
	"app.architecture":  "the Docker engine runs what is built for the machine that it is on",
}

// example is what ${…} may stand for in a Region.
func example(name, region string) string {
	return map[string]string{
		"name": "shop", "folder": "./webapp", "vpc": "vpc-12345678", "subnet1": "subnet-11111111", "subnet2": "subnet-22222222", "link": "abcd12",
		"cluster": "shared", "domain": "shop.example.com", "zone": "Z1", "image": "127.0.0.1:4567/elsewhere" + digest,
		"certificate": strings.ReplaceAll(certificate, "us-east-1", region),
		"webACL":      strings.ReplaceAll(webACL, "us-east-1", region),
		"secret":      "arn:aws:secretsmanager:" + region + ":123456789012:secret:app-AbCdEf",
		"parameter":   "arn:aws:ssm:" + region + ":123456789012:parameter/token",
		"key":         "arn:aws:kms:" + region + ":123456789012:key/1",
		"topic":       "arn:aws:sns:" + region + ":123456789012:oncall",
	}[name]
}

// factor is a setting that is off or on, or several that don't go without each other.
type factor struct {
	values map[string]string // when it is on
	with   []int             // the other factors that it is on with
}

// factors are made of choices: the first one of each setting counts.
func factors() (all []factor) {
	first := map[string]choice{}
	var keys []string
	for _, c := range choices {
		if _, found := first[c.key]; !found && unserved[c.key] == "" {
			first[c.key] = c
			keys = append(keys, c.key)
		}
	}
	of := map[string]int{}
	for _, key := range keys {
		if _, found := of[key]; found {
			continue
		}
		one := factor{values: map[string]string{}}
		for _, other := range keys {
			_, needs := first[key].with[other]
			if _, needed := first[other].with[key]; other == key || needs && needed {
				one.values[other] = first[other].value
				if value, found := served[other]; found {
					one.values[other] = value
				}
				of[other] = len(all)
			}
		}
		all = append(all, one)
	}
	for _, key := range keys {
		for other := range first[key].with {
			if i, j := of[key], of[other]; i != j && !slices.Contains(all[i].with, j) {
				all[i].with = append(all[i].with, j)
			}
		}
	}
	for i := range all {
		slices.Sort(all[i].with)
	}
	return all
}

// fixed are the settings that a stack has from its beginning to its end, and the stacks of the matrix by them: two
// of each kind are needed for each pair of them, and no more than these, since making one takes longest.
var fixed = map[string][]string{
	"A": {"network.vpcId", "network.privateSubnetIds"},
	"B": {"network.vpcId", "network.privateSubnetIds", "name", "aws:region"},
	"C": {"network.cidr", "network.zones", "name"},
	"D": {"network.cidr", "aws:region"},
	"E": {"network.zones", "aws:region"},
}

// table is the text of matrixFile.
func (m *matrix) table(rows []row) string {
	var text strings.Builder
	fmt.Fprintf(&text, "# What the end-to-end tests deploy: setting | rows in which it is on | value there | value elsewhere, where it isn't the default.\n"+
		"# %d of %d pairs of states, in %d rows. Written by UPDATE=1 go test . -run TestEndToEndMatrix\nstack | ", m.pairs-len(m.missing), m.pairs, len(rows))
	for _, r := range rows {
		text.WriteString(r.stack)
	}
	text.WriteString("\n")
	for _, c := range choices {
		for i, f := range m.factors {
			value, found := f.values[c.key]
			if !found {
				continue
			}
			delete(f.values, c.key)
			fmt.Fprintf(&text, "%s | ", c.key)
			for _, r := range rows {
				text.WriteByte("-x"[strings.IndexByte("ft", fmt.Sprint(r.on[i])[0])])
			}
			text.WriteString(" | " + value)
			if quick[c.key] != "" {
				text.WriteString(" | " + quick[c.key])
			}
			text.WriteString("\n")
		}
	}
	return text.String()
}

// TestEndToEndMatrix writes down what the end-to-end tests deploy: rows of settings that are off or on, in which any two
// of them are both off, both on, and each of them on without the other, as far as settings.Load takes it.
func TestEndToEndMatrix(t *testing.T) {
	for _, list := range []map[string]string{served, unserved, quick} {
		for key := range list {
			if !slices.ContainsFunc(choices, func(c choice) bool { return c.key == key }) {
				t.Errorf("there is no setting %s", key)
			}
		}
	}
	m := &matrix{t: t, factors: factors(), stacks: map[string][]int{}, sound: map[string]bool{}, missing: map[[2]int]bool{}}
	isFixed := slices.Concat(slices.Collect(maps.Values(fixed))...)
	for name, on := range fixed {
		for i, f := range m.factors {
			for key := range f.values {
				switch {
				case slices.Contains(on, key):
					m.stacks[name] = append(m.stacks[name], 2*i+1)
				case slices.Contains(isFixed, key):
					m.stacks[name] = append(m.stacks[name], 2*i)
				}
			}
		}
	}
	got := m.table(m.rows())
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(matrixFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(matrixFile)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is out of date: give a new setting a value that the local cloud serves (served, or the first of its choices), "+
			"run UPDATE=1 go test . -run TestEndToEndMatrix, and add to local/e2e/matrix_test.go how it is seen:\n%s", matrixFile, diff(string(want), got))
	}
	t.Logf("%d pairs, %d more are refused; settings.Load was asked %d times", m.pairs, m.refused, len(m.sound))
}

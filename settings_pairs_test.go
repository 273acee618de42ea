package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/internal/record"
	"sallyport/internal/settings"
)

// choice is a value of a setting that is not its default, with what it asks of other settings.
type choice struct {
	key, value string
	with       map[string]string
}

const (
	digest = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	park   = "cron(0 20 ? * MON-FRI *)"
	wake   = "cron(0 7 ? * MON-FRI *)"
)

var (
	existingVPC = map[string]string{"network.vpcId": "vpc-12345678", "network.privateSubnetIds": `["subnet-11111111","subnet-22222222"]`}
	httpsInside = map[string]string{"loadBalancer.certificateArn": certificate, "loadBalancer.serverName": "inside.example.com"}
	ownDomain   = map[string]string{"domain.name": "shop.example.com", "domain.zoneId": "Z1"}
	twoSecrets  = map[string]string{"app.secrets": `{"PASSWORD":"arn:aws:secretsmanager:us-east-1:123456789012:secret:app-AbCdEf",` +
		`"TOKEN":"arn:aws:ssm:us-east-1:123456789012:parameter/token"}`}
	scaled  = map[string]string{"scaling.max": "4"}
	parked  = map[string]string{"scaling.park": park, "scaling.wake": wake}
	rest    = map[string]string{"gateway.kind": "rest"}
	keyed   = map[string]string{"gateway.kind": "rest", "gateway.routes": `[{"path":"/feed","auth":"key"}]`, "gateway.apiKeys": `{"partner":{"rate":5}}`}
	alarmed = map[string]string{"alarms.enabled": "true"}
)

// choices are one or two values for each setting: those that go with most of the others, and where a setting is held
// against another one, a second that does not.
var choices = []choice{
	{"aws:region", "us-west-2", nil},
	{"aws:profile", "work", nil},
	{"aws:maxRetries", "3", nil},
	{"aws:allowedAccountIds", `["123456789012"]`, nil},
	{"name", "shop", nil},
	{"protected", "true", nil},
	{"tags", `{"team":"web"}`, nil},
	{"network.cidr", "10.9.0.0/16", nil},
	{"network.cidr", "10.9.0.0/24", nil},
	{"network.zones", "3", nil},
	{"network.egress", "nat-per-zone", nil},
	{"network.egress", "endpoints", nil},
	{"network.egress", "none", map[string]string{"app.waitForSteadyState": "false"}},
	{"network.flowLogs", "ALL", nil},
	{"network.vpcId", existingVPC["network.vpcId"], existingVPC},
	{"network.privateSubnetIds", existingVPC["network.privateSubnetIds"], existingVPC},
	{"loadBalancer.idleTimeout", "70", nil},
	{"loadBalancer.idleTimeout", "25", map[string]string{"gateway.timeout": "20"}},
	{"loadBalancer.deregistrationDelay", "45", nil},
	{"loadBalancer.deregistrationDelay", "20", map[string]string{"gateway.timeout": "20"}},
	{"loadBalancer.certificateArn", certificate, httpsInside},
	{"loadBalancer.serverName", "inside.example.com", httpsInside},
	{"loadBalancer.webAclArn", webACL, nil},
	{"gateway.kind", "rest", nil},
	{"gateway.webAclArn", webACL, rest},
	{"gateway.tracing", "true", rest},
	{"gateway.apiKeys", keyed["gateway.apiKeys"], keyed},
	{"gateway.logsRole", "existing", rest},
	{"gateway.timeout", "20", nil},
	{"gateway.timeout", "28", nil},
	{"gateway.throttleBurst", "7", nil},
	{"gateway.throttleRate", "11", nil},
	{"gateway.vpcLinkId", "abcd12", existingVPC},
	{"domain.name", "shop.example.com", ownDomain},
	{"domain.zoneId", "Z1", ownDomain},
	{"gateway.routes", `[{"path":"/f","target":"arn:aws:lambda:us-east-1:123456789012:function:f"},` +
		`{"path":"/api","auth":"jwt","issuer":"https://login.example.com","audience":["web"],"throttleRate":5}]`, nil},
	{"gateway.routes", `[{"path":"/api/health","target":"deny"}]`, nil},
	{"gateway.default", "deny", map[string]string{"app.probes": "[]", "gateway.routes": `[{"path":"/{proxy+}"}]`}},
	{"gateway.cors", `{"allowOrigins":["https://www.example.com"],"allowMethods":["GET"]}`, nil},
	{"gateway.publicHostHeader", "x-public-host", nil},
	{"gateway.publicHostHeader", "X-Client-IP", nil},
	{"gateway.keepWarm", "true", nil},
	{"app.context", "./webapp", nil},
	{"app.buildArgs", `{"BASE_IMAGE":"node:25"}`, nil},
	{"app.buildOnPreview", "true", nil},
	{"app.architecture", "ARM64", nil},
	{"app.cpu", "512", map[string]string{"app.memory": "1024"}},
	{"app.cpu", "4096", map[string]string{"app.memory": "8192"}},
	{"app.memory", "2048", nil},
	{"app.count", "3", nil},
	{"app.count", "60", nil},
	{"app.spotPercent", "50", map[string]string{"app.count": "2"}},
	{"app.spotPercent", "100", map[string]string{"app.onDemandBase": "0"}},
	{"app.onDemandBase", "2", map[string]string{"app.spotPercent": "50", "app.count": "3"}},
	{"app.onDemandBase", "0", map[string]string{"app.spotPercent": "50"}},
	{"app.port", "8080", nil},
	{"app.healthPath", "/ok", nil},
	{"app.healthPath", "/api/health?deep=1", nil},
	{"app.probes", `["GET /up"]`, nil},
	{"app.healthGrace", "64", nil},
	{"app.keepAlive", "120", nil},
	{"app.keepAlive", "65", nil},
	{"app.stopTimeout", "90", nil},
	{"app.stopTimeout", "40", nil},
	{"app.user", "1001:1002", nil},
	{"app.writablePaths", `["/data"]`, nil},
	{"app.writablePaths", `[]`, nil},
	{"app.waitForSteadyState", "false", nil},
	{"app.deploymentTimeout", "600", nil},
	{"app.image", "123456789012.dkr.ecr.us-east-1.amazonaws.com/shop" + digest, nil},
	{"app.image", "nginx" + digest, nil},
	{"app.environment", `{"NODE_ENV":"production"}`, nil},
	{"app.secrets", twoSecrets["app.secrets"], nil},
	{"app.secrets", `{"NODE_ENV":"arn:aws:ssm:us-east-1:123456789012:parameter/env"}`, nil},
	{"app.secretsKeyArn", "arn:aws:kms:us-east-1:123456789012:key/1", twoSecrets},
	{"app.exec", "true", nil},
	{"app.table", "false", nil},
	{"scaling.max", "4", nil},
	{"scaling.targetCpu", "51", scaled},
	{"scaling.targetMemory", "71", scaled},
	{"scaling.targetRequests", "611", scaled},
	{"scaling.park", park, parked},
	{"scaling.wake", wake, parked},
	{"scaling.timezone", "Europe/Berlin", parked},
	{"logs.retention", "14", nil},
	{"cluster.containerInsights", "true", nil},
	{"cluster.name", "shared", nil},
	{"alarms.enabled", "true", nil},
	{"alarms.topicArn", "arn:aws:sns:us-east-1:123456789012:oncall", alarmed},
	{"alarms.email", "ops@example.com", alarmed},
	{"alarms.latencyMs", "800", alarmed},
	{"alarms.rollback", "true", alarmed},
	{"dashboard.enabled", "true", nil},
}

// label is the choice in the list of the refused pairs.
func (c choice) label() string {
	several := slices.ContainsFunc(choices, func(other choice) bool { return other.key == c.key && other.value != c.value })
	if !several {
		return c.key
	}
	return fmt.Sprintf("%s=%.60s", c.key, c.value)
}

// namedIn tells whether a text names the setting, or one that it doesn't go without.
func (c choice) namedIn(text string) bool {
	for _, key := range slices.Concat([]string{c.key}, slices.Collect(maps.Keys(c.with))) {
		if regexp.MustCompile(`(^|[^\w.])` + regexp.QuoteMeta(key) + `($|\W)`).MatchString(text) {
			return true
		}
	}
	return false
}

// stackOf is the configuration of a stack with these choices. A choice comes before what another one asks for.
func stackOf(chosen ...choice) map[string]any {
	given := map[string]string{"aws:region": "us-east-1"}
	for _, c := range chosen {
		maps.Copy(given, c.with)
	}
	for _, c := range chosen {
		given[c.key] = c.value
	}
	config := map[string]any{}
	for key, value := range given {
		if !strings.Contains(key, ":") {
			key = "sallyport:" + key
		}
		config[key] = value
	}
	return config
}

// around is what such a stack finds.
func around(config map[string]any, preview bool) record.Options {
	o := record.Options{Preview: preview, Functions: theirs(), HostedZones: map[string]record.HostedZone{"Z1": {Name: "example.com"}}}
	if config["aws:region"] == "us-west-2" {
		o.Zones = []record.Zone{{ID: "usw2-az1", Name: "us-west-2a"}, {ID: "usw2-az2", Name: "us-west-2b"}, {ID: "usw2-az3", Name: "us-west-2c"}}
		subnet := o.Functions["aws:ec2/getSubnet:getSubnet"]
		o.Functions["aws:ec2/getSubnet:getSubnet"] = func(args map[string]any) (map[string]any, error) {
			values, err := subnet(args)
			values["availabilityZoneId"] = strings.Replace(values["availabilityZoneId"].(string), "use1", "usw2", 1)
			return values, err
		}
	}
	return o
}

// load is settings.Load alone, which takes a hundredth of the time of a whole stack.
func load(t *testing.T, config map[string]any) (s *settings.Settings, refused error) {
	t.Helper()
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(pulumi.EnvConfig, string(text))
	if err := pulumi.RunErr(func(ctx *pulumi.Context) error {
		s, refused = settings.Load(ctx)
		return nil
	}, pulumi.WithMocks("sallyport", "dev", struct{ pulumi.MockResourceMonitor }{})); err != nil {
		t.Fatal(err)
	}
	return s, refused
}

// TestPairsOfSettings tries every two values of two settings together. Either settings.Load refuses them, and says of
// which settings it is the fault, or they are in one of the stacks that are made, few with many settings each.
func TestPairsOfSettings(t *testing.T) {
	t.Run("every setting has a value here that is not its default", everySettingHasAChoice)
	n := len(choices)
	refused := make([][]bool, n)
	var lines []string
	for i := range choices {
		refused[i] = make([]bool, n)
		for j := range i {
			a, b := choices[j], choices[i]
			if a.key == b.key {
				continue
			}
			if _, err := load(t, stackOf(a, b)); err != nil {
				refused[i][j], refused[j][i] = true, true
				lines = append(lines, fmt.Sprintf("%s + %s: %s", a.label(), b.label(), reason(t, a, b, err)))
			}
		}
	}
	t.Run("the pairs that are refused are those of the list", func(t *testing.T) { refusedPairs(t, lines) })

	byDefault := byDefault(t)
	taken := make([][]string, n) // of the default stack's resources, by each choice alone
	for i, c := range choices {
		t.Run(c.label(), func(t *testing.T) {
			config := stackOf(c)
			rec := run(t, config, around(config, false))
			if c.value != "./webapp" && reflect.DeepEqual(rec.Resources, byDefault.Resources) && reflect.DeepEqual(rec.Exports, byDefault.Exports) {
				t.Error("it has no effect")
			}
			if taken[i] = missing(byDefault, rec); len(taken[i]) > 0 && !slices.Contains(takeAway, c.key) {
				t.Errorf("it takes away or renames\n%s", strings.Join(taken[i], "\n"))
			}
		})
	}
	rows := covering(n, func(i, j int) bool { return choices[i].key != choices[j].key && !refused[i][j] }, func(row []int) bool {
		_, err := load(t, stackOf(chosen(row)...))
		return err == nil
	})
	t.Logf("%d values in %d stacks, %d pairs refused", n, len(rows), len(lines))
	for i, row := range rows {
		t.Run(fmt.Sprintf("stack %d", i+1), func(t *testing.T) {
			t.Cleanup(func() {
				if t.Failed() {
					t.Logf("it has %v", stackOf(chosen(row)...))
				}
			})
			var may []string
			for _, k := range row {
				may = append(may, taken[k]...)
			}
			for _, name := range missing(byDefault, soundStack(t, stackOf(chosen(row)...))) {
				if !slices.Contains(may, name) {
					t.Errorf("%s is gone or renamed, by none of the settings alone", name)
				}
			}
		})
	}
}

// takeAway are the settings that exchange something of the default stack for something else, or leave it out.
var takeAway = []string{
	"network.egress", "network.vpcId", "network.privateSubnetIds", "gateway.vpcLinkId", "gateway.default", "app.image", "cluster.name", "app.table",
	"gateway.kind", "gateway.webAclArn", "gateway.tracing", "gateway.apiKeys", "gateway.logsRole",
}

func chosen(row []int) []choice {
	found := make([]choice, len(row))
	for i, k := range row {
		found[i] = choices[k]
	}
	return found
}

// longest is how many choices a stack has at most: in a long row one setting may hide what two others do to each other.
const longest = 12

// covering puts the numbers below n into rows, so that any two that are compatible are in at least one row together, and
// each row is allowed as a whole. A row begins with the first two that are in none yet, and takes on what brings the
// most new pairs, until nothing does.
func covering(n int, compatible func(i, j int) bool, allowed func(row []int) bool) (rows [][]int) {
	met := map[[2]int]bool{}
	isNew := func(i, j int) bool { return !met[[2]int{min(i, j), max(i, j)}] }
	for i := range n {
		for j := i + 1; j < n; j++ {
			if !compatible(i, j) || !isNew(i, j) {
				continue
			}
			row, out := []int{i, j}, map[int]bool{i: true, j: true}
			for len(row) < longest {
				best, most := -1, 0
				for k := range n {
					gain := 0
					for _, member := range row {
						if !compatible(k, member) {
							out[k] = true
						} else if isNew(k, member) {
							gain++
						}
					}
					if !out[k] && gain > most {
						best, most = k, gain
					}
				}
				if best < 0 {
					break
				}
				out[best] = true
				if longer := append(slices.Clone(row), best); allowed(longer) {
					row = longer
				}
			}
			for a, x := range row {
				for _, y := range row[:a] {
					met[[2]int{min(x, y), max(x, y)}] = true
				}
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// settingsRow is a row of the README's table, which is written from the settings' own: name and default.
var settingsRow = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| [a-z]+ \\| (?:`([^`]*)`|empty|required) \\|")

func everySettingHasAChoice(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(readme), "<!-- settings -->")
	table, _, _ = strings.Cut(table, "<!-- /settings -->")
	defaults := map[string]string{}
	for _, row := range settingsRow.FindAllStringSubmatch(table, -1) {
		defaults[row[1]] = row[2]
		if !slices.ContainsFunc(choices, func(c choice) bool { return c.key == row[1] }) {
			t.Errorf("%s is not tried with the other settings: add one or two values of it to choices, with what they need of other settings, "+
				"then run UPDATE=1 go test . -run TestPairsOfSettings and see in %s what it contradicts", row[1], refusedFile)
		}
	}
	for _, c := range choices {
		if standard, ok := defaults[c.key]; !ok || c.value == standard {
			t.Errorf("%s = %s: there is no such setting, or it is the default", c.key, c.value)
		}
	}
}

var problemLine = regexp.MustCompile(`(?m)^  Problem: (.*)$`)

// reason is why a pair is refused. Each paragraph of the error must name both settings, and nothing may be registered.
func reason(t *testing.T, a, b choice, refused error) string {
	t.Helper()
	var known *settings.Error
	if !errors.As(refused, &known) {
		t.Errorf("%s + %s: %v", a.label(), b.label(), refused)
		return refused.Error()
	}
	var problems []string
	for _, paragraph := range strings.Split(known.Error(), "\n\n")[1:] {
		if !a.namedIn(paragraph) || !b.namedIn(paragraph) {
			t.Errorf("%s + %s are refused by an error that does not name both:\n%s", a.label(), b.label(), paragraph)
		}
		problems = append(problems, problemLine.FindStringSubmatch(paragraph)[1])
	}
	config := stackOf(a, b)
	if rec, err := runErr(t, config, around(config, false)); err == nil || len(rec.Resources) > 0 {
		t.Errorf("%s + %s: %v is registered, and the error is %v", a.label(), b.label(), rec.Names(), err)
	}
	return strings.Join(problems, "; ")
}

const refusedFile = "testdata/refused-pairs.txt"

func refusedPairs(t *testing.T, lines []string) {
	slices.Sort(lines)
	got := strings.Join(lines, "\n") + "\n"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(refusedFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(refusedFile)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("other pairs are refused than %s lists (UPDATE=1 rewrites it):\n%s", refusedFile, diff(string(want), got))
	}
}

// missing are the default stack's names that another stack, by whatever name, does not have.
func missing(byDefault, other *record.Recording) []string {
	names := other.Names()
	rename := strings.NewReplacer("Stack::sallyport-dev", "Stack::sallyport-dev", "::sallyport-dev", "::"+name(other))
	return slices.DeleteFunc(byDefault.Names(), func(name string) bool { return slices.Contains(names, rename.Replace(name)) })
}

// soundStack makes a stack, and holds what is true of every one.
func soundStack(t *testing.T, config map[string]any) *record.Recording {
	t.Helper()
	rec := run(t, config, around(config, false))
	exports := []string{"apiId", "clusterName", "gatewayKind", "imageRef", "loadBalancerArn", "logGroupName", "probes", "repositoryUrl", "serviceName", "tableName", "targetGroupArn", "url"}
	if config["sallyport:app.table"] == "false" {
		exports = slices.DeleteFunc(exports, func(name string) bool { return name == "tableName" })
	}
	if config["sallyport:dashboard.enabled"] == "true" {
		exports = slices.Insert(exports, 2, "dashboardUrl")
	}
	if config["sallyport:gateway.apiKeys"] != nil {
		exports = slices.Insert(exports, 1, "apiKeys")
	}
	if got := slices.Sorted(maps.Keys(rec.Exports)); !slices.Equal(got, exports) {
		t.Errorf("it exports %v", got)
	}
	for name, value := range rec.Exports {
		if value == nil || value == "" || value == (record.Unknown{}) {
			t.Errorf("it exports %v as %s", value, name)
		}
	}
	s, err := load(t, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("the cost is that of the resources", func(t *testing.T) { costOfResources(t, s, rec) })
	for _, c := range slices.Concat(shape, privacyOf(config)) {
		t.Run(c.name, func(t *testing.T) { c.check(t, rec) })
	}
	preview := run(t, config, around(config, true))
	if want, got := strings.Join(rec.Names(), "\n"), strings.Join(preview.Names(), "\n"); got != want {
		t.Errorf("the preview differs:\n%s", diff(want, got))
	}
	return rec
}

// privacyOf are the claims about privacy as far as the stack itself makes what they are about.
func privacyOf(config map[string]any) []control {
	checks := []control{
		{"task-addresses", taskAddresses}, {"internal-balancer", internalBalancer}, {"security-groups", securityGroups},
		{"one name", oneName}, {"known types", onlyKnownTypes},
	}
	if config["sallyport:network.vpcId"] != nil {
		return checks
	}
	checks = append(checks, control{"private-subnets", privateSubnets}, control{"no addresses at launch", noLaunchAddresses})
	if egress := config["sallyport:network.egress"]; egress == nil || egress == "nat-per-zone" {
		return append(checks, control{"addresses of NAT gateways", natAddresses})
	}
	return append(checks, control{"no addresses", func(t *testing.T, rec *record.Recording) { none(t, rec, "aws:ec2/eip:") }})
}

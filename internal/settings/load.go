package settings

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Load reads the stack's configuration, completes it with the defaults and checks it as a whole.
// It registers nothing. Its error is an *Error, which lists every problem at once; settings that can be used but will
// not do what one may hope for are warned about in the engine's log.
func Load(ctx *pulumi.Context) (*Settings, error) {
	given, err := configuration()
	if err != nil {
		return nil, err
	}
	l := loader{ctx: ctx, given: given, settings: &Settings{}, broken: map[string]bool{}}
	for _, row := range table {
		l.read(row)
	}
	l.name()
	l.settings.Gateway.timeout()
	l.relations()
	l.unknown()
	if len(l.problems) > 0 {
		return nil, &Error{stack: ctx.Stack(), problems: l.problems}
	}
	for _, warning := range l.settings.warnings() {
		if err := ctx.Log.Warn(warning, nil); err != nil {
			return nil, fmt.Errorf("warning: %w", err)
		}
	}
	return l.settings, nil
}

// configuration is all that the stack has set. Only the environment tells: the SDK's own functions find the value of a
// key that one knows, but don't list the keys.
func configuration() (map[string]string, error) {
	given := map[string]string{}
	if raw := os.Getenv(pulumi.EnvConfig); raw != "" {
		if err := json.Unmarshal([]byte(raw), &given); err != nil {
			return nil, fmt.Errorf("configuration in %s: %w", pulumi.EnvConfig, err)
		}
	}
	return given, nil
}

type loader struct {
	ctx      *pulumi.Context
	given    map[string]string
	settings *Settings
	problems []problem
	broken   map[string]bool // keys that a relation can't be judged by
}

func (l *loader) full(key string) string {
	if strings.Contains(key, ":") {
		return key
	}
	return l.ctx.Project() + ":" + key
}

// read takes the default's way through the checks as well: app.context, for one, fits only where the directory exists.
func (l *loader) read(row setting) {
	key := l.full(row.key)
	raw, ok := l.ctx.GetConfig(key)
	if !ok || raw == "" && row.value.typ() == "string" {
		standard := row.value.standard()
		if standard == nil {
			l.broken[row.key] = true
			l.problems = append(l.problems, problem{
				key: key, given: "is not set", wrong: "it has no default", allowed: row.allowed, why: row.why,
				instead: fmt.Sprintf("pulumi config set %s VALUE", key),
			})
			return
		}
		raw = text(standard)
	}
	if err := row.value.read(l.settings, raw); err != nil {
		l.broken[row.key] = true
		l.problems = append(l.problems, problem{
			key: key, given: l.show(row, raw), wrong: err.Error(), allowed: row.allowed, why: row.why,
		})
	}
}

// show is a value as an error may show it.
func (l *loader) show(row setting, raw string) string {
	shown := "= " + l.printable(l.full(row.key), raw)
	if raw == text(row.value.standard()) {
		shown += " (the default)"
	}
	return shown
}

func (l *loader) printable(key, raw string) string {
	const most = 100
	if l.ctx.IsConfigSecret(key) {
		return "[secret]"
	}
	runes := []rune(raw)
	if len(runes) > most {
		raw = string(runes[:most]) + "…"
	}
	if raw == "" || raw != strings.TrimSpace(raw) || strings.ContainsFunc(raw, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return fmt.Sprintf("%q", raw)
	}
	return raw
}

// name completes the name of a stack that has none of its own.
func (l *loader) name() {
	if l.settings.Name != "" || l.broken["name"] {
		return
	}
	l.settings.Name = l.ctx.Project() + "-" + l.ctx.Stack()
	if err := checkName(l.settings.Name); err != nil {
		row := rowOf("name")
		l.problems = append(l.problems, problem{
			key: l.full("name"), given: fmt.Sprintf("= %s (from the project's and the stack's name)", l.settings.Name),
			wrong: err.Error(), allowed: row.allowed, why: row.why,
			instead: fmt.Sprintf("pulumi config set %s NAME", l.full("name")),
		})
	}
}

// relations judges settings by each other, as far as each of them is well by itself.
func (l *loader) relations() {
	var found []*problem
	if l.valid("app.cpu", "app.memory") {
		found = append(found, checkSize(l.settings.App))
	}
	if l.valid("network.cidr", "network.zones", "app.count", "scaling.max", "network.vpcId") && !l.settings.Network.Existing() {
		found = append(found, checkRoom(l.settings))
	}
	found = append(found, checkExisting(l.settings, l.isSet)...)
	if l.valid("network.egress", "network.vpcId", "app.waitForSteadyState") {
		found = append(found, checkEgress(l.settings))
	}
	found = append(found, checkKind(l.settings, l.valid)...)
	found = append(found, checkTimeouts(l.settings, l.valid)...)
	found = append(found, checkTogether(l.settings, l.valid)...)
	found = append(found, checkRegions(l.settings, l.valid)...)
	found = append(found, checkGateway(l.settings, l.valid)...)
	found = append(found, checkAlarms(l.settings, l.valid)...)
	if l.ctx.IsConfigSecret(l.full("app.environment")) {
		found = append(found, &problem{
			key:     "app.environment",
			wrong:   "it is encrypted here, and everybody who may read the task definition or the stack's state would read it",
			instead: "app.secrets, or without --secret",
		})
	}
	found = append(found, checkImageRelations(l.settings, l.valid)...)
	found = append(found, checkSecretRelations(l.settings, l.valid)...)
	found = append(found, checkTable(l.settings, l.valid)...)
	found = append(found, checkScaling(l.settings, l.valid)...)
	found = append(found, checkSpot(l.settings, l.valid))
	found = append(found, checkKeepWarm(l.settings, l.valid))
	found = append(found, checkHeaders(l.settings, l.valid))
	for _, p := range found {
		if p == nil {
			continue
		}
		row := rowOf(p.key)
		value := reflect.ValueOf(row.value.field(l.settings)).Elem().Interface()
		p.key, p.given = l.full(p.key), l.show(row, text(value))
		if p.allowed == "" {
			p.allowed = row.allowed
		}
		if p.why == "" {
			p.why = row.why
		}
		l.problems = append(l.problems, *p)
	}
}

// isSet tells whether the stack sets a key to something else than the default. Whether it sets the default itself can't
// be told: Pulumi fills in those of Pulumi.yaml.
func (l *loader) isSet(key string) bool {
	raw, ok := l.given[l.full(key)]
	return ok && raw != text(rowOf(key).value.standard())
}

func (l *loader) valid(keys ...string) bool {
	return !slices.ContainsFunc(keys, func(key string) bool { return l.broken[key] })
}

// unknown finds what was set to no effect.
func (l *loader) unknown() {
	for _, key := range slices.Sorted(maps.Keys(l.given)) {
		namespace, rest, _ := strings.Cut(key, ":")
		known := slices.ContainsFunc(table, func(row setting) bool { return l.full(row.key) == key })
		switch {
		case known:
		case namespace == l.ctx.Project():
			l.problems = append(l.problems, l.noSuchSetting(key, rest))
		case namespace == "aws":
			l.problems = append(l.problems, l.notForTheProvider(key, rest))
		}
	}
}

// warnings are about settings that work, though perhaps not as hoped.
func (s *Settings) warnings() (warnings []string) {
	if s.Network.Egress == EgressNone {
		warnings = append(warnings, "network.egress is none: tasks can't reach ECR or CloudWatch Logs, so none of them starts "+
			"until the VPC has interface endpoints for "+strings.Join(s.StartServices(), ", ")+", which take HTTPS from the VPC's addresses. "+
			"With app.waitForSteadyState=false an update ends all the same, so that they can be added. "+
			aws+"AmazonECS/latest/developerguide/vpc-endpoints.html")
	}
	if !s.App.WaitForSteadyState && s.App.DeploymentTimeout != rowOf("app.deploymentTimeout").value.standard() {
		warnings = append(warnings, "app.deploymentTimeout has no effect without app.waitForSteadyState: an update waits for no task")
	}
	if s.App.Exec && s.Cluster.Name != "" {
		warnings = append(warnings, fmt.Sprintf("app.exec: where sessions are logged is cluster %s's own setting, by default to the app's log, "+
			"and the task role may write to no log. Unless its executeCommandConfiguration.logging is NONE, leave cluster.name out for a cluster whose is. "+
			aws+"AmazonECS/latest/developerguide/ecs-exec.html", s.Cluster.Name))
	}
	return slices.Concat(warnings, s.Gateway.warnings(s.App.HealthPath), s.kindWarnings())
}

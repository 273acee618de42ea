package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// describedStack is a stack of the matrix, as the cloud and Pulumi's state have it.
type describedStack struct {
	t         *testing.T
	at        string // @ and the Region
	name      string // of its resources
	row       matrixRow
	exported  map[string]any
	resources []map[string]any // of the state

	service, container, taskDefinition, api, integration, stage any
	balancer, vpc                                               string // XML; the VPC's id
	variables                                                   []string
}

func (m *matrixStack) describe(t *testing.T, row matrixRow) *describedStack {
	t.Helper()
	d := &describedStack{t: t, at: "@" + m.given["region"], name: "sallyport-" + m.name, row: row}
	if row["name"] {
		d.name = m.given["name"]
	}
	state := decoded(t, run(t, "pulumi", "stack", "export", "--stack", m.name).stdout.Bytes())
	for _, resource := range list(at(state, "deployment", "resources")) {
		d.resources = append(d.resources, resource.(map[string]any))
	}
	d.exported, _ = d.resource("pulumi:pulumi:Stack")["outputs"].(map[string]any)
	eventually(t, "the deployment is over", func() bool {
		d.service = at(d.ask("ecs", "DescribeServices", "cluster", d.export("clusterName"), "services", []string{d.export("serviceName")}), "services", 0)
		return len(list(at(d.service, "deployments"))) == 1 && text(at(d.service, "deployments", 0, "rolloutState")) == "COMPLETED"
	})
	d.taskDefinition = at(d.ask("ecs", "DescribeTaskDefinition", "taskDefinition", text(at(d.service, "taskDefinition"))), "taskDefinition")
	d.container = at(d.taskDefinition, "containerDefinitions", 0)
	path := "/v2/apis/" + d.export("apiId")
	d.api = d.get(path)
	d.integration = at(d.get(path+"/integrations"), "items", 0)
	d.stage = at(d.get(path+"/stages"), "items", 0)
	d.balancer = query(t, "elasticloadbalancing"+d.at, "DescribeLoadBalancers", "LoadBalancerArns.member.1", d.export("loadBalancerArn"))
	d.vpc = elements(d.balancer, "VpcId")[0]
	tasks := d.ask("ecs", "ListTasks", "cluster", d.export("clusterName"), "serviceName", d.export("serviceName"))
	ids := named(d.ask("ecs", "DescribeTasks", "cluster", d.export("clusterName"), "tasks", at(tasks, "taskArns")), "runtimeId")
	if len(ids) == 0 {
		t.Fatal("no task runs")
	}
	if err := json.Unmarshal([]byte(docker(t, "inspect", "--format", "{{json .Config.Env}}", ids[0])), &d.variables); err != nil {
		t.Fatal(err)
	}
	return d
}

// at is a member of decoded JSON, nil where there is none.
func at(value any, path ...any) any {
	for _, step := range path {
		switch v := value.(type) {
		case map[string]any:
			value = v[fmt.Sprint(step)]
		case []any:
			index, isIndex := step.(int)
			if !isIndex || index >= len(v) {
				return nil
			}
			value = v[index]
		default:
			return nil
		}
	}
	return value
}

func list(value any) []any {
	items, _ := value.([]any)
	return items
}

// text is a plain value as settings have it, empty for none.
func text(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

// whether is want where it is so.
func whether(so bool, want string) string {
	if so {
		return want
	}
	return "something else"
}

func (d *describedStack) export(name string) string { return text(d.exported[name]) }

// resource is that of the state whose type begins so.
func (d *describedStack) resource(kind string) map[string]any {
	for _, one := range d.resources {
		if strings.HasPrefix(text(one["type"]), kind) {
			return one
		}
	}
	return nil
}

func (d *describedStack) ask(service, action string, input ...any) any {
	d.t.Helper()
	members := map[string]any{}
	for i := 0; i < len(input); i += 2 {
		members[input[i].(string)] = input[i+1]
	}
	return ask[any](d.t, service+d.at, action, members)
}

func (d *describedStack) get(path string) any {
	d.t.Helper()
	return decoded(d.t, aws(d.t, "apigateway"+d.at, http.MethodGet, path, nil, nil))
}

func (d *describedStack) query(service, action string, parameters ...string) string {
	d.t.Helper()
	return query(d.t, service+d.at, action, parameters...)
}

// send asks the stack's own address, again where it came too often.
func (d *describedStack) send(method, path string, header ...string) (response *http.Response, body string) {
	d.t.Helper()
	request, err := http.NewRequestWithContext(d.t.Context(), method, text(at(d.api, "apiEndpoint"))+path, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	if public, err := url.Parse(d.export("url")); err == nil && d.row["domain.name"] {
		request.Host = public.Host
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	eventually(d.t, "there are not too many requests", func() bool {
		if response, err = direct.Do(request); err != nil {
			d.t.Fatal(err)
		}
		content, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if body = string(content); err != nil {
			d.t.Fatal(err)
		}
		return response.StatusCode != http.StatusTooManyRequests
	})
	return response, body
}

// attribute is a value of a list of keys and values in XML.
func attribute(document, name string) string {
	for _, member := range regexp.MustCompile(`(?s)<member>.*?</member>`).FindAllString(document, -1) {
		if slices.Contains(elements(member, "Key"), name) {
			return strings.Join(elements(member, "Value"), "")
		}
	}
	return ""
}

func (d *describedStack) balancerAttribute(name string) string {
	d.t.Helper()
	return attribute(d.query("elasticloadbalancing", "DescribeLoadBalancerAttributes", "LoadBalancerArn", d.export("loadBalancerArn")), name)
}

func (d *describedStack) targetAttribute(name string) string {
	d.t.Helper()
	return attribute(d.query("elasticloadbalancing", "DescribeTargetGroupAttributes", "TargetGroupArn", d.export("targetGroupArn")), name)
}

func (d *describedStack) inVPC(action string) string {
	d.t.Helper()
	return d.query("ec2", action, "Filter.1.Name", "vpc-id", "Filter.1.Value.1", d.vpc)
}

// has tells whether the task's container has all of these variables.
func (d *describedStack) has(want string, variables map[string]string) string {
	for name, value := range variables {
		if !slices.Contains(d.variables, name+"="+value) {
			return fmt.Sprint(d.variables)
		}
	}
	return want
}

func (d *describedStack) alarms() string {
	d.t.Helper()
	return d.query("monitoring", "DescribeAlarms", "AlarmNamePrefix", d.name+"-")
}

// scaling is what Application Auto Scaling has of the service; one of the actions takes a list of resources.
func (d *describedStack) scaling(action, member string) []any {
	d.t.Helper()
	resource := "service/" + d.export("clusterName") + "/" + d.export("serviceName")
	input := []any{"ServiceNamespace", "ecs", "ResourceId", resource}
	if action == "DescribeScalableTargets" {
		input = []any{"ServiceNamespace", "ecs", "ResourceIds", []string{resource}}
	}
	return list(at(d.ask("application-autoscaling", action, input...), member))
}

func (d *describedStack) target(metric string) string {
	d.t.Helper()
	for _, policy := range d.scaling("DescribeScalingPolicies", "ScalingPolicies") {
		configuration := at(policy, "TargetTrackingScalingPolicyConfiguration")
		if text(at(configuration, "PredefinedMetricSpecification", "PredefinedMetricType")) == metric {
			return text(at(configuration, "TargetValue"))
		}
	}
	return ""
}

// scheduled is a member of the scheduled action that scales to zero, or of the other one.
func (d *describedStack) scheduled(member string, zero bool) string {
	d.t.Helper()
	for _, action := range d.scaling("DescribeScheduledActions", "ScheduledActions") {
		if (text(at(action, "ScalableTargetAction", "MaxCapacity")) == "0") == zero {
			return text(at(action, member))
		}
	}
	return ""
}

func sameJSON(want string, got any) string {
	var wanted any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		return err.Error()
	}
	a, _ := json.Marshal(wanted)
	b, _ := json.Marshal(got)
	if string(a) == string(b) {
		return want
	}
	return string(b)
}

// share is a number of a capacity provider of the service.
func (d *describedStack) share(provider, member string) string {
	for _, one := range list(at(d.service, "capacityProviderStrategy")) {
		if text(at(one, "capacityProvider")) == provider {
			return text(at(one, member))
		}
	}
	return ""
}

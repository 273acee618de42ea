package e2e

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sallyport/local/cloud"
)

// direct uses no proxy and no kept connection.
var direct = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

func request(t *testing.T, method, url string, header map[string]string, body []byte) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	response, err := direct.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode >= 300 {
		t.Fatalf("%s %s: %s\n%s", method, url, response.Status, content)
	}
	return content
}

// aws asks the cloud's API, whose requests need a scope and no signature. The service may go on with @ and a Region, and is
// in us-east-1 otherwise.
func aws(t *testing.T, service, method, path string, header map[string]string, body []byte) []byte {
	t.Helper()
	service, region, elsewhere := strings.Cut(service, "@")
	if !elsewhere {
		region = "us-east-1"
	}
	all := map[string]string{"Authorization": "AWS4-HMAC-SHA256 Credential=test/20000101/" + region + "/" + service + "/aws4_request, SignedHeaders=host, Signature=0"}
	maps.Copy(all, header)
	return request(t, method, "http://"+here.front+path, all, body)
}

var versions = map[string]string{"ec2": "2016-11-15", "elasticloadbalancing": "2015-12-01", "iam": "2010-05-08", "monitoring": "2010-08-01", "sns": "2010-03-31"}

// query calls a service that takes forms and answers in XML.
func query(t *testing.T, service, action string, parameters ...string) string {
	t.Helper()
	name, _, _ := strings.Cut(service, "@")
	form := url.Values{"Action": {action}, "Version": {versions[name]}}
	for i := 0; i < len(parameters); i += 2 {
		form.Set(parameters[i], parameters[i+1])
	}
	return string(aws(t, service, http.MethodPost, "/", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, []byte(form.Encode())))
}

var targets = map[string]string{"ecr": "AmazonEC2ContainerRegistry_V20150921", "ecs": "AmazonEC2ContainerServiceV20141113", "logs": "Logs_20140328", "application-autoscaling": "AnyScaleFrontendService",
	"acm": "CertificateManager", "wafv2": "AWSWAF_20190729", "secretsmanager": "secretsmanager", "ssm": "AmazonSSM", "events": "AWSEvents", "dynamodb": "DynamoDB_20120810",
	"kms": "TrentService"}

// ask calls a service that takes and answers JSON.
func ask[T any](t *testing.T, service, action string, input map[string]any) (answer T) {
	t.Helper()
	body := []byte("{}")
	if input != nil {
		var err error
		if body, err = json.Marshal(input); err != nil {
			t.Fatal(err)
		}
	}
	name, _, _ := strings.Cut(service, "@")
	content := aws(t, service, http.MethodPost, "/", map[string]string{
		"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": targets[name] + "." + action}, body)
	if err := json.Unmarshal(content, &answer); err != nil {
		t.Fatalf("%s %s: %v", service, action, err)
	}
	return answer
}

// elements are the texts of an XML element, each once.
func elements(document, name string) []string {
	var texts []string
	for _, found := range regexp.MustCompile("<"+name+">([^<]+)</"+name+">").FindAllStringSubmatch(document, -1) {
		texts = append(texts, found[1])
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

// inventory is all that the cloud holds of the kinds that a stack makes, one "KIND ID" each. What AWS too shows for a
// while after its end is left out: task definitions that were deregistered, and what is called deleted or inactive. So
// are task definitions that are kept for a rollback, and network interfaces and ACLs, which moto, unlike AWS, keeps when
// the NAT gateway or the VPC that they came with is deleted.
func inventory(t *testing.T) []string {
	t.Helper()
	return inventoryIn(t, "us-east-1")
}

// inventoryIn is that of another Region; roles and policies are those of all.
func inventoryIn(t *testing.T, region string) []string {
	t.Helper()
	at := "@" + region
	var all []string
	add := func(kind string, ids []string) {
		for _, id := range ids {
			all = append(all, kind+" "+id)
		}
	}
	for _, list := range [][3]string{
		{"ec2", "DescribeVpcs", "vpcId"},
		{"ec2", "DescribeSubnets", "subnetId"},
		{"ec2", "DescribeInternetGateways", "internetGatewayId"},
		{"ec2", "DescribeRouteTables", "routeTableId"},
		{"ec2", "DescribeSecurityGroups", "groupId"},
		{"ec2", "DescribeSecurityGroupRules", "securityGroupRuleId"},
		{"ec2", "DescribeAddresses", "allocationId"},
		{"ec2", "DescribeFlowLogs", "flowLogId"},
		{"elasticloadbalancing", "DescribeLoadBalancers", "LoadBalancerArn"},
		{"elasticloadbalancing", "DescribeTargetGroups", "TargetGroupArn"},
		{"iam", "ListRoles", "RoleName"},
	} {
		add(list[2], elements(query(t, list[0]+at, list[1]), list[2]))
	}
	var mortal struct {
		NATGateways []struct {
			ID    string `xml:"natGatewayId"`
			State string `xml:"state"`
		} `xml:"natGatewaySet>item"`
		Endpoints []struct {
			ID    string `xml:"vpcEndpointId"`
			State string `xml:"state"`
		} `xml:"vpcEndpointSet>item"`
	}
	for _, action := range []string{"DescribeNatGateways", "DescribeVpcEndpoints"} {
		if err := xml.Unmarshal([]byte(query(t, "ec2"+at, action)), &mortal); err != nil {
			t.Fatalf("%s: %v", action, err)
		}
	}
	for _, gateway := range mortal.NATGateways {
		if gateway.State != "deleted" {
			add("natGatewayId", []string{gateway.ID})
		}
	}
	for _, endpoint := range mortal.Endpoints {
		if endpoint.State != "deleted" {
			add("vpcEndpointId", []string{endpoint.ID})
		}
	}
	clusters := ask[struct {
		Clusters []struct{ ClusterName, Status string }
	}](t, "ecs"+at, "DescribeClusters", map[string]any{"clusters": ask[map[string]any](t, "ecs"+at, "ListClusters", nil)["clusterArns"]})
	for _, cluster := range clusters.Clusters {
		if cluster.Status != "INACTIVE" {
			add("clusterName", []string{cluster.ClusterName})
		}
	}
	add("PolicyName", elements(query(t, "iam", "ListPolicies", "Scope", "Local"), "PolicyName"))
	for _, list := range [][3]string{
		{"ecr", "DescribeRepositories", "repositoryName"},
		{"logs", "DescribeLogGroups", "logGroupName"},
		{"dynamodb", "ListTables", "TableNames"},
	} {
		add(list[2], named(ask[map[string]any](t, list[0]+at, list[1], nil), list[2]))
	}
	for _, arn := range named(ask[map[string]any](t, "ecs"+at, "ListTaskDefinitions", nil), "taskDefinitionArns") {
		tags := ask[struct{ Tags []struct{ Key string } }](t, "ecs"+at, "DescribeTaskDefinition", map[string]any{"taskDefinition": arn, "include": []string{"TAGS"}}).Tags
		if !slices.ContainsFunc(tags, func(tag struct{ Key string }) bool { return tag.Key == "kept-for" }) {
			add("taskDefinitionArns", []string{arn})
		}
	}
	for path, id := range map[string]string{"/v2/apis": "apiId", "/v2/vpclinks": "vpcLinkId"} {
		var answer map[string]any
		if err := json.Unmarshal(aws(t, "apigateway"+at, http.MethodGet, path, nil, nil), &answer); err != nil {
			t.Fatal(err)
		}
		add(id, named(answer, id))
	}
	for _, path := range []string{"/restapis", "/vpclinks", "/apikeys", "/usageplans"} {
		var answer struct{ Item []struct{ ID string } }
		if err := json.Unmarshal(aws(t, "apigateway", http.MethodGet, path, nil, nil), &answer); err != nil {
			t.Fatal(err)
		}
		for _, one := range answer.Item {
			add(path, []string{one.ID})
		}
	}
	slices.Sort(all)
	return all
}

// named are the texts of all members of that name, at any depth.
func named(value any, name string) (texts []string) {
	switch v := value.(type) {
	case map[string]any:
		for key, member := range v {
			text, isText := member.(string)
			list, isList := member.([]any)
			switch {
			case key == name && isText:
				texts = append(texts, text)
			case key == name && isList:
				for _, item := range list {
					texts = append(texts, fmt.Sprint(item))
				}
			default:
				texts = append(texts, named(member, name)...)
			}
		}
	case []any:
		for _, item := range v {
			texts = append(texts, named(item, name)...)
		}
	}
	return texts
}

// more is what of after is not in before.
func more(before, after []string) []string {
	var extra []string
	for _, one := range after {
		if !slices.Contains(before, one) {
			extra = append(extra, one)
		}
	}
	return extra
}

// kinds counts an inventory by kind.
func kinds(inventory []string) map[string]int {
	counts := map[string]int{}
	for _, one := range inventory {
		kind, _, _ := strings.Cut(one, " ")
		counts[kind]++
	}
	return counts
}

// status is what the cloud tells about itself.
func status(t *testing.T) (s cloud.Status) {
	t.Helper()
	if err := json.Unmarshal(request(t, http.MethodGet, "http://"+here.front+"/_sallyport/status", nil, nil), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// answers tells whether the cloud runs.
func answers() bool {
	response, err := direct.Get("http://" + here.front + "/_sallyport/status")
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return true
}

// fault is a rule of what goes wrong in the AWS API; see front.Fault.
type fault struct {
	Service string `json:"service,omitempty"`
	Action  string `json:"action,omitempty"`
	Times   int    `json:"times,omitempty"`
	Mode    string `json:"mode,omitempty"`
	Code    string `json:"code,omitempty"`
	Hits    int    `json:"hits,omitempty"`
}

// spoil sets the rules, until heal or the end of the test.
func spoil(t *testing.T, rules ...fault) {
	t.Helper()
	body, err := json.Marshal(rules)
	if err != nil {
		t.Fatal(err)
	}
	request(t, http.MethodPut, "http://"+here.front+"/_sallyport/faults", nil, body)
	t.Cleanup(func() {
		if answers() {
			r, _ := http.NewRequest(http.MethodDelete, "http://"+here.front+"/_sallyport/faults", nil)
			if response, err := direct.Do(r); err == nil {
				_ = response.Body.Close()
			}
		}
	})
}

func heal(t *testing.T) {
	t.Helper()
	request(t, http.MethodDelete, "http://"+here.front+"/_sallyport/faults", nil, nil)
}

// hits are how often each rule was met.
func hits(t *testing.T) (counts []int) {
	t.Helper()
	var rules []fault
	if err := json.Unmarshal(request(t, http.MethodGet, "http://"+here.front+"/_sallyport/faults", nil, nil), &rules); err != nil {
		t.Fatal(err)
	}
	for _, rule := range rules {
		counts = append(counts, rule.Hits)
	}
	return counts
}

// state is the stack's state.
type state struct {
	Deployment struct {
		Resources []struct {
			URN      string         `json:"urn"`
			Type     string         `json:"type"`
			Custom   bool           `json:"custom"`
			Outputs  map[string]any `json:"outputs"`
			External bool           `json:"external"`
		} `json:"resources"`
		Pending []any `json:"pending_operations"`
	} `json:"deployment"`
}

func readState(t *testing.T, stack string) (s state) {
	t.Helper()
	c := run(t, "pulumi", "stack", "export", "--stack", stack)
	if err := json.Unmarshal(c.stdout.Bytes(), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// outputs are the stack's exports; those that are no text are in JSON.
func outputs(t *testing.T) map[string]string {
	t.Helper()
	return outputsOf(t, "local")
}

func outputsOf(t *testing.T, stack string) map[string]string {
	t.Helper()
	var values map[string]json.RawMessage
	c := run(t, "pulumi", "stack", "output", "--json", "--stack", stack)
	if err := json.Unmarshal(c.stdout.Bytes(), &values); err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for name, value := range values {
		var text string
		if json.Unmarshal(value, &text) != nil {
			text = string(value)
		}
		texts[name] = text
	}
	return texts
}

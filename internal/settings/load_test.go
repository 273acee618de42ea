package settings

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"sallyport/internal/httpapi"
)

func TestARegionIsAllThatAStackNeeds(t *testing.T) {
	got, err := load(t, "dev", map[string]string{"aws:region": "eu-central-1"})
	if err != nil {
		t.Fatal(err)
	}
	want := &Settings{
		Name:         "sallyport-dev",
		Tags:         map[string]string{},
		AWS:          AWS{Region: "eu-central-1", MaxRetries: 10, AllowedAccountIDs: []string{}},
		Network:      Network{CIDR: "10.0.0.0/16", Zones: 2, Egress: EgressNAT, FlowLogs: "REJECT", PrivateSubnetIDs: []string{}},
		LoadBalancer: LoadBalancer{IdleTimeout: 60, DeregistrationDelay: 30},
		Gateway: Gateway{Kind: "http", Timeout: 30, ThrottleBurst: 500, ThrottleRate: 1000, Routes: []httpapi.Route{}, Default: "container",
			APIKeys: map[string]httpapi.APIKey{}, LogsRole: "create"},
		App: App{
			Context: "webapp", BuildArgs: map[string]string{}, Architecture: "X86_64", CPU: 256, Memory: 512, Count: 1, OnDemandBase: 1,
			Port: 3000, HealthPath: "/api/health", Probes: []string{"GET /", "GET /api/echo/a/deep/path", "POST /api/echo"},
			HealthGrace: 60, KeepAlive: 75, StopTimeout: 60, User: "10001:10001",
			WritablePaths: []string{"/tmp", "/app/.next/cache"}, WaitForSteadyState: true, DeploymentTimeout: 1200,
			Environment: map[string]string{}, Secrets: map[string]string{}, Table: true,
		},
		Scaling: Scaling{Timezone: "UTC"},
		Logs:    Logs{Retention: 30},
		Alarms:  Alarms{LatencyMs: 2500},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// other is, for every key, a value that is allowed and not the default.
var other = map[string]string{
	"aws:region": "us-gov-west-1", "aws:profile": "work", "aws:maxRetries": "3", "aws:allowedAccountIds": `["123456789012"]`,
	"name": "shop", "protected": "true", "tags": `{"team":"web","costs":4711}`,
	"network.cidr": "100.64.0.0/22", "network.zones": "5", "network.egress": "none", "network.flowLogs": "ALL",
	"loadBalancer.idleTimeout": "65", "loadBalancer.deregistrationDelay": "35",
	"loadBalancer.certificateArn": "arn:aws-us-gov:acm:us-gov-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
	"loadBalancer.serverName":     "inside.example.com",
	"loadBalancer.webAclArn":      "arn:aws-us-gov:wafv2:us-gov-west-1:123456789012:regional/webacl/shop/12345678-1234-1234-1234-123456789012",
	"domain.name":                 "shop.example.com", "domain.zoneId": "Z0123456789ABCDEFGHIJ",
	"gateway.kind": "rest", "gateway.tracing": "true", "gateway.logsRole": "existing",
	"gateway.webAclArn": "arn:aws-us-gov:wafv2:us-gov-west-1:123456789012:regional/webacl/door/12345678-1234-1234-1234-123456789012",
	"gateway.apiKeys":   `{"partner":{"rate":5,"burst":10,"quota":1000,"period":"DAY"}}`,
	"gateway.timeout":   "28", "gateway.throttleBurst": "5000", "gateway.throttleRate": "10000",
	"gateway.routes": `[{"path":"/up"},{"path":"/api/{id}","methods":["GET","PUT"],"target":"container","auth":"jwt","issuer":"https://login.example.com",` +
		`"audience":["web"],"scopes":["read"],"throttleBurst":5,"throttleRate":2}]`,
	"gateway.default": "deny", "gateway.publicHostHeader": "x-public-host",
	"gateway.cors": `{"allowOrigins":["https://www.example.com"],"allowMethods":["GET"],"allowHeaders":["x-a"],"exposeHeaders":["x-b"],"maxAge":-1,"allowCredentials":true}`,
	"app.context":  "shop", "app.buildArgs": `{"BASE_IMAGE":"localhost/node:local"}`, "app.buildOnPreview": "true",
	"app.architecture": "ARM64", "app.cpu": "512", "app.memory": "3072", "app.count": "2", "app.port": "8080",
	"app.healthPath": "/up?deep=no", "app.probes": `["GET /up?deep=yes"]`, "app.healthGrace": "0", "app.keepAlive": "90", "app.stopTimeout": "120", "app.user": "1",
	"app.writablePaths": "[]", "app.waitForSteadyState": "false", "app.deploymentTimeout": "90",
	"app.image": "123456789012.dkr.ecr.us-gov-west-1.amazonaws.com/built" + sum, "app.environment": `{"A":"1"}`,
	"app.secrets":       `{"B":"arn:aws-us-gov:ssm:us-gov-west-1:123456789012:parameter/b"}`,
	"app.secretsKeyArn": "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1", "app.exec": "true",
	"app.spotPercent": "40", "app.onDemandBase": "2", "app.table": "false",
	"scaling.max": "9", "scaling.targetCpu": "50", "scaling.targetMemory": "70", "scaling.targetRequests": "600",
	"scaling.park": "cron(0 20 ? * MON-FRI *)", "scaling.wake": "cron(30 6 ? * MON-FRI *)", "scaling.timezone": "Europe/Berlin",
	"logs.retention": "3653", "cluster.containerInsights": "true",
	"network.vpcId": "vpc-0123456789abcdef0", "network.privateSubnetIds": `["subnet-0123456789abcdef0","subnet-12345678"]`,
	"gateway.vpcLinkId": "abcd12", "cluster.name": "Shared_1",
	"gateway.keepWarm": "true", "alarms.enabled": "true", "alarms.topicArn": "arn:aws-us-gov:sns:us-gov-west-1:123456789012:alarms", "alarms.email": "",
	"alarms.latencyMs": "800", "alarms.rollback": "true", "dashboard.enabled": "true",
}

// apart are keys of which a stack can set those of one side alone.
var apart = [2][]string{
	{"network.cidr", "network.zones", "network.egress", "network.flowLogs", "cluster.containerInsights",
		"app.context", "app.buildArgs", "app.buildOnPreview",
		"gateway.kind", "gateway.webAclArn", "gateway.tracing", "gateway.apiKeys", "gateway.logsRole"},
	{"network.vpcId", "network.privateSubnetIds", "gateway.vpcLinkId", "cluster.name", "app.image",
		"loadBalancer.webAclArn", "loadBalancer.idleTimeout", "scaling.targetRequests"},
}

// otherRoutes are for a REST API.
const otherRoutes = `[{"path":"/up"},{"path":"/api/{id}","methods":["GET","PUT"],"auth":"cognito",` +
	`"userPools":["arn:aws-us-gov:cognito-idp:us-gov-west-1:123456789012:userpool/us-gov-west-1_a"],"scopes":["read"]},` +
	`{"path":"/img","target":"arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:f","auth":"lambda",` +
	`"authorizer":"arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:g"},{"path":"/feed","auth":"key"}]`

func TestEveryFieldIsSetByOneKey(t *testing.T) {
	for _, without := range apart {
		everyFieldIsSet(t, without)
	}
}

func everyFieldIsSet(t *testing.T, without []string) {
	config := map[string]string{}
	for _, row := range table {
		if slices.Contains(without, row.key) {
			continue
		}
		value, ok := other[row.key]
		if !ok {
			t.Fatalf("no other value for %s", row.key)
		}
		if row.key == "gateway.routes" && !slices.Contains(without, "gateway.kind") {
			value = otherRoutes
		}
		if strings.Contains(row.key, ":") {
			config[row.key] = value
		} else {
			config["sallyport:"+row.key] = value
		}
	}
	dir := t.TempDir()
	write(t, dir+"/shop/Dockerfile", "FROM scratch\n")
	t.Chdir(dir)
	got, err := loadHere(t, "dev", config)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range table {
		value := reflect.ValueOf(row.value.field(got)).Elem().Interface()
		want := other[row.key]
		if slices.Contains(without, row.key) {
			want = text(row.value.standard())
		}
		if row.key == "gateway.routes" && got.Gateway.REST() {
			want = otherRoutes
		}
		if row.key == "tags" {
			want = `{"costs":"4711","team":"web"}`
		}
		if text(value) != want {
			t.Errorf("%s: got %s, want %s", row.key, text(value), want)
		}
	}

	keys := map[uintptr]string{}
	for _, row := range table {
		address := reflect.ValueOf(row.value.field(got)).Pointer()
		if keys[address] != "" {
			t.Errorf("%s and %s set the same field", keys[address], row.key)
		}
		keys[address] = row.key
	}
	eachField(reflect.ValueOf(got).Elem(), "Settings", func(name string, field reflect.Value) {
		if keys[field.Addr().Pointer()] == "" {
			t.Errorf("no key sets %s", name)
		}
	})
}

func eachField(v reflect.Value, name string, do func(string, reflect.Value)) {
	if v.Kind() != reflect.Struct || v.Type() == reflect.TypeFor[httpapi.CORS]() {
		do(name, v)
		return
	}
	for i := range v.NumField() {
		eachField(v.Field(i), name+"."+v.Type().Field(i).Name, do)
	}
}

func TestTheStackFilesLoad(t *testing.T) {
	t.Chdir("../..")
	for stack, differs := range map[string]func(*Settings){
		"dev": func(*Settings) {},
		"prod": func(s *Settings) {
			s.Protected = true
			s.Network.Zones, s.Network.Egress, s.Network.FlowLogs = 3, EgressNATPerZone, "ALL"
			s.App.Count, s.Logs.Retention, s.Cluster.ContainerInsights = 2, 365, true
		},
		"local": func(s *Settings) {
			s.AWS.MaxRetries = 3
			s.App.BuildArgs = map[string]string{"BASE_IMAGE": "localhost/sallyport/node:local"}
			s.App.DeploymentTimeout = 300
		},
	} {
		t.Run(stack, func(t *testing.T) {
			want, err := loadHere(t, stack, map[string]string{"aws:region": "us-east-1"})
			if err != nil {
				t.Fatal(err)
			}
			differs(want)
			config := stackFile(t, "Pulumi."+stack+".yaml")
			got, err := loadHere(t, stack, config)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
			for _, row := range table {
				if value, ok := config["sallyport:"+row.key]; ok && value == text(row.value.standard()) {
					t.Errorf("%s is the default anyway", row.key)
				}
			}
		})
	}
}

// stackFile is what Pulumi hands to a program from a stack's file: text, or JSON for lists and objects.
func stackFile(t *testing.T, name string) map[string]string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Config map[string]any }
	if err := yaml.Unmarshal(content, &file); err != nil {
		t.Fatal(err)
	}
	config := map[string]string{}
	for key, value := range file.Config {
		switch value.(type) {
		case map[string]any, []any:
			encoded, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			config[key] = string(encoded)
		default:
			config[key] = fmt.Sprint(value)
		}
	}
	return config
}

func TestOneStackDoesNotSeeAnothersChanges(t *testing.T) {
	first, err := load(t, "dev", with(nil))
	if err != nil {
		t.Fatal(err)
	}
	first.Tags["team"], first.App.WritablePaths[0] = "web", "/elsewhere"
	second, err := load(t, "dev", with(nil))
	if err != nil {
		t.Fatal(err)
	}
	if len(second.Tags) != 0 || second.App.WritablePaths[0] != "/tmp" {
		t.Errorf("got %v and %v", second.Tags, second.App.WritablePaths)
	}
}

func TestANetworkWithoutAWayOutIsWarnedAbout(t *testing.T) {
	for egress, want := range map[Egress]int{EgressNAT: 0, EgressNATPerZone: 0, EgressNone: 1} {
		s := &Settings{Network: Network{Egress: egress}, App: App{WaitForSteadyState: true}}
		got := s.warnings()
		if len(got) != want {
			t.Errorf("%s: got %d warnings, want %d", egress, len(got), want)
		}
		for _, warning := range got {
			if !strings.Contains(warning, "app.waitForSteadyState=false") {
				t.Errorf("it does not say how to get past the first update: %s", warning)
			}
		}
	}
}

func TestADeploymentTimeoutWithoutAWaitIsWarnedAbout(t *testing.T) {
	for _, c := range []struct {
		waits   bool
		timeout int
		want    int
	}{{false, 600, 1}, {false, 1200, 0}, {true, 600, 0}} {
		s := &Settings{App: App{WaitForSteadyState: c.waits, DeploymentTimeout: c.timeout}}
		if got := s.warnings(); len(got) != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

func TestExecInAnothersClusterIsWarnedAbout(t *testing.T) {
	for _, c := range []struct {
		exec    bool
		cluster string
		want    int
	}{{true, "shared", 1}, {true, "", 0}, {false, "shared", 0}} {
		s := &Settings{App: App{Exec: c.exec, WaitForSteadyState: true}, Cluster: Cluster{Name: c.cluster}}
		got := s.warnings()
		if len(got) != c.want || c.want == 1 && !strings.Contains(got[0], "cluster shared's own setting") {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// Every task size of https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
func TestFargateHasTheseSizesAndNoOthers(t *testing.T) {
	gigabytes := map[int][]int{
		512: {1, 2, 3, 4}, 1024: {2, 3, 4, 5, 6, 7, 8}, 2048: span(4, 16), 4096: span(8, 30),
		8192: {16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60}, 16384: {32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120},
	}
	want := map[[2]int]bool{{256, 512}: true, {256, 1024}: true, {256, 2048}: true}
	for cpu, sizes := range gigabytes {
		for _, gb := range sizes {
			want[[2]int{cpu, gb * 1024}] = true
		}
	}
	for _, z := range sizes {
		for memory := 0; memory <= 131072; memory += 256 {
			fits := checkSize(App{CPU: z.cpu, Memory: memory}) == nil
			if fits != want[[2]int{z.cpu, memory}] {
				t.Errorf("%d CPU units with %d MiB: got %v", z.cpu, memory, fits)
			}
		}
	}
}

func span(from, to int) (all []int) {
	for n := from; n <= to; n++ {
		all = append(all, n)
	}
	return all
}

func TestTheSmallestNetworkForEachNumberOfZones(t *testing.T) {
	for zones, smallest := range map[int]int{2: 24, 3: 23, 4: 23, 5: 22, 6: 22} {
		for bits := 16; bits <= 28; bits++ {
			s := &Settings{Network: Network{CIDR: fmt.Sprintf("10.0.0.0/%d", bits), Zones: zones}, App: App{Count: 1}}
			if fits := checkRoom(s) == nil; fits != (bits <= smallest) {
				t.Errorf("/%d with %d zones: got %v", bits, zones, fits)
			}
		}
	}
}

func TestANameMayHave24Characters(t *testing.T) {
	got, err := load(t, "feature-123456", with(nil))
	if err != nil {
		t.Fatal(err)
	}
	if want := "sallyport-feature-123456"; got.Name != want || len(want) != nameLimit {
		t.Errorf("got %s", got.Name)
	}
}

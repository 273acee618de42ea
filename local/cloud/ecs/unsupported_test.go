package ecs

import (
	"slices"
	"strings"
	"testing"
)

// What AWS refuses for Fargate is by https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
func TestUnsupported(t *testing.T) {
	const service = `{"cluster":"c","serviceName":"app","taskDefinition":"app:1","launchType":"FARGATE","networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-a"],"securityGroups":["sg-1"]}}`
	onSpot := strings.Replace(service, `"launchType":"FARGATE",`, "", 1) + `,"capacityProviderStrategy":[`
	const definition = `{"family":"app","networkMode":"awsvpc","requiresCompatibilities":["FARGATE"],"cpu":"256","memory":"512"`
	for _, c := range []struct{ action, input, want string }{
		{"RunTask", `{}`, "RunTask is not there in the local cloud"},
		{"ExecuteCommand", `{}`, "docker exec"},
		{"CreateTaskSet", `{}`, "deployment controller ECS"},
		{"CreateCluster", `{"capacityProviders":["FARGATE","FARGATE_SPOT"]}`, ""},
		{"CreateCluster", `{"capacityProviders":["instances"]}`, "The capacity provider \"instances\" is not there"},
		{"CreateCluster", `{"defaultCapacityProviderStrategy":[{"capacityProvider":"FARGATE"}]}`, "capacityProviderStrategy"},
		{"CreateCapacityProvider", `{}`, "use FARGATE or FARGATE_SPOT"},
		{"PutClusterCapacityProviders", `{"cluster":"c","capacityProviders":["FARGATE","FARGATE_SPOT"],"defaultCapacityProviderStrategy":[]}`, ""},
		{"PutClusterCapacityProviders", `{"cluster":"c","capacityProviders":["instances"]}`, "instances"},
		{"CreateCluster", `{"clusterName":"c","capacityProviders":[],"settings":[{"name":"containerInsights","value":"enabled"}]}`, ""},

		{"CreateService", service + `}`, ""},
		{"CreateService", strings.Replace(service, "FARGATE", "EC2", 1) + `}`, "launchType"},
		{"CreateService", strings.Replace(service, "app:1", "", 1) + `}`, "TaskDefinition can not be blank."},
		// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
		{"CreateService", service + `,"capacityProviderStrategy":[{"capacityProvider":"FARGATE","weight":1}]}`, "both a launch type and capacity provider strategy"},
		{"CreateService", service + `,"capacityProviderStrategy":[]}`, ""},
		{"CreateService", onSpot + `{"capacityProvider":"FARGATE_SPOT","weight":1}]}`, "FARGATE_SPOT is not associated with the cluster"},
		// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
		{"CreateService", onSpot + `{"capacityProvider":"instances","weight":1}]}`, "instances"},
		{"CreateService", onSpot + `{"capacityProvider":"FARGATE","base":1},{"capacityProvider":"FARGATE_SPOT"}]}`, "weight greater than 0"},
		{"CreateService", onSpot + `{"capacityProvider":"FARGATE","weight":1001}]}`, "weight 1001"},
		{"CreateService", onSpot + `{"capacityProvider":"FARGATE","weight":1,"base":100001}]}`, "base 100001"},
		{"CreateService", onSpot + `{"capacityProvider":"FARGATE","weight":1,"base":1},{"capacityProvider":"FARGATE_SPOT","weight":1,"base":1}]}`, "Only one capacity provider"},
		{"CreateService", onSpot + `{"capacityProvider":"FARGATE","weight":1},{"capacityProvider":"FARGATE","weight":2}]}`, "twice"},
		{"CreateService", service + `,"serviceRegistries":[{"registryArn":"a"}]}`, "serviceRegistries"},
		{"CreateService", service + `,"serviceConnectConfiguration":{"enabled":true}}`, "serviceConnectConfiguration"},
		{"CreateService", service + `,"serviceConnectConfiguration":{"enabled":false},"placementStrategy":[],"enableExecuteCommand":false,"deploymentController":{"type":"ECS"}}`, ""},
		// It is kept; what it would allow, ExecuteCommand, is refused above.
		{"CreateService", service + `,"enableExecuteCommand":true}`, ""},
		{"CreateService", service + `,"deploymentController":{"type":"CODE_DEPLOY"}}`, "CODE_DEPLOY"},
		{"CreateService", service + `,"schedulingStrategy":"DAEMON"}`, "DAEMON"},
		{"CreateService", service + `,"platformVersion":"1.3.0"}`, "1.3.0"},
		{"CreateService", service + `,"deploymentConfiguration":{"strategy":"BLUE_GREEN"}}`, "BLUE_GREEN"},
		{"CreateService", service + `,"deploymentConfiguration":{"alarms":{"alarmNames":["a"],"enable":true,"rollback":true}}}`, ""},
		{"CreateService", service + `,"deploymentConfiguration":{"maximumPercent":50}}`, "maximumPercent 50"},
		{"CreateService", service + `,"deploymentConfiguration":{"deploymentCircuitBreaker":{"enable":true,"resetOnHealthyTask":false}}}`, "resetOnHealthyTask"},
		{"CreateService", service + `,"desiredCount":-1}`, "desiredCount"},
		// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service_definition_parameters.html
		{"CreateService", service + `,"healthCheckGracePeriodSeconds":60}`, "only valid for services configured to use load balancers"},
		{"CreateService", service + `,"desiredCount":1000000}`, "desiredCount"},
		{"CreateService", strings.Replace(service, `"securityGroups":["sg-1"]`, `"securityGroups":["sg-1"],"assignPublicIp":"ENABLED"`, 1) + `}`, ""},
		{"CreateService", strings.Replace(service, `"securityGroups":["sg-1"]`, `"securityGroups":["sg-1"],"assignPublicIp":"enabled"`, 1) + `}`, "assignPublicIp enabled"},
		{"CreateService", strings.Replace(service, `,"securityGroups":["sg-1"]`, ``, 1) + `}`, "securityGroups"},
		{"CreateService", service + `,"loadBalancers":[{"targetGroupArn":"` + groupARN + `","containerName":"web","containerPort":3000}]}`, "The container web does not exist in the task definition."},
		{"CreateService", service + `,"loadBalancers":[{"targetGroupArn":"` + groupARN + `","containerName":"app","containerPort":80}]}`, "The container app did not have a container port 80 defined."},
		{"CreateService", service + `,"loadBalancers":[{"targetGroupArn":"other","containerName":"app","containerPort":3000}]}`, "does not have an associated load balancer."},
		{"CreateService", `[]`, "can't be read"},
		{"UpdateService", `{"service":"app","cluster":"c","volumeConfigurations":[{"name":"v"}]}`, "volumeConfigurations"},
		{"UpdateService", `{"service":"app","cluster":"c","desiredCount":1}`, ""},

		{"RegisterTaskDefinition", definition + `}`, ""},
		{"RegisterTaskDefinition", strings.Replace(definition, "awsvpc", "bridge", 1) + `}`, "Fargate only supports network mode ‘awsvpc’."},
		{"RegisterTaskDefinition", strings.Replace(definition, "FARGATE", "EC2", 1) + `}`, "requiresCompatibilities"},
		{"RegisterTaskDefinition", strings.Replace(definition, `,"cpu":"256"`, "", 1) + `}`, "Fargate requires that 'cpu' be defined at the task level."},
		{"RegisterTaskDefinition", definition + `,"volumes":[{"name":"v","efsVolumeConfiguration":{"fileSystemId":"fs"}}]}`, "efsVolumeConfiguration of volume v"},
		{"RegisterTaskDefinition", definition + `,"volumes":[{"name":"v","host":{}}]}`, ""},
		{"RegisterTaskDefinition", definition + `,"volumes":[{"name":"v","host":{"sourcePath":"/"}}]}`, "host of volume v"},
		{"RegisterTaskDefinition", definition + `,"pidMode":"task"}`, "pidMode"},
		{"RegisterTaskDefinition", definition + `,"runtimePlatform":{"operatingSystemFamily":"WINDOWS_SERVER_2022_CORE"}}`, "WINDOWS"},
		{"RegisterTaskDefinition", definition + `,"containerDefinitions":[{"name":"a","dependsOn":[{"containerName":"b","condition":"START"}]}]}`, "containerDefinitions.dependsOn"},
		{"RegisterTaskDefinition", definition + `,"containerDefinitions":[{"name":"a","privileged":true}]}`, "privileged"},
		{"RegisterTaskDefinition", definition + `,"containerDefinitions":[{"name":"a","resourceRequirements":[{"type":"GPU","value":"1"}]}]}`, "GPU"},
		{"RegisterTaskDefinition", definition + `,"containerDefinitions":[{"name":"a","firelensConfiguration":{"type":"fluentbit"}}]}`, "FireLens"},
		{"RegisterTaskDefinition", definition + `,"containerDefinitions":[{"name":"a","linuxParameters":{"tmpfs":[{"size":1}]}}]}`, "linuxParameters.tmpfs"},
		{"RegisterTaskDefinition", definition + `,"containerDefinitions":[{"name":"a","portMappings":[{"containerPort":80,"protocol":"udp"}]}]}`, "udp"},
		{"RegisterTaskDefinition", definition + `,"containerDefinitions":[{"name":"a","portMappings":[{"containerPort":65616}]}]}`, "The container port 65616"}, // not 80
		{"RegisterTaskDefinition", definition + `,"containerDefinitions":[{"name":"a","portMappings":[{"containerPort":80,"hostPort":81}]}]}`, "must match"},
		{"RegisterTaskDefinition", definition + `,"containerDefinitions":[{"name":"a","portMappings":[{"containerPort":{"a":1},"hostPort":{"a":1}}]}]}`, ""},
		{"RegisterTaskDefinition", definition + `,"containerDefinitions":[{"name":"a","logConfiguration":{"logDriver":"splunk"}}]}`, "splunk"},
		{"RegisterTaskDefinition", definition + `,"containerDefinitions":[{"name":"a","logConfiguration":{"logDriver":"awslogs"}}]}`, "execution role ARN"},
		{"RegisterTaskDefinition", definition + `,"containerDefinitions":[{"name":"a","linuxParameters":{"capabilities":{"add":["SYS_PTRACE","SYS_ADMIN"]}}}]}`, "SYS_ADMIN"},
		{"RegisterTaskDefinition", definition + `,"containerDefinitions":[{"name":"a","linuxParameters":{"capabilities":{"add":["SYS_PTRACE"]}}}]}`, ""},
		{"RegisterTaskDefinition", definition + `,"containerDefinitions":[{"name":"a","stopTimeout":121}]}`, "stopTimeout 121"},
		{"RegisterTaskDefinition", definition + `,"containerDefinitions":[{"name":"a","stopTimeout":-1}]}`, "stopTimeout -1"},
		{"RegisterTaskDefinition", strings.Replace(definition, "512", "300", 1) + `}`, "No Fargate configuration exists for given values: 256 CPU, 300 memory."},
		// What the program of this project declares.
		{"RegisterTaskDefinition", definition + `,"executionRoleArn":"r","volumes":[{"name":"writable-1"}],"runtimePlatform":{"operatingSystemFamily":"LINUX","cpuArchitecture":"X86_64"},
			"containerDefinitions":[{"name":"app","image":"i@sha256:0","essential":true,"user":"1:1","privileged":false,"readonlyRootFilesystem":true,"stopTimeout":61,
			"portMappings":[{"containerPort":3001,"hostPort":3001,"protocol":"tcp"}],"linuxParameters":{"initProcessEnabled":true,"capabilities":{"drop":["ALL"]}},
			"logConfiguration":{"logDriver":"awslogs","options":{"awslogs-group":"g"}},"ulimits":[{"name":"nofile","softLimit":1,"hardLimit":2}]}]}`, ""},
	} {
		inWorld(t, c.action+" "+c.want, func(t *testing.T, w *world) {
			answer, err := w.scheduler.Before(t.Context(), c.action, []byte(c.input))
			switch {
			case c.want == "" && (err != nil || answer != nil):
				t.Errorf("%s %s is not passed on: %v %s", c.action, c.input, err, answer)
			case c.want != "" && (code(err) == "" || !strings.Contains(err.Error(), c.want)):
				t.Errorf("%s %s: %v, want %q", c.action, c.input, err, c.want)
			}
		})
	}
}

// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
func TestSized(t *testing.T) {
	for size, want := range map[[2]any]bool{
		{"256", "512"}: true, {"256", "1024"}: true, {"256", "2048"}: true, {".25 vCPU", "0.5 GB"}: true, {"1vcpu", "2GB"}: true,
		{"256", "1536"}: false, {"256", "4096"}: false, {"512", "512"}: false, {"512", "4096"}: true, {"1024", "2500"}: false,
		{"4096", "30720"}: true, {"4096", "31744"}: false, {"8192", "16384"}: true, {"8192", "17408"}: false, {"16384", "122880"}: true,
		{"300", "512"}: false, {"x", "512"}: false, {"256", ""}: false, {256.0, 512.0}: false, {"NaN", "Inf"}: false,
	} {
		if got := sized(size[0], size[1]); got != want {
			t.Errorf("%v: %v, want %v", size, got, want)
		}
	}
}

func FuzzBefore(f *testing.F) {
	actions := []string{"CreateService", "UpdateService", "RegisterTaskDefinition", "CreateCluster", "DeleteCluster", "StopTask"}
	for i := range actions {
		f.Add(i, []byte(`{"cluster":"c","containerDefinitions":[{"portMappings":[{"hostPort":[],"containerPort":[]}]}],"volumes":[[]]}`))
	}
	f.Fuzz(func(t *testing.T, i int, body []byte) {
		w := &world{behaviours: map[string]behaviour{}}
		s := &Scheduler{Definitions: w, Declared: w.declared}
		action := actions[min(max(i, 0), len(actions)-1)]
		if _, err := s.Before(t.Context(), action, body); err != nil && code(err) == "" && !slices.Contains([]string{"CreateService", "UpdateService"}, action) {
			t.Errorf("%v has no code", err)
		}
	})
}

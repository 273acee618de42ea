package ecs

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"sallyport/local/cloud/declared"
)

// unsupportedDefinition are the parts of a task definition that the local cloud refuses, and why.
var unsupportedDefinition = map[string]string{
	"proxyConfiguration":    "there is no App Mesh.",
	"inferenceAccelerators": "there are none.",
	"ipcMode":               "Fargate has none.",
	"pidMode":               "the containers of a task don't see each other's processes.",
	"placementConstraints":  "Fargate has none.",
	"enableFaultInjection":  "there is no fault injection.",
}

// unsupportedContainer are the parts of a container that the local cloud refuses, and why.
var unsupportedContainer = map[string]string{
	"dependsOn":             "all containers of a task start at once.",
	"firelensConfiguration": "there is no FireLens; use the log driver awslogs.",
	"resourceRequirements":  "there are no GPUs.",
	"environmentFiles":      "there are no environment files; use environment or secrets.",
	"repositoryCredentials": "images come from the local ECR.",
	"restartPolicy":         "a task whose essential container exits is replaced.",
	"volumesFrom":           "containers share volumes of the task definition.",
	"systemControls":        "kernel parameters are the machine's.",
	"privileged":            "Fargate has no privileged containers.",
	"links":                 "they are not for the network mode awsvpc.",
	"hostname":              "it is not for the network mode awsvpc.",
	"dnsServers":            "they are not for the network mode awsvpc.",
	"dnsSearchDomains":      "they are not for the network mode awsvpc.",
	"extraHosts":            "they are not for the network mode awsvpc.",
	"disableNetworking":     "Fargate has it not.",
	"dockerSecurityOptions": "Fargate has none.",
	"credentialSpecs":       "there is no Active Directory.",
	"interactive":           "nobody is there to type.",
	"pseudoTerminal":        "nobody is there to type.",
}

// checkDefinition refuses what a task definition can't have here, and what AWS refuses for one on Fargate,
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
func checkDefinition(body []byte) error {
	object, err := readObject(body)
	if err != nil {
		return err
	}
	const code = "ClientException"
	if err := refuseGiven(code, "", object, unsupportedDefinition); err != nil {
		return err
	}
	if needs, _ := object["requiresCompatibilities"].([]any); !slices.Contains(needs, any("FARGATE")) {
		return refusal(code, "The local cloud runs all tasks on Fargate: set requiresCompatibilities to FARGATE.")
	}
	if object["networkMode"] != "awsvpc" {
		return refusal(code, "Fargate only supports network mode ‘awsvpc’.")
	}
	for _, name := range []string{"cpu", "memory"} {
		if !says(object[name]) {
			return refusal(code, "Fargate requires that '%s' be defined at the task level.", name)
		}
	}
	if !sized(object["cpu"], object["memory"]) {
		return refusal(code, "No Fargate configuration exists for given values: %v CPU, %v memory. See the Amazon ECS documentation for the valid values.", object["cpu"], object["memory"])
	}
	platform, _ := object["runtimePlatform"].(map[string]any)
	if family := platform["operatingSystemFamily"]; says(family) && family != "LINUX" {
		return refusal(code, "The operating system family %v is not there in the local cloud: set LINUX.", family)
	}
	volumes, _ := object["volumes"].([]any)
	for _, one := range volumes {
		volume, _ := one.(map[string]any)
		if rest := slices.DeleteFunc(given(volume), func(name string) bool { return name == "name" }); len(rest) > 0 {
			return refusal(code, "The %s of volume %v is not there in the local cloud: only plain volumes are, which go with their task.", rest[0], volume["name"])
		}
	}
	containers, _ := object["containerDefinitions"].([]any)
	for _, one := range containers {
		container, _ := one.(map[string]any)
		if err := checkContainer(container, says(object["executionRoleArn"])); err != nil {
			return err
		}
	}
	return nil
}

// stopTimeoutMaximum is in seconds, https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
const stopTimeoutMaximum = 120

func checkContainer(container map[string]any, executionRole bool) error {
	const code = "ClientException"
	if err := refuseGiven(code, "containerDefinitions.", container, unsupportedContainer); err != nil {
		return err
	}
	linux := map[string]string{}
	for _, name := range []string{"devices", "maxSwap", "swappiness", "sharedMemorySize", "tmpfs"} {
		linux[name] = "Fargate has it not."
	}
	if err := refuseGiven(code, "linuxParameters.", container["linuxParameters"], linux); err != nil {
		return err
	}
	parameters, _ := container["linuxParameters"].(map[string]any)
	capabilities, _ := parameters["capabilities"].(map[string]any)
	added, _ := capabilities["add"].([]any)
	for _, capability := range added {
		if capability != "SYS_PTRACE" { // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_KernelCapabilities.html
			return refusal(code, "Tasks launched on Fargate only support adding the SYS_PTRACE kernel capability, not %v.", capability)
		}
	}
	if seconds, _ := container["stopTimeout"].(float64); seconds < 0 || seconds > stopTimeoutMaximum {
		return refusal(code, "stopTimeout %v must be 0 to %d on Fargate.", seconds, stopTimeoutMaximum)
	}
	ports, _ := container["portMappings"].([]any)
	for _, one := range ports {
		port, _ := one.(map[string]any)
		number, isNumber := port["containerPort"].(float64)
		switch {
		case isNumber && (number < 1 || number > 65535):
			return refusal(code, "The container port %v must be 1 to 65535.", number)
		case says(port["containerPortRange"]):
			return refusal(code, "containerPortRange is not there in the local cloud: name each containerPort.")
		case says(port["protocol"]) && port["protocol"] != "tcp":
			return refusal(code, "The protocol %v is not there in the local cloud: set tcp.", port["protocol"])
		case says(port["hostPort"]) && !reflect.DeepEqual(port["hostPort"], port["containerPort"]):
			return refusal(code, "When networkMode=awsvpc, the host ports and container ports in port mappings must match.")
		}
	}
	logging, _ := container["logConfiguration"].(map[string]any)
	switch {
	case logging == nil:
		return nil
	case logging["logDriver"] != "awslogs" || says(logging["secretOptions"]):
		return refusal(code, "The log driver %v, or its secretOptions, is not there in the local cloud: use awslogs.", logging["logDriver"])
	case !executionRole:
		return refusal(code, "Fargate requires task definition to have execution role ARN to support log driver awslogs.")
	}
	return nil
}

// sizes are the memory that a task on Fargate may have with so many CPU units: the least and the most, in MiB, and the
// steps between, https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
var sizes = map[int]struct{ least, most, step int }{
	256:   {512, 2048, 512}, // but not 1536
	512:   {1024, 4096, 1024},
	1024:  {2048, 8192, 1024},
	2048:  {4096, 16384, 1024},
	4096:  {8192, 30720, 1024},
	8192:  {16384, 61440, 4096},
	16384: {32768, 122880, 8192},
}

// sized reports whether Fargate has tasks with a cpu such as "256" or ".25 vCPU", and a memory such as "512" or "0.5 GB".
func sized(cpu, memory any) bool {
	amount := func(value any, unit string) int {
		text, _ := value.(string)
		number, inUnits := strings.CutSuffix(strings.ToLower(text), unit)
		n, _ := strconv.ParseFloat(strings.TrimSpace(number), 64) // 0 is no size
		if inUnits {
			n *= 1024
		}
		return int(n)
	}
	units, mebibytes := amount(cpu, "vcpu"), amount(memory, "gb")
	size, ok := sizes[units]
	return ok && size.least <= mebibytes && mebibytes <= size.most && (mebibytes-size.least)%size.step == 0 &&
		(units != 256 || mebibytes != 1536)
}

// forwarded reports whether a listener or one of its rules forwards to a target group.
func forwarded(known *declared.Snapshot, group string) bool {
	in := func(actions []elbtypes.Action) bool {
		return slices.ContainsFunc(actions, func(a elbtypes.Action) bool {
			return deref(a.TargetGroupArn) == group || a.ForwardConfig != nil &&
				slices.ContainsFunc(a.ForwardConfig.TargetGroups, func(t elbtypes.TargetGroupTuple) bool { return deref(t.TargetGroupArn) == group })
		})
	}
	for _, listener := range known.Listeners {
		if in(listener.DefaultActions) || slices.ContainsFunc(listener.Rules, func(r elbtypes.Rule) bool { return in(r.Actions) }) {
			return true
		}
	}
	return false
}

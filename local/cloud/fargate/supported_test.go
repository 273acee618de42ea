package fargate

import (
	"testing"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// What Fargate does not take: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
func TestSupported(t *testing.T) {
	type definition = ecstypes.TaskDefinition
	type container = ecstypes.ContainerDefinition
	for want, change := range map[string]func(*definition, *container){
		"": func(*definition, *container) {},
		"task definition web:7: the network mode is not awsvpc, the only one on Fargate; any other is not supported: take it out": func(d *definition, _ *container) {
			d.NetworkMode = ecstypes.NetworkModeBridge
		},
		"task definition web:7: Windows is not supported by the local cloud: take it out": func(d *definition, _ *container) {
			d.RuntimePlatform = &ecstypes.RuntimePlatform{OperatingSystemFamily: ecstypes.OSFamilyWindowsServer2022Core}
		},
		"task definition web:7: volume v: only plain volumes (a name, nothing else) are supported by the local cloud: take it out": func(d *definition, _ *container) {
			d.Volumes = []ecstypes.Volume{{Name: new("v"), EfsVolumeConfiguration: &ecstypes.EFSVolumeConfiguration{}}}
		},
		"task definition web:7: container app: links, privileged is not supported on Fargate: take it out": func(_ *definition, c *container) {
			c.Privileged, c.Links = new(true), []string{"db"}
		},
		"task definition web:7: container app: linuxParameters.tmpfs is not supported on Fargate: take it out": func(_ *definition, c *container) {
			c.LinuxParameters = &ecstypes.LinuxParameters{Tmpfs: []ecstypes.Tmpfs{{}}}
		},
		"task definition web:7: container app: linuxParameters.capabilities.add is not supported on Fargate: take it out": func(_ *definition, c *container) {
			c.LinuxParameters = &ecstypes.LinuxParameters{Capabilities: &ecstypes.KernelCapabilities{Add: []string{"SYS_PTRACE", "SYS_ADMIN"}}}
		},
		"task definition web:7: container app: dependsOn is not supported by the local cloud: take it out": func(_ *definition, c *container) {
			c.DependsOn = []ecstypes.ContainerDependency{{}}
		},
		"task definition web:7: container app: the log driver splunk is not supported by the local cloud: take it out": func(_ *definition, c *container) {
			c.LogConfiguration = &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverSplunk}
		},
		"task definition web:7: container app: the log option awslogs-multiline-pattern is not supported by the local cloud: take it out": func(_ *definition, c *container) {
			c.LogConfiguration = awslogs("/web")
			c.LogConfiguration.Options["awslogs-multiline-pattern"] = "^x"
		},
		"task definition web:7: no container is essential": func(_ *definition, c *container) { c.Essential = new(false) },
	} {
		c := container{Name: new("app")}
		d := aTask().Definition
		change(&d, &c)
		d.ContainerDefinitions = []container{c}
		got := ""
		if err := Supported(d); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}

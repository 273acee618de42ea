package fargate

import (
	"fmt"
	"slices"
	"strings"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Supported returns an error that names what a task definition asks for and does not get here, because Fargate does not
// have it or because the local cloud does not. What it lets pass is carried out, but for what the README lists.
func Supported(d ecstypes.TaskDefinition) error {
	refuse := func(where, what string) error {
		return fmt.Errorf("task definition %s:%d: %s%s: take it out", value(d.Family), d.Revision, where, what)
	}
	switch {
	case d.NetworkMode != ecstypes.NetworkModeAwsvpc:
		return refuse("", "the network mode is not awsvpc, the only one on Fargate; any other is not supported")
	case windows(d.RuntimePlatform):
		return refuse("", "Windows is not supported by the local cloud")
	case d.IpcMode != "":
		return refuse("", "ipcMode is not supported on Fargate")
	case d.PidMode != "":
		return refuse("", "pidMode is not supported by the local cloud")
	case d.ProxyConfiguration != nil:
		return refuse("", "proxyConfiguration is not supported by the local cloud")
	}
	for _, v := range d.Volumes {
		if v.EfsVolumeConfiguration != nil || v.DockerVolumeConfiguration != nil || v.S3filesVolumeConfiguration != nil ||
			v.FsxWindowsFileServerVolumeConfiguration != nil || v.Host != nil && value(v.Host.SourcePath) != "" ||
			value(v.ConfiguredAtLaunch) {
			return refuse("volume "+value(v.Name)+": ", "only plain volumes (a name, nothing else) are supported by the local cloud")
		}
	}
	for _, c := range d.ContainerDefinitions {
		if what := unsupported(c); what != "" {
			return refuse("container "+value(c.Name)+": ", what)
		}
	}
	if !slices.ContainsFunc(d.ContainerDefinitions, essential) {
		return fmt.Errorf("task definition %s:%d: no container is essential", value(d.Family), d.Revision)
	}
	return nil
}

// unsupported names what a container definition asks for in vain, or returns "".
func unsupported(c ecstypes.ContainerDefinition) string {
	linux := ecstypes.LinuxParameters{}
	if c.LinuxParameters != nil {
		linux = *c.LinuxParameters
	}
	adds := linux.Capabilities != nil && slices.ContainsFunc(linux.Capabilities.Add, func(c string) bool { return c != "SYS_PTRACE" })
	var notFargate, notHere []string
	for name, asked := range map[string]bool{
		"privileged":            value(c.Privileged),
		"links":                 len(c.Links) > 0,
		"hostname":              value(c.Hostname) != "",
		"extraHosts":            len(c.ExtraHosts) > 0,
		"dnsServers":            len(c.DnsServers) > 0,
		"dnsSearchDomains":      len(c.DnsSearchDomains) > 0,
		"dockerSecurityOptions": len(c.DockerSecurityOptions) > 0,
		"disableNetworking":     value(c.DisableNetworking),
		"resourceRequirements":  len(c.ResourceRequirements) > 0,
		// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_KernelCapabilities.html
		"linuxParameters.capabilities.add": adds,
		"linuxParameters.devices":          len(linux.Devices) > 0,
		"linuxParameters.tmpfs":            len(linux.Tmpfs) > 0,
		"linuxParameters.sharedMemorySize": linux.SharedMemorySize != nil,
		"linuxParameters.maxSwap":          linux.MaxSwap != nil,
		"linuxParameters.swappiness":       linux.Swappiness != nil,
	} {
		if asked {
			notFargate = append(notFargate, name)
		}
	}
	for name, asked := range map[string]bool{
		"credentialSpecs":       len(c.CredentialSpecs) > 0,
		"dependsOn":             len(c.DependsOn) > 0,
		"environmentFiles":      len(c.EnvironmentFiles) > 0,
		"firelensConfiguration": c.FirelensConfiguration != nil,
		"interactive":           value(c.Interactive),
		"pseudoTerminal":        value(c.PseudoTerminal),
		"repositoryCredentials": c.RepositoryCredentials != nil,
		"restartPolicy":         c.RestartPolicy != nil && value(c.RestartPolicy.Enabled),
		"systemControls":        len(c.SystemControls) > 0,
		"volumesFrom":           len(c.VolumesFrom) > 0,
		"portMappings.containerPortRange": slices.ContainsFunc(c.PortMappings, func(p ecstypes.PortMapping) bool {
			return value(p.ContainerPortRange) != ""
		}),
	} {
		if asked {
			notHere = append(notHere, name)
		}
	}
	slices.Sort(notFargate)
	slices.Sort(notHere)
	switch {
	case len(notFargate) > 0:
		return strings.Join(notFargate, ", ") + " is not supported on Fargate"
	case len(notHere) > 0:
		return strings.Join(notHere, ", ") + " is not supported by the local cloud"
	}
	return unsupportedLogs(c.LogConfiguration)
}

func unsupportedLogs(l *ecstypes.LogConfiguration) string {
	if l == nil {
		return ""
	}
	if l.LogDriver != ecstypes.LogDriverAwslogs {
		return "the log driver " + string(l.LogDriver) + " is not supported by the local cloud"
	}
	for _, option := range []string{"awslogs-group", "awslogs-region", "awslogs-stream-prefix"} {
		if l.Options[option] == "" {
			return "the log option " + option + " is missing, which Fargate needs; without it, the rest"
		}
	}
	for _, option := range []string{"awslogs-datetime-format", "awslogs-multiline-pattern"} {
		if l.Options[option] != "" {
			return "the log option " + option + " is not supported by the local cloud"
		}
	}
	return ""
}

func windows(p *ecstypes.RuntimePlatform) bool {
	return p != nil && strings.HasPrefix(string(p.OperatingSystemFamily), "WINDOWS")
}

// essential tells whether the end of a container is the end of its task, which is the default.
func essential(c ecstypes.ContainerDefinition) bool { return c.Essential == nil || *c.Essential }

func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

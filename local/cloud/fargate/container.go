package fargate

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
)

// defaultStopTimeout is how long a container has between SIGTERM and SIGKILL, in seconds:
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
const defaultStopTimeout = 30

// blueprint is what makes a container definition a container.
type blueprint struct {
	task    Task
	owner   string
	image   image
	secrets map[string]string
	api     API
	// network is the id of the container that has the task's network, "" for that container itself.
	network string
	// processors is how many the engine has. It takes no limit above.
	processors int
}

// options is the request that makes the container.
func (b blueprint) options(c ecstypes.ContainerDefinition) client.ContainerCreateOptions {
	platform := platformOf(b.task.Definition)
	config := &container.Config{
		Image:       value(c.Image),
		Env:         b.environment(c),
		Cmd:         c.Command,
		Entrypoint:  c.EntryPoint,
		WorkingDir:  value(c.WorkingDirectory),
		User:        value(c.User),
		Labels:      b.labels(c),
		Healthcheck: healthcheck(c.HealthCheck),
		StopTimeout: new(stopTimeout(c)),
	}
	host := &container.HostConfig{
		NetworkMode:    "bridge",
		ReadonlyRootfs: value(c.ReadonlyRootFilesystem),
		Init:           new(c.LinuxParameters != nil && value(c.LinuxParameters.InitProcessEnabled)),
		LogConfig:      container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "10m", "max-file": "2"}},
		Resources:      b.resources(c),
		Mounts:         b.mounts(c),
	}
	if c.LinuxParameters != nil && c.LinuxParameters.Capabilities != nil {
		host.CapAdd, host.CapDrop = c.LinuxParameters.Capabilities.Add, c.LinuxParameters.Capabilities.Drop
	}
	if b.network != "" {
		host.NetworkMode = container.NetworkMode("container:" + b.network)
	} else {
		config.Hostname = hostname(b.task)
		if b.api.Host != "" {
			host.ExtraHosts = []string{b.api.Host}
		}
		config.ExposedPorts, host.PortBindings = ports(b.task.Definition)
	}
	return client.ContainerCreateOptions{
		Name: containerName(b.task, c), Config: config, HostConfig: host, Platform: &platform,
	}
}

// environment is the container's, sorted. What Fargate sets comes before what the image says, and after what the task
// definition says: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-environment-variables.html and, for
// HOSTNAME, https://github.com/vercel/next.js/issues/58657.
func (b blueprint) environment(c ecstypes.ContainerDefinition) []string {
	env := map[string]string{
		"AWS_DEFAULT_REGION": b.task.Region,
		"AWS_EXECUTION_ENV":  "AWS_ECS_FARGATE",
		"AWS_REGION":         b.task.Region,
		"HOSTNAME":           hostname(b.task),
	}
	// On Fargate the credentials are fetched and the API has AWS's names. Both are in the environment here, where every SDK
	// finds them: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
	if b.api.URL != "" {
		env["AWS_ENDPOINT_URL"] = b.api.URL
	}
	if b.task.AccessKey != "" {
		env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"] = b.task.AccessKey, "none" // no signature is checked
	}
	for _, v := range c.Environment {
		env[value(v.Name)] = value(v.Value)
	}
	maps.Copy(env, b.secrets)
	var list []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		list = append(list, name+"="+env[name])
	}
	return list
}

// hostname is the private DNS name of the task's address:
// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html
func hostname(t Task) string {
	zone := t.Region + ".compute"
	if t.Region == "us-east-1" {
		zone = "ec2"
	}
	return "ip-" + strings.ReplaceAll(t.Interface.Address.String(), ".", "-") + "." + zone + ".internal"
}

// labels are the definition's own, those that ECS sets, and ours: sallyport.owner is what Sweep looks for.
func (b blueprint) labels(c ecstypes.ContainerDefinition) map[string]string {
	labels := maps.Clone(c.DockerLabels)
	if labels == nil {
		labels = map[string]string{}
	}
	maps.Copy(labels, map[string]string{
		"com.amazonaws.ecs.cluster":                 b.task.Cluster,
		"com.amazonaws.ecs.container-name":          value(c.Name),
		"com.amazonaws.ecs.task-arn":                b.task.ARN,
		"com.amazonaws.ecs.task-definition-family":  value(b.task.Definition.Family),
		"com.amazonaws.ecs.task-definition-version": strconv.Itoa(int(b.task.Definition.Revision)),
		"sallyport.service":                         b.task.Service,
		"sallyport.zone":                            b.task.Zone,
	})
	maps.Copy(labels, ownLabels(b.owner, b.task))
	return labels
}

func ownLabels(owner string, t Task) map[string]string {
	return map[string]string{ownerLabel: owner, "sallyport.task": t.ID}
}

// resources: a container has what its definition reserves for it, else what the task has. Fargate counts all containers
// of a task together; here each has the limit for itself. Without ulimits, the engine's hold: Fargate's 65535 open files
// would be too many for an engine that itself has fewer.
func (b blueprint) resources(c ecstypes.ContainerDefinition) container.Resources {
	const mebi = 1 << 20
	taskCPU, taskMemory := amount(value(b.task.Definition.Cpu)), amount(value(b.task.Definition.Memory))*mebi
	memory := min(cmp.Or(int64(value(c.Memory))*mebi, taskMemory), taskMemory)
	r := container.Resources{
		NanoCPUs: min(taskCPU*1e9/1024, int64(b.processors)*1e9),
		Memory:   memory,
		// As much as memory alone, so no swap: Fargate has none.
		MemorySwap:        memory,
		MemoryReservation: min(int64(value(c.MemoryReservation))*mebi, memory),
		CPUShares:         int64(c.Cpu),
	}
	for _, u := range c.Ulimits {
		r.Ulimits = append(r.Ulimits, &container.Ulimit{Name: string(u.Name), Soft: int64(u.SoftLimit), Hard: int64(u.HardLimit)})
	}
	return r
}

// amount reads the cpu (in units, or 1 vCPU) and the memory (in MiB, or 1 GB) of a task definition, both of which have
// 1024 to the larger unit: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html
func amount(s string) int64 {
	number := strings.TrimSpace(strings.TrimRight(strings.ToLower(s), "gbvcpu "))
	n, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0
	}
	if number != strings.TrimSpace(strings.ToLower(s)) {
		n *= 1024
	}
	return int64(n)
}

// mounts: a volume begins with the content and the owner that the image has at its path when the image declares the path
// with VOLUME, else empty and root's:
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html
func (b blueprint) mounts(c ecstypes.ContainerDefinition) []mount.Mount {
	var mounts []mount.Mount
	for _, m := range c.MountPoints {
		target := path.Clean(value(m.ContainerPath))
		declared := false
		for v := range b.image.volumes {
			declared = declared || path.Clean(v) == target
		}
		mounts = append(mounts, mount.Mount{
			Type: mount.TypeVolume, Source: volumeName(b.task, value(m.SourceVolume)), Target: target,
			ReadOnly:      value(m.ReadOnly),
			VolumeOptions: &mount.VolumeOptions{NoCopy: !declared, Labels: ownLabels(b.owner, b.task)},
		})
	}
	return mounts
}

// ports are opened on loopback, each at a port that the engine chooses. Only TCP is: nothing else passes a balancer.
func ports(d ecstypes.TaskDefinition) (network.PortSet, network.PortMap) {
	exposed, bound := network.PortSet{}, network.PortMap{}
	for _, c := range d.ContainerDefinitions {
		for _, p := range c.PortMappings {
			if p.Protocol == ecstypes.TransportProtocolUdp {
				continue
			}
			port, _ := network.PortFrom(uint16(value(p.ContainerPort)), network.TCP)
			exposed[port] = struct{}{}
			bound[port] = []network.PortBinding{{HostIP: netip.AddrFrom4([4]byte{127, 0, 0, 1})}}
		}
	}
	return exposed, bound
}

// healthcheck: the image's own is not used, as on ECS. The defaults are those of
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html.
func healthcheck(h *ecstypes.HealthCheck) *container.HealthConfig {
	if h == nil {
		return &container.HealthConfig{Test: []string{"NONE"}}
	}
	seconds := func(n *int32, otherwise int32) time.Duration {
		return time.Duration(cmp.Or(value(n), otherwise)) * time.Second
	}
	return &container.HealthConfig{
		Test: h.Command, Interval: seconds(h.Interval, 30), Timeout: seconds(h.Timeout, 5),
		Retries: int(cmp.Or(value(h.Retries), 3)), StartPeriod: seconds(h.StartPeriod, 0),
	}
}

func stopTimeout(c ecstypes.ContainerDefinition) int {
	if c.StopTimeout == nil {
		return defaultStopTimeout
	}
	return int(*c.StopTimeout)
}

func containerName(t Task, c ecstypes.ContainerDefinition) string {
	return fmt.Sprintf("sallyport-%s-%s", t.ID, value(c.Name))
}

func volumeName(t Task, volume string) string { return fmt.Sprintf("sallyport-%s-%s", t.ID, volume) }

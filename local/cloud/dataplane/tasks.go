package dataplane

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/ecs"
	"sallyport/local/cloud/fargate"
	"sallyport/local/cloud/logs"
	"sallyport/local/cloud/vpc"
)

// healthLimit bounds the question for a container's health, which a description of tasks waits for.
const healthLimit = 2 * time.Second

// runtime runs the scheduler's tasks on Fargate.
type runtime struct {
	fargate *fargate.Runtime
	region  *region
}

func (r runtime) Run(ctx context.Context, t ecs.Task) (ecs.Running, error) {
	callers := &r.region.plane.callers
	who := newCaller(r.region, t)
	callers.add(who)
	running, err := r.fargate.Run(ctx, fargate.Task{
		ARN: t.ARN, ID: t.ID, Cluster: t.ClusterName, Service: t.ServiceName, Definition: *t.Definition, Interface: t.Interface,
		AccessKey: who.accessKey(), Region: r.region.name, Zone: aws.ToString(r.region.watcher.Current().Subnets[t.Interface.SubnetID].AvailabilityZone),
	})
	if errors.As(err, &fargate.NoEngineError{}) {
		err = fmt.Errorf("%w (%w)", ecs.ErrNoCapacity, err)
	}
	if err != nil {
		callers.remove(t.ID)
		return nil, err
	}
	task := &task{Running: running, exited: make(chan ecs.Exit, 1), over: func() { callers.remove(t.ID) }}
	go task.watch()
	return task, nil
}

// task is a running task as the scheduler knows it.
type task struct {
	*fargate.Running
	exited chan ecs.Exit
	over   func()
}

// watch passes on the end of the first essential container, and tells when the task is over.
func (t *task) watch() {
	defer t.over()
	for exit := range t.Running.Exited() {
		if exit.Essential {
			select {
			case t.exited <- ecs.Exit{Container: exit.Container, Code: int(aws.ToInt32(exit.Code)), Reason: exit.Reason}:
			default:
			}
		}
	}
}

func (t *task) Exited() <-chan ecs.Exit { return t.exited }

func (t *task) Containers() []ecs.Container {
	ctx, cancel := context.WithTimeout(context.Background(), healthLimit)
	defer cancel()
	var containers []ecs.Container
	for _, c := range t.Running.Containers(ctx) {
		container := ecs.Container{
			Name: aws.ToString(c.Name), Status: aws.ToString(c.LastStatus), Reason: aws.ToString(c.Reason),
			ImageDigest: aws.ToString(c.ImageDigest), RuntimeID: aws.ToString(c.RuntimeId), Health: string(c.HealthStatus),
		}
		if c.ExitCode != nil {
			code := int(*c.ExitCode)
			container.ExitCode = &code
		}
		containers = append(containers, container)
	}
	return containers
}

// network hands out addresses. The runtime attaches and detaches the interfaces itself, since it alone knows when the
// ports are open.
type network struct {
	*vpc.Network
	declared func() *declared.Snapshot
}

func (n network) Allocate(subnetID string) (netip.Addr, error) {
	return n.Network.Allocate(n.declared(), subnetID)
}

// logStreams are those of CloudWatch Logs.
type logStreams struct{ *logs.Writer }

func (l logStreams) Stream(region, group, stream string) fargate.LogStream {
	return l.Writer.Stream(region, group, stream)
}

// definitions asks moto, which keeps the task definitions.
type definitions struct{ region *region }

func (d definitions) DescribeTaskDefinition(ctx context.Context, name string) (*awsecs.DescribeTaskDefinitionOutput, error) {
	config, err := d.region.config()
	if err != nil {
		return nil, err
	}
	return awsecs.NewFromConfig(config).DescribeTaskDefinition(ctx, &awsecs.DescribeTaskDefinitionInput{
		TaskDefinition: &name, Include: []ecstypes.TaskDefinitionField{"TAGS"},
	})
}

// secret reads what the valueFrom of a container's secret names.
func (p *Plane) secret(ctx context.Context, region, valueFrom string) (string, error) {
	config, err := declared.Config(p.Upstream, region)
	if err != nil {
		return "", err
	}
	return fargate.ReadSecret(ctx, secretsmanager.NewFromConfig(config), ssm.NewFromConfig(config), valueFrom)
}

// auth returns what the engine shows to the registry when it pulls an image of this cloud, "" for other images.
func (r *region) auth(image string) string {
	if !strings.HasPrefix(image, r.plane.RegistryAddr+"/") {
		return ""
	}
	content, _ := json.Marshal(map[string]string{ // strings never fail
		"username": "AWS", "password": r.plane.Password(r.name), "serveraddress": r.plane.RegistryAddr,
	})
	return base64.URLEncoding.EncodeToString(content)
}

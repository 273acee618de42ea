package compute

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"sallyport/internal/task"
)

// containerName is the name of the one container in the task, which the load balancer is pointed at.
const containerName = "app"

// logBuffer is how much output waits in memory while CloudWatch Logs doesn't answer, before lines are dropped:
// https://aws.amazon.com/blogs/containers/preventing-log-loss-with-non-blocking-mode-in-the-awslogs-container-log-driver/
const logBuffer = "25m"

// container is what shapes the one container of the task.
type container struct {
	image         string
	port          int
	keepAlive     int // seconds
	stopTimeout   int // seconds
	user          string
	writablePaths []string
	environment   map[string]string
	secrets       map[string]string // by name, where ECS reads the value from
	exec          bool              // ECS Exec
	tableName     string            // of the app's table, empty for none
	logGroup      string
	region        string
}

// containerDefinition is an ECS container definition, as far as it is used here:
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
type containerDefinition struct {
	Name                   string           `json:"name"`
	Image                  string           `json:"image"`
	Essential              bool             `json:"essential"`
	User                   string           `json:"user"`
	Privileged             bool             `json:"privileged"`
	ReadonlyRootFilesystem bool             `json:"readonlyRootFilesystem"`
	PortMappings           []portMapping    `json:"portMappings"`
	Environment            []variable       `json:"environment"`
	Secrets                []secret         `json:"secrets,omitempty"`
	MountPoints            []mountPoint     `json:"mountPoints"`
	LinuxParameters        linuxParameters  `json:"linuxParameters"`
	StopTimeout            int              `json:"stopTimeout"`
	LogConfiguration       logConfiguration `json:"logConfiguration"`
}

type portMapping struct {
	ContainerPort int    `json:"containerPort"`
	HostPort      int    `json:"hostPort"`
	Protocol      string `json:"protocol"`
}

type variable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type secret struct {
	Name      string `json:"name"`
	ValueFrom string `json:"valueFrom"`
}

type mountPoint struct {
	SourceVolume  string `json:"sourceVolume"`
	ContainerPath string `json:"containerPath"`
	ReadOnly      bool   `json:"readOnly"`
}

type linuxParameters struct {
	InitProcessEnabled bool         `json:"initProcessEnabled"`
	Capabilities       capabilities `json:"capabilities"`
}

type capabilities struct {
	Drop []string `json:"drop"`
}

type logConfiguration struct {
	LogDriver string            `json:"logDriver"`
	Options   map[string]string `json:"options"`
}

// definitions is the JSON list that a task definition takes.
func (c container) definitions() (string, error) {
	text, err := json.Marshal([]containerDefinition{{
		Name:      containerName,
		Image:     c.image,
		Essential: true,
		User:      c.user,
		// ECS Exec's agent makes files of its own, and AWS supports no read-only root file system with it:
		// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
		ReadonlyRootFilesystem: !c.exec,
		PortMappings:           []portMapping{{ContainerPort: c.port, HostPort: c.port, Protocol: "tcp"}},
		Environment:            c.variables(),
		Secrets:                c.secretVariables(),
		MountPoints:            c.mountPoints(),
		LinuxParameters: linuxParameters{
			InitProcessEnabled: true,
			Capabilities:       capabilities{Drop: []string{"ALL"}},
		},
		StopTimeout: c.stopTimeout,
		LogConfiguration: logConfiguration{
			LogDriver: "awslogs",
			Options: map[string]string{
				"awslogs-group":         c.logGroup,
				"awslogs-region":        c.region,
				"awslogs-stream-prefix": containerName,
				// In the default mode of old, an app whose log can't be written stands still.
				"mode":            "non-blocking",
				"max-buffer-size": logBuffer,
			},
		},
	}})
	return string(text), err
}

// reserved are the variables that say where the app listens, how long it keeps connections open, and where its items are.
func (c container) reserved() map[string]string {
	all := map[string]string{
		// Fargate puts the task's own host name here, over what the image says, and Next.js would listen on that
		// address alone: https://github.com/vercel/next.js/issues/58657
		task.Hostname: "0.0.0.0",
		// Milliseconds. Node's default of 5 seconds is shorter than the balancer's idle timeout, which makes the
		// balancer answer 502 now and then.
		task.KeepAlive: strconv.Itoa(c.keepAlive * 1000),
		task.Port:      strconv.Itoa(c.port),
	}
	if c.tableName != "" {
		all[task.TableName] = c.tableName
	}
	return all
}

// variables are sorted by name, since the order of a list is a change to Pulumi.
func (c container) variables() []variable {
	all := c.reserved()
	maps.Copy(all, c.environment)
	var list []variable
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, variable{name, all[name]})
	}
	return list
}

func (c container) secretVariables() []secret {
	var list []secret
	for _, name := range slices.Sorted(maps.Keys(c.secrets)) {
		list = append(list, secret{name, c.secrets[name]})
	}
	return list
}

// checkVariables finds names that are taken.
func (c container) checkVariables() error {
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(c.reserved())) {
		_, variable := c.environment[name]
		_, secret := c.secrets[name]
		if variable || secret {
			problems = append(problems, fmt.Errorf("invalid Environment or Secrets: %s is set from the other arguments", name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.secrets)) {
		if _, both := c.environment[name]; both {
			problems = append(problems, fmt.Errorf("invalid Secrets: %s is in Environment as well", name))
		}
	}
	return errors.Join(problems...)
}

func (c container) mountPoints() []mountPoint {
	mounts := make([]mountPoint, len(c.writablePaths))
	for i, path := range c.writablePaths {
		mounts[i] = mountPoint{SourceVolume: volumeName(i), ContainerPath: path}
	}
	return mounts
}

// volumeName is the name of the task's volume for the i-th writable path.
func volumeName(i int) string { return fmt.Sprintf("writable-%d", i+1) }

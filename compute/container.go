package compute

import (
	"encoding/json"
	"fmt"
	"strconv"
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
		Name:                   containerName,
		Image:                  c.image,
		Essential:              true,
		User:                   c.user,
		ReadonlyRootFilesystem: true,
		PortMappings:           []portMapping{{ContainerPort: c.port, HostPort: c.port, Protocol: "tcp"}},
		Environment: []variable{
			// Fargate puts the task's own host name here, over what the image says, and Next.js would listen on that
			// address alone: https://github.com/vercel/next.js/issues/58657
			{"HOSTNAME", "0.0.0.0"},
			// Milliseconds. Node's default of 5 seconds is shorter than the balancer's idle timeout, which makes the
			// balancer answer 502 now and then.
			{"KEEP_ALIVE_TIMEOUT", strconv.Itoa(c.keepAlive * 1000)},
			{"PORT", strconv.Itoa(c.port)},
		},
		MountPoints: c.mountPoints(),
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

func (c container) mountPoints() []mountPoint {
	mounts := make([]mountPoint, len(c.writablePaths))
	for i, path := range c.writablePaths {
		mounts[i] = mountPoint{SourceVolume: volumeName(i), ContainerPath: path}
	}
	return mounts
}

// volumeName is the name of the task's volume for the i-th writable path.
func volumeName(i int) string { return fmt.Sprintf("writable-%d", i+1) }

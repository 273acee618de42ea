package fargate

import (
	"context"
	"errors"
	"fmt"
	"strings"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"sallyport/local/cloud/vpc"
)

// The texts are those that ECS shows, of which this page explains most:
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html.
// The plain reason follows in brackets.

// initialize does what precedes the pull: it reads the secrets, by container and by name, and finds the log groups.
func (r *Runtime) initialize(ctx context.Context, t Task) (map[string]map[string]string, error) {
	secrets, err := r.secrets(ctx, t)
	if err == nil {
		err = r.registryAuth(t)
	}
	if err != nil {
		return nil, fmt.Errorf("ResourceInitializationError: unable to pull secrets or registry auth: %w", err)
	}
	for _, c := range t.Definition.ContainerDefinitions {
		if err := r.logGroup(ctx, t, c.LogConfiguration); err != nil {
			return nil, fmt.Errorf("ResourceInitializationError: failed to validate logger args: %w", err)
		}
	}
	return secrets, nil
}

// registryAuth finds the way to ECR's API, which gives the credentials for a pull.
func (r *Runtime) registryAuth(t Task) error {
	for _, c := range t.Definition.ContainerDefinitions {
		if !r.fromECR(value(c.Image)) {
			continue
		}
		if err := r.Network.Reaches(t.Interface, "ecr.api"); err != nil {
			host := "api.ecr." + t.Region + ".amazonaws.com"
			return inWords("The task cannot pull registry auth from Amazon ECR: There is a connection issue between "+
				"the task and Amazon ECR. Check your task network configuration. operation error ECR: "+
				"GetAuthorizationToken, exceeded maximum number of attempts, 3, https response error StatusCode: 0, "+
				"RequestID: , request send failed, Post %q: dial tcp %s:443: i/o timeout (%s)",
				"https://"+host+"/", host, reason(err))
		}
	}
	return nil
}

// reachImages finds the way to the images' registries. The layers of an image in ECR come from S3.
func (r *Runtime) reachImages(t Task) error {
	for _, c := range t.Definition.ContainerDefinitions {
		image := value(c.Image)
		if !r.fromECR(image) {
			registry := registryOf(image)
			if err := r.Network.Reaches(t.Interface, registry); err != nil {
				return fmt.Errorf("CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to "+
					"resolve ref %s: failed to do request: Head \"https://%s\": dial tcp %s:443: i/o timeout (%s)",
					image, registry, registry, reason(err))
			}
			continue
		}
		if err := r.Network.Reaches(t.Interface, "ecr.dkr"); err != nil {
			return fmt.Errorf("CannotPullContainerError: The task cannot pull '%s' from the Amazon ECR repository '%s'. "+
				"There is a connection issue between the task and Amazon ECR. Check your task network configuration. : "+
				"failed to resolve ref %s: dial tcp: i/o timeout (%s)", image, repository(image), image, reason(err))
		}
		if err := r.Network.Reaches(t.Interface, "s3"); err != nil {
			return fmt.Errorf("CannotPullContainerError: The task cannot pull %s from the registry %s. There is a "+
				"connection issue between the task and the registry. Check your task network configuration. : failed to "+
				"copy: httpReadSeeker: failed open: failed to do request: Get %s: dial tcp: i/o timeout (%s)",
				image, image, image, reason(err))
		}
	}
	return nil
}

func (r *Runtime) logGroup(ctx context.Context, t Task, l *ecstypes.LogConfiguration) error {
	if l == nil {
		return nil
	}
	if err := r.Network.Reaches(t.Interface, "logs"); err != nil {
		return inWords("The task cannot find the Amazon CloudWatch log group defined in the task definition. There is "+
			"a connection issue between the task and Amazon CloudWatch. Check your network configuration. : signal: "+
			"killed (%s)", reason(err))
	}
	region, group := l.Options["awslogs-region"], l.Options["awslogs-group"]
	exists, err := r.Logs.Exists(ctx, region, group)
	if err != nil {
		return fmt.Errorf("create stream has been retried 1 times: failed to create Cloudwatch log stream: %w", err)
	}
	if !exists {
		why := "declare it"
		if l.Options["awslogs-create-group"] == "true" {
			why += ": awslogs-create-group is not carried out by the local cloud"
		}
		return fmt.Errorf("create stream has been retried 1 times: failed to create Cloudwatch log stream: "+
			"ResourceNotFoundException: The specified log group does not exist. : exit status 1 (%s is not in %s: %s)",
			group, region, why)
	}
	return nil
}

// fromECR tells whether an image is in the cloud's registry, or would be in ECR on AWS.
func (r *Runtime) fromECR(image string) bool {
	return r.Auth(image) != "" || strings.Contains(registryOf(image), ".dkr.ecr.")
}

// inWords is an error in AWS's own words, which are sentences.
func inWords(format string, a ...any) error { return fmt.Errorf(format, a...) }

// reason is why a connection is blocked, in plain words.
func reason(err error) string {
	var blocked *vpc.Blocked
	if errors.As(err, &blocked) {
		return blocked.Reason
	}
	return err.Error()
}

package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func judgeBuild(f *Facts) Finding {
	pushed := digest(f.Outputs.ImageRef)
	if pushed == "" {
		return fail("the stack exports no image", "Run `make up`.")
	}
	if f.Service == nil {
		return fail("the service does not exist", redeploy)
	}
	i := slices.IndexFunc(f.Service.Deployments, func(d ecstypes.Deployment) bool { return aws.ToString(d.Status) == "PRIMARY" })
	if i < 0 {
		return fail("the service has no deployment", redeploy)
	}
	primary := f.Service.Deployments[i]
	declared := declaredDigest(f, primary)
	switch {
	case declared == "":
		return later(fmt.Sprintf("the image of task definition %s is not known", tail(primary.TaskDefinition)), "Run `make verify` again, in case a deployment has just begun.")
	case declared != pushed:
		return fail(fmt.Sprintf("the service deploys %s with %s, and %s was pushed%s", tail(primary.TaskDefinition), short(declared), short(pushed), failed(f.Service)), wentBack)
	}
	var old, good []string
	for _, t := range f.running() {
		revision := fmt.Sprintf("task %s runs %s", tail(t.TaskArn), tail(t.TaskDefinitionArn))
		if c := appContainer(f, t); runs(c, pushed) {
			good = append(good, revision)
		} else {
			old = append(old, revision+" with "+short(digestOf(c)))
		}
	}
	switch {
	case len(old) == 0 && len(good) > 0:
		return pass(fmt.Sprintf("%s with %s, as pushed", some(good, ", "), short(pushed)))
	case len(old) == 0:
		old = []string{"no task of the service is running"}
	}
	seen := fmt.Sprintf("%s, and %s was pushed for %s", some(old, ", "), short(pushed), tail(primary.TaskDefinition))
	switch primary.RolloutState {
	case ecstypes.DeploymentRolloutStateInProgress:
		return later(seen+", whose deployment is under way", "Wait for the deployment to end; `make why` tells what holds it up.")
	case ecstypes.DeploymentRolloutStateFailed:
		return fail(seen+", whose deployment failed: "+oneLine(aws.ToString(primary.RolloutStateReason)), wentBack)
	}
	return fail(seen, "No deployment is under way: `make why` tells what happened, `make up` deploys again.")
}

const wentBack = "The new version does not run, and ECS keeps or went back to the one of before: `make why` tells what broke. Mend it and run `make up` again."

// failed tells of the deployments that failed beside the one that counts now, with ECS's reason.
func failed(s *ecstypes.Service) string {
	var text string
	for _, d := range s.Deployments {
		if d.RolloutState == ecstypes.DeploymentRolloutStateFailed {
			text += fmt.Sprintf("; the deployment of %s failed: %s", tail(d.TaskDefinition), oneLine(aws.ToString(d.RolloutStateReason)))
		}
	}
	return text
}

// declaredDigest is that of the app's image in a deployment's task definition.
func declaredDigest(f *Facts, d ecstypes.Deployment) string {
	for _, c := range f.Definitions[aws.ToString(d.TaskDefinition)].ContainerDefinitions {
		if aws.ToString(c.Name) == appName(f) {
			return digest(aws.ToString(c.Image))
		}
	}
	return ""
}

// appName is the name of the container that gets the requests; others of the task run images of their own.
func appName(f *Facts) string {
	if served := f.served(); served != nil && aws.ToString(served.ContainerName) != "" {
		return aws.ToString(served.ContainerName)
	}
	return "app"
}

func appContainer(f *Facts, t ecstypes.Task) ecstypes.Container {
	for _, c := range t.Containers {
		if aws.ToString(c.Name) == appName(f) {
			return c
		}
	}
	return ecstypes.Container{}
}

// runs says whether a container was made from a digest: by what it was asked for, which can't stand for anything else, or
// by what ECS reports, which for an image of several platforms may be the digest of one of them.
func runs(c ecstypes.Container, pushed string) bool {
	return digest(aws.ToString(c.Image)) == pushed || aws.ToString(c.ImageDigest) == pushed
}

func digestOf(c ecstypes.Container) string {
	if d := aws.ToString(c.ImageDigest); d != "" {
		return d
	}
	return digest(aws.ToString(c.Image))
}

// digest is the part of REPOSITORY@DIGEST that names content; empty where there is none.
func digest(ref string) string {
	_, digest, _ := strings.Cut(ref, "@")
	return digest
}

// short is enough of a digest to tell it from others.
func short(digest string) string {
	const length = len("sha256:") + 12
	switch {
	case digest == "":
		return "no known digest"
	case len(digest) > length:
		return digest[:length]
	}
	return digest
}

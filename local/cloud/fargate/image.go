package fargate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/distribution/reference"
	"github.com/moby/moby/client"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// image is a pulled image.
type image struct {
	// digest is what the registry has it under, sha256:….
	digest string
	// volumes are the paths that its Dockerfile declares with VOLUME.
	volumes map[string]struct{}
}

// pull brings in the images of a task, by name.
func (r *Runtime) pull(ctx context.Context, docker *client.Client, t Task) (map[string]image, error) {
	ctx, cancel := context.WithTimeout(ctx, pullTimeout)
	defer cancel()
	images := map[string]image{}
	for _, c := range t.Definition.ContainerDefinitions {
		name := value(c.Image)
		if _, there := images[name]; there {
			continue
		}
		platform := platformOf(t.Definition)
		if err := r.pullOne(ctx, docker, name, platform); err != nil {
			return nil, fmt.Errorf("CannotPullContainerError: %w", err)
		}
		i, err := inspect(ctx, docker, name, platform)
		if err != nil {
			return nil, fmt.Errorf("CannotPullContainerError: %w", err)
		}
		images[name] = i
	}
	return images, nil
}

func (r *Runtime) pullOne(ctx context.Context, docker *client.Client, name string, platform ocispec.Platform) error {
	step := "pull image manifest has been retried 1 time(s): failed to resolve ref"
	err := func() error {
		messages, err := docker.ImagePull(ctx, name, client.ImagePullOptions{
			RegistryAuth: r.Auth(name), Platforms: []ocispec.Platform{platform},
		})
		if err != nil {
			return err
		}
		defer messages.Close()
		for m, err := range messages.JSONMessages(ctx) {
			if err != nil {
				return err
			}
			if m.Error != nil {
				return m.Error
			}
			// The engine speaks once it has the manifest.
			step = "ref pull has been retried 1 time(s): failed to copy"
		}
		return ctx.Err()
	}()
	switch {
	case err == nil:
		return nil
	case strings.Contains(err.Error(), "no matching manifest"):
		return noSuchPlatform(name, platform, err.Error())
	}
	return fmt.Errorf("%s %s: %w", step, name, err)
}

// inspect refuses an image for another platform, which an engine takes when the image is for one platform alone.
func inspect(ctx context.Context, docker *client.Client, name string, platform ocispec.Platform) (image, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	found, err := docker.ImageInspect(ctx, name)
	if err != nil {
		return image{}, fmt.Errorf("inspecting %s: %w", name, err)
	}
	if found.Os != platform.OS || found.Architecture != platform.Architecture {
		return image{}, noSuchPlatform(name, platform, "the image is for "+found.Os+"/"+found.Architecture)
	}
	i := image{digest: digest(name, found.RepoDigests)}
	if found.Config != nil {
		i.volumes = found.Config.Volumes
	}
	return i, nil
}

func noSuchPlatform(name string, p ocispec.Platform, why string) error {
	return fmt.Errorf("pull image manifest has been retried 1 time(s): image Manifest does not contain descriptor matching "+
		"platform '%s/%s' (%s: %s; build it for the runtimePlatform of the task definition, or change that)",
		p.OS, p.Architecture, name, why)
}

// platformOf is what a task definition runs on. X86_64 is the default:
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RuntimePlatform.html.
func platformOf(d ecstypes.TaskDefinition) ocispec.Platform {
	p := ocispec.Platform{OS: "linux", Architecture: "amd64"}
	if d.RuntimePlatform != nil && d.RuntimePlatform.CpuArchitecture == ecstypes.CPUArchitectureArm64 {
		p.Architecture = "arm64"
	}
	return p
}

// digest is what the registry has an image under: what its name says, else what the engine noted at the pull.
func digest(name string, repoDigests []string) string {
	if _, sum, ok := strings.Cut(name, "@"); ok {
		return sum
	}
	i := slices.IndexFunc(repoDigests, func(d string) bool { return strings.HasPrefix(d, repository(name)+"@") })
	if i < 0 {
		return ""
	}
	_, sum, _ := strings.Cut(repoDigests[i], "@")
	return sum
}

// repository is an image's name without tag and digest.
func repository(image string) string {
	named, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return image
	}
	return reference.FamiliarName(named)
}

// registryOf is the host that an image comes from, docker.io when it names none.
func registryOf(image string) string {
	named, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return image
	}
	return reference.Domain(named)
}

package compute

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecr"
	"github.com/pulumi/pulumi-docker/sdk/v4/go/docker"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const imageType = "sallyport:compute:Image"

// buildIDArg is the build argument that tells the app its content tag.
const buildIDArg = "BUILD_ID"

// ImageArgs are the arguments of NewImage.
type ImageArgs struct {
	// Prebuilt is an image that was built elsewhere, REPOSITORY@sha256:DIGEST. With it nothing is made, and all of the
	// rest is left out.
	Prebuilt string
	// Context is the folder to build, with a Dockerfile in it. Required. A relative path has the same tag on every
	// machine, an absolute one has not.
	Context string
	// BuildArgs are passed to the build, beside BUILD_ID. They are part of the image: never a secret.
	BuildArgs map[string]string
	// BuildOnPreview builds in a preview too: it takes longer, and finds a broken Dockerfile.
	BuildOnPreview bool
	// Architecture the image is for: X86_64 or ARM64. Required.
	Architecture string
	// Protected makes Pulumi refuse to delete the repository, and AWS to delete one that has images.
	Protected bool
}

// Image is an ECR repository and the image in it, built and pushed from a folder, or an image that is there already.
//
// The image's tag is made of the content of the folder (see nextTag and contentHash), and a tag of the repository can't be moved:
// what a digest or a tag stands for never changes. It costs 0.10 USD a GB a month
// (https://aws.amazon.com/ecr/pricing/).
type Image struct {
	pulumi.ResourceState

	// Ref is the pushed image by digest, REPOSITORY@sha256:…; it changes when the image does, and only then.
	Ref           pulumi.StringOutput
	RepositoryURL pulumi.StringOutput
	// RepositoryARN is empty where a prebuilt image is not in ECR, or in its public gallery.
	RepositoryARN pulumi.StringOutput
}

// NewImage makes an Image.
func NewImage(ctx *pulumi.Context, name string, args *ImageArgs, opts ...pulumi.ResourceOption) (*Image, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("image %s: %w", name, err)
	}
	var content string
	if args.Prebuilt == "" {
		var err error
		content, err = contentHash(args.context(), args.BuildArgs, platforms[args.Architecture], args.BuildOnPreview)
		if err != nil {
			return nil, fmt.Errorf("image %s: %w", name, err)
		}
	}
	c := &Image{}
	if err := ctx.RegisterComponentResource(imageType, name, c, opts...); err != nil {
		return nil, fmt.Errorf("image %s: %w", name, err)
	}
	if err := c.build(ctx, name, content, args); err != nil {
		return nil, fmt.Errorf("image %s: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{
		"ref":           c.Ref,
		"repositoryUrl": c.RepositoryURL,
		"repositoryArn": c.RepositoryARN,
	})
}

func (a *ImageArgs) validate() error {
	if a.Prebuilt != "" {
		_, err := parseReference(a.Prebuilt)
		return err
	}
	var problems []error
	if info, err := os.Stat(filepath.Join(a.Context, dockerfile)); err != nil || !info.Mode().IsRegular() {
		problems = append(problems, fmt.Errorf("invalid Context %q: it has no %s", a.Context, dockerfile))
	}
	if platforms[a.Architecture] == "" {
		problems = append(problems, fmt.Errorf("invalid Architecture %q: must be X86_64 or ARM64", a.Architecture))
	}
	if _, taken := a.BuildArgs[buildIDArg]; taken {
		problems = append(problems, fmt.Errorf("invalid BuildArgs: %s is always the image's tag", buildIDArg))
	}
	return errors.Join(problems...)
}

// context is the folder in one spelling: webapp, ./webapp and webapp/ are the same image.
func (a *ImageArgs) context() string {
	return filepath.ToSlash(filepath.Clean(a.Context))
}

func (c *Image) build(ctx *pulumi.Context, name, content string, args *ImageArgs) error {
	if args.Prebuilt != "" {
		ref, err := parseReference(args.Prebuilt)
		c.Ref = pulumi.String(args.Prebuilt).ToStringOutput()
		c.RepositoryURL = pulumi.String(ref.repository).ToStringOutput()
		c.RepositoryARN = pulumi.String(ref.arn).ToStringOutput()
		return err
	}
	repository, err := c.newRepository(ctx, name, args.Protected)
	if err != nil {
		return err
	}
	tag, err := nextTag(ctx, name, content, pulumi.Parent(c))
	if err != nil {
		return fmt.Errorf("tag: %w", err)
	}
	login := ecr.GetAuthorizationTokenOutput(ctx, ecr.GetAuthorizationTokenOutputArgs{
		RegistryId: repository.RegistryId.ToStringPtrOutput(),
	}, pulumi.Parent(c))

	buildArgs := map[string]string{buildIDArg: tag}
	maps.Copy(buildArgs, args.BuildArgs)
	image, err := docker.NewImage(ctx, name, &docker.ImageArgs{
		ImageName:      pulumi.Sprintf("%s:%s", repository.RepositoryUrl, tag),
		BuildOnPreview: pulumi.Bool(args.BuildOnPreview),
		Build: &docker.DockerBuildArgs{
			Context:    pulumi.String(args.context()),
			Dockerfile: pulumi.String(path.Join(args.context(), dockerfile)),
			Platform:   pulumi.String(platforms[args.Architecture]),
			Args:       pulumi.ToStringMap(buildArgs),
		},
		Registry: &docker.RegistryArgs{
			Server:   repository.RepositoryUrl,
			Username: login.UserName(),
			Password: pulumi.ToSecret(login.Password()).(pulumi.StringOutput),
		},
	}, pulumi.Parent(c))
	if err != nil {
		return fmt.Errorf("image: %w", err)
	}
	// Not ImageName: it has no digest, so a rebuilt image would start no deployment.
	c.Ref = image.RepoDigest
	c.RepositoryURL = repository.RepositoryUrl
	c.RepositoryARN = repository.Arn
	return nil
}

func (c *Image) newRepository(ctx *pulumi.Context, name string, protected bool) (*ecr.Repository, error) {
	repository, err := ecr.NewRepository(ctx, name, &ecr.RepositoryArgs{
		// Not an auto-name: nextTag asks for the repository before its outputs are known.
		Name:               pulumi.String(name),
		ImageTagMutability: pulumi.String("IMMUTABLE"),
		ImageScanningConfiguration: &ecr.RepositoryImageScanningConfigurationArgs{
			ScanOnPush: pulumi.Bool(true),
		},
		EncryptionConfigurations: ecr.RepositoryEncryptionConfigurationArray{
			&ecr.RepositoryEncryptionConfigurationArgs{EncryptionType: pulumi.String("AES256")},
		},
		ForceDelete: pulumi.Bool(!protected),
	}, pulumi.Parent(c), pulumi.Protect(protected), pulumi.DeleteBeforeReplace(true))
	if err != nil {
		return nil, fmt.Errorf("repository: %w", err)
	}
	policy, err := lifecyclePolicy()
	if err != nil {
		return nil, fmt.Errorf("lifecycle policy: %w", err)
	}
	if _, err := ecr.NewLifecyclePolicy(ctx, name, &ecr.LifecyclePolicyArgs{
		Repository: repository.Name,
		Policy:     pulumi.String(policy),
	}, pulumi.Parent(c)); err != nil {
		return nil, fmt.Errorf("lifecycle policy: %w", err)
	}
	return repository, nil
}

package compute_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/compute"
	"sallyport/internal/record"
)

// What a resource record doesn't prove is said in package record.

const imageType = "docker:index/image:Image"

func TestImage(t *testing.T) {
	dir := t.TempDir()
	write := func(content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("FROM scratch\n")
	build := func(args compute.ImageArgs) *record.Recording {
		args.Context = dir
		return record.MustRun(t, func(ctx *pulumi.Context) error {
			image, err := compute.NewImage(ctx, "web", &args)
			if err != nil {
				return err
			}
			ctx.Export("ref", image.Ref)
			return nil
		})
	}
	rec := build(compute.ImageArgs{Architecture: "X86_64", BuildArgs: map[string]string{"A": "1"}})
	image := rec.Get(t, imageType, "web")
	const url = "123456789012.dkr.ecr.us-east-1.amazonaws.com/web"
	tag, _ := image.Input("build.args.BUILD_ID").(string)

	t.Run("the image is pushed to the repository under its content's tag, which the app is told", func(t *testing.T) {
		if len(tag) != len("1-")+16 || !strings.HasPrefix(tag, "1-") {
			t.Errorf("BUILD_ID is %q", tag)
		}
		record.Equal(t, image, "imageName", url+":"+tag)
	})
	t.Run("the tag stays while the content is that of the latest image, and any other content gets the next number", func(t *testing.T) {
		for _, c := range []struct{ latest, want string }{{"7" + tag[1:], "7" + tag[1:]}, {"7-0123456789abcdef", "8" + tag[1:]}} {
			rec, err := record.Run(func(ctx *pulumi.Context) error {
				_, err := compute.NewImage(ctx, "web", &compute.ImageArgs{Context: dir, Architecture: "X86_64", BuildArgs: map[string]string{"A": "1"}})
				return err
			}, record.Options{Repositories: map[string][]string{"web": {"by-hand", c.latest}, "other": {"9-x"}}})
			if err != nil {
				t.Fatal(err)
			}
			record.Equal(t, rec.Get(t, imageType, "web"), "imageName", url+":"+c.want)
		}
	})
	t.Run("a repository with images of someone else is refused", func(t *testing.T) {
		_, err := record.Run(func(ctx *pulumi.Context) error {
			_, err := compute.NewImage(ctx, "web", &compute.ImageArgs{Context: dir, Architecture: "X86_64"})
			return err
		}, record.Options{Repositories: map[string][]string{"web": {"latest"}}})
		if err == nil || !strings.Contains(err.Error(), `image web: tag: repository web: the latest image has the tags ["latest"]`) {
			t.Errorf("error is %v", err)
		}
	})
	t.Run("it is built from the context, for the architecture, with the build arguments", func(t *testing.T) {
		for path, want := range map[string]any{
			"build.context": dir, "build.dockerfile": filepath.Join(dir, "Dockerfile"), "build.platform": "linux/amd64",
			"build.args.A": "1", "buildOnPreview": false,
		} {
			record.Equal(t, image, path, want)
		}
		arm := build(compute.ImageArgs{Architecture: "ARM64", BuildOnPreview: true}).Get(t, imageType, "web")
		record.Equal(t, arm, "build.platform", "linux/arm64")
		record.Equal(t, arm, "buildOnPreview", true)
	})
	t.Run("the login is the repository's own and its password a secret", func(t *testing.T) {
		for path, want := range map[string]any{
			"registry.server": url, "registry.username": "AWS", "registry.password": record.Secret{Value: "password-of-123456789012"},
		} {
			record.Equal(t, image, path, want)
		}
	})
	t.Run("it is handed out by digest", func(t *testing.T) {
		if ref, _ := rec.Exports["ref"].(string); !strings.HasPrefix(ref, url+"@sha256:") {
			t.Errorf("got %q", ref)
		}
	})
	t.Run("the same content makes the same image, another content another", func(t *testing.T) {
		again := build(compute.ImageArgs{Architecture: "X86_64", BuildArgs: map[string]string{"A": "1"}})
		if again.Exports["ref"] != rec.Exports["ref"] {
			t.Errorf("got %v and %v", again.Exports, rec.Exports)
		}
		write("FROM busybox\n")
		defer write("FROM scratch\n")
		other := build(compute.ImageArgs{Architecture: "X86_64", BuildArgs: map[string]string{"A": "1"}})
		if other.Exports["ref"] == rec.Exports["ref"] {
			t.Errorf("got %v twice", other.Exports)
		}
	})
	t.Run("where the docker provider would push the same content again, it gets another tag, since ECR moves none", func(t *testing.T) {
		preview := build(compute.ImageArgs{Architecture: "X86_64", BuildArgs: map[string]string{"A": "1"}, BuildOnPreview: true})
		if got := preview.Get(t, imageType, "web").Input("imageName"); got == image.Input("imageName") {
			t.Errorf("building in a preview, it is still %v", got)
		}
	})
	t.Run("another spelling of the context is the same context", func(t *testing.T) {
		rec := record.MustRun(t, func(ctx *pulumi.Context) error {
			_, err := compute.NewImage(ctx, "web", &compute.ImageArgs{
				Context: dir + "/./", Architecture: "X86_64", BuildArgs: map[string]string{"A": "1"},
			})
			return err
		})
		for _, path := range []string{"imageName", "build.context", "build.dockerfile"} {
			record.Equal(t, rec.Get(t, imageType, "web"), path, image.Input(path))
		}
	})
	t.Run("the repository has immutable tags, scans on push and is encrypted", func(t *testing.T) {
		repository := rec.Get(t, "aws:ecr/repository:Repository", "web")
		for path, want := range map[string]any{
			"imageTagMutability": "IMMUTABLE", "imageScanningConfiguration.scanOnPush": true,
			"encryptionConfigurations.0.encryptionType": "AES256",
		} {
			record.Equal(t, repository, path, want)
		}
	})
	t.Run("it goes with its images, unless it is protected", func(t *testing.T) {
		repository := rec.Get(t, "aws:ecr/repository:Repository", "web")
		record.Equal(t, repository, "forceDelete", true)
		protected := build(compute.ImageArgs{Architecture: "X86_64", Protected: true}).Get(t, "aws:ecr/repository:Repository", "web")
		record.Equal(t, protected, "forceDelete", false)
		if repository.Protect || !protected.Protect {
			t.Errorf("protected are %v and %v", repository.Protect, protected.Protect)
		}
	})
	t.Run("its lifecycle keeps 30 images, and untagged ones for two weeks", func(t *testing.T) {
		var policy struct {
			Rules []struct {
				RulePriority int
				Selection    struct {
					TagStatus, CountType, CountUnit string
					CountNumber                     int
				}
				Action struct{ Type string }
			}
		}
		text := rec.Get(t, "aws:ecr/lifecyclePolicy:LifecyclePolicy", "web").Input("policy").(string)
		if err := json.Unmarshal([]byte(text), &policy); err != nil {
			t.Fatal(err)
		}
		if len(policy.Rules) != 2 {
			t.Fatalf("got %+v", policy)
		}
		untagged, all := policy.Rules[0], policy.Rules[1]
		if s := untagged.Selection; s.TagStatus != "untagged" || s.CountType != "sinceImagePushed" || s.CountUnit != "days" || s.CountNumber != 14 {
			t.Errorf("got %+v", untagged)
		}
		// ECR wants the rule for any image to come last.
		if s := all.Selection; s.TagStatus != "any" || s.CountType != "imageCountMoreThan" || s.CountNumber != 30 || all.RulePriority <= untagged.RulePriority {
			t.Errorf("got %+v", all)
		}
	})
	t.Run("wrong arguments are refused together", func(t *testing.T) {
		record.Refused(t, func(ctx *pulumi.Context) error {
			_, err := compute.NewImage(ctx, "web", &compute.ImageArgs{
				Context: "no-such-folder", Architecture: "SPARC", BuildArgs: map[string]string{"BUILD_ID": "mine"},
			})
			return err
		}, "image web: ", `invalid Context "no-such-folder": it has no Dockerfile`, `invalid Architecture "SPARC"`, "invalid BuildArgs: BUILD_ID")
	})
}

func TestPrebuiltImage(t *testing.T) {
	const sum = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	t.Run("nothing but the component is registered, and nothing is asked for", func(t *testing.T) {
		rec := record.MustRun(t, func(ctx *pulumi.Context) error {
			_, err := compute.NewImage(ctx, "web", &compute.ImageArgs{Prebuilt: "nginx" + sum})
			return err
		})
		if got := rec.Names(); !slices.Equal(got, []string{"sallyport:compute:Image::web < pulumi:pulumi:Stack::sallyport-dev"}) || len(rec.Invokes) > 0 {
			t.Errorf("got %v and %v", got, rec.Invokes)
		}
	})
	for _, c := range []struct{ name, repository, arn string }{
		{"a repository of ECR is handed out with its ARN", "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/web", "arn:aws:ecr:eu-west-1:123456789012:repository/team/web"},
		{"so is one in China", "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/web", "arn:aws-cn:ecr:cn-north-1:123456789012:repository/web"},
		{"so is one in GovCloud", "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/web", "arn:aws-us-gov:ecr:us-gov-west-1:123456789012:repository/web"},
		{"so is one at its dual-stack address", "123456789012.dkr-ecr.us-east-1.on.aws/web", "arn:aws:ecr:us-east-1:123456789012:repository/web"},
		{"ECR's public gallery asks for no permission", "public.ecr.aws/nginx/nginx", ""},
		{"another registry has no ARN", "registry.example.com:5000/web", ""},
		{"Docker Hub has none, in the shortest form", "nginx", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := record.MustRun(t, func(ctx *pulumi.Context) error {
				image, err := compute.NewImage(ctx, "web", &compute.ImageArgs{Prebuilt: c.repository + sum})
				if err != nil {
					return err
				}
				ctx.Export("ref", image.Ref)
				ctx.Export("url", image.RepositoryURL)
				ctx.Export("arn", image.RepositoryARN)
				return nil
			})
			if e := rec.Exports; e["ref"] != c.repository+sum || e["url"] != c.repository || e["arn"] != c.arn {
				t.Errorf("got %v", e)
			}
		})
	}
	t.Run("an image without a digest, or with a tag beside it, is refused", func(t *testing.T) {
		for _, ref := range []string{"nginx:1.27", "nginx", "nginx@sha256:0", sum, "nginx:1.27" + sum, "a b" + sum} {
			record.Refused(t, func(ctx *pulumi.Context) error {
				_, err := compute.NewImage(ctx, "web", &compute.ImageArgs{Prebuilt: ref})
				return err
			}, "image web: invalid Prebuilt ")
		}
	})
}

func TestLogs(t *testing.T) {
	t.Run("the log is kept for the given time, and protected", func(t *testing.T) {
		rec := record.MustRun(t, func(ctx *pulumi.Context) error {
			_, err := compute.NewLogs(ctx, "web", &compute.LogsArgs{Retention: 14, Protected: true})
			return err
		})
		group := rec.Get(t, "aws:cloudwatch/logGroup:LogGroup", "web-app")
		record.Equal(t, group, "retentionInDays", 14.0)
		if !group.Protect {
			t.Error("it is not protected")
		}
	})
	t.Run("a log that is kept for ever is refused", func(t *testing.T) {
		record.Refused(t, func(ctx *pulumi.Context) error {
			_, err := compute.NewLogs(ctx, "web", &compute.LogsArgs{})
			return err
		}, "logs web: ", "invalid Retention 0")
	})
}

func TestService(t *testing.T) {
	args := func() *compute.ServiceArgs {
		return &compute.ServiceArgs{
			Region: "us-east-1", Image: pulumi.String("repository@sha256:0"), Architecture: "ARM64", CPU: 512, Memory: 1024,
			Count: 3, Port: 3001, KeepAlive: 76, StopTimeout: 61, HealthGrace: 62, DeregistrationDelay: 31, User: "1:1",
			WritablePaths: []string{"/tmp", "/cache"}, WaitForSteadyState: true, DeploymentTimeout: 600, ContainerInsights: true,
			SubnetIDs:       pulumi.StringArray{pulumi.String("private-1"), pulumi.String("private-2")},
			SecurityGroupID: pulumi.String("sg-1"), TargetGroupARN: pulumi.String("arn:target"),
			ExecutionRoleARN: pulumi.String("arn:execution"), TaskRoleARN: pulumi.String("arn:task"), LogGroupName: pulumi.String("group"),
		}
	}
	deploy := func(change func(*compute.ServiceArgs)) *record.Recording {
		a := args()
		change(a)
		return record.MustRun(t, func(ctx *pulumi.Context) error {
			_, err := compute.NewService(ctx, "web", a)
			return err
		})
	}
	rec := deploy(func(*compute.ServiceArgs) {})
	service := rec.Get(t, "aws:ecs/service:Service", "web")
	task := rec.Get(t, "aws:ecs/taskDefinition:TaskDefinition", "web")

	t.Run("the task runs on Fargate, in the given size and architecture, with its two roles", func(t *testing.T) {
		for path, want := range map[string]any{
			"family": "web", "requiresCompatibilities.0": "FARGATE", "networkMode": "awsvpc", "cpu": "512", "memory": "1024",
			"runtimePlatform.operatingSystemFamily": "LINUX", "runtimePlatform.cpuArchitecture": "ARM64",
			"executionRoleArn": "arn:execution", "taskRoleArn": "arn:task",
			"volumes.0.name": "writable-1", "volumes.1.name": "writable-2", "volumes.2": nil,
		} {
			record.Equal(t, task, path, want)
		}
	})
	t.Run("its container is made of the image and writes to the log group", func(t *testing.T) {
		text := task.Input("containerDefinitions").(string)
		for _, part := range []string{
			`"image":"repository@sha256:0"`, `"awslogs-group":"group"`, `"awslogs-region":"us-east-1"`, `"containerPort":3001`,
			`{"name":"KEEP_ALIVE_TIMEOUT","value":"76000"}`, `"stopTimeout":61`, `"user":"1:1"`,
			`{"sourceVolume":"writable-2","containerPath":"/cache","readOnly":false}`,
		} {
			if !strings.Contains(text, part) {
				t.Errorf("%s is not in %s", part, text)
			}
		}
	})
	t.Run("the service keeps the tasks behind the target group", func(t *testing.T) {
		for path, want := range map[string]any{
			"cluster": "arn:aws:Cluster:us-east-1:123456789012:web", "taskDefinition": "arn:aws:TaskDefinition:us-east-1:123456789012:web",
			"launchType": "FARGATE", "platformVersion": "LATEST", "desiredCount": 3.0,
			"loadBalancers.0.targetGroupArn": "arn:target", "loadBalancers.0.containerName": "app", "loadBalancers.0.containerPort": 3001.0,
		} {
			record.Equal(t, service, path, want)
		}
	})
	t.Run("alarms that are no longer given are left to the service, since the provider can't take them off", func(t *testing.T) {
		alarmed := deploy(func(a *compute.ServiceArgs) {
			a.Alarms, a.AlarmRollback = pulumi.StringArray{pulumi.String("errors")}, true
		}).Get(t, "aws:ecs/service:Service", "web")
		for path, want := range map[string]any{"alarms.alarmNames.0": "errors", "alarms.enable": true, "alarms.rollback": true} {
			record.Equal(t, alarmed, path, want)
		}
		record.Equal(t, service, "alarms", nil)
		if slices.Contains(alarmed.IgnoreChanges, "alarms") || !slices.Contains(service.IgnoreChanges, "alarms") {
			t.Errorf("ignored are %v, and without alarms %v", alarmed.IgnoreChanges, service.IgnoreChanges)
		}
	})
	t.Run("its count is ours, or with scaling only what it starts with", func(t *testing.T) {
		scaled := deploy(func(a *compute.ServiceArgs) { a.Scaled = true }).Get(t, "aws:ecs/service:Service", "web")
		record.Equal(t, scaled, "desiredCount", 3.0)
		if !slices.Contains(scaled.IgnoreChanges, "desiredCount") || slices.Contains(service.IgnoreChanges, "desiredCount") {
			t.Errorf("ignored are %v, and without scaling %v", scaled.IgnoreChanges, service.IgnoreChanges)
		}
	})
	t.Run("without a Spot share there is a launch type, and nothing forces a deployment", func(t *testing.T) {
		record.Equal(t, service, "capacityProviderStrategies", nil)
		record.Equal(t, service, "forceNewDeployment", nil)
		if got := rec.OfType("aws:ecs/clusterCapacityProviders:ClusterCapacityProviders"); len(got) > 0 {
			t.Errorf("there are %v", got)
		}
	})
	t.Run("with a Spot share there is a strategy in place of the launch type, which another share only needs a deployment of", func(t *testing.T) {
		rec := deploy(func(a *compute.ServiceArgs) { a.SpotPercent, a.OnDemandBase = 70, 2 })
		service := rec.Get(t, "aws:ecs/service:Service", "web")
		for path, want := range map[string]any{
			"launchType": nil, "platformVersion": "LATEST", "forceNewDeployment": true,
			"capacityProviderStrategies.0.capacityProvider": "FARGATE_SPOT", "capacityProviderStrategies.0.weight": 70.0, "capacityProviderStrategies.0.base": 0.0,
			"capacityProviderStrategies.1.capacityProvider": "FARGATE", "capacityProviderStrategies.1.weight": 30.0, "capacityProviderStrategies.1.base": 2.0,
			"capacityProviderStrategies.2": nil,
		} {
			record.Equal(t, service, path, want)
		}
		providers := rec.Get(t, "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders", "web")
		for path, want := range map[string]any{
			"clusterName": "web-1234567", "capacityProviders.0": "FARGATE", "capacityProviders.1": "FARGATE_SPOT", "defaultCapacityProviderStrategies": nil,
		} {
			record.Equal(t, providers, path, want)
		}
		if !slices.Contains(service.DependsOn, providers.String()) {
			t.Errorf("the service waits for %v, and not for the cluster's providers", service.DependsOn)
		}
	})
	t.Run("a cluster that others have made keeps the capacity providers that it has", func(t *testing.T) {
		rec := deploy(func(a *compute.ServiceArgs) {
			a.SpotPercent, a.Cluster = 50, &compute.Cluster{Name: "shared", ARN: "arn:shared"}
		})
		if got := rec.OfType("aws:ecs/clusterCapacityProviders:ClusterCapacityProviders"); len(got) > 0 {
			t.Errorf("there are %v", got)
		}
		record.Equal(t, rec.Get(t, "aws:ecs/service:Service", "web"), "capacityProviderStrategies.0.capacityProvider", "FARGATE_SPOT")
	})
	t.Run("where all tasks run on Spot, no provider without weight is in the strategy", func(t *testing.T) {
		service := deploy(func(a *compute.ServiceArgs) { a.SpotPercent = 100 }).Get(t, "aws:ecs/service:Service", "web")
		record.Equal(t, service, "capacityProviderStrategies.0.capacityProvider", "FARGATE_SPOT")
		record.Equal(t, service, "capacityProviderStrategies.1", nil)
	})
	t.Run("they run in the given subnets and group, without a public address", func(t *testing.T) {
		for path, want := range map[string]any{
			"networkConfiguration.subnets.0": "private-1", "networkConfiguration.subnets.1": "private-2",
			"networkConfiguration.securityGroups.0": "sg-1", "networkConfiguration.assignPublicIp": false,
		} {
			record.Equal(t, service, path, want)
		}
	})
	t.Run("a deployment starts new tasks before old ones go, and rolls back when it fails", func(t *testing.T) {
		for path, want := range map[string]any{
			"deploymentMinimumHealthyPercent": 100.0, "deploymentMaximumPercent": 200.0,
			"deploymentCircuitBreaker.enable": true, "deploymentCircuitBreaker.rollback": true,
			"healthCheckGracePeriodSeconds": 62.0, "availabilityZoneRebalancing": "ENABLED",
		} {
			record.Equal(t, service, path, want)
		}
	})
	t.Run("it waits for a steady state when it is told to", func(t *testing.T) {
		record.Equal(t, service, "waitForSteadyState", true)
		rec := deploy(func(a *compute.ServiceArgs) { a.WaitForSteadyState = false })
		record.Equal(t, rec.Get(t, "aws:ecs/service:Service", "web"), "waitForSteadyState", false)
	})
	t.Run("revisions stay registered where ECS may go back to one after the update, and are marked", func(t *testing.T) {
		record.Equal(t, task, "skipDestroy", nil)
		record.Equal(t, task, "tags", nil)
		for name, change := range map[string]func(*compute.ServiceArgs){
			"nothing waits": func(a *compute.ServiceArgs) { a.WaitForSteadyState = false },
			"alarms roll back": func(a *compute.ServiceArgs) {
				a.Alarms, a.AlarmRollback = pulumi.StringArray{pulumi.String("errors")}, true
			},
		} {
			kept := deploy(change).Get(t, "aws:ecs/taskDefinition:TaskDefinition", "web")
			if kept.Input("skipDestroy") != true || kept.Input("tags.kept-for") != "rollback" {
				t.Errorf("where %s: %v", name, kept.Inputs)
			}
		}
	})
	t.Run("a deployment that is not steady in time fails", func(t *testing.T) {
		if service.CreateTimeout != "10m0s" || service.UpdateTimeout != "10m0s" {
			t.Errorf("they may take %q and %q", service.CreateTimeout, service.UpdateTimeout)
		}
	})
	t.Run("a deployment that ECS rolled back fails, and tells which revision runs instead of which", func(t *testing.T) {
		const before = "arn:aws:ecs:us-east-1:123456789012:task-definition/web:7"
		_, err := record.Run(func(ctx *pulumi.Context) error {
			service, err := compute.NewService(ctx, "web", args())
			if err == nil {
				ctx.Export("service", service.ServiceName)
			}
			return err
		}, record.Options{Outputs: map[string]map[string]string{
			"aws:ecs/service:Service":               {"taskDefinition": before},
			"aws:ecs/taskDefinition:TaskDefinition": {"arn": before[:len(before)-1] + "8"},
		}})
		if err == nil || !strings.Contains(err.Error(), "ECS runs web:7 and not web:8") ||
			!strings.Contains(err.Error(), "aws ecs describe-services --cluster web-1234567 --services web-1234567") {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("container insights are on when they are asked for", func(t *testing.T) {
		record.Equal(t, rec.Get(t, "aws:ecs/cluster:Cluster", "web"), "settings.0.value", "enabled")
		rec := deploy(func(a *compute.ServiceArgs) { a.ContainerInsights = false })
		record.Equal(t, rec.Get(t, "aws:ecs/cluster:Cluster", "web"), "settings.0.value", "disabled")
	})
	t.Run("in a cluster of others it makes none, and is found by that one's name", func(t *testing.T) {
		rec := deploy(func(a *compute.ServiceArgs) { a.Cluster = &compute.Cluster{Name: "shared", ARN: "arn:shared"} })
		if clusters := rec.OfType("aws:ecs/cluster:Cluster"); len(clusters) > 0 {
			t.Errorf("it made %v", clusters)
		}
		record.Equal(t, rec.Get(t, "aws:ecs/service:Service", "web"), "cluster", "arn:shared")
	})
	t.Run("deleting it may take 20 minutes and the time that tasks have to drain and stop", func(t *testing.T) {
		if service.DeleteTimeout != "21m32s" {
			t.Errorf("it may take %s", service.DeleteTimeout)
		}
	})
	t.Run("tags reach the tasks, and a shell does not", func(t *testing.T) {
		for path, want := range map[string]any{
			"propagateTags": "SERVICE", "enableEcsManagedTags": true, "enableExecuteCommand": false,
		} {
			record.Equal(t, service, path, want)
		}
	})
	t.Run("ECS Exec is on when it is asked for, without a log of its sessions, which the task role may not write", func(t *testing.T) {
		record.Equal(t, rec.Get(t, "aws:ecs/cluster:Cluster", "web"), "configuration", nil)
		with := deploy(func(a *compute.ServiceArgs) { a.Exec = true })
		record.Equal(t, with.Get(t, "aws:ecs/service:Service", "web"), "enableExecuteCommand", true)
		record.Equal(t, with.Get(t, "aws:ecs/cluster:Cluster", "web"), "configuration.executeCommandConfiguration.logging", "NONE")
		text := with.Get(t, "aws:ecs/taskDefinition:TaskDefinition", "web").Input("containerDefinitions").(string)
		for _, part := range []string{`"readonlyRootFilesystem":false`, `"initProcessEnabled":true`} {
			if !strings.Contains(text, part) {
				t.Errorf("%s is not in %s", part, text)
			}
		}
	})
	t.Run("in a preview with an unknown image it registers the same", func(t *testing.T) {
		preview, err := record.Run(func(ctx *pulumi.Context) error {
			_, err := compute.NewService(ctx, "web", args())
			return err
		}, record.Options{Preview: true})
		if err != nil || !slices.Equal(preview.Names(), rec.Names()) {
			t.Errorf("got %v and %v", err, preview.Names())
		}
	})
	t.Run("a table's name is the program's to set", func(t *testing.T) {
		record.Refused(t, func(ctx *pulumi.Context) error {
			_, err := compute.NewService(ctx, "web", &compute.ServiceArgs{
				TableName: pulumi.String("items"), Environment: map[string]string{"TABLE_NAME": "theirs"},
			})
			return err
		}, "TABLE_NAME is set from the other arguments")
	})
	t.Run("wrong arguments are refused together", func(t *testing.T) {
		record.Refused(t, func(ctx *pulumi.Context) error {
			_, err := compute.NewService(ctx, "web", &compute.ServiceArgs{
				Architecture: "SPARC", CPU: 128, Count: -1, StopTimeout: 30, DeregistrationDelay: 30, HealthGrace: -1, SpotPercent: 101, OnDemandBase: 1,
				Environment: map[string]string{"PORT": "1", "A": "1"}, Secrets: map[string]string{"HOSTNAME": "arn", "A": "arn"},
			})
			return err
		}, "service web: ", "missing Region", `invalid Architecture "SPARC"`, "invalid CPU 128 or Memory 0", "invalid Count -1", "invalid SpotPercent 101", "invalid OnDemandBase 1",
			"invalid Port 0", "invalid KeepAlive 0", "invalid StopTimeout 30", "invalid HealthGrace -1", "missing User", "missing Image",
			"HOSTNAME is set from the other arguments", "PORT is set from the other arguments", "invalid Secrets: A is in Environment as well")
	})
}

// Sallyport runs a containerised web app on AWS Fargate in private subnets, with API Gateway as its only door.
//
//	browser ── HTTPS ──> HTTP API ── VPC link ──> internal load balancer ──> Fargate tasks
//
// With gateway.kind rest it is a REST API, and the load balancer a Network Load Balancer: door.go has the choice.
//
// This file is the diagram of a stack: it passes the outputs of one component to the inputs of the next, and an
// output is handed out only once what it stands for can be used. So the order of the calls below is for the reader.
package main

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/compute"
	"sallyport/internal/cost"
	"sallyport/internal/settings"
	"sallyport/security"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		s, err := settings.Load(ctx)
		if err != nil {
			return err
		}
		return deploy(ctx, s)
	})
}

// deploy declares the whole stack that s describes.
func deploy(ctx *pulumi.Context, s *settings.Settings) error {
	if ctx.DryRun() {
		if err := ctx.Log.Info(cost.Line(s), nil); err != nil {
			return err
		}
	}
	provider, err := newProvider(ctx, s)
	if err != nil {
		return err
	}
	withProvider := pulumi.Providers(provider)

	shared, err := lookup(ctx, s, pulumi.Provider(provider))
	if err != nil {
		return err
	}
	items, err := newStore(ctx, s, withProvider)
	if err != nil {
		return err
	}
	vpc, err := newPlace(ctx, s, shared, items, provider)
	if err != nil {
		return err
	}
	groups, err := security.NewGroups(ctx, s.Name, &security.GroupsArgs{
		VpcID:                vpc.id,
		VpcCIDR:              s.Network.CIDR,
		ListenerPort:         listenerPort(s),
		PrivateLink:          s.Gateway.REST(),
		ContainerPort:        s.App.Port,
		Internet:             vpc.internet,
		Endpoints:            len(s.Endpoints()) > 0,
		SharedLinkGroupID:    shared.linkGroupID,
		S3PrefixListID:       vpc.s3PrefixListID,
		DynamoDBPrefixListID: vpc.dynamoDBPrefixListID,
	}, withProvider)
	if err != nil {
		return err
	}
	taskSubnetIDs, err := newEndpoints(ctx, s, vpc, groups, withProvider)
	if err != nil {
		return err
	}
	door, err := newDoor(ctx, s, vpc, groups, withProvider)
	if err != nil {
		return err
	}
	if s.Gateway.KeepWarm {
		if err := keepWarm(ctx, s, door.url, withProvider); err != nil {
			return err
		}
	}
	watch := &watch{settings: s, door: door}
	if err := watch.path(ctx, withProvider); err != nil {
		return err
	}

	image, err := compute.NewImage(ctx, s.Name, &compute.ImageArgs{
		Prebuilt:       s.App.Image,
		Context:        s.App.Context,
		BuildArgs:      s.BuildArgs(),
		BuildOnPreview: s.App.BuildOnPreview,
		Architecture:   s.App.Architecture,
		Protected:      s.Protected,
	}, withProvider)
	if err != nil {
		return err
	}
	logs, err := compute.NewLogs(ctx, s.Name, &compute.LogsArgs{
		Retention: s.Logs.Retention,
		Protected: s.Protected,
	}, withProvider)
	if err != nil {
		return err
	}
	roles, err := security.NewRoles(ctx, s.Name, &security.RolesArgs{
		Region:        s.AWS.Region,
		RepositoryARN: image.RepositoryARN,
		LogGroupARN:   logs.GroupARN,
		Secrets:       slices.Collect(maps.Values(s.App.Secrets)),
		SecretsKeyARN: s.App.SecretsKeyARN,
		Exec:          s.App.Exec,
		TableARN:      items.tableARN,
	}, withProvider)
	if err != nil {
		return err
	}
	service, err := compute.NewService(ctx, s.Name, &compute.ServiceArgs{
		Region:              s.AWS.Region,
		Image:               image.Ref,
		Architecture:        s.App.Architecture,
		CPU:                 s.App.CPU,
		Memory:              s.App.Memory,
		Count:               s.App.Count,
		Scaled:              s.Scaling.On(),
		SpotPercent:         s.App.SpotPercent,
		OnDemandBase:        s.App.OnDemandBase,
		Port:                s.App.Port,
		KeepAlive:           s.App.KeepAlive,
		StopTimeout:         s.App.StopTimeout,
		HealthGrace:         s.App.HealthGrace,
		DeregistrationDelay: s.LoadBalancer.DeregistrationDelay,
		User:                s.App.User,
		WritablePaths:       s.App.WritablePaths,
		Environment:         s.App.Environment,
		Secrets:             s.App.Secrets,
		Exec:                s.App.Exec,
		WaitForSteadyState:  s.App.WaitForSteadyState,
		DeploymentTimeout:   s.App.DeploymentTimeout,
		Cluster:             shared.cluster,
		ContainerInsights:   s.Cluster.ContainerInsights,
		Alarms:              watch.deploymentAlarms,
		AlarmRollback:       s.Alarms.Rollback,
		SubnetIDs:           taskSubnetIDs,
		SecurityGroupID:     groups.ServiceGroupID,
		TargetGroupARN:      door.targetGroupARN,
		ExecutionRoleARN:    roles.ExecutionRoleARN,
		TaskRoleARN:         roles.TaskRoleARN,
		LogGroupName:        logs.GroupName,
		TableName:           items.tableName,
	}, withProvider)
	if err != nil {
		return err
	}
	if err := watch.service(ctx, service, withProvider); err != nil {
		return err
	}
	if s.Scaling.On() {
		cpu, memory, requests := s.Scaling.Targets()
		if _, err := compute.NewScaling(ctx, s.Name, &compute.ScalingArgs{
			ClusterName:    service.ClusterName,
			ServiceName:    service.ServiceName,
			Min:            s.App.Count,
			Max:            max(s.App.Count, s.Scaling.Max),
			TargetCPU:      cpu,
			TargetMemory:   memory,
			TargetRequests: requests,
			RequestMetric:  door.requestMetric,
			Park:           s.Scaling.Park,
			Wake:           s.Scaling.Wake,
			Timezone:       s.Scaling.Timezone,
		}, withProvider); err != nil {
			return err
		}
	}

	ctx.Export("url", door.url)
	ctx.Export("imageRef", image.Ref)
	ctx.Export("repositoryUrl", image.RepositoryURL)
	ctx.Export("clusterName", service.ClusterName)
	ctx.Export("serviceName", service.ServiceName)
	ctx.Export("loadBalancerArn", door.loadBalancerARN)
	ctx.Export("targetGroupArn", door.targetGroupARN)
	ctx.Export("logGroupName", logs.GroupName)
	ctx.Export("apiId", door.apiID)
	ctx.Export("gatewayKind", pulumi.String(s.Gateway.Kind))
	if len(s.Gateway.APIKeys) > 0 {
		ctx.Export("apiKeys", door.apiKeys)
	}
	ctx.Export("probes", pulumi.ToStringArray(s.Probes()))
	return nil
}

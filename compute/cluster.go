package compute

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Cluster is an ECS cluster that others have made.
type Cluster struct{ Name, ARN string }

// LookupCluster finds an ECS cluster by its name. A cluster that can't run tasks is an error.
func LookupCluster(ctx *pulumi.Context, name string, opts ...pulumi.InvokeOption) (*Cluster, error) {
	found, err := ecs.LookupCluster(ctx, &ecs.LookupClusterArgs{ClusterName: name}, opts...)
	if err != nil {
		return nil, fmt.Errorf("cluster %s: %w", name, err)
	}
	if found.Status != "ACTIVE" {
		return nil, fmt.Errorf("cluster %s is %s: it must be ACTIVE to run tasks", name, found.Status)
	}
	return &Cluster{Name: name, ARN: found.Arn}, nil
}

// cluster sets ClusterName and returns the cluster's ARN.
func (c *Service) cluster(ctx *pulumi.Context, name string, args *ServiceArgs) (pulumi.StringPtrInput, error) {
	if args.Cluster != nil {
		c.ClusterName = pulumi.String(args.Cluster.Name).ToStringOutput()
		return pulumi.String(args.Cluster.ARN), nil
	}
	insights := "disabled"
	if args.ContainerInsights {
		insights = "enabled"
	}
	cluster, err := ecs.NewCluster(ctx, name, &ecs.ClusterArgs{
		Settings: ecs.ClusterSettingArray{ecs.ClusterSettingArgs{
			Name: pulumi.String("containerInsights"), Value: pulumi.String(insights),
		}},
		Configuration: args.clusterConfiguration(),
	}, pulumi.Parent(c))
	if err != nil {
		return nil, err
	}
	c.ClusterName = cluster.Name
	return cluster.Arn, nil
}

// clusterConfiguration turns the log of ECS Exec's sessions off where there can be any. By default the agent would write
// them with the task role, to which the app's own log is closed:
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
func (a *ServiceArgs) clusterConfiguration() ecs.ClusterConfigurationPtrInput {
	if !a.Exec {
		return nil
	}
	return &ecs.ClusterConfigurationArgs{
		ExecuteCommandConfiguration: &ecs.ClusterConfigurationExecuteCommandConfigurationArgs{Logging: pulumi.String("NONE")},
	}
}

package compute

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// The capacity providers that AWS has for Fargate.
const (
	onDemand = "FARGATE"
	spot     = "FARGATE_SPOT"
)

// runOn has the service's tasks run by launch type, or with a Spot share by a capacity provider strategy: a service takes
// one of the two. It returns what the service must wait for. The capacity providers of a cluster that others have made
// are left as they are.
func (c *Service) runOn(ctx *pulumi.Context, name string, args *ServiceArgs, service *ecs.ServiceArgs) ([]pulumi.Resource, error) {
	if args.SpotPercent == 0 {
		service.LaunchType = pulumi.String(onDemand)
		return nil, nil
	}
	service.CapacityProviderStrategies = args.strategy()
	// AWS takes another share only with a new deployment, and the provider makes a new service where it may not force one.
	service.ForceNewDeployment = pulumi.Bool(true)
	if args.Cluster != nil {
		return nil, nil
	}
	providers, err := ecs.NewClusterCapacityProviders(ctx, name, &ecs.ClusterCapacityProvidersArgs{
		ClusterName:       c.ClusterName,
		CapacityProviders: pulumi.ToStringArray([]string{onDemand, spot}),
	}, pulumi.Parent(c))
	if err != nil {
		return nil, fmt.Errorf("capacity providers: %w", err)
	}
	return []pulumi.Resource{providers}, nil
}

func (a *ServiceArgs) strategy() ecs.ServiceCapacityProviderStrategyArray {
	shares := ecs.ServiceCapacityProviderStrategyArray{&ecs.ServiceCapacityProviderStrategyArgs{
		CapacityProvider: pulumi.String(spot), Weight: pulumi.Int(a.SpotPercent), Base: pulumi.Int(0),
	}}
	if a.SpotPercent < 100 {
		shares = append(shares, &ecs.ServiceCapacityProviderStrategyArgs{
			CapacityProvider: pulumi.String(onDemand), Weight: pulumi.Int(100 - a.SpotPercent), Base: pulumi.Int(a.OnDemandBase),
		})
	}
	return shares
}

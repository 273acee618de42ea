package monitoring

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const dashboardType = "sallyport:monitoring:Dashboard"

// DashboardArgs are the arguments of NewDashboard; all are required but ContainerInsights and AlarmARNs.
type DashboardArgs struct {
	Region          string
	API             API
	LoadBalancerARN pulumi.StringInput
	TargetGroupARN  pulumi.StringInput
	ClusterName     pulumi.StringInput
	ServiceName     pulumi.StringInput
	// ContainerInsights is set where the cluster has them: then desired and running tasks are shown too.
	ContainerInsights bool
	// AlarmARNs are shown with their states.
	AlarmARNs pulumi.StringArrayInput
}

// Dashboard is one page of CloudWatch with the metrics that the alarms watch. An account has three for nothing, each
// further one costs 3 USD a month (us-east-1, https://aws.amazon.com/cloudwatch/pricing/).
type Dashboard struct {
	pulumi.ResourceState

	// URL is the page in AWS's console.
	URL pulumi.StringOutput
}

// NewDashboard makes a Dashboard, which has the name itself: dashboards can't be named by Pulumi.
func NewDashboard(ctx *pulumi.Context, name string, args *DashboardArgs, opts ...pulumi.ResourceOption) (*Dashboard, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("dashboard %s: %w", name, err)
	}
	c := &Dashboard{}
	if err := ctx.RegisterComponentResource(dashboardType, name, c, opts...); err != nil {
		return nil, fmt.Errorf("dashboard %s: %w", name, err)
	}
	if err := c.build(ctx, name, args); err != nil {
		return nil, fmt.Errorf("dashboard %s: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"url": c.URL})
}

func (a *DashboardArgs) validate() error {
	if a.Region == "" || !a.API.valid() || a.LoadBalancerARN == nil || a.TargetGroupARN == nil || a.ClusterName == nil || a.ServiceName == nil {
		return errors.New("missing Region, API, LoadBalancerARN, TargetGroupARN, ClusterName or ServiceName")
	}
	return nil
}

func (c *Dashboard) build(ctx *pulumi.Context, name string, args *DashboardArgs) error {
	alarms := args.AlarmARNs
	if alarms == nil {
		alarms = pulumi.StringArray{}
	}
	body := pulumi.All(args.API.value(), args.LoadBalancerARN, args.TargetGroupARN, args.ClusterName, args.ServiceName, alarms).
		ApplyT(func(v []any) (string, error) {
			return page{
				region:   args.Region,
				rest:     args.API.rest(),
				api:      v[0].(string),
				balancer: resourceName(v[1].(string)),
				target:   resourceName(v[2].(string)),
				cluster:  v[3].(string),
				service:  v[4].(string),
				insights: args.ContainerInsights,
				alarms:   v[5].([]string),
			}.body()
		}).(pulumi.StringOutput)
	dashboard, err := cloudwatch.NewDashboard(ctx, name, &cloudwatch.DashboardArgs{
		DashboardName: pulumi.String(name),
		DashboardBody: body,
	}, pulumi.Parent(c))
	if err != nil {
		return fmt.Errorf("dashboard: %w", err)
	}
	c.URL = pulumi.Sprintf("https://console.aws.amazon.com/cloudwatch/home?region=%s#dashboards/dashboard/%s", args.Region, dashboard.DashboardName)
	return nil
}

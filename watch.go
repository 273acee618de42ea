package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/compute"
	"sallyport/internal/settings"
	"sallyport/monitoring"
	"sallyport/security"
)

// watch is what a stack has to tell how it is; nothing by default. The alarms on the path of a request come before the
// service, which may roll back on them, and the rest after it.
type watch struct {
	settings *settings.Settings
	door     *door

	topicARN         pulumi.StringInput
	alarmARNs        pulumi.StringArrayOutput
	deploymentAlarms pulumi.StringArrayInput // nil where there are none
}

// path makes the alarms on the path of a request, and the topic of all alarms.
func (w *watch) path(ctx *pulumi.Context, options pulumi.ResourceOption) error {
	s := w.settings
	if !s.Alarms.Enabled {
		return nil
	}
	w.topicARN = pulumi.String(s.Alarms.TopicARN)
	if s.Alarms.TopicARN == "" {
		topic, err := monitoring.NewTopic(ctx, s.Name, &monitoring.TopicArgs{Email: s.Alarms.Email}, options)
		if err != nil {
			return err
		}
		w.topicARN = topic.TopicARN
	}
	alarms, err := monitoring.NewAlarms(ctx, s.Name, &monitoring.AlarmsArgs{
		API:             w.door.metrics,
		LoadBalancerARN: w.door.loadBalancerARN,
		TargetGroupARN:  w.door.targetGroupARN,
		TopicARN:        w.topicARN,
		Latency:         s.Alarms.LatencyMs,
		HealthGrace:     s.App.HealthGrace,
	}, options)
	if err != nil {
		return err
	}
	w.alarmARNs, w.deploymentAlarms = alarms.ARNs, alarms.RollbackNames
	return nil
}

// service makes the alarms on the tasks, and the dashboard.
func (w *watch) service(ctx *pulumi.Context, service *compute.Service, options pulumi.ResourceOption) error {
	s := w.settings
	shown := pulumi.StringArray{}.ToStringArrayOutput()
	if s.Alarms.Enabled {
		alarms, err := monitoring.NewTaskAlarms(ctx, s.Name, &monitoring.TaskAlarmsArgs{
			ClusterName:       service.ClusterName,
			ServiceName:       service.ServiceName,
			Network:           s.Gateway.REST(),
			LoadBalancerARN:   w.door.loadBalancerARN,
			TargetGroupARN:    w.door.targetGroupARN,
			TopicARN:          w.topicARN,
			Count:             fewest(s),
			ContainerInsights: s.Cluster.ContainerInsights,
		}, options)
		if err != nil {
			return err
		}
		shown = concat(w.alarmARNs, alarms.ARNs)
	}
	if !s.Dashboard.Enabled {
		return nil
	}
	dashboard, err := monitoring.NewDashboard(ctx, s.Name, &monitoring.DashboardArgs{
		Region:            s.AWS.Region,
		API:               w.door.metrics,
		LoadBalancerARN:   w.door.loadBalancerARN,
		TargetGroupARN:    w.door.targetGroupARN,
		ClusterName:       service.ClusterName,
		ServiceName:       service.ServiceName,
		ContainerInsights: s.Cluster.ContainerInsights,
		AlarmARNs:         shown,
	}, options)
	if err != nil {
		return err
	}
	ctx.Export("dashboardUrl", dashboard.URL)
	return nil
}

// fewest is how many tasks there are at any time of the day.
func fewest(s *settings.Settings) int {
	if s.Scaling.Park != "" {
		return 0
	}
	return s.App.Count
}

func concat(a, b pulumi.StringArrayOutput) pulumi.StringArrayOutput {
	return pulumi.All(a, b).ApplyT(func(v []any) []string {
		return append(append([]string{}, v[0].([]string)...), v[1].([]string)...)
	}).(pulumi.StringArrayOutput)
}

// keepWarm has EventBridge ask for the app's health path, with a role that may call that one destination.
func keepWarm(ctx *pulumi.Context, s *settings.Settings, url pulumi.StringInput, options pulumi.ResourceOption) error {
	role, err := security.NewKeepWarmRole(ctx, s.Name, &security.KeepWarmRoleArgs{
		Region:      s.AWS.Region,
		Destination: monitoring.Destination(s.Name),
	}, options)
	if err != nil {
		return err
	}
	_, err = monitoring.NewKeepWarm(ctx, s.Name, &monitoring.KeepWarmArgs{
		RoleARN: role.RoleARN,
		URL:     url,
		Path:    s.App.HealthPath,
	}, options)
	return err
}
